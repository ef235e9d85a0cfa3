//! Where the messages behind the records are in a store, so that they can be served.

use super::{Direction, Graph};
use crate::{
    arena::{ChannelHandle, NodeHandle},
    side::{Kind, Table},
};

/// Offsets in the embedder's store, as far as were told: no memory for the others.
#[derive(Debug)]
pub(super) struct Stored {
    /// Of the announcement and the updates of both directions; `NONE` for those not told.
    channels: Table<[u64; 3]>,
    nodes: Table<u64>,
}

const NONE: u64 = u64::MAX;

impl Default for Stored {
    fn default() -> Self {
        Self {
            channels: Table::new(Kind::Paged),
            nodes: Table::new(Kind::Paged),
        }
    }
}

impl Stored {
    pub(super) fn forget_channel(&mut self, handle: ChannelHandle) {
        self.channels.remove(handle.index());
    }

    #[inline]
    pub(super) fn forget_update(&mut self, handle: ChannelHandle, direction: Direction) {
        if self.channels.is_empty() {
            return;
        }
        if let Some((_, offsets)) = self.channels.get_mut(handle.index()) {
            offsets[1 + direction.side()] = NONE;
        }
    }

    #[inline]
    pub(super) fn forget_node(&mut self, handle: NodeHandle) {
        if !self.nodes.is_empty() {
            self.nodes.remove(handle.index());
        }
    }

    /// Returns every channel's offsets, with the index of its slot, in the order of those.
    pub(super) fn channels(&self) -> impl Iterator<Item = (u32, &[u64; 3])> {
        let entries = self.channels.iter();
        entries.map(|(index, _, offsets)| (index as u32, offsets))
    }

    /// Returns every node's offset, with the index of its slot, in the order of those.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (u32, u64)> {
        let entries = self.nodes.iter();
        entries.map(|(index, _, offset)| (index as u32, *offset))
    }

    pub(super) fn restore_channel(
        &mut self,
        handle: ChannelHandle,
        generation: u32,
        offsets: [u64; 3],
    ) {
        self.channels.set(handle.index(), generation, offsets);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.channels.heap_bytes() + self.nodes.heap_bytes()
    }

    fn set_channel(&mut self, handle: ChannelHandle, generation: u32, which: usize, offset: u64) {
        if let Some((_, offsets)) = self.channels.get_mut(handle.index()) {
            offsets[which] = offset;
        } else {
            let mut offsets = [NONE; 3];
            offsets[which] = offset;
            self.channels.set(handle.index(), generation, offsets);
        }
    }
}

impl Graph {
    /// Takes note of where the store has a channel's announcement, in whatever unit the embedder counts;
    /// 2^64 − 1 counts as nowhere. Returns whether `handle` names a channel.
    ///
    /// About 30 bytes for each channel that has an offset.
    pub fn set_announcement_offset(&mut self, handle: ChannelHandle, offset: u64) -> bool {
        self.set_channel_offset(handle, 0, offset)
    }

    /// Returns where the store has the channel's announcement, if that was told.
    #[must_use]
    pub fn announcement_offset(&self, handle: ChannelHandle) -> Option<u64> {
        self.channel_offset(handle, 0)
    }

    /// Takes note of where the store has the latest update of a direction: it is forgotten when a newer one
    /// is applied. Returns whether `handle` names a channel. See
    /// [`set_announcement_offset`](Self::set_announcement_offset).
    pub fn set_update_offset(
        &mut self,
        handle: ChannelHandle,
        direction: Direction,
        offset: u64,
    ) -> bool {
        self.set_channel_offset(handle, 1 + direction.side(), offset)
    }

    /// Returns where the store has the latest update of a direction, if that was told.
    #[must_use]
    pub fn update_offset(&self, handle: ChannelHandle, direction: Direction) -> Option<u64> {
        self.channel_offset(handle, 1 + direction.side())
    }

    /// Takes note of where the store has the latest announcement of a node: it is forgotten when a newer one
    /// is applied. Returns whether `handle` names a node.
    pub fn set_node_offset(&mut self, handle: NodeHandle, offset: u64) -> bool {
        let Some(generation) = self.node_generation(handle) else {
            return false;
        };
        self.stored.nodes.set(handle.index(), generation, offset);
        true
    }

    /// Returns where the store has the latest announcement of a node, if that was told.
    #[must_use]
    pub fn node_offset(&self, handle: NodeHandle) -> Option<u64> {
        let (_, offset) = self.stored.nodes.get(handle.index())?;
        Some(*offset).filter(|offset| *offset != NONE)
    }

    fn set_channel_offset(&mut self, handle: ChannelHandle, which: usize, offset: u64) -> bool {
        let Some(generation) = self.channel_generation(handle) else {
            return false;
        };
        self.stored.set_channel(handle, generation, which, offset);
        true
    }

    fn channel_offset(&self, handle: ChannelHandle, which: usize) -> Option<u64> {
        let (_, offsets) = self.stored.channels.get(handle.index())?;
        Some(offsets[which]).filter(|offset| *offset != NONE)
    }
}
