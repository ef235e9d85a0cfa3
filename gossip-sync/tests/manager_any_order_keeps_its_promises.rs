//! Whatever happens in whatever order, a naive model of the manager holds: who is there, what each is asked for, what for.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod world;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use gossip_sync::SyncManager;
use gossip_sync::manager::{Config, Event, Input, Output, PeerInfo, Role, TaskId};
use lnwire::bolt7::{ReplyChannelRange, ReplyShortChannelIdsEnd, ShortChannelIds};
use lnwire::bytes::Bytes;
use lnwire::tlv::UnknownRecords;
use lnwire::{BlockHeight, Instant, Message, NodeId, Timestamp};
use proptest::prelude::*;
use world::{CHAIN, DAY, at, everything_of, node, scid};

#[derive(Clone, Debug)]
enum Op {
    Up {
        peer: usize,
        session: u64,
        pinned: bool,
        may_be_active: bool,
        group: Option<u64>,
    },
    Down {
        peer: usize,
        session: u64,
    },
    /// Answers the peer's open range query, with so many channels in the first of its blocks.
    Reply {
        peer: usize,
        channels: u32,
        complete: bool,
    },
    End {
        peer: usize,
        full: bool,
    },
    Gossip {
        peer: usize,
        block: u32,
    },
    Missing {
        peer: usize,
    },
    Confirm {
        peer: usize,
        half: bool,
    },
    Accepted {
        peer: usize,
    },
    Force,
    Target(usize),
    Tip(u32),
    /// Seconds.
    Wait(u64),
    Timeout,
}

fn op() -> impl Strategy<Value = Op> {
    let peer = || 0_usize..5;
    prop_oneof![
        3 => (peer(), 1_u64..4, any::<bool>(), any::<bool>(), prop::option::of(0_u64..2)).prop_map(
            |(peer, session, pinned, may_be_active, group)| Op::Up { peer, session, pinned: pinned && session == 3, may_be_active, group }
        ),
        1 => (peer(), 1_u64..4).prop_map(|(peer, session)| Op::Down { peer, session }),
        6 => (peer(), 0_u32..12, prop::bool::weighted(0.8)).prop_map(|(peer, channels, complete)| Op::Reply { peer, channels, complete }),
        4 => (peer(), prop::bool::weighted(0.9)).prop_map(|(peer, full)| Op::End { peer, full }),
        2 => (peer(), 0_u32..100).prop_map(|(peer, block)| Op::Gossip { peer, block }),
        6 => peer().prop_map(|peer| Op::Missing { peer }),
        6 => (peer(), any::<bool>()).prop_map(|(peer, half)| Op::Confirm { peer, half }),
        1 => peer().prop_map(|peer| Op::Accepted { peer }),
        1 => Just(Op::Force),
        1 => (0_usize..4).prop_map(Op::Target),
        1 => (90_u32..120).prop_map(Op::Tip),
        1 => (0_u64..100).prop_map(Op::Wait),
        3 => Just(Op::Timeout),
    ]
}

/// What is known of a peer from what was told, and what came out.
#[derive(Default)]
struct Model {
    session: u64,
    pinned: bool,
    may_be_active: bool,
    range: Option<(u32, u32)>,
    scids: bool,
    /// It may have said that it does not serve the chain.
    useless: bool,
    missing: Option<(TaskId, Vec<lnwire::ShortChannelId>)>,
    confirm: Vec<(TaskId, usize)>,
    /// Active, as the events say.
    active: bool,
}

const MAX_LISTED: usize = 8;
const PARALLEL: usize = 2;

struct Check {
    manager: SyncManager,
    peers: BTreeMap<NodeId, Model>,
    now: Instant,
    target: usize,
    tasks_told: BTreeSet<TaskId>,
    trace: Vec<(NodeId, Output)>,
}

impl Check {
    fn new(seed: u64) -> Self {
        let mut config = Config::new(CHAIN);
        config.syncer.max_listed = MAX_LISTED;
        config.parallel_peers = PARALLEL;
        config.active_peers = 2;
        config.shards = 4;
        let mut manager = SyncManager::new(at(0), config, Timestamp(DAY), seed);
        manager.set_tip(BlockHeight(99));
        Self {
            manager,
            peers: BTreeMap::new(),
            now: at(0),
            target: 2,
            tasks_told: BTreeSet::new(),
            trace: Vec::new(),
        }
    }

