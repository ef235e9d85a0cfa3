//! Takes channels out, and the nodes that have no other.

use lnwire::Instant;

use super::{Channel, Graph, Node, adjacency};
use crate::arena::{ChannelHandle, NodeHandle};

/// What went out of the graph with a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// The channel, as it was.
    pub channel: Channel,
    /// Those of its nodes, `node_id_1` first, that had no other channel and went, too.
    pub nodes: [Option<(NodeHandle, Node)>; 2],
}

impl Graph {
    /// Removes a channel, and those of its nodes that have no other; `None` if `handle` names no channel.
    ///
    /// The handles go into quarantine at `now`.
    pub fn remove_channel(&mut self, now: Instant, handle: ChannelHandle) -> Option<Removed> {
        let channel = *self.channels.get(handle)?;
        adjacency::unlink(&mut self.channels, &mut self.nodes, handle);
        let hash = self.hasher.hash(&channel.short_channel_id().0);
        self.by_short_channel_id.remove(hash, handle);
        self.channels.remove(now, handle);
        self.policy_count -= channel.policy_count();
        let nodes = channel.nodes().map(|node| self.remove_if_bare(now, node));
        Some(Removed { channel, nodes })
    }

    fn remove_if_bare(&mut self, now: Instant, handle: NodeHandle) -> Option<(NodeHandle, Node)> {
        let node = *self.nodes.get(handle)?;
        if node.channel_count() > 0 {
            return None;
        }
        self.by_node_id.remove(self.hasher.hash(&node.id()), handle);
        self.nodes.remove(now, handle);
        Some((handle, node))
    }
}
