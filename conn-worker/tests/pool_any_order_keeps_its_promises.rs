//! Any order of commands, news and time, against a model of what the embedder knows: sockets are started or closed once,
//! there is one session for a peer, and every bound holds.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

mod pools;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use conn_worker::lnwire::{Instant, NodeId};
use conn_worker::pool::{
    Access, Banned, ConnId, ConnectError, Event, Input, Output, Priority, RequestId,
};
use conn_worker::worker::DialError;
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Want(u32, u8),
    Connect(u32, u8, u32),
    Unwant(u32),
    Update(u32, u8),
    Accept(Option<u8>),
    DialOk(usize),
    DialFailed(usize),
    Heard(usize),
    Authenticated(usize, u32),
    Up(usize),
    Ended(usize),
    /// News of a connection that is gone.
    Late(usize),
    Pass,
    Wait(u32),
    SetAccess(u32, Access),
    Score(u32, u32),
    Ban(u32),
    BanGroup(u8),
    NetworkChanged,
    Stop,
}

fn op() -> impl Strategy<Value = Op> {
    let peer = || 0_u32..6;
    let which = || 0_usize..30;
    prop_oneof![
        6 => (peer(), 0_u8..4).prop_map(|(peer, n)| Op::Want(peer, n)),
        3 => (peer(), 0_u8..4, 0_u32..90_000)
            .prop_map(|(peer, n, within)| Op::Connect(peer, n, within)),
        1 => peer().prop_map(Op::Unwant),
        2 => (peer(), 0_u8..4).prop_map(|(peer, n)| Op::Update(peer, n)),
        6 => prop::option::of(0_u8..6).prop_map(Op::Accept),
        6 => which().prop_map(Op::DialOk),
        3 => which().prop_map(Op::DialFailed),
        4 => which().prop_map(Op::Heard),
        10 => (which(), peer()).prop_map(|(which, peer)| Op::Authenticated(which, peer)),
        10 => which().prop_map(Op::Up),
        6 => which().prop_map(Op::Ended),
        2 => which().prop_map(Op::Late),
        6 => Just(Op::Pass),
        3 => (0_u32..200_000).prop_map(Op::Wait),
        2 => (peer(), prop::sample::select(vec![Access::Restricted, Access::Temporary, Access::Protected]))
            .prop_map(|(peer, access)| Op::SetAccess(peer, access)),
        1 => (peer(), 0_u32..5).prop_map(|(peer, score)| Op::Score(peer, score)),
        1 => peer().prop_map(Op::Ban),
        1 => (0_u8..6).prop_map(Op::BanGroup),
        1 => Just(Op::NetworkChanged),
        1 => prop::bool::weighted(0.03).prop_map(|stop| if stop { Op::Stop } else { Op::Pass }),
    ]
}

/// What the embedder knows of a dial or a connection.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Whom it was to, if we have dialled.
    dialled: Option<NodeId>,
    stage: Stage,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Dialling { aborted: bool },
    Handshaking,
    Authenticated(NodeId),
    Up(NodeId),
}

struct Model {
    pool: Pool,
    now: Instant,
    known: BTreeMap<ConnId, Known>,
    gone: Vec<ConnId>,
    sessions: BTreeMap<NodeId, ConnId>,
    wanted: BTreeSet<NodeId>,
    /// Calls without a result, for whom and until when.
    requests: BTreeMap<RequestId, (NodeId, Instant)>,
    is_stopped: bool,
}

impl Model {
    fn take(&mut self, which: usize, is: impl Fn(&Known) -> bool) -> Option<(ConnId, Known)> {
        let mut known = self.known.iter().filter(|(_, known)| is(known));
        let (conn, known) = known.nth(which % 8)?;
        Some((*conn, *known))
    }

    fn set(&mut self, conn: ConnId, stage: Stage) {
        self.known.get_mut(&conn).unwrap().stage = stage;
    }

    fn input(&mut self, input: Input) {
        self.pool.handle_input(self.now, input);
    }

