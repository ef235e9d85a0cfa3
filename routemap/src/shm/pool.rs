//! Shared memory in pieces of any size, cut from few segments.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::ptr::NonNull;
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{grant::MOST_SEGMENTS, header::HEADER_WORDS, segment::Segment};

/// The memory of one graph that other processes map.
///
/// Whoever holds a piece keeps all of it. The lock is taken to grow and to shrink, never to read or write.
#[derive(Clone, Debug)]
pub(crate) struct SharedMemory(Arc<Mutex<Pool>>);

impl SharedMemory {
    /// Makes the first segment, with the header at its beginning.
    pub(super) fn new() -> io::Result<Self> {
        let mut pool = Pool {
            segments: Vec::new(),
            touched: Vec::new(),
            free: BTreeMap::new(),
            moves: 0,
        };
        pool.grow(FIRST_WORDS)?;
        pool.take(HEADER_WORDS).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self(Arc::new(Mutex::new(pool))))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Pool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether both are the same memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Segments, and which parts of them nobody holds.
///
/// A place is a number: the segment's in the upper half, the word's within it in the lower. What is given back
/// is handed out again at once: it is only written in a write, when no reader holds a lease under the epoch
/// that the header has and the number of the changes is odd, so that nothing that is read from it counts.
#[derive(Debug)]
pub(super) struct Pool {
    segments: Vec<Segment>,
    /// Of each segment, how many words at its beginning were ever handed out. The others are zero.
    touched: Vec<usize>,
    /// Words that nobody holds, by the place where they begin; no two of these meet.
    free: BTreeMap<u64, usize>,
    /// How often somebody took words, or asked for some in vain, or gave some back.
    moves: u64,
}

/// 2 MiB, a huge page: a tenth of the public network.
const FIRST_WORDS: usize = 1 << 18;
/// Pieces begin on a line of the cache.
pub(super) const LINE: usize = 8;

impl Pool {
    /// Takes so many zeroed words; `None` if the system gives no more.
    ///
    /// They are there for as long as the pool is, and nobody gets them until they are [given](Self::give) back.
    pub(super) fn take(&mut self, words: usize) -> Option<(u64, NonNull<u64>)> {
        self.moves += 1;
        let words = words.checked_next_multiple_of(LINE)?;
        let found = self.free.iter().find(|(_, len)| **len >= words);
        let place = match found {
            Some((place, _)) => *place,
            None => self.grow(words).ok()?,
        };
        let len = self.free.remove(&place)?;
        if len > words {
            self.free.insert(place + words as u64, len - words);
        }
        let (segment, offset) = split(place);
        let touched = self.touched.get_mut(segment)?;
        let end = offset + words;
        let map = self.segments.get(segment)?;
        for word in offset..end.min(*touched) {
            map.set(word, 0)?;
        }
        *touched = end.max(*touched);
        Some((place, map.start_of(offset, words)?))
    }

    /// Gives back what was taken.
    pub(super) fn give(&mut self, place: u64, words: usize) {
        self.moves += 1;
        let (mut place, mut len) = (place, words.next_multiple_of(LINE));
        // Ends of one segment never meet the beginning of the next: no segment has so many words.
        if let Some(behind) = self.free.remove(&(place + len as u64)) {
            len += behind;
        }
        let before = self.free.range(..place).next_back();
        if let Some((start, words)) = before.filter(|(start, w)| *start + **w as u64 == place) {
            (place, len) = (*start, words + len);
        }
        self.free.insert(place, len);
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the segment with the header at its beginning.
    pub(super) fn header(&self) -> Option<&Segment> {
        self.segments.first()
    }

    /// Returns a number that is another when any block has come or gone.
    pub(super) const fn moves(&self) -> u64 {
        self.moves
    }

    /// Adds a segment with room for so many words, an eighth of what there is at least; returns where it begins.
    ///
    /// So 200, which are passed at once, are enough for more than any machine has.
    fn grow(&mut self, words: usize) -> io::Result<u64> {
        if self.segments.len() >= MOST_SEGMENTS || words > Segment::MAX_WORDS {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let total: usize = self.segments.iter().map(Segment::len).sum();
        let len = (total / 8).min(Segment::MAX_WORDS);
        let len = len.max(words).max(FIRST_WORDS).next_multiple_of(PAGE);
        let place = (self.segments.len() as u64) << 32;
        self.segments.push(Segment::create(len)?);
        self.touched.push(0);
        self.free.insert(place, len);
        Ok(place)
    }
}

/// Words of a page, which is what the system counts in.
const PAGE: usize = 512;

/// Returns the number of the segment, and of the word in it.
pub(super) const fn split(place: u64) -> (usize, usize) {
    ((place >> 32) as usize, place as u32 as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_never_overlap_are_zero_and_join_again() {
        let memory = SharedMemory::new().unwrap();
        let mut state = 1_u64;
        let mut held: Vec<(u64, usize)> = Vec::new();
        for step in 0..3000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let random = (state >> 33) as usize;
            let mut pool = memory.lock();
            if step < 2000 && random % 5 < 3 {
                let words = 1 + random / 8 % (1 << (random % 14));
                let (place, _) = pool.take(words).unwrap();
                assert_eq!(place as usize % LINE, 0);
                let (segment, offset) = split(place);
                for word in offset..offset + words {
                    assert_eq!(pool.segments[segment].get(word), Some(0));
                    pool.segments[segment].set(word, u64::MAX).unwrap();
                }
                for (other, len) in &held {
                    assert!(place + words as u64 <= *other || other + *len as u64 <= place);
                }
                held.push((place, words));
            } else if !held.is_empty() {
                let (place, words) = held.swap_remove(random % held.len());
                pool.give(place, words);
            }
        }
        let mut pool = memory.lock();
        for (place, words) in held {
            pool.give(place, words);
        }
        assert_eq!(pool.free.len(), pool.segments.len());
        assert!(pool.segments.len() < 12, "{}", pool.segments.len());
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let memory = SharedMemory::new().unwrap();
        assert!(memory.lock().take(usize::MAX).is_none());
        assert!(memory.lock().take(Segment::MAX_WORDS + 1).is_none());
        assert!(memory.run::<u64>(usize::MAX).is_none());
        assert!(memory.run::<u32>(0).is_none());
        assert_eq!(memory.lock().segments.len(), 1);
    }
}
