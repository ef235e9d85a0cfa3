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
        let table = self.memory.block(homes as usize + self.tail as usize);
        let old = core::mem::replace(&mut self.table, table);
        let old_homes = core::mem::replace(&mut self.homes, homes);
        let mut at = 0;
        for entry in old.items().iter().filter(|entry| **entry != 0) {
            at = self.home(hash_of(*entry)).max(at);
            if at >= self.table.items().len() {
                self.table = old;
                self.homes = old_homes;
                return false;
            }
            self.set(at, *entry);
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
    use alloc::{collections::BTreeMap, vec::Vec};

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
            }
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
