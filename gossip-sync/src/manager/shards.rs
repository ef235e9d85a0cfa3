//! The blocks, cut into shards, and who has listed them.

use alloc::{collections::BTreeMap, vec::Vec};

use lnwire::{BlockHeight, NodeId};

use super::Config;
use crate::syncer::Blocks;

/// The most shards. At 16,384 channels in each they hold sixteen million.
const MAX_SHARDS: usize = 1024;
/// No short channel id names a block from here on: it has 24 bits for that.
const NO_CHANNEL_FROM: u32 = 1 << 24;
/// The most lists remembered of a shard. The one with the fewest true channels makes place.
const MAX_LISTS: usize = 8;

/// Who speaks: peers of one network with one voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Voice {
    Group(u64),
    Alone(NodeId),
}

/// All blocks up to an end, in shards without gaps; by their first blocks.
#[derive(Debug)]
pub(super) struct Shards {
    shards: BTreeMap<BlockHeight, Shard>,
}

#[derive(Debug)]
struct Shard {
    end: BlockHeight,
    /// How many are being asked, or what came of it is being looked at.
    taken: usize,
    /// How many of those have said nothing for a while.
    shared: usize,
    /// Not listed in this round so far.
    is_due: bool,
    lists: Vec<List>,
}

/// What somebody listed of a shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) voice: Voice,
    /// How many of them are true.
    pub(super) channels: usize,
    /// All that was asked for came.
    pub(super) is_whole: bool,
}

/// A shard that somebody is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) blocks: Blocks,
    /// Others may be asked for it, too.
    is_shared: bool,
}

impl Shard {
    const fn new(end: BlockHeight) -> Self {
        Self {
            end,
            taken: 0,
            shared: 0,
            is_due: true,
            lists: Vec::new(),
        }
    }

    fn channels(&self) -> usize {
        self.lists.iter().map(|l| l.channels).max().unwrap_or(0)
    }

    /// Nobody is being asked but peers that say nothing.
    const fn is_free(&self) -> bool {
        self.taken == self.shared
    }

    /// By how many it was listed. What is less than half of another's list does not count.
    fn level(&self) -> usize {
        self.counted().count()
    }

    /// Returns whether so many have listed it and kept nothing back. What one did not send, another is asked for.
    fn is_known_to(&self, quorum: usize) -> bool {
        self.counted().filter(|l| l.is_whole).count() >= quorum
    }

    fn counted(&self) -> impl Iterator<Item = &List> {
        let most = self.channels();
        let counts = move |l: &&List| l.channels >= most - most / 2;
        self.lists.iter().filter(counts)
    }

    fn listed_by(&mut self, list: List) {
        self.is_due = false;
        self.lists.retain(|l| l.voice != list.voice);
        self.lists.push(list);
        if self.lists.len() > MAX_LISTS {
            let worst = self.lists.iter().map(|l| (l.is_whole, l.channels)).min();
            let is_worst = |l: &List| Some((l.is_whole, l.channels)) == worst;
            if let Some(at) = self.lists.iter().position(is_worst) {
                self.lists.remove(at);
            }
        }
    }
}

impl Shards {
    /// Cuts `..end` into shards: equal ones where there are many channels, one below. Without a known tip all is one.
    pub(super) fn new(config: &Config, tip: Option<BlockHeight>) -> Self {
        let mut shards = Self {
            shards: BTreeMap::new(),
        };
        let end = BlockHeight(tip.map_or(NO_CHANNEL_FROM, |tip| tip.0.saturating_add(1)));
        let from = config.busy_from;
        if tip.is_none() || from >= end {
            shards.insert(Blocks::new(BlockHeight(0), end), 1);
            return shards;
        }
        if from.0 > 0 {
            shards.insert(Blocks::new(BlockHeight(0), from), 1);
        }
        shards.insert(Blocks::new(from, end), config.shards);
        shards
    }

    /// All are to be listed again, up to a tip that has moved on. Those with too many channels are cut.
    pub(super) fn begin_round(&mut self, config: &Config, tip: Option<BlockHeight>) {
        let end = tip.map(|tip| BlockHeight(tip.0.saturating_add(1)));
        if let (Some(end), Some(mut last)) = (end, self.shards.last_entry()) {
            let last = last.get_mut();
            last.end = last.end.max(end);
        }
        let limit = config.channels_per_shard.max(1);
        let is_dense = |(first, shard): (&BlockHeight, &Shard)| {
            let parts = u32::try_from(shard.channels() / limit).unwrap_or(u32::MAX);
            let blocks = Blocks::new(*first, shard.end);
            (parts > 0 && shard.taken == 0).then_some((blocks, parts + 1))
        };
        let dense: Vec<_> = self.shards.iter().filter_map(is_dense).collect();
        for (blocks, parts) in dense {
            self.shards.remove(&blocks.first);
            self.insert(blocks, parts);
        }
        self.shards.values_mut().for_each(|s| s.is_due = true);
    }

