//! What every message can do.

use bytes::{BufMut, Bytes};

use crate::{
    error::{DecodeError, MessageTooLong},
    reader::Reader,
};

/// The greatest length of a message in bytes, with its two-byte type (BOLT 1).
pub const MAX_MESSAGE_LEN: usize = 65535;

/// A Lightning message: a type number and how the rest is laid out.
///
/// Both directions work on the *whole* message, which begins with its two-byte type, because that is what a
/// transport hands over and what it seals.
///
/// ```
/// use lnwire::{DecodeError, WireMessage, bolt1::Ping, bytes::{Bytes, BytesMut}};
///
/// let ping = Ping { num_pong_bytes: 4, ignored: Bytes::from_static(&[0; 3]), extra: Bytes::new() };
/// let mut out = BytesMut::new();
/// ping.encode(&mut out)?;
/// assert_eq!(out[..], [0, 18, 0, 4, 0, 3, 0, 0, 0]);
/// assert_eq!(out.len(), ping.encoded_len());
///
/// let cut = out.clone().freeze().slice(..7);
/// assert_eq!(Ping::decode(out.freeze())?, ping);
/// let error = DecodeError::Truncated { field: "ignored", needed: 3, available: 1 };
/// assert_eq!(Ping::decode(cut), Err(error));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait WireMessage: Sized {
    /// The message's type number.
    const TYPE: u16;

    /// Reads the message from `frame`, whose first two bytes are its type. Allocates nothing where slices of
    /// `frame` will do.
    ///
    /// # Errors
    /// [`DecodeError`], naming the field at fault.
    fn decode(frame: Bytes) -> Result<Self, DecodeError>;

    /// Returns how many bytes [`write`](Self::write) appends.
    fn encoded_len(&self) -> usize;

    /// Appends the whole message with its type, without looking at its length: past 65535 bytes what comes out
    /// is no message. [`encode`](Self::encode) looks first.
    ///
    /// # Panics
    /// If `out` has no room and cannot grow, such as a `&mut [u8]`.
    fn write<B: BufMut>(&self, out: &mut B);

    /// Appends the whole message with its type.
    ///
    /// # Errors
    /// [`MessageTooLong`] past 65535 bytes, with `out` left as it was.
    ///
    /// # Panics
    /// If `out` has no room and cannot grow, such as a `&mut [u8]`.
    fn encode<B: BufMut>(&self, out: &mut B) -> Result<(), MessageTooLong> {
        let len = self.encoded_len();
        if len > MAX_MESSAGE_LEN {
            return Err(MessageTooLong { len });
        }
        self.write(out);
        Ok(())
    }
}

/// Starts reading a message of type `expected`: checks length and type.
#[inline]
pub(crate) fn open(frame: &Bytes, expected: u16) -> Result<Reader<'_>, DecodeError> {
    if frame.len() > MAX_MESSAGE_LEN {
        return Err(rare(DecodeError::TooLong { len: frame.len() }));
    }
    let mut reader = Reader::new(frame);
    let found = reader.u16("type")?;
    if found != expected {
        return Err(rare(DecodeError::WrongType { expected, found }));
    }
    Ok(reader)
}

/// Returns it. The compiler learns from the call which way a message usually goes: else it would take what lies behind many
/// questions for rare, and not make it fast.
#[cold]
#[inline]
pub(crate) const fn rare<T>(value: T) -> T {
    value
}

/// Sums lengths. A sum that does not fit a `usize` stays at its maximum, which `encode` refuses.
#[inline]
pub(crate) fn sum(lengths: &[usize]) -> usize {
    lengths.iter().fold(0, |sum, len| sum.saturating_add(*len))
}

/// Returns how long the head of a message is: its type, the fields before the first whose length varies, and the head of
/// that. Of each field its length, if that does not vary, and how long its head is.
pub(crate) const fn head_len(fields: &[(Option<usize>, usize)]) -> usize {
    let mut sum = 2_usize;
    let mut rest = fields;
    while let [(len, head), behind @ ..] = rest {
        sum = sum.saturating_add(*head);
        rest = match len {
            Some(_) => behind,
            None => &[],
        };
    }
    sum
}
