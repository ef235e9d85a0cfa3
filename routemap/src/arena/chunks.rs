//! Records in chunks of a fixed size: growing adds a chunk and moves no record.

use alloc::vec::Vec;

use crate::memory::{Block, Memory, Plain};

/// Slots in a chunk. A power of two, so that finding a slot is a shift and a mask; small enough that the
/// unused rest of the last chunk hardly counts, large enough that the list of chunks stays in the cache.
pub(crate) const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 10;

/// A list of slots that grows at its end only.
#[derive(Debug)]
pub(crate) struct Chunks<T> {
    memory: Memory,
    chunks: Vec<Block<T>>,
    len: u32,
}

impl<T: Plain> Chunks<T> {
    pub(crate) const fn new(memory: Memory) -> Self {
        Self {
            memory,
            chunks: Vec::new(),
            len: 0,
        }
    }

    /// Adds a slot and returns how many were there before.
    #[inline]
    pub(crate) fn grow(&mut self) -> u32 {
        let index = self.len;
        if index as usize == self.capacity() {
            self.add_chunk();
        }
        self.len += 1;
        index
    }

    #[cold]
    fn add_chunk(&mut self) {
        self.chunks.push(self.memory.block(CHUNK));
    }

    /// Takes slots for all these items; none was taken before.
    pub(crate) fn fill(&mut self, mut items: impl Iterator<Item = T>) {
        debug_assert_eq!(self.len, 0);
        loop {
            let (chunk, filled) = self.memory.block_of(CHUNK, &mut items);
            if filled > 0 {
                self.chunks.push(chunk);
                self.len += filled as u32;
            }
            if filled < CHUNK {
                return;
            }
        }
    }

    /// Returns the slot at `index`, or `None` past the last chunk.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.chunks
            .get(index >> CHUNK_BITS)
            .map(|chunk| &chunk.items()[index % CHUNK])
    }

    /// Changes the slot at `index`; nothing happens past the last chunk.
    #[inline]
    pub(crate) fn write<R>(&mut self, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let chunk = self.chunks.get_mut(index >> CHUNK_BITS)?;
        chunk.write(index % CHUNK, change)
    }

    /// Returns the slot at `index` to be written in its place, if it lies on the heap.
    #[inline]
    pub(crate) fn on_heap(&mut self, index: usize) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(index >> CHUNK_BITS)?;
        chunk.on_heap(index % CHUNK)
    }

    /// Returns every slot that was ever taken, with its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..self.len).zip(self.chunks.iter().flat_map(Block::items))
    }

    /// Returns how many slots were ever taken.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Returns how many slots there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Returns the chunks.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) fn blocks(&self) -> &[Block<T>] {
        &self.chunks
    }

    /// Returns the bytes that the chunks and their list hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Block::bytes).sum();
        chunks + self.chunks.capacity() * size_of::<Block<T>>()
    }
}
