//! From bytes to a graph.

use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{BlockHeight, Instant, NodeId, ShortChannelId, Timestamp};

use super::{
    SnapshotError, SnapshotPart,
    layout::{CHANNEL_LEN, Fields, Header, Layout, to_height},
};
use crate::{
    arena::{ChannelHandle, Handle, NodeHandle, chunks::CHUNK},
    change::{Reason, Ring},
    graph::{
        Channel, ChannelRef, Config, Graph, Node, Outpoint, Zombie,
        index::Index,
        linking, tail,
        zombies::{self, Zombies},
    },
    instant,
};

impl Graph {
    /// Makes the graph again that a [snapshot](Self::write_snapshot) was written of.
    ///
    /// Handles and generations are those of before. `now` and `wall` are the time by both clocks: what passed since
    /// the snapshot, by the wall clock, adds to the age of channels and zombies, also if the embedder's epoch is
    /// another one now. The quarantine of free slots begins anew. Those who
    /// [follow](Self::next_change) are told of no change before this: a cursor that had not come to the end has
    /// missed some.
    ///
    /// A snapshot has no messages. A [store](crate::store) of the same graph may have newer ones.
    ///
    /// # Errors
    /// [`SnapshotError`] for whatever this crate has not written. Takes time and memory in proportion to the bytes
    /// there are, whatever they say.
    pub fn from_snapshot(
        config: Config,
        now: Instant,
        wall: Timestamp,
        snapshot: &[u8],
    ) -> Result<Self, SnapshotError> {
        let layout = Layout::read(snapshot)?;
        let header = layout.header;
        if header.chain_hash != config.chain_hash {
            let found = header.chain_hash;
            return Err(SnapshotError::WrongChain { found });
        }
        let mut graph = Self::new(config);
        graph.restore_nodes(&layout)?;
        let dying = graph.restore_channels(&layout, Shift::new(&header, now, wall))?;
        graph.restore_resting(&layout, now)?;
        graph.restore_dying(&layout, dying)?;
        graph.restore_zombies(&layout, Shift::new(&header, now, wall))?;
        graph.restore_outpoints(&layout)?;
        graph.restore_offsets(&layout)?;
        graph.restore_own_nodes(&layout)?;
        let wrong = SnapshotError::Inconsistent(SnapshotPart::Header);
        graph.blocks.set_tip(to_height(header.tip).ok_or(wrong)?);
        // So far from the end that it is never reached.
        if header.changes > u64::MAX / 2 {
            return Err(wrong);
        }
        graph.changes = Ring::after(graph.memory.clone(), header.changes, graph.config.history);
        graph.set_wall_clock(wall);
        Ok(graph)
    }

    fn restore_nodes(&mut self, layout: &Layout<'_>) -> Result<(), SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::Nodes);
        let limit = self.config.channel_limit();
        let entries = layout.entries(SnapshotPart::Nodes);
        let channels = layout.entries(SnapshotPart::Channels).len();
        if entries.len() > 4 * limit as usize || channels > 2 * limit as usize {
            return Err(SnapshotError::TooManyChannels { limit });
        }
        let count = entries.len();
        let nodes = entries.map_while(|mut fields| Node::from_bytes(&fields.take()?));
        self.nodes.restore(nodes);
        if self.nodes.slots_in_use().0 as usize == count && self.index_nodes() {
            Ok(())
        } else {
            Err(wrong)
        }
    }