    fn input(&mut self, peer: usize, input: Input) {
        self.manager.handle_input(self.now, node(peer), input);
    }

    fn run(&mut self, op: &Op) {
        match *op {
            Op::Up {
                peer,
                session,
                pinned,
                may_be_active,
                group,
            } => {
                let info = PeerInfo {
                    pinned,
                    may_be_active,
                    group,
                    ..PeerInfo::new(session)
                };
                if self
                    .peers
                    .get(&node(peer))
                    .is_none_or(|p| p.session < session)
                {
                    let new = Model {
                        session,
                        pinned,
                        may_be_active,
                        ..Model::default()
                    };
                    self.peers.insert(node(peer), new);
                }
                self.input(peer, Input::Up(info));
            }
            Op::Down { peer, session } => {
                if self
                    .peers
                    .get(&node(peer))
                    .is_some_and(|p| p.session == session)
                {
                    self.peers.remove(&node(peer));
                }
                self.input(peer, Input::Down { session });
            }
            Op::Reply {
                peer,
                channels,
                complete,
            } => {
                let range = self
                    .peers
                    .get(&node(peer))
                    .and_then(|p| p.range)
                    .unwrap_or((0, 5));
                let ids = (0..channels).map(|n| scid(range.0 + n % range.1.min(16), n));
                let mut ids: Vec<_> = ids.collect();
                ids.sort_unstable();
                let reply = ReplyChannelRange {
                    chain_hash: CHAIN,
                    first_blocknum: BlockHeight(range.0),
                    number_of_blocks: range.1,
                    sync_complete: u8::from(complete),
                    short_channel_ids: ShortChannelIds::new(ids),
                    timestamps: None,
                    checksums: None,
                    unknown: UnknownRecords::default(),
                };
                if let Some(p) = self.peers.get_mut(&node(peer)) {
                    // An empty echo that is not complete says that there is no more to come.
                    let is_echo = channels == 0 && !complete && p.range.is_some();
                    p.useless |= is_echo;
                    if complete || is_echo {
                        p.range = None;
                    }
                }
                self.input(peer, Input::RangeReply(reply));
            }
            Op::End { peer, full } => {
                if let Some(p) = self.peers.get_mut(&node(peer)) {
                    p.scids = false;
                }
                let end = ReplyShortChannelIdsEnd {
                    chain_hash: CHAIN,
                    full_information: u8::from(full),
                    extra: Bytes::new(),
                };
                self.input(peer, Input::ScidsEnd(end));
            }
            Op::Gossip { peer, block } => self.input(peer, Input::Gossip(Some(scid(block, 0)))),
            Op::Missing { peer } => {
                let asked = self
                    .peers
                    .get_mut(&node(peer))
                    .and_then(|p| p.missing.take());
                if let Some((task, ids)) = asked {
                    let wanted = ids.into_iter().step_by(2).map(everything_of).collect();
                    self.input(peer, Input::Missing { task, wanted });
                }
            }
            Op::Confirm { peer, half } => {
                let asked = self
                    .peers
                    .get_mut(&node(peer))
                    .and_then(|p| p.confirm.pop());
                if let Some((task, listed)) = asked {
                    let channels = if half { listed / 2 } else { listed };
                    self.input(peer, Input::Confirmed { task, channels });
                }
            }
            Op::Accepted { peer } => self.input(peer, Input::Accepted { messages: 100 }),
            Op::Force => self.manager.force_historical_sync(self.now),
            Op::Target(target) => {
                self.target = target;
                self.manager.set_active_peers(self.now, target);
            }
            Op::Tip(tip) => self.manager.set_tip(BlockHeight(tip)),
            Op::Wait(seconds) => {
                self.now = self.now + Duration::from_secs(seconds);
                self.manager.handle_timeout(self.now);
            }
            Op::Timeout => {
                if let Some(deadline) = self.manager.poll_timeout() {
                    self.now = self.now.max(deadline);
                    self.manager.handle_timeout(self.now);
                }
            }
        }
        self.check();
    }

