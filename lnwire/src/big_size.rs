//! `bigsize`, the variable-length integer of TLV streams.

use bytes::BufMut;

use crate::{error::DecodeError, reader::Reader};

/// A number from 0 to 2^64 − 1 that takes one, three, five or nine bytes, always the fewest possible.
///
/// ```
/// use lnwire::{BigSize, DecodeError, Reader, bytes::Bytes};
///
/// let mut out = Vec::new();
/// BigSize(515).write(&mut out);
/// assert_eq!(out, [0xfd, 2, 3]);
/// assert_eq!(BigSize::read("len", &mut Reader::new(&out.into()))?, BigSize(515));
/// // Only the shortest form is one.
/// let long = Bytes::from_static(&[0xfd, 0, 3]);
/// let error = DecodeError::NotMinimal { field: "len" };
/// assert_eq!(BigSize::read("len", &mut Reader::new(&long)), Err(error));
/// # Ok::<(), DecodeError>(())
/// ```
///
/// BOLT 1, [fundamental types](https://github.com/lightning/bolts/blob/master/01-messaging.md#appendix-a-bigsize-test-vectors).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BigSize(pub u64);

impl BigSize {
    /// Takes one from the front of `reader`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when the bytes end, [`DecodeError::NotMinimal`] when fewer would do.
    #[inline]
    pub fn read(field: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (value, least) = match reader.u8(field)? {
            0xfd => (u64::from(reader.u16(field)?), 0xfd),
            0xfe => (u64::from(reader.u32(field)?), 0x1_0000),
            0xff => (reader.u64(field)?, 0x1_0000_0000),
            byte => (u64::from(byte), 0),
        };
        if value < least {
            return Err(DecodeError::NotMinimal { field });
        }
        Ok(Self(value))
    }

    /// Appends it: 1, 3, 5 or 9 bytes.
    #[inline]
    pub fn write(self, out: &mut impl BufMut) {
        if let Ok(byte @ 0..=0xfc) = u8::try_from(self.0) {
            out.put_u8(byte);
        } else if let Ok(short) = u16::try_from(self.0) {
            out.put_u8(0xfd);
            out.put_u16(short);
        } else if let Ok(word) = u32::try_from(self.0) {
            out.put_u8(0xfe);
            out.put_u32(word);
        } else {
            out.put_u8(0xff);
            out.put_u64(self.0);
        }
    }

    /// Returns how many bytes [`write`](Self::write) appends.
    #[must_use]
    #[inline]
    pub const fn encoded_len(self) -> usize {
        match self.0 {
            0..=0xfc => 1,
            0xfd..=0xffff => 3,
            0x1_0000..=0xffff_ffff => 5,
            _ => 9,
        }
    }
}

impl From<usize> for BigSize {
    #[expect(clippy::as_conversions, reason = "no usize is wider than 64 bits")]
    #[inline]
    fn from(len: usize) -> Self {
        Self(len as u64)
    }
}
