//! What searches and side tables read: a graph, here or in another process.

use crate::{
    arena::{ChannelHandle, NodeHandle},
    change::{Change, Cursor, Missed},
    graph::{Channel, ChannelRef, Graph},
};

/// A graph to [find a path](crate::find_path) in, and to have [side tables](crate::Component) of: a [`Graph`], or in another
/// process the `Reader` of one.
pub trait Source: sealed::Sealed {
    /// Returns whether the handle names a node, which then has an index less than [`node_slots`](Self::node_slots).
    #[must_use]
    fn has_node(&self, node: NodeHandle) -> bool;
    /// Returns a number greater than the index of every node.
    #[must_use]
    fn node_slots(&self) -> usize;
    /// Returns a number greater than the index of every channel.
    #[must_use]
    fn channel_slots(&self) -> usize;
    /// Returns the generation of the node that a handle names, `None` if none.
    #[must_use]
    fn node_generation(&self, node: NodeHandle) -> Option<u32>;
    /// Returns the generation of the channel that a handle names, `None` if none.
    #[must_use]
    fn channel_generation(&self, channel: ChannelHandle) -> Option<u32>;
    /// Shows the channels of a node, with the side that the node is on, 0 or 1. Both their nodes have an index less than
    /// [`node_slots`](Self::node_slots).
    fn show_channels_of(
        &self,
        node: NodeHandle,
        show: impl FnMut(ChannelHandle, ChannelRef<'_>, usize),
    );
    /// Returns a channel that was shown.
    #[must_use]
    fn shown_channel(&self, handle: ChannelHandle) -> Option<Channel>;
    /// Returns the cursor before the next change.
    #[must_use]
    fn cursor(&self) -> Cursor;
    /// Returns the change at `cursor` and moves the cursor on; `None` if there is none yet.
    ///
    /// # Errors
    /// [`Missed`] if the change was overwritten.
    fn next_change(&self, cursor: &mut Cursor) -> Result<Option<Change>, Missed>;
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

    fn channel_slots(&self) -> usize {
        Self::channel_slots(self)
    }

    #[inline]
    fn node_generation(&self, node: NodeHandle) -> Option<u32> {
        Self::node_generation(self, node)
    }

    #[inline]
    fn channel_generation(&self, channel: ChannelHandle) -> Option<u32> {
        Self::channel_generation(self, channel)
    }

    #[inline]
    fn show_channels_of(
        &self,
        node: NodeHandle,
        mut show: impl FnMut(ChannelHandle, ChannelRef<'_>, usize),
    ) {
        for adjacent in self.adjacent(node) {
            show(adjacent.handle, adjacent.channel, adjacent.side);
        }
    }

    fn shown_channel(&self, handle: ChannelHandle) -> Option<Channel> {
        self.channel(handle).map(ChannelRef::copied)
    }

    fn cursor(&self) -> Cursor {
        Self::cursor(self)
    }

    fn next_change(&self, cursor: &mut Cursor) -> Result<Option<Change>, Missed> {
        Self::next_change(self, cursor)
    }
}
