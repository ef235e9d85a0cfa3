//! What is passed on.

use alloc::vec::Vec;

use lnwire::{NodeId, ShortChannelId, Timestamp, bytes::Bytes};

use crate::ingest::VerifiedGossip;

/// What a message is about. Of all messages with the same key only the newest is passed on.
///
/// Ascending as receivers need them: channels, then their updates, then nodes (BOLT 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A channel's announcement.
    Channel(ShortChannelId),
    /// An update of one direction of a channel: 0 is that of `node_id_1`.
    Update(ShortChannelId, u8),
    /// A node's announcement.
    Node(NodeId),
}

impl Key {
    /// Returns what a message is about.
    #[must_use]
    pub fn of(message: &VerifiedGossip) -> Self {
        match message {
            VerifiedGossip::Channel(message) => Self::Channel(message.short_channel_id()),
            VerifiedGossip::Update(message) => {
                Self::Update(message.short_channel_id(), message.direction())
            }
            VerifiedGossip::Node(message) => Self::Node(message.node_id()),
        }
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) frame: Bytes,
    /// By which filters judge it; a channel's is that of its first update, and unknown before.
    pub(super) timestamp: Option<Timestamp>,
    /// Who has it: a salted hash of each.
    pub(super) holders: Vec<u64>,
    /// The only peer that may have it.
    pub(super) only: Option<NodeId>,
}

impl Item {
    pub(super) fn new(message: &VerifiedGossip) -> Self {
        let (frame, timestamp) = match message {
            VerifiedGossip::Channel(message) => (message.as_bytes(), None),
            VerifiedGossip::Update(message) => (message.as_bytes(), Some(message.timestamp())),
            VerifiedGossip::Node(message) => (message.as_bytes(), Some(message.timestamp())),
        };
        Self {
            frame: frame.clone(),
            timestamp,
            holders: Vec::new(),
            only: None,
        }
    }

    pub(super) fn add_holder(&mut self, holder: u64, max: usize) {
        if self.holders.len() < max && !self.holders.contains(&holder) {
            self.holders.reserve_exact(1);
            self.holders.push(holder);
        }
    }

    /// What it takes in memory.
    pub(super) fn weight(&self) -> usize {
        self.frame.len() + 8 * self.holders.len() + OVERHEAD
    }
}

/// Bytes of an item's place in map and index.
pub(super) const OVERHEAD: usize = 300;
