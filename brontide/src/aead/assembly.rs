//! AWS-LC: assembly for each processor.
//!
//! A key lives in one block of C's heap, about 600 bytes that moves do not copy; freeing it wipes it. So a key takes
//! one allocation that Rust's allocator does not see, which for a message means one in 500. Sealing and opening take
//! none.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use super::{BadTag, KEY_LEN, NONCE_LEN, TAG_LEN};

pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    pub(super) fn new(key: &[u8; KEY_LEN]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key);
        Self(LessSafeKey::new(
            key.expect("a key of this cipher is any 32 bytes"),
        ))
    }

    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        text: &mut [u8],
    ) -> [u8; TAG_LEN] {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(associated), text);
        let tag = tag.expect("RFC 8439 limits a text to 256 GiB, ours end at 64 KiB");
        *tag.as_ref()
            .first_chunk()
            .expect("a tag of this cipher has 16 bytes")
    }

    /// What is in `sealed` after a failure is for the caller to wipe.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), BadTag> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(associated), sealed);
        opened.map(drop).map_err(|_| BadTag)
    }
}