    fn check(&mut self) {
        let mut outputs = 0;
        while let Some((peer, output)) = self.manager.poll_output() {
            outputs += 1;
            self.trace.push((peer, output.clone()));
            let Some(p) = self.peers.get_mut(&peer) else {
                panic!("{output:?} for a peer that is not there");
            };
            match output {
                Output::Send(Message::QueryChannelRange(query)) => {
                    assert!(p.range.is_none(), "two range queries");
                    assert!(query.number_of_blocks > 0);
                    p.range = Some((query.first_blocknum.0, query.number_of_blocks));
                }
                Output::Send(Message::QueryShortChannelIds(_)) => {
                    assert!(!p.scids, "two queries for channels");
                    p.scids = true;
                }
                Output::Send(Message::GossipTimestampFilter(_)) => {}
                Output::Send(other) => panic!("{other:?}"),
                Output::FindMissing { task, listed } => {
                    assert!(listed.len() <= MAX_LISTED);
                    assert!(
                        listed
                            .windows(2)
                            .all(|t| t[0].short_channel_id < t[1].short_channel_id)
                    );
                    assert!(self.tasks_told.insert(task), "{task:?} twice");
                    let ids = listed.iter().map(|l| l.short_channel_id).collect();
                    p.missing = Some((task, ids));
                }
                Output::Confirm { task, listed } => {
                    // None but those that were not answered in ten minutes are open beyond two.
                    p.confirm.push((task, listed.len()));
                    if p.confirm.len() > 2 {
                        p.confirm.remove(0);
                    }
                }
                Output::Event(Event::Active(active)) => {
                    assert_ne!(p.active, active);
                    p.active = active;
                }
                Output::Event(_) => {}
            }
        }
        assert!(outputs <= 40, "{outputs} outputs at once");
        self.check_roles();
        // While anything is waited for there is a deadline; and everything is bounded.
        let tasks = self.manager.tasks();
        let pinned = self.peers.values().filter(|p| p.pinned).count();
        assert!(tasks <= PARALLEL + pinned);
        assert!(tasks == 0 || self.manager.poll_timeout().is_some());
        assert!(self.manager.held_bytes() <= tasks * MAX_LISTED * 40);
        // Somebody is asked, or there is an instant at which somebody will be.
        // With a target of zero only pinned peers are asked.
        let mut useful = self.peers.values().filter(|p| !p.useless);
        if useful.any(|p| self.target > 0 || p.pinned) {
            assert!(self.manager.poll_timeout().is_some());
        }
    }

    fn check_roles(&self) {
        let mut active = 0;
        for (id, p) in &self.peers {
            let role = self.manager.role(id).expect("it is there");
            assert_eq!(role == Role::Pinned, p.pinned);
            assert_eq!(role == Role::Active, p.active);
            active += usize::from(role == Role::Active);
            assert!(role != Role::Active || p.may_be_active);
        }
        assert!(active <= self.target);
        assert!(
            (0..9)
                .map(node)
                .all(|id| self.peers.contains_key(&id) == self.manager.role(&id).is_some())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn promises_are_kept(seed: u64, ops in prop::collection::vec(op(), 0..160)) {
        let mut check = Check::new(seed);
        ops.iter().for_each(|op| check.run(op));
        // With nothing but time all tasks end.
        for _ in 0..200 {
            if let Some(deadline) = check.manager.poll_timeout() {
                check.now = check.now.max(deadline);
                check.manager.handle_timeout(check.now);
                check.check();
            }
        }
        // The same again is the same.
        let mut again = Check::new(seed);
        ops.iter().for_each(|op| again.run(op));
        prop_assert_eq!(&check.trace[..again.trace.len()], &again.trace[..]);
        // Nobody is there, nothing is held.
        for peer in check.peers.keys().copied().collect::<Vec<_>>() {
            let session = check.peers.remove(&peer).map_or(0, |p| p.session);
            check.manager.handle_input(check.now, peer, Input::Down { session });
        }
        while check.manager.poll_output().is_some() {}
        prop_assert_eq!((check.manager.tasks(), check.manager.held_bytes()), (0, 0));
    }
}
