//! What may go to every peer, in one order: a peer's place in it is a number.

use alloc::collections::BTreeMap;

use super::item::{Item, Key};

/// A log of messages in which each key is once, at its newest. Slow peers find what was replaced gone, and only
/// the newest ahead.
#[derive(Debug, Default)]
pub(super) struct Log {
    items: BTreeMap<u64, (Key, Item)>,
    by_key: BTreeMap<Key, u64>,
    last: u64,
    bytes: usize,
}

impl Log {
    /// Appends a message; an older one with its key goes.
    pub(super) fn push(&mut self, key: Key, item: Item) {
        self.remove(key);
        self.last += 1;
        self.bytes += item.weight();
        self.by_key.insert(key, self.last);
        self.items.insert(self.last, (key, item));
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Item> {
        let number = self.by_key.remove(&key)?;
        let (_, item) = self.items.remove(&number)?;
        self.bytes -= item.weight();
        Some(item)
    }

    /// Takes the oldest one out.
    pub(super) fn pop(&mut self) -> Option<Item> {
        let (_, (key, item)) = self.items.pop_first()?;
        self.by_key.remove(&key);
        self.bytes -= item.weight();
        Some(item)
    }

    /// Forgets what lies at or before a place.
    pub(super) fn trim(&mut self, place: u64) {
        while self
            .items
            .first_key_value()
            .is_some_and(|(n, _)| *n <= place)
        {
            self.pop();
        }
    }

    /// Changes a message where it is.
    pub(super) fn change(&mut self, key: Key, change: impl FnOnce(&mut Item)) {
        let number = self.by_key.get(&key);
        if let Some((_, item)) = number.and_then(|number| self.items.get_mut(number)) {
            self.bytes -= item.weight();
            change(item);
            self.bytes += item.weight();
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<&Item> {
        let number = self.by_key.get(&key)?;
        self.items.get(number).map(|(_, item)| item)
    }

    /// Returns the next message behind a place.
    pub(super) fn after(&self, place: u64) -> Option<(u64, &Item)> {
        let behind = place.checked_add(1)?;
        let (number, (_, item)) = self.items.range(behind..).next()?;
        Some((*number, item))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &Item)> {
        self.items.values().map(|(key, item)| (*key, item))
    }

    /// Returns the place of the last message.
    pub(super) const fn end(&self) -> u64 {
        self.last
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
