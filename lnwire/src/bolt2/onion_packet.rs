//! `onion_routing_packet`: where a payment goes, in layers.

use core::fmt;

use bytes::{BufMut, Bytes};

use crate::{
    error::DecodeError,
    field::{Field, made_of_part},
    reader::Reader,
    types::Point,
};

/// The onion of an `update_add_htlc`: 1366 bytes, of which the receiver can decrypt the outermost layer.
///
/// It shares the message's bytes.
///
/// BOLT 4, [packet structure](https://github.com/lightning/bolts/blob/master/04-onion-routing.md#packet-structure).
///
/// ```
/// use lnwire::bolt2::OnionPacket;
/// let onion = OnionPacket::new(vec![0; OnionPacket::LEN].into())?;
/// assert_eq!((onion.version(), onion.hop_payloads().len()), (0, 1300));
/// assert!(OnionPacket::new(vec![0; 1365].into()).is_err());
/// # Ok::<(), lnwire::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OnionPacket {
    /// Invariant: `LEN` bytes long.
    bytes: Bytes,
}

const PUBLIC_KEY: usize = 1;
const HOP_PAYLOADS: usize = PUBLIC_KEY + 33;
const HMAC: usize = HOP_PAYLOADS + 1300;

impl OnionPacket {
    /// Its length in bytes.
    pub const LEN: usize = HMAC + 32;

    /// Takes the bytes of a packet.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] and [`DecodeError::TrailingBytes`] when they are not [`LEN`](Self::LEN).
    pub fn new(bytes: Bytes) -> Result<Self, DecodeError> {
        let field = "onion_routing_packet";
        let mut reader = Reader::new(&bytes);
        reader.slice(field, Self::LEN)?;
        reader.finish(field)?;
        Ok(Self { bytes })
    }

    /// Returns the whole packet.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the version: 0, or the packet is malformed.
    #[must_use]
    pub fn version(&self) -> u8 {
        u8::from_be_bytes(self.array_at(0))
    }

    /// Returns the key from which the receiver derives the secret that it shares with the packet's maker.
    #[must_use]
    pub fn public_key(&self) -> Point {
        Point(self.array_at(PUBLIC_KEY))
    }

    /// Returns the encrypted payloads: 1300 bytes, the receiver's payload first.
    #[must_use]
    pub fn hop_payloads(&self) -> Bytes {
        self.bytes.slice(HOP_PAYLOADS..HMAC)
    }

    /// Returns the code that authenticates the payloads and the payment hash.
    #[must_use]
    pub fn hmac(&self) -> [u8; 32] {
        self.array_at(HMAC)
    }

    fn array_at<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .unwrap_or([0; N])
    }
}

impl fmt::Debug for OnionPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnionPacket")
            .field("version", &self.version())
            .field("public_key", &self.public_key())
            .finish_non_exhaustive()
    }
}

made_of_part!(OnionPacket, |bytes| Self { bytes });

impl Field for OnionPacket {
    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        reader.slice(field, Self::LEN)
    }

    #[inline]
    fn field_len(&self) -> usize {
        Self::LEN
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.bytes);
    }
}
