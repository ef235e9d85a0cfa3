//! [`Verified<T>`]: the type says that the signatures were checked.

use core::ops::Deref;

use secp256k1::{Message as Digest, PublicKey, Secp256k1, Verification, ecdsa};

use crate::{
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, SignedFrame, digest},
    key_cache::KeyCache,
    types::{NodeId, Signature},
};

/// A gossip message whose signatures were checked.
///
/// Only the `verify` method of the message makes one; who reads messages from a place that nobody else
/// writes to, such as its own store of messages that were verified before, has
/// [`trust_without_checking`](Self::trust_without_checking).
///
/// ```compile_fail
/// # fn forge(message: lnwire::bolt7::NodeAnnouncement) -> lnwire::Verified<lnwire::bolt7::NodeAnnouncement> {
/// lnwire::Verified { message, signer: () }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T: Gossip> {
    message: T,
    signer: T::Signer,
}

/// A gossip message that carries its own signatures.
pub trait Gossip: SignedFrame {
    /// What the check depends on beside the message: the node whose key checked a `channel_update`, which
    /// does not name it; nothing for messages that name their keys.
    type Signer: Copy + core::fmt::Debug + PartialEq + Eq;
}

impl Gossip for ChannelAnnouncement {
    type Signer = ();
}

impl Gossip for NodeAnnouncement {
    type Signer = ();
}

impl Gossip for ChannelUpdate {
    type Signer = NodeId;
}

impl<T: Gossip> Verified<T> {
    /// Vouches for a message without looking at its signatures.
    #[must_use]
    pub const fn trust_without_checking(message: T, signer: T::Signer) -> Self {
        Self { message, signer }
    }

    /// Returns the key that the message was checked against, where the message does not say.
    #[must_use]
    pub const fn signer(&self) -> T::Signer {
        self.signer
    }

    /// Returns the message.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.message
    }
}

/// As the message. Nothing makes one of what was written: whoever reads it back verifies again.
///
/// ```compile_fail,E0277
/// use lnwire::{Verified, bolt7::NodeAnnouncement, serde::de::DeserializeOwned};
/// fn read<T: DeserializeOwned>() {}
/// read::<NodeAnnouncement>(); // This alone compiles.
/// read::<Verified<NodeAnnouncement>>();
/// ```
#[cfg(feature = "serde")]
impl<T: Gossip + serde::Serialize> serde::Serialize for Verified<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.message.serialize(serializer)
    }
}

impl<T: Gossip> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.message
    }
}

/// Why a message is not what its signers signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A key is no point of the curve.
    #[error("{field}: not a public key")]
    InvalidKey {
        /// The field that holds the key.
        field: &'static str,
    },
    /// A signature is out of range, or not made by its key over this message.
    #[error("{field}: invalid signature")]
    InvalidSignature {
        /// The field that holds the signature.
        field: &'static str,
    },
}

impl ChannelAnnouncement {
    /// Checks the four signatures.
    ///
    /// # Errors
    /// [`SignatureError`] for the first key or signature that is not right.
    pub fn verify<C: Verification>(
        self,
        secp: &Secp256k1<C>,
    ) -> Result<Verified<Self>, SignatureError> {
        self.check(secp, &mut parse)
    }

