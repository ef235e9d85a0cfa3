//! Takes channels out, and the nodes that have no other.

use lnwire::Instant;

use super::{Channel, Graph, Node, adjacency, zombies::Zombie};
use crate::{
    arena::{ChannelHandle, NodeHandle},
    change::{Reason, What},
};

/// What went out of the graph with a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// What named the channel: nothing now.
    pub handle: ChannelHandle,
    /// Why it went.
    pub reason: Reason,
    /// The channel, as it was.
    pub channel: Channel,
    /// Those of its nodes, `node_id_1` first, that had no other channel and went, too.
    pub nodes: [Option<(NodeHandle, Node)>; 2],
}

impl Graph {
    /// Removes a channel, and those of its nodes that have no other; `None` if `handle` names no channel.
    ///
    /// The handles go into quarantine at `now`. The channel can be announced again at once: it is not
    /// remembered as a [zombie](Self::zombie).
    pub fn remove_channel(&mut self, now: Instant, handle: ChannelHandle) -> Option<Removed> {
        self.remove_channel_because(now, handle, Reason::Removed)
    }

    /// Removes a channel as [`remove_channel`](Self::remove_channel) does, for a reason that those who
    /// follow the graph are told.
    ///
    /// The channel becomes a zombie if it was closed, spliced, stale (then both its nodes may revive it) or
    /// not funded. It does not if it was in conflict, because the right announcement has the same short
    /// channel id, nor if it was reorganised out.
    pub fn remove_channel_because(
        &mut self,
        now: Instant,
        handle: ChannelHandle,
        reason: Reason,
    ) -> Option<Removed> {
        self.remove(now, handle, reason, [reason == Reason::Stale; 2])
    }

    /// Removes a channel, which those of its nodes that `may_revive` can bring back.
    pub(super) fn remove(
        &mut self,
        now: Instant,
        handle: ChannelHandle,
        reason: Reason,
        may_revive: [bool; 2],
    ) -> Option<Removed> {
        let removed = self.channels.get(handle)?.copied();
        let channel = removed.by_ref();
        let short_channel_id = channel.short_channel_id();
        let zombie = Zombie {
            reason,
            since: now,
            node_ids: channel.nodes().map(|node| self.nodes.at(node).id()),
            may_revive,
        };
        let block = self.blocks.since(short_channel_id);
        let block = block.or_else(|| self.blocks.tip());
        self.zombies
            .insert(&self.config, block, short_channel_id, zombie);

        let ends = channel.nodes();
        adjacency::unlink(&mut self.nodes, &mut self.lists, handle, ends);
        self.channels.remove(now, handle);
        self.unindex_channel(short_channel_id, handle);
        self.policy_count -= channel.edge.policy_count();
        self.blocks.forget(short_channel_id);
        self.funding.remove(&self.hasher, handle);
        self.stored.forget_channel(handle);
        self.tell(
            now,
            What::ChannelFreed {
                channel: handle,
                generation: channel.generation(),
                short_channel_id,
                nodes: ends,
                capacity_sat: channel.capacity_sat(),
                reason,
            },
        );
        let nodes = ends.map(|node| self.remove_if_bare(now, node));
        Some(Removed {
            handle,
            reason,
            channel: removed,
            nodes,
        })
    }

    fn remove_if_bare(&mut self, now: Instant, handle: NodeHandle) -> Option<(NodeHandle, Node)> {
        let node = *self.nodes.get(handle)?;
        if node.channel_count() > 0 {
            return None;
        }
        let id = node.id();
        self.nodes.remove(now, handle);
        self.unindex_node(&id, handle);
        self.stored.forget_node(handle);
        self.tell(
            now,
            What::NodeFreed {
                node: handle,
                generation: node.generation(),
                id,
                announced_at: node.announced_at(),
            },
        );
        Some((handle, node))
    }
}
