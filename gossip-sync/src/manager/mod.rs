//! Decides whom to ask for the history, and who sends new gossip.
//!
//! The blocks up to the tip are cut into shards of which each is listed by one peer at a time, and by one more where that says
//! nothing for a while; what a peer does not deliver, another is asked for. A list counts when the embedder has confirmed how many of its channels are true. While there are
//! shards that were not listed in this round, or by fewer networks than there should be that sent all of it, and peers that
//! could do so, some of them are being asked, or rest after a failure until an instant that is known.
//!
//! - `shards` knows which blocks were listed by whom,
//! - `history` gives shards to peers and takes what comes of it,
//! - `members` says who is there,
//! - `roles` says who is active, and tells the peers,
//! - `score` and `random` decide between peers.

mod config;
mod history;
mod input;
mod members;
mod output;
mod peer;
mod random;
mod roles;
mod score;
mod shards;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::time::Duration;

use lnwire::{BlockHeight, Instant, NodeId, Timestamp};

pub use config::Config;
pub use input::{Input, PeerInfo, TaskId};
use output::PeerOutput;
pub use output::{Coverage, Event, Output, Reason, Role, Status};
use peer::Peer;
use random::Random;
use score::Score;
use shards::{Shards, Voice};

use crate::syncer;

/// Owns the syncers of all peers, and decides what each is asked for.
///
/// A message costs O(log n) for n peers, and choosing a peer O(n), which happens when one comes, goes or is done. One peer
/// is asked for at most one thing at a time, [`Config::parallel_peers`] and the pinned ones at once; each of those holds up to
/// [`max_listed`](syncer::Config::max_listed) channels of 40 bytes, then 8 bytes for each and 16 for each that is missing.
/// All others hold nothing but a thousand shards' numbers at most.
///
/// What is told of peers that are unknown or gone changes nothing, nor do late answers.
///
/// ```
/// use gossip_sync::{SyncManager, manager::{Config, Input, Output, PeerInfo}};
/// use lnwire::{BlockHeight, ChainHash, Instant, Message, NodeId, Timestamp};
///
/// let config = Config::new(ChainHash::REGTEST);
/// let mut manager = SyncManager::new(Instant::ZERO, config, Timestamp(1_700_000_000), 7);
/// manager.set_tip(BlockHeight(1000));
/// let peer = NodeId([2; 33]);
/// manager.handle_input(Instant::ZERO, peer, Input::Up(PeerInfo::new(1)));
/// // It is asked for the first of the shards.
/// let Some((to, Output::Send(Message::QueryChannelRange(query)))) = manager.poll_output() else { panic!() };
/// assert_eq!((to, query.first_blocknum), (peer, BlockHeight(0)));
/// ```
#[derive(Debug)]
pub struct SyncManager {
    config: Config,
    random: Random,
    /// The time of day at an instant.
    wall_clock: (Instant, Timestamp),
    tip: Option<BlockHeight>,
    peers: BTreeMap<NodeId, Peer>,
    /// What peers that have gone were good for.
    remembered: BTreeMap<NodeId, Score>,
    /// When to look after which peer; perhaps too early.
    deadlines: BTreeSet<(Instant, NodeId)>,
    pinned: BTreeSet<NodeId>,
    active: BTreeSet<NodeId>,
    /// Peers that may have to be told what to send.
    touched: BTreeSet<NodeId>,
    /// Peers that count for the quorum, by their voices.
    witnesses: BTreeMap<Voice, usize>,
    /// Peers that have a task, other than pinned ones that came lately.
    busy: usize,
    next_task: u64,
    shards: Shards,
    /// Why the blocks are being listed.
    round: Option<Reason>,
    /// When that began, by the time of day.
    began: Timestamp,
    last_reason: Reason,
    /// What was last told of how well the history is known.
    told: Option<Coverage>,
    status: Status,
    timers: Timers,
    outputs: VecDeque<PeerOutput>,
}

/// When to do what is not about one peer.
#[derive(Debug, Default)]
struct Timers {
    rotation: Option<Instant>,
    historical: Option<Instant>,
    stale: Option<Instant>,
    live_anyway: Option<Instant>,
    /// Live gossip does not wait any longer.
    is_live: bool,
}

