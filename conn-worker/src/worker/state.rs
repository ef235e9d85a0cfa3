//! The states of a worker. Each owns what it needs and its deadline.

use lnwire::{Address, Instant};

use super::output::AttemptId;

#[derive(Debug)]
pub(super) enum State {
    /// Nothing is wanted.
    Idle,
    /// A connection is wanted, no address is known.
    WaitingForAddress { until: Instant },
    /// All addresses were tried.
    BackingOff { until: Instant },
    /// A dial is out.
    Dialling {
        attempt: AttemptId,
        address: Address,
        deadline: Instant,
        /// The back-off that a new address interrupted; it goes on if this leads nowhere.
        resume: Option<Instant>,
    },
    /// The connection was adopted; its session is not up.
    Connecting {
        attempt: AttemptId,
        address: Address,
        deadline: Instant,
        /// As in `Dialling`.
        resume: Option<Instant>,
    },
    /// The session is up. This waits for nothing, the session has its own deadlines.
    Connected { attempt: AttemptId, since: Instant },
    /// For good.
    Stopped,
}

impl State {
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::WaitingForAddress { until } | Self::BackingOff { until } => Some(*until),
            Self::Dialling { deadline, .. } | Self::Connecting { deadline, .. } => Some(*deadline),
            Self::Idle | Self::Connected { .. } | Self::Stopped => None,
        }
    }

    /// Returns the attempt whose dial is out.
    pub(super) const fn dialling(&self) -> Option<AttemptId> {
        match self {
            Self::Dialling { attempt, .. } => Some(*attempt),
            _ => None,
        }
    }

    /// Returns the attempt whose connection was adopted and has not ended.
    pub(super) const fn adopted(&self) -> Option<AttemptId> {
        match self {
            Self::Connecting { attempt, .. } | Self::Connected { attempt, .. } => Some(*attempt),
            _ => None,
        }
    }
}
