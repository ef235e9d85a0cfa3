//! The channels of a node: a doubly linked list through the channels' own records.
//!
//! A channel is in two lists, with one pair of links for each of its sides. As its nodes differ, the node
//! whose list is walked tells which pair to follow. The latest channel comes first.

use super::{Channel, Graph, Node};
use crate::arena::{Arena, ChannelHandle, NodeHandle};

type Channels = Arena<ChannelHandle, Channel>;
type Nodes = Arena<NodeHandle, Node>;

/// Enters a channel in the lists of both its nodes.
pub(super) fn link(channels: &mut Channels, nodes: &mut Nodes, handle: ChannelHandle) {
    for side in [0, 1] {
        let node_handle = channels.at(handle).node_at(side);
        let node = nodes.at_mut(node_handle);
        let next = node.first_channel.replace(handle);
        node.channel_added();

        let links = &mut channels.at_mut(handle).links[side];
        links.next = next;
        links.previous = None;
        if let Some(next) = next {
            let next = channels.at_mut(next);
            let side = next.side_of(node_handle);
            next.links[side].previous = Some(handle);
        }
    }
}

/// Takes a channel out of the lists of both its nodes.
pub(super) fn unlink(channels: &mut Channels, nodes: &mut Nodes, handle: ChannelHandle) {
    for side in [0, 1] {
        let channel = channels.at(handle);
        let node_handle = channel.node_at(side);
        let links = channel.links[side];
        nodes.at_mut(node_handle).channel_removed();

        match links.previous {
            None => nodes.at_mut(node_handle).first_channel = links.next,
            Some(previous) => {
                let previous = channels.at_mut(previous);
                let side = previous.side_of(node_handle);
                previous.links[side].next = links.next;
            }
        }
        if let Some(next) = links.next {
            let next = channels.at_mut(next);
            let side = next.side_of(node_handle);
            next.links[side].previous = links.previous;
        }
    }
}

/// A channel as one of its nodes sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adjacent<'a> {
    pub(crate) handle: ChannelHandle,
    pub(crate) channel: &'a Channel,
    /// The side that the node itself is on.
    pub(crate) side: usize,
}

/// The channels of one node.
#[derive(Clone, Debug)]
pub(crate) struct AdjacentChannels<'a> {
    channels: &'a Channels,
    node: NodeHandle,
    /// Read one ahead: while the caller is busy with a channel, the next one comes from memory.
    next: Option<Adjacent<'a>>,
}

impl<'a> AdjacentChannels<'a> {
    #[inline]
    fn read(
        channels: &'a Channels,
        node: NodeHandle,
        handle: Option<ChannelHandle>,
    ) -> Option<Adjacent<'a>> {
        let handle = handle?;
        let channel = channels.at(handle);
        let side = channel.side_of(node);
        Some(Adjacent {
            handle,
            channel,
            side,
        })
    }
}

impl<'a> Iterator for AdjacentChannels<'a> {
    type Item = Adjacent<'a>;

    #[inline]
    fn next(&mut self) -> Option<Adjacent<'a>> {
        let adjacent = self.next?;
        let next = adjacent.channel.links[adjacent.side].next;
        self.next = Self::read(self.channels, self.node, next);
        Some(adjacent)
    }
}

impl Graph {
    /// Returns the channels of a node, none for a handle that names no node.
    #[inline]
    pub(crate) fn adjacent(&self, node: NodeHandle) -> AdjacentChannels<'_> {
        let first = self.nodes.get(node).and_then(|node| node.first_channel);
        AdjacentChannels {
            channels: &self.channels,
            node,
            next: AdjacentChannels::read(&self.channels, node, first),
        }
    }
}
