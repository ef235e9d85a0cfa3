//! A pool's workers: what they want done, and the budget they share.

use alloc::vec::Vec;

use lnwire::{Address, Instant, NodeId};

use super::Pool;
use super::deadlines::Due;
use super::dial_budget::Priority;
use super::io::{CloseReason, ConnId, Event, Output};
use super::peer::{Conn, Origin, Stage};
use super::requests::ConnectError;
use crate::worker::config::WorkerConfig;
use crate::worker::{self, DialError, Input as WorkerInput, Worker};

impl Pool {
    pub(super) const fn worker_config(&self) -> WorkerConfig {
        WorkerConfig {
            gated: true,
            ..self.config.worker
        }
    }

    /// Gives a peer its worker, unless it has one, and sets it to work.
    pub(super) fn add_worker(
        &mut self,
        now: Instant,
        priority: Priority,
        addresses: Vec<Address>,
        worker: Worker,
        is_once: bool,
    ) {
        let peer = worker.peer();
        if self.is_stopped || peer == self.local {
            return;
        }
        let entry = self.peers.entry(peer).or_default();
        entry.priority = priority;
        entry.is_once = is_once;
        let is_new = entry.worker.is_none();
        entry.worker.get_or_insert(worker);
        // It needs no slot from now on, and stands down for a session that is there.
        self.fit_slot(peer);
        self.fit_stand_down(now, peer);
        let spread = is_new && now < self.startup_until && priority != Priority::User;
        let delay = match spread {
            true if self.started >= self.config.startup_peers => {
                self.random.up_to(self.startup_until - now)
            }
            true => {
                self.started += 1;
                core::time::Duration::ZERO
            }
            false => core::time::Duration::ZERO,
        };
        self.with_worker(now, peer, |worker| {
            if delay.is_zero() {
                worker.connect(now, addresses);
            } else {
                worker.connect_after(now, delay, addresses);
            }
        });
        self.grant_dials(now);
    }

    /// Lets something happen to a peer's worker, if it has one, and does what that wants.
    pub(super) fn with_worker(
        &mut self,
        now: Instant,
        peer: NodeId,
        happen: impl FnOnce(&mut Worker),
    ) {
        let Some(worker) = self.worker(peer) else {
            return;
        };
        happen(worker);
        while let Some(output) = self.worker(peer).and_then(Worker::poll_output) {
            self.carry_out(peer, output);
        }
        let Some(entry) = self.peers.get(&peer) else {
            return;
        };
        if let Some(worker) = &entry.worker {
            let asks = worker.wants_dial().then_some(entry.priority);
            self.dials.wants(peer, asks);
            self.deadlines.set(Due::Worker(peer), worker.poll_timeout());
        }
        self.follow_requests(now, peer);
    }

    fn worker(&mut self, peer: NodeId) -> Option<&mut Worker> {
        self.peers.get_mut(&peer)?.worker.as_mut()
    }

    fn carry_out(&mut self, peer: NodeId, output: worker::Output) {
        let conn_of = |attempt| self.peers.get(&peer)?.conn_of(attempt);
        match output {
            worker::Output::Dial {
                attempt,
                address,
                timeout,
            } => {
                let origin = Origin::Outbound {
                    peer,
                    attempt: Some(attempt),
                };
                let conn = self.add_conn(origin, Stage::Dialling);
                if let Some(entry) = self.peers.get_mut(&peer) {
                    entry.attempts.push((attempt, conn));
                }
                self.dials.began();
                self.outputs.push_back(Output::Dial {
                    conn,
                    peer,
                    address,
                    timeout,
                });
            }
            worker::Output::AbortDial { attempt } => {
                if let Some(conn) = conn_of(attempt) {
                    self.outputs.push_back(Output::AbortDial { conn });
                }
            }
            worker::Output::Adopt { attempt } => {
                if let Some(conn) = conn_of(attempt) {
                    if let Some(entry) = self.conns.get_mut(&conn) {
                        entry.stage = Stage::Handshaking;
                    }
                    self.outputs.push_back(Output::Start { conn, peer });
                }
            }
            worker::Output::Discard { attempt } => {
                if let Some(conn) = conn_of(attempt) {
                    self.remove_conn(conn);
                    self.outputs.push_back(Output::Discard { conn });
                }
            }
            worker::Output::Hangup { attempt } => {
                if let Some(conn) = conn_of(attempt) {
                    self.close(conn, CloseReason::Unwanted);
                }
            }
            worker::Output::Event(event) => self.worker_event(peer, event),
        }
    }

