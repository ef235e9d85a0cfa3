//! What is under way: jobs, what waits for their verdicts, and what each peer has in it.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use lnwire::{Instant, NodeId, ShortChannelId, bolt7::ChannelAnnouncement, bytes::Bytes};

use super::job::JobId;

/// A signature job that is out.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) peer: NodeId,
    pub(super) frame: Bytes,
    pub(super) deadline: Instant,
    /// What the message announces, if it announces a channel.
    pub(super) announced: Option<Announced>,
}

/// The channel of a `channel_announcement`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced {
    pub(super) short_channel_id: ShortChannelId,
    pub(super) node_ids: [NodeId; 2],
}

impl Announced {
    pub(super) fn by(message: &ChannelAnnouncement) -> Self {
        Self {
            short_channel_id: message.short_channel_id(),
            node_ids: [message.node_id_1(), message.node_id_2()],
        }
    }
}

/// What waits for announcements that are being checked: updates of their channel, or their nodes' own
/// announcements.
///
/// All candidates are checked at once: if one waited for another, a forged one could hold up the real one.
/// A message waits for those that were there when it came, and no longer, so that an endless row of forged
/// ones cannot keep it for ever.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    candidates: BTreeSet<JobId>,
    /// Each with the last candidate that it waits for: ascending.
    queue: VecDeque<(JobId, NodeId, T)>,
    /// A candidate was accepted, and nothing since has shown that the graph refused it.
    pub(super) settled: bool,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            candidates: BTreeSet::new(),
            queue: VecDeque::new(),
            settled: false,
        }
    }
}

impl<T> Waiting<T> {
    pub(super) fn add_candidate(&mut self, id: JobId) {
        self.candidates.insert(id);
    }

    pub(super) fn push(&mut self, peer: NodeId, message: T) {
        let last = self.candidates.last().copied().unwrap_or(JobId(0));
        self.queue.push_back((last, peer, message));
    }

    /// Hands over all that waits, in the order of arrival.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (NodeId, T)> + use<T> {
        let queue = core::mem::take(&mut self.queue);
        queue.into_iter().map(|(_, peer, message)| (peer, message))
    }

    /// Takes note that a candidate is not checked any more.
    pub(super) fn end_candidate(&mut self, id: JobId) {
        self.candidates.remove(&id);
    }

    /// Takes the next message out that has nothing left to wait for.
    pub(super) fn pop_hopeless(&mut self) -> Option<(NodeId, T)> {
        let (last, _, _) = self.queue.front()?;
        if self.candidates.first().is_some_and(|first| first <= last) {
            return None;
        }
        let (_, peer, message) = self.queue.pop_front()?;
        Some((peer, message))
    }

    /// Returns whether no candidate is left.
    pub(super) fn is_over(&self) -> bool {
        self.candidates.is_empty()
    }
}

/// What one peer has under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

impl Usage {
    fn add(&mut self, frame: &Bytes) {
        self.messages += 1;
        self.bytes += frame.len();
    }

    fn subtract(&mut self, frame: &Bytes) {
        self.messages -= 1;
        self.bytes -= frame.len();
    }
}

/// Everything under way, jobs and what waits.
///
/// Invariant: a message is in it once, from [`insert`](Self::insert) to [`remove`](Self::remove), charged to
/// the one peer that sent it first. So the usages never run below zero.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Sets, not lists: a peer must not be able to make others' look-ups slow.
    frames: BTreeSet<Bytes>,
    /// Peers with nothing under way have no entry.
    usages: BTreeMap<NodeId, Usage>,
    total: Usage,
}

impl Held {
    pub(super) const fn new() -> Self {
        Self {
            frames: BTreeSet::new(),
            usages: BTreeMap::new(),
            total: Usage {
                messages: 0,
                bytes: 0,
            },
        }
    }

    pub(super) fn contains(&self, frame: &Bytes) -> bool {
        self.frames.contains(frame)
    }

    pub(super) const fn total(&self) -> Usage {
        self.total
    }

    pub(super) fn of(&self, peer: NodeId) -> Usage {
        self.usages.get(&peer).copied().unwrap_or_default()
    }

    pub(super) fn insert(&mut self, peer: NodeId, frame: &Bytes) {
        if self.frames.insert(frame.clone()) {
            self.usages.entry(peer).or_default().add(frame);
            self.total.add(frame);
        }
    }

    pub(super) fn remove(&mut self, peer: NodeId, frame: &Bytes) {
        if !self.frames.remove(frame) {
            return;
        }
        self.total.subtract(frame);
        if let Some(usage) = self.usages.get_mut(&peer) {
            usage.subtract(frame);
            if usage.messages == 0 {
                self.usages.remove(&peer);
            }
        }
    }
}
