//! Where in the file is what: small records in arrays with an entry per handle.

use alloc::vec::Vec;

use crate::{ChannelHandle, Direction, NodeHandle};

/// Where a channel's records begin in the file, for serving its messages as they were signed.
///
/// Each is a [header of 12 bytes](super::Record::offset), the message's length in the third and fourth, and
/// the message. 0, where the file has its version, means that there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub(super) announcement: u32,
    /// The amount record.
    pub(super) amount: u32,
    pub(super) updates: [u32; 2],
    /// The record that says that it is dying.
    pub(super) dying: u32,
}

impl Places {
    /// Returns where its announcement is.
    #[must_use]
    pub fn announcement(&self) -> Option<u64> {
        some(self.announcement)
    }

    /// Returns where the update of a direction is.
    #[must_use]
    pub fn update(&self, direction: Direction) -> Option<u64> {
        some(self.updates[direction.side()])
    }
}

/// Places by handle. Twenty bytes a channel, four a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    channels: Vec<Places>,
    nodes: Vec<u32>,
}

impl Index {
    pub(super) fn channel(&self, handle: ChannelHandle) -> Places {
        self.channels
            .get(handle.index())
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn channel_mut(&mut self, handle: ChannelHandle) -> &mut Places {
        entry(&mut self.channels, handle.index())
    }

    pub(super) fn node(&self, handle: NodeHandle) -> Option<u64> {
        self.nodes.get(handle.index()).and_then(|at| some(*at))
    }

    /// Sets where a node's announcement is; returns where it was.
    pub(super) fn set_node(&mut self, handle: NodeHandle, at: u32) -> u32 {
        core::mem::replace(entry(&mut self.nodes, handle.index()), at)
    }

    pub(super) fn take_channel(&mut self, handle: ChannelHandle) -> Places {
        self.channels
            .get_mut(handle.index())
            .map(core::mem::take)
            .unwrap_or_default()
    }

    pub(super) fn take_node(&mut self, handle: NodeHandle) -> u32 {
        self.nodes
            .get_mut(handle.index())
            .map(core::mem::take)
            .unwrap_or_default()
    }
}

fn some(at: u32) -> Option<u64> {
    (at != 0).then_some(at.into())
}

fn entry<T: Default + Clone>(list: &mut Vec<T>, index: usize) -> &mut T {
    if list.len() <= index {
        list.resize(index + 1, T::default());
    }
    &mut list[index]
}
