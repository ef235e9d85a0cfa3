//! From an id to the handle of what has it.
//!
//! A table of lines of six entries: a byte of the hash, its tag, and the handle. The ids are looked up in the arena.
//!
//! The upper bits of the hash say at which line an entry is at home. It is there, or all lines from there to the one
//! before its own are full.
//!
//! So a look-up nearly always reads half a line of the processor's cache, compares all tags at once without a branch for
//! each, and finds one entry that it can be. The fewer instructions a look-up takes, the more of them a processor
//! works at while it waits for memory. To insert is to write one line: nothing moves.

use core::marker::PhantomData;

use super::line::{Entry, Line, Sought, number_of};
use crate::{
    arena::Handle,
    memory::{Block, Memory},
    prefetch::prefetch_at,
};

/// A table of handles.
#[derive(Debug)]
pub(super) struct Index<H> {
    memory: Memory,
    table: Block<Line>,
    /// Lines that are home to hashes.
    homes: u32,
    /// Lines that follow, for what finds those before it full.
    tail: u32,
    len: u32,
    /// The greatest number that was ever in here.
    most: u32,
    handle: PhantomData<H>,
}

/// Entries in a line on average, in tenths, at most: one in fifteen is not at home then.
const MOST_TENTHS: u64 = 44;
const LEAST_TENTHS: u64 = 12;
const LEAST_HOMES: u32 = 2;
const LEAST_TAIL: u32 = 1;
/// Entries that are known before they are put in.
const AHEAD: usize = 16;

