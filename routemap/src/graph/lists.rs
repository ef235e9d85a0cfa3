//! Memory for the lists of channels that nodes have.
//!
//! A list is a run of 32-bit words, more than a third of them in use, so that walking it reads memory from front
//! to back. A short list is no run: the words lie in the node's own record. Runs have two sizes per power of
//! two. Those of up to a chunk are cut from chunks, and wait in a list of free runs per size when they are
//! given back; longer ones are blocks of their own.

use alloc::vec::Vec;

use crate::{
    memory::{Block, Memory},
    prefetch::prefetch_at,
};

/// Where a list is; part of the node's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// All words and then zeros, or the place of the run first.
    pub(crate) words: [u32; INLINE],
    /// Words in it.
    pub(crate) len: u32,
    /// Says how many words there is room for; see `room`.
    pub(crate) class: u8,
}

/// The memory of all lists.
#[derive(Debug)]
pub(super) struct Lists {
    memory: Memory,
    chunks: Vec<Block<u32>>,
    /// Words of the chunks that were handed out.
    used: u32,
    /// Places of free runs by class.
    free: [Vec<u32>; CHUNK_CLASS as usize + 1],
    /// Runs longer than a chunk.
    long: Vec<Option<Block<u32>>>,
    free_long: Vec<u32>,
}

/// Words for which there is room in the record of a node: class 0.
pub(crate) const INLINE: usize = room(0) as usize;
/// The class of a run that fills a chunk.
pub(crate) const CHUNK_CLASS: u8 = 16;
pub(crate) const CHUNK: usize = room(CHUNK_CLASS) as usize;

/// Returns the words in a run of a class: 4, 6, 8, 12, 16 and so on.
pub(crate) const fn room(class: u8) -> u32 {
    // Without a branch, of which a processor would guess every fourth wrong.
    let class = class as u32;
    (2 + class % 2) << (class / 2) << 1
}

impl List {
    /// Returns what stands in the record of a node for a list of these words.
    fn inline(words: &[u32]) -> [u32; INLINE] {
        let mut inline = [0; INLINE];
        let places = inline.iter_mut();
        places.zip(words).for_each(|(place, word)| *place = *word);
        inline
    }

    /// Returns the place of the run.
    pub(crate) const fn place(&self) -> u32 {
        self.words[0]
    }
}

impl Lists {
    pub(super) const fn new(memory: Memory) -> Self {
        Self {
            memory,
            chunks: Vec::new(),
            used: 0,
            free: [const { Vec::new() }; CHUNK_CLASS as usize + 1],
            long: Vec::new(),
            free_long: Vec::new(),
        }
    }

    /// Returns the words of a list that is not in a node's record itself.
    #[inline]
    pub(super) fn words(&self, list: List) -> &[u32] {
        let place = list.place() as usize;
        let (block, from) = if list.class <= CHUNK_CLASS {
            (self.chunks.get(place / CHUNK), place % CHUNK)
        } else {
            (self.long.get(place).and_then(Option::as_ref), 0)
        };
        block
            .and_then(|block| block.items().get(from..from + list.len as usize))
            .unwrap_or_default()
    }

    /// Returns the words of a list, wherever they are.
    fn all_words<'a>(&'a self, list: &'a List) -> &'a [u32] {
        match list.class {
            0 => list.words.get(..list.len as usize).unwrap_or_default(),
            _ => self.words(*list),
        }
    }

    /// Asks for where the next word of a list goes.
    #[inline(always)]
    pub(super) fn prefetch_end(&self, list: List) {
        let place = list.place() as usize;
        if let (1..=CHUNK_CLASS, Some(chunk)) = (list.class, self.chunks.get(place / CHUNK)) {
            prefetch_at(chunk.items(), place % CHUNK + list.len as usize);
        }
    }

    /// Makes a list of these words, one at least.
    pub(super) fn of(&mut self, words: &[u32]) -> List {
        let mut list = List {
            len: words.len() as u32,
            ..List::default()
        };
        while room(list.class) < list.len {
            list.class += 1;
        }
        if list.class == 0 {
            list.words = List::inline(words);
            return list;
        }
        list.words[0] = self.allocate(list.class);
        if let Some((block, place)) = self.run_mut(list) {
            block.write_from(place, words);
        }
        list
    }

    /// Adds a word at the end.
    #[inline]
    pub(super) fn push(&mut self, list: &mut List, word: u32) {
        if list.len == room(list.class) {
            self.resize(list, list.class + 1);
        }
        list.len += 1;
        self.set(list, list.len - 1, word);
    }

    /// Takes a word out; the last one takes its place. Nothing happens if it is not there.
    pub(super) fn remove(&mut self, list: &mut List, word: u32) {
        let Some(place) = self.find(list, word) else {
            debug_assert!(false, "it is in the list");
            return;
        };
        let last = self.word(list, list.len - 1);
        self.set(list, place, last);
        list.len -= 1;
        if list.class == 0 {
            self.set(list, list.len, 0);
        }
        while list.class > 0 && list.len <= room(list.class) / 3 {
            self.resize(list, list.class - 1);
        }
    }

    /// Returns where a word is.
    fn find(&self, list: &List, word: u32) -> Option<u32> {
        // First in which part, which is many comparisons at once, as many lists are long.
        const PART: usize = 64;
        let mut parts = self.all_words(list).chunks(PART).enumerate();
        let (number, part) = parts.find(|(_, part)| part.contains(&word))?;
        let at = part.iter().position(|other| *other == word)?;
        Some((number * PART + at) as u32)
    }

