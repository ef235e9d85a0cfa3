//! The handshake's running state: the chaining key `ck` and the handshake hash `h`.
//!
//! Invariant: every byte both sides have sent or known before goes into `h`, and `h` is the associated data of
//! every tag in an act. So a tag vouches for the whole conversation so far, keys and prologue included.
//!
//! BOLT 8, [Handshake State](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-state).

use core::fmt;

use hkdf::Hkdf;
use secp256k1::PublicKey;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::aead::{Aead, BadTag, KEY_LEN, TAG_LEN};
use crate::keys::SharedSecret;

/// A hash, chaining key or cipher key that is wiped on drop.
pub(crate) type Secret = Zeroizing<[u8; KEY_LEN]>;

/// `ck` and `h`. Consumed at the end of the handshake.
pub(crate) struct Symmetric {
    ck: Secret,
    h: [u8; 32],
}

impl Symmetric {
    /// Starts both sides alike: protocol name, prologue, and the static key of the responder, which the
    /// initiator must know before it dials.
    pub(crate) fn new(responder: &PublicKey) -> Self {
        let h = Sha256::digest(PROTOCOL_NAME).into();
        let mut symmetric = Self {
            ck: Zeroizing::new(h),
            h,
        };
        symmetric.mix_hash(PROLOGUE);
        symmetric.mix_hash(&responder.serialize());
        symmetric
    }

    /// `h = SHA-256(h || data)`.
    pub(crate) fn mix_hash(&mut self, data: &[u8]) {
        self.h = Sha256::new()
            .chain_update(self.h)
            .chain_update(data)
            .finalize()
            .into();
    }

    /// `ck, temp_k = HKDF(ck, ecdh)`; the return value is `temp_k`.
    pub(crate) fn mix_key(&mut self, ecdh: SharedSecret) -> Aead {
        let (ck, temp_k) = hkdf(&self.ck, &*ecdh.into_bytes());
        self.ck = ck;
        Aead::new(&temp_k)
    }

    /// Seals `text` in place with `h` as associated data, and mixes what goes on the wire into `h`.
    pub(crate) fn seal(&mut self, key: &Aead, nonce: u64, text: &mut [u8]) -> [u8; TAG_LEN] {
        let tag = key.seal(nonce, &self.h, text);
        self.h = Sha256::new()
            .chain_update(self.h)
            .chain_update(text)
            .chain_update(tag)
            .finalize()
            .into();
        tag
    }

    /// Opens a text of `N` bytes and its tag, with `h` as associated data; mixes what came into `h`.
    pub(crate) fn open<'a>(
        &mut self,
        key: &Aead,
        nonce: u64,
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], BadTag> {
        let associated = self.h;
        self.mix_hash(sealed);
        key.open(nonce, &associated, sealed)
    }

    /// Ends the handshake: the chaining key both directions start from, and the keys of the two, the
    /// initiator's sending one first.
    pub(crate) fn split(self) -> (Secret, Secret, Secret) {
        let (first, second) = hkdf(&self.ck, &[]);
        (self.ck, first, second)
    }
}

impl fmt::Debug for Symmetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Symmetric(..)")
    }
}

/// HKDF of RFC 5869 with SHA-256 and no `info`, expanded to the two 32-byte halves BOLT 8 always asks for.
pub(crate) fn hkdf(salt: &[u8; KEY_LEN], input: &[u8]) -> (Secret, Secret) {
    let mut output = Zeroizing::new([0; 2 * KEY_LEN]);
    Hkdf::<Sha256>::new(Some(salt), input)
        .expand(&[], &mut *output)
        .expect("64 bytes are below HKDF's limit of 255 hashes");
    let (mut first, mut second) = (Secret::default(), Secret::default());
    for (to, from) in first.iter_mut().chain(second.iter_mut()).zip(output.iter()) {
        *to = *from;
    }
    (first, second)
}

const PROTOCOL_NAME: &[u8] = b"Noise_XK_secp256k1_ChaChaPoly_SHA256";
const PROLOGUE: &[u8] = b"lightning";
