//! Keys, signatures and channel ids, as raw bytes: decoding does no curve arithmetic.

use super::hex_bytes::hex_bytes;
use crate::{error::DecodeError, reader::Reader};

hex_bytes! {
    /// A node's identity: its compressed public key, not yet checked to lie on the curve.
    ///
    /// The order is that of the bytes, which BOLT 7 uses to tell `node_id_1` from `node_id_2`.
    NodeId, 33
}

hex_bytes! {
    /// A compressed public key that is no node's identity, not yet checked to lie on the curve.
    Point, 33
}

impl Point {
    /// Takes one from the front of `reader`, as the fields of TLV records are to be read: the first byte is
    /// checked, the curve only when the key is asked for.
    ///
    /// # Errors
    /// [`DecodeError::PointPrefix`] when the key does not begin with 2 or 3, [`DecodeError::Truncated`] when the
    /// message ends before.
    pub fn read_compressed(
        field: &'static str,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        Self::compressed(field, reader).copied().map(Self)
    }

    /// As [`read_compressed`](Self::read_compressed); the bytes stay where they are.
    #[inline]
    pub(crate) fn compressed<'a>(
        field: &'static str,
        reader: &mut Reader<'a>,
    ) -> Result<&'a [u8; Self::LEN], DecodeError> {
        let point: &[u8; Self::LEN] = reader.array_ref(field)?;
        match point {
            [2 | 3, ..] => Ok(point),
            [prefix, ..] => Err(DecodeError::PointPrefix {
                field,
                prefix: *prefix,
            }),
        }
    }
}

hex_bytes! {
    /// An ECDSA signature in the 64-byte compact form, not yet parsed.
    Signature, 64
}

hex_bytes! {
    /// A channel between two peers; all zero means all channels with that peer (BOLT 1).
    ChannelId, 32
}

impl ChannelId {
    /// Every channel with the peer, and the connection itself.
    pub const ALL: Self = Self([0; 32]);
}

#[cfg(feature = "verify")]
mod keys {
    use super::{NodeId, Point, Signature};
    use secp256k1::{Error, PublicKey, ecdsa};

    impl NodeId {
        /// Returns the key, after checking that it is one.
        ///
        /// # Errors
        /// [`Error::InvalidPublicKey`] when the bytes are no point of the curve.
        pub fn public_key(&self) -> Result<PublicKey, Error> {
            PublicKey::from_slice(&self.0)
        }
    }

    impl From<PublicKey> for NodeId {
        fn from(key: PublicKey) -> Self {
            Self(key.serialize())
        }
    }

    impl Point {
        /// Returns the key, after checking that it is one.
        ///
        /// # Errors
        /// [`Error::InvalidPublicKey`] when the bytes are no point of the curve.
        pub fn public_key(&self) -> Result<PublicKey, Error> {
            PublicKey::from_slice(&self.0)
        }
    }

    impl From<PublicKey> for Point {
        fn from(key: PublicKey) -> Self {
            Self(key.serialize())
        }
    }

    impl From<ecdsa::Signature> for Signature {
        fn from(signature: ecdsa::Signature) -> Self {
            Self(signature.serialize_compact())
        }
    }
}
