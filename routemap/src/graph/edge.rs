//! What a channel is to payments.

use lnwire::Msat;

use super::{
    fees::Fees,
    head::Head,
    tail::{Amounts, Tail},
};
use crate::{
    arena::{Handle as _, NodeHandle, Record as _},
    memory::Plain,
    prefetch::prefetch,
};

/// A channel's two nodes, and what each of them asks for: what searches and scans read.
///
/// Half a line of the cache, and never parts of two. Sides: 0 is `node_id_1`, 1 is `node_id_2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub(crate) struct Edge {
    /// Indexes of the nodes' slots, with marks above, so that who looks for a path or at all edges needs nothing else.
    nodes: [u32; 2],
    fees: [Fees; 2],
}

const _: () = assert!(
    size_of::<Edge>() == 2 * 4 + 2 * size_of::<Fees>(),
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
    /// Of a slot that is not there.
    pub(super) const NONE: Self = Self {
        nodes: [FREE, 0],
        fees: [Fees::NONE; 2],
    };

    #[inline]
    pub(super) fn new(nodes: [NodeHandle; 2]) -> Self {
        Self {
            nodes: nodes.map(|node| node.index() as u32),
            ..Self::default()
        }
    }

    /// Makes the edge of a channel with this head and this tail; `None` if no node has such an index.
    #[inline]
    pub(super) fn with_fees(
        nodes: [u32; 2],
        fees: [Fees; 2],
        tail: &Tail,
        head: &Head,
    ) -> Option<Self> {
        let [one, two] = nodes;
        if (one | two) & MARKS != 0 {
            return None;
        }
        let mut edge = Self { nodes, fees };
        edge.mark_both(head, tail);
        if !head.is_taken() {
            edge.set_free();
        }
        Some(edge)
    }

    /// Sets what a side of the channel with this head asks for, and of which amounts.
    #[inline]
    pub(super) fn set_fees(&mut self, head: &Head, side: usize, fees: Fees, amounts: Amounts) {
        self.fees[side % 2] = fees;
        self.mark(head, side, amounts);
    }

    /// Marks both directions as what head and tail let them be.
    pub(super) fn mark_both(&mut self, head: &Head, tail: &Tail) {
        self.mark(head, 0, tail.amounts(0));
        self.mark(head, 1, tail.amounts(1));
    }

    #[inline]
    fn mark(&mut self, head: &Head, side: usize, amounts: Amounts) {
        let is_open = head.lets_pay(Msat(amounts.maximum));
        let node = &mut self.nodes[side % 2];
        // It nearly never changes.
        if is_open == (*node & CLOSED != 0) {
            *node ^= CLOSED;
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

    /// Returns what a side asks for, which may be absent.
    #[inline]
    pub(super) const fn fees_at(&self, side: usize) -> &Fees {
        &self.fees[side % 2]
    }

    /// Returns the side that `node`, one of the two, is on.
    #[inline]
    pub(super) fn side_of(&self, node: NodeHandle) -> usize {
        usize::from(self.node_at(1) == node)
    }

    /// Returns whether payments can be sent from a side, of amounts within its limits.
    #[inline]
    pub(super) const fn is_open(&self, side: usize) -> bool {
        self.fees[side % 2].is_enabled() && self.nodes[side % 2] & CLOSED == 0
    }

    /// Returns whether the marks are what head and tail say.
    pub(super) fn is_marked_for(&self, head: &Head, tail: &Tail) -> bool {
        let mut marked = *self;
        marked.mark_both(head, tail);
        marked == *self && self.is_free() != head.is_taken()
    }

    /// Returns the number of directions that have terms.
    pub(super) fn policy_count(&self) -> u32 {
        self.fees.iter().map(|f| u32::from(f.is_present())).sum()
    }
}
