//! A sync manager among peers that answer well or badly, on virtual time.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use gossip_sync::SyncManager;
use gossip_sync::manager::{Config, Coverage, Event, Input, Output, PeerInfo, Status};
use gossip_sync::syncer::{Failure, Outcome, Wanted};
use lnwire::bolt7::{
    GossipTimestampFilter, QueryChannelRange, QueryFlags, ReplyChannelRange,
    ReplyShortChannelIdsEnd, ShortChannelIds, Timestamps,
};
use lnwire::bytes::Bytes;
use lnwire::tlv::UnknownRecords;
use lnwire::{BlockHeight, ChainHash, Instant, Message, NodeId, ShortChannelId, Timestamp};

pub(crate) const CHAIN: ChainHash = ChainHash::REGTEST;
/// The time of day at the beginning.
pub(crate) const DAY: u32 = 1_700_000_000;
pub(crate) const TIP: u32 = 1000;

pub(crate) const fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

pub(crate) fn scid(block: u32, transaction: u32) -> ShortChannelId {
    ShortChannelId::new(block, transaction, 0).unwrap()
}

pub(crate) fn node(n: usize) -> NodeId {
    let mut id = [0; 33];
    id[0] = 2;
    id[25..].copy_from_slice(&(n as u64).to_be_bytes());
    NodeId(id)
}

/// How a peer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Honest,
    /// In replies that overlap and go backwards, and beyond the range.
    Overlapping,
    /// Never answers a query for channels, but the first filter, with everything.
    Dumper,
    /// Says nothing.
    Silent,
    /// Knows of no channel.
    Empty,
    /// Lists channels that do not exist.
    Nonsense,
    /// Leaves out the upper half of each range.
    Gappy,
    /// Lists everything, and sends half.
    Withholding,
    /// Stops in the middle of its list.
    Stalling,
    Foreign,
}

impl Kind {
    pub(crate) const BAD: [Self; 7] = [
        Self::Silent,
        Self::Empty,
        Self::Nonsense,
        Self::Gappy,
        Self::Withholding,
        Self::Stalling,
        Self::Foreign,
    ];

    pub(crate) const fn is_honest(self) -> bool {
        matches!(self, Self::Honest | Self::Overlapping | Self::Dumper)
    }
}

#[derive(Clone, Debug)]
enum FromPeer {
    Reply(ReplyChannelRange),
    End,
    /// An announcement.
    Channel(ShortChannelId),
    /// What the embedder does later.
    Own(Input),
}

#[derive(Clone, Debug)]
struct SimPeer {
    kind: Kind,
    session: u64,
    filters: Vec<GossipTimestampFilter>,
    ranges: Vec<(u32, u32)>,
}

pub(crate) struct World {
    pub(crate) manager: SyncManager,
    pub(crate) now: Instant,
    /// All channels that exist.
    pub(crate) truth: BTreeSet<ShortChannelId>,
    /// Those that were learnt.
    pub(crate) graph: BTreeSet<ShortChannelId>,
    pub(crate) events: Vec<(Instant, NodeId, Event)>,
    pub(crate) most_held: usize,
    pub(crate) most_tasks: usize,
    /// How many range queries went out.
    pub(crate) queries: usize,
    peers: BTreeMap<NodeId, SimPeer>,
    queue: BTreeMap<(Instant, u64), (NodeId, u64, FromPeer)>,
    next: u64,
    seed: u64,
}

impl World {
    /// `count` channels, spread over the upper half of the blocks.
    pub(crate) fn new(config: Config, count: u32, seed: u64) -> Self {
        let mut manager = SyncManager::new(at(0), config, Timestamp(DAY), seed);
        manager.set_tip(BlockHeight(TIP));
        Self {
            manager,
            now: at(0),
            truth: (0..count).map(|n| scid(TIP - n % (TIP / 2), n)).collect(),
            graph: BTreeSet::new(),
            events: Vec::new(),
            most_held: 0,
            most_tasks: 0,
            queries: 0,
            peers: BTreeMap::new(),
            queue: BTreeMap::new(),
            next: 0,
            seed,
        }
    }

    pub(crate) fn random(&mut self, end: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % end
    }

    pub(crate) fn up(&mut self, peer: NodeId, kind: Kind, info: PeerInfo) {
        let new = SimPeer {
            kind,
            session: info.session,
            filters: Vec::new(),
            ranges: Vec::new(),
        };
        self.peers.insert(peer, new);
        self.manager.handle_input(self.now, peer, Input::Up(info));
        self.drain();
    }

    pub(crate) fn down(&mut self, peer: NodeId) {
        if let Some(p) = self.peers.remove(&peer) {
            let session = p.session;
            self.manager
                .handle_input(self.now, peer, Input::Down { session });
            self.drain();
        }
    }

