//! From an id to the handle of what has it.
//!
//! A table of lines of 32 bytes: the tags of six entries, a byte of the hash each; how many entries there are, in the
//! eighth byte; and their handles' numbers, of which 0 is none. The ids are looked up in the arena.
//!
//! 1. The upper bits of the hash say at which line an entry is at home. It is there, or all lines from there to the
//!    one before its own are full.
//! 2. The entries of a line are at its front, and it says how many they are.
//!
//! So a look-up nearly always reads half a line of the processor's cache, compares all tags at once without a branch for
//! each, and finds one entry that it can be. The fewer instructions a look-up takes, the more of them a processor
//! works at while it waits for memory. To insert is to write two or three words: nothing moves.

use core::marker::PhantomData;

use crate::{
    arena::Handle,
    memory::{Block, Memory},
};

/// A table of handles.
#[derive(Debug)]
pub(super) struct Index<H> {
    memory: Memory,
    /// The lines, behind a few words that are left out.
    table: Block<u32>,
    /// Where the first line begins, so that none is in two lines of the cache.
    first: usize,
    /// Lines that are home to hashes.
    homes: u32,
    /// Lines that follow, for what finds those before it full.
    tail: u32,
    len: u32,
    /// The greatest number that was ever in here.
    most: u32,
    handle: PhantomData<H>,
}

/// A line: six tags and the number of entries in the first two words, and six numbers.
pub(crate) type Line = [u32; LINE];
pub(crate) const LINE: usize = 8;
const TAGS: usize = 2;
const PLACES: usize = LINE - TAGS;
/// One entry, in the second word.
const ENTRY: u32 = 1 << 24;
/// Entries in a line on average, in tenths, at most: one in fifteen is not at home then.
const MOST_TENTHS: u64 = 44;
const LEAST_TENTHS: u64 = 12;
const LEAST_HOMES: u32 = 2;
const LEAST_TAIL: u32 = 1;

