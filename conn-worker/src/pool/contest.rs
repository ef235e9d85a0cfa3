//! A peer's connections: which of two is kept, and which one is told of.

use core::time::Duration;

use lnwire::{Instant, NodeId};

use super::Pool;
use super::deadlines::Due;
use super::io::{CloseReason, ConnId, Direction, Event, Output};
use super::peer::Contest;
use crate::error::EndReason;

impl Pool {
    /// Something came on a connection: it lives, so the other one has to go if there was a doubt.
    pub(super) fn heard(&mut self, conn: ConnId) {
        self.admission.heard(conn);
        let peer = self.conns.get(&conn).and_then(|c| c.authenticated());
        let Some(entry) = peer.and_then(|(peer, _)| self.peers.get_mut(&peer)) else {
            return;
        };
        if let (Some((peer, _)), Some(Contest::Probe { other, .. })) = (peer, entry.contest) {
            if entry.main == Some(conn) {
                self.end_contest(peer);
                self.close(other, CloseReason::Duplicate);
            }
        }
    }

    /// There are two connections with a peer now.
    pub(super) fn compete(&mut self, now: Instant, peer: NodeId, main: ConnId, newcomer: ConnId) {
        let (Some(older), Some(newer)) = (self.conns.get(&main), self.conns.get(&newcomer)) else {
            return;
        };
        let (dialled, accepted) = (older.direction(), newer.direction());
        let since = older.authenticated().map_or(now, |(_, at)| at);
        let is_main_up = older.is_up();
        let is_race = dialled != accepted && now - since <= self.config.race_window;
        if !is_race {
            return self.ask(now, peer, main, newcomer);
        }
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        // Both ends know both keys, and so decide alike.
        let kept = if self.local < peer {
            Direction::Outbound
        } else {
            Direction::Inbound
        };
        let (winner, loser) = if dialled == kept {
            (main, newcomer)
        } else {
            (newcomer, main)
        };
        entry.main = Some(winner);
        let is_up = winner == main && is_main_up;
        let until = now
            + if is_up {
                self.config.race_grace
            } else {
                RACE_LIMIT
            };
        self.set_contest(peer, Contest::Race { loser, until });
    }

    /// Asks the connection that counts for a sign of life; without one the other takes its place.
    fn ask(&mut self, now: Instant, peer: NodeId, main: ConnId, other: ConnId) {
        self.outputs.push_back(Output::Probe { conn: main });
        let until = now + self.config.probe_timeout;
        self.set_contest(peer, Contest::Probe { other, until });
    }

    /// The time is up for one of two connections.
    pub(super) fn decide(&mut self, now: Instant, peer: NodeId) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let (Some(main), Some(contest)) = (entry.main, entry.contest) else {
            return;
        };
        let is_up = self.conns.get(&main).is_some_and(|conn| conn.is_up());
        match contest {
            // The other end may have taken it for no race, and have closed the winner.
            Contest::Race { loser, .. } if is_up => self.ask(now, peer, main, loser),
            Contest::Race { loser: other, .. } | Contest::Probe { other, .. } => {
                entry.main = Some(other);
                self.end_contest(peer);
                self.close(main, CloseReason::Replaced);
                self.fit_slot(peer);
                self.report(now, peer);
                self.fit_stand_down(now, peer);
            }
        }
    }

    /// Tells of the connection that counts, if it is up and was not told of.
    pub(super) fn report(&mut self, now: Instant, peer: NodeId) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let Some(conn) = entry.main else { return };
        let main = self.conns.get(&conn).filter(|c| c.is_up());
        let Some(direction) = main.map(|c| c.direction()) else {
            return;
        };
        if entry.reported == Some(conn) {
            return;
        }
        if let Some(before) = entry.reported.replace(conn) {
            self.outputs.push_back(Output::Event(Event::Down {
                peer,
                conn: before,
                reason: None,
            }));
        }
        self.outputs.push_back(Output::Event(Event::Up {
            peer,
            conn,
            direction,
        }));
        self.answer(peer, Ok(conn));
        let Some(entry) = self.peers.get(&peer) else {
            return;
        };
        if let Some(Contest::Race { loser, .. }) = entry.contest {
            let until = now + self.config.race_grace;
            self.set_contest(peer, Contest::Race { loser, until });
        }
    }

    /// A connection is to be closed: the peer's other one, if there is one, counts from now on.
    pub(super) fn give_up(&mut self, peer: NodeId, conn: ConnId) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let other = entry.contest.map(Contest::other);
        if entry.main == Some(conn) {
            entry.main = other;
            self.end_contest(peer);
            self.fit_slot(peer);
        } else if other == Some(conn) {
            self.end_contest(peer);
        }
    }

    /// A peer has lost a connection.
    pub(super) fn lost(&mut self, now: Instant, peer: NodeId, conn: ConnId, reason: EndReason) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        if entry.reported == Some(conn) {
            entry.reported = None;
            self.outputs.push_back(Output::Event(Event::Down {
                peer,
                conn,
                reason: Some(reason),
            }));
        }
        self.give_up(peer, conn);
        self.report(now, peer);
        self.fit_stand_down(now, peer);
    }

    fn set_contest(&mut self, peer: NodeId, contest: Contest) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.contest = Some(contest);
        }
        let due = Due::Contest(peer);
        self.deadlines.set(due, Some(contest.until()));
    }

    fn end_contest(&mut self, peer: NodeId) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.contest = None;
        }
        self.deadlines.set(Due::Contest(peer), None);
    }
}

/// How long a race may last: the session's own deadlines end it before.
const RACE_LIMIT: Duration = Duration::from_secs(90);
