//! Who may dial next: a budget for all peers, spent by priority.

use alloc::collections::{BTreeMap, BTreeSet};

use lnwire::{Instant, NodeId};

use super::config::PoolConfig;
use super::rate::Rate;

/// How much a connection with a peer matters. Peers of a higher priority are dialled first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for it.
    User,
    /// There are channels with the peer.
    Channel,
    /// It is to be connected as long as the node runs.
    #[default]
    Persistent,
    /// Anybody would do.
    Bootstrap,
}

#[derive(Debug)]
pub(super) struct DialBudget {
    max: usize,
    out: usize,
    rate: Rate,
    /// In the order in which they may dial.
    order: BTreeSet<(Priority, u64, NodeId)>,
    places: BTreeMap<NodeId, (Priority, u64)>,
    last: u64,
}

impl DialBudget {
    pub(super) fn new(config: &PoolConfig) -> Self {
        Self {
            max: config.max_dials.max(1),
            out: 0,
            rate: Rate::new(config.dials_per_second, config.max_dials),
            order: BTreeSet::new(),
            places: BTreeMap::new(),
            last: 0,
        }
    }

    /// Puts a peer in the queue, or takes it out.
    pub(super) fn wants(&mut self, peer: NodeId, priority: Option<Priority>) {
        let before = self.places.get(&peer).copied();
        if before.map(|(priority, _)| priority) == priority {
            return;
        }
        if let Some((priority, number)) = before {
            self.order.remove(&(priority, number, peer));
            self.places.remove(&peer);
        }
        if let Some(priority) = priority {
            self.last += 1;
            self.order.insert((priority, self.last, peer));
            self.places.insert(peer, (priority, self.last));
        }
    }

    /// Takes the peer that may dial now.
    pub(super) fn grant(&mut self, now: Instant) -> Option<NodeId> {
        let (.., peer) = *self.order.first()?;
        if self.out >= self.max || !self.rate.take(now) {
            return None;
        }
        self.wants(peer, None);
        Some(peer)
    }

    pub(super) const fn began(&mut self) {
        self.out += 1;
    }

    pub(super) const fn ended(&mut self) {
        self.out = self.out.saturating_sub(1);
    }

    /// When somebody may dial; `None` while nobody wants to, or all dials that there may be are out.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.order.is_empty() && self.out < self.max).then(|| self.rate.next())
    }

    pub(super) const fn out(&self) -> usize {
        self.out
    }
}
