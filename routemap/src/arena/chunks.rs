//! Records in chunks of a fixed size: growing adds a chunk and moves no record.

use alloc::vec::Vec;

use crate::memory::{Blocks, Memory, Plain};

/// Slots in a chunk. A power of two, so that finding a slot is a shift and a mask; small enough that the
/// unused rest of the last chunk hardly counts, large enough that the list of chunks stays in the cache.
pub(crate) const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 10;
/// A [row](Chunks::reserve_row) has one chunk for so many that there are.
const CHUNKS_PER_ROW_CHUNK: usize = 32;

/// A list of slots that grows at its end only.
#[derive(Debug)]
pub(crate) struct Chunks<T> {
    memory: Memory,
    chunks: Blocks<T, CHUNK>,
    len: u32,
}

impl<T: Plain> Chunks<T> {
    pub(crate) const fn new(memory: Memory) -> Self {
        Self {
            memory,
            chunks: Blocks::new(),
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
        self.chunks.push(&self.memory, Vec::new());
    }

    /// Makes room for a slot if there is none; in a large arena for several chunks, which then probably lie in a row: memory
    /// that is read from front to back is read faster if it is not strewn among other.
    #[inline]
    pub(crate) fn reserve_row(&mut self) {
        if self.len as usize == self.capacity() {
            let row = self.chunks.len() / CHUNKS_PER_ROW_CHUNK;
            (0..row.max(1)).for_each(|_| self.add_chunk());
        }
    }

    /// Takes slots for these items, behind whole chunks: for a whole chunk, or for the last.
    pub(crate) fn push_chunk(&mut self, items: Vec<T>) {
        debug_assert!(self.len as usize == self.capacity() && items.len() <= CHUNK);
        if !items.is_empty() {
            self.len += items.len() as u32;
            self.chunks.push(&self.memory, items);
        }
    }

    /// Returns the slot at `index`, or `None` past the last chunk.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let chunk = self.chunks.get(index >> CHUNK_BITS)?;
        chunk.get(index % CHUNK)
    }

    /// Changes the slot at `index`; nothing happens past the last chunk.
    #[inline]
    pub(crate) fn write<R>(&mut self, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let (chunk, slot) = (index >> CHUNK_BITS, index % CHUNK);
        self.chunks.write(chunk, slot, change)
    }

    /// Returns the slot at `index` to be written in its place, if it lies on the heap.
    #[inline]
    pub(crate) fn on_heap(&mut self, index: usize) -> Option<&mut T> {
        let (chunk, slot) = (index >> CHUNK_BITS, index % CHUNK);
        self.chunks.on_heap(chunk, slot)
    }

    /// Returns every slot that was ever taken, with its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        // A loop over each chunk's slice, which is faster than one loop that asks each time where the slice ends.
        let runs = self.runs_from(0);
        runs.flat_map(|(begin, items)| (begin..).zip(items))
    }

    /// Returns those from an index on as slices, one for each chunk, with the index where it begins.
    pub(crate) fn runs_from(&self, first: usize) -> impl Iterator<Item = (u32, &[T])> {
        (first >> CHUNK_BITS..self.chunks.len()).map(move |number| {
            let begin = number * CHUNK;
            let end = (self.len as usize).saturating_sub(begin).min(CHUNK);
            let skipped = first.saturating_sub(begin);
            let chunk = self.chunks.get(number);
            let items = chunk.and_then(|chunk| chunk.get(skipped..end));
            let items = items.unwrap_or_default();
            ((begin + skipped) as u32, items)
        })
    }

    /// Returns how many slots were ever taken.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Returns how many slots there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Returns of each chunk where others find it; `None` if they do not.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        self.chunks.places()
    }

    /// Returns the bytes that the chunks and their list hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.chunks.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_found_from_anywhere_on() {
        let mut chunks = Chunks::new(Memory::default());
        let count = 5 * CHUNK as u32 / 2;
        for index in 0..count {
            assert_eq!(chunks.grow(), index);
            chunks.write(index as usize, |slot| *slot = index);
        }
        let all = chunks.iter().map(|(index, slot)| (index, *slot));
        assert!(all.eq((0..count).map(|index| (index, index))));
        for first in [
            0,
            1,
            1023,
            1024,
            1025,
            2047,
            count - 1,
            count,
            3071,
            3072,
            5000,
        ] {
            let runs = chunks.runs_from(first as usize);
            let all = runs.flat_map(|(begin, items)| (begin..).zip(items));
            let slot = |index| (index, chunks.get(index as usize).unwrap());
            assert!(all.eq((first..count).map(slot)), "{first}");
        }
        assert_eq!(chunks.get(3 * CHUNK), None);
    }

    #[test]
    fn rows_are_as_long_as_a_part_of_what_is_there() {
        let mut chunks = Chunks::<u32>::new(Memory::default());
        let mut rows = Vec::new();
        for _ in 0..100 * CHUNK {
            let before = chunks.capacity();
            chunks.reserve_row();
            rows.push((chunks.capacity() - before) / CHUNK);
            chunks.grow();
        }
        rows.retain(|row| *row > 0);
        assert_eq!(rows[..64], [1; 64]);
        assert_eq!(rows[64..80], [2; 16]);
        assert_eq!(rows[80..], [3; 2]);
    }
}
