//! Memory of a search, kept from one to the next.

use alloc::vec::Vec;

use super::heap::Heap;
use crate::arena::{ChannelHandle, NodeHandle};

/// What a search writes down about the nodes it meets.
///
/// Belongs to whoever searches: one per thread serves any number of queries on any graphs. It grows to
/// 56 bytes per node of the largest graph seen (with some room for more nodes) and is then reused as it is;
/// starting a search costs nothing for the nodes that it does not meet.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    labels: Vec<Label>,
    heap: Heap,
    /// The search that is on. Labels of other searches mean nothing.
    epoch: u32,
}

/// The best known way from a node to the target.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Label {
    /// Fees and risk of the way, in msat.
    pub(super) cost: u64,
    /// What has to arrive at the node, in msat.
    pub(super) amount: u64,
    /// When that expires, in blocks above the present height.
    pub(super) cltv_expiry: u32,
    /// Channels to go through.
    pub(super) hops: u32,
    /// The first of them; `None` at the payee, where a hint begins, and at the payer if the first is an own channel.
    pub(super) channel: Option<ChannelHandle>,
    /// The hint that the way ends with, counted from 1; 0 if it does with none.
    pub(super) hint: u16,
    /// The own channel that it begins with, counted from 1; 0 but at the payer.
    pub(super) own: u16,
    /// Where the node is in the heap, or `SETTLED`.
    pub(super) position: u32,
    /// The search that wrote this, set by `Scratch`.
    pub(super) epoch: u32,
}

const _: () = assert!(size_of::<Label>() == 40);

/// The node has left the heap: its way is the best there is.
const SETTLED: u32 = u32::MAX;

impl Scratch {
    /// Makes one that has no memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the bytes of heap that it holds.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.labels.capacity() * size_of::<Label>() + self.heap.heap_bytes()
    }

    /// Begins a search on a graph of so many nodes: forgets everything but the memory.
    pub(super) fn reset(&mut self, nodes: usize) {
        if self.labels.len() < nodes {
            self.labels.reserve_exact(nodes - self.labels.len());
            self.labels.resize(nodes, Label::default());
        }
        self.heap.reset(nodes);
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            // Once in four billion searches old labels could pass for new ones.
            self.labels.fill(Label::default());
            self.epoch = 1;
        }
    }

    /// Returns the label of a node that was met.
    pub(super) fn label(&self, node: NodeHandle) -> &Label {
        &self.labels[node.index()]
    }

    /// Returns the label of a node if this search has settled it.
    pub(super) fn settled(&self, node: NodeHandle) -> Option<&Label> {
        let label = self.labels.get(node.index())?;
        (label.epoch == self.epoch && label.position == SETTLED).then_some(label)
    }

    #[inline]
    pub(super) fn is_settled(&self, node: NodeHandle) -> bool {
        let label = &self.labels[node.index()];
        label.epoch == self.epoch && label.position == SETTLED
    }

    /// Offers a way from `node`, to be kept if it is better by `key` than what is known.
    #[inline]
    pub(super) fn offer(&mut self, node: NodeHandle, key: u64, way: Label) {
        let index = node.index();
        let known = &self.labels[index];
        let (is_known, position) = (known.epoch == self.epoch, known.position);
        if is_known && (position == SETTLED || self.heap.key(position) <= key) {
            return;
        }
        self.labels[index] = Label {
            epoch: self.epoch,
            ..way
        };
        if is_known {
            self.heap.lower(&mut self.labels, position, key);
        } else {
            let node = node.get().get() - 1;
            self.heap.push(&mut self.labels, node, key);
        }
    }

    /// Settles the node with the best way of those that are not settled.
    #[inline]
    pub(super) fn settle(&mut self) -> Option<(NodeHandle, Label)> {
        let index = self.heap.pop(&mut self.labels)?;
        let label = &mut self.labels[index as usize];
        label.position = SETTLED;
        let node = crate::arena::Handle::from_index(index);
        Some((node, *label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Handle;

    #[test]
    fn labels_of_an_old_search_never_pass_for_new_ones() {
        let mut scratch = Scratch::new();
        let node = NodeHandle::from_index(3);
        scratch.reset(8);
        scratch.offer(node, 5, Label::default());
        assert_eq!(scratch.settle().map(|(node, _)| node), Some(node));
        assert!(scratch.is_settled(node));

        scratch.epoch = u32::MAX;
        scratch.reset(8);
        assert_eq!(scratch.epoch, 1);
        assert!(!scratch.is_settled(node));
        assert!(scratch.settle().is_none());
    }

    #[test]
    fn nodes_come_out_by_their_least_key() {
        let mut scratch = Scratch::new();
        scratch.reset(1000);
        let node = |i: u32| NodeHandle::from_index(i * 7919 % 1000);
        for i in 0..1000 {
            scratch.offer(node(i), u64::from(i * 31 % 500) + 1000, Label::default());
        }
        // Every third comes nearer, every fourth is offered something worse.
        for i in (0..1000).step_by(3) {
            scratch.offer(node(i), u64::from(i), Label::default());
        }
        for i in (0..1000).step_by(4) {
            scratch.offer(node(i), 5000, Label::default());
        }
        let mut keys = [0; 1000];
        for i in 0..1000 {
            let key = if i % 3 == 0 { i } else { i * 31 % 500 + 1000 };
            keys[node(i).index()] = key;
        }
        let mut last = 0;
        let mut count = 0;
        while let Some((node, _)) = scratch.settle() {
            assert!(keys[node.index()] >= last);
            last = keys[node.index()];
            count += 1;
        }
        assert_eq!(count, 1000);
    }
}
