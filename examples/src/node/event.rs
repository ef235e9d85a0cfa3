//! What a node reports, and the queue of it.

use std::net::SocketAddr;

use conn_worker::{EndReason, pool::Banned};
use gossip_sync::{
    manager::Coverage,
    syncer::{Blocks, Outcome},
};
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
    /// A dial failed; or, if `last`, all that there was to try, and nobody tries again.
    DialFailed {
        /// Whom.
        peer: NodeId,
        /// Why, for people.
        error: String,
        /// Whether nobody tries again.
        last: bool,
    },
    /// A peer has listed the channels of these blocks, and sent what was missing.
    Listed {
        /// The peer.
        peer: NodeId,
        /// The blocks.
        blocks: Blocks,
    },
    /// What a peer knows has been learnt and checked: it has listed every block, over however many queries. Or a query
    /// failed, and others are asked for that part; the peer may be asked again later.
    Synced {
        /// The peer.
        peer: NodeId,
        /// How it ended. If it is complete, this is told once for a connection.
        outcome: Outcome,
    },
    /// Too few of the channels that a peer listed turned out to be true: others are asked.
    Doubtful {
        /// The peer.
        peer: NodeId,
    },
    /// A peer is asked to send new gossip, or to send no more.
    Active {
        /// The peer.
        peer: NodeId,
        /// Whether it is asked to.
        active: bool,
    },
    /// Every block was listed by somebody, or by more peers than before.
    Covered(Coverage),
    /// Every block was listed, and nobody who is connected and fit can tell more. Told again after a peer came or went, as
    /// soon as it is so again.
    Settled,
    /// A peer or its network did too much that it must not, and is kept out.
    Banned(Banned),
    /// The file in which the graph is to survive a restart cannot be written, and is not any more.
    NotKept {
        /// Why, for people.
        error: String,
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
