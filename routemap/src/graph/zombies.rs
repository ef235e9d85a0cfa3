//! Channels that were removed, remembered so that old gossip does not bring them back.

use alloc::collections::{BTreeMap, BTreeSet};

use lnwire::{
    BlockHeight, Instant, NodeId, ShortChannelId, Timestamp, Verified, bolt7::ChannelUpdate,
};

use super::{Config, Direction, Graph};
use crate::{change::Reason, instant};

/// A channel that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Zombie {
    /// Why.
    pub reason: Reason,
    /// When, in whole milliseconds.
    pub since: Instant,
    /// The nodes that it had, by which an update of it is checked; zeros if it never was in the graph.
    pub node_ids: [NodeId; 2],
    /// Which of these may revive it with a fresh update.
    pub may_revive: [bool; 2],
}

/// Why an update does not revive a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReviveError {
    /// The channel is not remembered as removed.
    #[error("not a removed channel")]
    NotAZombie,
    /// The node that sent the update cannot revive the channel.
    #[error("the channel is not revived by this node")]
    NotByThisNode,
    /// The update would be stale at once, or is from the future.
    #[error("of {offered}, which is not fresh")]
    NotFresh {
        /// The timestamp of the update.
        offered: Timestamp,
    },
}

/// Removed channels.
///
/// Invariant: `by_age` has exactly the zombies of `zombies`, by the time of their removal.
#[derive(Debug, Default)]
pub(super) struct Zombies {
    zombies: BTreeMap<ShortChannelId, Entry>,
    by_age: BTreeSet<(u64, ShortChannelId)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    zombie: Zombie,
    /// The block that spent the funding output; the latest one if another is not known.
    block: Option<BlockHeight>,
}

impl Zombies {
    #[inline]
    pub(super) fn get(&self, id: ShortChannelId) -> Option<&Zombie> {
        if self.zombies.is_empty() {
            return None;
        }
        self.zombies.get(&id).map(|entry| &entry.zombie)
    }

    /// Remembers a channel if its reason asks for that, in place of the oldest if there are too many.
    pub(super) fn insert(
        &mut self,
        config: &Config,
        block: Option<BlockHeight>,
        id: ShortChannelId,
        mut zombie: Zombie,
    ) {
        if !is_remembered(zombie.reason) || config.max_zombies == 0 {
            return;
        }
        zombie.since = instant::from_millis(instant::to_millis(zombie.since));
        self.remove(id);
        while self.zombies.len() >= config.max_zombies as usize {
            let Some((_, oldest)) = self.by_age.first().copied() else {
                break;
            };
            self.remove(oldest);
        }
        self.by_age.insert((instant::to_millis(zombie.since), id));
        self.zombies.insert(id, Entry { zombie, block });
    }

    /// Takes zombies as they were, in the order of their ids; the latest if there are too many.
    pub(super) fn restore(
        config: &Config,
        zombies: alloc::vec::Vec<(ShortChannelId, Zombie, Option<BlockHeight>)>,
    ) -> Self {
        let age = |(id, zombie, _): &(_, Zombie, _)| (instant::to_millis(zombie.since), *id);
        let by_age = zombies.iter().map(age).collect();
        let entry = |(id, zombie, block)| (id, Entry { zombie, block });
        let mut all = Self {
            zombies: zombies.into_iter().map(entry).collect(),
            by_age,
        };
        while all.len() > config.max_zombies as usize {
            let Some((_, oldest)) = all.by_age.first().copied() else {
                break;
            };
            all.remove(oldest);
        }
        all
    }

    /// Returns every zombie by id, with the block that spent it.
    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = (ShortChannelId, &Zombie, Option<BlockHeight>)> {
        let entries = self.zombies.iter();
        entries.map(|(id, entry)| (*id, &entry.zombie, entry.block))
    }

    pub(super) fn remove(&mut self, id: ShortChannelId) {
        if let Some(entry) = self.zombies.remove(&id) {
            let since = instant::to_millis(entry.zombie.since);
            self.by_age.remove(&(since, id));
        }
    }

