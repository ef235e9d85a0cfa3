//! Runs of items in shared memory, as the owner sees them: as slices.
#![expect(
    unsafe_code,
    reason = "who hands out memory vouches for it; here and in `map` is all of it"
)]

use core::{marker::PhantomData, ptr::NonNull, slice};

use super::pool::SharedMemory;
use crate::{
    change,
    graph::{Channel, Node},
};

/// Integers and nothing else.
///
/// # Safety
/// 1. Any bits are a value, and there is no padding.
/// 2. All bits of the default are zero.
/// 3. The size is a multiple of four bytes, and not zero; the alignment is four or eight.
pub(crate) unsafe trait AnyBits: Copy + Default + 'static {}

// SAFETY: an integer.
unsafe impl AnyBits for u32 {}
// SAFETY: an integer.
unsafe impl AnyBits for u64 {}
// SAFETY: `repr(C)` of integers, and of `Policy`, which is that, too. Their sizes are asserted beside them.
unsafe impl AnyBits for Channel {}
// SAFETY: `repr(C)` of integers and arrays of them. The size is asserted beside it; the default sets all to zero.
unsafe impl AnyBits for Node {}
// SAFETY: `repr(C)` of integers and an array of them. The size is asserted beside it.
unsafe impl AnyBits for change::Record {}

/// So many items in a row, which are the holder's alone to read and write in this process.
///
/// 1. `items` points to `len` items in a mapping that `memory` keeps, aligned for them.
/// 2. They are in no other run, and nothing else in this process touches them, until the drop gives them back.
///
/// Other processes cannot write them (the file is sealed), and read them as atomics only. They may do so while
/// the holder writes: what they see then is any bits, and they do not take it for more.
#[derive(Debug)]
pub(crate) struct Run<T> {
    memory: SharedMemory,
    place: u64,
    items: NonNull<T>,
    len: usize,
    owned: PhantomData<T>,
}

impl SharedMemory {
    /// Hands out so many zeroed items; `None` for none, or if there is no memory.
    pub(crate) fn run<T: AnyBits>(&self, len: usize) -> Option<Run<T>> {
        const { assert!(align_of::<T>() <= 8 && size_of::<T>() % 4 == 0 && size_of::<T>() > 0) };
        let words = words::<T>(len)?;
        // (1) A word is aligned for any item. (2) What is taken is not taken again before it is given back.
        let (place, start) = self.lock().take(words)?;
        Some(Run {
            memory: self.clone(),
            place,
            items: start.cast(),
            len,
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
        unsafe { slice::from_raw_parts(self.items.as_ptr(), self.len) }
    }

    #[inline]
    pub(crate) fn items_mut(&mut self) -> &mut [T] {
        // SAFETY: (1) they are there; (2) nobody else in this process touches them while `self` is borrowed.
        unsafe { slice::from_raw_parts_mut(self.items.as_ptr(), self.len) }
    }

    /// Returns where it is; never 0.
    pub(crate) const fn place(&self) -> u64 {
        self.place
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        let words = words::<T>(self.len).unwrap_or(0);
        self.memory.lock().give(self.place, words);
    }
}

// SAFETY: (2) it owns its items, as a `Box<[T]>` does.
unsafe impl<T: Send> Send for Run<T> {}
// SAFETY: (2) a shared borrow only reads.
unsafe impl<T: Sync> Sync for Run<T> {}

/// Makes an item of as many 32-bit words as it has, which `word` gives by their number.
#[inline]
pub(super) fn read<T: AnyBits>(mut word: impl FnMut(usize) -> Option<u32>) -> Option<T> {
    let mut item = T::default();
    let len = size_of::<T>() / 4;
    // SAFETY: the item is ours, is so long, is aligned for it, and may hold any bits.
    let words = unsafe { slice::from_raw_parts_mut(NonNull::from(&mut item).cast().as_ptr(), len) };
    for (number, into) in words.iter_mut().enumerate() {
        *into = word(number)?;
    }
    Some(item)
}
