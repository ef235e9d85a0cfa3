//! Checks what peers send, in the order of cost: rules first, then signatures, as jobs that run anywhere.
//!
//! An update or a node's announcement may arrive while the channel that it needs is still being checked: it
//! waits for that verdict. Whatever is under way is held in buffers of exactly its size and counted against
//! the peer that sent it; nothing of one peer makes anything of another wait or vanish.

mod job;
mod pending;
mod verdict;

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use lnwire::{
    ChainHash, Instant, NodeId, ShortChannelId, SignatureError, Timestamp,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use job::Unverified;
pub use job::{Checked, JobId, SignatureJob, VerifiedGossip};
use pending::{InFlight, Job, Key, PendingChannel, PendingNode, Usages};

/// What an [`Ingest`] is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain whose gossip is taken.
    pub chain_hash: ChainHash,
    /// Messages of one peer under way at once. Default 4096.
    pub max_messages_per_peer: usize,
    /// Bytes of one peer under way at once. Default 2 MiB.
    pub max_bytes_per_peer: usize,
    /// Updates and node announcements older or further ahead than this are dropped. Default two weeks, as
    /// BOLT 7 has it.
    pub max_age: Duration,
    /// How long a signature job may take before it is given up. Default 60 s.
    pub job_timeout: Duration,
}

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub const fn new(chain_hash: ChainHash) -> Self {
        Self {
            chain_hash,
            max_messages_per_peer: 4096,
            max_bytes_per_peer: 2 << 20,
            max_age: Duration::from_secs(14 * 24 * 60 * 60),
            job_timeout: Duration::from_secs(60),
        }
    }
}

/// What an [`Ingest`] is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A peer announced a channel.
    ChannelAnnouncement {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: ChannelAnnouncement,
        /// Whether the graph has a channel of this id.
        known: bool,
    },
    /// A peer sent the terms of a channel.
    ChannelUpdate {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: ChannelUpdate,
        /// What the graph has of this channel.
        channel: Option<KnownChannel>,
    },
    /// A peer announced a node.
    NodeAnnouncement {
        /// The peer.
        peer: NodeId,
        /// Its message.
        message: NodeAnnouncement,
        /// What the graph has of this node.
        node: Option<KnownNode>,
    },
    /// A signature job is done.
    Checked(Checked),
}

/// What the graph has of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownChannel {
    /// The channel's nodes, the lesser id first.
    pub node_ids: [NodeId; 2],
    /// The timestamps of their updates.
    pub timestamps: [Option<Timestamp>; 2],
}

/// What the graph has of a node that it knows through a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownNode {
    /// The timestamp of its announcement.
    pub timestamp: Option<Timestamp>,
}

/// What an [`Ingest`] wants done, in this order.
#[derive(Clone, Debug)]
pub enum Output {
    /// Run this job, now or later, on any thread, and hand the result in.
    Check(SignatureJob),
    /// The message is right: apply it before the next call.
    Accept {
        /// The peer that sent it.
        peer: NodeId,
        /// The message, which shares no buffer with others.
        message: VerifiedGossip,
    },
    /// The message was dropped.
    Drop {
        /// The peer that sent it.
        peer: NodeId,
        /// Why.
        reason: DropReason,
    },
}

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// It says nothing new.
    #[error("known already")]
    Known,
    /// It speaks of another chain.
    #[error("of another chain")]
    ForeignChain,
    /// The two nodes of a channel are not in the order of their ids.
    #[error("nodes not in ascending order")]
    NodeOrder,
    /// No channel that it could belong to is known.
    #[error("of no known channel")]
    UnknownChannel,
    /// It is too old.
    #[error("too old")]
    Stale,
    /// It claims to be made too far in the future.
    #[error("too far in the future")]
    Future,
    /// It is not meant to be passed on.
    #[error("not to be forwarded")]
    DontForward,
    /// A signature does not hold.
    #[error(transparent)]
    Signature(SignatureError),
    /// The peer has too much under way: it was read from although [`Ingest::has_room`] said no.
    #[error("too much under way")]
    Overloaded,
    /// The signature job was not run in time.
    #[error("not checked in time")]
    NotChecked,
}

