//! Where the words live: the one place that decides which memory the graph's arrays are in.
//!
//! Everything that readers of the graph follow (records, lists, indexes, the history of changes) lies in
//! [`Block`]s. Whatever backs them, this holds:
//!
//! 1. A block has a fixed length and never moves; to grow is to add a block, or to fill a larger one and
//!    then let go of the smaller.
//! 2. What is in it is plain old data of a fixed size: integers, without pointers and without padding, so
//!    that it means the same to whoever maps it and shows nothing else.
//! 3. It is read by reference and written through [`write`](Block::write) and [`move_up`](Block::move_up), one item at a time.

use alloc::{boxed::Box, vec};
use core::ops::Range;

/// What may lie in a block; see the module's second promise.
pub(crate) trait Plain: Copy + Default + 'static {}

impl Plain for u32 {}
impl Plain for u64 {}

/// A run of items that never moves, on the heap.
#[derive(Debug)]
pub(crate) struct Block<T>(Box<[T]>);

impl<T: Plain> Block<T> {
    /// Makes a block of so many empty items.
    pub(crate) fn new(len: usize) -> Self {
        const { assert!(size_of::<T>() % 4 == 0, "whole words") };
        Self(vec![T::default(); len].into_boxed_slice())
    }

    /// Returns all items.
    #[inline]
    pub(crate) const fn items(&self) -> &[T] {
        &self.0
    }

    /// Changes an item; nothing happens past the end.
    #[inline]
    pub(crate) fn write<R>(&mut self, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.0.get_mut(index).map(change)
    }

    /// Moves the items of a range one place towards the end, onto the item that follows it; the last first, so
    /// that none is missing at any time.
    #[inline]
    pub(crate) fn move_up(&mut self, range: Range<usize>) {
        let to = range.start + 1;
        self.0.copy_within(range, to);
    }

    /// Returns the bytes that the items take.
    pub(crate) const fn bytes(&self) -> usize {
        size_of_val::<[T]>(&self.0)
    }
}
