//! Connections that somebody wants once, and waits for.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use lnwire::{Address, Instant, NodeId};

use super::Pool;
use super::deadlines::Due;
use super::dial_budget::Priority;
use super::io::{ConnId, Event, Output};
use crate::error::EndReason;
use crate::worker::{DialError, Status, Worker};

/// Names a call of [`Pool::connect`], whose result is an [`Event::ConnectResult`]. Numbers are never used twice by a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

impl RequestId {
    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Why [`Pool::connect`] led to no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is a session already.
    #[error("already connected")]
    AlreadyConnected {
        /// On this connection.
        conn: ConnId,
    },
    /// No usable address of the peer is known.
    #[error("no address is known")]
    NoAddress,
    /// All addresses were tried. This is what became of the last one.
    #[error("the last address failed: {0}")]
    Dial(DialError),
    /// Somebody was reached, but there came no session of it.
    #[error("the connection ended: {0}")]
    Session(EndReason),
    /// The time that was given is over.
    #[error("no session in time")]
    Timeout,
    /// [`Pool::unwant`] came in between.
    #[error("not wanted any more")]
    Unwanted,
    /// The pool is stopped.
    #[error("the pool is stopped")]
    Stopped,
    /// It is our own key.
    #[error("it is our own key")]
    Ourselves,
    /// As many calls wait as may.
    #[error("too many connections are waited for")]
    Busy,
}

/// The calls that wait for a result.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: u64,
    peers: BTreeMap<RequestId, NodeId>,
    asked: BTreeMap<NodeId, Asked>,
}

/// What is known about a peer for which calls wait.
#[derive(Debug, Default)]
struct Asked {
    requests: Vec<RequestId>,
    /// Whether dials were seen under way: the next wait of the worker is their end.
    has_begun: bool,
    failure: Option<ConnectError>,
}

impl Requests {
    fn add(&mut self, peer: NodeId, request: RequestId) {
        self.peers.insert(request, peer);
        self.asked.entry(peer).or_default().requests.push(request);
    }

    fn remove(&mut self, request: RequestId) -> Option<NodeId> {
        let peer = self.peers.remove(&request)?;
        if let Some(asked) = self.asked.get_mut(&peer) {
            asked.requests.retain(|other| *other != request);
            if asked.requests.is_empty() {
                self.asked.remove(&peer);
            }
        }
        Some(peer)
    }

    /// Remembers why the latest try led to nothing.
    pub(super) fn note(&mut self, peer: NodeId, failure: ConnectError) {
        if let Some(asked) = self.asked.get_mut(&peer) {
            asked.failure = Some(failure);
        }
    }

    /// Returns why the calls for a peer failed, if its worker's state says that they did.
    fn follow(&mut self, peer: NodeId, status: Status) -> Option<ConnectError> {
        let asked = self.asked.get_mut(&peer)?;
        match status {
            Status::Dialling { .. } | Status::Connecting { .. } => asked.has_begun = true,
            // The dials were given up for the peer's own connection. If that fails they begin again.
            Status::StandDown => asked.has_begun = false,
            Status::WaitingForAddress { .. } => return Some(ConnectError::NoAddress),
            Status::BackingOff { .. } if asked.has_begun => {
                return Some(asked.failure.unwrap_or(ConnectError::Timeout));
            }
            _ => {}
        }
        None
    }
}

impl Pool {
    /// Connects to a peer once, within `within`; there is exactly one [`Event::ConnectResult`] for the number returned, at
    /// once or later.
    ///
    /// The addresses come in front of those known. Each is tried once, and so is what a connection leads to; the result
    /// comes when [the session is up](Event::Up), when all have failed, or when the time is over. A peer that is not
    /// [wanted](Self::want) besides is forgotten then, or when that session ends. For one that is, a wait between two rounds
    /// is cut short, at most once in 10 seconds, and dialling goes on after a failure.
    ///
    /// At most 1,000 calls wait at a time.
    pub fn connect(
        &mut self,
        now: Instant,
        peer: NodeId,
        addresses: Vec<Address>,
        within: Duration,
    ) -> RequestId {
        self.requests.last += 1;
        let request = RequestId(self.requests.last);
        let refused = if self.is_stopped {
            Some(ConnectError::Stopped)
        } else if peer == self.local {
            Some(ConnectError::Ourselves)
        } else if let Some(conn) = self.session(&peer) {
            Some(ConnectError::AlreadyConnected { conn })
        } else if self.requests.peers.len() >= MAX_REQUESTS {
            Some(ConnectError::Busy)
        } else {
            None
        };
        if let Some(error) = refused {
            self.tell_result(peer, request, Err(error));
            return request;
        }
        self.requests.add(peer, request);
        let due = Due::Request(request);
        self.deadlines.set(due, Some(now + within));
        let wanted = self.peers.get(&peer);
        let wanted = wanted.filter(|entry| entry.worker.is_some() && !entry.is_once);
        let (priority, is_once) = match wanted {
            Some(entry) => (entry.priority, false),
            None => (Priority::User, true),
        };
        let seed = self.random.next();
        let worker = Worker::new(peer, self.worker_config(), seed);
        self.add_worker(now, priority, addresses, worker, is_once);
        request
    }

    /// Answers what waits for a peer.
    pub(super) fn answer(&mut self, peer: NodeId, result: Result<ConnId, ConnectError>) {
        let Some(asked) = self.requests.asked.remove(&peer) else {
            return;
        };
        for request in asked.requests {
            self.requests.peers.remove(&request);
            self.deadlines.set(Due::Request(request), None);
            self.tell_result(peer, request, result);
        }
    }

    /// A peer's worker has got on: what waits for it may have failed by that. Whoever was wanted once is forgotten when
    /// nothing is under way.
    pub(super) fn follow_requests(&mut self, now: Instant, peer: NodeId) {
        let Some(entry) = self.peers.get(&peer) else {
            return;
        };
        let Some(worker) = &entry.worker else {
            return;
        };
        let status = worker.status();
        // A dial that it wants is granted later, and for nobody if no call waits by then.
        let is_idle = worker.wants_dial()
            || matches!(
                status,
                Status::WaitingForAddress { .. } | Status::BackingOff { .. }
            );
        if let Some(error) = self.requests.follow(peer, status) {
            self.answer(peer, Err(error));
        }
        if is_idle {
            self.forget_once(now, peer);
        }
    }

    /// The time of a call is over.
    pub(super) fn request_is_due(&mut self, now: Instant, request: RequestId) {
        let Some(peer) = self.requests.remove(request) else {
            return;
        };
        self.tell_result(peer, request, Err(ConnectError::Timeout));
        let entry = self.peers.get(&peer);
        // The peer's own connection may still lead to something, and goes when it likes.
        if entry.is_some_and(|entry| entry.stands_for.is_none()) {
            self.forget_once(now, peer);
        }
    }

    /// Wants a peer no more that was wanted for calls only, unless one still waits.
    fn forget_once(&mut self, now: Instant, peer: NodeId) {
        let is_once = self.peers.get(&peer).is_some_and(|entry| entry.is_once);
        if is_once && !self.requests.asked.contains_key(&peer) {
            self.unwant(now, peer);
        }
    }

    fn tell_result(
        &mut self,
        peer: NodeId,
        request: RequestId,
        result: Result<ConnId, ConnectError>,
    ) {
        let event = Event::ConnectResult {
            request,
            peer,
            result,
        };
        self.outputs.push_back(Output::Event(event));
    }
}

/// Calls that wait at most.
const MAX_REQUESTS: usize = 1000;
