//! Rust alone: for targets without assembly, and for those who want none.
//!
//! Two crates share the work, because each is slow where the other is fast: `chacha20poly1305` computes the tag in
//! vectors, which takes about a microsecond before the first byte on processors with AVX2; `chacha20-poly1305`
//! computes it in plain integers, which costs nothing to begin with and four times as much for each byte.
//!
//! Both set up their state for each text, from a key that is wiped on drop here. `chacha20poly1305` wipes that state;
//! `chacha20-poly1305` leaves it to the stack, where later calls overwrite it.

use chacha20_poly1305 as plain;
use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use zeroize::Zeroizing;

use super::{BadTag, KEY_LEN, NONCE_LEN, TAG_LEN};

/// Texts of at least so many bytes are worth the vectors: where both take equally long, as measured on a processor
/// with AVX-512. Nearly all gossip is shorter.
pub(super) const LONG: usize = 640;

pub(super) struct Cipher(Zeroizing<[u8; KEY_LEN]>);

impl Cipher {
    pub(super) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(*key))
    }

    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        text: &mut [u8],
    ) -> [u8; TAG_LEN] {
        if text.len() < LONG {
            return self.plain(nonce).encrypt(text, Some(associated));
        }
        self.vectors()
            .encrypt_in_place_detached(&nonce.into(), associated, text)
            .expect("RFC 8439 limits a text to 256 GiB, ours end at 64 KiB")
            .into()
    }

    /// What is in `sealed` after a failure is for the caller to wipe.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), BadTag> {
        let (text, tag) = sealed.split_last_chunk_mut::<TAG_LEN>().ok_or(BadTag)?;
        if text.len() < LONG {
            let opened = self.plain(nonce).decrypt(text, *tag, Some(associated));
            return opened.map_err(|_| BadTag);
        }
        let tag = (&*tag).into();
        self.vectors()
            .decrypt_in_place_detached(&nonce.into(), associated, text, tag)
            .map_err(|_| BadTag)
    }

    fn plain(&self, nonce: [u8; NONCE_LEN]) -> plain::ChaCha20Poly1305 {
        plain::ChaCha20Poly1305::new(plain::Key::new(*self.0), plain::Nonce::new(nonce))
    }

    fn vectors(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.0).into())
    }
}