    fn worker_event(&mut self, peer: NodeId, event: worker::Event) {
        let is_once = self.peers.get(&peer).is_some_and(|entry| entry.is_once);
        let event = match event {
            // It is forgotten before that.
            worker::Event::AddressWanted | worker::Event::Waiting { .. } if is_once => return,
            worker::Event::AddressWanted => Event::AddressWanted { peer },
            worker::Event::DialFailed { address, error } => {
                self.requests.note(peer, ConnectError::Dial(error));
                Event::DialFailed {
                    peer,
                    address,
                    error,
                }
            }
            worker::Event::Waiting { until } => Event::Waiting { peer, until },
            // Told as those of the connection.
            worker::Event::Up { .. } | worker::Event::Down { .. } | worker::Event::Stopped => {
                return;
            }
        };
        self.outputs.push_back(Output::Event(event));
    }

    /// Grants what the budget allows.
    pub(super) fn grant_dials(&mut self, now: Instant) {
        while let Some(peer) = self.dials.grant(now) {
            self.with_worker(now, peer, |worker| worker.grant_dial(now));
        }
        self.deadlines.set(Due::Dials, self.dials.deadline());
    }

    pub(super) fn dialled(&mut self, now: Instant, conn: ConnId) {
        match self.dial_ended(conn) {
            Some((peer, Some(attempt))) => self.with_worker(now, peer, |worker| {
                worker.handle_input(now, WorkerInput::DialOk { attempt });
            }),
            Some((peer, None)) => {
                self.remove_conn(conn);
                self.outputs.push_back(Output::Discard { conn });
                self.forget(peer);
            }
            None => {}
        }
    }

    pub(super) fn dial_failed(&mut self, now: Instant, conn: ConnId, error: DialError) {
        let Some((peer, attempt)) = self.dial_ended(conn) else {
            return;
        };
        self.remove_conn(conn);
        if let Some(attempt) = attempt {
            self.with_worker(now, peer, |worker| {
                worker.handle_input(now, WorkerInput::DialFailed { attempt, error });
            });
        }
        self.forget(peer);
    }

    /// Returns whose dial has a result, the first time that it is told.
    fn dial_ended(&mut self, conn: ConnId) -> Option<(NodeId, Option<worker::AttemptId>)> {
        let entry = self.conns.get_mut(&conn)?;
        match (entry.origin, entry.stage) {
            (Origin::Outbound { peer, attempt }, Stage::Dialling) => {
                self.dials.ended();
                Some((peer, attempt))
            }
            _ => None,
        }
    }

    pub(super) fn add_conn(&mut self, origin: Origin, stage: Stage) -> ConnId {
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        let entry = Conn {
            origin,
            stage,
            is_closing: false,
            is_established: false,
        };
        self.conns.insert(conn, entry);
        conn
    }

    /// Forgets a connection that is gone, and what depends on its number.
    pub(super) fn remove_conn(&mut self, conn: ConnId) -> Option<Conn> {
        let entry = self.conns.remove(&conn)?;
        self.established -= usize::from(entry.is_established);
        self.admission.remove(conn);
        self.slots.release(conn);
        self.deadlines.set(Due::Pending(conn), None);
        match entry.origin {
            Origin::Inbound { .. } => self.inbound -= 1,
            Origin::Outbound { peer, .. } => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    peer.attempts.retain(|(_, other)| *other != conn);
                }
            }
        }
        Some(entry)
    }
}