    /// Inserts `blocks` in up to so many parts; as one when there would be too many shards.
    fn insert(&mut self, blocks: Blocks, parts: u32) {
        let room = MAX_SHARDS.saturating_sub(self.shards.len());
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        let parts = parts.clamp(1, room.max(1)).min(blocks.count().max(1));
        let step = blocks.count().div_ceil(parts).max(1);
        let mut first = blocks.first;
        while first < blocks.end {
            let end = BlockHeight(first.0.saturating_add(step)).min(blocks.end);
            self.shards.insert(first, Shard::new(end));
            first = end;
        }
    }

    /// Returns a shard which `voice` could list, or `all` of which it should, and takes it. What it has listed is not given to it
    /// again.
    pub(super) fn take(
        &mut self,
        voice: Voice,
        quorum: usize,
        all: bool,
        has_listed: impl Fn(BlockHeight) -> bool,
    ) -> Option<Taken> {
        let is_wanted = |(first, shard): &(&BlockHeight, &mut Shard)| {
            let by = || shard.lists.iter().any(|l| l.voice == voice);
            shard.is_free()
                && !has_listed(**first)
                && (all || shard.is_due || (!shard.is_known_to(quorum) && !by()))
        };
        // What nobody is being asked for goes first.
        let wanted = self.shards.iter_mut().filter(|entry| is_wanted(entry));
        let (first, shard) = wanted.min_by_key(|(_, shard)| shard.taken)?;
        shard.taken += 1;
        Some(Taken {
            blocks: Blocks::new(*first, shard.end),
            is_shared: false,
        })
    }

    /// Whoever took it says nothing: somebody else may list it, too.
    pub(super) fn share(&mut self, taken: &mut Taken) {
        if let Some(shard) = self.shards.get_mut(&taken.blocks.first) {
            if !core::mem::replace(&mut taken.is_shared, true) {
                shard.shared += 1;
            }
        }
    }

    /// Returns whether there is anything that somebody could be asked for.
    pub(super) fn want_any(&self, quorum: usize) -> bool {
        let wants = |s: &Shard| s.is_free() && (s.is_due || !s.is_known_to(quorum));
        self.shards.values().any(wants)
    }

    /// The shard was not listed.
    pub(super) fn give_back(&mut self, taken: Taken) {
        if let Some(shard) = self.shards.get_mut(&taken.blocks.first) {
            shard.taken = shard.taken.saturating_sub(1);
            shard.shared = shard.shared.saturating_sub(usize::from(taken.is_shared));
        }
    }

    /// The shard was listed. If its upper blocks were not, because there was too much, they are a shard now.
    pub(super) fn listed(&mut self, taken: Taken, rest: Option<Blocks>, list: List) {
        self.give_back(taken);
        let (blocks, len) = (taken.blocks, self.shards.len());
        let Some(shard) = self.shards.get_mut(&blocks.first) else {
            return;
        };
        if shard.end < blocks.end {
            // It was cut after somebody else's list.
            return;
        }
        let Some(rest) = rest else {
            return shard.listed_by(list);
        };
        if len >= MAX_SHARDS {
            return;
        }
        // What others listed was listed as one.
        shard.lists.clear();
        let rest = Blocks::new(rest.first, shard.end);
        shard.end = rest.first;
        shard.listed_by(list);
        // The rest is as dense as what was listed, for all that is known.
        let listed = Blocks::new(blocks.first, rest.first).count();
        self.insert(rest, (rest.count() / listed.max(1)).min(15) + 1);
    }

    /// Returns whether every shard was listed in this round.
    pub(super) fn are_done(&self) -> bool {
        self.shards.values().all(|s| !s.is_due)
    }

    /// Returns by how many each block was listed at least.
    pub(super) fn level(&self) -> usize {
        self.shards.values().map(Shard::level).min().unwrap_or(0)
    }

    pub(super) fn channels(&self) -> usize {
        self.shards.values().map(Shard::channels).sum()
    }

    pub(super) fn end(&self) -> BlockHeight {
        self.shards
            .last_key_value()
            .map_or(BlockHeight(0), |(_, s)| s.end)
    }

    /// The first blocks of all shards.
    pub(super) fn firsts(&self) -> impl Iterator<Item = BlockHeight> + '_ {
        self.shards.keys().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.shards.len()
    }
}
