//! From an id to the handle of what has it.
//!
//! The table holds handles alone, four bytes each; the ids are looked up in the arena.

use core::hash::Hash;

use ahash::RandomState;
use hashbrown::HashTable;

/// A keyed hash of an id, made once for all tables of a graph.
#[derive(Clone, Debug)]
pub(super) struct Hasher(RandomState);

impl Hasher {
    pub(super) fn new(seed: u64) -> Self {
        let mut state = seed;
        // Four words that depend on all of the seed (splitmix64, by Sebastiano Vigna).
        let mut word = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self(RandomState::with_seeds(word(), word(), word(), word()))
    }

    #[inline]
    pub(super) fn hash<K: Hash>(&self, id: &K) -> u64 {
        self.0.hash_one(id)
    }
}

/// A hash table of handles.
#[derive(Debug)]
pub(super) struct Index<H> {
    table: HashTable<H>,
}

impl<H: Copy + Eq> Index<H> {
    pub(super) const fn new() -> Self {
        Self {
            table: HashTable::new(),
        }
    }

    /// Returns the handle whose id `is_it`, among those with this hash.
    #[inline]
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(H) -> bool) -> Option<H> {
        self.table.find(hash, |handle| is_it(*handle)).copied()
    }

    /// Adds a handle that is not in here; `hash_of` gives the hash of others when the table grows.
    pub(super) fn insert(&mut self, hash: u64, handle: H, hash_of: impl Fn(H) -> u64) {
        self.table.insert_unique(hash, handle, |h| hash_of(*h));
    }

    /// Forgets a handle.
    pub(super) fn remove(&mut self, hash: u64, handle: H) {
        if let Ok(entry) = self.table.find_entry(hash, |h| *h == handle) {
            entry.remove();
        }
    }

    /// Returns the bytes of heap that the table holds.
    pub(super) fn heap_bytes(&self) -> usize {
        self.table.allocation_size()
    }
}
