//! What a sync manager is told.

use alloc::vec::Vec;

use lnwire::{
    ShortChannelId,
    bolt7::{ReplyChannelRange, ReplyShortChannelIdsEnd},
};

use crate::syncer::Wanted;

/// What a [`SyncManager`](super::SyncManager) is told about a peer.
#[derive(Clone, Debug)]
pub enum Input {
    /// It can be talked to.
    Up(PeerInfo),
    /// That connection has ended. Another one of the same peer is not meant.
    Down {
        /// Which connection.
        session: u64,
    },
    /// It answered a range query, or a part of it.
    RangeReply(ReplyChannelRange),
    /// It ended its answer to a query for channels.
    ScidsEnd(ReplyShortChannelIdsEnd),
    /// It sent gossip; the channel, if it was an announcement of one.
    Gossip(Option<ShortChannelId>),
    /// The answer to [`Output::FindMissing`](super::Output::FindMissing).
    Missing {
        /// Of that output.
        task: TaskId,
        /// What to ask for, in any order.
        wanted: Vec<Wanted>,
    },
    /// The answer to [`Output::Confirm`](super::Output::Confirm).
    Confirmed {
        /// Of that output.
        task: TaskId,
        /// How many of its channels are known, and so were verified, whoever sent them.
        channels: usize,
    },
    /// So many of its messages were new and true, since this was last told: what it is good for.
    Accepted {
        /// Messages.
        messages: u32,
    },
}

/// What there is to know about a peer's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// Names the connection; a later one of the same peer has a greater number. Of two the greater counts, in whatever order
    /// they are told.
    pub session: u64,
    /// Its operator wants it: always active, never rotated, asked for everything when it comes.
    pub pinned: bool,
    /// Whether it may be an active peer. No for peers with channels, which have better to do, and for metered links; such a
    /// peer is asked for history only if there is no other.
    pub may_be_active: bool,
    /// Its network. Peers of one network count as one witness; a peer without counts for itself.
    pub group: Option<u64>,
    /// Whether it offers `gossip_queries`. If not, nothing is ever asked of it.
    pub queries: bool,
}

impl PeerInfo {
    /// A peer of no known network that offers queries and may be active, and is not pinned.
    #[must_use]
    pub const fn new(session: u64) -> Self {
        Self {
            session,
            pinned: false,
            may_be_active: true,
            group: None,
            queries: true,
        }
    }
}

/// Names what one peer was asked for, never twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub(super) u64);
