//! The bytes of a signed message, which *are* the message: checked once, then read by offset.

use core::marker::PhantomData;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    codec::{MAX_MESSAGE_LEN, WireMessage},
    error::MessageTooLong,
    types::Signature,
};

/// Returns `N` bytes from `at`.
///
/// # Panics
/// If the frame ends before: `decode` has checked the length for every offset that a message asks for.
pub(super) fn array_at<const N: usize>(frame: &[u8], at: usize) -> [u8; N] {
    *frame
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .expect("decode checked the frame's length")
}

/// A message that is encoded but for its signatures, which are zero.
///
/// Made by the `Contents` of the message; sign [`digest`](Self::digest), then hand the signatures to
/// [`sign`](Self::sign).
#[derive(Clone, Debug)]
pub struct Unsigned<T> {
    frame: BytesMut,
    message: PhantomData<T>,
}

/// A message that begins with signatures over everything behind them.
pub trait SignedFrame: WireMessage {
    /// The signatures, in their order on the wire: an array of 64-byte ones.
    type Signatures: AsRef<[Signature]>;

    /// Bytes before what is signed: the type and the signatures.
    const SIGNED_FROM: usize = 2_usize.saturating_add(size_of::<Self::Signatures>());
}

impl<T: SignedFrame> Unsigned<T> {
    /// Puts the signatures in and returns the finished message. Nothing is verified here.
    ///
    /// # Panics
    /// Never: the contents were laid out for exactly these signatures.
    #[must_use]
    pub fn sign(mut self, signatures: &T::Signatures) -> T {
        let places = self.frame.iter_mut().skip(2);
        let bytes = signatures.as_ref().iter().flat_map(|s| s.as_bytes());
        places.zip(bytes).for_each(|(place, byte)| *place = *byte);
        T::decode(self.frame.freeze()).expect("contents encode to a decodable message")
    }
}

/// Returns the double SHA-256 of the bytes from `signed_from` on, which is what gets signed.
#[cfg(feature = "verify")]
pub(crate) fn digest(frame: &[u8], signed_from: usize) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let signed = frame.get(signed_from..).unwrap_or_default();
    Sha256::digest(Sha256::digest(signed)).into()
}

#[cfg(feature = "verify")]
impl<T: SignedFrame> Unsigned<T> {
    /// Returns the 32 bytes to be signed: the double SHA-256 of what follows the signatures.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.frame, T::SIGNED_FROM)
    }
}

/// Lays a message of `len` bytes out: type, room for the signatures, and what `contents` writes.
pub(super) fn build<T: SignedFrame>(
    len: usize,
    contents: impl FnOnce(&mut BytesMut),
) -> Result<Unsigned<T>, MessageTooLong> {
    if len > MAX_MESSAGE_LEN {
        return Err(MessageTooLong { len });
    }
    let mut frame = BytesMut::with_capacity(len);
    frame.put_u16(T::TYPE);
    frame.put_bytes(0, size_of::<T::Signatures>());
    contents(&mut frame);
    Ok(Unsigned {
        frame,
        message: PhantomData,
    })
}

/// Copies a frame to a buffer of exactly its size.
pub(super) fn detached(frame: &Bytes) -> Bytes {
    Bytes::copy_from_slice(frame)
}
