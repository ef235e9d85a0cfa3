//! `htlc_signature`: a list of signatures.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    error::DecodeError,
    field::{Field, made_of_part},
    reader::Reader,
    types::Signature,
};

/// Signatures behind a `u16` count, as received.
///
/// ```
/// use lnwire::{Signature, bolt2::Signatures};
/// let signatures = Signatures::new([Signature([1; 64]), Signature([2; 64])]);
/// assert_eq!(signatures.len(), 2);
/// assert_eq!(signatures.iter().last(), Some(Signature([2; 64])));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Signatures {
    /// Invariant: whole signatures, without the count.
    encoded: Bytes,
}

impl Signatures {
    /// Makes the list of `signatures`, in their order.
    #[must_use]
    pub fn new(signatures: impl IntoIterator<Item = Signature>) -> Self {
        let mut encoded = BytesMut::new();
        signatures
            .into_iter()
            .for_each(|signature| encoded.put_slice(signature.as_bytes()));
        Self {
            encoded: encoded.freeze(),
        }
    }

    /// Returns the signatures in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Signature> + '_ {
        self.encoded
            .chunks_exact(Signature::LEN)
            .map(|chunk| Signature(chunk.try_into().unwrap_or([0; Signature::LEN])))
    }

    /// Returns how many signatures there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.encoded.len() / Signature::LEN
    }

    /// Returns whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.encoded.is_empty()
    }
}

made_of_part!(Signatures, |encoded| Self { encoded });

impl Field for Signatures {
    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let count = usize::from(reader.u16(field)?);
        reader.slice(field, count.saturating_mul(Signature::LEN))
    }

    #[inline]
    fn field_len(&self) -> usize {
        self.encoded.len().saturating_add(2)
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        // `WireMessage::encode` has refused messages in which the signatures would not fit.
        out.put_u16(u16::try_from(self.len()).unwrap_or(u16::MAX));
        out.put_slice(&self.encoded);
    }
}
