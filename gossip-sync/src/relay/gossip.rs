//! What peers and this node say: collected, let out in parts, and forgotten.

use lnwire::{NodeId, ShortChannelId, Timestamp};

use super::{Key, Relay, item::Item};
use crate::ingest::VerifiedGossip;

impl Relay {
    /// Takes what a peer sent.
    pub(super) fn gossip(&mut self, from: NodeId, message: &VerifiedGossip) {
        if self.now < self.open_at {
            return;
        }
        let (key, mut item) = (Key::of(message), Item::new(message));
        if self.own.get(key).is_some() {
            return;
        }
        let held = [
            self.unready.get(key),
            self.collected.get(key),
            self.leaving.get(key),
            self.log.get(key),
        ];
        let newest = held.into_iter().flatten().map(|held| held.timestamp).max();
        if newest.is_some_and(|newest| newest >= item.timestamp) {
            return self.has(from, key, item.timestamp);
        }
        item.add_holder(self.holder(from), self.config.max_holders);
        if !self.make_room(item.weight()) {
            return;
        }
        match key {
            Key::Channel(_) => self.unready.insert(key, item),
            Key::Update(id, _) => {
                // The first one: now the channel may be told of.
                let channel = Key::Channel(id);
                if let Some(mut announcement) = self.unready.remove(channel) {
                    announcement.timestamp = item.timestamp;
                    self.collected.insert(channel, announcement);
                }
                self.collect(key, item);
            }
            Key::Node(_) => self.collect(key, item),
        }
    }

    pub(super) fn collect(&mut self, key: Key, item: Item) {
        // Where it is: one that is replaced all the time must not be put off all the time.
        if self.leaving.get(key).is_some() {
            return self.leaving.insert(key, item);
        }
        self.collected.insert(key, item);
        let at = self.now + self.config.flush_every;
        self.flush_at.get_or_insert(at);
    }

    pub(super) fn has(&mut self, peer: NodeId, key: Key, timestamp: Option<Timestamp>) {
        let (holder, max) = (self.holder(peer), self.config.max_holders);
        let is_channel = matches!(key, Key::Channel(_));
        let add = |item: &mut Item| {
            if is_channel || item.timestamp == timestamp {
                item.add_holder(holder, max);
            }
        };
        for batch in [&mut self.unready, &mut self.collected, &mut self.leaving] {
            batch.change(key, add);
        }
        self.log.change(key, add);
        self.own.change(key, add);
        self.make_room(0);
    }

    /// Takes what this node says.
    pub(super) fn say(&mut self, message: &VerifiedGossip, only: Option<NodeId>) {
        let (key, mut item) = (Key::of(message), Item::new(message));
        if self
            .own
            .get(key)
            .is_some_and(|old| old.timestamp > item.timestamp)
        {
            return;
        }
        item.only = only;
        self.own.push(key, item);
        while self.own.bytes() > self.config.max_own_bytes {
            self.lost += u64::from(self.own.pop().is_some());
        }
        self.wake_all();
    }

    pub(super) fn gone(&mut self, id: ShortChannelId) {
        for key in [Key::Channel(id), Key::Update(id, 0), Key::Update(id, 1)] {
            for batch in [&mut self.unready, &mut self.collected, &mut self.leaving] {
                batch.remove(key);
            }
            self.log.remove(key);
            self.own.remove(key);
        }
    }

    /// Begins to let out what was collected.
    pub(super) fn flush(&mut self) {
        self.flush_at = None;
        let older = core::mem::take(&mut self.leaving);
        self.leaving = core::mem::take(&mut self.collected);
        self.leaving.append(older);
        let parts = self.config.flush_every.as_nanos() / self.config.part_every.as_nanos().max(1);
        let parts = usize::try_from(parts).unwrap_or(usize::MAX).max(1);
        self.part = self.leaving.len().div_ceil(parts).max(self.config.min_part);
        self.part_at = Some(self.now);
    }

    pub(super) fn let_out(&mut self) {
        for _ in 0..self.part.max(1) {
            let Some((key, item)) = self.leaving.pop() else {
                break;
            };
            self.log.push(key, item);
        }
        let is_over = self.leaving.len() == 0;
        self.part_at = (!is_over).then(|| self.now + self.config.part_every);
        self.wake_all();
    }

    /// Makes room for others' gossip. Returns whether there is.
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        while self.held_bytes() + bytes > self.config.max_bytes {
            let gone = self.log.pop().is_some() || self.unready.pop().is_some();
            self.lost += 1;
            if !gone {
                return false;
            }
        }
        true
    }

    /// Forgets what every peer that wants it has passed.
    pub(super) fn trim(&mut self) {
        let filtered = self.peers.values().filter(|p| p.filter.is_some());
        let place = filtered.map(|p| p.place).min();
        self.log.trim(place.unwrap_or_else(|| self.log.end()));
    }

    pub(super) fn look_for_old(&mut self) {
        let oldest = u64::from(self.wall_clock.as_secs())
            .saturating_sub(self.config.refresh_after.as_secs());
        let is_old = |item: &Item| {
            let at = item.timestamp.map(|at| u64::from(at.as_secs()));
            at.is_some_and(|at| at <= oldest)
        };
        let old = self.own.iter().filter(|(_, item)| is_old(item));
        self.refreshes = old.map(|(key, _)| key).collect();
    }
}
