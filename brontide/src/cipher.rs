//! One direction's key, nonce and chaining key.
//!
//! Invariants:
//! 1. A nonce is used at most once with a key: each operation, failed or not, is followed by the next nonce.
//! 2. A key serves [`ROTATE_AFTER`] operations. Then it and the chaining key are replaced and the old ones wiped.
//! 3. The chaining key belongs to this direction alone; the other one rotates at its own pace.
//!
//! BOLT 8, [Lightning Message Key Rotation](https://github.com/lightning/bolts/blob/master/08-transport.md#lightning-message-key-rotation).

use core::fmt;

use crate::aead::{Aead, BadTag, TAG_LEN};
use crate::symmetric::{Secret, hkdf};

pub(crate) struct Cipher {
    aead: Aead,
    ck: Secret,
    nonce: u64,
}

impl Cipher {
    pub(crate) fn new(ck: Secret, key: &Secret) -> Self {
        Self {
            aead: Aead::new(key),
            ck,
            nonce: 0,
        }
    }

    /// Encrypts `text` in place and returns its tag.
    pub(crate) fn seal(&mut self, text: &mut [u8]) -> [u8; TAG_LEN] {
        let tag = self.aead.seal(self.nonce, &[], text);
        self.advance();
        tag
    }

    /// Decrypts a ciphertext and its tag in place; the plaintext is the front part. After an error the cipher
    /// must be dropped.
    pub(crate) fn open<'a>(&mut self, sealed: &'a mut [u8]) -> Result<&'a mut [u8], BadTag> {
        let opened = self.aead.open(self.nonce, &[], sealed);
        self.advance();
        opened
    }

    fn advance(&mut self) {
        self.nonce = self.nonce.saturating_add(1);
        if self.nonce >= ROTATE_AFTER {
            let (ck, key) = hkdf(&self.ck, self.aead.key());
            *self = Self::new(ck, &key);
        }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher")
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

/// Operations per key, chosen by BOLT 8. A message takes two, so this is 500 messages.
const ROTATE_AFTER: u64 = 1000;

#[cfg(test)]
impl Cipher {
    /// The secrets, for comparison with the vectors.
    pub(crate) fn secrets(&self) -> ([u8; 32], [u8; 32]) {
        (*self.ck, *self.aead.key())
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.nonce
    }
}
