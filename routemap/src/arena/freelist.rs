//! The quarantine: a freed slot rests before it is taken again.

use alloc::collections::VecDeque;
use core::time::Duration;

use lnwire::Instant;

/// Freed slots in the order in which they were freed.
///
/// Invariant: a handle is in here at most once, and only while its slot is free.
#[derive(Debug)]
pub(crate) struct Quarantine<H> {
    resting: VecDeque<Resting<H>>,
    rest: Duration,
}

#[derive(Debug)]
struct Resting<H> {
    handle: H,
    freed_at: Instant,
}

/// Below this many entries the memory for them is not worth giving back.
const KEEP: usize = 64;

impl<H: Copy> Quarantine<H> {
    pub(crate) const fn new(rest: Duration) -> Self {
        Self {
            resting: VecDeque::new(),
            rest,
        }
    }

    /// Lets a slot rest from `now` on.
    pub(crate) fn push(&mut self, now: Instant, handle: H) {
        self.resting.push_back(Resting {
            handle,
            freed_at: now,
        });
    }

    /// Takes the slot that was freed first, if it has rested long enough.
    #[inline]
    pub(crate) fn pop(&mut self, now: Instant) -> Option<H> {
        if self.resting.is_empty() {
            None
        } else {
            self.pop_rested(now)
        }
    }

    fn pop_rested(&mut self, now: Instant) -> Option<H> {
        if !self.has_rested(now, 1) {
            return None;
        }
        let first = self.resting.pop_front()?;
        let len = self.resting.len();
        if self.resting.capacity() > KEEP && len < self.resting.capacity() / 4 {
            self.resting.shrink_to(KEEP.max(len * 2));
        }
        Some(first.handle)
    }

    /// Returns whether the first `count` slots have all rested long enough.
    pub(crate) fn has_rested(&self, now: Instant, count: usize) -> bool {
        count <= self.resting.len()
            && self
                .resting
                .iter()
                .take(count)
                .all(|slot| now.saturating_since(slot.freed_at) >= self.rest)
    }

    /// Returns the slots, the one that was freed first first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = H> {
        self.resting.iter().map(|slot| slot.handle)
    }

    /// Returns how many slots rest.
    pub(crate) fn len(&self) -> usize {
        self.resting.len()
    }

    /// Returns the bytes of heap that the list holds.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.resting.capacity() * size_of::<Resting<H>>()
    }
}
