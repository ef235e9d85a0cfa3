//! Where everything is, for readers in other processes.

use alloc::vec::Vec;

use super::Graph;
use crate::{memory::Block, shm::Header};

impl Graph {
    /// Returns the header, but for the directory's place and the number of segments; `None` if a table lies where others
    /// do not see it.
    pub(crate) fn header(&self) -> Option<Header> {
        let (lists, long) = self.lists.blocks();
        let (change_depth, changes) = self.changes.depth_and_count();
        let quarantine = self.config.quarantine.as_millis();
        Some(Header {
            chain_hash: self.config.chain_hash.0,
            seed: self.config.seed,
            channel_slots: self.channels.heads().slots_in_use().0,
            node_slots: self.nodes.slots_in_use().0,
            channels: self.channels.heads().len(),
            nodes: self.nodes.len(),
            change_depth,
            changes,
            by_short_channel_id: self.by_short_channel_id.table()?,
            by_node_id: self.by_node_id.table()?,
            directory: 0,
            channel_blocks: self.channels.heads().places().len() as u32,
            edge_blocks: self.channels.edge_places().len() as u32,
            node_blocks: self.nodes.places().len() as u32,
            list_blocks: lists.len() as u32,
            long_lists: long.len() as u32,
            change_blocks: self.changes.places().len() as u32,
            segments: 0,
            quarantine_millis: u64::try_from(quarantine).unwrap_or(u64::MAX),
        })
    }

    /// Returns the directory; `None` if a block lies where others do not see it.
    pub(crate) fn directory(&self) -> Option<Vec<u64>> {
        let heads = self.channels.heads().places();
        let edges = self.channels.edge_places();
        let tails = self.channels.tail_places();
        let nodes = self.nodes.places();
        let (lists, long) = self.lists.blocks();
        let lists = lists.iter().map(Block::place);
        let long = long
            .iter()
            .map(|list| list.as_ref().map_or(Some(0), Block::place));
        let channels = heads.chain(edges).chain(tails);
        let all = channels.chain(nodes).chain(lists).chain(long);
        all.chain(self.changes.places()).collect()
    }
}
