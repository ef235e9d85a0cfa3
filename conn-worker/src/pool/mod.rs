//! All peers: whom to dial, whom to let in, and which of two connections is kept.
//!
//! [`Pool`] decides; sockets and sessions are elsewhere. See there.

mod admission;
mod bans;
mod config;
mod connections;
mod contest;
mod deadlines;
mod dial_budget;
mod group;
mod io;
mod peer;
mod rate;
mod requests;
mod slots;
mod workers;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use lnwire::{Address, Instant, NodeId, Timestamp};

pub use bans::Banned;
pub use config::PoolConfig;
pub use dial_budget::Priority;
pub use group::AddressGroup;
pub use io::{CloseReason, ConnId, Direction, Event, Input, Output, Refused};
pub use peer::PeerStatus;
pub use requests::{ConnectError, RequestId};
pub use slots::Access;

use self::admission::Admission;
use self::bans::Bans;
use self::deadlines::{Deadlines, Due};
use self::dial_budget::DialBudget;
use self::peer::{Conn, Origin, Peer};
use self::requests::Requests;
use self::slots::Slots;
use crate::random::Random;
use crate::worker::{SavedPeer, Worker};

/// All peers: whom to dial, whom to let in, and which of two connections is kept.
///
/// It owns a [`Worker`] for each peer that is wanted, and knows of each connection by its [`ConnId`]. Sockets and
/// [`Session`](crate::Session)s live where the embedder likes, in a task or a thread of their own, and report what becomes of
/// them: dialled, heard from, authenticated, up, ended.
///
/// - **Dials** of all peers share a budget, spent by [`Priority`]; at the start they are spread.
/// - **Handshakes** of strangers have few places for each network, and a rate; when all are taken the oldest that has said
///   nothing makes way, or else the oldest of the network that holds the most.
/// - **Slots**: inbound peers without a channel need one, unless we dial them ourselves. When all are taken, the network
///   that holds the most gives one up; so it does when a peer that needs none finds no place. A refusal never touches our
///   own dials.
/// - **One session for a peer**: when both sides have dialled at once, both keep the connection that the node with the
///   smaller key has dialled, and close the other one when that is up and gives a sign of life: whoever sees no race, since
///   the two came too far apart for it, has decided by then. When a peer comes again much later, the older connection is
///   probed, and replaced unless it gives a sign of life, so that a restarted peer is not locked out by a half-open link.
///   [`Event::Down`] comes before the next [`Event::Up`].
/// - **Connecting once**: [`connect`](Self::connect) has one result, and leaves nothing behind.
/// - **What was learnt** about the peers is [saved](Self::save) and [restored](Self::restore).
///
/// Every call takes O(log n) for n peers and connections, but for `network_changed`, `ban`, `stop`, `save` and `status`,
/// which look at all of them, and a newcomer that finds all places or slots taken, which looks at these.
///
/// Bounds: [`max_inbound`](PoolConfig::max_inbound) inbound connections and the handshakes of others, [`max_dials`](PoolConfig::max_dials) dials, two
/// connections with a peer (a third is closed), 10,000 bans, 1,000 calls of `connect` that wait. Outputs that wait are as many as the calls lead to: poll
/// after each.
///
/// ```
/// use conn_worker::lnwire::{Address, Instant, NodeId};
/// use conn_worker::pool::{AddressGroup, Event, Input, Output, Priority};
/// use conn_worker::{Pool, PoolConfig};
///
/// let now = Instant::ZERO;
/// let (us, them) = (NodeId([2; 33]), NodeId([3; 33]));
/// let mut pool = Pool::new(now, PoolConfig::default(), us, 7);
///
/// // We dial them, and they dial us.
/// let address = Address::Ipv4 { ip: [192, 0, 2, 1].into(), port: 9735 };
/// pool.want(now, them, vec![address], Priority::User);
/// let Some(Output::Dial { conn: ours, .. }) = pool.poll_output() else { panic!() };
/// let theirs = pool.accept(now, AddressGroup::of_ip([192, 0, 2, 1].into()))?;
///
/// pool.handle_input(now, Input::DialOk { conn: ours });
/// assert_eq!(pool.poll_output(), Some(Output::Start { conn: ours, peer: them }));
/// pool.handle_input(now, Input::Authenticated { conn: ours, peer: them });
/// pool.handle_input(now, Input::Authenticated { conn: theirs, peer: them });
/// // Our key is the smaller one, so ours is kept, here and there.
/// pool.handle_input(now, Input::Up { conn: theirs });
/// pool.handle_input(now, Input::Up { conn: ours });
/// let Some(Output::Event(Event::Up { conn, .. })) = pool.poll_output() else { panic!() };
/// assert_eq!(conn, ours);
/// let due = pool.poll_timeout().expect("the other one goes in a moment");
/// pool.handle_timeout(due);
/// assert_eq!(pool.poll_output(), Some(Output::Probe { conn: ours }));
/// pool.handle_input(due, Input::Heard { conn: ours });
/// assert!(matches!(pool.poll_output(), Some(Output::Close { conn, .. }) if conn == theirs));
/// # Ok::<(), conn_worker::pool::Refused>(())
/// ```
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    local: NodeId,
    /// Boxed, because a map that grows in order keeps half of its places empty.
    peers: BTreeMap<NodeId, Box<Peer>>,
    conns: BTreeMap<ConnId, Conn>,
    last_conn: u64,
    /// How many of `conns` are inbound.
    inbound: usize,
    /// How many of these have proved their key and are not to be closed.
    established: usize,
    deadlines: Deadlines,
    dials: DialBudget,
    admission: Admission,
    slots: Slots,
    bans: Bans,
    requests: Requests,
    random: Random,
    /// Until when dials are spread, and how many were not.
    startup_until: Instant,
    started: usize,
    is_stopped: bool,
    outputs: VecDeque<Output>,
}

