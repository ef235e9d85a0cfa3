//! What changed, in the order in which it did.
//!
//! The graph keeps the latest [`history`](crate::Config::history) changes; a reader holds a [`Cursor`] and
//! takes them one after the other. If it comes so late that some were overwritten it is told how many, and
//! builds anew whatever it makes of them.

mod record;
pub(crate) mod ring;

use lnwire::{BlockHeight, Instant, NodeId, ShortChannelId, Timestamp};

#[cfg(all(feature = "shm", target_os = "linux"))]
pub(crate) use record::Record;
pub(crate) use ring::Ring;
pub use ring::{Cursor, Missed};

use crate::{
    arena::{ChannelHandle, NodeHandle},
    graph::{Direction, Policy},
};

/// One change of a [`Graph`](crate::Graph).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// When: the `now` of the call that made it, in whole milliseconds.
    pub at: Instant,
    /// The latest block that the graph had been told of; `None` if it was told of none.
    pub block: Option<BlockHeight>,
    /// What changed.
    pub what: What,
}

/// What changed.
///
/// Handles come with their generation, by which a late reader tells whether the handle still names the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A channel came; its nodes are there already.
    ChannelAdded {
        /// Names it.
        channel: ChannelHandle,
        /// The handle's generation.
        generation: u32,
        /// Its place in the chain.
        short_channel_id: ShortChannelId,
    },
    /// The capacity was told.
    CapacityChanged {
        /// The channel.
        channel: ChannelHandle,
        /// The handle's generation.
        generation: u32,
        /// What was there before, in satoshi.
        replaced: Option<u64>,
    },
    /// A direction has new terms.
    PolicyChanged {
        /// The channel.
        channel: ChannelHandle,
        /// The handle's generation.
        generation: u32,
        /// Whose terms.
        direction: Direction,
        /// The terms before; `None` if these are the first.
        replaced: Option<Policy>,
    },
    /// The funding output was spent or reorganised out.
    ChannelDying {
        /// The channel.
        channel: ChannelHandle,
        /// The handle's generation.
        generation: u32,
        /// What happened, and why the channel will be gone.
        reason: Reason,
    },
    /// What made a channel die was undone.
    ChannelAlive {
        /// The channel.
        channel: ChannelHandle,
        /// The handle's generation.
        generation: u32,
    },
    /// A channel went. All of it can be read by [`Graph::freed_channel`](crate::Graph::freed_channel) for as
    /// long as its slot rests.
    ChannelFreed {
        /// The handle, which names nothing now.
        channel: ChannelHandle,
        /// The handle's generation until then.
        generation: u32,
        /// Where in the chain it was.
        short_channel_id: ShortChannelId,
        /// The nodes that it had.
        nodes: [NodeHandle; 2],
        /// What it held, in satoshi, if that was known.
        capacity_sat: Option<u64>,
        /// Why.
        reason: Reason,
    },
    /// A node has its first channel, which comes next.
    NodeAdded {
        /// Names it.
        node: NodeHandle,
        /// The handle's generation.
        generation: u32,
        /// Its key.
        id: NodeId,
    },
    /// A node's announcement was applied.
    NodeAnnounced {
        /// The node.
        node: NodeHandle,
        /// The handle's generation.
        generation: u32,
        /// The timestamp of the announcement before.
        replaced: Option<Timestamp>,
    },
    /// A node went with its last channel.
    NodeFreed {
        /// The handle, which names nothing now.
        node: NodeHandle,
        /// The handle's generation until then.
        generation: u32,
        /// Its key.
        id: NodeId,
        /// The timestamp of its latest announcement.
        announced_at: Option<Timestamp>,
    },
}

/// Why a channel goes, or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The embedder took it out, for a reason of its own.
    Removed,
    /// The funding output was spent.
    Closed,
    /// The funding output was spent to fund this channel.
    Spliced(ShortChannelId),
    /// The block with the funding transaction left the chain, and it did not come again.
    ReorganisedOut,
    /// Nobody updated it for two weeks.
    Stale,
    /// It was announced with other nodes, too, and the chain shows that those are the right ones.
    Conflict,
    /// The chain has no such funding output.
    BadFunding,
}

impl Reason {
    /// Returns a number for each reason, and the channel that was spliced to or 0.
    pub(crate) const fn to_code(self) -> (u8, u64) {
        match self {
            Self::Removed => (0, 0),
            Self::Closed => (1, 0),
            Self::Spliced(to) => (2, to.0),
            Self::ReorganisedOut => (3, 0),
            Self::Stale => (4, 0),
            Self::Conflict => (5, 0),
            Self::BadFunding => (6, 0),
        }
    }

    /// Returns the reason with this number, if there is one.
    pub(crate) const fn from_code(code: u8, spliced_to: u64) -> Option<Self> {
        Some(match code {
            0 => Self::Removed,
            1 => Self::Closed,
            2 => Self::Spliced(ShortChannelId(spliced_to)),
            3 => Self::ReorganisedOut,
            4 => Self::Stale,
            5 => Self::Conflict,
            6 => Self::BadFunding,
            _ => return None,
        })
    }
}
