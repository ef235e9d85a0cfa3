//! A pool's connections: who is let in, and which of two is kept.

use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{Instant, NodeId};

use super::Pool;
use super::bans::Banned;
use super::deadlines::Due;
use super::group::AddressGroup;
use super::io::{CloseReason, ConnId, Direction, Event, Output, Refused};
use super::peer::{Contest, Origin, Stage};
use super::slots::{Access, Slot};
use crate::error::EndReason;
use crate::worker::{Input as WorkerInput, SessionId};

impl Pool {
    /// Lets a socket in, if there is a place.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        group: Option<AddressGroup>,
    ) -> Result<ConnId, Refused> {
        if self.is_stopped {
            return Err(Refused::Stopped);
        }
        if group.is_some_and(|group| self.bans.contains(now, &Banned::Group(group))) {
            return Err(Refused::Banned);
        }
        // Past this there are only those that were told to be closed and have not ended.
        let most =
            self.config.max_inbound + self.config.max_pending + self.config.max_pending_ungrouped;
        if self.inbound >= most {
            return Err(Refused::Full);
        }
        let place = self.admission.place(now, group)?;
        if let Some(conn) = place.evicts {
            self.close(conn, CloseReason::TooSlow);
        }
        let conn = self.add_conn(Origin::Inbound { group }, Stage::Handshaking);
        self.inbound += 1;
        self.admission.add(conn, group);
        let deadline = now + self.config.pending_timeout;
        self.deadlines.set(Due::Pending(conn), Some(deadline));
        Ok(conn)
    }

    /// Something came on a connection.
    pub(super) fn heard(&mut self, conn: ConnId) {
        self.admission.heard(conn);
        let peer = self.conns.get(&conn).and_then(|c| c.authenticated());
        let Some((peer, _)) = peer else { return };
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        if let (Some(main), Some(Contest::Probe { newcomer, .. })) = (entry.main, entry.contest) {
            if main == conn {
                self.end_contest(peer);
                self.close(newcomer, CloseReason::Duplicate);
            }
        }
    }

    /// The peer has proved its key.
    pub(super) fn authenticated(&mut self, now: Instant, conn: ConnId, peer: NodeId) {
        let Some(entry) = self.conns.get_mut(&conn) else {
            return;
        };
        if entry.stage != Stage::Handshaking || entry.is_closing {
            return;
        }
        entry.stage = Stage::Authenticated { peer, at: now };
        let origin = entry.origin;
        self.admission.remove(conn);
        self.deadlines.set(Due::Pending(conn), None);
        if let Origin::Inbound { group } = origin {
            let mut found = self.find_slot(now, conn, peer, group);
            if self.established >= self.config.max_inbound {
                found = found.and(Err(CloseReason::NoSlot));
            }
            if let Err(reason) = found {
                return self.close(conn, reason);
            }
            self.established += 1;
            if let Some(entry) = self.conns.get_mut(&conn) {
                entry.is_established = true;
            }
        }
        let known = self.peers.entry(peer).or_default();
        match (known.main, known.contest) {
            (None, _) => known.main = Some(conn),
            (Some(_), Some(_)) => return self.close(conn, CloseReason::Duplicate),
            (Some(main), None) => self.compete(now, peer, main, conn),
        }
        self.fit_stand_down(now, peer);
    }

    /// Bans and slots, for an inbound connection.
    fn find_slot(
        &mut self,
        now: Instant,
        conn: ConnId,
        peer: NodeId,
        group: Option<AddressGroup>,
    ) -> Result<(), CloseReason> {
        let known = self.peers.get(&peer);
        let access = known.map_or(Access::Restricted, |p| p.access);
        let score = known.map_or(0, |p| p.score);
        if access != Access::Protected && self.bans.contains(now, &Banned::Node(peer)) {
            return Err(CloseReason::Banned);
        }
        if peer == self.local {
            return Err(CloseReason::Duplicate);
        }
        if access != Access::Restricted || known.is_some_and(|p| p.worker.is_some()) {
            return Ok(());
        }
        if known.is_some_and(|p| p.main.is_some()) {
            // It has its place already, and gets no second one at the cost of somebody else: the slot passes to
            // whichever connection is left.
            return Ok(());
        }
        match self.slots.find(group) {
            Slot::Free => {}
            Slot::InPlaceOf(other) => self.close(other, CloseReason::Evicted),
            Slot::None => return Err(CloseReason::NoSlot),
        }
        self.slots.take(conn, group, score);
        Ok(())
    }

    /// Takes or gives back the slot of a peer that has become another to us, or has another connection now.
    pub(super) fn fit_slot(&mut self, peer: NodeId) {
        let Some(entry) = self.peers.get(&peer) else {
            return;
        };
        let Some(conn) = entry.main else { return };
        let needs = entry.access == Access::Restricted && entry.worker.is_none();
        let score = entry.score;
        self.slots.release(conn);
        let group = match self.conns.get(&conn) {
            Some(c) if needs && !c.is_closing => match c.origin {
                Origin::Inbound { group } => group,
                Origin::Outbound { .. } => return,
            },
            _ => return,
        };
        match self.slots.find(group) {
            Slot::Free => self.slots.take(conn, group, score),
            // Whoever lost its channel does not push others out.
            Slot::InPlaceOf(_) | Slot::None => self.close(conn, CloseReason::NoSlot),
        }
    }

    /// There are two connections with a peer now.
    fn compete(&mut self, now: Instant, peer: NodeId, main: ConnId, newcomer: ConnId) {
        let (Some(older), Some(newer)) = (self.conns.get(&main), self.conns.get(&newcomer)) else {
            return;
        };
        let (dialled, accepted) = (older.direction(), newer.direction());
        let since = older.authenticated().map_or(now, |(_, at)| at);
        let is_main_up = older.is_up();
        let is_race = dialled != accepted && now - since <= self.config.race_window;
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let contest = if is_race {
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
            Contest::Race { loser, until }
        } else {
            self.outputs.push_back(Output::Probe { conn: main });
            let until = now + self.config.probe_timeout;
            Contest::Probe { newcomer, until }
        };
        entry.contest = Some(contest);
        let due = Due::Contest(peer);
        self.deadlines.set(due, Some(contest.until()));
    }

    /// Both have said `init`.
    pub(super) fn up(&mut self, now: Instant, conn: ConnId) {
        let Some(entry) = self.conns.get_mut(&conn) else {
            return;
        };
        let (Stage::Authenticated { peer, at }, false) = (entry.stage, entry.is_closing) else {
            return;
        };
        entry.stage = Stage::Up { peer, at };
        if let Origin::Outbound {
            attempt: Some(attempt),
            ..
        } = entry.origin
        {
            self.with_worker(now, peer, |worker| {
                worker.handle_input(now, WorkerInput::SessionUp { attempt });
            });
        }
        self.report(now, peer);
    }

    /// Tells of the connection that counts, if it is up and was not told of.
    fn report(&mut self, now: Instant, peer: NodeId) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let Some(conn) = entry.main else { return };
        let Some(direction) = self
            .conns
            .get(&conn)
            .filter(|c| c.is_up() && !c.is_closing)
            .map(|c| c.direction())
        else {
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
        if let Some(Contest::Race { loser, .. }) = entry.contest {
            let until = now + self.config.race_grace;
            entry.contest = Some(Contest::Race { loser, until });
            self.deadlines.set(Due::Contest(peer), Some(until));
        }
    }

    /// The time is up for one of two connections.
    pub(super) fn decide(&mut self, now: Instant, peer: NodeId) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        match entry.contest {
            Some(Contest::Race { loser, .. }) => {
                self.end_contest(peer);
                self.close(loser, CloseReason::Duplicate);
            }
            Some(Contest::Probe { newcomer, .. }) => {
                let dead = entry.main.replace(newcomer);
                self.end_contest(peer);
                if let Some(dead) = dead {
                    self.close(dead, CloseReason::Replaced);
                }
                self.fit_slot(peer);
                self.report(now, peer);
            }
            None => {}
        }
        self.fit_stand_down(now, peer);
    }

    fn end_contest(&mut self, peer: NodeId) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.contest = None;
        }
        self.deadlines.set(Due::Contest(peer), None);
    }

    /// A connection is gone.
    pub(super) fn ended(&mut self, now: Instant, conn: ConnId, reason: EndReason) {
        if self
            .conns
            .get(&conn)
            .is_none_or(|c| c.stage == Stage::Dialling)
        {
            return;
        }
        let Some(entry) = self.remove_conn(conn) else {
            return;
        };
        let dialled = match entry.origin {
            Origin::Outbound { peer, attempt } => Some((peer, attempt)),
            Origin::Inbound { .. } => None,
        };
        let authenticated = entry.authenticated().map(|(peer, _)| peer);
        if let Some((peer, _)) = dialled.filter(|_| !entry.is_up()) {
            let failed = Event::Failed { peer, conn, reason };
            self.outputs.push_back(Output::Event(failed));
        }
        if let Some(peer) = authenticated {
            self.lost(now, peer, conn, reason);
        }
        if let Some((peer, Some(attempt))) = dialled {
            self.with_worker(now, peer, |worker| {
                worker.handle_input(now, WorkerInput::SessionEnded { attempt, reason });
            });
        }
        for peer in authenticated.into_iter().chain(dialled.map(|(p, _)| p)) {
            self.forget(peer);
        }
    }

    /// A peer has lost a connection: the other one, if there is one, counts now.
    fn lost(&mut self, now: Instant, peer: NodeId, conn: ConnId, reason: EndReason) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let other = entry.contest.map(Contest::other);
        if entry.reported == Some(conn) {
            entry.reported = None;
            self.outputs.push_back(Output::Event(Event::Down {
                peer,
                conn,
                reason: Some(reason),
            }));
        }
        if entry.main == Some(conn) {
            entry.main = other;
            self.end_contest(peer);
            self.fit_slot(peer);
        } else if other == Some(conn) {
            self.end_contest(peer);
        }
        self.report(now, peer);
        self.fit_stand_down(now, peer);
    }

    /// Lets the worker stand down for the peer's own connection, or go on when there is none.
    pub(super) fn fit_stand_down(&mut self, now: Instant, peer: NodeId) {
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        let is_inbound = |conn: &ConnId| {
            let conn = self.conns.get(conn);
            conn.is_some_and(|c| c.direction() == Direction::Inbound && !c.is_closing)
        };
        let inbound = entry.connections().find(is_inbound);
        let before = entry.stands_for;
        // One that was told to a worker before this one is not known to it.
        if inbound == before && inbound.is_none() {
            return;
        }
        entry.stands_for = inbound;
        self.with_worker(now, peer, |worker| match (inbound, before) {
            (Some(conn), _) => worker.stand_down(now, SessionId(conn.0)),
            (None, Some(conn)) => {
                let session = SessionId(conn.0);
                worker.handle_input(now, WorkerInput::StandDownEnded { session });
            }
            (None, None) => {}
        });
    }

    /// Has a connection closed, once. Its places are free at once.
    pub(super) fn close(&mut self, conn: ConnId, reason: CloseReason) {
        let Some(entry) = self.conns.get_mut(&conn) else {
            return;
        };
        if entry.is_closing || entry.stage == Stage::Dialling {
            return;
        }
        entry.is_closing = true;
        self.established -= usize::from(core::mem::take(&mut entry.is_established));
        self.admission.remove(conn);
        self.slots.release(conn);
        self.deadlines.set(Due::Pending(conn), None);
        self.outputs.push_back(Output::Close { conn, reason });
    }

    pub(super) fn banned_connections(&self, peer: NodeId) -> Vec<ConnId> {
        let entry = self.peers.get(&peer);
        let entry = entry.filter(|p| p.access != Access::Protected);
        let conns = entry.into_iter().flat_map(|p| p.connections());
        conns
            .filter(|conn| {
                let conn = self.conns.get(conn);
                conn.is_some_and(|c| c.direction() == Direction::Inbound)
            })
            .collect()
    }

    pub(super) fn connections_from(&self, group: AddressGroup) -> Vec<ConnId> {
        let from = |origin| matches!(origin, Origin::Inbound { group: Some(g) } if g == group);
        let conns = self.conns.iter().filter(|(_, c)| from(c.origin));
        conns.map(|(conn, _)| *conn).collect()
    }

    /// Forgets a peer of which nothing is left to know.
    pub(super) fn forget(&mut self, peer: NodeId) {
        if self.peers.get(&peer).is_some_and(|p| p.is_forgettable()) {
            self.peers.remove(&peer);
            self.deadlines.set(Due::Contest(peer), None);
        }
    }
}

/// How long a race may last: the session's own deadlines end it before.
const RACE_LIMIT: Duration = Duration::from_secs(90);
