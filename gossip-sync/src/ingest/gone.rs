//! Channels that are not in the graph any more, and what may bring them back.
//!
//! The graph removes channels, so it is the graph that remembers them, keeps the memory small and over a restart. Here it is
//! only asked.

use lnwire::{NodeId, Timestamp};

use super::KnownChannel;

/// Why a channel is not in the graph any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gone {
    /// Its funding output is spent. Nothing brings it back.
    Closed,
    /// It was silent for too long: a zombie. A fresh update, signed by one of the nodes that may, brings it
    /// back.
    Silent(Zombie),
    /// Both directions were disabled. As [`Silent`](Self::Silent), by an update that enables one.
    Disabled(Zombie),
}

/// Who may revive a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zombie {
    /// The channel's nodes, the lesser id first.
    pub node_ids: [NodeId; 2],
    /// Which of them.
    pub may_revive: [bool; 2],
}

impl Gone {
    /// Returns the mark of a channel that is removed because updates are older than `oldest`, or missing: the
    /// nodes whose updates are may revive it.
    #[must_use]
    pub fn silent(channel: &KnownChannel, oldest: Timestamp) -> Self {
        let is_silent = |at: Option<Timestamp>| at.is_none_or(|at| at < oldest);
        Self::Silent(Zombie {
            node_ids: channel.node_ids,
            may_revive: channel.timestamps().map(is_silent),
        })
    }
}
