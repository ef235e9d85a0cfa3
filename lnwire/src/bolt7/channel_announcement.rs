//! `channel_announcement` (256): a channel exists between two nodes.

use bytes::{BufMut, Bytes};

use super::frame::{SignedFrame, Unsigned, array_at, build, detached};
use crate::{
    codec::{WireMessage, open, sum},
    error::{DecodeError, MessageTooLong},
    features::Features,
    types::{ChainHash, NodeId, Point, ShortChannelId, Signature},
};

/// Announces a channel: four signatures over its place in the chain, its two nodes and their funding keys.
///
/// It *is* the received message, so that relaying it cannot change what was signed; the accessors read from
/// those bytes.
///
/// BOLT 7, [the `channel_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_announcement-message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelAnnouncement {
    /// Invariant: at least `FIXED_LEN + features_len` bytes long.
    frame: Bytes,
    features_len: usize,
}

/// Bytes of type, four signatures and features' length.
const FEATURES: usize = 2 + 4 * 64 + 2;
/// Bytes behind the features: chain hash, short channel id, four keys.
const BEHIND_FEATURES: usize = 32 + 8 + 4 * 33;

impl ChannelAnnouncement {
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

    /// Returns the signature by the key of `node_id_1`.
    #[must_use]
    pub fn node_signature_1(&self) -> Signature {
        Signature(array_at(&self.frame, 2))
    }

    /// Returns the signature by the key of `node_id_2`.
    #[must_use]
    pub fn node_signature_2(&self) -> Signature {
        Signature(array_at(&self.frame, 2 + 64))
    }

    /// Returns the signature by `bitcoin_key_1`.
    #[must_use]
    pub fn bitcoin_signature_1(&self) -> Signature {
        Signature(array_at(&self.frame, 2 + 2 * 64))
    }

    /// Returns the signature by `bitcoin_key_2`.
    #[must_use]
    pub fn bitcoin_signature_2(&self) -> Signature {
        Signature(array_at(&self.frame, 2 + 3 * 64))
    }

    /// Returns the channel's features.
    #[must_use]
    pub fn features(&self) -> Features {
        let end = FEATURES.saturating_add(self.features_len);
        Features::from_bytes(self.frame.slice(FEATURES..end))
    }

    /// Returns the chain that holds the channel.
    #[must_use]
    pub fn chain_hash(&self) -> ChainHash {
        ChainHash(self.behind_features(0))
    }

    /// Returns the place of the funding output.
    #[must_use]
    pub fn short_channel_id(&self) -> ShortChannelId {
        ShortChannelId(u64::from_be_bytes(self.behind_features(32)))
    }

    /// Returns the node with the lesser id.
    #[must_use]
    pub fn node_id_1(&self) -> NodeId {
        NodeId(self.behind_features(40))
    }

    /// Returns the node with the greater id.
    #[must_use]
    pub fn node_id_2(&self) -> NodeId {
        NodeId(self.behind_features(40 + 33))
    }

    /// Returns the funding key of `node_id_1`.
    #[must_use]
    pub fn bitcoin_key_1(&self) -> Point {
        Point(self.behind_features(40 + 2 * 33))
    }

    /// Returns the funding key of `node_id_2`.
    #[must_use]
    pub fn bitcoin_key_2(&self) -> Point {
        Point(self.behind_features(40 + 3 * 33))
    }

    fn behind_features<const N: usize>(&self, at: usize) -> [u8; N] {
        array_at(&self.frame, sum(&[FEATURES, self.features_len, at]))
    }
}

impl WireMessage for ChannelAnnouncement {
    const TYPE: u16 = 256;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        reader.slice("signatures", 4 * 64)?;
        let features_len = usize::from(reader.u16("features")?);
        reader.slice("features", features_len)?;
        reader.slice("chain_hash to bitcoin_key_2", BEHIND_FEATURES)?;
        Ok(Self {
            frame,
            features_len,
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

impl SignedFrame for ChannelAnnouncement {
    type Signatures = [Signature; 4];
}

/// What a `channel_announcement` says, for making one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Contents {
    /// The channel's features.
    pub features: Features,
    /// The chain that holds the channel.
    pub chain_hash: ChainHash,
    /// The place of the funding output.
    pub short_channel_id: ShortChannelId,
    /// The node with the lesser id.
    pub node_id_1: NodeId,
    /// The node with the greater id.
    pub node_id_2: NodeId,
    /// The funding key of `node_id_1`.
    pub bitcoin_key_1: Point,
    /// The funding key of `node_id_2`.
    pub bitcoin_key_2: Point,
}

impl Contents {
    /// Encodes everything but the signatures.
    ///
    /// # Errors
    /// [`MessageTooLong`] when the features do not leave room.
    pub fn unsigned(&self) -> Result<Unsigned<ChannelAnnouncement>, MessageTooLong> {
        let len = sum(&[FEATURES, self.features.as_bytes().len(), BEHIND_FEATURES]);
        build(len, |out| {
            self.features.write_u16_prefixed(out);
            out.put_slice(self.chain_hash.as_bytes());
            out.put_u64(self.short_channel_id.0);
            out.put_slice(self.node_id_1.as_bytes());
            out.put_slice(self.node_id_2.as_bytes());
            out.put_slice(self.bitcoin_key_1.as_bytes());
            out.put_slice(self.bitcoin_key_2.as_bytes());
        })
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_raw!(ChannelAnnouncement {
    node_signature_1,
    node_signature_2,
    bitcoin_signature_1,
    bitcoin_signature_2,
    features,
    chain_hash,
    short_channel_id,
    node_id_1,
    node_id_2,
    bitcoin_key_1,
    bitcoin_key_2,
});
