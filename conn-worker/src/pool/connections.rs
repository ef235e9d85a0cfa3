//! A pool's connections, from the socket to the end: who is let in.

use alloc::vec::Vec;

use lnwire::{Instant, NodeId};

use super::Pool;
use super::bans::Banned;
use super::deadlines::Due;
use super::group::AddressGroup;
use super::io::{CloseReason, ConnId, Direction, Event, Output, Refused};
use super::peer::{Origin, Stage};
use super::requests::ConnectError;
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
            let found = self.find_slot(now, conn, peer, group);
            if let Err(reason) = found.and_then(|()| self.find_place(peer)) {
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
        if known.is_some_and(|p| !p.needs_slot()) {
            return Ok(());
        }
        if known.is_some_and(|p| p.main.is_some()) {
            // It has its place already, and gets no second one at the cost of somebody else: the slot passes to
            // whichever connection is left.
            return Ok(());
        }
        let slot = self.slots.find(group);
        if slot == Slot::None {
            return Err(CloseReason::NoSlot);
        }
        self.slots.take(conn, group, score);
        if let Slot::InPlaceOf(other) = slot {
            // Before it is closed, lest another connection of the same peer takes what is free.
            self.close(other, CloseReason::Evicted);
        }
        Ok(())
    }

    /// A place among all inbound connections. Strangers make way for others.
    fn find_place(&mut self, peer: NodeId) -> Result<(), CloseReason> {
        if self.established < self.config.max_inbound {
            return Ok(());
        }
        let stranger = match self.peers.get(&peer) {
            Some(known) if !known.needs_slot() => self.slots.expendable(),
            _ => None,
        };
        self.close(stranger.ok_or(CloseReason::NoSlot)?, CloseReason::Evicted);
        Ok(())
    }

    /// Takes or gives back the slot of a peer that has become another to us, or has another connection now.
    pub(super) fn fit_slot(&mut self, peer: NodeId) {
        let Some(entry) = self.peers.get(&peer) else {
            return;
        };
        let Some(conn) = entry.main else { return };
        let (needs, score) = (entry.needs_slot(), entry.score);
        self.slots.release(conn);
        let group = match self.conns.get(&conn) {
            Some(c) if needs => match c.origin {
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

    /// Both have said `init`.
    pub(super) fn up(&mut self, now: Instant, conn: ConnId) {
        let Some(entry) = self.conns.get_mut(&conn) else {
            return;
        };
        let (Stage::Authenticated { peer, at }, false) = (entry.stage, entry.is_closing) else {
            return;
        };
        entry.stage = Stage::Up { peer, at };
        let origin = entry.origin;
        // Its `init` has come.
        self.heard(conn);
        if let Origin::Outbound {
            attempt: Some(attempt),
            ..
        } = origin
        {
            self.with_worker(now, peer, |worker| {
                worker.handle_input(now, WorkerInput::SessionUp { attempt });
            });
        }
        self.report(now, peer);
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
            self.requests.note(peer, ConnectError::Session(reason));
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

    /// Has a connection closed, once. Its places are free at once, and it counts no more.
    pub(super) fn close(&mut self, conn: ConnId, reason: CloseReason) {
        let Some(entry) = self.conns.get_mut(&conn) else {
            return;
        };
        if entry.is_closing || entry.stage == Stage::Dialling {
            return;
        }
        entry.is_closing = true;
        let authenticated = entry.authenticated();
        self.established -= usize::from(core::mem::take(&mut entry.is_established));
        self.admission.remove(conn);
        self.slots.release(conn);
        self.deadlines.set(Due::Pending(conn), None);
        self.outputs.push_back(Output::Close { conn, reason });
        if let Some((peer, _)) = authenticated {
            self.give_up(peer, conn);
        }
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