impl Pool {
    /// Makes a pool without peers for the node `local`. The seed decides jitter and order.
    #[must_use]
    pub fn new(now: Instant, config: PoolConfig, local: NodeId, seed: u64) -> Self {
        Self {
            config,
            local,
            peers: BTreeMap::new(),
            conns: BTreeMap::new(),
            last_conn: 0,
            inbound: 0,
            established: 0,
            deadlines: Deadlines::default(),
            dials: DialBudget::new(&config),
            admission: Admission::new(&config),
            slots: Slots::new(config.restricted_slots, config.ungrouped_slots),
            bans: Bans::default(),
            requests: Requests::default(),
            random: Random::new(seed),
            startup_until: now + config.startup_spread,
            started: 0,
            is_stopped: false,
            outputs: VecDeque::new(),
        }
    }

    /// Wants a connection with a peer from now on, and adds these addresses in front of those known. Said again, the
    /// priority is the new one. To connect to ourselves is not wanted.
    pub fn want(
        &mut self,
        now: Instant,
        peer: NodeId,
        addresses: Vec<Address>,
        priority: Priority,
    ) {
        let seed = self.random.next();
        let worker = self.worker_config();
        let worker = Worker::new(peer, worker, seed);
        self.add_worker(now, priority, addresses, worker, false);
    }

    /// Wants a connection with a peer of which something was [saved](Self::save). `wall_clock` is the time of day at `now`. If
    /// it is wanted already, the addresses come behind those known.
    pub fn restore(
        &mut self,
        now: Instant,
        wall_clock: Timestamp,
        saved: SavedPeer,
        priority: Priority,
    ) {
        let entry = self.peers.get_mut(&saved.peer);
        if let Some(worker) = entry.and_then(|entry| entry.worker.as_mut()) {
            worker.learn(wall_clock, saved.addresses.clone());
        }
        let seed = self.random.next();
        let worker = Worker::restore(now, wall_clock, saved, self.worker_config(), seed);
        self.add_worker(now, priority, Vec::new(), worker, false);
    }

    /// Returns what was learnt about the peers that are wanted. `wall_clock` is the time of day at `now`.
    pub fn save(&self, now: Instant, wall_clock: Timestamp) -> impl Iterator<Item = SavedPeer> {
        let wanted = self.peers.values().filter(|peer| !peer.is_once);
        let workers = wanted.filter_map(|peer| peer.worker.as_ref());
        workers.map(move |worker| worker.save(now, wall_clock))
    }

    /// Replaces the announced addresses of a peer that is wanted.
    pub fn update_addresses(&mut self, now: Instant, peer: NodeId, addresses: Vec<Address>) {
        self.with_worker(now, peer, |worker| worker.update_addresses(now, addresses));
        self.grant_dials(now);
    }

    /// A peer that is wanted was seen at an address: see [`Worker::observe`].
    pub fn observe(&mut self, now: Instant, peer: NodeId, address: Address) {
        self.with_worker(now, peer, |worker| worker.observe(now, address));
        self.grant_dials(now);
    }

