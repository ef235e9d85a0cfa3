//! What a sync manager wants done, and what it reports.

use alloc::vec::Vec;

use lnwire::{BlockHeight, Instant, Message, NodeId, ShortChannelId};

use super::TaskId;
use crate::{
    syncer::{Blocks, Listed, Outcome},
    violation::Violation,
};

/// What a [`SyncManager`](super::SyncManager) wants done, in this order.
#[expect(
    clippy::large_enum_variant,
    reason = "messages are values: decoding one allocates nothing"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this to the peer.
    Send(Message),
    /// Compare these channels, ascending and each once, with what is known here, and answer with
    /// [`Input::Missing`](super::Input::Missing).
    FindMissing {
        /// To be handed back.
        task: TaskId,
        /// What the peer listed.
        listed: Vec<Listed>,
    },
    /// When all that came from the peer so far was checked, count which of these channels are known, and answer with
    /// [`Input::Confirmed`](super::Input::Confirmed). At most two of these are open for a peer.
    Confirm {
        /// To be handed back.
        task: TaskId,
        /// What the peer listed.
        listed: Vec<ShortChannelId>,
    },
    /// Something happened that is about this peer.
    Event(Event),
}

/// What happened with a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It was asked for the channels of these blocks, and this is what became of it.
    RangeDone {
        /// The blocks.
        blocks: Blocks,
        /// How it ended.
        outcome: Outcome,
    },
    /// It has listed every block, and sent what was missing: there is no more to learn from it. Told once for a connection.
    Complete,
    /// Every block was listed; this peer's was the last answer that was wanting. Told at the end of each round, and again when
    /// all blocks were listed by more, or by a peer that knows of more than twice the channels.
    Synced(Coverage),
    /// It was asked for channels of these blocks, and less than an eighth of those it listed turned out to be true: others
    /// are asked.
    Doubtful(Blocks),
    /// It became active, or ceased to be.
    Active(bool),
    /// It broke the protocol.
    Violation(Violation),
}

/// How well the history is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Why all blocks were listed.
    pub reason: Reason,
    /// The block behind the last one.
    pub end: BlockHeight,
    /// By how many networks, or peers without one, each block was listed at least. A list of which less than half as many
    /// channels proved true as of another does not count.
    pub listed_by: usize,
    /// How many it should be: two, or as many as there are to ask.
    pub quorum: usize,
    /// Channels listed whose announcements are true.
    pub channels: usize,
}

impl Coverage {
    /// Returns whether each block was listed by enough peers: a first snapshot that can be served. A network without any
    /// channel is never that: those who were asked know nothing, or the network has yet to begin.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.listed_by >= self.quorum && self.channels > 0
    }
}

/// Why all blocks are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// For the first time.
    Initial,
    /// Once an hour.
    Routine,
    /// The embedder wants it.
    Forced,
}

/// Whether the graph is what the network's is. It is a level, not a flag that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not every block was listed so far.
    Never,
    /// Every block was listed.
    Synced {
        /// When the last list came.
        at: Instant,
        /// How well.
        coverage: Coverage,
    },
    /// It was, and too long ago.
    Stale {
        /// Since when it is too long.
        since: Instant,
    },
}

/// What a peer is asked to send of new gossip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything, for a while.
    Active,
    /// Nothing.
    Passive,
    /// Everything, always.
    Pinned,
}

/// The peer and what to do.
pub(super) type PeerOutput = (NodeId, Output);
