//! Records in chunks of a fixed size: growing adds a chunk and moves no record.

use alloc::{boxed::Box, vec, vec::Vec};

/// Slots in a chunk. A power of two, so that finding a slot is a shift and a mask; small enough that the
/// unused rest of the last chunk hardly counts, large enough that the list of chunks stays in the cache.
pub(crate) const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 10;

/// A place for a record.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Slot<T> {
    pub(crate) record: T,
    /// Odd while the slot is taken. It grows by one whenever the slot is taken or freed, and wraps.
    pub(crate) generation: u32,
}

impl<T> Slot<T> {
    pub(crate) const fn is_taken(&self) -> bool {
        self.generation % 2 == 1
    }
}

/// A list of slots that grows at its end only.
#[derive(Debug)]
pub(crate) struct Chunks<T> {
    chunks: Vec<Box<[Slot<T>; CHUNK]>>,
    len: u32,
}

impl<T: Copy + Default> Chunks<T> {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }

    /// Adds a free slot and returns how many were there before.
    pub(crate) fn grow(&mut self) -> u32 {
        let index = self.len;
        if index as usize == self.capacity() {
            let slots = vec![Slot::default(); CHUNK].into_boxed_slice();
            let chunk = slots.try_into();
            self.chunks
                .push(chunk.unwrap_or_else(|_| unreachable!("a chunk has CHUNK slots")));
        }
        self.len += 1;
        index
    }

    /// Returns the slot at `index`, or `None` past the last chunk.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&Slot<T>> {
        self.chunks
            .get(index >> CHUNK_BITS)
            .map(|chunk| &chunk[index % CHUNK])
    }

    /// Returns the slot at `index`, or `None` past the last chunk.
    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Slot<T>> {
        self.chunks
            .get_mut(index >> CHUNK_BITS)
            .map(|chunk| &mut chunk[index % CHUNK])
    }

    /// Returns every slot that was ever taken, with its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Slot<T>)> {
        (0..self.len).zip(self.chunks.iter().flat_map(|chunk| chunk.iter()))
    }

    /// Returns how many slots were ever taken.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Returns how many slots there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Returns the bytes of heap that the chunks and their list hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.chunks.len() * size_of::<[Slot<T>; CHUNK]>()
            + self.chunks.capacity() * size_of::<Box<[Slot<T>; CHUNK]>>()
    }
}
