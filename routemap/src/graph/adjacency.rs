//! The channels of a node: a list of the indexes of their slots.
//!
//! A channel is in two lists, and knows its positions there, so that it leaves in constant time. Lists are in
//! the order in which the channels came, but for the last one, which takes the place of one that goes.

use super::{ChannelRef, Graph, Node, channels::Channels, lists::Lists};
use crate::arena::{Arena, ChannelHandle, Handle, NodeHandle};

pub(super) type Nodes = Arena<NodeHandle, Node>;

/// Adds a channel to the list of a node, where its position is the number of those that are there.
#[inline]
pub(super) fn append(
    nodes: &mut Nodes,
    lists: &mut Lists,
    handle: ChannelHandle,
    node: NodeHandle,
) {
    nodes.write(node, |node| {
        let mut list = node.list();
        lists.push(&mut list, handle.index() as u32);
        node.set_list(list);
    });
}

/// Takes a channel out of the lists of both its nodes.
pub(super) fn unlink(
    channels: &mut Channels,
    nodes: &mut Nodes,
    lists: &mut Lists,
    channel: ChannelRef<'_>,
) {
    for side in [0, 1] {
        let node_handle = channel.node_at(side);
        let position = channel.positions()[side];
        let moved = nodes.write(node_handle, |node| {
            let mut list = node.list();
            let moved = lists.swap_remove(&mut list, position);
            node.set_list(list);
            moved
        });
        if let Some(moved) = moved {
            let handle = ChannelHandle::from_index(moved);
            let side = channels.at(handle).side_of(node_handle);
            channels.write(handle, |moved| moved.positions[side] = position);
        }
    }
}

/// A channel as one of its nodes sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adjacent<'a> {
    pub(crate) handle: ChannelHandle,
    pub(crate) channel: ChannelRef<'a>,
    /// The side that the node itself is on.
    pub(crate) side: usize,
}

impl Graph {
    /// Returns the channels of a node, none for a handle that names no node.
    #[inline]
    pub(crate) fn adjacent(&self, node: NodeHandle) -> impl Iterator<Item = Adjacent<'_>> {
        self.channel_indexes(node).iter().map(move |index| {
            let handle = ChannelHandle::from_index(*index);
            let channel = self.channels.at(handle);
            Adjacent {
                handle,
                channel,
                side: channel.side_of(node),
            }
        })
    }

    /// Returns the slots of the channels of a node.
    #[inline]
    pub(super) fn channel_indexes(&self, node: NodeHandle) -> &[u32] {
        let Some(node) = self.nodes.get(node) else {
            return &[];
        };
        match node.only_channel() {
            Some(index) => core::slice::from_ref(index),
            None => self.lists.words(node.list()),
        }
    }
}