    /// Returns how many channels are dying.
    ///
    /// Each step is a loop of its own: the shorter it is, the more channels the processor waits for at once.
    fn restore_channels(
        &mut self,
        layout: &Layout<'_>,
        shift: Shift,
    ) -> Result<usize, SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::Channels);
        let unrouted = self.config.unroute_dying;
        let mut dying = 0;
        for bytes in layout
            .bytes(SnapshotPart::Channels)
            .chunks(CHUNK * CHANNEL_LEN)
        {
            let entries = bytes.chunks_exact(CHANNEL_LEN).map(Fields);
            let channels = entries
                .map(|fields| Channel::from_words(&fields.words()?, shift.seconds, unrouted));
            let (more_dying, policies) = self.channels.restore(channels).ok_or(wrong)?;
            dying += more_dying;
            self.policy_count += policies;
        }
        let limit = self.config.channel_limit();
        if self.channels.heads().len() > limit {
            return Err(SnapshotError::TooManyChannels { limit });
        }
        let (nodes, lists) = (&mut self.nodes, &mut self.lists);
        if linking::link_all(nodes, lists, &self.channels) && self.index_channels() {
            Ok(dying)
        } else {
            Err(wrong)
        }
    }

    /// Makes the index of short channel ids; returns whether they differ.
    fn index_channels(&mut self) -> bool {
        let (channels, hasher) = (&self.channels, &self.hasher);
        let id = |handle| channels.id_at(handle);
        let hashes = || {
            let heads = channels.heads().iter();
            heads.map(|(h, head)| (hasher.number(head.short_channel_id().0), h))
        };
        let are_same = |one, two| id(one) == id(two);
        let index = Index::of(
            self.memory.clone(),
            channels.heads().len(),
            hashes,
            are_same,
        );
        index
            .map(|index| self.by_short_channel_id = index)
            .is_some()
    }

    /// Makes the index of node ids; returns whether they differ.
    fn index_nodes(&mut self) -> bool {
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        let hashes = || {
            nodes
                .iter()
                .map(|(h, node)| (hasher.node_id(&node.id()), h))
        };
        let are_same = |one, two| nodes.at(one).id_bytes() == nodes.at(two).id_bytes();
        let index = Index::of(self.memory.clone(), nodes.len(), hashes, are_same);
        index.map(|index| self.by_node_id = index).is_some()
    }

    fn restore_resting(&mut self, layout: &Layout<'_>, now: Instant) -> Result<(), SnapshotError> {
        let part = SnapshotPart::RestingNodes;
        let handles = indexes(layout, part).map(NodeHandle::from_index);
        if !self.nodes.restore_resting(now, handles) {
            return Err(SnapshotError::Inconsistent(part));
        }
        let part = SnapshotPart::RestingChannels;
        let handles = indexes(layout, part).map(ChannelHandle::from_index);
        if !self.channels.restore_resting(now, handles) {
            return Err(SnapshotError::Inconsistent(part));
        }
        Ok(())
    }

    fn restore_dying(&mut self, layout: &Layout<'_>, count: usize) -> Result<(), SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::Dying);
        let entries = layout.entries(SnapshotPart::Dying);
        let mut order = Ascending::new();
        if entries.len() != count {
            return Err(wrong);
        }
        for mut fields in entries {
            let (id, height, reason) = fields.dying().ok_or(wrong)?;
            let channel = self.channel_by_scid(id).and_then(|h| self.channel(h));
            if !order.goes_on_with(id) || !channel.is_some_and(ChannelRef::is_dying) {
                return Err(wrong);
            }
            self.blocks.insert(id, height, reason);
        }
        Ok(())
    }

    fn restore_zombies(&mut self, layout: &Layout<'_>, shift: Shift) -> Result<(), SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::Zombies);
        let entries = layout.entries(SnapshotPart::Zombies);
        let mut order = Ascending::new();
        let mut all = Vec::with_capacity(entries.len());
        for mut fields in entries {
            let (id, mut zombie, block) = fields.zombie().ok_or(wrong)?;
            let is_here = self.channel_by_scid(id).is_some();
            if !order.goes_on_with(id) || is_here || !zombies::is_remembered(zombie.reason) {
                return Err(wrong);
            }
            zombie.since = shift.instant(zombie.since);
            all.push((id, zombie, block));
        }
        self.zombies = Zombies::restore(&self.config, all);
        Ok(())
    }

    fn restore_outpoints(&mut self, layout: &Layout<'_>) -> Result<(), SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::Outpoints);
        let entries = layout.entries(SnapshotPart::Outpoints);
        let mut order = Ascending::new();
        for mut fields in entries {
            let (index, outpoint) = fields.outpoint().ok_or(wrong)?;
            let handle = ChannelHandle::from_index(index);
            let generation = self.channel_generation(handle).ok_or(wrong)?;
            if !order.goes_on_with(index) {
                return Err(wrong);
            }
            self.funding.set(&self.hasher, handle, generation, outpoint);
        }
        Ok(())
    }

    fn restore_offsets(&mut self, layout: &Layout<'_>) -> Result<(), SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::ChannelOffsets);
        let mut order = Ascending::new();
        for mut fields in layout.entries(SnapshotPart::ChannelOffsets) {
            let index = fields.u32().ok_or(wrong)?;
            let handle = ChannelHandle::from_index(index);
            let generation = self.channel_generation(handle).ok_or(wrong)?;
            if !order.goes_on_with(index) {
                return Err(wrong);
            }
            let offsets = fields.words().ok_or(wrong)?;
            self.stored.restore_channel(handle, generation, offsets);
        }
        let wrong = SnapshotError::Inconsistent(SnapshotPart::NodeOffsets);
        let mut order = Ascending::new();
        for mut fields in layout.entries(SnapshotPart::NodeOffsets) {
            let index = fields.u32().ok_or(wrong)?;
            let offset = fields.u64().ok_or(wrong)?;
            let is_there = self.set_node_offset(NodeHandle::from_index(index), offset);
            if !is_there || !order.goes_on_with(index) {
                return Err(wrong);
            }
        }
        Ok(())
    }

    fn restore_own_nodes(&mut self, layout: &Layout<'_>) -> Result<(), SnapshotError> {
        let wrong = SnapshotError::Inconsistent(SnapshotPart::OwnNodes);
        let mut order = Ascending::new();
        for mut fields in layout.entries(SnapshotPart::OwnNodes) {
            let id = NodeId(fields.take().ok_or(wrong)?);
            if !order.goes_on_with(id) {
                return Err(wrong);
            }
            self.add_own_node(id);
        }
        Ok(())
    }
}

