//! What an ingest does, with one list of messages and searches through it.

use std::collections::BTreeMap;

use gossip_sync::ingest::{Config, DropReason, Gone, Zombie};
use lnwire::bytes::Bytes;
use lnwire::{Instant, NodeId, ShortChannelId};

use super::taken::{About, End, Item, State, Taken, dropped};

pub(crate) struct Model {
    config: Config,
    pub(crate) now: Instant,
    pub(crate) tip: u32,
    pub(crate) channels: BTreeMap<ShortChannelId, ([NodeId; 2], [u32; 2])>,
    nodes: BTreeMap<NodeId, u32>,
    pub(crate) gone: BTreeMap<ShortChannelId, Gone>,
    pub(crate) taken: Vec<Taken>,
    seen: Vec<(Bytes, DropReason)>,
    pub(crate) ends: Vec<End>,
    pub(crate) revived: usize,
    counted: u64,
    numbered: usize,
}

impl Model {
    pub(crate) const fn new(config: Config, tip: u32) -> Self {
        Self {
            config,
            now: Instant::ZERO,
            tip,
            channels: BTreeMap::new(),
            nodes: BTreeMap::new(),
            gone: BTreeMap::new(),
            taken: Vec::new(),
            seen: Vec::new(),
            ends: Vec::new(),
            revived: 0,
            counted: 0,
            numbered: 0,
        }
    }

    pub(crate) fn under_way_of(&self, peer: NodeId) -> usize {
        let of = |t: &&Taken| t.peer == peer && t.is_under_way();
        self.taken.iter().filter(of).count()
    }

    pub(crate) fn parked_bytes_of(&self, peer: NodeId) -> usize {
        let of = |t: &&Taken| t.peer == peer && !t.is_under_way();
        self.taken.iter().filter(of).map(Taken::weight).sum()
    }

    pub(crate) fn at(&mut self, number: usize) -> Option<&mut Taken> {
        self.taken.iter_mut().find(|t| t.number == number)
    }

    pub(crate) fn offer(&mut self, peer: NodeId, item: &Item) {
        if let Err(reason) = self.look(peer, item) {
            return self.ends.push(dropped(peer, reason));
        }
        self.numbered += 1;
        let mut taken = Taken {
            number: self.numbered,
            peer,
            item: item.clone(),
            state: State::Out,
            until: self.now,
            revives: false,
            unconfirmed: false,
        };
        let candidates = self.candidates(item);
        match item.about {
            About::Channel(id, _) if id.block().0 + 5 > self.tip => taken.unconfirmed = true,
            About::Channel(..) => return self.check(taken),
            About::Update(id, ..) if self.channels.contains_key(&id) => return self.check(taken),
            About::Node(id, _) if self.nodes.contains_key(&id) => return self.check(taken),
            _ if !candidates.is_empty() => {
                taken.state = State::Waits(candidates);
                return self.taken.push(taken);
            }
            About::Update(id, ..) if self.gone.contains_key(&id) => {
                taken.revives = true;
                return self.check(taken);
            }
            About::Update(..) | About::Node(..) => {}
        }
        self.park(taken);
    }

    /// Announcements under way that the message would wait for.
    fn candidates(&self, item: &Item) -> Vec<usize> {
        let is_candidate = |t: &&Taken| match (&t.item.about, &item.about) {
            (About::Channel(id, _), About::Update(of, ..)) => id == of,
            (About::Channel(_, nodes), About::Node(of, _)) => nodes.contains(of),
            _ => false,
        };
        let checked = self.taken.iter().filter(|t| t.is_being_checked());
        checked.filter(is_candidate).map(|t| t.number).collect()
    }

