//! The latest changes, in a ring.

use alloc::vec::Vec;

use super::{Change, record::Record};
use crate::memory::{Blocks, Memory};

/// How far a reader has come in the changes of one graph.
///
/// [`Graph::cursor`](crate::Graph::cursor) gives one for what comes next,
/// [`Graph::next_change`](crate::Graph::next_change) moves it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor(u64);

impl Cursor {
    /// The first change of all.
    pub const START: Self = Self(0);

    /// Makes the cursor before the change with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number of the next change: how many there were before it since the graph was made.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The reader came too late for some changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} changes were overwritten before they were read")]
pub struct Missed {
    /// How many.
    pub count: u64,
}

/// The latest changes. Grows by chunks up to its depth.
#[derive(Debug)]
pub(crate) struct Ring {
    memory: Memory,
    chunks: Blocks<Record, CHUNK>,
    depth: u32,
    /// Changes that came before this ring was made.
    begin: u64,
    /// Changes so far.
    count: u64,
}

pub(crate) const CHUNK: usize = 256;
/// The greatest depth.
const MOST: u32 = 1 << 31;

impl Ring {
    /// Makes a ring for so many changes, or up to the next power of two.
    pub(crate) const fn new(memory: Memory, depth: u32) -> Self {
        Self::after(memory, 0, depth)
    }

    /// Makes a ring for what follows so many changes, none of which it has.
    pub(crate) const fn after(memory: Memory, begin: u64, depth: u32) -> Self {
        Self {
            memory,
            chunks: Blocks::new(),
            depth: match depth {
                0 => 0,
                1..MOST => depth.next_power_of_two(),
                MOST.. => MOST,
            },
            begin,
            count: begin,
        }
    }

    // Inline, so that the record of a kind of change that is known there is made in its place: a processor that looks at
    // the kind guesses wrong, and it waits when it copies what was written just now.
    #[inline(always)]
    pub(crate) fn push(&mut self, change: &Change) {
        if let Some(place) = self.place(self.count) {
            match self.chunks.on_heap(place / CHUNK, place % CHUNK) {
                Some(record) => *record = Record::new(change),
                // Made once more, so that nothing of it lies in memory for those that are on the heap.
                None => self.write(place, &Record::new(change)),
            }
        }
        self.count += 1;
    }

    /// Writes a record where there is no chunk yet, or one in shared memory.
    #[cold]
    fn write(&mut self, place: usize, new: &Record) {
        if place / CHUNK == self.chunks.len() {
            self.chunks.push(&self.memory, Vec::new());
        }
        let (chunk, at) = (place / CHUNK, place % CHUNK);
        self.chunks.write(chunk, at, |record| *record = *new);
    }

    pub(crate) const fn cursor(&self) -> Cursor {
        Cursor(self.count)
    }

    /// Returns the change at a cursor and moves it on; see `Graph::next_change`.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Result<Option<Change>, Missed> {
        let oldest = self.count.saturating_sub(self.depth.into());
        let oldest = oldest.max(self.begin);
        if cursor.0 < oldest {
            let count = oldest - cursor.0;
            cursor.0 = oldest;
            return Err(Missed { count });
        }
        if cursor.0 >= self.count {
            return Ok(None);
        }
        let place = self.place(cursor.0);
        cursor.0 += 1;
        let record = place.and_then(|place| self.chunks.get(place / CHUNK)?.get(place % CHUNK));
        Ok(record.map(Record::change))
    }

    /// Returns of each chunk where others find it; `None` if they do not.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        self.chunks.places()
    }

    /// Returns how deep the ring is, and how many changes there were.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) const fn depth_and_count(&self) -> (u32, u64) {
        (self.depth, self.count)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.chunks.heap_bytes()
    }

    /// Returns where the change with this number lies; `None` if none are kept.
    #[inline]
    fn place(&self, number: u64) -> Option<usize> {
        let mask = self.depth.checked_sub(1)?;
        Some((number - self.begin) as usize & mask as usize)
    }
}