impl<H: Handle> Index<H> {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            table: memory.block(0),
            memory,
            first: 0,
            homes: 0,
            tail: LEAST_TAIL,
            len: 0,
            most: 0,
            handle: PhantomData,
        }
    }

    /// Makes an index of `len` handles, which come with their hashes; `None` if two are the same by their ids.
    pub(super) fn of<I: Iterator<Item = (u32, H)>>(
        memory: Memory,
        len: u32,
        hashes: impl Fn() -> I,
        are_same: impl Fn(H, H) -> bool,
    ) -> Option<Self> {
        let mut index = Self::new(memory);
        let homes = u64::from(len) * 12 / MOST_TENTHS;
        index.homes = (homes as u32).max(LEAST_HOMES);
        index.len = len;
        loop {
            index.make_table();
            let (first, homes, most) = (index.first, index.homes, &mut index.most);
            let mut all_differ = true;
            let has_room = index.table.write_all(|table| {
                let lines = table.get_mut(first..).unwrap_or_default();
                hashes().all(|(hash, handle)| {
                    *most = number_of(handle).max(*most);
                    let mut show = |line: &Line| {
                        all_differ &= find_in(line, hash, |h| are_same(h, handle)).is_none();
                    };
                    put_in(lines, homes, hash, handle, &mut show) && all_differ
                })
            });
            if !all_differ {
                return None;
            }
            if has_room {
                return Some(index);
            }
            index.tail *= 2;
        }
    }

    /// Returns the handle whose id `is_it`, among those with this hash.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(H) -> bool) -> Option<H> {
        self.find_here(hash, is_it)
    }

    /// As [`find`](Self::find), as a part of the caller: for ids that lie in a message, and are compared there.
    #[inline(always)]
    pub(super) fn find_here(&self, hash: u32, is_it: impl Fn(H) -> bool) -> Option<H> {
        let mut number = self.home(hash);
        loop {
            let line = self.line(number)?;
            let found = find_in(line, hash, &is_it);
            if found.is_some() || has_room(line) {
                return found;
            }
            number += 1;
        }
    }

    /// Adds a handle that is not in here. `hash_of` knows the hashes of all that shall be, and of no other.
    pub(super) fn insert(&mut self, hash: u32, handle: H, hash_of: impl Fn(H) -> Option<u32>) {
        self.len += 1;
        self.most = self.most.max(number_of(handle));
        if u64::from(self.len) * 10 > u64::from(self.homes) * MOST_TENTHS {
            self.rebuild(self.homes + self.homes * 3 / 8 + 1, hash_of);
        } else if !self.put(hash, handle) {
            self.tail *= 2;
            self.rebuild(self.homes, hash_of);
        }
    }

    /// Forgets a handle. `hash_of` knows the hashes of all that shall stay, and of no other.
    pub(super) fn remove(&mut self, hash: u32, handle: H, hash_of: impl Fn(H) -> Option<u32>) {
        let mut number = self.home(hash);
        loop {
            let Some(line) = self.line(number) else {
                return;
            };
            if let Some(place) = numbers(line).iter().position(|n| *n == number_of(handle)) {
                self.take(number, place, &hash_of);
                break;
            }
            if has_room(line) {
                return;
            }
            number += 1;
        }
        self.len -= 1;
        let is_sparse = u64::from(self.len) * 10 < u64::from(self.homes) * LEAST_TENTHS;
        if is_sparse && self.homes > LEAST_HOMES {
            self.rebuild(self.homes / 2, hash_of);
        }
    }

    /// Returns every handle.
    pub(super) fn iter(&self) -> impl Iterator<Item = H> {
        self.lines(0)
            .flat_map(numbers)
            .filter_map(|n| handle_of(*n))
    }

    /// Returns where others find the table; `None` if they do not.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) fn table(&self) -> Option<crate::shm::Table> {
        Some(crate::shm::Table {
            // In words of eight bytes.
            place: self.table.place()? + self.first as u64 / 2,
            homes: self.homes,
            lines: self.lines(0).count() as u32,
        })
    }

    /// Returns the bytes that the table holds.
    pub(super) fn heap_bytes(&self) -> usize {
        self.table.bytes()
    }

    #[inline]
    const fn home(&self, hash: u32) -> usize {
        home(hash, self.homes)
    }

    #[inline]
    fn line(&self, number: usize) -> Option<&Line> {
        let words = self.table.items().get(self.first + number * LINE..)?;
        words.first_chunk()
    }

    /// Returns the lines from one on.
    fn lines(&self, from: usize) -> impl Iterator<Item = &Line> {
        (from..).map_while(|number| self.line(number))
    }

    /// Writes an entry into the first line that has room; `false` if none has.
    fn put(&mut self, hash: u32, handle: H) -> bool {
        let mut number = self.home(hash);
        loop {
            let Some(line) = self.line(number) else {
                return false;
            };
            let place = taken(line);
            if place < PLACES {
                self.set(number, place, tag_of(hash), number_of(handle));
                self.set_taken(number, place + 1);
                return true;
            }
            number += 1;
        }
    }

    /// Empties a place. What is behind it moves up, as far as it is not at home.
    fn take(&mut self, mut number: usize, mut place: usize, hash_of: impl Fn(H) -> Option<u32>) {
        loop {
            let line = self.line(number).copied().unwrap_or_default();
            let last = taken(&line).saturating_sub(1);
            self.set(number, place, tag(&line, last), numbers(&line)[last]);
            self.set(number, last, 0, 0);
            self.set_taken(number, last);
            if has_room(&line) {
                return;
            }
            let Some((from, tag, handle)) = self.passed_by(number, &hash_of) else {
                return;
            };
            self.set(number, last, tag, handle);
            self.set_taken(number, last + 1);
            (number, place) = from;
        }
    }

    /// Returns where an entry is that would be in this line if it had had room; its tag and its number.
    fn passed_by(
        &self,
        number: usize,
        hash_of: impl Fn(H) -> Option<u32>,
    ) -> Option<((usize, usize), u8, u32)> {
        for (behind, line) in (number + 1..).zip(self.lines(number + 1)) {
            let is_nearer = |n: &u32| {
                let hash = handle_of(*n).and_then(&hash_of);
                hash.is_some_and(|hash| self.home(hash) <= number)
            };
            let place = numbers(line).iter().position(is_nearer);
            if let Some(place) = place {
                return Some(((behind, place), tag(line, place), numbers(line)[place]));
            }
            if has_room(line) {
                return None;
            }
        }
        None
    }

    /// Puts everything into a table of so many homes, in the order of the slots, so that memory is read from front to
    /// back.
    fn rebuild(&mut self, homes: u32, hash_of: impl Fn(H) -> Option<u32>) {
        let _old = core::mem::replace(&mut self.table, self.memory.block(0));
        self.homes = homes.max(LEAST_HOMES);
        self.make_table();
        while !self.put_all(&hash_of) {
            self.tail *= 2;
            self.make_table();
        }
    }

    /// Returns whether everything has found room.
    fn put_all(&mut self, hash_of: impl Fn(H) -> Option<u32>) -> bool {
        let (first, homes, most) = (self.first, self.homes, self.most);
        self.table.write_all(|table| {
            let lines = table.get_mut(first..).unwrap_or_default();
            (0..most).all(|index| {
                let handle = H::from_index(index);
                hash_of(handle).is_none_or(|hash| put_in(lines, homes, hash, handle, |_| ()))
            })
        })
    }

    fn make_table(&mut self) {
        let lines = self.homes as usize + self.tail as usize;
        self.table = self.memory.block(lines * LINE + LINE - 1);
        let start = self.table.items().as_ptr();
        self.first = start.align_offset(size_of::<Line>()).min(LINE - 1);
    }

    fn set_taken(&mut self, line: usize, taken: usize) {
        self.table.write(self.first + line * LINE + 1, |word| {
            *word = *word % ENTRY + ENTRY * taken as u32;
        });
    }

    fn set(&mut self, line: usize, place: usize, tag: u8, number: u32) {
        let at = self.first + line * LINE;
        self.table.write(at + TAGS + place, |old| *old = number);
        self.table.write(at + place / 4, |tags| {
            let shift = place % 4 * 8;
            *tags = *tags & !(0xff << shift) | u32::from(tag) << shift;
        });
    }
}

