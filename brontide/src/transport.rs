//! The established connection: two independent halves, of which this file holds the sending one.
//!
//! ```text
//! frame: encrypted length (2)  tag (16)  encrypted message (0 to 65535)  tag (16)
//! ```
//!
//! BOLT 8, [Lightning Message Specification](https://github.com/lightning/bolts/blob/master/08-transport.md#lightning-message-specification).

use bytes::{BufMut, BytesMut};

use crate::cipher::Cipher;
use crate::deframer::Decryptor;
use crate::error::TooLong;
use crate::symmetric::Symmetric;

pub use crate::aead::TAG_LEN;

/// Size of a frame's first part, in bytes: the length of the message, encrypted, and its tag.
pub const HEADER_LEN: usize = 18;
/// Size of the largest message, in bytes: what a 16-bit length can tell.
///
/// BOLT 8, [Lightning Message Specification](https://github.com/lightning/bolts/blob/master/08-transport.md#lightning-message-specification).
pub const MAX_MESSAGE_LEN: usize = 65_535;
/// Size of the largest frame, in bytes; so much buffer is ever needed to receive a message.
pub const MAX_FRAME_LEN: usize = HEADER_LEN + MAX_MESSAGE_LEN + TAG_LEN;

/// What a completed handshake yields.
///
/// The halves share nothing, each has its own keys and rotates them at its own pace. To use them apart, take
/// it apart:
///
/// ```
/// # use brontide::{Decryptor, Encryptor, Transport};
/// fn apart(transport: Transport) -> (Encryptor, Decryptor) {
///     let Transport { tx, rx } = transport;
///     (tx, rx)
/// }
/// ```
#[derive(Debug)]
pub struct Transport {
    /// Seals what is sent.
    pub tx: Encryptor,
    /// Opens what is received.
    pub rx: Decryptor,
}

impl Transport {
    /// The transport of the side that dialled; its sending key is the first one.
    pub(crate) fn of_initiator(symmetric: Symmetric) -> Self {
        let (ck, first, second) = symmetric.split();
        Self {
            tx: Encryptor::new(Cipher::new(ck.clone(), &first)),
            rx: Decryptor::new(Cipher::new(ck, &second)),
        }
    }

    /// The transport of the side that was dialled.
    pub(crate) fn of_responder(symmetric: Symmetric) -> Self {
        let (ck, first, second) = symmetric.split();
        Self {
            tx: Encryptor::new(Cipher::new(ck.clone(), &second)),
            rx: Decryptor::new(Cipher::new(ck, &first)),
        }
    }
}

/// Seals messages, in the order they are to be sent.
///
/// It cannot be cloned: two that count alike would use a nonce twice, which gives both messages away. For the
/// same reason every frame has to be written, whole and in order; bytes lost between here and the peer end the
/// connection.
///
/// ```
/// use brontide::bytes::{BufMut, BytesMut};
/// # use brontide::Encryptor;
///
/// /// A ping, type 18, that asks for no pong and carries nothing; encoded where it is sealed.
/// fn ping(tx: &mut Encryptor, out: &mut BytesMut) -> Result<(), brontide::TooLong> {
///     tx.encrypt_with(out, |out| {
///         out.put_u16(18);
///         out.put_u16(u16::MAX);
///         out.put_u16(0);
///     })
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use brontide::Encryptor;
/// # fn fails(tx: Encryptor) {
/// let twice = tx.clone();
/// # }
/// ```
///
/// BOLT 8, [Encrypting and Sending Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#encrypting-and-sending-messages).
#[derive(Debug)]
pub struct Encryptor {
    cipher: Cipher,
}

impl Encryptor {
    pub(crate) fn new(cipher: Cipher) -> Self {
        Self { cipher }
    }

    /// Appends `msg`, sealed as one frame of `18 + msg.len() + 16` bytes, to whatever is in `out`.
    ///
    /// An empty message is a valid frame, though no Lightning message is shorter than its two-byte type.
    ///
    /// # Errors
    /// [`TooLong`] for more than [`MAX_MESSAGE_LEN`] bytes; `out` and the nonce are as before.
    ///
    /// BOLT 8, [Encrypting and Sending Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#encrypting-and-sending-messages).
    pub fn encrypt(&mut self, msg: &[u8], out: &mut BytesMut) -> Result<(), TooLong> {
        // Before the copy, not only after it: a huge message must not grow `out` in vain.
        checked_len(msg.len())?;
        out.reserve(HEADER_LEN.saturating_add(msg.len()).saturating_add(TAG_LEN));
        self.encrypt_with(out, |out| out.put_slice(msg))
    }

