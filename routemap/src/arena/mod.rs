//! Arenas: records in slots that handles name.
//!
//! 1. A slot is taken, or it rests in the quarantine, or the arena has not grown to it yet.
//! 2. A record never moves while its slot is taken, nor does the slot ever.
//! 3. A slot that was freed is not taken again before it has rested for the whole quarantine: who holds a
//!    handle for less than that finds its own object or nothing.
//! 4. A freed record stays as it was until its slot is taken again, for those who hear of the removal late.

pub(crate) mod chunks;
mod freelist;
mod handle;

use alloc::vec::Vec;
use core::time::Duration;

use chunks::{CHUNK, Chunks};
use freelist::Quarantine;
use lnwire::Instant;

pub use handle::{ChannelHandle, Handle, NodeHandle};

use crate::memory::{Memory, Plain};

/// What lies in a slot.
pub(crate) trait Record: Plain {
    /// Returns whether it is in a slot that is taken. Not if all its bits are zero.
    fn is_taken(&self) -> bool;
    /// Takes the slot of this, which is free, for a new record.
    fn take(&mut self, new: Self);
    /// Frees the slot, in which the record stays as it was.
    fn free(&mut self);
}

/// Records of one kind, which are plain old data.
#[derive(Debug)]
pub(crate) struct Arena<H, T> {
    slots: Chunks<T>,
    resting: Quarantine<H>,
    /// Slots taken.
    taken: u32,
    /// Slots at most, taken and resting.
    limit: u32,
}

impl<H: Handle, T: Record> Arena<H, T> {
    /// Makes an empty arena that never has more than `limit` slots, in this memory.
    pub(crate) const fn new(memory: Memory, limit: u32, quarantine: Duration) -> Self {
        Self {
            slots: Chunks::new(memory),
            resting: Quarantine::new(quarantine),
            taken: 0,
            limit,
        }
    }

    /// Returns whether `count` records more can be inserted now.
    pub(crate) fn has_room(&self, now: Instant, count: u32) -> bool {
        let growth = self.limit.saturating_sub(self.slots.len());
        let reused = count.saturating_sub(growth);
        reused == 0 || self.resting.has_rested(now, reused as usize)
    }

    /// Puts a record into the slot that has rested longest, or a new one; `None` if there is none. Returns
    /// the slot's handle.
    // Part of the caller, so that a record on the heap is made in its place: a processor waits when it copies what was
    // written just now.
    #[inline(always)]
    pub(crate) fn insert(&mut self, now: Instant, record: T) -> Option<H> {
        let handle = match self.resting.pop(now) {
            Some(handle) => handle,
            None if self.slots.len() < self.limit => H::from_index(self.slots.grow()),
            None => return None,
        };
        self.taken += 1;
        match self.slots.on_heap(handle.index()) {
            Some(slot) => slot.take(record),
            None => self.take(handle, record),
        }
        Some(handle)
    }

    #[cold]
    fn take(&mut self, handle: H, record: T) {
        self.slots.write(handle.index(), |slot| slot.take(record));
    }

    /// Frees a slot and returns what was in it.
    pub(crate) fn remove(&mut self, now: Instant, handle: H) -> Option<T> {
        let record = *self.get(handle)?;
        self.slots.write(handle.index(), T::free);
        self.taken -= 1;
        self.resting.push(now, handle);
        Some(record)
    }