/// Returns the line where a hash is at home among so many.
#[inline]
pub(crate) const fn home(hash: u32, homes: u32) -> usize {
    ((hash as u64 * homes as u64) >> 32) as usize
}

/// Writes an entry into the first of these lines that has room, from home on; `false` if none has. Shows each line on the
/// way.
#[inline]
fn put_in(
    lines: &mut [u32],
    homes: u32,
    hash: u32,
    handle: impl Handle,
    mut show: impl FnMut(&Line),
) -> bool {
    let mut at = home(hash, homes) * LINE;
    loop {
        let Some(line) = lines.get_mut(at..).and_then(<[u32]>::first_chunk_mut) else {
            return false;
        };
        show(line);
        let place = taken(line);
        if place < PLACES {
            line[TAGS + place] = number_of(handle);
            line[place / 4] |= u32::from(tag_of(hash)) << (place % 4 * 8);
            line[1] += ENTRY;
            return true;
        }
        at += LINE;
    }
}

/// Returns the handle in a line that `is_it`, among those with this hash.
#[inline]
pub(crate) fn find_in<H: Handle>(line: &Line, hash: u32, is_it: impl Fn(H) -> bool) -> Option<H> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x0000_8080_8080_8080;
    // Bytes that are zero where tags are equal. The lowest such is found, and of the others some that are none, too.
    let tags = u64::from(line[1]) << 32 | u64::from(line[0]);
    let differ = tags ^ (u64::from(tag_of(hash)) * ONES);
    let mut hits = differ.wrapping_sub(ONES) & !differ & HIGH;
    while hits != 0 {
        let place = hits.trailing_zeros() as usize / 8;
        let handle = handle_of(line[(TAGS + place) % LINE]);
        if handle.is_some_and(&is_it) {
            return handle;
        }
        hits &= hits - 1;
    }
    None
}

/// Returns whether a line is not full.
#[inline]
pub(crate) const fn has_room(line: &Line) -> bool {
    line[1] < PLACES as u32 * ENTRY
}

/// Returns how many entries a line has.
#[inline]
const fn taken(line: &Line) -> usize {
    (line[1] / ENTRY) as usize
}

fn numbers(line: &Line) -> &[u32] {
    &line[TAGS..]
}

const fn tag(line: &Line, place: usize) -> u8 {
    (line[place / 4] >> (place % 4 * 8)) as u8
}

