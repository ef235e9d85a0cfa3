//! What is under way, and whose it is.

use hashbrown::{HashMap, HashSet};
use lnwire::NodeId;

use crate::salt::Salt;

/// A message that was taken: whose it is, which it is, how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) peer: NodeId,
    pub(super) hash: u64,
    pub(super) len: usize,
}

/// What one peer has under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// Everything that was taken and has no end yet.
///
/// Invariants: a message's hash is in it from [`take`](Self::take) to [`end`](Self::end), whether it is under
/// way or parked. While it is under way it is charged to its peer, once. So the usages never run below zero.
#[derive(Debug)]
pub(super) struct Held {
    hashes: HashSet<u64, Salt>,
    /// Peers with nothing under way have no entry.
    usages: HashMap<NodeId, Usage, Salt>,
    total: Usage,
}

impl Held {
    pub(super) fn new(salt: &Salt) -> Self {
        Self {
            hashes: HashSet::with_hasher(salt.clone()),
            usages: HashMap::with_hasher(salt.clone()),
            total: Usage::default(),
        }
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    pub(super) const fn total(&self) -> Usage {
        self.total
    }

    pub(super) fn of(&self, peer: NodeId) -> Usage {
        self.usages.get(&peer).copied().unwrap_or_default()
    }

    /// Takes note of a message that has no end yet.
    pub(super) fn take(&mut self, ticket: Ticket) {
        self.hashes.insert(ticket.hash);
    }

    /// It is under way.
    pub(super) fn charge(&mut self, ticket: Ticket) {
        let usage = self.usages.entry(ticket.peer).or_default();
        for usage in [usage, &mut self.total] {
            usage.messages += 1;
            usage.bytes += ticket.len;
        }
    }

    /// It is not under way any more.
    pub(super) fn discharge(&mut self, ticket: Ticket) {
        let Some(usage) = self.usages.get_mut(&ticket.peer) else {
            return;
        };
        for usage in [&mut *usage, &mut self.total] {
            usage.messages -= 1;
            usage.bytes -= ticket.len;
        }
        if usage.messages == 0 {
            self.usages.remove(&ticket.peer);
        }
    }

    /// It was not under way, and has its end.
    pub(super) fn end(&mut self, ticket: Ticket) {
        self.hashes.remove(&ticket.hash);
    }
}
