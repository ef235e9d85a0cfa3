//! The kinds of tables, behind one interface.

use alloc::{boxed::Box, collections::BTreeMap};

use super::pages::Pages;

/// How a side table lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A place for each handle, for values that nearly everything has. Grows with the graph and keeps its
    /// memory.
    Dense,
    /// Small pages of places, made when the first value on them is set and given back with the last, for
    /// values that many have, or that handles near each other have.
    Paged,
    /// A tree, for values that few have.
    Sparse,
}

/// Values by index, with the generation that each belongs to.
#[derive(Debug)]
pub(crate) struct Table<T>(Form<T>);

#[derive(Debug)]
enum Form<T> {
    Pages(Pages<T>),
    Tree(BTreeMap<u32, (u32, T)>),
}

/// As large as a chunk of the arenas.
const DENSE_BITS: u32 = 10;
const PAGED_BITS: u32 = 6;

impl<T: Default> Table<T> {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self(match kind {
            Kind::Dense => Form::Pages(Pages::new(DENSE_BITS, true)),
            Kind::Paged => Form::Pages(Pages::new(PAGED_BITS, false)),
            Kind::Sparse => Form::Tree(BTreeMap::new()),
        })
    }

    /// Returns the generation and the value.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<(u32, &T)> {
        match &self.0 {
            Form::Pages(pages) => pages.get(index),
            Form::Tree(tree) => tree.get(&(index as u32)).map(|(g, value)| (*g, value)),
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<(u32, &mut T)> {
        match &mut self.0 {
            Form::Pages(pages) => pages.get_mut(index),
            Form::Tree(tree) => tree.get_mut(&(index as u32)).map(|(g, value)| (*g, value)),
        }
    }

    /// Sets a value in place of what was there.
    pub(crate) fn set(&mut self, index: usize, generation: u32, value: T) {
        match &mut self.0 {
            Form::Pages(pages) => pages.set(index, generation, value),
            Form::Tree(tree) => {
                tree.insert(index as u32, (generation, value));
            }
        }
    }

    pub(crate) fn remove(&mut self, index: usize) -> Option<(u32, T)> {
        match &mut self.0 {
            Form::Pages(pages) => pages.remove(index),
            Form::Tree(tree) => tree.remove(&(index as u32)),
        }
    }

    /// Follows the growth of the graph to so many slots.
    pub(crate) fn follow_growth(&mut self, slots: usize) {
        match &mut self.0 {
            Form::Pages(pages) if pages.is_dense() => pages.reserve(slots),
            _ => {}
        }
    }

    /// Returns index, generation and value of every entry, in the order of the indexes.
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = (usize, u32, &T)> + '_> {
        match &self.0 {
            Form::Pages(pages) => Box::new(pages.iter()),
            Form::Tree(tree) => Box::new(
                tree.iter()
                    .map(|(index, (g, value))| (*index as usize, *g, value)),
            ),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Form::Pages(pages) => pages.len(),
            Form::Tree(tree) => tree.len(),
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes that the table holds, without what its values hold themselves; about, for a tree.
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Form::Pages(pages) => pages.heap_bytes(),
            Form::Tree(tree) => tree.len() * size_of::<(u32, (u32, T))>() * 4 / 3,
        }
    }
}
