//! `channel_announcement_2` (267): a channel, taproot or not, exists between two nodes.

use super::{MerkleRootHash, Outpoint, SchnorrSignature, SignedTlv, pure_tlv::pure_tlv};
use crate::{
    features::Features,
    types::{ChainHash, NodeId, Point, ShortChannelId},
};

pure_tlv! {
    /// Announces a channel: one signature, by a MuSig2 key of its nodes and of the keys that the output shows.
    ///
    /// Which key that is depends on the funding output, so it is not verified here. It *is* the received
    /// message, so that relaying it cannot change what was signed.
    ///
    /// Proposal [1059](https://github.com/lightning/bolts/pull/1059).
    ChannelAnnouncement2 = 267, "channel_announcement_2" {
        /// The chain that holds the channel; Bitcoin's main network by default.
        0 => chain_hash: ChainHash = ChainHash::MAINNET,
        /// The channel's features.
        2 => features: Features,
        /// The place of the funding output.
        4 => short_channel_id: ShortChannelId,
        /// The channel's capacity in satoshi, at most the value of the funding output.
        6 => capacity_satoshis: u64,
        /// The node with the lesser id.
        8 => node_id_1: NodeId,
        /// The node with the greater id.
        10 => node_id_2: NodeId,
        /// The funding key of `node_id_1`; for taproot channels it may be left out.
        12 => bitcoin_key_1: Point,
        /// The funding key of `node_id_2`; for taproot channels it may be left out.
        14 => bitcoin_key_2: Point,
        /// The root of the script tree of the funding output, if it has one that is to be known.
        16 => merkle_root_hash: MerkleRootHash,
        /// The funding output.
        18 => outpoint: Outpoint,
        /// The signature over the signed ranges.
        160 => signature: SchnorrSignature,
    }
}

impl SignedTlv for ChannelAnnouncement2 {}
