//! The channels of a node: a list of the indexes of their slots.
//!
//! A channel is in two lists, and does not know its positions there: that would be eight bytes for each, of use only when one
//! goes, and then it is found by a look at the list, many words at a time. Lists are in the order in which the channels
//! came, but for the last one, which takes the place of one that goes.

use super::{ChannelRef, Graph, Node, lists::Lists};
use crate::arena::{Arena, ChannelHandle, Handle, NodeHandle};

pub(super) type Nodes = Arena<NodeHandle, Node>;

/// Adds a channel to the list of a node.
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
    nodes: &mut Nodes,
    lists: &mut Lists,
    handle: ChannelHandle,
    ends: [NodeHandle; 2],
) {
    for node in ends {
        nodes.write(node, |node| {
            let mut list = node.list();
            lists.remove(&mut list, handle.index() as u32);
            node.set_list(list);
        });
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
        match node.inline_list() {
            Some(indexes) => indexes,
            None => self.lists.words(node.list()),
        }
    }
}