    /// Checks the four signatures; parses no key of a node that `keys` knows.
    ///
    /// # Errors
    /// [`SignatureError`] for the first key or signature that is not right.
    pub fn verify_with<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        keys: &mut KeyCache,
    ) -> Result<Verified<Self>, SignatureError> {
        self.check(secp, &mut |id| keys.parse(id))
    }

    fn check<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        node_key: &mut impl FnMut(&NodeId) -> Option<PublicKey>,
    ) -> Result<Verified<Self>, SignatureError> {
        let digest = Digest::from_digest(digest(self.as_bytes(), Self::SIGNED_FROM));
        let nodes = [
            (
                "node_signature_1",
                self.node_signature_1(),
                "node_id_1",
                self.node_id_1(),
            ),
            (
                "node_signature_2",
                self.node_signature_2(),
                "node_id_2",
                self.node_id_2(),
            ),
        ];
        for (field, signature, key_field, id) in nodes {
            check(secp, &digest, field, signature, key_field, node_key(&id))?;
        }
        // Each of these keys is seen once: remembering them would push those of nodes out.
        let fundings = [
            (
                "bitcoin_signature_1",
                self.bitcoin_signature_1(),
                "bitcoin_key_1",
                self.bitcoin_key_1(),
            ),
            (
                "bitcoin_signature_2",
                self.bitcoin_signature_2(),
                "bitcoin_key_2",
                self.bitcoin_key_2(),
            ),
        ];
        for (field, signature, key_field, key) in fundings {
            let key = parse(&NodeId(key.0));
            check(secp, &digest, field, signature, key_field, key)?;
        }
        Ok(Verified {
            message: self,
            signer: (),
        })
    }
}

impl NodeAnnouncement {
    /// Checks the signature against the key of `node_id`.
    ///
    /// # Errors
    /// [`SignatureError`] if key or signature are not right.
    pub fn verify<C: Verification>(
        self,
        secp: &Secp256k1<C>,
    ) -> Result<Verified<Self>, SignatureError> {
        let key = parse(&self.node_id());
        self.check(secp, key)
    }

    /// Checks the signature; does not parse the key if `keys` knows it.
    ///
    /// # Errors
    /// [`SignatureError`] if key or signature are not right.
    pub fn verify_with<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        keys: &mut KeyCache,
    ) -> Result<Verified<Self>, SignatureError> {
        let key = keys.parse(&self.node_id());
        self.check(secp, key)
    }

    fn check<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        key: Option<PublicKey>,
    ) -> Result<Verified<Self>, SignatureError> {
        let digest = Digest::from_digest(digest(self.as_bytes(), Self::SIGNED_FROM));
        check(secp, &digest, "signature", self.signature(), "node_id", key)?;
        Ok(Verified {
            message: self,
            signer: (),
        })
    }
}

impl ChannelUpdate {
    /// Checks the signature against the key of `signer`, the node that the channel's announcement names for
    /// this update's direction.
    ///
    /// # Errors
    /// [`SignatureError`] if key or signature are not right.
    pub fn verify<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        signer: NodeId,
    ) -> Result<Verified<Self>, SignatureError> {
        self.check(secp, signer, parse(&signer))
    }

    /// Checks the signature against the key of `signer`; does not parse it if `keys` knows it.
    ///
    /// # Errors
    /// [`SignatureError`] if key or signature are not right.
    pub fn verify_with<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        keys: &mut KeyCache,
        signer: NodeId,
    ) -> Result<Verified<Self>, SignatureError> {
        let key = keys.parse(&signer);
        self.check(secp, signer, key)
    }

    fn check<C: Verification>(
        self,
        secp: &Secp256k1<C>,
        signer: NodeId,
        key: Option<PublicKey>,
    ) -> Result<Verified<Self>, SignatureError> {
        let digest = Digest::from_digest(digest(self.as_bytes(), Self::SIGNED_FROM));
        check(secp, &digest, "signature", self.signature(), "node_id", key)?;
        Ok(Verified {
            message: self,
            signer,
        })
    }
}

fn check<C: Verification>(
    secp: &Secp256k1<C>,
    digest: &Digest,
    field: &'static str,
    signature: Signature,
    key_field: &'static str,
    key: Option<PublicKey>,
) -> Result<(), SignatureError> {
    let key = key.ok_or(SignatureError::InvalidKey { field: key_field })?;
    ecdsa::Signature::from_compact(signature.as_bytes())
        .and_then(|signature| secp.verify_ecdsa(digest, &signature, &key))
        .map_err(|_| SignatureError::InvalidSignature { field })
}

fn parse(id: &NodeId) -> Option<PublicKey> {
    PublicKey::from_slice(&id.0).ok()
}
