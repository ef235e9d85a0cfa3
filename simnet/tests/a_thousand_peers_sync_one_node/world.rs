//! Lets time pass for the node and all its peers, from one event to the next.

use core::time::Duration;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use gossip_sync::{ingest::Answer, manager, manager::PeerInfo};
use lnwire::{Instant, Message, NodeId};
use simnet::Random;

use super::{
    lies::Kind,
    network::{CHAIN, Network},
    peer::Peer,
    subject::Subject,
};

pub(crate) struct World {
    pub(crate) subject: Subject,
    pub(crate) peers: Vec<Peer>,
    pub(crate) random: Random,
    pub(crate) now: Instant,
    /// How many events there were.
    pub(crate) steps: u64,
    /// The peer of this event disconnects instead, and comes again.
    pub(crate) cut_at: Option<u64>,
    pub(crate) banned: BTreeSet<NodeId>,
    queue: BTreeMap<(Instant, u64), Event>,
    numbered: u64,
    is_checking: bool,
    is_looking_up: bool,
}

#[expect(clippy::large_enum_variant, reason = "messages are values")]
enum Event {
    Up(usize),
    /// A message of the node arrives.
    ToPeer(usize, u64, Message),
    /// The next message of a peer arrives.
    FromPeer(usize, u64),
    /// A page of the node has left.
    PageSent(usize, u64),
    /// A peer speaks without being asked.
    Speaks(usize, u64),
    Begins(usize),
    Learns(usize),
    Checks,
    LooksUp,
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Signatures are checked at some twenty thousand a second.
const JOBS_AT_ONCE: usize = 40;

impl World {
    pub(crate) fn new(network: &Rc<Network>, kinds: &[Kind], knows_tip: bool, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let config = manager::Config::new(CHAIN);
        let subject = Subject::new(Rc::clone(network), config, knows_tip, random.next());
        let peer = |(n, kind): (usize, &Kind)| {
            let store = match kind {
                Kind::Most => &network.most[n % 3],
                Kind::Client => &network.empty,
                Kind::Inventor => &network.invented,
                _ => &network.whole,
            };
            Peer::new(node(n), *kind, Rc::clone(store))
        };
        Self {
            subject,
            peers: kinds.iter().enumerate().map(peer).collect(),
            random,
            now: Instant::ZERO,
            steps: 0,
            cut_at: None,
            banned: BTreeSet::new(),
            queue: BTreeMap::new(),
            numbered: 0,
            is_checking: false,
            is_looking_up: false,
        }
    }

    /// Peers come within this time.
    pub(crate) fn connect_all(&mut self, within: Duration) {
        for n in 0..self.peers.len() {
            let at = self.random.time(within);
            self.later(at, Event::Up(n));
        }
    }

    /// The clients ask the node for everything.
    pub(crate) fn begin_clients(&mut self) {
        for n in self.of_kind(Kind::Client) {
            let at = self.random.time(millis(60_000));
            self.later(at, Event::Begins(n));
        }
    }

    /// Those that have everything hear of something newer, however they serve it.
    pub(crate) fn spread_news(&mut self) {
        for n in 0..self.peers.len() {
            if Rc::ptr_eq(&self.peers[n].store, &self.subject.network.whole) {
                let at = self.random.time(millis(60_000));
                self.later(at, Event::Learns(n));
            }
        }
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<usize> {
        let of = |n: &usize| self.peers[*n].kind == kind;
        (0..self.peers.len()).filter(of).collect()
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let event = self.queue.first_key_value().map(|((at, _), _)| *at);
            let timer = self.subject.poll_timeout();
            let next = [event, timer].into_iter().flatten().min();
            let Some(next) = next.filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.subject.now = self.now;
            if event.is_some_and(|at| at <= self.now) {
                if let Some((_, event)) = self.queue.pop_first() {
                    self.happen(event);
                }
            } else {
                self.subject.handle_timeout();
            }
            self.follow();
            self.steps += 1;
            let is_thorough = self.steps % 997 == 0;
            self.subject.assert_bounds(self.peers.len(), is_thorough);
        }
        self.now = end;
        self.subject.now = end;
    }

