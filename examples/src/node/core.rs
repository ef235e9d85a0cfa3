//! The one place that owns graph, messages and machines. Everything reaches it as an event, in one queue.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use conn_worker::{EndReason, session::Lane};
use gossip_sync::{
    Answerer, Ingest, Syncer, answerer,
    ingest::{self, Checked},
    routemap as glue,
    syncer::{self, Failure, Outcome},
    threads::VerifyPool,
};
use lnwire::{BlockHeight, ChainHash, Feature, Message, NodeId, bolt1::Init};
use tokio::sync::{
    Notify,
    mpsc::{UnboundedReceiver, UnboundedSender},
};

use super::{
    clock::Clock,
    connection::{Batch, ConnectionId, FromConnection, Received, ToConnection},
    event::{Event, Reporter},
    knowledge::Knowledge,
    stats::Stats,
};

pub(super) struct Core {
    pub(super) clock: Clock,
    pub(super) chain_hash: ChainHash,
    pub(super) syncer: syncer::Config,
    pub(super) knowledge: Knowledge,
    pub(super) pool: VerifyPool,
    pub(super) stats: Arc<Stats>,
    pub(super) reporter: Reporter,
    pub(super) ingest: Ingest,
    pub(super) peers: BTreeMap<NodeId, Peer>,
    pub(super) connections: BTreeMap<ConnectionId, Link>,
    /// Whose message was taken last.
    pub(super) last_turn: Option<NodeId>,
    /// When to read the time of day again.
    pub(super) wall_clock_at: lnwire::Instant,
}

/// A connection and, once it is up, its peer.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) commands: UnboundedSender<ToConnection>,
    /// Ends it.
    pub(super) hangup: Arc<Notify>,
    pub(super) peer: Option<NodeId>,
}

pub(super) struct Peer {
    connection: ConnectionId,
    commands: UnboundedSender<ToConnection>,
    hangup: Arc<Notify>,
    syncer: Syncer,
    pub(super) answerer: Answerer,
    /// Batches that wait for room in the ingest.
    deferred: VecDeque<Batch>,
    /// Complaints about it that were reported.
    complaints: u32,
    /// The end of its sync, reported once all that came with it has been checked.
    outcome: Option<Outcome>,
}

/// What happens to a core.
#[derive(Debug)]
pub(super) enum CoreInput {
    /// A connection begins.
    Opened(ConnectionId, Link),
    /// Stop, and hand out what is known.
    Stop(tokio::sync::oneshot::Sender<Knowledge>),
}

/// Complaints reported of one connection: a peer that errs all the time must not fill logs and queues.
const MAX_COMPLAINTS: u32 = 100;
/// How often the time of day is read.
const WALL_CLOCK_EVERY: Duration = Duration::from_secs(30);

impl Core {
    pub(super) async fn run(
        mut self,
        mut inputs: UnboundedReceiver<CoreInput>,
        mut connections: UnboundedReceiver<(ConnectionId, FromConnection)>,
        mut checked: UnboundedReceiver<Vec<Checked>>,
    ) {
        self.count();
        loop {
            let deadline = self.poll_timeout();
            tokio::select! {
                biased;
                input = inputs.recv() => match input {
                    Some(CoreInput::Opened(id, link)) => {
                        self.connections.insert(id, link);
                    }
                    Some(CoreInput::Stop(knowledge)) => {
                        let _sent = knowledge.send(self.knowledge);
                        return;
                    }
                    None => return,
                },
                Some(batch) = checked.recv() => self.checked(batch),
                Some((id, event)) = connections.recv() => self.connection(id, event),
                () = self.clock.sleep_until(Some(deadline)) => {}
            }
            // Here, and not only when there is nothing else to do: that may be never.
            if deadline <= self.clock.now() {
                self.handle_timeout();
            }
            self.resume_deferred();
            self.pool.flush();
            self.report_synced();
            self.count();
        }
    }

    fn poll_timeout(&self) -> lnwire::Instant {
        let syncers = self.peers.values().filter_map(|p| p.syncer.poll_timeout());
        syncers
            .chain(self.ingest.poll_timeout())
            .fold(self.wall_clock_at, lnwire::Instant::min)
    }

    fn handle_timeout(&mut self) {
        let now = self.clock.now();
        if self.wall_clock_at <= now {
            self.wall_clock_at = now + WALL_CLOCK_EVERY;
            self.ingest.set_wall_clock(self.clock.wall_clock());
        }
        self.ingest.handle_timeout(now);
        self.pump_ingest();
        let peers: Vec<_> = self.peers.keys().copied().collect();
        for peer in peers {
            if let Some(p) = self.peers.get_mut(&peer) {
                p.syncer.handle_timeout(now);
            }
            self.pump_syncer(peer);
        }
    }

    fn checked(&mut self, batch: Vec<Checked>) {
        let now = self.clock.now();
        for checked in batch {
            Stats::add(&self.stats.signatures, checked.signatures());
            self.ingest
                .handle_input(now, ingest::Input::Checked(checked));
            self.pump_ingest();
        }
    }

