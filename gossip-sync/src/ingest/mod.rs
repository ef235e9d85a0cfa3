//! Checks what peers send, in the order of cost: rules first, then signatures, then the chain.
//!
//! Signatures are jobs that run anywhere, the chain is asked by value; both are handed out a few at a time, and
//! peers take turns. An update or a node's announcement may arrive while the channel that it needs is still
//! being checked: it waits for that verdict. What comes before its channel, or before its block, is parked.
//! Whatever is under way or parked is held in buffers of exactly its size and counted against the peer that
//! sent it; nothing of one peer makes anything of another wait or vanish. That is why all announcements of one
//! channel are checked side by side: a forged one is not waited for.

mod checks;
mod config;
mod drop_reason;
mod funding;
mod gone;
mod held;
mod input;
mod intake;
mod job;
mod jobs;
mod limiter;
mod output;
mod parked;
mod rules;
mod seen;
mod sources;
mod turns;
mod verdict;
mod waiting;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use hashbrown::HashMap;
use lnwire::{
    BlockHeight, Instant, NodeId, ShortChannelId, Timestamp,
    bolt7::{ChannelUpdate, NodeAnnouncement},
};

pub use config::{Config, Funding};
pub use drop_reason::DropReason;
pub use gone::{Gone, Zombie};
pub use input::{Answer, Input, KnownChannel, KnownNode, KnownUpdate, Standing, Terms, Version2};
pub use job::{Checked, JobId, SignatureJob, VerifiedGossip, Verifier};
pub use output::{FundingOutput, LookupId, Output};

use crate::salt::Salt;
use funding::Lookup;
use held::Held;
use jobs::Jobs;
use limiter::Limiter;
use parked::{Message, Parked};
use seen::Seen;
use sources::Sources;
use turns::Turns;
use waiting::Waiting;

/// Checks the gossip of all peers.
///
/// Each message taken ends in exactly one [`Output::Accept`] or [`Output::Drop`]: after at most twice
/// [`Config::job_timeout`] and once [`Config::lookup_timeout`] while it is under way, and after
/// [`Config::parked_for`] when it is parked.
///
/// Bounds. Under way are at most [`Config::max_messages`] messages and [`Config::max_bytes`] bytes, and
/// [`Config::min_messages_per_peer`] and 8 KiB for each peer beyond that; of one peer
/// [`Config::max_messages_per_peer`] and [`Config::max_bytes_per_peer`], each exceeded by the last message at
/// most. What comes beyond is dropped as [`DropReason::Overloaded`], so ask [`has_room`](Self::has_room) before
/// reading on from a peer. Beside its bytes each message costs some 500 bytes of bookkeeping. Parked are at most
/// [`Config::max_parked_bytes`] with all bookkeeping; what is parked when its channel comes goes under way, beyond
/// the bounds if need be. The sets and maps of what is remembered have the bounds that [`Config`] names.
///
/// ```
/// use gossip_sync::{Ingest, ingest};
/// use lnwire::{ChainHash, Timestamp};
///
/// let seed = 7; // Random, and told to nobody.
/// let ingest = Ingest::new(ingest::Config::new(ChainHash::MAINNET), Timestamp(1_790_000_000), seed);
/// assert!(ingest.is_idle() && ingest.held_bytes() == 0);
/// ```
///
/// BOLT 7, [P2P node and channel discovery](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md).
#[derive(Debug)]
pub struct Ingest {
    config: Config,
    salt: Salt,
    wall_clock: Timestamp,
    tip: Option<BlockHeight>,
    held: Held,
    seen: Seen,
    sources: Sources,
    channel_count: usize,
    limiter: Limiter,
    jobs: Jobs,
    jobs_out: usize,
    job_turns: Turns<JobId>,
    /// Look-ups under way, by number and so by deadline.
    lookups: BTreeMap<u64, Lookup>,
    last_lookup: u64,
    asked: usize,
    lookup_turns: Turns<u64>,
    /// Look-ups that are asked again later.
    resting: BTreeSet<(Instant, u64)>,
    parked: Parked,
    /// Channels of which announcements are being checked.
    channels: HashMap<ShortChannelId, Waiting<ChannelUpdate>, Salt>,
    /// The nodes that these announcements name.
    nodes: HashMap<NodeId, Waiting<NodeAnnouncement>, Salt>,
    outputs: VecDeque<Output>,
}

/// Bytes that every peer may have under way, however busy the others keep us.
const MIN_BYTES_PER_PEER: usize = 8 << 10;

