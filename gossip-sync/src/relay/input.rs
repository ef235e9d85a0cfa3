//! What goes into a [`Relay`](super::Relay) and comes out.

use lnwire::{NodeId, ShortChannelId, Timestamp, bolt7::GossipTimestampFilter, bytes::Bytes};

use super::Key;
use crate::ingest::VerifiedGossip;

/// What a [`Relay`](super::Relay) is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection is up. Own gossip goes to it, and nothing else until it sends a filter.
    PeerUp(NodeId),
    /// The connection has ended: nothing more is handed out for it.
    PeerDown(NodeId),
    /// A peer sent a filter. The last one counts.
    Filter {
        /// The peer.
        peer: NodeId,
        /// What it wants.
        filter: GossipTimestampFilter,
    },
    /// What was handed out for this peer has left, and there is room again.
    Ready(NodeId),
    /// The graph took gossip of a peer, and [`Accept`](crate::ingest::Output::Accept) said that it may be passed on.
    Gossip {
        /// The peer that sent it.
        from: NodeId,
        /// The message.
        message: VerifiedGossip,
    },
    /// A peer sent what was known: it need not be told.
    Has {
        /// The peer.
        peer: NodeId,
        /// What the message is about.
        key: Key,
        /// Its timestamp, unless it announces a channel.
        timestamp: Option<Timestamp>,
    },
    /// This node says something. It goes to every peer at once, and to those that come later.
    Own {
        /// The message.
        message: VerifiedGossip,
        /// The only peer that it is for: that of a channel which is not announced.
        only: Option<NodeId>,
    },
    /// A channel is gone: nothing about it is passed on any more.
    Gone(ShortChannelId),
    /// The graph is complete, as far as one peer can tell: what is new from now on is news to others, too.
    Complete,
}

/// What a [`Relay`](super::Relay) wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this message, whole as it is, to this peer.
    Send {
        /// The peer.
        peer: NodeId,
        /// The message.
        message: Bytes,
    },
    /// Own gossip grows old: make it anew, with a later timestamp, and hand it in as [`Input::Own`].
    Refresh(Key),
}
