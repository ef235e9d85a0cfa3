//! Blocks of one size, on the heap or in shared memory, wherever they are found by one pointer each.
#![expect(
    unsafe_code,
    reason = "a pointer does not say where the memory is from"
)]

use alloc::{boxed::Box, vec::Vec};
use core::{marker::PhantomData, ptr::NonNull};

use super::run::{AnyBits, Run};
use crate::memory::Memory;

/// Blocks of `N` items, none of which ever moves. An item is found by one pointer, and without a question where its block
/// ends.
///
/// 1. `starts` has a pointer for each block, to `N` items: to those of its run in `runs`, or if it has none there to
///    those of a box that was given up for it.
/// 2. Runs and boxes are there for as long as this is. Nothing else in this process touches the items of boxes; those of
///    runs are touched by their run alone, and only if this is borrowed for it.
#[derive(Debug)]
pub(crate) struct Blocks<T, const N: usize> {
    starts: Vec<NonNull<[T; N]>>,
    /// Of each block the run if it has one, up to the last that has; so none at all if all are on the heap.
    runs: Vec<Option<Run<T>>>,
    owned: PhantomData<Box<[T; N]>>,
}

impl<T: AnyBits, const N: usize> Blocks<T, N> {
    pub(crate) const fn new() -> Self {
        Self {
            starts: Vec::new(),
            runs: Vec::new(),
            owned: PhantomData,
        }
    }

    /// Adds a block, of which the first items are these, and the others empty.
    ///
    /// If the system gives no more shared memory it lies on the heap, and the graph is no longer shared.
    pub(crate) fn push(&mut self, memory: &Memory, mut items: Vec<T>) {
        if let Some(mut run) = memory.run(N) {
            for (index, new) in items.iter().take(N).enumerate() {
                run.write(index, |item| *item = *new);
            }
            // (1) The run has so many items. It is kept before they can be found.
            let start = run.start().cast();
            self.runs.resize_with(self.starts.len(), || None);
            self.runs.push(Some(run));
            self.starts.push(start);
            return;
        }
        items.resize(N, T::default());
        if let Ok(block) = Box::<[T; N]>::try_from(items.into_boxed_slice()) {
            self.starts.push(NonNull::from(Box::leak(block)));
        }
    }

    /// Returns the items of a block.
    #[inline]
    pub(crate) fn get(&self, block: usize) -> Option<&[T; N]> {
        // SAFETY: (1) there are so many, and (2) nobody writes them while `self` is borrowed.
        self.starts
            .get(block)
            .map(|start| unsafe { start.as_ref() })
    }

    /// Changes an item; nothing happens if it is not there.
    #[inline]
    pub(crate) fn write<R>(
        &mut self,
        block: usize,
        item: usize,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        match self.runs.get_mut(block) {
            Some(Some(run)) => run.write(item, change),
            _ => self.in_box(block, item).map(change),
        }
    }

    /// Returns an item to be written in its place, if it lies on the heap, and all others do.
    #[inline]
    pub(crate) fn on_heap(&mut self, block: usize, item: usize) -> Option<&mut T> {
        if !self.runs.is_empty() {
            return None;
        }
        self.in_box(block, item)
    }

    /// Returns an item of a block that has no run.
    #[inline]
    fn in_box(&mut self, block: usize, item: usize) -> Option<&mut T> {
        let start = self.starts.get_mut(block)?;
        // SAFETY: (1) there are so many, of a box; (2) nobody else has them while `self` is borrowed.
        unsafe { start.as_mut() }.get_mut(item)
    }

    /// Returns how many blocks there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns of each block where others find it; `None` if they do not.
    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        (0..self.len()).map(|block| self.runs.get(block)?.as_ref().map(Run::place))
    }

    /// Returns the bytes that blocks and their lists hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.starts.len() * size_of::<[T; N]>()
            + self.starts.capacity() * size_of::<NonNull<[T; N]>>()
            + self.runs.capacity() * size_of::<Option<Run<T>>>()
    }
}

impl<T, const N: usize> Drop for Blocks<T, N> {
    fn drop(&mut self) {
        for (block, start) in self.starts.iter().enumerate() {
            if !matches!(self.runs.get(block), Some(Some(_))) {
                // SAFETY: (1) it is of a box that was given up, and is not used any more.
                drop(unsafe { Box::from_raw(start.as_ptr()) });
            }
        }
    }
}

// SAFETY: (2) it owns its items, as boxes do.
unsafe impl<T: Send, const N: usize> Send for Blocks<T, N> {}
// SAFETY: (2) a shared borrow only reads.
unsafe impl<T: Sync, const N: usize> Sync for Blocks<T, N> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shm::SharedMemory;

    #[test]
    fn blocks_lie_where_there_is_memory_and_are_read_alike() {
        let (heap, shared) = (
            Memory::default(),
            Memory::shared(SharedMemory::new().unwrap()),
        );
        let mut blocks = Blocks::<u64, 4>::new();
        let is_shared = [false, true, true, false, true, false];
        for (block, is_shared) in (0..).zip(is_shared) {
            let memory = if is_shared { &shared } else { &heap };
            blocks.push(memory, alloc::vec![block; 3]);
            assert_eq!(blocks.on_heap(0, 0).is_some(), block == 0);
        }
        for block in 0..6 {
            assert_eq!(blocks.write(block, 3, |item| *item = 9), Some(()));
            assert_eq!(blocks.write(block, 4, |_| ()), None);
        }
        for (number, block) in (0..).zip(0..6) {
            assert_eq!(blocks.get(block), Some(&[number, number, number, 9]));
        }
        let places: Vec<_> = blocks.places().collect();
        assert!(places.iter().map(Option::is_some).eq(is_shared));
        // They are given back with the blocks: one made after lies where the first was.
        drop(blocks);
        let mut blocks = Blocks::<u64, 4>::new();
        blocks.push(&shared, Vec::new());
        assert_eq!(blocks.get(0), Some(&[0; 4]));
        assert_eq!(blocks.places().next(), Some(places[1]));
    }
}
