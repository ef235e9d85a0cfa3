//! A node's record.

use lnwire::{NodeId, Timestamp};

use crate::arena::ChannelHandle;

/// A node that has a channel.
///
/// What its `node_announcement` says beside the timestamp is not kept here.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Node {
    id: [u8; 33],
    /// 1 if there was a `node_announcement`: a timestamp of 0 is one, too.
    is_announced: u8,
    /// Zero; keeps the record free of padding.
    spare: [u8; 2],
    announced_at: u32,
    channel_count: u32,
    /// Where the list of its channels begins; see `adjacency`.
    pub(super) first_channel: Option<ChannelHandle>,
}

impl Node {
    pub(super) const fn new(id: NodeId) -> Self {
        Self {
            id: id.0,
            is_announced: 0,
            spare: [0; 2],
            announced_at: 0,
            channel_count: 0,
            first_channel: None,
        }
    }

    pub(super) fn set_announced_at(&mut self, timestamp: Timestamp) {
        self.is_announced = 1;
        self.announced_at = timestamp.as_secs();
    }

    /// Takes note of a channel more.
    pub(super) fn channel_added(&mut self) {
        self.channel_count += 1;
    }

    /// Takes note of a channel less.
    pub(super) fn channel_removed(&mut self) {
        self.channel_count -= 1;
    }

    /// Returns the node's key.
    #[must_use]
    #[inline]
    pub const fn id(&self) -> NodeId {
        NodeId(self.id)
    }

    /// Returns the timestamp of the node's latest announcement; `None` if there was none.
    #[must_use]
    pub const fn announced_at(&self) -> Option<Timestamp> {
        match self.is_announced {
            0 => None,
            _ => Some(Timestamp(self.announced_at)),
        }
    }

    /// Returns how many channels it has: never 0 for a node in the graph.
    #[must_use]
    pub const fn channel_count(&self) -> u32 {
        self.channel_count
    }

    pub(super) const fn id_bytes(&self) -> &[u8; 33] {
        &self.id
    }
}

impl Default for Node {
    /// Makes the record of an empty slot.
    fn default() -> Self {
        Self::new(NodeId([0; 33]))
    }
}

impl core::fmt::Debug for Node {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id())
            .field("announced_at", &self.announced_at())
            .field("channel_count", &self.channel_count)
            .finish_non_exhaustive()
    }
}
