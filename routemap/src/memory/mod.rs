//! Where the words live: the one place that decides which memory the graph's arrays are in.
//!
//! Everything that readers of the graph follow (records, lists, indexes, the history of changes) lies in
//! [`Block`]s. Whatever backs them, this holds:
//!
//! 1. A block has a fixed length and never moves; to grow is to add a block, or to fill a larger one and
//!    then let go of the smaller.
//! 2. What is in it is plain old data of a fixed size: integers, without pointers and without padding, so
//!    that it means the same to whoever maps it and shows nothing else.
//! 3. It is read by reference and written through [`write`](Block::write), one item at a time; in shared memory word by
//!    word, each as an atomic, because others read it meanwhile.

use alloc::{boxed::Box, vec};

#[cfg(all(feature = "shm", target_os = "linux"))]
use crate::shm::{AnyBits, Run, SharedMemory};

#[cfg(not(all(feature = "shm", target_os = "linux")))]
mod blocks;

#[cfg(all(feature = "shm", target_os = "linux"))]
pub(crate) use crate::shm::Blocks;
#[cfg(not(all(feature = "shm", target_os = "linux")))]
pub(crate) use blocks::Blocks;

/// What may lie in a block; see the module's second promise.
#[cfg(not(all(feature = "shm", target_os = "linux")))]
pub(crate) trait Plain: Copy + Default + 'static {}

/// What may lie in a block; see the module's second promise.
#[cfg(all(feature = "shm", target_os = "linux"))]
pub(crate) trait Plain: AnyBits {}

impl Plain for u32 {}
impl Plain for u64 {}

/// Which memory blocks are made in: the heap, or what other processes map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    #[cfg(all(feature = "shm", target_os = "linux"))]
    shared: Option<SharedMemory>,
}

/// A run of items that never moves.
#[derive(Debug)]
pub(crate) struct Block<T>(Backing<T>);

#[derive(Debug)]
enum Backing<T> {
    Heap(Box<[T]>),
    #[cfg(all(feature = "shm", target_os = "linux"))]
    Shared(Run<T>),
}

impl Memory {
    /// Makes blocks that other processes can map.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) const fn shared(memory: SharedMemory) -> Self {
        Self {
            shared: Some(memory),
        }
    }

    /// Returns whether blocks are made in this.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) fn is_in(&self, memory: &SharedMemory) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.is(memory))
    }

    /// Returns so many empty items that other processes can map, if blocks are made of those and the system gives more.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) fn run<T: AnyBits>(&self, len: usize) -> Option<Run<T>> {
        self.shared.as_ref()?.run(len)
    }

    /// Makes a block of so many empty items.
    ///
    /// If the system gives no more shared memory it lies on the heap, and the graph is no longer shared.
    pub(crate) fn block<T: Plain>(&self, len: usize) -> Block<T> {
        const { assert!(size_of::<T>() % 4 == 0, "whole words") };
        #[cfg(all(feature = "shm", target_os = "linux"))]
        if let Some(run) = self.run(len) {
            return Block(Backing::Shared(run));
        }
        Block(Backing::Heap(vec![T::default(); len].into_boxed_slice()))
    }
}

impl<T: Plain> Block<T> {
    /// Returns all items.
    #[inline]
    pub(crate) const fn items(&self) -> &[T] {
        match &self.0 {
            Backing::Heap(items) => items,
            #[cfg(all(feature = "shm", target_os = "linux"))]
            Backing::Shared(run) => run.items(),
        }
    }

    /// Changes an item; nothing happens past the end.
    #[inline]
    pub(crate) fn write<R>(&mut self, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        match &mut self.0 {
            Backing::Heap(items) => items.get_mut(index).map(change),
            #[cfg(all(feature = "shm", target_os = "linux"))]
            Backing::Shared(run) => run.write(index, change),
        }
    }

    /// Writes items in a row, as far as there is room for them.
    pub(crate) fn write_from(&mut self, first: usize, new: &[T]) {
        match &mut self.0 {
            Backing::Heap(items) => {
                let items = items.get_mut(first..).unwrap_or_default();
                items
                    .iter_mut()
                    .zip(new)
                    .for_each(|(item, new)| *item = *new);
            }
            #[cfg(all(feature = "shm", target_os = "linux"))]
            Backing::Shared(run) => {
                for (index, new) in (first..).zip(new) {
                    run.write(index, |item| *item = *new);
                }
            }
        }
    }

    /// Changes all items at once, before anybody else knows of them.
    pub(crate) fn write_all<R>(&mut self, change: impl FnOnce(&mut [T]) -> R) -> R {
        match &mut self.0 {
            Backing::Heap(items) => change(items),
            #[cfg(all(feature = "shm", target_os = "linux"))]
            Backing::Shared(run) => {
                let mut items = run.items().to_vec();
                let changed = change(&mut items);
                for (index, item) in items.iter().enumerate() {
                    run.write(index, |old| *old = *item);
                }
                changed
            }
        }
    }

    /// Returns the bytes that the items take.
    pub(crate) const fn bytes(&self) -> usize {
        size_of_val::<[T]>(self.items())
    }

    /// Returns where others find the items, 0 if there are none; `None` if they lie on the heap.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) const fn place(&self) -> Option<u64> {
        match &self.0 {
            Backing::Heap(items) if items.is_empty() => Some(0),
            Backing::Heap(_) => None,
            Backing::Shared(run) => Some(run.place()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn blocks_on_the_heap_keep_their_items_and_give_them_back() {
        let memory = Memory::default();
        let mut blocks = Blocks::<u64, 4>::new();
        assert!(blocks.get(0).is_none() && blocks.on_heap(0, 0).is_none());
        for block in 0..20 {
            blocks.push(&memory, vec![block; block as usize % 5]);
        }
        assert_eq!(blocks.len(), 20);
        let first = blocks.get(3).map(core::ptr::from_ref);
        assert_eq!(blocks.get(3), Some(&[3, 3, 3, 0]));
        assert_eq!(
            blocks.write(3, 3, |item| core::mem::replace(item, 7)),
            Some(0)
        );
        *blocks.on_heap(3, 0).unwrap() = 8;
        blocks.push(&memory, Vec::new());
        assert_eq!(blocks.get(3), Some(&[8, 3, 3, 7]));
        assert_eq!(blocks.get(3).map(core::ptr::from_ref), first);
        assert_eq!(blocks.get(4), Some(&[4; 4]));
        assert_eq!(blocks.get(20), Some(&[0; 4]));
        // Nothing is past the ends.
        assert_eq!(blocks.write(3, 4, |_| ()), None);
        assert_eq!(blocks.write(21, 0, |_| ()), None);
        assert!(blocks.get(21).is_none() && blocks.on_heap(3, 4).is_none());
        assert!(blocks.heap_bytes() >= 21 * 4 * 8);
    }
}