/// What passed between the writing and the reading of a snapshot.
#[derive(Clone, Copy, Debug)]
struct Shift {
    saved_at: u64,
    now: u64,
    elapsed: u64,
    /// What to add to an arrival, modulo 2^32.
    seconds: u32,
}

impl Shift {
    fn new(header: &Header, now: Instant, wall: Timestamp) -> Self {
        let elapsed = wall.as_secs().saturating_sub(header.wall.as_secs());
        let saved_at = instant::from_millis(header.saved_at);
        let seconds = tail::seconds(now).wrapping_sub(tail::seconds(saved_at));
        Self {
            saved_at: header.saved_at,
            now: instant::to_millis(now),
            elapsed: u64::from(elapsed) * 1000,
            seconds: seconds.wrapping_sub(elapsed),
        }
    }

    /// Returns an instant by the present epoch; the epoch itself for what was before.
    fn instant(&self, at: Instant) -> Instant {
        let age = self.saved_at.saturating_sub(instant::to_millis(at));
        let age = age.saturating_add(self.elapsed);
        Instant::from_epoch(Duration::from_millis(self.now.saturating_sub(age)))
    }
}

/// Keys that grow from entry to entry, so that none is there twice.
#[derive(Debug)]
struct Ascending<K>(Option<K>);

impl<K: PartialOrd + Copy> Ascending<K> {
    const fn new() -> Self {
        Self(None)
    }

    fn goes_on_with(&mut self, key: K) -> bool {
        self.0.replace(key).is_none_or(|last| last < key)
    }
}

fn indexes(layout: &Layout<'_>, part: SnapshotPart) -> impl Iterator<Item = u32> {
    // An index that no slot has stands for an entry that is none.
    let index = |mut fields: Fields<'_>| fields.u32().unwrap_or(u32::MAX);
    layout.entries(part).map(index)
}

impl Fields<'_> {
    fn dying(&mut self) -> Option<(ShortChannelId, BlockHeight, Reason)> {
        let (id, height) = (self.u64()?, self.u32()?);
        Some((ShortChannelId(id), BlockHeight(height), self.reason()?))
    }

    fn zombie(&mut self) -> Option<(ShortChannelId, Zombie, Option<BlockHeight>)> {
        let id = ShortChannelId(self.u64()?);
        let since = instant::from_millis(self.u64()?);
        let block = to_height(self.u64()?)?;
        let node_ids = [NodeId(self.take()?), NodeId(self.take()?)];
        let may_revive = [self.bool()?, self.bool()?];
        let zombie = Zombie {
            reason: self.reason()?,
            since,
            node_ids,
            may_revive,
        };
        Some((id, zombie, block))
    }

    fn outpoint(&mut self) -> Option<(u32, Outpoint)> {
        let slot = self.u32()?;
        let (txid, index) = (self.take()?, self.u32()?);
        Some((slot, Outpoint { txid, index }))
    }

    fn bool(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn reason(&mut self) -> Option<Reason> {
        let (code, spliced_to) = (self.u8()?, self.u64()?);
        let reason = Reason::from_code(code, spliced_to)?;
        (reason.to_code() == (code, spliced_to)).then_some(reason)
    }
}
