//! Announcements that are not written yet.

use alloc::collections::BTreeMap;

use lnwire::bolt7::{ChannelAnnouncement, NodeAnnouncement};

use crate::{ChannelHandle, NodeHandle};

/// Announcements in memory, each in a buffer of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    channels: BTreeMap<ChannelHandle, ChannelAnnouncement>,
    nodes: BTreeMap<NodeHandle, NodeAnnouncement>,
    bytes: usize,
}

/// What it takes to keep one, beside its bytes, and what the records around it add.
const OVERHEAD: usize = 64;

impl Waiting {
    pub(super) fn insert_channel(&mut self, handle: ChannelHandle, message: ChannelAnnouncement) {
        self.bytes += message.as_bytes().len() + OVERHEAD;
        if let Some(old) = self.channels.insert(handle, message) {
            self.bytes -= old.as_bytes().len() + OVERHEAD;
        }
    }

    pub(super) fn insert_node(&mut self, handle: NodeHandle, message: NodeAnnouncement) {
        self.bytes += message.as_bytes().len() + OVERHEAD;
        if let Some(old) = self.nodes.insert(handle, message) {
            self.bytes -= old.as_bytes().len() + OVERHEAD;
        }
    }

    pub(super) fn take_channel(&mut self, handle: ChannelHandle) -> Option<ChannelAnnouncement> {
        let message = self.channels.remove(&handle)?;
        self.bytes -= message.as_bytes().len() + OVERHEAD;
        Some(message)
    }

    pub(super) fn take_node(&mut self, handle: NodeHandle) -> Option<NodeAnnouncement> {
        let message = self.nodes.remove(&handle)?;
        self.bytes -= message.as_bytes().len() + OVERHEAD;
        Some(message)
    }

    /// Returns the bytes that wait, with what it takes to keep them.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn take_channels(&mut self) -> BTreeMap<ChannelHandle, ChannelAnnouncement> {
        let taken = core::mem::take(&mut self.channels);
        let sizes = taken.values().map(|c| c.as_bytes().len() + OVERHEAD);
        self.bytes -= sizes.sum::<usize>();
        taken
    }

    pub(super) fn take_nodes(&mut self) -> BTreeMap<NodeHandle, NodeAnnouncement> {
        let taken = core::mem::take(&mut self.nodes);
        let sizes = taken.values().map(|n| n.as_bytes().len() + OVERHEAD);
        self.bytes -= sizes.sum::<usize>();
        taken
    }
}
