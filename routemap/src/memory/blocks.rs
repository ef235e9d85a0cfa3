//! Blocks of one size, on the heap.

use alloc::{boxed::Box, vec::Vec};

use super::{Memory, Plain};

/// Blocks of `N` items, none of which ever moves. An item is found by one pointer, and without a question where its block
/// ends.
#[derive(Debug)]
pub(crate) struct Blocks<T, const N: usize>(Vec<Box<[T; N]>>);

impl<T: Plain, const N: usize> Blocks<T, N> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a block, of which the first items are these, and the others empty.
    pub(crate) fn push(&mut self, _memory: &Memory, mut items: Vec<T>) {
        items.resize(N, T::default());
        if let Ok(block) = items.into_boxed_slice().try_into() {
            self.0.push(block);
        }
    }

    /// Returns the items of a block.
    #[inline]
    pub(crate) fn get(&self, block: usize) -> Option<&[T; N]> {
        self.0.get(block).map(Box::as_ref)
    }

    /// Changes an item; nothing happens if it is not there.
    #[inline]
    pub(crate) fn write<R>(
        &mut self,
        block: usize,
        item: usize,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        self.on_heap(block, item).map(change)
    }

    /// Returns an item to be written in its place, if it lies on the heap.
    #[inline]
    pub(crate) fn on_heap(&mut self, block: usize, item: usize) -> Option<&mut T> {
        self.0.get_mut(block)?.get_mut(item)
    }

    /// Returns how many blocks there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the bytes that blocks and their list hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.0.len() * size_of::<[T; N]>() + self.0.capacity() * size_of::<Box<[T; N]>>()
    }
}
