//! The messages behind the graph, kept whole so that they can be served as they were signed.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use gossip_sync::{
    answerer::{ListedChannel, StoredChannel},
    ingest::VerifiedGossip,
};
use lnwire::{
    BlockHeight, NodeId, ShortChannelId, Timestamp,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

/// Public channels and nodes with their messages, in the order in which they are served.
#[derive(Debug, Default)]
pub struct MessageStore {
    channels: BTreeMap<ShortChannelId, Channel>,
    nodes: BTreeMap<NodeId, NodeAnnouncement>,
    bytes: usize,
}

#[derive(Debug)]
struct Channel {
    announcement: ChannelAnnouncement,
    updates: [Option<ChannelUpdate>; 2],
}

impl MessageStore {
    /// Keeps a message that the graph has accepted; it replaces the one of the same channel, direction or
    /// node.
    pub fn insert(&mut self, message: VerifiedGossip) {
        let (new, old) = match message {
            VerifiedGossip::Channel(announcement) => {
                let announcement = announcement.into_inner();
                let len = announcement.as_bytes().len();
                let id = announcement.short_channel_id();
                let channel = Channel {
                    announcement,
                    updates: [None, None],
                };
                let old = self.channels.insert(id, channel);
                (len, old.map_or(0, |c| c.announcement.as_bytes().len()))
            }
            VerifiedGossip::Update(update) => {
                let update = update.into_inner();
                let len = update.as_bytes().len();
                let Some(channel) = self.channels.get_mut(&update.short_channel_id()) else {
                    return;
                };
                let side = usize::from(update.direction());
                let old = channel.updates[side].replace(update);
                (len, old.map_or(0, |u| u.as_bytes().len()))
            }
            VerifiedGossip::Node(node) => {
                let node = node.into_inner();
                let len = node.as_bytes().len();
                let old = self.nodes.insert(node.node_id(), node);
                (len, old.map_or(0, |n| n.as_bytes().len()))
            }
        };
        self.bytes = self.bytes + new - old;
    }

    /// Forgets a channel with its updates.
    pub fn remove_channel(&mut self, id: ShortChannelId) {
        let removed = self.channels.remove(&id);
        self.bytes -= removed.map_or(0, |channel| channel.message_bytes());
    }

    /// Forgets a node.
    pub fn remove_node(&mut self, id: &NodeId) {
        let removed = self.nodes.remove(id);
        self.bytes -= removed.map_or(0, |node| node.as_bytes().len());
    }

    /// Returns what a node said of itself.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&NodeAnnouncement> {
        self.nodes.get(id)
    }

    /// Returns how many bytes of messages are kept.
    #[must_use]
    pub const fn message_bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many nodes have announced themselves.
    #[must_use]
    pub fn node_announcements(&self) -> usize {
        self.nodes.len()
    }

    /// Lists channels for a range query: see [`List`](gossip_sync::answerer::Output::List).
    #[must_use]
    pub fn list(
        &self,
        from: ShortChannelId,
        end: BlockHeight,
        limit: usize,
        checksums: bool,
    ) -> Vec<ListedChannel> {
        let sides = |channel: &Channel, of: fn(&ChannelUpdate) -> u32| {
            [0, 1].map(|side: usize| channel.updates[side].as_ref().map_or(0, of))
        };
        self.channels
            .range(from..)
            .take_while(|(id, _)| id.block() < end)
            .take(limit)
            .map(|(id, channel)| ListedChannel {
                short_channel_id: *id,
                timestamps: sides(channel, |u| u.timestamp().as_secs()).map(Timestamp),
                checksums: if checksums {
                    sides(channel, ChannelUpdate::checksum)
                } else {
                    [0; 2]
                },
            })
            .collect()
    }

    /// Fetches channels with their nodes: see [`Fetch`](gossip_sync::answerer::Output::Fetch).
    #[must_use]
    pub fn fetch(&self, ids: &[ShortChannelId]) -> Vec<StoredChannel> {
        ids.iter()
            .filter_map(|id| self.channels.get(id))
            .map(|channel| {
                let announcement = &channel.announcement;
                let ids = [announcement.node_id_1(), announcement.node_id_2()];
                channel.stored(ids.map(|id| self.nodes.get(&id).cloned()))
            })
            .collect()
    }

    /// Fetches channels in order: see [`Walk`](gossip_sync::answerer::Output::Walk).
    #[must_use]
    pub fn walk(&self, from: ShortChannelId, limit: usize) -> Vec<StoredChannel> {
        self.channels
            .range(from..)
            .take(limit)
            .map(|(_, channel)| channel.stored([None, None]))
            .collect()
    }

    /// Fetches nodes in order: see [`WalkNodes`](gossip_sync::answerer::Output::WalkNodes).
    #[must_use]
    pub fn walk_nodes(&self, after: Option<NodeId>, limit: usize) -> Vec<NodeAnnouncement> {
        let from = after.map_or(Unbounded, Excluded);
        self.nodes
            .range((from, Unbounded))
            .take(limit)
            .map(|(_, node)| node.clone())
            .collect()
    }
}

impl Channel {
    fn message_bytes(&self) -> usize {
        let updates = self.updates.iter().flatten();
        let updates = updates.map(|update| update.as_bytes().len());
        self.announcement.as_bytes().len() + updates.sum::<usize>()
    }

    fn stored(&self, nodes: [Option<NodeAnnouncement>; 2]) -> StoredChannel {
        StoredChannel {
            announcement: self.announcement.clone(),
            updates: self.updates.clone(),
            nodes,
        }
    }
}
