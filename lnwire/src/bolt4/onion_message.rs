//! `onion_message` (513): a message for a node that need not be a neighbour.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    codec::sum,
    error::DecodeError,
    features::put_u16_prefixed,
    field::{Field, made_of_part},
    message_macro::message,
    reader::Reader,
    types::Point,
};

message! {
    /// Carries an onion whose innermost layer is a message. It is forwarded without an answer and may be lost.
    ///
    /// BOLT 4, [the `onion_message` message](https://github.com/lightning/bolts/blob/master/04-onion-routing.md#the-onion_message-message).
    ///
    /// ```
    /// use lnwire::{Point, bolt4::{OnionMessage, OnionMessagePacket}};
    /// let onion_message_packet = OnionMessagePacket::new(0, Point([2; 33]), &[0; 1300], &[0; 32]);
    /// assert_eq!(onion_message_packet.0.len(), OnionMessagePacket::SMALL);
    /// let message = OnionMessage { path_key: Point([3; 33]), onion_message_packet, extra: Default::default() };
    /// assert_eq!(message.onion_message_packet.version(), Some(0));
    /// ```
    OnionMessage = 513 {
        /// The key with which the receiver finds the blinded keys of its hop. Not checked to be one.
        path_key: Point,
        /// The onion.
        onion_message_packet: OnionMessagePacket,
    }
}

/// An onion, sealed: its bytes as they came, at most 65535 of them.
///
/// The parts can be looked at when it is long enough to have them, which is 66 bytes; a shorter one is kept all
/// the same, because only who opens it has to refuse it. BOLT 4 suggests the lengths
/// [`SMALL`](Self::SMALL) and [`LARGE`](Self::LARGE), so that onions look alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OnionMessagePacket(pub Bytes);

const PUBLIC_KEY: usize = 1;
const PAYLOADS: usize = PUBLIC_KEY + 33;
const HMAC_LEN: usize = 32;

impl OnionMessagePacket {
    /// The length in bytes of a packet with 1300 bytes of payloads, the usual one (BOLT 4).
    pub const SMALL: usize = 1366;
    /// The length in bytes of a packet with 32768 bytes of payloads (BOLT 4).
    pub const LARGE: usize = 32834;

    /// Puts a packet together: `version` 0 is the only one there is, `payloads` are encrypted, `hmac` is over
    /// them.
    #[must_use]
    pub fn new(version: u8, public_key: Point, payloads: &[u8], hmac: &[u8; 32]) -> Self {
        let mut bytes = BytesMut::with_capacity(sum(&[PAYLOADS, payloads.len(), HMAC_LEN]));
        bytes.put_u8(version);
        bytes.put_slice(public_key.as_bytes());
        bytes.put_slice(payloads);
        bytes.put_slice(hmac);
        Self(bytes.freeze())
    }

    /// Returns the version, 0 in all packets so far; `None` if the packet is too short.
    #[must_use]
    pub fn version(&self) -> Option<u8> {
        self.payloads_end()?;
        self.0.first().copied()
    }

    /// Returns the sender's ephemeral key for this hop, not checked to be one; `None` if the packet is too
    /// short.
    #[must_use]
    pub fn public_key(&self) -> Option<Point> {
        self.payloads_end()?;
        self.0.get(PUBLIC_KEY..)?.first_chunk().copied().map(Point)
    }

    /// Returns the encrypted payloads of all hops; `None` if the packet is too short.
    #[must_use]
    pub fn payloads(&self) -> Option<Bytes> {
        let end = self.payloads_end()?;
        Some(self.0.slice(PAYLOADS..end))
    }

    /// Returns the authentication code of the payloads; `None` if the packet is too short.
    #[must_use]
    pub fn hmac(&self) -> Option<[u8; 32]> {
        self.payloads_end()?;
        self.0.last_chunk().copied()
    }

    /// Where the authentication code begins, if all parts are there.
    fn payloads_end(&self) -> Option<usize> {
        let end = self.0.len().checked_sub(HMAC_LEN)?;
        (end >= PAYLOADS).then_some(end)
    }
}

made_of_part!(OnionMessagePacket, Self);

impl Field for OnionMessagePacket {
    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        reader.u16_prefixed_slice(field)
    }

    #[inline]
    fn field_len(&self) -> usize {
        self.0.len().saturating_add(2)
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(&self.0, out);
    }
}