impl SyncManager {
    /// Makes a manager without peers. The same seed makes the same choices.
    #[must_use]
    pub fn new(now: Instant, config: Config, wall_clock: Timestamp, seed: u64) -> Self {
        let shards = Shards::new(&config, None);
        Self {
            config,
            random: Random::new(seed),
            wall_clock: (now, wall_clock),
            tip: None,
            peers: BTreeMap::new(),
            remembered: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            pinned: BTreeSet::new(),
            active: BTreeSet::new(),
            touched: BTreeSet::new(),
            witnesses: BTreeMap::new(),
            busy: 0,
            next_task: 0,
            shards,
            round: None,
            began: wall_clock,
            last_reason: Reason::Initial,
            told: None,
            status: Status::Never,
            timers: Timers::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Tells the height of the best block, up to which channels are asked for from the next round on. Best told before the
    /// first peer comes: whoever does not know it asks without an end, and not in parts at first.
    pub fn set_tip(&mut self, tip: BlockHeight) {
        self.tip = Some(self.tip.map_or(tip, |old| old.max(tip)));
    }

    /// Tells the time of day.
    pub const fn set_wall_clock(&mut self, now: Instant, wall_clock: Timestamp) {
        self.wall_clock = (now, wall_clock);
    }

    /// Changes how many active peers there are to be.
    pub fn set_active_peers(&mut self, now: Instant, active_peers: usize) {
        self.config.active_peers = active_peers;
        if !self.peers.is_empty() {
            self.first_peer(now);
        }
        self.settle(now);
    }

    /// Has all blocks listed again, now. If that is being done, it goes on.
    pub fn force_historical_sync(&mut self, now: Instant) {
        if self.round.is_none() {
            self.begin_round(now, Reason::Forced);
        }
        self.settle(now);
    }

    /// Takes note of what happened with a peer.
    pub fn handle_input(&mut self, now: Instant, peer: NodeId, input: Input) {
        match input {
            Input::Up(info) => self.up(now, peer, info),
            Input::Down { session } => self.down(now, peer, session),
            Input::RangeReply(reply) => {
                if let Some(task) = self.peers.get_mut(&peer).and_then(|p| p.task.as_mut()) {
                    task.hedge_at = None;
                }
                self.sync(now, peer, syncer::Input::RangeReply(reply));
            }
            Input::ScidsEnd(end) => self.sync(now, peer, syncer::Input::ScidsEnd(end)),
            Input::Gossip(announced) => self.sync(now, peer, syncer::Input::Gossip(announced)),
            Input::Missing { task, wanted } => {
                let is_current = |p: &Peer| p.task.as_ref().is_some_and(|t| t.id == task);
                if self.peers.get(&peer).is_some_and(is_current) {
                    self.sync(now, peer, syncer::Input::Missing(wanted));
                }
            }
            Input::Confirmed { task, channels } => self.confirmed(now, peer, task, channels),
            Input::Accepted { messages } => {
                if let Some(p) = self.peers.get_mut(&peer) {
                    p.score.delivered(now, messages);
                }
            }
        }
    }

    /// Takes note that time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return;
        }
        let behind = (now + Duration::from_nanos(1), NodeId([0; 33]));
        let later = self.deadlines.split_off(&behind);
        for (_, peer) in core::mem::replace(&mut self.deadlines, later) {
            self.peer_timeout(now, peer);
        }
        self.timers_timeout(now);
        self.settle(now);
    }

    /// Returns what to do next, and with which peer; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<(NodeId, Output)> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let Timers {
            rotation,
            historical,
            stale,
            live_anyway,
            ..
        } = self.timers;
        let first = self.deadlines.first().map(|(at, _)| *at);
        [first, rotation, historical, stale, live_anyway]
            .into_iter()
            .flatten()
            .min()
    }

    /// Returns whether the graph is what the network's is, as far as is known. The quorum is that of the peers of now: one that
    /// has come since may make a coverage that was full fall short.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.status {
            Status::Synced { at, coverage } => Status::Synced {
                at,
                coverage: Coverage {
                    quorum: self.quorum(),
                    ..coverage
                },
            },
            status => status,
        }
    }

    /// Returns whether every block was listed, and no peer is being asked for more of the history: there is nobody to ask,
    /// or only peers that rest after a failure.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let is_idle = |p: &Peer| p.task.is_none() && p.unconfirmed.is_empty();
        self.round.is_none() && self.status != Status::Never && self.peers.values().all(is_idle)
    }

    /// Returns what a peer is to send of new gossip; `None` if it is not there or offers no queries.
    #[must_use]
    pub fn role(&self, peer: &NodeId) -> Option<Role> {
        let p = self.peers.get(peer)?;
        Some(match p.info.pinned {
            true => Role::Pinned,
            false if self.active.contains(peer) => Role::Active,
            false => Role::Passive,
        })
    }

    /// Returns how many peers are being asked for a part of the history.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.peers.values().filter(|p| p.task.is_some()).count()
    }

    /// Returns how many bytes the lists of channels take.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.peers.values().map(Peer::held_bytes).sum()
    }

    /// Puts the peer's deadline where the others are. One that moves back stays where it is: coming early is harmless.
    fn schedule(&mut self, now: Instant, peer: NodeId) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        let next = p.poll_timeout(now);
        let is_earlier = match (next, p.deadline) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(next), Some(deadline)) => next < deadline,
        };
        if is_earlier {
            if let Some(deadline) = core::mem::replace(&mut p.deadline, next) {
                self.deadlines.remove(&(deadline, peer));
            }
            self.deadlines.extend(next.map(|at| (at, peer)));
        }
    }

    /// The time of day, as far as is known.
    fn wall_clock(&self, now: Instant) -> Timestamp {
        let (at, Timestamp(seconds)) = self.wall_clock;
        let passed = u32::try_from(now.saturating_since(at).as_secs()).unwrap_or(u32::MAX);
        Timestamp(seconds.saturating_add(passed))
    }

    fn output(&mut self, peer: NodeId, output: Output) {
        self.outputs.push_back((peer, output));
    }

    fn event(&mut self, peer: NodeId, event: Event) {
        self.output(peer, Output::Event(event));
    }

    /// Gives work to whoever is free, and roles to all.
    fn settle(&mut self, now: Instant) {
        self.assign(now);
        self.fill_active(now);
    }
}