    /// Wants a peer no more: gives up dials and the connection that we dialled. One that the peer dialled stays.
    pub fn unwant(&mut self, now: Instant, peer: NodeId) {
        let error = match self.is_stopped {
            true => ConnectError::Stopped,
            false => ConnectError::Unwanted,
        };
        self.answer(peer, Err(error));
        self.with_worker(now, peer, |worker| worker.stop(now));
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.worker = None;
            entry.is_once = false;
            for (_, conn) in entry.attempts.drain(..) {
                if let Some(conn) = self.conns.get_mut(&conn) {
                    conn.origin = Origin::Outbound {
                        peer,
                        attempt: None,
                    };
                }
            }
            self.dials.wants(peer, None);
            self.deadlines.set(Due::Worker(peer), None);
        }
        // One that it has dialled is a stranger's from now on.
        self.fit_slot(peer);
        self.forget(peer);
        self.grant_dials(now);
    }

    /// The machine woke up, or has another address: what failed before may work now.
    pub fn network_changed(&mut self, now: Instant) {
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.with_worker(now, peer, |worker| worker.network_changed(now));
        }
        self.grant_dials(now);
    }

    /// Says what a peer is to us, which decides whether it needs a slot.
    pub fn set_access(&mut self, peer: NodeId, access: Access) {
        self.peers.entry(peer).or_default().access = access;
        self.fit_slot(peer);
        self.forget(peer);
    }

    /// Says how useful a peer has been: useful gossip, say. When slots are short the least useful goes first.
    pub fn set_score(&mut self, peer: NodeId, score: u32) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.score = score;
            for conn in entry.connections() {
                self.slots.set_score(conn, score);
            }
        }
    }

    /// Keeps a node or a network out until then, and closes its inbound connections. Nodes with whom there is or was a
    /// channel are not kept out by their key. Our own dials go on.
    pub fn ban(&mut self, now: Instant, banned: Banned, until: Instant) {
        self.bans.add(now, banned, until);
        let conns: Vec<ConnId> = match banned {
            Banned::Node(peer) => self.banned_connections(peer),
            Banned::Group(group) => self.connections_from(group),
        };
        for conn in conns {
            self.close(conn, CloseReason::Banned);
        }
    }

    /// Lifts a ban.
    pub fn unban(&mut self, banned: &Banned) {
        self.bans.lift(banned);
    }

    /// Somebody has opened a socket to us. Unless it is refused, start a session on it.
    ///
    /// # Errors
    /// [`Refused`]: close the socket.
    pub fn accept(&mut self, now: Instant, group: Option<AddressGroup>) -> Result<ConnId, Refused> {
        self.admit(now, group)
    }

    /// Gives up everything: dials, connections, and whatever comes later.
    pub fn stop(&mut self, now: Instant) {
        self.is_stopped = true;
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.unwant(now, peer);
        }
        let conns: Vec<ConnId> = self.conns.keys().copied().collect();
        for conn in conns {
            self.close(conn, CloseReason::Stopped);
        }
    }

    /// Takes the news about a dial or a connection.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "inputs are values; later ones own what they bring"
    )]
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::DialOk { conn } => self.dialled(now, conn),
            Input::DialFailed { conn, error } => self.dial_failed(now, conn, error),
            Input::Heard { conn } => self.heard(conn),
            Input::Authenticated { conn, peer } => self.authenticated(now, conn, peer),
            Input::Up { conn } => self.up(now, conn),
            Input::Ended { conn, reason } => self.ended(now, conn, reason),
        }
        self.grant_dials(now);
    }

    /// Does what is due at `now`. Early calls are harmless; late ones cost only time.
    pub fn handle_timeout(&mut self, now: Instant) {
        // Each that is due now, once: what it sets anew is for the next call.
        for _ in 0..self.deadlines.len() {
            match self.deadlines.take(now) {
                Some(Due::Worker(peer)) => {
                    self.with_worker(now, peer, |worker| worker.handle_timeout(now));
                }
                Some(Due::Contest(peer)) => self.decide(now, peer),
                Some(Due::Pending(conn)) => self.close(conn, CloseReason::TooSlow),
                Some(Due::Request(request)) => self.request_is_due(now, request),
                Some(Due::Dials) => {}
                None => break,
            }
        }
        self.grant_dials(now);
    }

    /// Returns the next thing to do, in order; `None` if there is nothing more.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` if nothing waits.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// Returns every peer that is wanted or connected, and how it is with it.
    pub fn status(&self) -> impl Iterator<Item = PeerStatus> + '_ {
        self.peers.iter().map(|(peer, entry)| PeerStatus {
            peer: *peer,
            worker: entry.worker.as_ref().map(Worker::status),
            priority: entry.priority,
            session: entry
                .reported
                .and_then(|conn| Some((conn, self.conns.get(&conn)?.direction()))),
        })
    }

    /// Returns the session with a peer, if one is up.
    #[must_use]
    pub fn session(&self, peer: &NodeId) -> Option<ConnId> {
        self.peers.get(peer)?.reported
    }

    /// Returns how many dials are out, inbound handshakes under way, slots taken, and inbound connections there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            dials: self.dials.out(),
            pending: self.admission.len(),
            slots: self.slots.len(),
            inbound: self.inbound,
            established: self.established,
        }
    }
}

/// How much of what is bounded is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dials without a result, given up or not.
    pub dials: usize,
    /// Inbound handshakes under way.
    pub pending: usize,
    /// Slots taken.
    pub slots: usize,
    /// Inbound connections, of all kinds, until their end was told.
    pub inbound: usize,
    /// Those of them that have proved their key and were not told to be closed.
    pub established: usize,
}