    /// Forgets those that are old, unless their funding output was spent.
    pub(super) fn expire(&mut self, now: Instant, config: &Config) {
        let is_old = |zombie: &Zombie| {
            now.saturating_since(zombie.since) >= config.zombie_expiry && !is_spent(zombie.reason)
        };
        let old: alloc::vec::Vec<_> = self
            .by_age
            .iter()
            .take_while(|(since, _)| {
                now.saturating_since(instant::from_millis(*since)) >= config.zombie_expiry
            })
            .map(|(_, id)| *id)
            .filter(|id| self.get(*id).is_some_and(is_old))
            .collect();
        for id in old {
            self.remove(id);
        }
    }

    /// Forgets those that were spent in this block, which is no longer part of the chain.
    pub(super) fn disconnect_block(&mut self, height: BlockHeight) {
        let undone: alloc::vec::Vec<_> = self
            .zombies
            .iter()
            .filter(|(_, entry)| entry.block == Some(height) && is_spent(entry.zombie.reason))
            .map(|(id, _)| *id)
            .collect();
        for id in undone {
            self.remove(id);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.zombies.len()
    }

    pub(super) fn is_consistent(&self) -> bool {
        let by_age = self.zombies.iter().all(|(id, entry)| {
            let since = instant::to_millis(entry.zombie.since);
            self.by_age.contains(&(since, *id))
        });
        by_age && self.zombies.len() == self.by_age.len()
    }

    /// Returns about how many bytes the trees hold: they are three quarters full on average.
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = size_of::<(ShortChannelId, Entry)>() + size_of::<(u64, ShortChannelId)>();
        self.zombies.len() * entry * 4 / 3
    }
}

/// Returns whether channels that go for this reason are zombies.
pub(super) const fn is_remembered(reason: Reason) -> bool {
    match reason {
        Reason::Closed | Reason::Spliced(_) | Reason::Stale | Reason::BadFunding => true,
        Reason::Removed | Reason::ReorganisedOut | Reason::Conflict => false,
    }
}

const fn is_spent(reason: Reason) -> bool {
    matches!(reason, Reason::Closed | Reason::Spliced(_))
}

impl Graph {
    /// Returns what is remembered of a channel that was removed; its announcement and updates are refused.
    ///
    /// At most [`max_zombies`](Config::max_zombies) are remembered, the latest.
    #[must_use]
    pub fn zombie(&self, id: ShortChannelId) -> Option<&Zombie> {
        self.zombies.get(id)
    }

    /// Returns how many removed channels are remembered.
    #[must_use]
    pub fn zombie_count(&self) -> usize {
        self.zombies.len()
    }

    /// Remembers a channel that is not in the graph as if it had been removed: the chain says that its
    /// funding output was spent or never was. Nobody can revive it. Returns whether it is remembered now:
    /// not for other reasons, nor for a channel that is in the graph.
    pub fn add_zombie(&mut self, now: Instant, id: ShortChannelId, reason: Reason) -> bool {
        if reason == Reason::Stale || self.channel_by_scid(id).is_some() {
            return false;
        }
        let zombie = Zombie {
            reason,
            since: now,
            node_ids: [NodeId([0; 33]); 2],
            may_revive: [false; 2],
        };
        self.zombies
            .insert(&self.config, self.blocks.tip(), id, zombie);
        self.zombies.get(id).is_some_and(|z| z.reason == reason)
    }

    /// Forgets that a channel was removed, because one of the nodes that may do so sent a fresh update: it can
    /// be announced again, and the embedder asks its peers for that.
    ///
    /// # Errors
    /// [`ReviveError`] says why not; nothing has changed then.
    pub fn revive(
        &mut self,
        wall: Timestamp,
        update: &Verified<ChannelUpdate>,
    ) -> Result<(), ReviveError> {
        let id = update.short_channel_id();
        let zombie = self.zombies.get(id).ok_or(ReviveError::NotAZombie)?;
        let side = Direction::from_bit(update.direction()).side();
        let is_theirs = update.chain_hash() == self.config.chain_hash
            && zombie.may_revive[side]
            && update.signer() == zombie.node_ids[side];
        if !is_theirs {
            return Err(ReviveError::NotByThisNode);
        }
        self.set_wall_clock(wall);
        let offered = update.timestamp();
        let is_late = self.latest.is_some_and(|latest| offered > latest);
        if offered < self.oldest(wall) || is_late {
            return Err(ReviveError::NotFresh { offered });
        }
        self.zombies.remove(id);
        Ok(())
    }
}
