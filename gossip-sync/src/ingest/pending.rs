//! What is under way: jobs, what waits for their verdicts, and what each peer has in it.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use lnwire::{
    Instant, NodeId, ShortChannelId,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    bytes::Bytes,
};

use super::job::JobId;

/// A signature job that is out.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) peer: NodeId,
    pub(super) key: Key,
    pub(super) frame: Bytes,
    pub(super) deadline: Instant,
}

/// What a message speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Channel(ShortChannelId),
    Update(ShortChannelId, u8),
    Node(NodeId),
}

/// A message and the peer that sent it.
pub(super) type From<T> = (NodeId, T);

/// A channel whose announcement is being checked.
#[derive(Debug)]
pub(super) struct PendingChannel {
    /// The announcement being checked.
    pub(super) frame: Bytes,
    pub(super) node_ids: [NodeId; 2],
    /// Other announcements of the same channel, to be tried should this one be wrong: otherwise a forged one
    /// would push the real one out.
    pub(super) others: VecDeque<From<ChannelAnnouncement>>,
    /// Updates of the channel.
    pub(super) updates: Vec<From<ChannelUpdate>>,
}

impl PendingChannel {
    pub(super) fn new(message: &ChannelAnnouncement) -> Self {
        Self {
            frame: message.as_bytes().clone(),
            node_ids: [message.node_id_1(), message.node_id_2()],
            others: VecDeque::new(),
            updates: Vec::new(),
        }
    }

    pub(super) fn has_announcement(&self, frame: &Bytes) -> bool {
        self.frame == frame || self.others.iter().any(|(_, m)| m.as_bytes() == frame)
    }

    pub(super) fn has_update(&self, frame: &Bytes) -> bool {
        self.updates.iter().any(|(_, m)| m.as_bytes() == frame)
    }
}

/// A node that no accepted channel has, and some being checked have.
#[derive(Debug, Default)]
pub(super) struct PendingNode {
    pub(super) channels: usize,
    pub(super) waiting: Vec<From<NodeAnnouncement>>,
}

/// What one peer has under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// The usage of all peers; those with nothing under way have no entry.
#[derive(Debug, Default)]
pub(super) struct Usages(BTreeMap<NodeId, Usage>);

impl Usages {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn of(&self, peer: NodeId) -> Usage {
        self.0.get(&peer).copied().unwrap_or_default()
    }

    pub(super) fn charge(&mut self, peer: NodeId, frame: &Bytes) {
        let usage = self.0.entry(peer).or_default();
        usage.messages += 1;
        usage.bytes += frame.len();
    }

    pub(super) fn release(&mut self, peer: NodeId, frame: &Bytes) {
        let Some(usage) = self.0.get_mut(&peer) else {
            return;
        };
        usage.messages -= 1;
        usage.bytes -= frame.len();
        if usage.messages == 0 {
            self.0.remove(&peer);
        }
    }
}

/// The messages in signature jobs, so that the same one is not checked twice at a time.
#[derive(Debug, Default)]
pub(super) struct InFlight(BTreeMap<Key, Vec<(JobId, Bytes)>>);

impl InFlight {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn contains(&self, key: Key, frame: &Bytes) -> bool {
        self.0
            .get(&key)
            .is_some_and(|frames| frames.iter().any(|(_, f)| f == frame))
    }

    pub(super) fn insert(&mut self, key: Key, id: JobId, frame: Bytes) {
        self.0.entry(key).or_default().push((id, frame));
    }

    pub(super) fn remove(&mut self, key: Key, id: JobId) {
        if let Some(frames) = self.0.get_mut(&key) {
            frames.retain(|(other, _)| *other != id);
            if frames.is_empty() {
                self.0.remove(&key);
            }
        }
    }
}
