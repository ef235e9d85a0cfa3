//! What waits to be handed out, of each peer, and whose turn it is.

use alloc::collections::VecDeque;

use hashbrown::HashMap;
use lnwire::NodeId;

use crate::salt::Salt;

/// Queues of all peers, served in turn. In its turn a peer's queue gives out what costs [`QUANTUM`], so that
/// one who sends what is expensive gets no more than others.
#[derive(Debug)]
pub(super) struct Turns<T> {
    /// Peers with nothing waiting have no entry.
    queues: HashMap<NodeId, VecDeque<(T, u32)>, Salt>,
    /// Who has an entry, the next one first.
    turns: VecDeque<NodeId>,
    /// What the first of them may still spend in this turn.
    left: u32,
}

/// The cost of a turn: signatures of a channel's announcement.
const QUANTUM: u32 = 4;

impl<T> Turns<T> {
    pub(super) fn new(salt: Salt) -> Self {
        Self {
            queues: HashMap::with_hasher(salt),
            turns: VecDeque::new(),
            left: QUANTUM,
        }
    }

    pub(super) fn push(&mut self, peer: NodeId, item: T, cost: u32) {
        let queue = self.queues.entry(peer).or_insert_with(|| {
            self.turns.push_back(peer);
            VecDeque::new()
        });
        queue.push_back((item, cost));
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let peer = *self.turns.front()?;
        let queue = self.queues.get_mut(&peer)?;
        let (item, cost) = queue.pop_front()?;
        self.left = self.left.saturating_sub(cost);
        let is_over = queue.is_empty();
        if is_over {
            self.queues.remove(&peer);
        }
        if is_over || self.left == 0 {
            self.left = QUANTUM;
            self.turns.pop_front();
            if !is_over {
                self.turns.push_back(peer);
            }
        }
        Some(item)
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.turns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_of_the_same_cost() {
        let mut turns = Turns::new(Salt::new(1));
        let [costly, cheap] = [1, 2].map(|n| NodeId([n; 33]));
        for n in 0..3 {
            turns.push(costly, (costly, n), 4);
        }
        for n in 0..9 {
            turns.push(cheap, (cheap, n), 1);
        }
        let mut order = alloc::vec::Vec::new();
        while let Some((peer, n)) = turns.pop() {
            order.push((peer == costly, n));
        }
        let cheap = |range: core::ops::Range<u8>| range.map(|n| (false, n));
        let expected = [(true, 0)].into_iter().chain(cheap(0..4));
        let expected = expected.chain([(true, 1)]).chain(cheap(4..8));
        let expected = expected.chain([(true, 2)]).chain(cheap(8..9));
        assert!(order.into_iter().eq(expected));
        assert!(turns.is_empty());
    }
}