    fn connection(&mut self, id: ConnectionId, event: FromConnection) {
        // A connection that was replaced has no say any more.
        let peer = self.connections.get(&id).and_then(|link| link.peer);
        let peer = peer.filter(|peer| self.peers.get(peer).is_some_and(|p| p.connection == id));
        match event {
            FromConnection::Up {
                peer,
                init,
                address,
            } => self.up(id, peer, &init, address),
            FromConnection::Down {
                peer,
                address,
                reason,
            } => self.down(id, peer, address, reason),
            FromConnection::Messages(batch) => {
                if let Some(p) = peer.and_then(|peer| self.peers.get_mut(&peer)) {
                    p.deferred.push_back(batch);
                }
            }
            FromConnection::Ready => {
                if let Some(peer) = peer {
                    self.answer(peer, answerer::Input::Ready);
                }
            }
        }
    }

    fn up(&mut self, id: ConnectionId, peer: NodeId, init: &Init, address: SocketAddr) {
        let Some(link) = self.connections.get_mut(&id) else {
            return;
        };
        link.peer = Some(peer);
        let mut new = Peer {
            connection: id,
            commands: link.commands.clone(),
            hangup: Arc::clone(&link.hangup),
            syncer: Syncer::new(self.syncer.clone()),
            answerer: Answerer::new(answerer::Config::new(self.chain_hash)),
            deferred: VecDeque::new(),
            complaints: 0,
            outcome: None,
        };
        let features = init.all_features();
        if features.supports(Feature::GOSSIP_QUERIES) {
            let now = self.clock.now();
            new.syncer.sync(now, BlockHeight(0), BlockHeight(u32::MAX));
        } else {
            new.outcome = Some(Outcome::Failed(Failure::NoQueries));
        }
        // A peer that comes back was restarted, or lost its connection before we noticed: the old one goes.
        if let Some(old) = self.peers.insert(peer, new) {
            old.hangup.notify_one();
        }
        self.reporter.report(Event::PeerUp { peer, address });
        self.pump_syncer(peer);
    }

    fn down(
        &mut self,
        id: ConnectionId,
        peer: Option<NodeId>,
        address: SocketAddr,
        reason: EndReason,
    ) {
        let up = self.connections.remove(&id).and_then(|link| link.peer);
        let current = up.filter(|up| self.peers.get(up).is_some_and(|p| p.connection == id));
        if let Some(mut gone) = current.and_then(|up| self.peers.remove(&up)) {
            gone.syncer.stop();
        }
        let peer = up.or(peer);
        if peer.is_some_and(|peer| self.peers.contains_key(&peer)) {
            // Another connection has taken its place: the peer is still there.
            return;
        }
        self.reporter.report(Event::PeerDown {
            peer,
            address,
            reason,
        });
    }

    /// Takes messages of peers that have room, one of each in turn, and leaves the rest where it is.
    fn resume_deferred(&mut self) {
        let waiting = |(peer, p): (&NodeId, &Peer)| (!p.deferred.is_empty()).then_some(*peer);
        let mut turns: VecDeque<_> = self.peers.iter().filter_map(waiting).collect();
        // Those behind the last one go first.
        let behind = turns.partition_point(|peer| Some(*peer) <= self.last_turn);
        turns.rotate_left(behind);
        while let Some(peer) = turns.pop_front() {
            if !self.ingest.has_room(peer) {
                continue;
            }
            if let Some(message) = self.peers.get_mut(&peer).and_then(Peer::next_deferred) {
                self.last_turn = Some(peer);
                self.received(peer, message);
                turns.push_back(peer);
            }
        }
    }

    fn received(&mut self, peer: NodeId, received: Received) {
        match received {
            Ok(message) => self.message(peer, message),
            Err(error) => {
                Stats::add(&self.stats.dropped, 1);
                Stats::add(&self.stats.faults, 1);
                self.complain(peer, error.to_string());
            }
        }
    }

