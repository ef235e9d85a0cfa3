//! Runs of items in shared memory: the owner reads them as slices, and writes them word by word; readers copy them out.
#![expect(
    unsafe_code,
    reason = "who hands out memory vouches for it; here, in `blocks` and in `map` is all of it"
)]

use core::{
    marker::PhantomData,
    ptr::NonNull,
    slice,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::pool::{self, SharedMemory};
use crate::{
    change,
    graph::{Node, edge::Edge, head::Head, line::Line, tail::Tail},
};

/// Integers and nothing else.
///
/// # Safety
/// 1. Any bits are a value, and there is no padding.
/// 2. All bits of the default are zero.
/// 3. The size is a multiple of four bytes, and not zero; the alignment is at least four, and at most that of a run.
pub(crate) unsafe trait AnyBits: Copy + Default + 'static {}

// SAFETY: an integer.
unsafe impl AnyBits for u32 {}
// SAFETY: an integer.
unsafe impl AnyBits for u64 {}
// SAFETY: `repr(C)` of integers, aligned to its own size. The size is asserted beside it.
unsafe impl AnyBits for Head {}
// SAFETY: `repr(C)` of an array of integers, and of one of `Fees`, which are `repr(C)` of integers; aligned to its own size. The
// sizes are asserted beside them.
unsafe impl AnyBits for Edge {}
// SAFETY: `repr(C)` of `Amounts`, which are `repr(C)` of integers, of integers and an array of them. The size, of which the
// alignment is a third, is asserted beside it.
unsafe impl AnyBits for Tail {}
// SAFETY: `repr(C)` of integers and arrays of them. The size is asserted beside it; the default sets all to zero.
unsafe impl AnyBits for Node {}
// SAFETY: `repr(C)` of integers and an array of them. The size is asserted beside it.
unsafe impl AnyBits for Line {}
// SAFETY: as of that.
unsafe impl AnyBits for change::Record {}

/// So many items in a row, which are the holder's alone to read and write in this process.
///
/// 1. `items` points to items, in as many whole words as these take, in a mapping that `memory` keeps; aligned for
///    words.
/// 2. The words are in no other run, and nothing else in this process touches them, until the drop gives them back.
///
/// Other processes cannot write them (the file is sealed), and read them as atomics only. They may do so while
/// the holder writes, which it does with atomics of the same size: so what they see is some of the words before and
/// some after, and `sequence` tells them that it was.
#[derive(Debug)]
pub(crate) struct Run<T> {
    memory: SharedMemory,
    place: u64,
    items: NonNull<[T]>,
    owned: PhantomData<T>,
}

impl SharedMemory {
    /// Hands out so many zeroed items; `None` for none, or if there is no memory.
    pub(crate) fn run<T: AnyBits>(&self, len: usize) -> Option<Run<T>> {
        const { assert!(size_of::<T>() % 4 == 0 && size_of::<T>() > 0) };
        const { assert!(align_of::<T>() <= 8 * pool::LINE) };
        let words = words::<T>(len)?;
        // (1) What is taken begins with a line of the cache, which is aligned for any item, and for words. (2) It is
        // not taken again before it is given back.
        let (place, start) = self.lock().take(words)?;
        Some(Run {
            memory: self.clone(),
            place,
            items: NonNull::slice_from_raw_parts(start.cast(), len),
            owned: PhantomData,
        })
    }
}

/// Returns the words that so many items take, at least one.
const fn words<T>(len: usize) -> Option<usize> {
    match len.checked_mul(size_of::<T>()) {
        None | Some(0) => None,
        Some(bytes) => Some(bytes.div_ceil(8)),
    }
}

impl<T: AnyBits> Run<T> {
    #[inline]
    pub(crate) const fn items(&self) -> &[T] {
        // SAFETY: (1) they are there; (2) nobody in this process writes them while `self` is borrowed.
        unsafe { self.items.as_ref() }
    }

    /// Changes an item; nothing happens past the end.
    // Out of the way of graphs on the heap.
    #[inline(never)]
    pub(crate) fn write<R>(&mut self, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut item = *self.items().get(index)?;
        let changed = change(&mut item);
        store(self.words(), index, &item);
        Some(changed)
    }

    #[inline]
    fn words(&mut self) -> &[AtomicU64] {
        let len = words::<T>(self.items.len()).unwrap_or(0);
        // SAFETY: (1) they are there, and aligned; (2) nobody else in this process has them while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.items.cast().as_ptr(), len) }
    }

    /// Returns where its items begin.
    pub(super) const fn start(&self) -> NonNull<T> {
        self.items.cast()
    }

    /// Returns where it is; never 0.
    pub(crate) const fn place(&self) -> u64 {
        self.place
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        let words = words::<T>(self.items.len()).unwrap_or(0);
        self.memory.lock().give(self.place, words);
    }
}

// SAFETY: (2) it owns its items, as a `Box<[T]>` does.
unsafe impl<T: Send> Send for Run<T> {}
// SAFETY: (2) a shared borrow only reads.
unsafe impl<T: Sync> Sync for Run<T> {}

/// Stores an item of those that the words hold, which may begin and end in the middle of a word: the other half is
/// another's.
#[inline]
fn store<T: AnyBits>(words: &[AtomicU64], index: usize, item: &T) {
    let mut halves = halves_of(item);
    let first = index * halves.len();
    let mut words = words[first / 2..].iter();
    if first % 2 == 1 {
        if let (Some((two, rest)), Some(word)) = (halves.split_first(), words.next()) {
            let [one, _] = split(word.load(Relaxed));
            word.store(join([one, *two]), Relaxed);
            halves = rest;
        }
    }
    for (pair, word) in halves.chunks(2).zip(words) {
        let halves = match *pair {
            [one, two] => [one, two],
            _ => [pair[0], split(word.load(Relaxed))[1]],
        };
        word.store(join(halves), Relaxed);
    }
}

/// Copies an item out of those that words hold, which `word` gives by their number; `None` if it has not all of them.
#[inline]
pub(super) fn load<T: AnyBits>(index: usize, word: impl Fn(usize) -> Option<u64>) -> Option<T> {
    let mut item = T::default();
    let mut halves = halves_of_mut(&mut item);
    let first = index.checked_mul(halves.len())?;
    if first % 2 == 1 {
        let [_, two] = split(word(first / 2)?);
        let (half, rest) = halves.split_first_mut()?;
        *half = two;
        halves = rest;
    }
    for (at, pair) in (first.div_ceil(2)..).zip(halves.chunks_mut(2)) {
        let word = split(word(at)?);
        pair.copy_from_slice(&word[..pair.len()]);
    }
    Some(item)
}

/// Returns an item as halves of words.
const fn halves_of<T: AnyBits>(item: &T) -> &[u32] {
    // SAFETY: it has no padding, is so long, and is aligned for it.
    unsafe { slice::from_raw_parts(core::ptr::from_ref(item).cast(), size_of::<T>() / 4) }
}

const fn halves_of_mut<T: AnyBits>(item: &mut T) -> &mut [u32] {
    // SAFETY: it has no padding, is so long, is aligned for it, and may hold any bits.
    unsafe { slice::from_raw_parts_mut(core::ptr::from_mut(item).cast(), size_of::<T>() / 4) }
}

/// Returns the halves of a word, in the order in which they lie in memory.
const fn split(word: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = word.to_ne_bytes();
    [
        u32::from_ne_bytes([a, b, c, d]),
        u32::from_ne_bytes([e, f, g, h]),
    ]
}

const fn join(halves: [u32; 2]) -> u64 {
    let [[a, b, c, d], [e, f, g, h]] = [halves[0].to_ne_bytes(), halves[1].to_ne_bytes()];
    u64::from_ne_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::sync::atomic::{self, Ordering};
    use std::thread;

    use super::*;
    use crate::shm::sequence::{self, Number, OwnNumber};

    /// Thirteen halves: every other item begins in the middle of a word.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    #[repr(C)]
    struct Item([u32; 13]);

    // SAFETY: an array of integers.
    unsafe impl AnyBits for Item {}

    fn words(len: usize) -> Vec<AtomicU64> {
        (0..len).map(|_| AtomicU64::new(0)).collect()
    }

    fn stored<T: AnyBits>(words: &[AtomicU64], index: usize) -> Option<T> {
        load(index, |at| Some(words.get(at)?.load(Relaxed)))
    }

    #[test]
    fn items_lie_side_by_side_and_come_back() {
        let words = words(20);
        let item = |n: u32| Item(core::array::from_fn(|at| 100 * n + at as u32));
        for n in [1, 0, 2] {
            store(&words, n as usize, &item(n));
        }
        for n in 0..3 {
            assert_eq!(stored(&words, n as usize), Some(item(n)));
        }
        // As slices have them.
        let all: Vec<u32> = words.iter().flat_map(|w| split(w.load(Relaxed))).collect();
        assert_eq!(all[13..26], item(1).0);
        assert_eq!(all[39], 0, "nothing behind them is written");
        // Of the fourth, words are missing.
        assert_eq!(stored::<Item>(&words, 3), None);
        assert_eq!(
            [39, 40].map(|at| stored::<u32>(&words, at)),
            [Some(0), None]
        );
        assert_eq!(stored::<Item>(&words, usize::MAX), None);
    }

    impl Number for AtomicU64 {
        fn load(&self) -> u64 {
            self.load(Relaxed)
        }

        fn fence(&self, order: Ordering) {
            atomic::fence(order);
        }
    }

    impl OwnNumber for AtomicU64 {
        fn store(&self, number: u64) {
            self.store(number, Relaxed);
        }
    }

    #[test]
    fn the_holder_reads_what_it_wrote_and_others_whole_items_or_none() {
        let (words, number) = (words(2 * 13), AtomicU64::new(0));
        let holder = |index: usize| {
            // SAFETY: there are so many items in the words, aligned for them, and nobody writes meanwhile.
            let items: &[Item] = unsafe { slice::from_raw_parts(words.as_ptr().cast(), 4) };
            items[index]
        };
        // Two neighbours, which share a word.
        let both = || [1, 2].map(|index| stored::<Item>(&words, index).unwrap());
        thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    let attempt = |_| sequence::attempt(&number, both);
                    scope.spawn(move || (0..100).filter_map(attempt).collect::<Vec<_>>())
                })
                .collect();
            for round in 1..50 {
                sequence::begin(&number);
                for index in [1, 2] {
                    let mut item = holder(index);
                    item.0.fill(round);
                    store(&words, index, &item);
                    assert_eq!(holder(index), Item([round; 13]));
                }
                sequence::end(&number);
            }
            for reader in readers {
                for [one, two] in reader.join().unwrap() {
                    assert_eq!((one, two), (Item([one.0[0]; 13]), one));
                }
            }
        });
        assert_eq!(both(), [Item([49; 13]); 2]);
        assert_eq!([0, 3].map(holder), [Item::default(); 2]);
    }
}
