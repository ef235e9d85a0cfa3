//! Passes gossip on: what is new here is news to others.
//!
//! What peers send is collected, the newest of each kind, and let out in parts into one log, in which each peer
//! has a place. So a peer costs no memory, a slow one gets only what is newest when its turn comes, and neither
//! delays the others. What this node says itself has a log of its own, which goes first, to everybody, and again
//! to whoever connects.

mod batch;
mod bucket;
mod config;
mod gossip;
mod input;
mod item;
mod log;
mod peer;
mod turns;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use lnwire::{Instant, NodeId, Timestamp, bolt7::GossipTimestampFilter};

pub use bucket::{Bucket, FRAME_OVERHEAD};
pub use config::{Config, Rate};
pub use input::{Input, Output};
pub use item::Key;

use crate::salt::Salt;
use batch::Batch;
use log::Log;
use peer::Peer;

/// Passes gossip on to all peers.
///
/// Bounds: others' gossip takes at most [`Config::max_bytes`], own gossip at most [`Config::max_own_bytes`], with
/// all bookkeeping; a peer takes some 300 bytes. No outputs are queued but one [`Output::Refresh`] for each own
/// message: what to send is decided when it is asked for.
///
/// ```
/// use gossip_sync::{Relay, relay};
/// use lnwire::{ChainHash, Instant, NodeId};
///
/// let mut relay = Relay::new(relay::Config::new(ChainHash::MAINNET), Instant::ZERO, 7);
/// relay.handle_input(Instant::ZERO, relay::Input::PeerUp(NodeId([2; 33])));
/// assert!(relay.poll_output().is_none() && relay.held_bytes() == 0);
/// ```
///
/// BOLT 7, [rebroadcasting](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#rebroadcasting).
#[derive(Debug)]
pub struct Relay {
    config: Config,
    salt: Salt,
    now: Instant,
    wall_clock: Timestamp,
    /// From when on others' gossip is passed on.
    open_at: Instant,
    /// Channels without any update: nobody is told of them yet (BOLT 7).
    unready: Batch,
    collected: Batch,
    flush_at: Option<Instant>,
    /// What was collected and is let out in parts.
    leaving: Batch,
    part: usize,
    part_at: Option<Instant>,
    log: Log,
    own: Log,
    refresh_at: Instant,
    refreshes: VecDeque<Key>,
    peers: BTreeMap<NodeId, Peer>,
    /// Peers to which there may be something to send, the next one first.
    turns: VecDeque<NodeId>,
    /// Peers that have used up their rate, by when they may go on.
    slowed: BTreeSet<(Instant, NodeId)>,
    total: Option<Bucket>,
    lost: u64,
}

impl Relay {
    /// Makes one without peers. `seed` must not be known to peers.
    #[must_use]
    pub fn new(config: Config, now: Instant, seed: u64) -> Self {
        Self {
            salt: Salt::new(seed),
            now,
            wall_clock: Timestamp(0),
            open_at: now + config.open_after,
            unready: Batch::default(),
            collected: Batch::default(),
            flush_at: None,
            leaving: Batch::default(),
            part: 0,
            part_at: None,
            log: Log::default(),
            own: Log::default(),
            refresh_at: now + config.refresh_every,
            refreshes: VecDeque::new(),
            peers: BTreeMap::new(),
            turns: VecDeque::new(),
            slowed: BTreeSet::new(),
            total: config.total_rate.map(Bucket::new),
            lost: 0,
            config,
        }
    }

    /// Sets the time of day, by which own gossip grows old. Once a minute is plenty.
    pub const fn set_wall_clock(&mut self, wall_clock: Timestamp) {
        self.wall_clock = wall_clock;
    }

    /// Returns how many bytes of others' gossip are held, with bookkeeping.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.unready.bytes() + self.collected.bytes() + self.leaving.bytes() + self.log.bytes()
    }

    /// Returns how many bytes of own gossip are held, with bookkeeping.
    #[must_use]
    pub const fn own_bytes(&self) -> usize {
        self.own.bytes()
    }

    /// Returns how many messages went for lack of room before every peer had them.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.now = now;
        match input {
            Input::PeerUp(peer) => self.peer_up(peer),
            Input::PeerDown(peer) => self.peer_down(peer),
            Input::Filter { peer, filter } => self.filter(peer, &filter),
            Input::Ready(peer) => {
                if let Some(p) = self.peers.get_mut(&peer) {
                    p.page_left = self.config.page;
                }
                self.wake(peer);
            }
            Input::Gossip { from, message } => self.gossip(from, &message),
            Input::Has {
                peer,
                key,
                timestamp,
            } => self.has(peer, key, timestamp),
            Input::Own { message, only } => self.say(&message, only),
            Input::Gone(id) => self.gone(id),
            Input::Complete => self.open_at = self.open_at.min(now),
        }
    }

    /// Takes note that time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        while let Some((at, peer)) = self.slowed.first().copied() {
            if now < at {
                break;
            }
            self.slowed.pop_first();
            if let Some(p) = self.peers.get_mut(&peer) {
                p.is_slowed = false;
            }
            self.wake(peer);
        }
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush();
        }
        if self.part_at.is_some_and(|at| at <= now) {
            self.let_out();
        }
        if self.refresh_at <= now {
            self.refresh_at = now + self.config.refresh_every;
            self.look_for_old();
        }
        self.trim();
    }

    /// Returns what to do next; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        if let Some(key) = self.refreshes.pop_front() {
            return Some(Output::Refresh(key));
        }
        if self.total.is_some_and(|total| self.now < total.open_at()) {
            return None;
        }
        loop {
            let peer = *self.turns.front()?;
            let message = self
                .peers
                .get_mut(&peer)
                .and_then(|p| p.next(peer, &self.own, &self.log));
            let Some(message) = message else {
                self.turns.pop_front();
                if let Some(p) = self.peers.get_mut(&peer) {
                    p.is_queued = false;
                }
                continue;
            };
            self.charge(peer, message.len());
            return Some(Output::Send { peer, message });
        }
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let slowed = self.slowed.first().map(|(at, _)| *at);
        let total = self.total.map(|total| total.open_at());
        let total = total.filter(|at| self.now < *at && !self.turns.is_empty());
        let refresh = (!self.own.is_empty()).then_some(self.refresh_at);
        [slowed, total, self.flush_at, self.part_at, refresh]
            .into_iter()
            .flatten()
            .min()
    }

    fn peer_up(&mut self, peer: NodeId) {
        self.peer_down(peer);
        let new = Peer::new(self.holder(peer), &self.config);
        self.peers.insert(peer, new);
        self.wake(peer);
    }

    fn peer_down(&mut self, peer: NodeId) {
        if self.peers.remove(&peer).is_some() {
            self.turns.retain(|queued| *queued != peer);
            self.slowed.retain(|(_, slowed)| *slowed != peer);
        }
    }

    fn filter(&mut self, peer: NodeId, filter: &GossipTimestampFilter) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        if filter.chain_hash != self.config.chain_hash {
            return;
        }
        if p.filter.is_none() {
            // What came before is for who serves the filter's backlog.
            p.place = self.log.end();
        }
        let first = u64::from(filter.first_timestamp.as_secs());
        p.filter = Some(first..first + u64::from(filter.timestamp_range));
        self.wake(peer);
    }

    fn holder(&self, peer: NodeId) -> u64 {
        self.salt.of_bytes(&peer.0)
    }
}