    /// Lets time pass until then.
    pub(crate) fn run_until(&mut self, end: Instant) {
        while self.step(end) {}
        self.now = end;
    }

    /// Does what comes next before `end`; `false` if nothing does.
    pub(crate) fn step(&mut self, end: Instant) -> bool {
        let message = self.queue.first_key_value().map(|((at, _), _)| *at);
        let timer = self.manager.poll_timeout();
        let next = [message, timer].into_iter().flatten().min();
        let Some(next) = next.filter(|at| *at <= end) else {
            return false;
        };
        self.now = self.now.max(next);
        if message.is_some_and(|at| at <= self.now) {
            let (_, (peer, session, what)) = self.queue.pop_first().unwrap();
            if self.peers.get(&peer).is_some_and(|p| p.session == session) {
                self.arrives(peer, what);
            }
        } else {
            self.manager.handle_timeout(self.now);
        }
        self.drain();
        true
    }

    fn arrives(&mut self, peer: NodeId, what: FromPeer) {
        let input = match what {
            FromPeer::Reply(reply) => Input::RangeReply(reply),
            FromPeer::End => Input::ScidsEnd(ReplyShortChannelIdsEnd {
                chain_hash: CHAIN,
                full_information: 1,
                extra: Bytes::new(),
            }),
            FromPeer::Channel(id) => {
                if self.truth.contains(&id) && self.graph.insert(id) {
                    let input = Input::Accepted { messages: 1 };
                    self.manager.handle_input(self.now, peer, input);
                }
                Input::Gossip(Some(id))
            }
            FromPeer::Own(input) => input,
        };
        self.manager.handle_input(self.now, peer, input);
    }

    fn later(&mut self, peer: NodeId, delay: u64, what: FromPeer) {
        let Some(p) = self.peers.get(&peer) else {
            return;
        };
        self.next += 1;
        let at = self.now + Duration::from_millis(delay);
        self.queue.insert((at, self.next), (peer, p.session, what));
    }

    pub(crate) fn drain(&mut self) {
        while let Some((peer, output)) = self.manager.poll_output() {
            match output {
                Output::Send(message) => self.asked(peer, message),
                Output::FindMissing { task, listed } => {
                    let ids = listed.iter().map(|l| l.short_channel_id);
                    let missing = ids.filter(|id| !self.graph.contains(id));
                    let wanted = missing.map(everything_of).collect();
                    self.later(peer, 5, FromPeer::Own(Input::Missing { task, wanted }));
                }
                Output::Confirm { task, listed } => {
                    let channels = listed.iter().filter(|id| self.graph.contains(id)).count();
                    let input = Input::Confirmed { task, channels };
                    self.later(peer, 200, FromPeer::Own(input));
                }
                Output::Event(event) => self.events.push((self.now, peer, event)),
            }
        }
        self.most_held = self.most_held.max(self.manager.held_bytes());
        self.most_tasks = self.most_tasks.max(self.manager.tasks());
    }