    /// Returns the chunks, and the longer runs.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) fn blocks(&self) -> (&[Block<u32>], &[Option<Block<u32>>]) {
        (&self.chunks, &self.long)
    }

    /// Returns the bytes that lists hold, or have held and will again.
    pub(super) fn heap_bytes(&self) -> usize {
        let free: usize = self.free.iter().map(Vec::capacity).sum();
        self.chunks.iter().map(Block::bytes).sum::<usize>()
            + self.long.iter().flatten().map(Block::bytes).sum::<usize>()
            + (free + self.free_long.capacity()) * size_of::<u32>()
            + self.chunks.capacity() * size_of::<Block<u32>>()
            + self.long.capacity() * size_of::<Option<Block<u32>>>()
    }

    /// Moves a list to a run of another class, which has room for it.
    #[inline(never)]
    fn resize(&mut self, list: &mut List, class: u8) {
        let old = *list;
        list.class = class;
        if class == 0 {
            list.words = List::inline(self.words(old));
        } else {
            list.words = List::inline(&[self.allocate(class)]);
            self.copy(&old, *list);
        }
        self.free(old);
    }

    /// Copies the words of a list to another run, many at a time.
    fn copy(&mut self, old: &List, new: List) {
        const MANY: usize = 16;
        let mut words = [0; MANY];
        for first in (0..old.len as usize).step_by(MANY) {
            let rest = self.all_words(old).get(first..).unwrap_or_default();
            let count = rest.len().min(MANY);
            words[..count].copy_from_slice(&rest[..count]);
            let Some((block, place)) = self.run_mut(new) else {
                return;
            };
            block.write_from(place + first, &words[..count]);
        }
    }

    /// Returns the block that a run is in, and where it begins there.
    fn run_mut(&mut self, list: List) -> Option<(&mut Block<u32>, usize)> {
        let place = list.place() as usize;
        if list.class <= CHUNK_CLASS {
            let chunk = self.chunks.get_mut(place / CHUNK)?;
            Some((chunk, place % CHUNK))
        } else {
            Some((self.long.get_mut(place)?.as_mut()?, 0))
        }
    }

    fn allocate(&mut self, class: u8) -> u32 {
        if class > CHUNK_CLASS {
            let place = self.free_long.pop().unwrap_or_else(|| {
                self.long.push(None);
                self.long.len() as u32 - 1
            });
            self.long[place as usize] = Some(self.memory.block(room(class) as usize));
            return place;
        }
        if let Some(place) = self.free[class as usize].pop() {
            return place;
        }
        // The rest of a chunk that is too short is room for shorter ones, but for a last word.
        let mut rest = (self.chunks.len() * CHUNK) as u32 - self.used;
        if rest < room(class) {
            for shorter in (1..class).rev() {
                while room(shorter) <= rest {
                    self.free[shorter as usize].push(self.used);
                    self.used += room(shorter);
                    rest -= room(shorter);
                }
            }
            self.used += rest;
            self.chunks.push(self.memory.block(CHUNK));
        }
        let place = self.used;
        self.used += room(class);
        place
    }

    fn free(&mut self, list: List) {
        if list.class > CHUNK_CLASS {
            self.long[list.place() as usize] = None;
            self.free_long.push(list.place());
        } else if list.class > 0 {
            self.free[list.class as usize].push(list.place());
        }
    }

    fn word(&self, list: &List, position: u32) -> u32 {
        let word = self.all_words(list).get(position as usize);
        word.copied().unwrap_or(0)
    }

    #[inline]
    fn set(&mut self, list: &mut List, position: u32, word: u32) {
        let position = position as usize;
        if list.class == 0 {
            if let Some(old) = list.words.get_mut(position) {
                *old = word;
            }
        } else if let Some((block, first)) = self.run_mut(*list) {
            block.write(first + position, |old| *old = word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_words_and_memory_is_used_again() {
        let mut lists = Lists::new(Memory::default());
        let mut all = [List::default(); 7];
        let mut model: [Vec<u32>; 7] = Default::default();
        let mut state = 1_u32;
        let mut most = 0;
        for round in 0..8 {
            // Up to some 5000 words each, then down to nothing.
            for step in 0..60_000_u32 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let i = (state >> 16) as usize % 7;
                let grows = (state >> 8) % 100 < if step < 40_000 { 80 } else { 2 };
                if grows {
                    lists.push(&mut all[i], state);
                    model[i].push(state);
                } else if let Some(last) = model[i].len().checked_sub(1) {
                    let position = (state >> 3) as usize % (last + 1);
                    lists.remove(&mut all[i], model[i].swap_remove(position));
                }
                let list = all[i];
                assert_eq!(lists.all_words(&list), model[i]);
                let mut rest = list.words.iter().skip(list.len as usize);
                assert!(list.class > 0 || rest.all(|word| *word == 0));
                let room = room(list.class);
                assert!(list.len <= room && (list.class == 0 || room < 3 * list.len));
            }
            for i in 0..7 {
                while let Some(word) = model[i].pop() {
                    lists.remove(&mut all[i], word);
                }
                assert_eq!(all[i].len, 0);
            }
            let free = lists.free.iter().enumerate();
            let free_words = free.map(|(class, places)| places.len() as u32 * room(class as u8));
            let lost = lists.used - free_words.sum::<u32>();
            assert!(lost as usize <= lists.chunks.len(), "{lost}");
            assert!(lists.long.iter().all(Option::is_none));
            if round == 1 {
                most = lists.heap_bytes();
            }
        }
        assert!(lists.heap_bytes() <= 2 * most);
    }
}