    /// Does one thing; returns the dial whose success was told.
    fn step(&mut self, op: Op) -> Option<ConnId> {
        let now = self.now;
        match op {
            Op::Want(peer, n) => {
                if !self.is_stopped {
                    self.wanted.insert(node(peer));
                }
                let addresses = (1..=u16::from(n)).map(address).collect();
                self.pool
                    .want(now, node(peer), addresses, Priority::Persistent);
            }
            Op::Connect(peer, n, within) => {
                let addresses = (1..=u16::from(n)).map(address).collect();
                let within = Duration::from_millis(within.into());
                let peer = node(peer);
                let request = self.pool.connect(now, peer, addresses, within);
                let before = self.requests.insert(request, (peer, now + within));
                assert_eq!(before, None, "a number used twice");
            }
            Op::Unwant(peer) => {
                self.wanted.remove(&node(peer));
                self.pool.unwant(now, node(peer));
            }
            Op::Update(peer, n) => {
                let addresses = (3..3 + u16::from(n)).map(address).collect();
                self.pool.update_addresses(now, node(peer), addresses);
            }
            Op::Accept(from) => {
                let group = from.and_then(|n| group(n, 1));
                if let Ok(conn) = self.pool.accept(now, group) {
                    let known = Known {
                        dialled: None,
                        stage: Stage::Handshaking,
                        is_closed: false,
                    };
                    self.known.insert(conn, known);
                }
            }
            Op::DialOk(which) => {
                let is = |k: &Known| matches!(k.stage, Stage::Dialling { .. });
                let (conn, _) = self.take(which, is)?;
                self.set(conn, Stage::Handshaking);
                self.input(Input::DialOk { conn });
                return Some(conn);
            }
            Op::DialFailed(which) => {
                let is = |k: &Known| matches!(k.stage, Stage::Dialling { .. });
                let (conn, _) = self.take(which, is)?;
                self.known.remove(&conn);
                self.gone.push(conn);
                let error = DialError::Refused;
                self.input(Input::DialFailed { conn, error });
            }
            Op::Heard(which) => {
                let (conn, _) = self.take(which, |_| true)?;
                self.input(Input::Heard { conn });
            }
            Op::Authenticated(which, peer) => {
                let is = |k: &Known| k.stage == Stage::Handshaking && !k.is_closed;
                let (conn, known) = self.take(which, is)?;
                let peer = known.dialled.unwrap_or_else(|| node(peer));
                self.set(conn, Stage::Authenticated(peer));
                self.input(Input::Authenticated { conn, peer });
            }
            Op::Up(which) => {
                let is = |k: &Known| matches!(k.stage, Stage::Authenticated(_)) && !k.is_closed;
                let (conn, known) = self.take(which, is)?;
                let Stage::Authenticated(peer) = known.stage else {
                    unreachable!()
                };
                self.set(conn, Stage::Up(peer));
                self.input(Input::Up { conn });
            }
            Op::Ended(which) => {
                let is = |k: &Known| !matches!(k.stage, Stage::Dialling { .. });
                let (conn, _) = self.take(which, is)?;
                self.known.remove(&conn);
                self.gone.push(conn);
                let reason = EndReason::RemoteClosed;
                self.input(Input::Ended { conn, reason });
            }
            Op::Late(which) => {
                let conn = *self.gone.get(which)?;
                let (peer, reason) = (node(1), EndReason::RemoteClosed);
                let error = DialError::Timeout;
                self.input(Input::DialOk { conn });
                self.input(Input::Authenticated { conn, peer });
                self.input(Input::Up { conn });
                self.input(Input::Heard { conn });
                self.input(Input::DialFailed { conn, error });
                self.input(Input::Ended { conn, reason });
            }
            Op::Pass => {
                self.now = self.pool.poll_timeout().map_or(now, |due| due.max(now));
                self.pool.handle_timeout(self.now);
            }
            Op::Wait(millis) => {
                self.now = now + Duration::from_millis(millis.into());
                self.pool.handle_timeout(self.now);
            }
            Op::SetAccess(peer, access) => self.pool.set_access(node(peer), access),
            Op::Score(peer, score) => self.pool.set_score(node(peer), score),
            Op::Ban(peer) => {
                let until = now + Duration::from_secs(100);
                self.pool.ban(now, Banned::Node(node(peer)), until);
            }
            Op::BanGroup(n) => {
                let until = now + Duration::from_secs(100);
                let banned = Banned::Group(group(n, 1).unwrap());
                self.pool.ban(now, banned, until);
            }
            Op::NetworkChanged => self.pool.network_changed(now),
            Op::Stop => {
                self.is_stopped = true;
                self.wanted.clear();
                self.pool.stop(now);
            }
        }
        None
    }

