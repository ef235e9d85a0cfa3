//! From an id to the handle of what has it.
//!
//! A table of hashes and handles, eight bytes each; the ids are looked up in the arena. An entry lies at the
//! place that its hash gives it or as soon after as there was room, and the table is in the order of the
//! hashes throughout (Amble and Knuth's ordered hashing):
//!
//! 1. Between the place that an entry's hash gives it and the entry itself no place is empty.
//! 2. Hashes never fall along the table.
//!
//! So a look-up reads one run of memory and ends at the first greater hash, and to grow is to copy from front
//! to back into a table that is larger by an eighth: it needs no id and costs about as much as a copy.

use alloc::{vec, vec::Vec};
use core::marker::PhantomData;

use crate::{
    arena::Handle,
    memory::{Block, Memory},
};

/// A table of handles.
#[derive(Debug)]
pub(super) struct Index<H> {
    memory: Memory,
    /// The hash in the upper half, the handle's number in the lower; 0 is empty.
    table: Block<u64>,
    /// Places that hashes give.
    homes: u32,
    /// Places that follow, for what is put off at the end.
    tail: u32,
    len: u32,
    handle: PhantomData<H>,
}

const LEAST_HOMES: u32 = 16;
const LEAST_TAIL: u32 = 64;
/// Places that are looked at together.
const WINDOW: usize = 8;

