//! Arenas: records in slots that handles name.
//!
//! 1. A slot is taken, or it rests in the quarantine, or the arena has not grown to it yet.
//! 2. A record never moves while its slot is taken, nor does the slot ever.
//! 3. A slot that was freed is not taken again before it has rested for the whole quarantine: who holds a
//!    handle for less than that finds its own object or nothing.

mod chunks;
mod freelist;
mod handle;

use core::time::Duration;

use chunks::Chunks;
use freelist::Quarantine;
use lnwire::Instant;

pub(crate) use handle::Handle;
pub use handle::{ChannelHandle, NodeHandle};

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

impl<H: Handle, T: Copy + Default> Arena<H, T> {
    /// Makes an empty arena that never has more than `limit` slots.
    pub(crate) const fn new(limit: u32, quarantine: Duration) -> Self {
        Self {
            slots: Chunks::new(),
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

    /// Puts a record into the slot that has rested longest, or a new one; `None` if there is none.
    pub(crate) fn insert(&mut self, now: Instant, record: T) -> Option<H> {
        let handle = match self.resting.pop(now) {
            Some(handle) => handle,
            None if self.slots.len() < self.limit => H::from_index(self.slots.grow()),
            None => return None,
        };
        let slot = self.slots.get_mut(handle.index())?;
        slot.record = record;
        slot.generation = slot.generation.wrapping_add(1);
        self.taken += 1;
        Some(handle)
    }

    /// Frees a slot and returns what was in it.
    pub(crate) fn remove(&mut self, now: Instant, handle: H) -> Option<T> {
        let slot = self.slots.get_mut(handle.index())?;
        if !slot.is_taken() {
            return None;
        }
        slot.generation = slot.generation.wrapping_add(1);
        let record = core::mem::take(&mut slot.record);
        self.taken -= 1;
        self.resting.push(now, handle);
        Some(record)
    }

    #[inline]
    pub(crate) fn get(&self, handle: H) -> Option<&T> {
        let slot = self.slots.get(handle.index())?;
        slot.is_taken().then_some(&slot.record)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, handle: H) -> Option<&mut T> {
        let slot = self.slots.get_mut(handle.index())?;
        slot.is_taken().then_some(&mut slot.record)
    }

    /// Returns the record of a handle that some other record of the graph holds.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline]
    pub(crate) fn at(&self, handle: H) -> &T {
        let slot = self.slots.get(handle.index());
        &slot
            .expect("the graph holds only handles of its own")
            .record
    }

    /// Returns the record of a handle that some other record of the graph holds.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline]
    pub(crate) fn at_mut(&mut self, handle: H) -> &mut T {
        let slot = self.slots.get_mut(handle.index());
        &mut slot
            .expect("the graph holds only handles of its own")
            .record
    }

    /// Returns how often the slot was taken and freed; `None` if it is free.
    pub(crate) fn generation(&self, handle: H) -> Option<u32> {
        let slot = self.slots.get(handle.index())?;
        slot.is_taken().then_some(slot.generation)
    }

    /// Returns every record with its handle, in the order of the slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (H, &T)> {
        self.slots
            .iter()
            .filter(|(_, slot)| slot.is_taken())
            .map(|(index, slot)| (H::from_index(index), &slot.record))
    }

    pub(crate) const fn len(&self) -> u32 {
        self.taken
    }

    /// Returns how many slots there is memory for: no handle has a greater number.
    pub(crate) fn slots(&self) -> usize {
        self.slots.capacity()
    }

    /// Returns the bytes of heap that slots and quarantine hold.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.resting.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARANTINE: Duration = Duration::from_secs(600);

    fn at(seconds: u64) -> Instant {
        Instant::from_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_freed_slot_rests_before_it_is_taken_again() {
        let mut arena = Arena::<NodeHandle, u64>::new(10, QUARANTINE);
        let first = arena.insert(at(0), 7).unwrap();
        assert_eq!(arena.remove(at(100), first), Some(7));
        assert_eq!(arena.remove(at(100), first), None);
        assert_eq!(arena.get(first), None);

        let second = arena.insert(at(699), 8).unwrap();
        assert_ne!(first, second);
        let third = arena.insert(at(700), 9).unwrap();
        assert_eq!(first, third);
        assert_eq!(arena.get(third), Some(&9));
        assert_eq!(arena.generation(third), Some(3));
    }

    #[test]
    fn slots_are_bounded_and_room_is_told() {
        let mut arena = Arena::<NodeHandle, u64>::new(2, QUARANTINE);
        assert!(arena.has_room(at(0), 2) && !arena.has_room(at(0), 3));
        let first = arena.insert(at(0), 1).unwrap();
        let second = arena.insert(at(0), 2).unwrap();
        assert_eq!(arena.insert(at(0), 3), None);
        arena.remove(at(0), second);
        arena.remove(at(1), first);
        assert!(!arena.has_room(at(599), 1));
        assert!(arena.has_room(at(600), 1) && !arena.has_room(at(600), 2));
        assert!(arena.has_room(at(601), 2));
        assert_eq!(arena.insert(at(601), 4), Some(second));
        assert_eq!(arena.insert(at(601), 5), Some(first));
    }

    #[test]
    fn a_clock_that_went_back_reuses_later_not_earlier() {
        let mut arena = Arena::<NodeHandle, u64>::new(10, QUARANTINE);
        let handle = arena.insert(at(5000), 1).unwrap();
        arena.remove(at(5000), handle);
        assert_ne!(arena.insert(at(0), 2), Some(handle));
    }

    #[test]
    fn many_records_keep_their_places() {
        let mut arena = Arena::<NodeHandle, u64>::new(u32::MAX, QUARANTINE);
        let handles: alloc::vec::Vec<_> = (0..5000_u64)
            .map(|value| arena.insert(at(0), value).unwrap())
            .collect();
        for (value, handle) in handles.iter().enumerate() {
            assert_eq!(arena.get(*handle), Some(&(value as u64)));
        }
        assert_eq!(arena.iter().count(), 5000);
        assert!(arena.heap_bytes() >= 5000 * size_of::<u64>());
    }
}