    fn follow(&mut self, config: &PoolConfig, landed: Option<ConnId>) {
        let mut disposed = 0;
        while let Some(output) = self.pool.poll_output() {
            match output {
                Output::Dial { conn, peer, .. } => {
                    let mut waits = self.requests.values().map(|(peer, _)| *peer);
                    let is_wanted = self.wanted.contains(&peer) || waits.any(|p| p == peer);
                    assert!(is_wanted && !self.is_stopped);
                    let stage = Stage::Dialling { aborted: false };
                    let to_it = |k: &&Known| k.stage == stage && k.dialled == Some(peer);
                    assert!(
                        self.known.values().filter(to_it).count() < 3,
                        "a fourth dial"
                    );
                    let known = Known {
                        dialled: Some(peer),
                        stage,
                        is_closed: false,
                    };
                    assert!(
                        self.known.insert(conn, known).is_none(),
                        "a number used twice"
                    );
                }
                Output::AbortDial { conn } => {
                    assert_eq!(self.known[&conn].stage, Stage::Dialling { aborted: false });
                    self.set(conn, Stage::Dialling { aborted: true });
                }
                Output::Start { conn, peer } => {
                    assert_eq!(
                        (Some(conn), Some(peer)),
                        (landed, self.known[&conn].dialled)
                    );
                    disposed += 1;
                }
                Output::Discard { conn } => {
                    assert_eq!(Some(conn), landed);
                    self.known.remove(&conn);
                    self.gone.push(conn);
                    disposed += 1;
                }
                Output::Close { conn, .. } => {
                    let known = self.known.get_mut(&conn).expect("it is there");
                    assert!(!known.is_closed, "closed twice");
                    known.is_closed = true;
                }
                Output::Probe { conn } => {
                    assert!(matches!(
                        self.known[&conn].stage,
                        Stage::Authenticated(_) | Stage::Up(_)
                    ));
                }
                Output::Event(Event::Up { peer, conn, .. }) => {
                    assert_eq!(self.known[&conn].stage, Stage::Up(peer));
                    assert!(self.sessions.insert(peer, conn).is_none(), "two sessions");
                }
                Output::Event(Event::Down { peer, conn, .. }) => {
                    assert_eq!(self.sessions.remove(&peer), Some(conn));
                }
                Output::Event(Event::ConnectResult {
                    request,
                    peer,
                    result,
                }) => {
                    let (asked, _) = self.requests.remove(&request).expect("one result");
                    assert_eq!(asked, peer);
                    if let Ok(conn) | Err(ConnectError::AlreadyConnected { conn }) = result {
                        assert_eq!(self.sessions.get(&peer), Some(&conn));
                    }
                }
                Output::Event(_) => {}
            }
        }
        assert_eq!(disposed, u32::from(landed.is_some()), "once and only once");
        self.check(config);
    }

