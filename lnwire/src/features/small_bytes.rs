//! Bytes that are copied while they are few.

use core::{
    hash::{Hash, Hasher},
    ops::Deref,
};

use bytes::Bytes;

use crate::field::{Frame, Part};

/// Bytes of a message. The few of a usual feature vector are copied, which costs less than a reference to the frame; more
/// share it.
#[derive(Clone, Debug)]
pub(super) enum SmallBytes {
    /// The last byte says how many of the others there are; what is behind those does not matter.
    Copied(Room),
    Shared(Bytes),
}

/// As much room as a reference takes.
type Room = [[u8; 8]; 3];

/// As many bytes as there is room for, beside their number: bits up to 183.
pub(super) const FEW: usize = 23;

/// What is kept of bytes without their frame: a few, or where more of them lie. A few are kept as numbers, which stay in
/// registers: an array is written in pieces and read again as a whole, for which a processor waits.
pub(super) type Kept = Result<[u64; 3], Part>;

impl SmallBytes {
    pub(super) const EMPTY: Self = Self::Copied([[0; 8]; 3]);

    /// Keeps `bytes` of a frame without it.
    #[inline]
    pub(super) fn keep(bytes: &[u8], frame: &Bytes) -> Kept {
        let part = Part::of(bytes, frame);
        if bytes.len() > FEW {
            return Err(part);
        }
        // If the frame has as many, what lies behind these is taken too: it takes no loop then.
        Ok(match part.ahead(frame).first_chunk() {
            Some(room) => numbers(room, bytes.len()),
            None => few(bytes),
        })
    }

    /// Makes them of what was kept.
    #[inline(always)]
    pub(super) fn make<F: Frame>(kept: Kept, frame: &mut F) -> Self {
        match kept {
            Ok(few) => Self::copied(few),
            Err(part) => Self::Shared(frame.share(part)),
        }
    }

    #[inline(always)]
    const fn copied([a, b, c]: [u64; 3]) -> Self {
        Self::Copied([a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes()])
    }

    /// Returns these bytes without the first `count`.
    pub(super) fn skip(&self, count: usize) -> Self {
        let rest = self.get(count..).unwrap_or_default();
        match self {
            Self::Shared(bytes) => Self::Shared(bytes.slice_ref(rest)),
            Self::Copied(_) => Self::copied(few(rest)),
        }
    }
}

/// Returns the numbers which the first `len` of these bytes are kept as.
#[inline(always)]
fn numbers(bytes: &[u8; FEW + 1], len: usize) -> [u64; 3] {
    let number = |at: usize| {
        let eight = bytes.get(at..).and_then(|rest| rest.first_chunk());
        eight.map_or(0, |eight| u64::from_le_bytes(*eight))
    };
    #[expect(clippy::as_conversions, reason = "no usize is wider than 64 bits")]
    [
        number(0),
        number(8),
        number(16) & u64::MAX >> 8 | (len as u64) << 56,
    ]
}

fn few(bytes: &[u8]) -> [u64; 3] {
    let mut room = [0; FEW + 1];
    if let Some(places) = room.get_mut(..bytes.len()) {
        places.copy_from_slice(bytes);
    }
    numbers(&room, bytes.len())
}

impl Deref for SmallBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Copied(room @ [_, _, [.., len]]) => {
                let bytes = room.as_flattened();
                bytes.get(..usize::from(*len)).unwrap_or_default()
            }
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Default for SmallBytes {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for SmallBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SmallBytes {}

impl Hash for SmallBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of `len` bytes behind another byte, and before others.
    fn read(len: u8, behind: u8) -> SmallBytes {
        let frame: Bytes = (0..=len).chain(100..100 + behind).collect();
        let kept = SmallBytes::keep(&frame[1..=usize::from(len)], &frame);
        SmallBytes::make(kept, &mut { &frame })
    }

    #[test]
    fn few_are_copied_and_many_shared() {
        assert_eq!(size_of::<SmallBytes>(), size_of::<Bytes>());
        let lengths = (0..40_u8).flat_map(|len| [(len, 0), (len, 1), (len, 30)]);
        for (len, behind) in lengths {
            let bytes = read(len, behind);
            let is_copied = matches!(bytes, SmallBytes::Copied(_));
            assert_eq!(is_copied, len <= 23);
            assert!(bytes.iter().copied().eq(1..=len));
            for skipped in 0..=usize::from(len) {
                assert_eq!(bytes.skip(skipped)[..], bytes[skipped..]);
            }
            // However they are kept they are the same.
            assert_eq!(bytes, SmallBytes::Shared(Bytes::copy_from_slice(&bytes)));
        }
    }
}
