//! What a node reports, and the queue of it.

use std::net::SocketAddr;

use conn_worker::EndReason;
use gossip_sync::syncer::Outcome;
use lnwire::NodeId;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// What a node reports while it runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A peer is connected and has said hello.
    PeerUp {
        /// The peer.
        peer: NodeId,
        /// Where it is connected from or at.
        address: SocketAddr,
    },
    /// A connection has ended.
    PeerDown {
        /// Whom we dialled, or who has proved to be at the other end.
        peer: Option<NodeId>,
        /// Where it was connected from or at.
        address: SocketAddr,
        /// Why.
        reason: EndReason,
    },
    /// A dial failed; it is tried again unless `last`.
    DialFailed {
        /// Whom.
        peer: NodeId,
        /// Why, for people.
        error: String,
        /// Whether nobody tries again.
        last: bool,
    },
    /// What a peer knows has been learnt and checked, or not.
    Synced {
        /// The peer.
        peer: NodeId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A peer sent something that is not right, and stays connected.
    Complaint {
        /// The peer.
        peer: NodeId,
        /// What was wrong, for people.
        what: String,
    },
}

/// Reports events, to whoever listens.
#[derive(Clone, Debug)]
pub(super) struct Reporter(Sender<Event>);

/// Reports that may wait: a node to which nobody listens must not fill memory with them.
const MAX_WAITING: usize = 1024;

impl Reporter {
    pub(super) fn new() -> (Self, Receiver<Event>) {
        let (sender, events) = channel(MAX_WAITING);
        (Self(sender), events)
    }

    /// Reports `event`; if the queue is full, it is lost.
    pub(super) fn report(&self, event: Event) {
        // Peers make up complaints as they like: those must not push anything else out.
        let is_complaint = matches!(event, Event::Complaint { .. });
        if !is_complaint || self.0.capacity() > MAX_WAITING / 2 {
            let _sent = self.0.try_send(event);
        }
    }
}