    fn happen(&mut self, event: Event) {
        let of = match &event {
            Event::ToPeer(n, session, _) | Event::FromPeer(n, session) => Some((*n, *session)),
            Event::PageSent(n, session) | Event::Speaks(n, session) => Some((*n, *session)),
            _ => None,
        };
        let is_there =
            |(n, session): (usize, u64)| self.peers[n].is_up && self.peers[n].session == session;
        if of.is_some_and(|of| !is_there(of)) {
            return;
        }
        if let (Some((n, _)), true) = (of, self.cut_at == Some(self.steps)) {
            return self.disconnect(n);
        }
        let now = self.now;
        match event {
            Event::Up(n) => self.up(n),
            Event::ToPeer(n, _, message) => {
                self.peers[n].receive(now, message, &mut self.random);
                self.peers[n].refill(&mut self.random);
                self.count(n);
                self.send(n);
            }
            Event::FromPeer(n, _) => {
                let peer = &mut self.peers[n];
                peer.is_sending = false;
                if let Some(message) = peer.outbox.pop_front() {
                    self.subject.receive(peer.id, message);
                }
                peer.refill(&mut self.random);
                self.count(n);
                self.send(n);
            }
            Event::PageSent(n, _) => self.subject.ready(self.peers[n].id),
            Event::Speaks(n, session) => {
                let network = Rc::clone(&self.subject.network);
                self.peers[n].speak(&network, &mut self.random);
                self.send(n);
                if self.peers[n].unasked > 0 {
                    self.later(millis(50), Event::Speaks(n, session));
                }
            }
            Event::Begins(n) => {
                self.peers[n].begin(now);
                self.send(n);
            }
            Event::Learns(n) => {
                let network = Rc::clone(&self.subject.network);
                self.peers[n].learn(&network, &mut self.random);
                self.send(n);
            }
            Event::Checks => {
                self.is_checking = false;
                self.subject.check(JOBS_AT_ONCE);
            }
            Event::LooksUp => {
                self.is_looking_up = false;
                self.look_up();
            }
        }
    }

    fn up(&mut self, n: usize) {
        let peer = &mut self.peers[n];
        if self.banned.contains(&peer.id) {
            return;
        }
        peer.up();
        let info = PeerInfo {
            // Liars come from few networks.
            group: Kind::BAD.contains(&peer.kind).then_some(n as u64 % 40),
            ..PeerInfo::new(peer.session)
        };
        let (speaks, session) = (peer.unasked > 0, peer.session);
        self.subject.up(peer.id, info);
        if speaks {
            self.later(millis(500), Event::Speaks(n, session));
        }
    }

    fn disconnect(&mut self, n: usize) {
        let peer = &mut self.peers[n];
        peer.is_up = false;
        self.subject.down(peer.id);
        let wait = millis(5000) + self.random.time(millis(100_000));
        self.later(wait, Event::Up(n));
    }

    /// One that leaves after so many messages may leave now.
    fn count(&mut self, n: usize) {
        if let Some(left) = &mut self.peers[n].leaves_after {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.peers[n].leaves_after = Some(1 + self.random.below(2000));
                self.disconnect(n);
            }
        }
    }

    /// The peer's next message sets out, if the node reads on.
    fn send(&mut self, n: usize) {
        let peer = &mut self.peers[n];
        let may = peer.is_up && !peer.is_sending && !peer.outbox.is_empty();
        if may && self.subject.reads(peer.id) {
            peer.is_sending = true;
            let session = peer.session;
            self.later(millis(1), Event::FromPeer(n, session));
        }
    }

    fn look_up(&mut self) {
        let Some((id, short_channel_id)) = self.subject.lookups.pop_front() else {
            return;
        };
        let answer = match self.random.below(20) {
            0 => Answer::Unavailable,
            _ => self.subject.network.look_up(short_channel_id),
        };
        self.subject.looked_up(id, answer);
    }

    /// What follows of what has happened.
    fn follow(&mut self) {
        self.subject.work();
        for (to, message) in core::mem::take(&mut self.subject.sent) {
            let n = number(to);
            let session = self.peers[n].session;
            // The farther, the later.
            let latency = millis(10 + n as u64 % 190);
            self.later(latency, Event::ToPeer(n, session, message));
        }
        for peer in core::mem::take(&mut self.subject.pages) {
            let n = number(peer);
            let session = self.peers[n].session;
            self.later(millis(5), Event::PageSent(n, session));
        }
        for peer in core::mem::take(&mut self.subject.resumed) {
            self.send(number(peer));
        }
        for peer in core::mem::take(&mut self.subject.banned) {
            self.banned.insert(peer);
            self.peers[number(peer)].is_up = false;
            self.subject.down(peer);
        }
        if !self.subject.jobs.is_empty() && !self.is_checking {
            self.is_checking = true;
            self.later(millis(5), Event::Checks);
        }
        if !self.subject.lookups.is_empty() && !self.is_looking_up {
            self.is_looking_up = true;
            self.later(millis(2), Event::LooksUp);
        }
    }

    fn later(&mut self, delay: Duration, event: Event) {
        self.numbered += 1;
        self.queue.insert((self.now + delay, self.numbered), event);
    }
}

fn node(n: usize) -> NodeId {
    let mut id = [2; 33];
    id[25..].copy_from_slice(&(n as u64).to_be_bytes());
    NodeId(id)
}

fn number(id: NodeId) -> usize {
    let mut number = [0; 8];
    number.copy_from_slice(&id.0[25..]);
    u64::from_be_bytes(number) as usize
}
