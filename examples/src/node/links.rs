//! Who is connected.

use std::{collections::VecDeque, hash::BuildHasher as _, net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use conn_worker::{EndReason, pool::AddressGroup, session::Lane};
use gossip_sync::{
    Answerer, answerer,
    manager::{self, PeerInfo, TaskId},
    relay,
    syncer::{Failure, Outcome},
};
use lnwire::{Feature, Message, NodeId, ShortChannelId, bolt1::Init};
use tokio::sync::{Notify, mpsc::UnboundedSender};

use super::{
    connection::{Batch, ConnectionId, FromConnection, ToConnection},
    core::Core,
    event::Event,
    received::Received,
    syncing::Tally,
};

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
    /// Its connection's number for the manager.
    session: u64,
    commands: UnboundedSender<ToConnection>,
    hangup: Arc<Notify>,
    pub(super) group: Option<AddressGroup>,
    pub(super) answerer: Answerer,
    /// Whether the connection owes a [`FromConnection::Ready`].
    page_is_open: bool,
    /// Batches that wait for room in the ingest.
    pub(super) deferred: VecDeque<Batch>,
    /// Complaints about it that were reported.
    pub(super) complaints: u32,
    /// Lists whose channels are to be counted once all that came with them has been checked.
    pub(super) unconfirmed: VecDeque<(TaskId, Vec<ShortChannelId>)>,
    /// Messages of it that were accepted, and of which the manager has not heard.
    pub(super) accepted: u32,
    pub(super) tally: Tally,
}

impl Core {
    pub(super) fn connection(&mut self, id: ConnectionId, event: FromConnection) {
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
                    self.ready(peer);
                }
            }
        }
    }

    /// The last page has left: there is room for another one of each kind.
    fn ready(&mut self, peer: NodeId) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.page_is_open = false;
        if p.answerer.awaits_ready() {
            self.answer(peer, answerer::Input::Ready);
        }
        let now = self.now;
        self.relay.handle_input(now, relay::Input::Ready(peer));
    }

    fn up(&mut self, id: ConnectionId, peer: NodeId, init: &Init, address: SocketAddr) {
        let Some(link) = self.connections.get_mut(&id) else {
            return;
        };
        link.peer = Some(peer);
        self.last_session += 1;
        let group = AddressGroup::of_ip(address.ip());
        let new = Peer {
            connection: id,
            session: self.last_session,
            commands: link.commands.clone(),
            hangup: Arc::clone(&link.hangup),
            group,
            answerer: Answerer::new(answerer::Config::new(self.chain_hash)),
            page_is_open: false,
            deferred: VecDeque::new(),
            complaints: 0,
            unconfirmed: VecDeque::new(),
            accepted: 0,
            tally: Tally::default(),
        };
        // A peer that comes back was restarted, or lost its connection before we noticed: the old one goes.
        if let Some(old) = self.peers.insert(peer, new) {
            old.hangup.notify_one();
        }
        self.reporter.report(Event::PeerUp { peer, address });
        let queries = init.all_features().supports(Feature::GOSSIP_QUERIES);
        if !queries {
            let outcome = Outcome::Failed(Failure::NoQueries);
            self.reporter.report(Event::Synced { peer, outcome });
        }
        let now = self.now;
        self.relay.handle_input(now, relay::Input::PeerUp(peer));
        let info = PeerInfo {
            pinned: self.pinned.contains(&peer),
            group: group.map(|group| self.groups.hash_one(group)),
            queries,
            ..PeerInfo::new(self.last_session)
        };
        self.may_have_settled = true;
        self.sync(peer, manager::Input::Up(info));
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
        if let Some(peer) = current {
            if let Some(Peer { session, .. }) = self.peers.remove(&peer) {
                let now = self.now;
                self.relay.handle_input(now, relay::Input::PeerDown(peer));
                self.may_have_settled = true;
                self.sync(peer, manager::Input::Down { session });
            }
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

    /// Asks to be told when what was sent has left. Of answers and of what is passed on there is a page each at most
    /// behind one that was asked about: one such question is out at a time, whoever asks.
    pub(super) fn end_page(&mut self) {
        if !std::mem::replace(&mut self.page_is_open, true) {
            self.command(ToConnection::PageEnd);
        }
    }

    /// Takes the next message out of its batches.
    pub(super) fn next_deferred(&mut self) -> Option<Received> {
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
