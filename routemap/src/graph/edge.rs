//! What a channel is to payments.

use lnwire::Msat;

use super::{
    Direction, Policy,
    channel::CHANNEL_WORDS,
    head::{Head, pair, unpair},
};
use crate::{
    arena::{Handle as _, NodeHandle, Record as _},
    memory::Plain,
    prefetch::prefetch,
};

/// A channel's two nodes, and the terms that each of them sets: what searches and scans read.
///
/// Sides: 0 is `node_id_1`, 1 is `node_id_2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Edge {
    /// Indexes of the nodes' slots, with marks above, so that who looks for a path or at all edges needs nothing else.
    nodes: [u32; 2],
    policies: [Policy; 2],
}

const _: () = assert!(size_of::<Edge>() == 2 * 4 + 2 * 32, "no padding");

/// No node has an index so great; see [`Config::MOST_CHANNELS`](crate::Config::MOST_CHANNELS).
const MARKS: u32 = FREE | CLOSED;
/// On the first node: the channel's slot is free.
const FREE: u32 = 1 << 31;
/// No payment can be sent from this node on, whatever its terms.
const CLOSED: u32 = 1 << 30;

impl Plain for Edge {}

impl Edge {
    #[inline]
    pub(super) fn new(nodes: [NodeHandle; 2]) -> Self {
        Self {
            nodes: nodes.map(|node| node.index() as u32),
            ..Self::default()
        }
    }

    /// Sets the terms of a direction of the channel with this head.
    #[inline]
    pub(super) fn set_policy(&mut self, head: &Head, direction: Direction, policy: Policy) {
        let side = direction.side();
        self.policies[side] = policy;
        self.mark(head, side);
    }

    /// Marks both directions as what the head lets them be.
    pub(super) fn mark_both(&mut self, head: &Head) {
        self.mark(head, 0);
        self.mark(head, 1);
    }

    #[inline]
    fn mark(&mut self, head: &Head, side: usize) {
        let is_open = head.lets_pay(self.policies[side].htlc_maximum_msat());
        // It nearly never changes.
        if is_open == (self.nodes[side] & CLOSED != 0) {
            self.nodes[side] ^= CLOSED;
        }
    }

    /// Marks the edge of a slot that is free.
    pub(super) fn set_free(&mut self) {
        self.nodes[0] |= FREE;
    }

    #[inline]
    pub(super) const fn is_free(&self) -> bool {
        self.nodes[0] & FREE != 0
    }

    /// Returns the words that the edge is of those of a channel, behind the first two; without the marks.
    pub(super) fn to_words(self) -> [u64; 9] {
        let [[a, b, c, d], [e, f, g, h]] = self.policies.map(Policy::to_words);
        let nodes = self.nodes.map(|node| node & !MARKS);
        [a, b, c, d, e, f, g, h, pair(nodes)]
    }

    /// Makes the edge of a channel with this head of [its words](super::ChannelRef::to_words); `None` if no channel's is like
    /// this.
    #[inline]
    pub(super) fn from_words(words: &[u64; CHANNEL_WORDS], head: &Head) -> Option<Self> {
        let [_, _, a, b, c, d, e, f, g, h, nodes, _, _] = *words;
        let mut edge = Self {
            nodes: unpair(nodes),
            policies: [
                Policy::from_sound_words([a, b, c, d])?,
                Policy::from_sound_words([e, f, g, h])?,
            ],
        };
        let [one, two] = edge.nodes;
        if (one | two) & MARKS != 0 {
            return None;
        }
        edge.mark_both(head);
        if head.generation() % 2 == 0 {
            edge.set_free();
        }
        Some(edge)
    }

    /// Asks for the nodes and the terms of a direction, which may be in another line of the cache.
    #[inline(always)]
    pub(super) fn prefetch(&self, direction: Direction) {
        prefetch(self);
        prefetch(self.policy_at(direction.side()));
    }

    #[inline]
    pub(super) fn nodes(&self) -> [NodeHandle; 2] {
        [self.node_at(0), self.node_at(1)]
    }

    /// Returns the node on a side.
    #[inline]
    pub(super) fn node_at(&self, side: usize) -> NodeHandle {
        NodeHandle::from_index(self.nodes[side % 2] & !MARKS)
    }

    /// Returns the terms set on a side, which may be absent.
    #[inline]
    pub(super) const fn policy_at(&self, side: usize) -> &Policy {
        &self.policies[side % 2]
    }

    /// Returns the terms of a direction, if its node has sent any.
    #[inline]
    pub(super) fn policy(&self, direction: Direction) -> Option<&Policy> {
        Some(self.policy_at(direction.side())).filter(|policy| policy.is_present())
    }

    /// Returns the side that `node`, one of the two, is on.
    #[inline]
    pub(super) fn side_of(&self, node: NodeHandle) -> usize {
        usize::from(self.node_at(1) == node)
    }

    /// See [`ChannelRef::carries`](super::ChannelRef::carries).
    #[inline]
    pub(super) fn carries(&self, direction: Direction, amount: Msat) -> bool {
        let side = direction.side();
        let policy = &self.policies[side];
        policy.is_enabled()
            && policy.htlc_minimum_msat() <= amount
            && amount <= policy.htlc_maximum_msat()
            && self.nodes[side] & CLOSED == 0
    }

    /// Returns whether the marks are what the head says.
    pub(super) fn is_marked_for(&self, head: &Head) -> bool {
        let mut marked = *self;
        marked.mark_both(head);
        marked == *self && self.is_free() == (head.generation() % 2 == 0)
    }

    /// Returns the number of directions that have terms.
    pub(super) fn policy_count(&self) -> u32 {
        self.policies
            .iter()
            .map(|p| u32::from(p.is_present()))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_bring_marks_of_their_own() {
        let mut words = [0; CHANNEL_WORDS];
        words[10] = pair([1, 2]);
        let head = Head::from_words(&words, 0).unwrap();
        let edge = Edge::from_words(&words, &head).unwrap();
        assert!(edge.is_marked_for(&head) && edge.is_free());
        assert_eq!(edge.nodes(), [1, 2].map(NodeHandle::from_index));
        assert_eq!(edge.to_words()[8], words[10]);
        for bit in [30, 31, 62, 63] {
            let mut marked = words;
            marked[10] |= 1 << bit;
            assert_eq!(Edge::from_words(&marked, &head), None, "{bit}");
        }
    }
}
