//! What is due when: one ordered set for all peers and connections.

use alloc::collections::{BTreeMap, BTreeSet};

use lnwire::{Instant, NodeId};

use super::io::ConnId;
use super::requests::RequestId;

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A peer's worker.
    Worker(NodeId),
    /// Two connections with a peer: one has to go.
    Contest(NodeId),
    /// A handshake takes too long.
    Pending(ConnId),
    /// Somebody has waited long enough for a connection.
    Request(RequestId),
    /// The budget of dials has another one.
    Dials,
}

/// At most one deadline for each. Setting one and taking the next take O(log n).
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    order: BTreeSet<(Instant, Due)>,
    at: BTreeMap<Due, Instant>,
}

impl Deadlines {
    /// Sets, moves or clears a deadline.
    pub(super) fn set(&mut self, due: Due, deadline: Option<Instant>) {
        let before = match deadline {
            Some(at) => self.at.insert(due, at),
            None => self.at.remove(&due),
        };
        if before == deadline {
            return;
        }
        if let Some(at) = before {
            self.order.remove(&(at, due));
        }
        if let Some(at) = deadline {
            self.order.insert((at, due));
        }
    }

    /// Takes one that is due at `now`.
    pub(super) fn take(&mut self, now: Instant) -> Option<Due> {
        let (at, due) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.set(due, None);
        Some(due)
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }
}