    fn check(&self, config: &PoolConfig) {
        let counts = self.pool.counts();
        assert!(counts.slots <= config.restricted_slots);
        assert!(counts.established <= config.max_inbound);
        let pending = config.max_pending + config.max_pending_ungrouped;
        assert!(counts.inbound <= config.max_inbound + pending);
        let established = self.known.values().filter(|k| {
            let known = matches!(k.stage, Stage::Authenticated(_) | Stage::Up(_));
            k.dialled.is_none() && known && !k.is_closed
        });
        assert_eq!(counts.established, established.count());
        assert!(counts.pending <= config.max_pending + config.max_pending_ungrouped);
        assert!(counts.dials <= config.max_dials);
        let dials = |k: &&Known| matches!(k.stage, Stage::Dialling { .. });
        assert_eq!(counts.dials, self.known.values().filter(dials).count());
        let inbound = self.known.values().filter(|k| k.dialled.is_none());
        assert_eq!(counts.inbound, inbound.clone().count());
        let pending = inbound.filter(|k| k.stage == Stage::Handshaking && !k.is_closed);
        assert_eq!(counts.pending, pending.count());
        if counts.pending > 0
            || self
                .pool
                .status()
                .any(|s| s.session.is_none() && s.worker.is_some() && self.is_free(s.peer))
        {
            assert!(self.pool.poll_timeout().is_some() || counts.dials > 0);
        }
        for (peer, until) in self.requests.values() {
            assert!(!self.sessions.contains_key(peer) && !self.is_stopped);
            let next = self.pool.poll_timeout().expect("it ends some time");
            assert!(next <= *until);
        }
        // Whoever is not wanted is known for a call, a connection, or what it is to us.
        let kept = |peer| {
            self.wanted.contains(&peer)
                || self.requests.values().any(|(p, _)| *p == peer)
                || !self.is_free(peer)
        };
        let dialled = self.pool.status().filter(|s| s.worker.is_some());
        assert!(dialled.into_iter().all(|s| kept(s.peer)));
        for (peer, conn) in &self.sessions {
            assert_eq!(self.pool.session(peer), Some(*conn));
        }
        if let Some(due) = self.pool.poll_timeout() {
            assert!(due >= Instant::ZERO);
        }
    }

    /// Whether no connection with the peer is on its way.
    fn is_free(&self, peer: NodeId) -> bool {
        !self.known.values().any(|k| {
            k.dialled == Some(peer)
                || matches!(k.stage, Stage::Authenticated(p) | Stage::Up(p) if p == peer)
        })
    }
}

fn run(seed: u64, ops: Vec<Op>) -> Vec<(NodeId, ConnId)> {
    let config = PoolConfig {
        max_dials: 6,
        max_inbound: 8,
        ungrouped_slots: 2,
        restricted_slots: 3,
        max_pending: 5,
        max_pending_of_group: 2,
        max_pending_ungrouped: 2,
        ..PoolConfig::default()
    };
    let mut model = Model {
        pool: Pool::new(at(0), config, US, seed),
        now: at(0),
        known: BTreeMap::new(),
        gone: Vec::new(),
        sessions: BTreeMap::new(),
        wanted: BTreeSet::new(),
        requests: BTreeMap::new(),
        is_stopped: false,
    };
    for op in ops {
        let landed = model.step(op);
        model.follow(&config, landed);
    }
    model.sessions.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn promises_are_kept(seed: u64, ops in prop::collection::vec(op(), 1..250)) {
        let first = run(seed, ops.clone());
        // The same seed and the same news: the same choices.
        prop_assert_eq!(run(seed, ops), first);
    }
}

/// A call is answered by the peer's own connection, and ours fails at its handshake: nobody waits for another dial.
#[test]
fn nobody_is_dialled_once_the_call_is_answered() {
    let answered = [
        Op::Connect(4, 2, 60_000),
        Op::Accept(None),
        Op::DialOk(0),
        Op::Authenticated(1, 4),
        Op::Up(0),
    ];
    // Both end.
    let ended = [Op::Ended(1), Op::Ended(0)];
    // The peer's goes unanswered for so long that ours is to take its place, and then ours takes too long.
    let replaced = [
        Op::Authenticated(0, 4),
        Op::Pass,
        Op::Pass,
        Op::Wait(120_000),
    ];
    for then in [&ended[..], &replaced] {
        run(0, [&answered[..], then].concat());
    }
}
