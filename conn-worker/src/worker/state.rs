//! The states of a worker. Each owns what it needs and its deadline.

use lnwire::{Address, Instant};

use super::output::AttemptId;
use super::round::Round;

#[derive(Debug)]
pub(super) enum State {
    /// Nothing is wanted.
    Idle,
    /// A connection is wanted, no address is known.
    WaitingForAddress { until: Instant },
    /// All addresses were tried, or it is too early to begin.
    BackingOff { until: Instant },
    /// Dials are out, or about to be.
    Dialling(Round),
    /// The connection was adopted; its session is not up.
    Connecting {
        attempt: AttemptId,
        address: Address,
        deadline: Instant,
        /// The back-off that a new address interrupted; it goes on if this leads nowhere.
        resume: Option<Instant>,
    },
    /// The session is up. This waits for nothing, the session has its own deadlines.
    Connected {
        attempt: AttemptId,
        address: Address,
        since: Instant,
    },
    /// A connection is wanted, and there is one that the peer made. This waits for the embedder to tell its end.
    StandDown {
        /// The back-off that was interrupted.
        resume: Option<Instant>,
    },
    /// For good.
    Stopped,
}

impl State {
    /// Returns the attempt whose connection was adopted and has not ended.
    pub(super) const fn adopted(&self) -> Option<AttemptId> {
        match self {
            Self::Connecting { attempt, .. } | Self::Connected { attempt, .. } => Some(*attempt),
            _ => None,
        }
    }
}

/// What a worker is doing, for people and for its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Nothing is wanted.
    Idle,
    /// A connection is wanted, no address is known; asks again then.
    WaitingForAddress {
        /// When.
        until: Instant,
    },
    /// Tries again then.
    BackingOff {
        /// When.
        until: Instant,
    },
    /// So many dials are out.
    Dialling {
        /// How many.
        dials: usize,
    },
    /// A connection is there, its session is not up.
    Connecting {
        /// Which dial it came of.
        attempt: AttemptId,
    },
    /// The session is up.
    Connected {
        /// Which dial it came of.
        attempt: AttemptId,
        /// Since when.
        since: Instant,
    },
    /// There is a session that the peer dialled.
    StandDown,
    /// For good.
    Stopped,
}