impl DropReason {
    /// Returns whether the sender is to blame. Old, unknown and repeated gossip is what honest peers relay,
    /// and our own clock may be wrong; so only what no honest relay passes on counts.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Signature(_) | Self::ForeignChain | Self::NodeOrder
        )
    }
}

/// Checks the gossip of all peers.
///
/// Holds for each peer at most [`Config::max_messages_per_peer`] messages and
/// [`Config::max_bytes_per_peer`] bytes of them, be they jobs or waiting; what comes beyond is dropped as
/// [`DropReason::Overloaded`], so ask [`has_room`](Self::has_room) before reading on from a peer.
///
/// BOLT 7, [P2P node and channel discovery](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md).
#[derive(Debug)]
pub struct Ingest {
    config: Config,
    wall_clock: Timestamp,
    last_job: u64,
    /// Jobs under way, by id and so by deadline.
    jobs: BTreeMap<JobId, Job>,
    in_flight: InFlight,
    channels: BTreeMap<ShortChannelId, PendingChannel>,
    nodes: BTreeMap<NodeId, PendingNode>,
    usages: Usages,
    outputs: VecDeque<Output>,
}

impl Ingest {
    /// Makes one that has seen nothing; `wall_clock` is the time of day.
    #[must_use]
    pub const fn new(config: Config, wall_clock: Timestamp) -> Self {
        Self {
            config,
            wall_clock,
            last_job: 0,
            jobs: BTreeMap::new(),
            in_flight: InFlight::new(),
            channels: BTreeMap::new(),
            nodes: BTreeMap::new(),
            usages: Usages::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Sets the time of day, by which old gossip is told from new. Once a minute is plenty.
    pub const fn set_wall_clock(&mut self, wall_clock: Timestamp) {
        self.wall_clock = wall_clock;
    }

    /// Returns whether more of this peer's gossip can be taken.
    #[must_use]
    pub fn has_room(&self, peer: NodeId) -> bool {
        let usage = self.usages.of(peer);
        usage.messages < self.config.max_messages_per_peer
            && usage.bytes < self.config.max_bytes_per_peer
    }

    /// Returns whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.outputs.is_empty()
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::ChannelAnnouncement {
                peer,
                message,
                known,
            } => self.channel_announcement(now, peer, &message, known),
            Input::ChannelUpdate {
                peer,
                message,
                channel,
            } => self.channel_update(now, peer, &message, channel),
            Input::NodeAnnouncement {
                peer,
                message,
                node,
            } => self.node_announcement(now, peer, &message, node),
            Input::Checked(checked) => self.checked(now, checked),
        }
    }

