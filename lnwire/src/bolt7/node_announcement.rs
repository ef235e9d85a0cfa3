//! `node_announcement` (257): what a node says about itself.

use bytes::{BufMut, Bytes};

use super::frame::{SignedFrame, Unsigned, array_at, build, detached};
use crate::{
    codec::{WireMessage, open, sum},
    error::{DecodeError, MessageTooLong},
    features::{Features, put_u16_prefixed},
    time::Timestamp,
    types::{Addresses, Alias, Color, NodeId, Signature},
};

/// A node's features, name, colour and addresses, signed by its key.
///
/// It *is* the received message, so that relaying it cannot change what was signed; the accessors read from
/// those bytes.
///
/// BOLT 7, [the `node_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-node_announcement-message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAnnouncement {
    /// Invariant: at least `FEATURES + features_len + BEHIND_FEATURES + addresses_len` bytes long.
    frame: Bytes,
    features_len: usize,
    addresses_len: usize,
}

/// Bytes of type, signature and features' length.
const FEATURES: usize = 2 + 64 + 2;
/// Bytes of timestamp, node id, colour, alias and addresses' length.
const BEHIND_FEATURES: usize = 4 + 33 + 3 + 32 + 2;

impl NodeAnnouncement {
    /// Returns the whole message with its type, as received.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.frame
    }

    /// Copies the message to a buffer of exactly its size. A message that outlives its arrival should not
    /// pin the block it arrived in.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            frame: detached(&self.frame),
            ..*self
        }
    }

    /// Returns the signature by the key of `node_id`.
    #[must_use]
    pub fn signature(&self) -> Signature {
        Signature(array_at(&self.frame, 2))
    }

    /// Returns the node's features.
    #[must_use]
    pub fn features(&self) -> Features {
        let end = FEATURES.saturating_add(self.features_len);
        Features::from_bytes(self.frame.slice(FEATURES..end))
    }

    /// Returns when the node claims to have made this announcement; a later one replaces it.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp(u32::from_be_bytes(self.behind_features(0)))
    }

    /// Returns the node.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        NodeId(self.behind_features(4))
    }

    /// Returns the node's colour.
    #[must_use]
    pub fn rgb_color(&self) -> Color {
        Color(self.behind_features(37))
    }

    /// Returns the node's name, hostile text.
    #[must_use]
    pub fn alias(&self) -> Alias {
        Alias(self.behind_features(40))
    }

    /// Returns the addresses.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let start = sum(&[FEATURES, self.features_len, BEHIND_FEATURES]);
        let end = start.saturating_add(self.addresses_len);
        Addresses::from_bytes(self.frame.slice(start..end))
    }

    fn behind_features<const N: usize>(&self, at: usize) -> [u8; N] {
        array_at(&self.frame, sum(&[FEATURES, self.features_len, at]))
    }
}

impl WireMessage for NodeAnnouncement {
    const TYPE: u16 = 257;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        reader.slice("signature", 64)?;
        let features_len = usize::from(reader.u16("features")?);
        reader.slice("features", features_len)?;
        reader.slice("timestamp to alias", 4 + 33 + 3 + 32)?;
        let addresses_len = usize::from(reader.u16("addresses")?);
        reader.slice("addresses", addresses_len)?;
        Ok(Self {
            frame,
            features_len,
            addresses_len,
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        self.frame.len()
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.frame);
    }
}

impl SignedFrame for NodeAnnouncement {
    type Signatures = [Signature; 1];
}

/// What a `node_announcement` says, for making one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Contents {
    /// The node's features.
    pub features: Features,
    /// Greater than that of every earlier announcement of the node.
    pub timestamp: Timestamp,
    /// The node.
    pub node_id: NodeId,
    /// The node's colour.
    pub rgb_color: Color,
    /// The node's name.
    pub alias: Alias,
    /// The node's addresses, ascending by type.
    pub addresses: Addresses,
}

impl Contents {
    /// Encodes everything but the signature.
    ///
    /// # Errors
    /// [`MessageTooLong`] when features and addresses do not fit together.
    pub fn unsigned(&self) -> Result<Unsigned<NodeAnnouncement>, MessageTooLong> {
        let len = sum(&[
            FEATURES,
            self.features.as_bytes().len(),
            BEHIND_FEATURES,
            self.addresses.as_bytes().len(),
        ]);
        build(len, |out| {
            self.features.write_u16_prefixed(out);
            out.put_u32(self.timestamp.as_secs());
            out.put_slice(self.node_id.as_bytes());
            out.put_slice(&self.rgb_color.0);
            out.put_slice(&self.alias.0);
            put_u16_prefixed(self.addresses.as_bytes(), out);
        })
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_raw!(NodeAnnouncement {
    signature,
    features,
    timestamp,
    node_id,
    rgb_color,
    alias,
    addresses,
});