impl<H: Handle> Index<H> {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            table: memory.block(0),
            memory,
            homes: 0,
            tail: LEAST_TAIL,
            len: 0,
            handle: PhantomData,
        }
    }

    /// Makes the index of handles, each there once, in the order of their slots.
    ///
    /// The cost does not depend on the hashes.
    pub(super) fn build(
        memory: Memory,
        len: usize,
        handles: impl Iterator<Item = (u32, H)>,
    ) -> Self {
        let mut entries = Vec::with_capacity(len);
        entries.extend(handles.map(|(hash, handle)| entry(hash, handle)));
        sort_by_hash(&mut entries);
        let mut index = Self::new(memory);
        index.len = entries.len() as u32;
        // Five sixths of the homes are taken.
        let homes = index.len + index.len / 5;
        while !index.fill(homes.max(LEAST_HOMES), entries.iter().copied()) {
            index.tail *= 2;
        }
        index
    }

    /// Returns whether two handles have the same id.
    pub(super) fn has_doubles<K: Ord>(&self, id: impl Fn(H) -> K) -> bool {
        let mut entries = self.iter();
        let Some((mut last, mut first)) = entries.next() else {
            return false;
        };
        // The ids of a hash that several have.
        let mut ids = Vec::new();
        let are_doubled = |ids: &mut Vec<K>| {
            ids.sort_unstable();
            let are_doubled = ids.windows(2).any(|pair| pair[0] == pair[1]);
            ids.clear();
            are_doubled
        };
        for (hash, handle) in entries {
            if hash == last {
                if ids.is_empty() {
                    ids.push(id(first));
                }
                ids.push(id(handle));
            } else {
                if !ids.is_empty() && are_doubled(&mut ids) {
                    return true;
                }
                (last, first) = (hash, handle);
            }
        }
        are_doubled(&mut ids)
    }

    /// Returns the handle whose id `is_it`, among those with this hash.
    #[inline]
    pub(super) fn find(&self, hash: u32, mut is_it: impl FnMut(H) -> bool) -> Option<H> {
        let items = self.table.items();
        let mut at = self.home(hash);
        // Lesser ones come first, how many cannot be guessed: they are counted without a branch for each.
        while let Some(window) = items.get(at..at + WINDOW) {
            let lesser = window.iter().map(|e| usize::from(is_lesser(*e, hash)));
            let lesser: usize = lesser.sum();
            at += lesser;
            if lesser < WINDOW {
                break;
            }
        }
        for entry in items.get(at..)?.iter().skip_while(|e| is_lesser(**e, hash)) {
            if *entry == 0 || hash_of(*entry) > hash {
                return None;
            }
            if is_it(handle_of(*entry)) {
                return Some(handle_of(*entry));
            }
        }
        None
    }

    /// Adds a handle that is not in here.
    pub(super) fn insert(&mut self, hash: u32, handle: H) {
        // At most seven eighths of the homes are taken.
        if (u64::from(self.len) + 1) * 8 > u64::from(self.homes) * 7 {
            self.rebuild(self.homes + self.homes / 8);
        }
        while !self.put(hash, handle) {
            self.tail *= 2;
            self.rebuild(self.homes);
        }
        self.len += 1;
    }

    /// Forgets a handle.
    pub(super) fn remove(&mut self, hash: u32, handle: H) {
        let items = self.table.items();
        let gone = entry(hash, handle);
        let Some(mut at) = (self.home(hash)..items.len())
            .take_while(|at| items[*at] != 0)
            .find(|at| items[*at] == gone)
        else {
            return;
        };
        // Those behind it move up, up to one that is at home.
        loop {
            let next = self.table.items().get(at + 1).copied().unwrap_or(0);
            let moves = next != 0 && self.home(hash_of(next)) <= at;
            self.set(at, if moves { next } else { 0 });
            if !moves {
                break;
            }
            at += 1;
        }
        self.len -= 1;
        if self.homes > LEAST_HOMES && self.len < self.homes / 4 {
            self.rebuild(self.homes / 2);
        }
    }

    /// Returns every entry: hash and handle.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, H)> {
        let taken = self.table.items().iter().filter(|entry| **entry != 0);
        taken.map(|entry| (hash_of(*entry), handle_of(*entry)))
    }

    /// Returns the table, and how many places hashes give.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) const fn table(&self) -> (&Block<u64>, u32) {
        (&self.table, self.homes)
    }

    /// Returns the bytes that the table holds.
    pub(super) fn heap_bytes(&self) -> usize {
        self.table.bytes()
    }

    #[inline]
    const fn home(&self, hash: u32) -> usize {
        home(hash, self.homes)
    }

    /// Puts an entry behind those of lesser or equal hash; `false` if there is no room at the end.
    fn put(&mut self, hash: u32, handle: H) -> bool {
        let items = self.table.items();
        let mut at = self.home(hash);
        while items
            .get(at)
            .is_some_and(|e| *e != 0 && hash_of(*e) <= hash)
        {
            at += 1;
        }
        let Some(len) = items
            .get(at..)
            .and_then(|rest| rest.iter().position(|e| *e == 0))
        else {
            return false;
        };
        self.table.move_up(at..at + len);
        self.set(at, entry(hash, handle));
        true
    }

    /// Copies everything into a table of so many homes.
    fn rebuild(&mut self, homes: u32) {
        while !self.copy_to(homes.max(LEAST_HOMES)) {
            self.tail *= 2;
        }
    }

    fn copy_to(&mut self, homes: u32) -> bool {
        let table = self.memory.block(0);
        let old = core::mem::replace(&mut self.table, table);
        let old_homes = self.homes;
        let entries = old.items().iter().copied().filter(|entry| *entry != 0);
        let has_room = self.fill(homes, entries);
        if !has_room {
            self.table = old;
            self.homes = old_homes;
        }
        has_room
    }

    /// Makes the table of entries that come by hash; `false` if there is no room at the end.
    fn fill(&mut self, homes: u32, entries: impl Iterator<Item = u64>) -> bool {
        self.table = self.memory.block(homes as usize + self.tail as usize);
        self.homes = homes;
        let mut at = 0;
        for entry in entries {
            at = self.home(hash_of(entry)).max(at);
            if at >= self.table.items().len() {
                return false;
            }
            self.set(at, entry);
            at += 1;
        }
        true
    }

    #[inline]
    fn set(&mut self, at: usize, entry: u64) {
        self.table.write(at, |old| *old = entry);
    }
}

/// Returns the place that a hash gives among so many.
#[inline]
pub(crate) const fn home(hash: u32, homes: u32) -> usize {
    ((hash as u64 * homes as u64) >> 32) as usize
}