    fn look(&self, peer: NodeId, item: &Item) -> Result<(), DropReason> {
        let is_copy = self.taken.iter().any(|t| t.item.frame == item.frame);
        let is_old = match item.about {
            About::Channel(id, _) => self.channels.contains_key(&id),
            About::Update(id, side, time) => {
                self.channels.get(&id).is_some_and(|c| time <= c.1[side])
            }
            About::Node(id, time) => self.nodes.get(&id).is_some_and(|at| time <= *at),
        };
        if is_copy || is_old {
            return Err(DropReason::Known);
        }
        let seen = self.seen.iter().find(|(frame, _)| *frame == item.frame);
        let seen = seen.map_or(Ok(()), |(_, reason)| Err(*reason));
        match item.about {
            About::Channel(id, _) => match self.gone.get(&id) {
                Some(Gone::Closed) => return Err(DropReason::Closed),
                Some(_) => return Err(DropReason::Zombie),
                None => seen?,
            },
            About::Update(id, side, _) => {
                seen?;
                match self.gone.get(&id) {
                    _ if !self.candidates(item).is_empty() => {}
                    Some(Gone::Closed) => return Err(DropReason::Closed),
                    Some(Gone::Silent(zombie)) if !zombie.may_revive[side] => {
                        return Err(DropReason::Zombie);
                    }
                    _ => {}
                }
            }
            About::Node(..) => seen?,
        }
        let bytes = |t: &Taken| t.item.frame.len();
        let mine = || {
            self.taken
                .iter()
                .filter(|t| t.peer == peer && t.is_under_way())
        };
        let has_room = mine().count() < self.config.max_messages_per_peer
            && mine().map(bytes).sum::<usize>() < self.config.max_bytes_per_peer;
        if has_room {
            Ok(())
        } else {
            Err(DropReason::Overloaded)
        }
    }

    pub(crate) fn check(&mut self, mut taken: Taken) {
        self.counted += 1;
        taken.state = State::Queued(self.counted);
        taken.until = self.now + self.config.job_timeout;
        self.taken.push(taken);
    }

    fn park(&mut self, mut taken: Taken) {
        self.counted += 1;
        taken.state = State::Parked(self.counted);
        taken.until = self.now + self.config.parked_for;
        let peer = taken.peer;
        self.taken.push(taken);
        while self.parked_bytes_of(peer) > self.config.max_parked_bytes_per_peer {
            self.evict(peer);
        }
        loop {
            let peers: Vec<_> = self.taken.iter().map(|t| t.peer).collect();
            let total: usize = self
                .taken
                .iter()
                .filter(|t| !t.is_under_way())
                .map(Taken::weight)
                .sum();
            let heaviest = peers
                .into_iter()
                .max_by_key(|p| (self.parked_bytes_of(*p), *p));
            match heaviest {
                Some(peer) if total > self.config.max_parked_bytes => self.evict(peer),
                _ => return,
            }
        }
    }

    /// The peer's oldest parked message goes.
    fn evict(&mut self, peer: NodeId) {
        let parked = self.taken.iter().filter_map(|t| match t.state {
            State::Parked(order) if t.peer == peer => Some((order, t.number)),
            _ => None,
        });
        let (_, number) = parked.min().expect("it has some");
        self.end_parked(number);
    }

    pub(crate) fn end_parked(&mut self, number: usize) {
        let taken = self.take(number);
        let reason = if taken.unconfirmed {
            DropReason::Unconfirmed
        } else {
            DropReason::UnknownChannel
        };
        self.ends.push(dropped(taken.peer, reason));
    }

    pub(crate) fn take(&mut self, number: usize) -> Taken {
        let at = self.taken.iter().position(|t| t.number == number);
        self.taken.remove(at.expect("it is there"))
    }

    /// A job was run.
    pub(crate) fn verdict(&mut self, number: usize) {
        let taken = self.take(number);
        if !taken.item.is_valid {
            self.seen
                .push((taken.item.frame.clone(), DropReason::InvalidCopy));
            let reason = "invalid signature".to_owned();
            self.ends.push(End::Dropped(taken.peer, reason));
            return self.candidate_ended(&taken, false);
        }
        match taken.item.about {
            About::Channel(..) => self.taken.push(Taken {
                state: State::ToAsk,
                until: self.now + self.config.lookup_timeout,
                ..taken
            }),
            About::Update(id, ..) if taken.revives => {
                self.gone.remove(&id);
                self.revived += 1;
                self.park(Taken {
                    revives: false,
                    ..taken
                });
            }
            About::Update(id, side, time) => {
                let channel = self.channels.get_mut(&id).expect("nobody removed it");
                channel.1[side] = channel.1[side].max(time);
                self.accept(&taken);
            }
            About::Node(id, time) => {
                let known = self.nodes.get_mut(&id).expect("nobody removed it");
                *known = time.max(*known);
                self.accept(&taken);
            }
        }
    }

