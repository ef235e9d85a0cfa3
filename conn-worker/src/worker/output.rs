//! What goes into a worker and comes out of it.

use core::fmt;
use core::time::Duration;

use lnwire::{Address, Instant};

use crate::error::EndReason;

/// Names one dial, and the connection and session that may come of it. Numbers are never used twice by a
/// worker and only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub(super) u64);

impl AttemptId {
    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Names a session of this peer that the worker did not dial: the embedder's number, such as that of an accepted socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Why a dial led to no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// Somebody is there and refused.
    #[error("refused")]
    Refused,
    /// No way leads there, or the name does not resolve.
    #[error("unreachable")]
    Unreachable,
    /// No answer in time.
    #[error("timed out")]
    Timeout,
    /// The proxy failed: the peer is not to blame, and its other addresses would fail alike.
    #[error("the proxy failed")]
    Proxy,
    /// It failed on our side (no descriptors, no network): as with a proxy.
    #[error("failed on our side")]
    Local,
    /// Given up because of [`Output::AbortDial`].
    #[error("aborted")]
    Aborted,
}

/// Something happened. What carries an attempt that is no longer the current one is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A dial led to a connection. For each [`Output::Dial`] there is to be one of this and
    /// [`Self::DialFailed`], also after [`Output::AbortDial`].
    DialOk {
        /// Which dial.
        attempt: AttemptId,
    },
    /// A dial led to no connection.
    DialFailed {
        /// Which dial.
        attempt: AttemptId,
        /// Why.
        error: DialError,
    },
    /// The session on an adopted connection is up.
    SessionUp {
        /// Which one.
        attempt: AttemptId,
    },
    /// The session on an adopted connection has ended.
    SessionEnded {
        /// Which one.
        attempt: AttemptId,
        /// Why.
        reason: EndReason,
    },
    /// A session that the worker did not dial has ended, or was refused: dialling goes on if it was the one that the
    /// worker [stood down](crate::Worker::stand_down) for.
    StandDownEnded {
        /// Which one.
        session: SessionId,
    },
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Connect a socket.
    Dial {
        /// The name of this dial.
        attempt: AttemptId,
        /// Where to.
        address: Address,
        /// When to give up.
        timeout: Duration,
    },
    /// Give up a dial. If it has succeeded meanwhile, say so: [`Self::Discard`] follows.
    AbortDial {
        /// Which dial.
        attempt: AttemptId,
    },
    /// Start a session on the connection of this dial.
    Adopt {
        /// Which dial.
        attempt: AttemptId,
    },
    /// Close the connection of this dial, nobody wants it any more. For each [`Input::DialOk`] there is one of
    /// this and [`Self::Adopt`].
    Discard {
        /// Which dial.
        attempt: AttemptId,
    },
    /// Close the session on the connection of this dial, which was adopted. Its end need not be reported.
    Hangup {
        /// Which dial.
        attempt: AttemptId,
    },
    /// Something worth knowing.
    Event(Event),
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// No address is known: tell one with [`connect`](crate::Worker::connect) or
    /// [`update_addresses`](crate::Worker::update_addresses). Repeated now and then, as the back-off says.
    AddressWanted,
    /// A dial failed.
    DialFailed {
        /// Where to.
        address: Address,
        /// Why.
        error: DialError,
    },
    /// All addresses were tried; the next round begins then.
    Waiting {
        /// When.
        until: Instant,
    },
    /// The session is up.
    Up {
        /// Which dial it came of.
        attempt: AttemptId,
    },
    /// The session ended; it may not have been up.
    Down {
        /// Which dial it came of.
        attempt: AttemptId,
        /// Why. [`EndReason::HandshakeTimeout`] also if the embedder never told of an end.
        reason: EndReason,
    },
    /// The worker is stopped for good.
    Stopped,
}
