//! A line of an index: six entries of half a line of the processor's cache.

use crate::{arena::Handle, memory::Plain};

/// Six tags, a byte of the hash each; how many entries there are, in the eighth byte; and the numbers of their handles, of
/// which 0 is none.
///
/// Entries are at the front; what is behind them is zero. Aligned, so that no line is in two lines of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub(crate) struct Line {
    /// The tag of the first entry in the lowest byte.
    head: u64,
    numbers: [u32; PLACES],
}

/// An entry of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tag: u8,
    /// The number of the handle.
    pub(super) number: u32,
}

pub(super) const PLACES: usize = 6;
/// One entry, in the head.
const ENTRY: u64 = 1 << 56;

const _: () = assert!(size_of::<Line>() == 32, "no padding");

impl Plain for Line {}

impl Entry {
    #[inline]
    pub(super) fn new(hash: u32, handle: impl Handle) -> Self {
        Self {
            tag: tag_of(hash),
            number: number_of(handle),
        }
    }

    pub(super) fn handle<H: Handle>(self) -> Option<H> {
        handle_of(self.number)
    }
}

/// What is sought in an index.
pub(crate) trait Sought<H> {
    /// Returns whether this handle is of what is sought.
    fn is(&self, handle: H) -> bool;
}

// For a closure the compiler decides whether it is worth a call, which costs more than the comparison; look-ups that have to
// be fast have a type of their own.
impl<H, F: Fn(H) -> bool> Sought<H> for F {
    #[inline]
    fn is(&self, handle: H) -> bool {
        self(handle)
    }
}

impl Line {
    /// Returns the handle of what is sought, among those with this hash.
    // Part of the caller: it compares the id where it has it.
    #[inline(always)]
    pub(crate) fn find<H: Handle>(&self, hash: u32, sought: &impl Sought<H>) -> Option<H> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x0000_8080_8080_8080;
        // Bytes that are zero where tags are equal. The lowest such is found, and of the others some that are none, too.
        let differ = self.head ^ (u64::from(tag_of(hash)) * ONES);
        let mut hits = differ.wrapping_sub(ONES) & !differ & HIGH;
        while hits != 0 {
            let place = hits.trailing_zeros() as usize / 8;
            match self.numbers.get(place).copied().and_then(handle_of) {
                Some(handle) if sought.is(handle) => return Some(handle),
                _ => hits &= hits - 1,
            }
        }
        None
    }

    /// Returns whether it is not full.
    #[inline]
    pub(crate) const fn has_room(&self) -> bool {
        self.head < PLACES as u64 * ENTRY
    }

    /// Returns its entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let tags = self.head.to_le_bytes();
        let taken = (self.head / ENTRY) as usize;
        let entries = tags.into_iter().zip(self.numbers).take(taken);
        entries.map(|(tag, number)| Entry { tag, number })
    }

    /// Adds an entry behind the others; `false` if it is full.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        let taken = (self.head / ENTRY) as usize;
        let Some(number) = self.numbers.get_mut(taken) else {
            return false;
        };
        *number = entry.number;
        self.head += ENTRY + (u64::from(entry.tag) << (8 * taken));
        true
    }

    /// Takes an entry out, in whose place the last one comes.
    pub(super) fn swap_remove(&mut self, place: usize) {
        let mut entries = [Entry::default(); PLACES];
        let mut len = 0;
        for (to, entry) in entries.iter_mut().zip(self.entries()) {
            *to = entry;
            len += 1;
        }
        if place < len {
            entries[place] = entries[len - 1];
            len -= 1;
        }
        *self = Self::default();
        for entry in &entries[..len] {
            self.push(*entry);
        }
    }
}

/// Returns the bits of a hash that tell entries with the same home apart.
#[inline]
const fn tag_of(hash: u32) -> u8 {
    hash as u8
}

#[inline]
pub(super) fn number_of<H: Handle>(handle: H) -> u32 {
    handle.index() as u32 + 1
}

#[inline]
fn handle_of<H: Handle>(number: u32) -> Option<H> {
    number.checked_sub(1).map(H::from_index)
}
