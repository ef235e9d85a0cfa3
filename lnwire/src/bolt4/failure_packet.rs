//! The return packet, decrypted: a failure message and padding that hides its length.

use bytes::{BufMut, Bytes};

use super::{FailureCode, FailureMessage};
use crate::{codec::sum, error::DecodeError, features::put_u16_prefixed, reader::Reader};

/// What the packet that reports a failure contains once the last layer of encryption is off.
///
/// The packet's first 32 bytes are *not* part of this: they are the authentication code over all that is, and
/// finding the node for whose key it is right is how the sender learns who failed. Take them off before
/// [`decode`](Self::decode), and put them in front of what [`write`](Self::write) appends.
///
/// The failure message is kept as bytes, so that the code can be had of one whose data make no sense.
///
/// BOLT 4, [returning errors](https://github.com/lightning/bolts/blob/master/04-onion-routing.md#returning-errors).
///
/// ```
/// use lnwire::bolt4::{Failure, FailurePacket};
/// let packet = FailurePacket::new(&Failure::MppTimeout.into())?;
/// let mut out = Vec::new();
/// packet.write(&mut out);
/// assert_eq!(out.len(), 2 + 256 + 2);
/// let received = FailurePacket::decode(out.into())?;
/// assert_eq!(received.message()?, Failure::MppTimeout.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailurePacket {
    /// Invariant: both are at most 65535 bytes long, and together at least `MIN_LEN`.
    failuremsg: Bytes,
    pad: Bytes,
}

/// Why bytes are no return packet, or a failure message fits into none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailurePacketError {
    /// A length leads past the end ([`DecodeError::Truncated`]), or bytes follow the padding
    /// ([`DecodeError::TrailingBytes`]).
    #[error(transparent)]
    Layout(#[from] DecodeError),
    /// Message and padding are shorter than 256 bytes.
    #[error("failure message of {failure_len} bytes and {pad_len} of padding are less than 256")]
    TooShort {
        /// Length of the failure message in bytes.
        failure_len: usize,
        /// Length of the padding in bytes.
        pad_len: usize,
    },
    /// The failure message is longer than its two bytes of length can say.
    #[error("failure message of {failure_len} bytes is longer than 65535")]
    TooLong {
        /// Length of the failure message in bytes.
        failure_len: usize,
    },
}

static ZEROS: [u8; FailurePacket::MIN_LEN] = [0; FailurePacket::MIN_LEN];

impl FailurePacket {
    /// The least length of message and padding together, in bytes, and the usual one: older nodes understand
    /// no other (BOLT 4).
    pub const MIN_LEN: usize = 256;

    /// Makes the packet of a failure, padded with zeros to 256 bytes; a longer failure is not padded.
    ///
    /// # Errors
    /// [`FailurePacketError::TooLong`] for a failure message of more than 65535 bytes.
    pub fn new(failure: &FailureMessage) -> Result<Self, FailurePacketError> {
        let failure_len = failure.encoded_len();
        if failure_len > usize::from(u16::MAX) {
            return Err(FailurePacketError::TooLong { failure_len });
        }
        let mut failuremsg = bytes::BytesMut::with_capacity(failure_len);
        failure.write(&mut failuremsg);
        let pad_len = Self::MIN_LEN.saturating_sub(failure_len);
        Ok(Self {
            failuremsg: failuremsg.freeze(),
            pad: Bytes::from_static(&ZEROS).slice(..pad_len),
        })
    }

    /// Reads a packet, without its authentication code.
    ///
    /// # Errors
    /// [`FailurePacketError::Layout`] if the lengths do not lead to the last byte,
    /// [`FailurePacketError::TooShort`] if there is less than 256 bytes of message and padding.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as `WireMessage::decode`: what comes out shares the bytes"
    )]
    pub fn decode(bytes: Bytes) -> Result<Self, FailurePacketError> {
        let mut reader = Reader::new(&bytes);
        let failuremsg = reader.u16_prefixed("failuremsg")?;
        let pad = reader.u16_prefixed("pad")?;
        reader.finish("pad")?;
        if sum(&[failuremsg.len(), pad.len()]) < Self::MIN_LEN {
            return Err(FailurePacketError::TooShort {
                failure_len: failuremsg.len(),
                pad_len: pad.len(),
            });
        }
        Ok(Self { failuremsg, pad })
    }

    /// Returns the failure message's code.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if there are not even the two bytes of it.
    pub fn code(&self) -> Result<FailureCode, DecodeError> {
        let mut reader = Reader::new(&self.failuremsg);
        reader.u16("failure_code").map(FailureCode)
    }

    /// Returns the failure message.
    ///
    /// # Errors
    /// As for [`FailureMessage::decode`].
    pub fn message(&self) -> Result<FailureMessage, DecodeError> {
        FailureMessage::decode(self.failuremsg.clone())
    }

    /// Returns the bytes of the failure message.
    #[must_use]
    pub const fn failuremsg(&self) -> &Bytes {
        &self.failuremsg
    }

    /// Returns the padding, as received.
    #[must_use]
    pub const fn pad(&self) -> &Bytes {
        &self.pad
    }

    /// Returns how many bytes [`write`](Self::write) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        sum(&[2, self.failuremsg.len(), 2, self.pad.len()])
    }

    /// Appends the packet, without its authentication code.
    pub fn write<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(&self.failuremsg, out);
        put_u16_prefixed(&self.pad, out);
    }
}