/// Returns the bits of a hash that tell entries with the same home apart.
#[inline]
const fn tag_of(hash: u32) -> u8 {
    hash as u8
}

fn number_of<H: Handle>(handle: H) -> u32 {
    handle.index() as u32 + 1
}

#[inline]
fn handle_of<H: Handle>(number: u32) -> Option<H> {
    number.checked_sub(1).map(H::from_index)
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeMap, vec::Vec};

    use super::*;
    use crate::NodeHandle;

    /// Everything that a look-up relies on.
    fn check(index: &Index<NodeHandle>, model: &BTreeMap<u32, u32>) {
        let lines: Vec<_> = index.lines(0).collect();
        for (number, line) in lines.iter().enumerate() {
            let entries = numbers(line).iter().filter(|n| **n != 0);
            assert_eq!(taken(line), entries.count());
            for place in 0..PLACES {
                let Some(handle) = handle_of::<NodeHandle>(numbers(line)[place]) else {
                    assert!(place >= taken(line) && tag(line, place) == 0);
                    continue;
                };
                let hash = model[&(handle.index() as u32)];
                assert_eq!(tag(line, place), tag_of(hash));
                let home = index.home(hash);
                assert!(home <= number && lines[home..number].iter().all(|line| !has_room(line)));
            }
        }
        assert_eq!(index.len as usize, model.len());
        let mut handles: Vec<_> = index.iter().map(|h| h.index() as u32).collect();
        handles.sort_unstable();
        assert!(handles.iter().eq(model.keys()));
    }

    #[test]
    fn finds_what_is_in_it_whatever_the_hashes() {
        // Spread; all in a few places; all at the very end.
        let hashes: [fn(u32) -> u32; 3] = [
            |n| n.wrapping_mul(0x9e37_79b1),
            |n| n % 5 * 1000,
            |n| u32::MAX - n % 3,
        ];
        for hash in hashes {
            let mut index = Index::<NodeHandle>::new(Memory::default());
            let mut model = BTreeMap::new();
            for step in 0..3000_u32 {
                let n = step.wrapping_mul(2_654_435_761) >> 8 & 0x1ff;
                let handle = NodeHandle::from_index(n);
                let was_in = model.remove(&n).is_some();
                if !was_in {
                    model.insert(n, hash(n));
                }
                let hash_of = |h: NodeHandle| model.get(&(h.index() as u32)).copied();
                if was_in {
                    index.remove(hash(n), handle, hash_of);
                } else {
                    index.insert(hash(n), handle, hash_of);
                }
                check(&index, &model);
                for n in [n, n + 1] {
                    let handle = NodeHandle::from_index(n);
                    let found = index.find(hash(n), |h| h == handle);
                    assert_eq!(found.is_some(), model.contains_key(&n));
                }
            }
            // The same at once; and not with one of them twice, be it the first or the last.
            let entry = |(n, hash): (&u32, &u32)| (*hash, NodeHandle::from_index(*n));
            let of = |twice: Option<u32>| {
                let twice = twice.iter().map(|n| (n, &model[n])).map(entry);
                let hashes = || model.iter().map(entry).chain(twice.clone());
                let len = hashes().count() as u32;
                Index::of(Memory::default(), len, hashes, |one, two| one == two)
            };
            check(&of(None).unwrap(), &model);
            for twice in [model.keys().min(), model.keys().max()] {
                assert!(of(twice.copied()).is_none());
            }
        }
    }

    #[test]
    fn gives_memory_back() {
        let mut index = Index::<NodeHandle>::new(Memory::default());
        let hash = |n: u32| n.wrapping_mul(0x9e37_79b1);
        let all = 0..10_000;
        for n in all.clone() {
            let is_in = |h: NodeHandle| Some(h.index() as u32).filter(|h| *h <= n);
            index.insert(hash(n), NodeHandle::from_index(n), |h| is_in(h).map(hash));
        }
        assert!(index.heap_bytes() < 10_000 * 12);
        for n in all {
            let is_in = |h: NodeHandle| Some(h.index() as u32).filter(|h| *h > n);
            index.remove(hash(n), NodeHandle::from_index(n), |h| is_in(h).map(hash));
        }
        assert!(index.heap_bytes() < 1000);
    }
}
