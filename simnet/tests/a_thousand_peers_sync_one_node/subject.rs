//! The node: every machine of `gossip-sync` and a graph, wired as an embedder wires them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use examples::node::MessageStore;
use gossip_sync::{
    Answerer, Ingest, Relay, Scores, SyncManager, answerer,
    ingest::{self, LookupId, SignatureJob, Verifier},
    manager::{self, PeerInfo, TaskId},
    relay, routemap as glue, scores,
    scores::Offence,
};
use lnwire::{Instant, Message, NodeId, ShortChannelId, Timestamp};
use routemap::Graph;

use super::{
    bounds::{ingest_config, relay_config},
    network::{CHAIN, DAWN, Network},
    peer::look_up,
};

/// Messages of a peer that wait to be taken, beyond which nothing is read from it.
pub(crate) const WINDOW: usize = 32;

pub(crate) struct Subject {
    pub(crate) network: Rc<Network>,
    pub(crate) now: Instant,
    pub(crate) graph: Graph,
    pub(crate) store: MessageStore,
    pub(crate) ingest: Ingest,
    pub(crate) manager: SyncManager,
    pub(crate) relay: Relay,
    pub(crate) scores: Scores,
    pub(crate) jobs: VecDeque<SignatureJob>,
    pub(crate) lookups: VecDeque<(LookupId, ShortChannelId)>,
    /// What is to be sent.
    pub(crate) sent: Vec<(NodeId, Message)>,
    /// To whom a page has been sent.
    pub(crate) pages: BTreeSet<NodeId>,
    /// Who was banned just now.
    pub(crate) banned: Vec<NodeId>,
    /// From whom can be read again.
    pub(crate) resumed: Vec<NodeId>,
    pub(crate) events: Vec<(NodeId, manager::Event)>,
    verifier: Verifier,
    pub(crate) links: BTreeMap<NodeId, Link>,
    /// Of whom messages wait.
    waiting: BTreeSet<NodeId>,
    last_turn: Option<NodeId>,
    unconfirmed: BTreeMap<NodeId, VecDeque<(TaskId, Vec<ShortChannelId>)>>,
}

pub(crate) struct Link {
    session: u64,
    pub(crate) answerer: Answerer,
    pub(crate) received: VecDeque<Message>,
}

impl Subject {
    pub(crate) fn new(
        network: Rc<Network>,
        sync: manager::Config,
        knows_tip: bool,
        seed: u64,
    ) -> Self {
        let now = Instant::ZERO;
        let mut ingest = Ingest::new(ingest_config(), Timestamp(DAWN), seed);
        let mut manager = SyncManager::new(now, sync, Timestamp(DAWN), seed);
        ingest.set_tip(now, network.tip);
        if knows_tip {
            manager.set_tip(network.tip);
        }
        Self {
            now,
            graph: Graph::new(routemap::Config::new(CHAIN, seed)),
            store: MessageStore::default(),
            ingest,
            manager,
            relay: Relay::new(relay_config(), now, seed),
            scores: Scores::new(scores::Config::default()),
            jobs: VecDeque::new(),
            lookups: VecDeque::new(),
            sent: Vec::new(),
            pages: BTreeSet::new(),
            banned: Vec::new(),
            resumed: Vec::new(),
            events: Vec::new(),
            verifier: Verifier::new(),
            links: BTreeMap::new(),
            waiting: BTreeSet::new(),
            last_turn: None,
            unconfirmed: BTreeMap::new(),
            network,
        }
    }

    pub(crate) fn up(&mut self, peer: NodeId, info: PeerInfo) {
        let link = Link {
            session: info.session,
            answerer: Answerer::new(answerer::Config::new(CHAIN)),
            received: VecDeque::new(),
        };
        self.links.insert(peer, link);
        self.relay
            .handle_input(self.now, relay::Input::PeerUp(peer));
        self.sync(peer, manager::Input::Up(info));
    }

    pub(crate) fn down(&mut self, peer: NodeId) {
        let Some(Link { session, .. }) = self.links.remove(&peer) else {
            return;
        };
        self.waiting.remove(&peer);
        self.unconfirmed.remove(&peer);
        self.pages.remove(&peer);
        self.relay
            .handle_input(self.now, relay::Input::PeerDown(peer));
        self.sync(peer, manager::Input::Down { session });
    }

    /// Returns whether it reads on from a peer.
    pub(crate) fn reads(&self, peer: NodeId) -> bool {
        let link = self.links.get(&peer);
        link.is_some_and(|link| link.received.len() < WINDOW)
    }

    pub(crate) fn receive(&mut self, peer: NodeId, message: Message) {
        if let Some(link) = self.links.get_mut(&peer) {
            link.received.push_back(message);
            self.waiting.insert(peer);
        }
    }

    /// The last page has left.
    pub(crate) fn ready(&mut self, peer: NodeId) {
        if !self.links.contains_key(&peer) {
            return;
        }
        self.answer(peer, answerer::Input::Ready);
        let input = relay::Input::Ready(peer);
        self.relay.handle_input(self.now, input);
    }

    pub(crate) fn check(&mut self, jobs: usize) {
        for job in self
            .jobs
            .drain(..jobs.min(self.jobs.len()))
            .collect::<Vec<_>>()
        {
            let checked = job.run(&mut self.verifier);
            let input = ingest::Input::Checked(checked);
            self.ingest.handle_input(self.now, input);
            self.pump_ingest();
        }
    }