    /// Puts records into slots, of which there are none so far, with the generations that they have, as they were in an
    /// arena that is made again.
    pub(crate) fn restore(&mut self, mut records: impl Iterator<Item = T>) {
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            chunk.extend(records.by_ref().take(CHUNK));
            let is_last = chunk.len() < CHUNK;
            self.restore_chunk(chunk);
            if is_last {
                return;
            }
        }
    }

    /// As [`restore`](Self::restore), for a whole chunk of records, or the last.
    pub(crate) fn restore_chunk(&mut self, records: Vec<T>) {
        self.taken += records
            .iter()
            .map(|record| u32::from(record.is_taken()))
            .sum::<u32>();
        self.slots.push_chunk(records);
    }

    /// Lets free slots rest from `now` on, in this order. Returns whether all of them do, each once.
    pub(crate) fn restore_resting(
        &mut self,
        now: Instant,
        mut handles: impl Iterator<Item = H>,
    ) -> bool {
        let slots = self.slots.len() as usize;
        let mut rests = alloc::vec![
            false;
            if self.taken as usize == slots {
                0
            } else {
                slots
            }
        ];
        let all_are_free = handles.all(|handle| {
            let is_free = self
                .slots
                .get(handle.index())
                .is_some_and(|s| !s.is_taken());
            let rest = rests
                .get_mut(handle.index())
                .filter(|rests| !**rests && is_free);
            rest.is_some_and(|rests| {
                *rests = true;
                self.resting.push(now, handle);
                true
            })
        });
        all_are_free && self.resting.len() + self.taken as usize == slots
    }

    /// Returns what lies in every slot, taken or not, in the order of the handles.
    pub(crate) fn all_slots(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|(_, slot)| slot)
    }

    /// Returns the slots that rest, the one that was freed first first.
    pub(crate) fn resting(&self) -> impl Iterator<Item = H> {
        self.resting.iter()
    }

    #[inline]
    pub(crate) fn get(&self, handle: H) -> Option<&T> {
        let slot = self.slots.get(handle.index())?;
        slot.is_taken().then_some(slot)
    }

    /// Returns what lies in a slot, taken or not, without reading it; `None` if there is no such slot.
    #[inline]
    pub(crate) fn slot(&self, handle: H) -> Option<&T> {
        self.slots.get(handle.index())
    }

    /// Returns what was in a slot when it was freed, if nothing has taken it since.
    pub(crate) fn freed(&self, handle: H) -> Option<&T> {
        self.slots
            .get(handle.index())
            .filter(|slot| !slot.is_taken())
    }

    /// Returns what lies in every slot from one on as slices, with the index where each begins.
    pub(crate) fn runs_from(&self, first: usize) -> impl Iterator<Item = (u32, &[T])> {
        self.slots.runs_from(first)
    }

    /// Returns the record of a handle that some other record of the graph holds.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline]
    pub(crate) fn at(&self, handle: H) -> &T {
        let slot = self.slots.get(handle.index());
        slot.expect("the graph holds only handles of its own")
    }

    /// Changes the record of a handle that some other record of the graph holds.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline]
    pub(crate) fn write<R>(&mut self, handle: H, change: impl FnOnce(&mut T) -> R) -> R {
        let changed = self.slots.write(handle.index(), change);
        changed.expect("the graph holds only handles of its own")
    }

    /// Returns every record, in the order of the handles.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (H, &T)> {
        self.slots
            .iter()
            .filter(|(_, slot)| slot.is_taken())
            .map(|(index, slot)| (H::from_index(index), slot))
    }

    /// Returns the records of all greater handles, in their order.
    pub(crate) fn iter_after(&self, after: Option<H>) -> impl Iterator<Item = (H, &T)> {
        let first = after.map_or(0, |handle| handle.index() + 1);
        (first..self.slots.len() as usize).filter_map(|index| {
            let handle = H::from_index(index as u32);
            Some((handle, self.get(handle)?))
        })
    }

    pub(crate) const fn len(&self) -> u32 {
        self.taken
    }

    /// Returns how many slots were ever taken, and how many of them rest.
    pub(crate) fn slots_in_use(&self) -> (u32, usize) {
        (self.slots.len(), self.resting.len())
    }

    /// Returns how many slots there is memory for: no handle has a greater number.
    pub(crate) fn slots(&self) -> usize {
        self.slots.capacity()
    }

    /// See [`Chunks::places`].
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        self.slots.places()
    }

    /// Returns the bytes that slots and quarantine hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.resting.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value, and how often its slot was taken and freed.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Value(u32, u32);

    impl Plain for Value {}

    #[cfg(all(feature = "shm", target_os = "linux"))]
    #[expect(unsafe_code, reason = "it says what a type is")]
    // SAFETY: two integers, which are zero by default.
    unsafe impl crate::shm::AnyBits for Value {}

    impl Record for Value {
        fn is_taken(&self) -> bool {
            self.1 % 2 == 1
        }

        fn take(&mut self, new: Self) {
            *self = Self(new.0, self.1 + 1);
        }

        fn free(&mut self) {
            self.1 += 1;
        }
    }

    fn insert(
        arena: &mut Arena<NodeHandle, Value>,
        now: Instant,
        value: u32,
    ) -> Option<NodeHandle> {
        arena.insert(now, Value(value, 0))
    }

    fn value(arena: &Arena<NodeHandle, Value>, handle: NodeHandle) -> Option<u32> {
        arena.get(handle).map(|value| value.0)
    }

    const QUARANTINE: Duration = Duration::from_secs(600);

    fn at(seconds: u64) -> Instant {
        Instant::from_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_freed_slot_rests_before_it_is_taken_again() {
        let mut arena = Arena::<NodeHandle, Value>::new(Memory::default(), 10, QUARANTINE);
        let first = insert(&mut arena, at(0), 7).unwrap();
        assert_eq!(arena.remove(at(100), first), Some(Value(7, 1)));
        assert_eq!(arena.freed(first), Some(&Value(7, 2)));
        assert_eq!(arena.remove(at(100), first), None);
        assert_eq!(arena.get(first), None);

        let second = insert(&mut arena, at(699), 8).unwrap();
        assert_ne!(first, second);
        let third = insert(&mut arena, at(700), 9).unwrap();
        assert_eq!(first, third);
        assert_eq!(value(&arena, third), Some(9));
        assert_eq!(arena.freed(first), None);
        assert_eq!(arena.get(third), Some(&Value(9, 3)));
    }

    #[test]
    fn slots_are_bounded_and_room_is_told() {
        let mut arena = Arena::<NodeHandle, Value>::new(Memory::default(), 2, QUARANTINE);
        assert!(arena.has_room(at(0), 2) && !arena.has_room(at(0), 3));
        let first = insert(&mut arena, at(0), 1).unwrap();
        let second = insert(&mut arena, at(0), 2).unwrap();
        assert_eq!(insert(&mut arena, at(0), 3), None);
        arena.remove(at(0), second);
        arena.remove(at(1), first);
        assert!(!arena.has_room(at(599), 1));
        assert!(arena.has_room(at(600), 1) && !arena.has_room(at(600), 2));
        assert!(arena.has_room(at(601), 2));
        assert_eq!(insert(&mut arena, at(601), 4), Some(second));
        assert_eq!(insert(&mut arena, at(601), 5), Some(first));
    }

    #[test]
    fn a_clock_that_went_back_reuses_later_not_earlier() {
        let mut arena = Arena::<NodeHandle, Value>::new(Memory::default(), 10, QUARANTINE);
        let handle = insert(&mut arena, at(5000), 1).unwrap();
        arena.remove(at(5000), handle);
        assert_ne!(insert(&mut arena, at(0), 2), Some(handle));
    }

    #[test]
    fn many_records_keep_their_places() {
        let mut arena = Arena::<NodeHandle, Value>::new(Memory::default(), u32::MAX, QUARANTINE);
        let handles: Vec<_> = (0..5000_u32)
            .map(|value| insert(&mut arena, at(0), value).unwrap())
            .collect();
        for (index, handle) in handles.iter().enumerate() {
            assert_eq!(value(&arena, *handle), Some(index as u32));
        }
        assert_eq!(arena.iter().count(), 5000);
        assert!(arena.heap_bytes() >= 5000 * size_of::<Value>());
    }

    #[test]
    fn an_arena_is_made_again_whatever_its_size() {
        for count in [0, 1, CHUNK, CHUNK + 1] {
            let mut arena = Arena::<NodeHandle, Value>::new(Memory::default(), 9999, QUARANTINE);
            // Every third is free.
            let records = (0..count as u32).map(|i| Value(i, 7 + u32::from(i % 3 == 0)));
            arena.restore(records.clone());
            assert_eq!(arena.slots_in_use().0 as usize, count);
            assert!(arena.all_slots().copied().eq(records));
            let taken = (0..count).filter(|i| i % 3 != 0);
            assert!(
                arena
                    .iter()
                    .map(|(h, _)| Handle::index(h))
                    .eq(taken.clone())
            );
            assert_eq!(arena.len() as usize, taken.count());
            assert!(arena.slots() <= count.next_multiple_of(CHUNK));
        }
    }
}
