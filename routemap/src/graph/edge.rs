//! What a channel is to payments.

use lnwire::Msat;

use super::{Direction, head::Head, terms::Terms};
use crate::{
    arena::{Handle as _, NodeHandle, Record as _},
    memory::Plain,
    prefetch::prefetch,
};

/// A channel's two nodes, and the terms that each of them sets: what searches and scans read.
///
/// A line of the cache. Sides: 0 is `node_id_1`, 1 is `node_id_2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Edge {
    /// Indexes of the nodes' slots, with marks above, so that who looks for a path or at all edges needs nothing else.
    nodes: [u32; 2],
    terms: [Terms; 2],
}

const _: () = assert!(
    size_of::<Edge>() == 2 * 4 + 2 * size_of::<Terms>(),
    "no padding"
);

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

    /// Makes the edge of a channel with this head; `None` if no node has such an index.
    #[inline]
    pub(super) fn with_terms(nodes: [u32; 2], terms: [Terms; 2], head: &Head) -> Option<Self> {
        let [one, two] = nodes;
        if (one | two) & MARKS != 0 {
            return None;
        }
        let mut edge = Self { nodes, terms };
        edge.mark_both(head);
        if head.generation() % 2 == 0 {
            edge.set_free();
        }
        Some(edge)
    }

    /// Sets the terms of a direction of the channel with this head.
    #[inline]
    pub(super) fn set_terms(&mut self, head: &Head, direction: Direction, terms: Terms) {
        let side = direction.side();
        self.terms[side] = terms;
        self.mark(head, side);
    }

    /// Marks both directions as what the head lets them be.
    pub(super) fn mark_both(&mut self, head: &Head) {
        self.mark(head, 0);
        self.mark(head, 1);
    }

    #[inline]
    fn mark(&mut self, head: &Head, side: usize) {
        let is_open = head.lets_pay(self.terms[side].htlc_maximum_msat());
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

    #[inline(always)]
    pub(super) fn prefetch(&self) {
        prefetch(self);
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
    pub(super) const fn terms_at(&self, side: usize) -> &Terms {
        &self.terms[side % 2]
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
        let terms = &self.terms[side];
        terms.is_enabled()
            && terms.htlc_minimum_msat() <= amount
            && amount <= terms.htlc_maximum_msat()
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
        self.terms.iter().map(|t| u32::from(t.is_present())).sum()
    }
}
