//! What a pool knows of one peer, and of one connection.

use alloc::vec::Vec;

use lnwire::{Instant, NodeId};

use super::dial_budget::Priority;
use super::group::AddressGroup;
use super::io::{ConnId, Direction};
use super::slots::Access;
use crate::worker::{AttemptId, Status, Worker};

/// A peer that is wanted, or that has a connection, or of which something else is to be remembered.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// Dials it; `None` if nobody wants it.
    pub(super) worker: Option<Worker>,
    /// Whether it is wanted only until what waits for a connection has its result, or that connection ends.
    pub(super) is_once: bool,
    pub(super) priority: Priority,
    pub(super) access: Access,
    pub(super) score: u32,
    /// Which connection each attempt of the worker is, until it is gone.
    pub(super) attempts: Vec<(AttemptId, ConnId)>,
    /// The connection that counts, from the moment that the peer has proved its key on it.
    pub(super) main: Option<ConnId>,
    /// Another one.
    pub(super) contest: Option<Contest>,
    /// The one that was told to be up.
    pub(super) reported: Option<ConnId>,
    /// The inbound one that the worker stands down for.
    pub(super) stands_for: Option<ConnId>,
}

/// Why there are two connections, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contest {
    /// Both sides have dialled. This one is to be given up, once the other has been up for a moment.
    Race { loser: ConnId, until: Instant },
    /// The peer came again, or a race is over. This one takes over unless the other gives a sign of life.
    Probe { other: ConnId, until: Instant },
}

impl Contest {
    pub(super) const fn other(self) -> ConnId {
        match self {
            Self::Race { loser: other, .. } | Self::Probe { other, .. } => other,
        }
    }

    pub(super) const fn until(self) -> Instant {
        match self {
            Self::Race { until, .. } | Self::Probe { until, .. } => until,
        }
    }
}

impl Peer {
    pub(super) fn conn_of(&self, attempt: AttemptId) -> Option<ConnId> {
        let mut attempts = self.attempts.iter();
        attempts.find(|(a, _)| *a == attempt).map(|(_, conn)| *conn)
    }

    /// Returns the connections on which the peer has proved its key.
    pub(super) fn connections(&self) -> impl Iterator<Item = ConnId> + '_ {
        self.main
            .into_iter()
            .chain(self.contest.map(Contest::other))
    }

    /// Returns whether an inbound connection of it needs a slot: it is nobody in particular.
    pub(super) fn needs_slot(&self) -> bool {
        self.access == Access::Restricted && self.worker.is_none()
    }

    /// Returns whether nothing would be lost.
    pub(super) fn is_forgettable(&self) -> bool {
        self.worker.is_none()
            && self.access == Access::Restricted
            && self.main.is_none()
            && self.reported.is_none()
            && self.attempts.is_empty()
    }
}

/// A dial, or a socket, and how far it has come.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) origin: Origin,
    pub(super) stage: Stage,
    /// Whether it was told to be closed.
    pub(super) is_closing: bool,
    /// Whether it counts as an inbound connection whose peer is known.
    pub(super) is_established: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// Of a worker's attempt; of none once that worker is gone, for another one counts its attempts anew.
    Outbound {
        peer: NodeId,
        attempt: Option<AttemptId>,
    },
    Inbound {
        group: Option<AddressGroup>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Dialling,
    Handshaking,
    Authenticated { peer: NodeId, at: Instant },
    Up { peer: NodeId, at: Instant },
}

impl Conn {
    pub(super) const fn direction(&self) -> Direction {
        match self.origin {
            Origin::Outbound { .. } => Direction::Outbound,
            Origin::Inbound { .. } => Direction::Inbound,
        }
    }

    /// Returns who has proved its key, and when.
    pub(super) const fn authenticated(&self) -> Option<(NodeId, Instant)> {
        match self.stage {
            Stage::Authenticated { peer, at } | Stage::Up { peer, at } => Some((peer, at)),
            Stage::Dialling | Stage::Handshaking => None,
        }
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up { .. })
    }
}

/// One peer, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerStatus {
    /// The peer.
    pub peer: NodeId,
    /// What dialling it has come to; `None` if nobody wants it.
    pub worker: Option<Status>,
    /// How much a connection matters.
    pub priority: Priority,
    /// The session that is up, and who dialled.
    pub session: Option<(ConnId, Direction)>,
}
