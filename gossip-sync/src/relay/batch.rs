//! What is collected until the next flush, and what of the last one is still to be let out.

use alloc::collections::BTreeMap;

use super::item::{Item, Key};

/// Messages by key, each once, at its newest.
#[derive(Debug, Default)]
pub(super) struct Batch {
    items: BTreeMap<Key, Item>,
    bytes: usize,
}

impl Batch {
    pub(super) fn insert(&mut self, key: Key, item: Item) {
        self.remove(key);
        self.bytes += item.weight();
        self.items.insert(key, item);
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Item> {
        let item = self.items.remove(&key)?;
        self.bytes -= item.weight();
        Some(item)
    }

    pub(super) fn get(&self, key: Key) -> Option<&Item> {
        self.items.get(&key)
    }

    /// Changes a message where it is.
    pub(super) fn change(&mut self, key: Key, change: impl FnOnce(&mut Item)) {
        if let Some(item) = self.items.get_mut(&key) {
            self.bytes -= item.weight();
            change(item);
            self.bytes += item.weight();
        }
    }

    /// Takes the first one out.
    pub(super) fn pop(&mut self) -> Option<(Key, Item)> {
        let key = *self.items.first_key_value()?.0;
        Some((key, self.remove(key)?))
    }

    /// Adds all of another, which is older: what is here already stays.
    pub(super) fn append(&mut self, older: Self) {
        for (key, item) in older.items {
            if !self.items.contains_key(&key) {
                self.insert(key, item);
            }
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
}