    fn accept(&mut self, taken: &Taken) {
        let frame = taken.item.frame.clone();
        self.ends.push(End::Accepted(taken.peer, frame));
    }

    pub(crate) fn unspent(&mut self, number: usize) {
        let taken = self.take(number);
        let About::Channel(id, nodes) = taken.item.about else {
            panic!("no announcement")
        };
        self.channels.insert(id, (nodes, [0; 2]));
        self.accept(&taken);
        self.release(|of| matches!(of, About::Update(of, ..) if *of == id));
        for node in nodes {
            self.nodes.entry(node).or_insert(0);
            self.release(|of| matches!(of, About::Node(of, _) if *of == node));
        }
        self.candidate_ended(&taken, false);
    }

    /// Has checked what waited for a channel: first what is under way, then what is parked.
    fn release(&mut self, which: impl Fn(&About) -> bool) {
        for parked in [false, true] {
            let is_it = |t: &&Taken| match t.state {
                State::Waits(_) => !parked && which(&t.item.about),
                State::Parked(_) => parked && which(&t.item.about),
                _ => false,
            };
            let order = |t: &Taken| match t.state {
                State::Parked(order) => (order, t.number),
                _ => (0, t.number),
            };
            let mut numbers: Vec<_> = self.taken.iter().filter(is_it).map(order).collect();
            numbers.sort_unstable();
            for (_, number) in numbers {
                let taken = self.take(number);
                self.check(taken);
            }
        }
    }

    pub(crate) fn refused(&mut self, number: usize, reason: DropReason) {
        let taken = self.take(number);
        if reason == DropReason::FundingNotFound || reason == DropReason::FundingScript {
            self.seen.push((taken.item.frame.clone(), reason));
        }
        self.ends.push(dropped(taken.peer, reason));
        self.candidate_ended(&taken, reason == DropReason::Closed);
    }

    /// Nothing waits for this announcement any more. Who waited for no other is early, or too late for a closed channel.
    fn candidate_ended(&mut self, ended: &Taken, is_closed: bool) {
        let About::Channel(_, nodes) = ended.item.about else {
            return;
        };
        let mut hopeless = Vec::new();
        for taken in &mut self.taken {
            if let State::Waits(candidates) = &mut taken.state {
                candidates.retain(|number| *number != ended.number);
                if candidates.is_empty() {
                    let order = match taken.item.about {
                        About::Node(id, _) => 1 + usize::from(id == nodes[1]),
                        _ => 0,
                    };
                    hopeless.push((order, taken.number));
                }
            }
        }
        hopeless.sort_unstable();
        for (order, number) in hopeless {
            let taken = self.take(number);
            if order == 0 && is_closed {
                self.ends.push(dropped(taken.peer, DropReason::Closed));
            } else {
                self.park(taken);
            }
        }
    }

    /// Returns whether the channel can go: nothing that is being checked needs it.
    pub(crate) fn may_remove(&self, id: ShortChannelId) -> bool {
        let Some((nodes, _)) = self.channels.get(&id) else {
            return false;
        };
        let needs = |t: &Taken| match &t.item.about {
            About::Channel(..) => false,
            About::Update(of, ..) => *of == id,
            About::Node(of, _) => nodes.contains(of),
        };
        !self.taken.iter().any(|t| t.is_being_checked() && needs(t))
    }

    pub(crate) fn remove(&mut self, id: ShortChannelId, gone: Option<Gone>) {
        let (nodes, _) = self.channels.remove(&id).expect("it may be removed");
        let stays = |node: &NodeId| {
            self.channels
                .values()
                .any(|(nodes, _)| nodes.contains(node))
        };
        for node in nodes {
            if !stays(&node) {
                self.nodes.remove(&node);
            }
        }
        self.gone.extend(gone.map(|gone| (id, gone)));
    }

    pub(crate) fn zombie(&self, id: ShortChannelId, may_revive: [bool; 2]) -> Gone {
        Gone::Silent(Zombie {
            node_ids: self.channels[&id].0,
            may_revive,
        })
    }
}