    pub(crate) fn looked_up(&mut self, id: LookupId, answer: ingest::Answer) {
        let input = ingest::Input::LookedUp { id, answer };
        self.ingest.handle_input(self.now, input);
        self.pump_ingest();
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let deadlines = [
            self.ingest.poll_timeout(),
            self.manager.poll_timeout(),
            self.relay.poll_timeout(),
        ];
        deadlines.into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self) {
        let wall_clock = Timestamp(DAWN + self.now.since_epoch().as_secs() as u32);
        self.ingest.set_wall_clock(wall_clock);
        self.relay.set_wall_clock(wall_clock);
        self.manager.set_wall_clock(self.now, wall_clock);
        self.ingest.handle_timeout(self.now);
        self.pump_ingest();
        self.manager.handle_timeout(self.now);
        self.pump_manager();
        self.relay.handle_timeout(self.now);
    }

    /// Takes what was received while there is room, says what is confirmed, and passes on what is new.
    pub(crate) fn work(&mut self) {
        let mut turns: VecDeque<_> = self.waiting.iter().copied().collect();
        let behind = turns.partition_point(|peer| Some(*peer) <= self.last_turn);
        turns.rotate_left(behind);
        while let Some(peer) = turns.pop_front() {
            if !self.ingest.has_room(peer) {
                continue;
            }
            let Some(link) = self.links.get_mut(&peer) else {
                continue;
            };
            if link.received.len() == WINDOW {
                self.resumed.push(peer);
            }
            match link.received.pop_front() {
                Some(message) => {
                    self.last_turn = Some(peer);
                    self.message(peer, message);
                    turns.push_back(peer);
                }
                None => {
                    self.waiting.remove(&peer);
                }
            }
        }
        self.confirm();
        while let Some(relay::Output::Send { peer, message }) = self.relay.poll_output() {
            let message = Message::decode(message).expect("it was decoded before");
            self.sent.push((peer, message));
            self.pages.insert(peer);
        }
    }

    fn message(&mut self, peer: NodeId, message: Message) {
        match message {
            Message::ReplyChannelRange(reply) => {
                self.sync(peer, manager::Input::RangeReply(reply));
            }
            Message::ReplyShortChannelIdsEnd(end) => {
                self.sync(peer, manager::Input::ScidsEnd(end));
            }
            Message::QueryChannelRange(query) => {
                self.answer(peer, answerer::Input::QueryRange(query));
            }
            Message::QueryShortChannelIds(query) => {
                self.answer(peer, answerer::Input::QueryScids(query));
            }
            Message::GossipTimestampFilter(filter) => {
                let input = relay::Input::Filter {
                    peer,
                    filter: filter.clone(),
                };
                self.relay.handle_input(self.now, input);
                self.answer(peer, answerer::Input::Filter(filter));
            }
            message => self.gossip(peer, message),
        }
    }

    pub(crate) fn sync(&mut self, peer: NodeId, input: manager::Input) {
        self.manager.handle_input(self.now, peer, input);
        self.pump_manager();
    }

    fn pump_manager(&mut self) {
        while let Some((peer, output)) = self.manager.poll_output() {
            if !self.links.contains_key(&peer) {
                continue;
            }
            match output {
                manager::Output::Send(message) => self.sent.push((peer, message)),
                manager::Output::FindMissing { task, listed } => {
                    let fresh = Timestamp(1)..=Timestamp(u32::MAX);
                    let again = |id: &_| glue::is_in_turn(id, self.now);
                    let wanted = glue::missing(&self.graph, &listed, &fresh, again);
                    let input = manager::Input::Missing { task, wanted };
                    self.manager.handle_input(self.now, peer, input);
                }
                manager::Output::Confirm { task, listed } => {
                    let of = self.unconfirmed.entry(peer).or_default();
                    of.push_back((task, listed));
                }
                manager::Output::Event(event) => {
                    match &event {
                        manager::Event::Synced(_) => {
                            self.relay.handle_input(self.now, relay::Input::Complete);
                        }
                        manager::Event::Violation(_) => {
                            self.offence(peer, Offence::UselessReply);
                        }
                        _ => {}
                    }
                    self.events.push((peer, event));
                }
            }
        }
    }

    /// Counts what is true of a list, once all that its peer sent has its verdict.
    fn confirm(&mut self) {
        let is_done = |peer: &&NodeId| {
            self.ingest.held_messages_of(**peer) == 0 && !self.waiting.contains(*peer)
        };
        let done: Vec<_> = self.unconfirmed.keys().filter(is_done).copied().collect();
        for peer in done {
            for (task, listed) in self.unconfirmed.remove(&peer).unwrap_or_default() {
                let channels = glue::count_known(&self.graph, &listed);
                self.sync(peer, manager::Input::Confirmed { task, channels });
            }
        }
    }

    fn answer(&mut self, peer: NodeId, input: answerer::Input) {
        let Some(link) = self.links.get_mut(&peer) else {
            return;
        };
        link.answerer.handle_input(input);
        while let Some(output) = link.answerer.poll_output() {
            match output {
                answerer::Output::Send(message) => self.sent.push((peer, message)),
                answerer::Output::Relay(frame) => {
                    let message = Message::decode(frame).expect("it was decoded before");
                    self.sent.push((peer, message));
                }
                answerer::Output::Violation(violation) => panic!("{peer}: {violation}"),
                question => {
                    if let Some(answer) = look_up(&self.store, question) {
                        link.answerer.handle_input(answer);
                    }
                }
            }
        }
        if link.answerer.awaits_ready() {
            self.pages.insert(peer);
        }
    }
}
