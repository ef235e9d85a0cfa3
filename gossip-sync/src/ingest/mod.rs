//! Checks what peers send, in the order of cost: rules first, then signatures, as jobs that run anywhere.
//!
//! An update or a node's announcement may arrive while the channel that it needs is still being checked: it
//! waits for that verdict. Whatever is under way is held in buffers of exactly its size and counted against
//! the peer that sent it; nothing of one peer makes anything of another wait or vanish. That is why all
//! announcements of one channel are checked side by side: a forged one is not waited for.

mod drop_reason;
mod job;
mod pending;
mod verdict;

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use lnwire::{
    ChainHash, Instant, NodeId, ShortChannelId, Timestamp,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

pub use drop_reason::DropReason;
pub use job::{Checked, JobId, SignatureJob, VerifiedGossip};
use pending::{Held, Job, Waiting};

/// What an [`Ingest`] is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain whose gossip is taken.
    pub chain_hash: ChainHash,
    /// Messages of one peer under way at once. Default 4096.
    pub max_messages_per_peer: usize,
    /// Bytes of one peer under way at once, exceeded by at most the last message taken. Default 2 MiB.
    pub max_bytes_per_peer: usize,
    /// Updates older than this are dropped, and whatever claims to be made further ahead than this. Default
    /// two weeks, the age at which BOLT 7 lets channels be pruned. Announcements of nodes do not age.
    pub max_age: Duration,
    /// How long a signature job may take before it is given up. Default 60 s. Jobs that wait longer than that
    /// in a queue of the embedder's need not be run any more.
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
    /// The message is signed by whom it says: apply it before the next call.
    ///
    /// Verdicts come in any order, so an update or a node may be older than one accepted before: the graph
    /// keeps the newest.
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

/// Checks the gossip of all peers.
///
/// Holds for each peer at most [`Config::max_messages_per_peer`] messages and
/// [`Config::max_bytes_per_peer`] bytes of them and one message more, be they jobs or waiting; what comes
/// beyond is dropped as [`DropReason::Overloaded`], so ask [`has_room`](Self::has_room) before reading on
/// from a peer. Beside the bytes each message costs some 300 bytes of bookkeeping. Each message taken ends in
/// exactly one [`Output::Accept`] or [`Output::Drop`], after at most twice [`Config::job_timeout`].
///
/// ```
/// use gossip_sync::{Ingest, ingest};
/// use lnwire::{ChainHash, Timestamp};
///
/// let ingest = Ingest::new(ingest::Config::new(ChainHash::MAINNET), Timestamp(1_790_000_000));
/// assert!(ingest.is_idle() && ingest.held_bytes() == 0);
/// ```
///
/// BOLT 7, [P2P node and channel discovery](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md).
#[derive(Debug)]
pub struct Ingest {
    config: Config,
    wall_clock: Timestamp,
    last_job: u64,
    /// Jobs under way, by id and so by deadline.
    jobs: BTreeMap<JobId, Job>,
    held: Held,
    /// Channels of which announcements are being checked.
    channels: BTreeMap<ShortChannelId, Waiting<ChannelUpdate>>,
    /// The nodes that these announcements name.
    nodes: BTreeMap<NodeId, Waiting<NodeAnnouncement>>,
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
            held: Held::new(),
            channels: BTreeMap::new(),
            nodes: BTreeMap::new(),
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
        let usage = self.held.of(peer);
        usage.messages < self.config.max_messages_per_peer
            && usage.bytes < self.config.max_bytes_per_peer
    }

    /// Returns how many messages of all peers are under way.
    #[must_use]
    pub const fn held_messages(&self) -> usize {
        self.held.total().messages
    }

    /// Returns how many bytes these messages have, without bookkeeping.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.held.total().bytes
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
            self.rejected(id, &job, DropReason::NotChecked);
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
        let reason = if message.chain_hash() != self.config.chain_hash {
            DropReason::ForeignChain
        } else if known || self.held.contains(message.as_bytes()) {
            DropReason::Known
        } else if message.node_id_1() >= message.node_id_2() {
            DropReason::NodeOrder
        } else if !self.has_room(peer) {
            DropReason::Overloaded
        } else {
            let message = message.detached();
            self.held.insert(peer, message.as_bytes());
            return self.check_channel(now, peer, message);
        };
        self.drop(peer, reason);
    }

    fn channel_update(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &ChannelUpdate,
        channel: Option<KnownChannel>,
    ) {
        let scid = message.short_channel_id();
        let side = usize::from(message.direction());
        let reason = if message.chain_hash() != self.config.chain_hash {
            DropReason::ForeignChain
        } else if message.dont_forward() {
            DropReason::DontForward
        } else if self.is_stale(message.timestamp()) {
            DropReason::Stale
        } else if self.is_future(message.timestamp()) {
            DropReason::Future
        } else if channel.is_some_and(|c| Some(message.timestamp()) <= c.timestamps[side])
            || self.held.contains(message.as_bytes())
        {
            DropReason::Known
        } else if channel.is_none() && !self.channels.contains_key(&scid) {
            DropReason::UnknownChannel
        } else if !self.has_room(peer) {
            DropReason::Overloaded
        } else {
            let message = message.detached();
            self.held.insert(peer, message.as_bytes());
            return match channel {
                Some(channel) => self.check_update(now, peer, message, channel.node_ids),
                None => {
                    let pending = self.channels.entry(scid).or_default();
                    // If an announcement was accepted, and yet the graph has no channel, then it was refused
                    // there, and another one may be the right one.
                    pending.settled = false;
                    pending.push(peer, message);
                }
            };
        };
        self.drop(peer, reason);
    }

    fn node_announcement(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &NodeAnnouncement,
        node: Option<KnownNode>,
    ) {
        let node_id = message.node_id();
        let reason = if self.is_future(message.timestamp()) {
            DropReason::Future
        } else if node.is_some_and(|n| Some(message.timestamp()) <= n.timestamp)
            || self.held.contains(message.as_bytes())
        {
            DropReason::Known
        } else if node.is_none() && !self.nodes.contains_key(&node_id) {
            DropReason::UnknownChannel
        } else if !self.has_room(peer) {
            DropReason::Overloaded
        } else {
            let message = message.detached();
            self.held.insert(peer, message.as_bytes());
            return match self.nodes.get_mut(&node_id) {
                Some(pending) if node.is_none() => pending.push(peer, message),
                _ => self.check_node(now, peer, message),
            };
        };
        self.drop(peer, reason);
    }

    fn is_stale(&self, timestamp: Timestamp) -> bool {
        let now = u64::from(self.wall_clock.as_secs());
        u64::from(timestamp.as_secs()).saturating_add(self.config.max_age.as_secs()) < now
    }

    fn is_future(&self, timestamp: Timestamp) -> bool {
        let now = u64::from(self.wall_clock.as_secs());
        u64::from(timestamp.as_secs()) > now.saturating_add(self.config.max_age.as_secs())
    }

    fn drop(&mut self, peer: NodeId, reason: DropReason) {
        self.outputs.push_back(Output::Drop { peer, reason });
    }
}
