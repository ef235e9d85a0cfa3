//! A priority queue of nodes whose entries can come nearer.

use alloc::vec::Vec;

use super::scratch::Label;

/// A heap in which every node has four below it: flatter than a binary one, and the four are neighbours in
/// memory.
const ARITY: usize = 4;

/// A queue that gives the entry with the least key first.
///
/// Invariant: the label of each entry's node has the entry's place in `position`.
#[derive(Clone, Debug, Default)]
pub(super) struct Heap {
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    /// Index of the node's label.
    node: u32,
}

impl Heap {
    /// Forgets all entries and makes room for one per node.
    pub(super) fn reset(&mut self, nodes: usize) {
        self.entries.clear();
        self.entries.reserve_exact(nodes);
    }

    /// Returns the key of the entry at `position`.
    pub(super) fn key(&self, position: u32) -> u64 {
        self.entries[position as usize].key
    }

    /// Adds an entry for a node that has none.
    pub(super) fn push(&mut self, labels: &mut [Label], node: u32, key: u64) {
        self.entries.push(Entry { key, node });
        self.rise(labels, self.entries.len() - 1);
    }

    /// Gives the entry at `position` a key that is not greater than it was.
    pub(super) fn lower(&mut self, labels: &mut [Label], position: u32, key: u64) {
        self.entries[position as usize].key = key;
        self.rise(labels, position as usize);
    }

    /// Takes the node with the least key out.
    pub(super) fn pop(&mut self, labels: &mut [Label]) -> Option<u32> {
        let least = self.entries.first()?.node;
        let last = self.entries.pop()?;
        if !self.entries.is_empty() {
            self.sink(labels, last);
        }
        Some(least)
    }

    /// Returns the bytes of heap that the entries hold.
    pub(super) fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// Moves the entry at `hole` towards the front, to where no greater one is before it.
    fn rise(&mut self, labels: &mut [Label], mut hole: usize) {
        let entry = self.entries[hole];
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if self.entries[parent].key <= entry.key {
                break;
            }
            self.place(labels, hole, self.entries[parent]);
            hole = parent;
        }
        self.place(labels, hole, entry);
    }

    /// Puts `entry` in at the front and moves it back, to where no lesser one is below it.
    fn sink(&mut self, labels: &mut [Label], entry: Entry) {
        let mut hole = 0;
        loop {
            let first = hole * ARITY + 1;
            let end = self.entries.len().min(first + ARITY);
            let Some(child) = (first..end).min_by_key(|&child| self.entries[child].key) else {
                break;
            };
            if entry.key <= self.entries[child].key {
                break;
            }
            self.place(labels, hole, self.entries[child]);
            hole = child;
        }
        self.place(labels, hole, entry);
    }

    fn place(&mut self, labels: &mut [Label], position: usize, entry: Entry) {
        self.entries[position] = entry;
        labels[entry.node as usize].position = position as u32;
    }
}
