//! What an [`Ingest`](super::Ingest) is told.

use lnwire::{
    Msat, NodeId, Timestamp,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    bytes::Bytes,
    extra::{ChannelAnnouncement2, ChannelUpdate2, NodeAnnouncement2, Outpoint},
};

use super::{Checked, Gone, LookupId};

/// What an [`Ingest`](super::Ingest) is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A peer announced a channel.
    ChannelAnnouncement {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: ChannelAnnouncement,
        /// What the graph has of a channel of this id.
        channel: Standing,
    },
    /// A peer sent the terms of a channel.
    ChannelUpdate {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: ChannelUpdate,
        /// What the graph has of this channel.
        channel: Standing,
    },
    /// A peer announced a node.
    NodeAnnouncement {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: NodeAnnouncement,
        /// What the graph has of this node.
        node: Option<KnownNode>,
    },
    /// A peer sent gossip of the second version.
    Version2 {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: Version2,
    },
    /// A signature job is done.
    Checked(Checked),
    /// The chain was asked about a funding output.
    LookedUp {
        /// Names the question.
        id: LookupId,
        /// The answer.
        answer: Answer,
    },
}

/// What the chain says about a funding output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there, and not spent.
    Unspent {
        /// The output's value in satoshi.
        value_sat: u64,
        /// The output's script.
        script_pubkey: Bytes,
        /// The output.
        outpoint: Outpoint,
    },
    /// It was there, and is spent. Best remembered by the graph as [`Gone::Closed`]: else the chain is asked about every
    /// announcement of the channel.
    Spent,
    /// There is no such block, transaction or output.
    NotFound,
    /// The source of chain data cannot tell now. The channel is asked about again later.
    Unavailable,
}

/// What the graph has of a channel, or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, and does not remember that it had.
    Unknown,
    /// The channel.
    Known(KnownChannel),
    /// It was removed.
    Gone(Gone),
}

/// What the graph has of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownChannel {
    /// The channel's nodes, the lesser id first.
    pub node_ids: [NodeId; 2],
    /// Their updates.
    pub updates: [Option<KnownUpdate>; 2],
}

impl KnownChannel {
    /// Returns the timestamps of the updates.
    #[must_use]
    pub fn timestamps(&self) -> [Option<Timestamp>; 2] {
        self.updates.map(|update| Some(update?.timestamp))
    }
}

/// What the graph has of one direction of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownUpdate {
    /// The update's timestamp.
    pub timestamp: Timestamp,
    /// The update's terms. Without them an update that repeats them is taken for news.
    pub terms: Option<Terms>,
}

/// The terms of one direction of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether the direction cannot be used for now.
    pub disabled: bool,
    /// Blocks added to the expiry of what is forwarded.
    pub cltv_expiry_delta: u16,
    /// The least amount forwarded.
    pub htlc_minimum_msat: Msat,
    /// The greatest amount forwarded.
    pub htlc_maximum_msat: Msat,
    /// The part of the fee that does not depend on the amount, in msat.
    pub fee_base_msat: u32,
    /// The part of the fee that does, in millionths of the amount.
    pub fee_proportional_millionths: u32,
}

impl From<&ChannelUpdate> for Terms {
    fn from(update: &ChannelUpdate) -> Self {
        Self {
            disabled: update.is_disabled(),
            cltv_expiry_delta: update.cltv_expiry_delta(),
            htlc_minimum_msat: update.htlc_minimum_msat(),
            htlc_maximum_msat: update.htlc_maximum_msat(),
            fee_base_msat: update.fee_base_msat(),
            fee_proportional_millionths: update.fee_proportional_millionths(),
        }
    }
}

/// What the graph has of a node that it knows through a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownNode {
    /// The timestamp of its announcement.
    pub timestamp: Option<Timestamp>,
}

/// Gossip of the second version, which taproot channels need: read, and not checked.
///
/// Proposal [1059](https://github.com/lightning/bolts/pull/1059).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version2 {
    /// A channel, taproot or not, exists.
    Channel(ChannelAnnouncement2),
    /// The terms of one direction of a channel.
    Update(ChannelUpdate2),
    /// What a node says about itself.
    Node(NodeAnnouncement2),
}