    fn message(&mut self, peer: NodeId, message: Message) {
        let graph = &self.knowledge.graph;
        let (announced, gossip) = match message {
            Message::ChannelAnnouncement(message) => {
                let id = message.short_channel_id();
                let known = graph.channel_by_scid(id).is_some();
                let input = ingest::Input::ChannelAnnouncement {
                    peer,
                    message,
                    known,
                };
                (Some(id), input)
            }
            Message::ChannelUpdate(message) => {
                let channel = glue::known_channel(graph, message.short_channel_id());
                let input = ingest::Input::ChannelUpdate {
                    peer,
                    message,
                    channel,
                };
                (None, input)
            }
            Message::NodeAnnouncement(message) => {
                let node = glue::known_node(graph, &message.node_id());
                let input = ingest::Input::NodeAnnouncement {
                    peer,
                    message,
                    node,
                };
                (None, input)
            }
            Message::ReplyChannelRange(reply) => {
                return self.sync(peer, syncer::Input::RangeReply(reply));
            }
            Message::ReplyShortChannelIdsEnd(end) => {
                return self.sync(peer, syncer::Input::ScidsEnd(end));
            }
            Message::QueryChannelRange(query) => {
                return self.answer(peer, answerer::Input::QueryRange(query));
            }
            Message::QueryShortChannelIds(query) => {
                return self.answer(peer, answerer::Input::QueryScids(query));
            }
            Message::GossipTimestampFilter(filter) => {
                return self.answer(peer, answerer::Input::Filter(filter));
            }
            Message::Warning(warning) => {
                return self.complain(peer, format!("it warns us: {}", warning.text()));
            }
            Message::Error(error) => {
                return self.complain(peer, format!("it sent an error: {}", error.text()));
            }
            // Messages about channels: this node has none.
            // Gossip of the second version has no place in this graph.
            _ => return,
        };
        self.ingest.handle_input(self.clock.now(), gossip);
        self.pump_ingest();
        self.sync(peer, syncer::Input::Gossip(announced));
    }

    fn pump_ingest(&mut self) {
        while let Some(output) = self.ingest.poll_output() {
            match output {
                ingest::Output::Check(job) => self.pool.push(job),
                ingest::Output::Accept { message, .. } => {
                    let now = self.clock.now();
                    if self.knowledge.insert(now, message).is_err() {
                        Stats::add(&self.stats.dropped, 1);
                        let channels = self.knowledge.graph.channel_count();
                        self.ingest.set_channel_count(channels);
                    }
                }
                // This node has no chain to ask, and removes no channel that could be revived.
                ingest::Output::Lookup { id, .. } => {
                    let answer = ingest::Answer::Unavailable;
                    let input = ingest::Input::LookedUp { id, answer };
                    self.ingest.handle_input(self.clock.now(), input);
                }
                ingest::Output::Revived { .. } | ingest::Output::Version2 { .. } => {}
                ingest::Output::Drop { peer, reason } => {
                    Stats::add(&self.stats.dropped, 1);
                    if reason.is_fault() {
                        Stats::add(&self.stats.faults, 1);
                        self.complain(peer, format!("gossip dropped: {reason}"));
                    }
                }
            }
        }
    }

    fn sync(&mut self, peer: NodeId, input: syncer::Input) {
        let now = self.clock.now();
        if let Some(p) = self.peers.get_mut(&peer) {
            p.syncer.handle_input(now, input);
        }
        self.pump_syncer(peer);
    }

    fn pump_syncer(&mut self, peer: NodeId) {
        while let Some(p) = self.peers.get_mut(&peer) {
            let Some(output) = p.syncer.poll_output() else {
                return;
            };
            match output {
                syncer::Output::Send(message) => p.send(Lane::Control, &message),
                syncer::Output::FindMissing(listed) => {
                    let fresh = self.clock.fresh_gossip();
                    let wanted = glue::missing(&self.knowledge.graph, &listed, &fresh);
                    Stats::add(&self.stats.wanted, wanted.len());
                    let now = self.clock.now();
                    p.syncer.handle_input(now, syncer::Input::Missing(wanted));
                }
                syncer::Output::Event(syncer::Event::Finished(outcome)) => {
                    p.outcome = Some(outcome);
                }
                syncer::Output::Event(event) => self.complain(peer, format!("{event:?}")),
            }
        }
    }

    /// Reports syncs that have ended, once everything that came with them has its verdict. What others send
    /// meanwhile is not waited for.
    fn report_synced(&mut self) {
        for (peer, p) in &mut self.peers {
            if p.deferred.is_empty() && self.ingest.held_messages_of(*peer) == 0 {
                if let Some(outcome) = p.outcome.take() {
                    let peer = *peer;
                    self.reporter.report(Event::Synced { peer, outcome });
                }
            }
        }
    }

    fn count(&self) {
        let Knowledge { graph, store } = &self.knowledge;
        Stats::set(&self.stats.channels, graph.channel_count());
        Stats::set(&self.stats.updates, graph.policy_count());
        Stats::set(&self.stats.nodes, store.node_announcements());
    }

    pub(super) fn complain(&mut self, peer: NodeId, what: String) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.complaints += 1;
        if p.complaints <= MAX_COMPLAINTS {
            self.reporter.report(Event::Complaint { peer, what });
        }
    }
}

impl Peer {
    pub(super) fn send(&self, lane: Lane, message: &Message) {
        let mut frame = BytesMut::with_capacity(message.encoded_len());
        message.write(&mut frame);
        self.command(ToConnection::Send(lane, frame.freeze()));
    }

    pub(super) fn command(&self, command: ToConnection) {
        // A connection that has ended says so itself.
        let _sent = self.commands.send(command);
    }

    /// Takes the next message out of its batches.
    fn next_deferred(&mut self) -> Option<Received> {
        while let Some(batch) = self.deferred.front_mut() {
            let next = batch.messages.next();
            if batch.messages.len() == 0 {
                self.deferred.pop_front();
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }
}