    /// Appends each of `messages`, sealed as a frame of its own, to whatever is in `out`, which grows at most once.
    ///
    /// The messages are walked twice, first for their lengths; a clone of the iterator must yield the same ones.
    ///
    /// ```
    /// # use brontide::{Encryptor, TooLong, bytes::{Bytes, BytesMut}};
    /// /// Seals what has queued up into one buffer, for one write.
    /// fn flush(tx: &mut Encryptor, queue: &[Bytes], out: &mut BytesMut) -> Result<(), TooLong> {
    ///     tx.encrypt_all(queue.iter().map(|message| &message[..]), out)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`TooLong`] if one of them has more than [`MAX_MESSAGE_LEN`] bytes. Then none is sealed; `out` and the nonce are
    /// as before.
    pub fn encrypt_all<'m, I>(&mut self, messages: I, out: &mut BytesMut) -> Result<(), TooLong>
    where
        I: IntoIterator<Item = &'m [u8], IntoIter: Clone>,
    {
        let messages = messages.into_iter();
        let mut len: usize = 0;
        for msg in messages.clone() {
            checked_len(msg.len())?;
            len = len
                .saturating_add(HEADER_LEN + TAG_LEN)
                .saturating_add(msg.len());
        }
        out.reserve(len);
        for msg in messages {
            self.encrypt_with(out, |out| out.put_slice(msg))?;
        }
        Ok(())
    }

    /// Appends, sealed as one frame, the message that `write` appends; it is encoded where it will be sent from.
    ///
    /// `write` is handed `out` itself, so that encoders need no copy; it must do nothing but append. If it
    /// panics, what it wrote is taken back and the nonce is as before.
    ///
    /// # Errors
    /// [`TooLong`] if it wrote more than [`MAX_MESSAGE_LEN`] bytes; what is in `out` and the nonce are as before.
    ///
    /// # Panics
    /// If `write` removed bytes that it had not written: the caller's own bytes are gone then, and no answer
    /// would make it safe to send the rest.
    ///
    /// BOLT 8, [Encrypting and Sending Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#encrypting-and-sending-messages).
    pub fn encrypt_with(
        &mut self,
        out: &mut BytesMut,
        write: impl FnOnce(&mut BytesMut),
    ) -> Result<(), TooLong> {
        let draft = Draft::begin(out);
        write(&mut *draft.out);
        draft.seal(&mut self.cipher)
    }

    #[cfg(test)]
    pub(crate) fn cipher(&self) -> &Cipher {
        &self.cipher
    }
}

/// A frame that is being written. Dropped before it is sealed it is taken back, so that a plaintext is never
/// left where ciphertext is sent from.
struct Draft<'a> {
    out: &'a mut BytesMut,
    start: usize,
}

impl<'a> Draft<'a> {
    fn begin(out: &'a mut BytesMut) -> Self {
        let start = out.len();
        out.put_bytes(0, HEADER_LEN);
        Self { out, start }
    }

    fn seal(mut self, cipher: &mut Cipher) -> Result<(), TooLong> {
        let (header, body) = self
            .out
            .get_mut(self.start..)
            .and_then(|frame| frame.split_first_chunk_mut::<HEADER_LEN>())
            .expect("`write` must only append, yet it removed bytes it had not written");
        let mut len = checked_len(body.len())?.to_be_bytes();
        let tag = cipher.seal(&mut len);
        for (to, from) in header.iter_mut().zip(len.iter().chain(&tag)) {
            *to = *from;
        }
        let tag = cipher.seal(body);
        self.out.put_slice(&tag);
        self.start = self.out.len();
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.start);
    }
}

fn checked_len(len: usize) -> Result<u16, TooLong> {
    u16::try_from(len).map_err(|_| TooLong { len })
}
