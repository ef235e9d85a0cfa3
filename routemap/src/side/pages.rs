//! Values by index, in pages that never move.

use alloc::{boxed::Box, vec::Vec};
use core::mem;

/// Values and the generations that they belong to.
#[derive(Debug)]
pub(super) struct Pages<T> {
    pages: Vec<Option<Page<T>>>,
    /// The binary logarithm of the entries on a page.
    bits: u32,
    /// Whether there shall be a place for every index, and pages stay when they are empty.
    keeps_pages: bool,
    len: usize,
}

#[derive(Debug)]
struct Page<T> {
    /// 0 where there is no value: generations of what is there are odd.
    generations: Box<[u32]>,
    values: Box<[T]>,
    taken: u32,
}

impl<T: Default> Pages<T> {
    pub(super) const fn new(bits: u32, keeps_pages: bool) -> Self {
        Self {
            pages: Vec::new(),
            bits,
            keeps_pages,
            len: 0,
        }
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<(u32, &T)> {
        let page = self.pages.get(index >> self.bits)?.as_ref()?;
        let at = index & self.mask();
        let generation = page.generations[at];
        (generation != 0).then(|| (generation, &page.values[at]))
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<(u32, &mut T)> {
        let mask = self.mask();
        let page = self.pages.get_mut(index >> self.bits)?.as_mut()?;
        let at = index & mask;
        let generation = page.generations[at];
        (generation != 0).then(|| (generation, &mut page.values[at]))
    }

    pub(super) fn set(&mut self, index: usize, generation: u32, value: T) {
        let (number, at) = (index >> self.bits, index & self.mask());
        if self.pages.len() <= number {
            self.pages.resize_with(number + 1, || None);
        }
        let bits = self.bits;
        let page = self.pages[number].get_or_insert_with(|| Page::new(1 << bits));
        let is_new = mem::replace(&mut page.generations[at], generation) == 0;
        page.values[at] = value;
        page.taken += u32::from(is_new);
        self.len += usize::from(is_new);
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<(u32, T)> {
        let mask = self.mask();
        let slot = self.pages.get_mut(index >> self.bits)?;
        let page = slot.as_mut()?;
        let at = index & mask;
        let generation = mem::take(&mut page.generations[at]);
        if generation == 0 {
            return None;
        }
        let value = mem::take(&mut page.values[at]);
        page.taken -= 1;
        self.len -= 1;
        if page.taken == 0 && !self.keeps_pages {
            *slot = None;
        }
        Some((generation, value))
    }

    /// Makes room for all indexes below `slots`.
    pub(super) fn reserve(&mut self, slots: usize) {
        let pages = slots.div_ceil(1 << self.bits);
        let bits = self.bits;
        while self.pages.len() < pages {
            self.pages.push(Some(Page::new(1 << bits)));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u32, &T)> {
        let pages = self.pages.iter().enumerate();
        pages.flat_map(|(number, page)| {
            let entries = page.iter().flat_map(|page| {
                let generations = page.generations.iter().copied();
                generations.zip(&page.values).enumerate()
            });
            let first = number << self.bits;
            entries
                .filter(|(_, (generation, _))| *generation != 0)
                .map(move |(at, (generation, value))| (first + at, generation, value))
        })
    }

    /// Returns whether there shall be a place for every index.
    pub(super) const fn is_dense(&self) -> bool {
        self.keeps_pages
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let entries = self.pages.iter().flatten().count() << self.bits;
        entries * (size_of::<u32>() + size_of::<T>())
            + self.pages.capacity() * size_of::<Option<Page<T>>>()
    }

    const fn mask(&self) -> usize {
        (1 << self.bits) - 1
    }
}

impl<T: Default> Page<T> {
    fn new(len: usize) -> Self {
        Self {
            generations: alloc::vec![0; len].into_boxed_slice(),
            values: (0..len).map(|_| T::default()).collect(),
            taken: 0,
        }
    }
}