    /// The peer is asked for something, and answers as it is.
    fn asked(&mut self, peer: NodeId, message: Message) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        let kind = p.kind;
        match message {
            Message::QueryChannelRange(query) => {
                let end = u32::try_from(query.end_blocknum()).unwrap_or(u32::MAX);
                p.ranges.push((query.first_blocknum.0, end));
                self.queries += 1;
                self.lists(peer, kind, &query);
            }
            Message::QueryShortChannelIds(query) => {
                if matches!(kind, Kind::Silent | Kind::Dumper | Kind::Stalling) {
                    return;
                }
                let mut delay = 50 + self.random(100);
                for (n, id) in query.short_channel_ids.iter().enumerate() {
                    let is_sent = kind != Kind::Withholding || n % 2 == 0;
                    if is_sent && self.truth.contains(&id) {
                        self.later(peer, delay, FromPeer::Channel(id));
                    }
                    delay += 1;
                }
                self.later(peer, delay, FromPeer::End);
            }
            Message::GossipTimestampFilter(filter) => {
                p.filters.push(filter);
                if kind == Kind::Dumper && p.filters.len() == 1 {
                    for (n, id) in self.truth.clone().into_iter().enumerate() {
                        self.later(peer, 100 + n as u64, FromPeer::Channel(id));
                    }
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn lists(&mut self, peer: NodeId, kind: Kind, query: &QueryChannelRange) {
        let first = query.first_blocknum.0;
        let end = u32::try_from(query.end_blocknum()).unwrap_or(u32::MAX);
        let inside = |id: &&ShortChannelId| (first..end).contains(&id.block().0);
        let ids: Vec<_> = self.truth.iter().filter(inside).copied().collect();
        let nonsense =
            (first..end.min(first + 50)).filter_map(|b| ShortChannelId::new(b, 77_777, 0));
        let nonsense: Vec<_> = nonsense.collect();
        let delay = 50 + self.random(100);
        let whole = end - first;
        let replies = match kind {
            Kind::Silent => vec![],
            Kind::Foreign => vec![reply(first, whole, 0, &[])],
            Kind::Empty => vec![reply(first, whole, 1, &[])],
            Kind::Nonsense => vec![reply(first, whole, 1, &nonsense)],
            Kind::Gappy => {
                let half = (whole / 2).max(1);
                let below = |id: &&ShortChannelId| id.block().0 < first + half;
                let ids: Vec<_> = ids.iter().filter(below).copied().collect();
                vec![reply(first, half.min(whole.saturating_sub(1)), 1, &ids)]
            }
            Kind::Overlapping => {
                let half = whole / 2;
                vec![
                    reply(first + half, u32::MAX, 0, &ids[ids.len() / 3..]),
                    reply(first.saturating_sub(10), half + 20, 1, &ids),
                ]
            }
            Kind::Stalling => vec![reply(first, whole / 2, 0, &ids[..ids.len() / 2])],
            Kind::Honest | Kind::Dumper | Kind::Withholding => {
                // In parts that begin where the last one ended.
                let mut parts: Vec<_> = ids.chunks(300).collect();
                if parts.is_empty() {
                    parts.push(&[]);
                }
                let last = parts.len() - 1;
                let mut next = first;
                let made = parts.into_iter().enumerate().map(|(n, ids)| {
                    let begin = next;
                    next = match ids.last() {
                        Some(id) if n < last => id.block().0,
                        _ => end,
                    };
                    reply(begin, (next - begin).max(1), u8::from(n == last), ids)
                });
                made.collect()
            }
        };
        for reply in replies {
            self.later(peer, delay, FromPeer::Reply(reply));
        }
    }

    /// The ranges that a peer was asked to list.
    pub(crate) fn ranges(&self, peer: NodeId) -> &[(u32, u32)] {
        self.peers.get(&peer).map_or(&[], |p| &p.ranges)
    }

    /// The filters that a peer was sent, first timestamp and range.
    pub(crate) fn filters(&self, peer: NodeId) -> Vec<(u32, u32)> {
        let filters = self.peers.get(&peer).map_or(&[][..], |p| &p.filters);
        let both = |f: &GossipTimestampFilter| (f.first_timestamp.0, f.timestamp_range);
        filters.iter().map(both).collect()
    }

    pub(crate) fn synced(&self) -> Vec<Coverage> {
        let coverage = |(_, _, event): &_| match event {
            Event::Synced(coverage) => Some(*coverage),
            _ => None,
        };
        self.events.iter().filter_map(coverage).collect()
    }

    pub(crate) fn completed(&self) -> Vec<NodeId> {
        let of = |e: &&(Instant, NodeId, Event)| e.2 == Event::Complete;
        self.events.iter().filter(of).map(|e| e.1).collect()
    }

    /// Whether a task of this peer failed by its fault.
    pub(crate) fn was_blamed(&self, peer: NodeId) -> bool {
        self.events.iter().any(|(_, p, event)| {
            let bad = match event {
                Event::RangeDone { outcome, .. } => match outcome {
                    Outcome::Complete { .. } => false,
                    Outcome::Partial { reason, .. } => *reason != Failure::TooMuch,
                    Outcome::Failed(_) => true,
                    _ => true,
                },
                Event::Violation(_) => true,
                _ => false,
            };
            *p == peer && bad
        })
    }

    pub(crate) fn is_synced(&self) -> bool {
        matches!(self.manager.status(), Status::Synced { coverage, .. } if coverage.is_full())
    }
}

pub(crate) const fn everything_of(id: ShortChannelId) -> Wanted {
    Wanted {
        short_channel_id: id,
        flags: QueryFlags::EVERYTHING as u8,
    }
}

pub(crate) fn reply(
    first: u32,
    number: u32,
    complete: u8,
    ids: &[ShortChannelId],
) -> ReplyChannelRange {
    ReplyChannelRange {
        chain_hash: CHAIN,
        first_blocknum: BlockHeight(first),
        number_of_blocks: number,
        sync_complete: complete,
        short_channel_ids: ShortChannelIds::new(ids.iter().copied()),
        timestamps: Some(Timestamps::new(ids.iter().map(|_| [Timestamp(DAY); 2]))),
        checksums: None,
        unknown: UnknownRecords::default(),
    }
}
