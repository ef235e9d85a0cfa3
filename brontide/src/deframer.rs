//! The receiving half: bytes in any pieces become whole messages.
//!
//! Invariants:
//! 1. Nothing is buffered here. The caller's buffer holds what has arrived; between two calls only the length
//!    of the frame whose header has been opened is remembered.
//! 2. A header is opened once and split off; a body is opened once, when all of it is there.
//! 3. The first failure is final: it drops, and so wipes, the key, and nothing is ever decrypted again.
//!
//! BOLT 8, [Receiving and Decrypting Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#receiving-and-decrypting-messages).

use bytes::{Buf, Bytes, BytesMut};

use crate::cipher::Cipher;
use crate::error::DecryptError;
use crate::transport::{HEADER_LEN, TAG_LEN};

/// Opens messages, in the order they were sent.
///
/// ```
/// # use brontide::bytes::BytesMut;
/// # use brontide::{Decryptor, DecryptError};
/// /// Hands on every whole message that has arrived; what is left in `buf` waits for more.
/// fn drain(rx: &mut Decryptor, buf: &mut BytesMut) -> Result<(), DecryptError> {
///     while let Some(message) = rx.next(buf)? {
///         // … decode `message` …
///     }
///     buf.reserve(rx.needed(buf)); // room for the next read
///     Ok(())
/// }
/// ```
///
/// BOLT 8, [Receiving and Decrypting Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#receiving-and-decrypting-messages).
#[derive(Debug)]
pub struct Decryptor {
    state: State,
}

#[derive(Debug)]
enum State {
    Live { cipher: Cipher, awaits: Awaits },
    Poisoned,
}

/// What stands at the front of the buffer.
#[derive(Clone, Copy, Debug)]
enum Awaits {
    Header,
    /// A message of so many bytes, and its tag.
    Body(u16),
}

impl Decryptor {
    pub(crate) fn new(cipher: Cipher) -> Self {
        Self {
            state: State::Live {
                cipher,
                awaits: Awaits::Header,
            },
        }
    }

    /// Splits one message off the front of `buf` and opens it in place; `None` if it has not arrived whole.
    ///
    /// `buf` holds what the peer has sent since the last call, appended to what that call left in it, in pieces
    /// of any size; it is to be the same buffer each time. The message shares the memory of `buf`, nothing is
    /// copied; it keeps that memory alive, so copy what is to be kept for long. A buffer that is split for the
    /// first time costs `bytes` one small allocation; otherwise this takes none.
    ///
    /// # Errors
    /// [`DecryptError::BadTag`] for a frame that was tampered with. The key and the frame in `buf` are wiped,
    /// and every later call is [`DecryptError::Poisoned`] and leaves `buf` alone.
    ///
    /// BOLT 8, [Receiving and Decrypting Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#receiving-and-decrypting-messages).
    pub fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Bytes>, DecryptError> {
        let State::Live { cipher, awaits } = &mut self.state else {
            return Err(DecryptError::Poisoned);
        };
        let opened = awaits.step(cipher, buf);
        if opened.is_err() {
            self.state = State::Poisoned;
        }
        opened
    }

    /// How many bytes must be added to `buf` before [`next`](Self::next) can do more than it has done.
    ///
    /// A read of less is welcome too. In front of a frame it is the rest of the header, up to 18 bytes; then the
    /// rest of the message and its tag, up to 65,551. It is 0 if a call would get on at once, or is of no use
    /// because an earlier one failed.
    pub fn needed(&self, buf: &[u8]) -> usize {
        match &self.state {
            State::Live { awaits, .. } => awaits.len().saturating_sub(buf.len()),
            State::Poisoned => 0,
        }
    }

    /// Returns whether a message has begun to arrive that is not whole: what a deadline for it goes by.
    pub fn is_mid_frame(&self, buf: &[u8]) -> bool {
        match &self.state {
            State::Live { awaits, .. } => matches!(awaits, Awaits::Body(_)) || !buf.is_empty(),
            State::Poisoned => false,
        }
    }

    #[cfg(test)]
    pub(crate) fn cipher(&self) -> Option<&Cipher> {
        match &self.state {
            State::Live { cipher, .. } => Some(cipher),
            State::Poisoned => None,
        }
    }
}

impl Awaits {
    fn len(self) -> usize {
        match self {
            Self::Header => HEADER_LEN,
            Self::Body(len) => usize::from(len).saturating_add(TAG_LEN),
        }
    }

    fn step(
        &mut self,
        cipher: &mut Cipher,
        buf: &mut BytesMut,
    ) -> Result<Option<Bytes>, DecryptError> {
        if let Self::Header = self {
            let Some(header) = buf.first_chunk_mut::<HEADER_LEN>() else {
                return Ok(None);
            };
            let len = cipher.open(header).map_err(|_| DecryptError::BadTag)?;
            let len = len.first_chunk().copied().map_or(0, u16::from_be_bytes);
            buf.advance(HEADER_LEN);
            *self = Self::Body(len);
        }
        let Some(body) = buf.get_mut(..self.len()) else {
            return Ok(None);
        };
        let len = cipher.open(body).map_err(|_| DecryptError::BadTag)?.len();
        let mut message = buf.split_to(self.len());
        message.truncate(len);
        *self = Self::Header;
        Ok(Some(message.freeze()))
    }
}
