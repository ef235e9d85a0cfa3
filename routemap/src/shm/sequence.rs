//! Reads without a lock: a number says whether the words that it guards were changed meanwhile.
//!
//! 1. The one writer makes the number odd before it changes any of the words, and even again after.
//! 2. Whoever reads a word of a change finds, if it looks after that, the change's odd number or a later one.
//! 3. Whoever finds an even number reads, after that, the words as they were then or later.
//!
//! So what was read between two looks that found the same even number is what lay there all the time. All words are
//! relaxed atomics; the order is that of four fences. They stand beside the number and not in it because a reader's
//! memory may not be written, and of such memory no more than relaxed loads are promised.

use core::sync::atomic::{self, Ordering};

use super::{
    header::SEQUENCE,
    segment::{Segment, SegmentReader},
};

/// The number as readers find it, and the fences that go with it: the processor's, or those of a model checker.
pub(super) trait Number {
    /// Loads it, relaxed.
    fn load(&self) -> u64;
    fn fence(&self, order: Ordering);
}

/// The number as the writer has it, who is the only one.
pub(super) trait OwnNumber: Number {
    /// Stores it, relaxed.
    fn store(&self, number: u64);
}

impl Number for Segment {
    fn load(&self) -> u64 {
        self.get(SEQUENCE).unwrap_or(NONE)
    }

    fn fence(&self, order: Ordering) {
        atomic::fence(order);
    }
}

impl OwnNumber for Segment {
    fn store(&self, number: u64) {
        let stored = self.set(SEQUENCE, number);
        debug_assert!(stored.is_some(), "the header has room");
    }
}

impl Number for SegmentReader {
    #[inline]
    fn load(&self) -> u64 {
        self.get(SEQUENCE).unwrap_or(NONE)
    }

    #[inline]
    fn fence(&self, order: Ordering) {
        atomic::fence(order);
    }
}

/// What is found where there is no number: an odd one.
const NONE: u64 = u64::MAX;

/// Begins a change. If the last one was broken off, it goes on.
pub(super) fn begin(number: &impl OwnNumber) {
    number.store(number.load() | 1);
    number.fence(Ordering::Release);
}

/// Ends a change.
pub(super) fn end(number: &impl OwnNumber) {
    number.fence(Ordering::Release);
    number.store(number.load().wrapping_add(1));
}

/// Reads, and returns what came of it, if nothing changed meanwhile. Else it may have been anything.
pub(super) fn attempt<R>(number: &impl Number, read: impl FnOnce() -> R) -> Option<R> {
    let before = number.load();
    if before % 2 == 1 {
        return None;
    }
    number.fence(Ordering::Acquire);
    let made = read();
    number.fence(Ordering::Acquire);
    (number.load() == before).then_some(made)
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, sync::Arc, vec::Vec};
    use core::{panic::AssertUnwindSafe, sync::atomic::Ordering::Relaxed};
    use std::panic::catch_unwind;

    use loom::{
        sync::atomic::{AtomicU64, fence},
        thread,
    };

    use super::*;

    /// The steps of the protocol, each of which can be left out.
    const WHOLE: u32 = 0;
    const ODD: u32 = 1;
    const RELEASES: [u32; 2] = [2, 3];
    const ACQUIRES: [u32; 2] = [4, 5];

    /// Two tables, a word that says which of them is in use, and the number that guards all three.
    struct Memory {
        number: AtomicU64,
        which: AtomicU64,
        tables: [[AtomicU64; 2]; 2],
    }

    /// One thread's view of it.
    struct Side<'a> {
        memory: &'a Memory,
        left_out: u32,
        /// Fences so far, of this change or attempt.
        fences: core::cell::Cell<usize>,
    }

    impl Number for Side<'_> {
        fn load(&self) -> u64 {
            self.memory.number.load(Relaxed)
        }

        fn fence(&self, order: Ordering) {
            let count = self.fences.replace(self.fences.get() + 1);
            let this = match order {
                Ordering::Release => RELEASES[count % 2],
                _ => ACQUIRES[count % 2],
            };
            if this != self.left_out {
                fence(order);
            }
        }
    }

    impl OwnNumber for Side<'_> {
        fn store(&self, number: u64) {
            if number % 2 == 0 || self.left_out != ODD {
                self.memory.number.store(number, Relaxed);
            } else {
                self.memory.number.store(number + 1, Relaxed);
            }
        }
    }

    impl Memory {
        fn new() -> Self {
            Self {
                number: AtomicU64::new(0),
                which: AtomicU64::new(0),
                tables: [0, 1].map(|_| [0, 1].map(|_| AtomicU64::new(0))),
            }
        }

        fn side(&self, left_out: u32) -> Side<'_> {
            Side {
                memory: self,
                left_out,
                fences: core::cell::Cell::new(0),
            }
        }

        /// Fills the table that is not in use, and takes it into use: what a table that grows does, into memory that
        /// another was in.
        fn change(&self, left_out: u32, value: u64) {
            let side = self.side(left_out);
            begin(&side);
            let next = 1 - self.which.load(Relaxed) as usize;
            for word in &self.tables[next] {
                word.store(value, Relaxed);
            }
            self.which.store(next as u64, Relaxed);
            end(&side);
        }

        fn read(&self, left_out: u32) -> Option<[u64; 2]> {
            let read = || {
                let table = &self.tables[self.which.load(Relaxed) as usize];
                [table[0].load(Relaxed), table[1].load(Relaxed)]
            };
            attempt(&self.side(left_out), read)
        }
    }

    /// Runs a writer of so many changes beside a reader, in every order that the memory model allows.
    fn explore(left_out: u32, changes: u64) {
        loom::model(move || {
            let memory = Arc::new(Memory::new());
            let writer = thread::spawn({
                let memory = memory.clone();
                move || (1..=changes).for_each(|value| memory.change(left_out, value))
            });
            let reads: Vec<_> = (0..2).filter_map(|_| memory.read(left_out)).collect();
            for [one, two] in &reads {
                assert_eq!(one, two, "torn");
            }
            assert!(reads.is_sorted(), "time runs backwards");
            writer.join().unwrap();
            // Who has heard of the last change sees it.
            assert_eq!(memory.read(left_out), Some([changes; 2]));
        });
    }

    #[test]
    fn what_is_accepted_is_whole_in_every_order() {
        explore(WHOLE, 2);
    }

    #[test]
    fn no_step_can_be_left_out() {
        for step in [ODD, RELEASES[0], RELEASES[1], ACQUIRES[0], ACQUIRES[1]] {
            let explored = catch_unwind(AssertUnwindSafe(|| explore(step, 2)));
            let why = explored.err().and_then(|why| why.downcast::<String>().ok());
            assert!(
                why.is_some_and(|why| why.contains("torn")),
                "nothing is torn without step {step}"
            );
        }
    }

    #[test]
    fn a_change_that_was_broken_off_hides_everything_until_the_next_has_ended() {
        loom::model(|| {
            let memory = Memory::new();
            begin(&memory.side(WHOLE));
            assert_eq!(memory.read(WHOLE), None);
            memory.change(WHOLE, 7);
            assert_eq!(memory.read(WHOLE), Some([7; 2]));
        });
    }
}
