//! Bytes that are copied while they are few.

use core::{
    hash::{Hash, Hasher},
    ops::Deref,
};

use bytes::Bytes;

use crate::reader::{Reader, share};

/// Bytes of a message. The few of a usual feature vector are copied, which costs less than a reference to the frame; more
/// share it.
#[derive(Clone, Debug)]
pub(super) enum SmallBytes {
    /// The first `len` of these; `len` is at most [`FEW`].
    Copied {
        len: u8,
        bytes: [u8; FEW],
    },
    Shared(Bytes),
}

/// As many as take no more room than a reference: bits up to 183.
const FEW: usize = 23;

impl SmallBytes {
    pub(super) const EMPTY: Self = Self::Copied {
        len: 0,
        bytes: [0; FEW],
    };

    /// Takes all that is left to be read.
    #[inline]
    pub(super) fn rest(reader: &mut Reader<'_>) -> Self {
        let bytes = reader.rest_slice();
        match Self::copied(bytes) {
            Some(copied) => copied,
            None => Self::Shared(share(reader.frame(), bytes)),
        }
    }

    /// Returns these bytes without the first `count`.
    pub(super) fn skip(&self, count: usize) -> Self {
        let rest = self.get(count..).unwrap_or_default();
        match self {
            Self::Shared(bytes) => Self::Shared(bytes.slice_ref(rest)),
            Self::Copied { .. } => Self::copied(rest).unwrap_or(Self::EMPTY),
        }
    }

    #[inline]
    fn copied(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; FEW];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        let len = u8::try_from(from.len()).ok()?;
        Some(Self::Copied { len, bytes })
    }
}

impl Deref for SmallBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Copied { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
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

    /// One of `len` bytes behind another byte.
    fn read(len: u8) -> SmallBytes {
        let frame: Bytes = (0..=len).collect();
        let mut reader = Reader::new(&frame);
        let _first = reader.u8("first");
        let bytes = SmallBytes::rest(&mut reader);
        assert!(reader.is_empty());
        bytes
    }

    #[test]
    fn few_are_copied_and_many_shared() {
        assert_eq!(size_of::<SmallBytes>(), size_of::<Bytes>());
        for len in 0..40_u8 {
            let bytes = read(len);
            let is_copied = matches!(bytes, SmallBytes::Copied { .. });
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