    /// Takes note that time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(entry) = self.jobs.first_entry() {
            if now < entry.get().deadline {
                return;
            }
            let (id, job) = entry.remove_entry();
            self.in_flight.remove(job.key, id);
            self.rejected(now, &job, DropReason::NotChecked);
        }
    }

    /// Returns what to do next; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.jobs.first_key_value().map(|(_, job)| job.deadline)
    }

    fn channel_announcement(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &ChannelAnnouncement,
        known: bool,
    ) {
        let scid = message.short_channel_id();
        let pending = self.channels.get(&scid);
        if message.chain_hash() != self.config.chain_hash {
            self.drop(peer, DropReason::ForeignChain);
        } else if known || pending.is_some_and(|p| p.has_announcement(message.as_bytes())) {
            self.drop(peer, DropReason::Known);
        } else if message.node_id_1() >= message.node_id_2() {
            self.drop(peer, DropReason::NodeOrder);
        } else if !self.has_room(peer) {
            self.drop(peer, DropReason::Overloaded);
        } else {
            let message = message.detached();
            self.usages.charge(peer, message.as_bytes());
            match self.channels.get_mut(&scid) {
                Some(pending) => pending.others.push_back((peer, message)),
                None => {
                    let pending = PendingChannel::new(&message);
                    self.check_channel(now, peer, message, pending);
                }
            }
        }
    }

    fn channel_update(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &ChannelUpdate,
        channel: Option<KnownChannel>,
    ) {
        let scid = message.short_channel_id();
        let direction = message.direction();
        let side = usize::from(direction);
        let key = Key::Update(scid, direction);
        let frame = message.as_bytes();
        if message.chain_hash() != self.config.chain_hash {
            self.drop(peer, DropReason::ForeignChain);
        } else if message.dont_forward() {
            self.drop(peer, DropReason::DontForward);
        } else if let Some(reason) = self.wrong_time(message.timestamp()) {
            self.drop(peer, reason);
        } else if channel.is_some_and(|c| Some(message.timestamp()) <= c.timestamps[side]) {
            self.drop(peer, DropReason::Known);
        } else if let Some(channel) = channel {
            if self.in_flight.contains(key, frame) {
                self.drop(peer, DropReason::Known);
            } else if !self.has_room(peer) {
                self.drop(peer, DropReason::Overloaded);
            } else {
                let message = message.detached();
                let frame = message.as_bytes().clone();
                let job = Unverified::Update(message, channel.node_ids[side]);
                self.usages.charge(peer, &frame);
                self.check(now, peer, key, frame, job);
            }
        } else if let Some(pending) = self.channels.get(&scid) {
            if pending.has_update(frame) {
                self.drop(peer, DropReason::Known);
            } else if !self.has_room(peer) {
                self.drop(peer, DropReason::Overloaded);
            } else if let Some(pending) = self.channels.get_mut(&scid) {
                let message = message.detached();
                self.usages.charge(peer, message.as_bytes());
                pending.updates.push((peer, message));
            }
        } else {
            self.drop(peer, DropReason::UnknownChannel);
        }
    }

    fn node_announcement(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &NodeAnnouncement,
        node: Option<KnownNode>,
    ) {
        let node_id = message.node_id();
        let key = Key::Node(node_id);
        let frame = message.as_bytes();
        let pending = self.nodes.get(&node_id);
        if let Some(reason) = self.wrong_time(message.timestamp()) {
            self.drop(peer, reason);
        } else if node.is_some_and(|n| Some(message.timestamp()) <= n.timestamp)
            || self.in_flight.contains(key, frame)
            || pending.is_some_and(|p| p.waiting.iter().any(|(_, m)| m.as_bytes() == frame))
        {
            self.drop(peer, DropReason::Known);
        } else if node.is_none() && pending.is_none() {
            self.drop(peer, DropReason::UnknownChannel);
        } else if !self.has_room(peer) {
            self.drop(peer, DropReason::Overloaded);
        } else {
            let message = message.detached();
            let frame = message.as_bytes().clone();
            self.usages.charge(peer, &frame);
            match self.nodes.get_mut(&node_id) {
                Some(pending) if node.is_none() => pending.waiting.push((peer, message)),
                _ => self.check(now, peer, key, frame, Unverified::Node(message)),
            }
        }
    }

    fn wrong_time(&self, timestamp: Timestamp) -> Option<DropReason> {
        let max_age = self.config.max_age.as_secs();
        let (time, now) = (
            u64::from(timestamp.as_secs()),
            u64::from(self.wall_clock.as_secs()),
        );
        if time + max_age < now {
            Some(DropReason::Stale)
        } else if time > now + max_age {
            Some(DropReason::Future)
        } else {
            None
        }
    }

    fn drop(&mut self, peer: NodeId, reason: DropReason) {
        self.outputs.push_back(Output::Drop { peer, reason });
    }
}