impl Ingest {
    /// Makes one that has seen nothing; `wall_clock` is the time of day. `seed` must not be known to peers:
    /// with it they could make messages that are taken for others.
    #[must_use]
    pub fn new(config: Config, wall_clock: Timestamp, seed: u64) -> Self {
        let salt = Salt::new(seed);
        Self {
            wall_clock,
            tip: None,
            held: Held::new(&salt),
            seen: Seen::new(config.max_seen, config.seen_for, &salt),
            sources: Sources::default(),
            channel_count: 0,
            limiter: Limiter::new(config.update_burst, config.update_interval),
            jobs: Jobs::default(),
            jobs_out: 0,
            job_turns: Turns::new(),
            lookups: BTreeMap::new(),
            last_lookup: 0,
            asked: 0,
            lookup_turns: Turns::new(),
            resting: BTreeSet::new(),
            parked: Parked::default(),
            channels: HashMap::with_hasher(salt.clone()),
            nodes: HashMap::with_hasher(salt.clone()),
            outputs: VecDeque::new(),
            salt,
            config,
        }
    }

    /// Sets the time of day, by which old gossip is told from new. Once a minute is plenty.
    pub const fn set_wall_clock(&mut self, wall_clock: Timestamp) {
        self.wall_clock = wall_clock;
    }

    /// Sets the height of the chain. From then on channels wait for their confirmations, and those far above
    /// the tip are refused.
    pub fn set_tip(&mut self, now: Instant, tip: BlockHeight) {
        self.tip = Some(tip);
        for entry in self.parked.take_up_to(tip.0) {
            if let Message::Channel(message) = entry.message {
                self.held.charge(entry.ticket);
                self.check_channel(now, entry.ticket, message);
            }
        }
        self.after();
    }

    /// Sets how many channels the graph has. They are counted as they are accepted, so this is for the start, and for a
    /// graph that refused or removed some.
    pub const fn set_channel_count(&mut self, channels: usize) {
        self.channel_count = channels;
    }

    /// Returns whether more of this peer's gossip can be taken.
    #[must_use]
    pub fn has_room(&self, peer: NodeId) -> bool {
        let (of, all) = (self.held.of(peer), self.held.total());
        let config = &self.config;
        let is_busy = all.messages >= config.max_messages || all.bytes >= config.max_bytes;
        let (messages, bytes) = if is_busy {
            (config.min_messages_per_peer, MIN_BYTES_PER_PEER)
        } else {
            (config.max_messages_per_peer, config.max_bytes_per_peer)
        };
        of.messages < messages.min(config.max_messages_per_peer)
            && of.bytes < bytes.min(config.max_bytes_per_peer)
    }

    /// Returns how many messages of this peer are under way.
    #[must_use]
    pub fn held_messages_of(&self, peer: NodeId) -> usize {
        self.held.of(peer).messages
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

    /// Returns how many messages are parked: before their channel, above the tip, or delayed.
    #[must_use]
    pub fn parked_messages(&self) -> usize {
        self.parked.len()
    }

    /// Returns how many bytes they take, with bookkeeping.
    #[must_use]
    pub const fn parked_bytes(&self) -> usize {
        self.parked.total()
    }

    /// Returns how many bytes those of this peer take, with bookkeeping.
    #[must_use]
    pub fn parked_bytes_of(&self, peer: NodeId) -> usize {
        self.parked.of(peer)
    }

    /// Returns how many things are remembered: invalid messages, and directions that were updated of late.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.seen.len() + self.limiter.len()
    }

    /// Returns whether nothing is under way. What is parked does not count.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.lookups.is_empty() && self.outputs.is_empty()
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::ChannelAnnouncement {
                peer,
                message,
                channel,
            } => self.channel_announcement(now, peer, &message, channel),
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
            Input::Version2 { peer, message } => {
                self.outputs.push_back(Output::Version2 { peer, message });
            }
            Input::Checked(checked) => self.checked(now, checked),
            Input::LookedUp { id, answer } => self.looked_up(now, id, answer),
        }
        self.after();
    }

    /// Takes note that time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.jobs_timed_out(now);
        self.lookups_timed_out(now);
        self.parked_timed_out(now);
        self.seen.turn(now);
        self.after();
    }

    /// Returns what to do next; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let job = self.jobs.first().map(|(_, job)| job.deadline);
        let lookup = self.lookups.first_key_value();
        let lookup = lookup.map(|(_, lookup)| lookup.deadline);
        let rested = self.resting.first().map(|(at, _)| *at);
        let deadlines = [job, lookup, rested, self.parked.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Fills the places that have become free.
    fn after(&mut self) {
        self.hand_out();
        self.ask();
    }

    fn drop(&mut self, peer: NodeId, reason: DropReason) {
        self.outputs.push_back(Output::Drop { peer, reason });
    }
}
