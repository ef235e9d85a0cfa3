//! Key material that enters from outside. All of it is wiped on drop and hidden in `Debug`; none can be cloned
//! or compared.
//!
//! Deriving a public key is the one operation that needs a libsecp256k1 context. It is done here, once per key,
//! when the key is made, so that no context has to travel through the handshake and none hides in a global.

use alloc::vec;
use core::fmt;

use secp256k1::ffi::types::AlignedType;
use secp256k1::{PublicKey, Secp256k1, SecretKey, Signing, ecdh};
use zeroize::{Zeroize, Zeroizing};

use crate::error::InvalidKey;

/// The key pair made for one handshake, and used in no other.
///
/// Whoever dials or accepts supplies 32 fresh bytes from a cryptographic random generator; to use them twice
/// gives up forward secrecy. That is why the handshake takes this by value and it cannot be cloned.
///
/// ```compile_fail,E0599
/// # use brontide::EphemeralKey;
/// # fn fails(key: EphemeralKey) {
/// let twice = key.clone();
/// # }
/// ```
///
/// BOLT 8, [Handshake State](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-state).
pub struct EphemeralKey {
    secret: SecretKey,
    public: PublicKey,
}

impl EphemeralKey {
    /// Takes the key from 32 random bytes.
    ///
    /// This makes a libsecp256k1 context for the one multiplication, which adds about a fiftieth to its cost;
    /// [`with_context`](Self::with_context) spares the allocation.
    ///
    /// # Errors
    /// [`InvalidKey`] if the bytes are zero or not below the order of the curve; draw again.
    ///
    /// ```
    /// use brontide::EphemeralKey;
    ///
    /// assert!(EphemeralKey::from_bytes([0x12; 32]).is_ok());
    /// assert!(EphemeralKey::from_bytes([0; 32]).is_err());
    /// ```
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, InvalidKey> {
        let secret = parse_secret(bytes)?;
        Ok(Self {
            public: public_key(&secret),
            secret,
        })
    }

    /// Like [`from_bytes`](Self::from_bytes), with a context the caller keeps (and may have blinded).
    ///
    /// # Errors
    /// [`InvalidKey`] as there.
    pub fn with_context<C: Signing>(
        secp: &Secp256k1<C>,
        bytes: [u8; 32],
    ) -> Result<Self, InvalidKey> {
        let secret = parse_secret(bytes)?;
        Ok(Self {
            public: secret.public_key(secp),
            secret,
        })
    }

    /// The public half, which goes into act one or two.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn ecdh(&self, point: &PublicKey) -> SharedSecret {
        SharedSecret::new(point, &self.secret)
    }
}

impl Drop for EphemeralKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EphemeralKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// The answer of one Diffie-Hellman: SHA-256 of the shared point in compressed form.
///
/// It is what a signer, local or remote, returns for the point a handshake asks about.
///
/// ```
/// use brontide::SharedSecret;
///
/// let answer = SharedSecret::from_bytes([7; 32]);
/// assert_eq!(format!("{answer:?}"), "SharedSecret(..)");
/// ```
///
/// BOLT 8, [Handshake State](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-state).
pub struct SharedSecret(Zeroizing<[u8; 32]>);

impl SharedSecret {
    /// Takes the answer as 32 bytes. Nothing can be checked: a wrong one fails the handshake at the next tag.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let secret = Self(Zeroizing::new(bytes));
        bytes.zeroize();
        secret
    }

    fn new(point: &PublicKey, secret: &SecretKey) -> Self {
        ecdh::SharedSecret::new(point, secret).into()
    }

    /// Consumed where it is used: each answer serves one step of one handshake.
    pub(crate) fn into_bytes(self) -> Zeroizing<[u8; 32]> {
        self.0
    }
}

impl From<ecdh::SharedSecret> for SharedSecret {
    fn from(mut shared: ecdh::SharedSecret) -> Self {
        let secret = Self::from_bytes(shared.secret_bytes());
        shared.non_secure_erase();
        secret
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

/// A node key in this process's memory, which answers a handshake's question at once.
///
/// Nothing in this crate asks for it: it stands in for a signer elsewhere.
///
/// ```
/// use brontide::LocalSigner;
/// use brontide::secp256k1::SecretKey;
///
/// let alice = LocalSigner::new(SecretKey::from_slice(&[0x11; 32])?);
/// let bob = LocalSigner::new(SecretKey::from_slice(&[0x21; 32])?);
/// let answer = alice.ecdh(&bob.public_key());
/// # Ok::<(), brontide::secp256k1::Error>(())
/// ```
pub struct LocalSigner {
    secret: SecretKey,
    public: PublicKey,
}

impl LocalSigner {
    /// Takes the node's secret key. The caller's own copy is the caller's to erase.
    pub fn new(secret: SecretKey) -> Self {
        Self {
            public: public_key(&secret),
            secret,
        }
    }

    /// Multiplies `point` by the node key: the answer to [`initiator::NeedEcdh`](crate::initiator::NeedEcdh) and
    /// [`responder::NeedEcdh`](crate::responder::NeedEcdh). Takes constant time.
    pub fn ecdh(&self, point: &PublicKey) -> SharedSecret {
        SharedSecret::new(point, &self.secret)
    }

    /// The node's public key.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }
}

impl Drop for LocalSigner {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

impl fmt::Debug for LocalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSigner")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

fn parse_secret(mut bytes: [u8; 32]) -> Result<SecretKey, InvalidKey> {
    let secret = SecretKey::from_slice(&bytes).map_err(|_| InvalidKey);
    bytes.zeroize();
    secret
}

/// Derives a public key with a context of its own.
///
/// The tables of libsecp256k1 are constants, so a context costs little beside the multiplication. It is a
/// preallocated one because `Secp256k1::signing_only` draws OS randomness for blinding as soon as anybody in
/// the build enables secp256k1's `rand-std`; blinding protects a key that is multiplied again and again, and
/// each key here is multiplied once.
fn public_key(secret: &SecretKey) -> PublicKey {
    let mut buffer = vec![AlignedType::zeroed(); Secp256k1::preallocate_signing_size()];
    let secp = Secp256k1::preallocated_signing_only(&mut buffer)
        .expect("the buffer has the size libsecp256k1 asked for");
    secret.public_key(&secp)
}
