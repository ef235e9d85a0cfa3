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

use alloc::{boxed::Box, vec, vec::Vec};

#[cfg(all(feature = "shm", target_os = "linux"))]
use crate::shm::{AnyBits, Run, SharedMemory};

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

    /// Makes a block of so many empty items.
    ///
    /// If the system gives no more shared memory it lies on the heap, and the graph is no longer shared.
    pub(crate) fn block<T: Plain>(&self, len: usize) -> Block<T> {
        const { assert!(size_of::<T>() % 4 == 0, "whole words") };
        #[cfg(all(feature = "shm", target_os = "linux"))]
        if let Some(run) = self.shared.as_ref().and_then(|shared| shared.run(len)) {
            return Block(Backing::Shared(run));
        }
        Block(Backing::Heap(vec![T::default(); len].into_boxed_slice()))
    }

    /// Makes a block of so many items, of which the first are these.
    pub(crate) fn block_of<T: Plain>(&self, len: usize, mut items: Vec<T>) -> Block<T> {
        #[cfg(all(feature = "shm", target_os = "linux"))]
        if self.shared.is_some() {
            let mut block = self.block(len);
            block.write_from(0, &items);
            return block;
        }
        items.resize(len, T::default());
        Block(Backing::Heap(items.into_boxed_slice()))
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

    /// Returns an item to be written in its place, if it lies on the heap.
    #[inline]
    pub(crate) fn on_heap(&mut self, index: usize) -> Option<&mut T> {
        match &mut self.0 {
            Backing::Heap(items) => items.get_mut(index),
            #[cfg(all(feature = "shm", target_os = "linux"))]
            Backing::Shared(_) => None,
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
