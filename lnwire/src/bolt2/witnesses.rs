//! `witnesses`: what makes the inputs of a transaction valid.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    error::{DecodeError, MessageTooLong},
    field::{Field, Frame, FromFrame, Part},
    reader::Reader,
};

/// Witnesses behind a `u16` count, each behind a `u16` length, as received.
///
/// Each is a whole witness stack as Bitcoin serializes it, which is not looked into.
///
/// ```
/// use lnwire::bolt2::Witnesses;
/// let witnesses = Witnesses::new([&[1, 1, 7][..], &[0]])?;
/// assert_eq!(witnesses.len(), 2);
/// assert!(witnesses.iter().eq([vec![1, 1, 7], vec![0]]));
/// # Ok::<(), lnwire::MessageTooLong>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Witnesses {
    /// Invariant: as many lengths with their bytes as `count` says, and nothing behind.
    encoded: Bytes,
    count: u16,
}

impl Witnesses {
    /// Makes the list of `witnesses`, in their order.
    ///
    /// # Errors
    /// [`MessageTooLong`] when a length or their number is above 65535, and so would be the message's length.
    pub fn new<W: AsRef<[u8]>>(
        witnesses: impl IntoIterator<Item = W>,
    ) -> Result<Self, MessageTooLong> {
        let mut encoded = BytesMut::new();
        let mut count = 0_u16;
        for witness in witnesses {
            let witness = witness.as_ref();
            let too_long = MessageTooLong {
                len: encoded.len().saturating_add(witness.len()),
            };
            count = count.checked_add(1).ok_or(too_long)?;
            encoded.put_u16(u16::try_from(witness.len()).map_err(|_| too_long)?);
            encoded.put_slice(witness);
        }
        let encoded = encoded.freeze();
        Ok(Self { encoded, count })
    }

    /// Returns the witnesses in their order, sharing the message's bytes.
    pub fn iter(&self) -> impl Iterator<Item = Bytes> + '_ {
        let mut reader = Reader::new(&self.encoded);
        core::iter::from_fn(move || reader.u16_prefixed("witness").ok())
    }

    /// Returns how many witnesses there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Returns whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl FromFrame for Witnesses {
    /// How many, and their bytes.
    type Found<'a> = (u16, &'a [u8]);
    type Kept = (u16, Part);

    #[inline]
    fn parts((_, encoded): &(u16, &[u8])) -> usize {
        usize::from(!encoded.is_empty())
    }

    #[inline]
    fn keep((count, encoded): (u16, &[u8]), frame: &Bytes) -> (u16, Part) {
        (count, Part::of(encoded, frame))
    }

    #[inline]
    fn make<F: Frame>((count, encoded): (u16, Part), frame: &mut F) -> Self {
        let encoded = frame.share(encoded);
        Self { encoded, count }
    }
}

impl Field for Witnesses {
    #[inline]
    fn find<'a>(
        field: &'static str,
        reader: &mut Reader<'a>,
    ) -> Result<(u16, &'a [u8]), DecodeError> {
        let count = reader.u16(field)?;
        let mut ahead = reader.clone();
        for _ in 0..count {
            ahead.u16_prefixed_slice(field)?;
        }
        let len = reader.remaining().saturating_sub(ahead.remaining());
        Ok((count, reader.slice(field, len)?))
    }

    #[inline]
    fn field_len(&self) -> usize {
        self.encoded.len().saturating_add(2)
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        out.put_u16(self.count);
        out.put_slice(&self.encoded);
    }
}
