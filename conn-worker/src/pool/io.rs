//! What goes into a pool and comes out of it.

use core::fmt;
use core::time::Duration;

use lnwire::{Address, Instant, NodeId};

use super::requests::{ConnectError, RequestId};
use crate::error::EndReason;
use crate::worker::DialError;

/// Names a dial or an accepted socket, and the connection that comes of it. Numbers are never used twice by a pool, so
/// what is late finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub(super) u64);

impl ConnId {
    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Which side dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// We did.
    Outbound,
    /// The peer did.
    Inbound,
}

/// Something happened. What carries a connection that is gone is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A dial led to a connection. For each [`Output::Dial`] there is to be one of this and [`Self::DialFailed`], also
    /// after [`Output::AbortDial`].
    DialOk {
        /// Which dial.
        conn: ConnId,
    },
    /// A dial led to no connection.
    DialFailed {
        /// Which dial.
        conn: ConnId,
        /// Why.
        error: DialError,
    },
    /// Something came from the peer: the first bytes of an accepted socket, or an answer to [`Output::Probe`].
    Heard {
        /// From which connection.
        conn: ConnId,
    },
    /// The peer has proved its key.
    Authenticated {
        /// On which connection.
        conn: ConnId,
        /// Its key.
        peer: NodeId,
    },
    /// Both have said `init`.
    Up {
        /// On which connection.
        conn: ConnId,
    },
    /// The connection is gone, whoever wanted it. To be told of every [`Output::Start`] and every accepted socket.
    Ended {
        /// Which connection.
        conn: ConnId,
        /// Why.
        reason: EndReason,
    },
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Connect a socket.
    Dial {
        /// The name of what comes of it.
        conn: ConnId,
        /// Whom.
        peer: NodeId,
        /// Where.
        address: Address,
        /// When to give up.
        timeout: Duration,
    },
    /// Give up a dial. If it has succeeded meanwhile, say so: [`Self::Discard`] follows.
    AbortDial {
        /// Which dial.
        conn: ConnId,
    },
    /// Start a session with the peer on the connection of this dial.
    Start {
        /// Which dial.
        conn: ConnId,
        /// Whom it was to.
        peer: NodeId,
    },
    /// Close the socket of this dial, nobody wants it any more. For each [`Input::DialOk`] there is one of this and
    /// [`Self::Start`].
    Discard {
        /// Which dial.
        conn: ConnId,
    },
    /// Ask the peer for a sign of life, with [`Session::probe`](crate::Session::probe), and tell [`Input::Heard`].
    Probe {
        /// On which connection.
        conn: ConnId,
    },
    /// Close the connection, and tell [`Input::Ended`]. Once for a connection.
    Close {
        /// Which connection.
        conn: ConnId,
        /// Why.
        reason: CloseReason,
    },
    /// Something worth knowing.
    Event(Event),
}

/// Why the pool closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer is not wanted any more.
    #[error("not wanted any more")]
    Unwanted,
    /// There is another connection with the peer, which is kept.
    #[error("there is another connection with the peer")]
    Duplicate,
    /// The peer came again, and this connection gave no sign of life.
    #[error("replaced by a newer connection")]
    Replaced,
    /// Peer or network is banned.
    #[error("banned")]
    Banned,
    /// There is no place for peers without a channel.
    #[error("no slot for peers without a channel")]
    NoSlot,
    /// The place went to a newcomer: this peer was the most expendable.
    #[error("the place went to another peer")]
    Evicted,
    /// The handshake took too long, or another one has more to say.
    #[error("the handshake made way for others")]
    TooSlow,
    /// The pool is stopped.
    #[error("stopped")]
    Stopped,
}

/// Why a socket was not accepted. Close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The network is banned.
    #[error("the network is banned")]
    Banned,
    /// There are as many inbound connections as there may be.
    #[error("as many inbound connections as there may be")]
    Full,
    /// As many handshakes as there may be are under way, from that network or in all, and none of them is silent.
    #[error("too many handshakes are under way")]
    Busy,
    /// Too many sockets came in too short a time.
    #[error("too many connections in too short a time")]
    TooFast,
    /// The pool is stopped.
    #[error("stopped")]
    Stopped,
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// There is a session with the peer: the only one, until [`Self::Down`].
    Up {
        /// The peer.
        peer: NodeId,
        /// Which connection.
        conn: ConnId,
        /// Who dialled.
        direction: Direction,
    },
    /// That session is over.
    Down {
        /// The peer.
        peer: NodeId,
        /// Which connection.
        conn: ConnId,
        /// Why; `None` if another connection took its place, and [`Self::Up`] follows.
        reason: Option<EndReason>,
    },
    /// A dial led to nothing.
    DialFailed {
        /// The peer.
        peer: NodeId,
        /// Where.
        address: Address,
        /// Why.
        error: DialError,
    },
    /// A session that we dialled ended before it was up.
    Failed {
        /// The peer.
        peer: NodeId,
        /// Which connection.
        conn: ConnId,
        /// Why.
        reason: EndReason,
    },
    /// All addresses were tried; the next round begins then.
    Waiting {
        /// The peer.
        peer: NodeId,
        /// When.
        until: Instant,
    },
    /// No address of the peer is known.
    AddressWanted {
        /// The peer.
        peer: NodeId,
    },
    /// What a call of [`Pool::connect`](crate::Pool::connect) led to, once for each.
    ConnectResult {
        /// Which call.
        request: RequestId,
        /// The peer.
        peer: NodeId,
        /// The connection whose session is [up](Self::Up).
        result: Result<ConnId, ConnectError>,
    },
}