fn entry<H: Handle>(hash: u32, handle: H) -> u64 {
    u64::from(hash) << 32 | (handle.index() as u64 + 1)
}

/// Sorts entries by their hashes, eleven bits at a time from the lowest: hashes are spread, and comparing would take
/// several times as long.
fn sort_by_hash(entries: &mut Vec<u64>) {
    const BITS: u32 = 11;
    const DIGITS: usize = 1 << BITS;
    let digit = |entry: u64, round: u32| (entry >> (32 + round * BITS)) as usize % DIGITS;
    let mut sorted = vec![0; entries.len()];
    for round in 0..3 {
        let mut places = [0_u32; DIGITS];
        for entry in &*entries {
            places[digit(*entry, round)] += 1;
        }
        let mut next = 0;
        for place in &mut places {
            next += core::mem::replace(place, next);
        }
        for entry in &*entries {
            let place = &mut places[digit(*entry, round)];
            sorted[*place as usize] = *entry;
            *place += 1;
        }
        core::mem::swap(entries, &mut sorted);
    }
}

#[inline]
pub(crate) const fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

/// Returns whether an entry has a lesser hash; an empty one has not.
#[inline]
const fn is_lesser(entry: u64, hash: u32) -> bool {
    hash_of(entry.wrapping_sub(1)) < hash
}

/// Returns the handle of an entry that is not empty.
#[inline]
pub(crate) fn handle_of<H: Handle>(entry: u64) -> H {
    H::from_index((entry as u32).wrapping_sub(1))
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::*;
    use crate::NodeHandle;

    /// Everything that a look-up relies on.
    fn check(index: &Index<NodeHandle>, model: &BTreeMap<u32, u32>) {
        let items = index.table.items();
        let mut last = 0;
        for (at, entry) in items.iter().enumerate().filter(|(_, e)| **e != 0) {
            let (home, hash) = (index.home(hash_of(*entry)), hash_of(*entry));
            assert!(home <= at && items[home..at].iter().all(|e| *e != 0));
            assert!(hash >= last);
            last = hash;
        }
        assert_eq!(index.len as usize, model.len());
        let mut handles: Vec<_> = index.iter().map(|(_, h)| h.index() as u32).collect();
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
                if model.remove(&n).is_some() {
                    index.remove(hash(n), handle);
                } else {
                    index.insert(hash(n), handle);
                    model.insert(n, hash(n));
                }
                check(&index, &model);
                for n in [n, n + 1] {
                    let handle = NodeHandle::from_index(n);
                    let found = index.find(hash(n), |h| h == handle);
                    assert_eq!(found.is_some(), model.contains_key(&n));
                }
                if step % 100 == 0 {
                    let handles = model.iter().map(|(n, h)| (*h, NodeHandle::from_index(*n)));
                    check(
                        &Index::build(Memory::default(), model.len(), handles),
                        &model,
                    );
                }
            }
        }
    }

    #[test]
    fn doubles_are_found_among_those_of_a_hash() {
        let handles = |len| (0..len).map(|n| (n % 3, NodeHandle::from_index(n)));
        for len in 0..20 {
            let index = Index::build(Memory::default(), len as usize, handles(len));
            assert!(!index.has_doubles(|handle| handle.index()));
            // 6 and 15 have a hash in common, 6 and 14 do not.
            let same =
                |one, two| index.has_doubles(|h| if h.index() == two { one } else { h.index() });
            assert_eq!(same(6, 15), len > 15);
            assert!(!same(6, 14));
        }
    }

    #[test]
    fn gives_memory_back() {
        let mut index = Index::<NodeHandle>::new(Memory::default());
        let hash = |n: u32| n.wrapping_mul(0x9e37_79b1);
        for n in 0..10_000 {
            index.insert(hash(n), NodeHandle::from_index(n));
        }
        assert!(index.heap_bytes() < 10_000 * 11);
        for n in 0..10_000 {
            index.remove(hash(n), NodeHandle::from_index(n));
        }
        assert!(index.heap_bytes() < 1000);
    }
}
