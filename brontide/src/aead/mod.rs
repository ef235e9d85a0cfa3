//! The seam to the AEAD implementations: everything the crate asks of ChaCha20-Poly1305 (RFC 8439).
//!
//! Two stand behind it: [`assembly`] where the feature `aws-lc` and the target have it, else [`pure`]. Nothing of
//! the choice shows outside. Invariants, for whichever it is:
//! 1. Sealing and opening are in place; a sealed text is the ciphertext with its tag right behind it.
//! 2. A text whose tag is wrong is wiped before `open` returns, so nothing of it can be used by mistake.
//! 3. Tags are compared in constant time; the key is wiped on drop.
//! 4. Sealing and opening allocate nothing.
//!
//! BOLT 8, [Handshake State](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-state).

#[cfg(has_assembly)]
mod assembly;
#[cfg(any(test, not(has_assembly)))]
mod pure;

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

#[cfg(has_assembly)]
use assembly::Cipher;
#[cfg(not(has_assembly))]
use pure::Cipher;

/// Size of an authentication tag, in bytes (RFC 8439).
pub const TAG_LEN: usize = 16;

/// Size of a key, in bytes (RFC 8439).
pub(crate) const KEY_LEN: usize = 32;

/// Size of a nonce, in bytes (RFC 8439).
const NONCE_LEN: usize = 12;

/// A key that can seal and open. It does not count: the caller gives each nonce, and never one twice.
pub(crate) struct Aead {
    key: Zeroizing<[u8; KEY_LEN]>,
    cipher: Cipher,
}

/// The tag does not fit text, associated data, nonce and key.
#[derive(Debug)]
pub(crate) struct BadTag;

impl Aead {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self {
            key: Zeroizing::new(*key),
            cipher: Cipher::new(key),
        }
    }

    /// Encrypts `text` in place and returns its tag.
    pub(crate) fn seal(&self, nonce: u64, associated: &[u8], text: &mut [u8]) -> [u8; TAG_LEN] {
        self.cipher.seal(nonce_bytes(nonce), associated, text)
    }

    /// Decrypts `sealed`, a ciphertext and its tag, in place and returns the plaintext, its front part.
    pub(crate) fn open<'a>(
        &self,
        nonce: u64,
        associated: &[u8],
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], BadTag> {
        let len = sealed.len().checked_sub(TAG_LEN).ok_or(BadTag)?;
        let opened = self.cipher.open(nonce_bytes(nonce), associated, sealed);
        let text = sealed.get_mut(..len).ok_or(BadTag)?;
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
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aead(..)")
    }
}

/// 32 zero bits, then the counter in little endian: Noise's encoding, not the big endian of the rest of the protocol.
fn nonce_bytes(counter: u64) -> [u8; NONCE_LEN] {
    let [a, b, c, d, e, f, g, h] = counter.to_le_bytes();
    [0, 0, 0, 0, a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests;
