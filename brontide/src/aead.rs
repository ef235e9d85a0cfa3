//! The seam to the AEAD implementation: everything the crate asks of ChaCha20-Poly1305 (RFC 8439), in one file.
//!
//! Invariants, for whatever stands behind it:
//! 1. Sealing and opening are in place; a sealed text is the ciphertext with its tag right behind it.
//! 2. A text whose tag is wrong is wiped before `open` returns, so nothing of it can be used by mistake.
//! 3. Tags are compared in constant time; the key is wiped on drop.
//!
//! BOLT 8, [Handshake State](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-state).

use core::fmt;

use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use zeroize::{Zeroize, Zeroizing};

/// Size of an authentication tag, in bytes (RFC 8439).
pub const TAG_LEN: usize = 16;

/// Size of a key, in bytes (RFC 8439).
pub(crate) const KEY_LEN: usize = 32;

/// A key that can seal and open. It does not count: the caller gives each nonce, and never one twice.
pub(crate) struct Aead {
    key: Zeroizing<[u8; KEY_LEN]>,
}

/// The tag does not fit text, associated data, nonce and key.
#[derive(Debug)]
pub(crate) struct BadTag;

impl Aead {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self {
            key: Zeroizing::new(*key),
        }
    }

    /// Encrypts `text` in place and returns its tag.
    pub(crate) fn seal(&self, nonce: u64, associated: &[u8], text: &mut [u8]) -> [u8; TAG_LEN] {
        self.cipher()
            .encrypt_in_place_detached(&nonce_bytes(nonce).into(), associated, text)
            .expect("RFC 8439 limits a text to 256 GiB, ours end at 64 KiB")
            .into()
    }

    /// Decrypts `sealed`, a ciphertext and its tag, in place and returns the plaintext, its front part.
    pub(crate) fn open<'a>(
        &self,
        nonce: u64,
        associated: &[u8],
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], BadTag> {
        let (text, tag) = sealed.split_last_chunk_mut::<TAG_LEN>().ok_or(BadTag)?;
        let opened = self.cipher().decrypt_in_place_detached(
            &nonce_bytes(nonce).into(),
            associated,
            text,
            (&*tag).into(),
        );
        if opened.is_err() {
            text.zeroize();
            return Err(BadTag);
        }
        Ok(text)
    }

    /// The bare key, from which the next one is derived.
    pub(crate) fn key(&self) -> &[u8; KEY_LEN] {
        &self.key
    }

    /// Setting this up costs a copy of the key, which is wiped when the operation is over.
    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.key).into())
    }
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aead(..)")
    }
}

/// 32 zero bits, then the counter in little endian: Noise's encoding, not the big endian of the rest of the protocol.
fn nonce_bytes(counter: u64) -> [u8; 12] {
    let [a, b, c, d, e, f, g, h] = counter.to_le_bytes();
    [0, 0, 0, 0, a, b, c, d, e, f, g, h]
}