impl<H: Handle> Index<H> {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            table: memory.block(0),
            memory,
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
            let (homes, most) = (index.homes, &mut index.most);
            let mut all_differ = true;
            let has_room = index.table.write_all(|lines| {
                let mut put = |lines: &mut [Line], (hash, handle)| {
                    *most = number_of(handle).max(*most);
                    let mut show = |line: &Line| {
                        all_differ &= line.find(hash, &|h| are_same(h, handle)).is_none();
                    };
                    put_in(lines, homes, hash, handle, &mut show) && all_differ
                };
                let mut soon = [None; AHEAD];
                let mut place = 0;
                for entry in hashes() {
                    prefetch_at(lines, home(entry.0, homes));
                    let due = soon[place].replace(entry);
                    place = (place + 1) % AHEAD;
                    if !due.is_none_or(|due| put(lines, due)) {
                        return false;
                    }
                }
                soon.rotate_left(place);
                soon.into_iter().flatten().all(|due| put(lines, due))
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

    /// Returns the handle of what is sought, among those with this hash.
    // A part of the caller: ids may lie in a message, and are compared there.
    #[inline(always)]
    pub(super) fn find(&self, hash: u32, sought: &impl Sought<H>) -> Option<H> {
        let mut number = self.home(hash);
        loop {
            let line = self.line(number)?;
            let found = line.find(hash, sought);
            if found.is_some() || line.has_room() {
                return found;
            }
            number += 1;
        }
    }

    /// Asks for the line where a hash is at home.
    #[inline(always)]
    pub(super) fn prefetch(&self, hash: u32) {
        prefetch_at(self.table.items(), self.home(hash));
    }

    /// Returns a handle that has this hash, perhaps; `None` if it is not at home.
    #[inline(always)]
    pub(super) fn guess(&self, hash: u32) -> Option<H> {
        self.line(self.home(hash))?.find(hash, &|_| true)
    }

    /// Adds a handle that is not in here. `hash_of` knows the hashes of all that shall be, and of no other.
    pub(super) fn insert(&mut self, hash: u32, handle: H, hash_of: impl Fn(H) -> Option<u32>) {
        self.len += 1;
        self.most = self.most.max(number_of(handle));
        if u64::from(self.len) * 10 > u64::from(self.homes) * MOST_TENTHS {
            // The more it grows by, the less often everything is entered anew; by half, a graph would take more than 150 bytes
            // a channel right after.
            self.rebuild(self.homes + self.homes * 7 / 16 + 1, hash_of);
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
            let sought = number_of(handle);
            let place = line.entries().position(|e| e.number == sought);
            if let Some(place) = place {
                self.take(number, place, &hash_of);
                break;
            }
            if line.has_room() {
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
        let entries = self.table.items().iter().flat_map(Line::entries);
        entries.filter_map(Entry::handle)
    }

    /// Returns where others find the table; `None` if they do not.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) fn table(&self) -> Option<crate::shm::Table> {
        Some(crate::shm::Table {
            place: self.table.place()?,
            homes: self.homes,
            lines: self.table.items().len() as u32,
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
        self.table.items().get(number)
    }

    /// Writes an entry into the first line that has room; `false` if none has.
    fn put(&mut self, hash: u32, handle: H) -> bool {
        let entry = Entry::new(hash, handle);
        let mut number = self.home(hash);
        loop {
            match self.table.write(number, |line| line.push(entry)) {
                Some(false) => number += 1,
                has_room => return has_room.is_some(),
            }
        }
    }

    /// Takes the entry out that is at a place of a line. What is behind it moves up, as far as it is not at home.
    fn take(&mut self, mut number: usize, mut place: usize, hash_of: impl Fn(H) -> Option<u32>) {
        loop {
            let had_room = self.table.write(number, |line| {
                let had_room = line.has_room();
                line.swap_remove(place);
                had_room
            });
            if had_room != Some(false) {
                return;
            }
            let Some((from, entry)) = self.passed_by(number, &hash_of) else {
                return;
            };
            self.table.write(number, |line| line.push(entry));
            (number, place) = from;
        }
    }

    /// Returns where an entry is that would be in this line if it had had room, and the entry.
    fn passed_by(
        &self,
        number: usize,
        hash_of: impl Fn(H) -> Option<u32>,
    ) -> Option<((usize, usize), Entry)> {
        let is_nearer = |entry: &Entry| {
            let hash = entry.handle().and_then(&hash_of);
            hash.is_some_and(|hash| self.home(hash) <= number)
        };
        let lines = self.table.items().iter().enumerate();
        for (behind, line) in lines.skip(number + 1) {
            let mut entries = line.entries().enumerate();
            if let Some((place, entry)) = entries.find(|(_, entry)| is_nearer(entry)) {
                return Some(((behind, place), entry));
            }
            if line.has_room() {
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
        let (homes, most) = (self.homes, self.most);
        self.table.write_all(|lines| {
            (0..most).all(|index| {
                let handle = H::from_index(index);
                hash_of(handle).is_none_or(|hash| put_in(lines, homes, hash, handle, |_| ()))
            })
        })
    }

    fn make_table(&mut self) {
        let lines = self.homes as usize + self.tail as usize;
        self.table = self.memory.block(lines);
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
    lines: &mut [Line],
    homes: u32,
    hash: u32,
    handle: impl Handle,
    mut show: impl FnMut(&Line),
) -> bool {
    let entry = Entry::new(hash, handle);
    let lines = lines.get_mut(home(hash, homes)..).unwrap_or_default();
    lines.iter_mut().any(|line| {
        show(line);
        line.push(entry)
    })
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeMap, vec::Vec};

    use super::*;
    use crate::NodeHandle;

    /// Everything that a look-up relies on.
    fn check(index: &Index<NodeHandle>, model: &BTreeMap<u32, u32>) {
        let lines = index.table.items();
        for (number, line) in lines.iter().enumerate() {
            for entry in line.entries() {
                let handle = entry.handle().unwrap();
                let hash = model[&(NodeHandle::index(handle) as u32)];
                assert_eq!(entry, Entry::new(hash, handle));
                let home = index.home(hash);
                assert!(home <= number && lines[home..number].iter().all(|l| !l.has_room()));
                assert_eq!(line.find(hash, &|h| h == handle), Some(handle));
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
                    let found = index.find(hash(n), &|h| h == handle);
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
