//! What waits to be handed out, of each peer, and whose turn it is.

use alloc::{collections::VecDeque, vec::Vec};

use super::held::Peer;

/// Queues of all peers, served in turn. In its turn a peer's queue gives out what costs [`QUANTUM`], so that
/// one who sends what is expensive gets no more than others.
#[derive(Debug)]
pub(super) struct Turns<T> {
    /// By the peers' numbers.
    queues: Vec<VecDeque<(T, u32)>>,
    /// Whose queue is not empty, the next one first.
    turns: VecDeque<Peer>,
    /// What the first of them may still spend in this turn.
    left: u32,
}

/// The cost of a turn: signatures of a channel's announcement.
const QUANTUM: u32 = 4;

/// Entries of an empty queue whose memory is kept.
const KEPT: usize = 8;

impl<T> Turns<T> {
    pub(super) const fn new() -> Self {
        Self {
            queues: Vec::new(),
            turns: VecDeque::new(),
            left: QUANTUM,
        }
    }

    pub(super) fn push(&mut self, peer: Peer, item: T, cost: u32) {
        while self.queues.len() <= peer.index() {
            self.queues.push(VecDeque::new());
        }
        let queue = &mut self.queues[peer.index()];
        if queue.is_empty() {
            self.turns.push_back(peer);
        }
        queue.push_back((item, cost));
    }

    /// Takes out what is next. What `is_over` costs nobody a turn: its peer may have another number by now, and another
    /// peer its own.
    pub(super) fn pop(&mut self, is_over: impl Fn(&T) -> bool) -> Option<T> {
        loop {
            let peer = *self.turns.front()?;
            let queue = self.queues.get_mut(peer.index())?;
            let (item, cost) = queue.pop_front()?;
            let was_over = is_over(&item);
            if !was_over {
                self.left = self.left.saturating_sub(cost);
            }
            let is_empty = queue.is_empty();
            if is_empty {
                queue.shrink_to(KEPT);
            }
            if is_empty || self.left == 0 {
                self.left = QUANTUM;
                self.turns.pop_front();
                if !is_empty {
                    self.turns.push_back(peer);
                }
            }
            if !was_over {
                return Some(item);
            }
        }
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty) && self.turns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_of_the_same_cost() {
        let mut turns = Turns::new();
        let [costly, cheap] = [1, 2].map(Peer::new);
        for n in 0..3 {
            turns.push(costly, (costly, n), 4);
        }
        for n in 0..9 {
            turns.push(cheap, (cheap, n), 1);
        }
        let mut order = Vec::new();
        while let Some((peer, n)) = turns.pop(|_| false) {
            order.push((peer == costly, n));
        }
        let cheap = |range: core::ops::Range<u8>| range.map(|n| (false, n));
        let expected = [(true, 0)].into_iter().chain(cheap(0..4));
        let expected = expected.chain([(true, 1)]).chain(cheap(4..8));
        let expected = expected.chain([(true, 2)]).chain(cheap(8..9));
        assert!(order.into_iter().eq(expected));
        assert!(turns.is_empty());
    }
    /// So that whoever has the number next does not wait for what its last owner left.
    #[test]
    fn what_is_over_costs_no_turn() {
        let mut turns = Turns::new();
        let [one, two] = [0, 1].map(Peer::new);
        for n in 0..100 {
            turns.push(one, n, 4);
        }
        turns.push(two, 200, 4);
        turns.push(two, 201, 4);
        turns.push(one, 100, 4);
        turns.push(one, 101, 4);
        let mut order = Vec::new();
        while let Some(n) = turns.pop(|n| *n < 100) {
            order.push(n);
        }
        assert_eq!(order, [100, 200, 101, 201]);
        assert!(turns.is_empty());
        assert!(
            turns
                .queues
                .iter()
                .all(|queue| queue.capacity() <= 2 * KEPT)
        );
    }
}
