//! What a search reads.

use crate::{
    arena::{ChannelHandle, NodeHandle},
    graph::{Channel, Graph},
};

/// A graph to [find a path](super::find_path) in: a [`Graph`], or in another process the `Reader` of one.
pub trait Source: sealed::Sealed {
    /// Returns whether the handle names a node, which then has an index less than [`node_slots`](Self::node_slots).
    #[must_use]
    fn has_node(&self, node: NodeHandle) -> bool;
    /// Returns a number greater than the index of every node.
    #[must_use]
    fn node_slots(&self) -> usize;
    /// Shows the channels of a node, with the side that the node is on, 0 or 1. Both their nodes have an index less than
    /// [`node_slots`](Self::node_slots).
    fn show_channels_of(&self, node: NodeHandle, show: impl FnMut(ChannelHandle, &Channel, usize));
    /// Returns a channel that was shown.
    #[must_use]
    fn shown_channel(&self, handle: ChannelHandle) -> Option<Channel>;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Sealed {}
}

impl sealed::Sealed for Graph {}

impl Source for Graph {
    fn has_node(&self, node: NodeHandle) -> bool {
        self.node(node).is_some()
    }

    fn node_slots(&self) -> usize {
        Self::node_slots(self)
    }

    #[inline]
    fn show_channels_of(
        &self,
        node: NodeHandle,
        mut show: impl FnMut(ChannelHandle, &Channel, usize),
    ) {
        for adjacent in self.adjacent(node) {
            show(adjacent.handle, adjacent.channel, adjacent.side);
        }
    }

    fn shown_channel(&self, handle: ChannelHandle) -> Option<Channel> {
        self.channel(handle).copied()
    }
}
