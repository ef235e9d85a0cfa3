//! One persistent peer that we dial, for as long as anybody wants it.
//!
//! [`Worker`] decides when to dial what and what becomes of each result. See there.

mod addresses;
mod backoff;
pub(crate) mod config;
mod moves;
mod output;
mod round;
mod saved;
mod state;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{Address, Instant, NodeId};

pub use addresses::Source;
pub use output::{AttemptId, DialError, Event, Input, Output, SessionId};
pub use saved::{SavedAddress, SavedPeer};
pub use state::Status;

use self::addresses::AddressBook;
use self::backoff::Backoff;
use self::config::WorkerConfig;
use self::state::State;
use crate::error::EndReason;

/// One persistent peer that we dial, for as long as anybody wants it.
///
/// It says when to dial what, and keeps a few dials out and at most one connection adopted. The sockets and the
/// [`Session`](crate::Session)s are the embedder's, who names them by [`AttemptId`] and reports what becomes of
/// them.
///
/// ```text
/// Idle ──connect──▶ Dialling ──DialOk──▶ Connecting ──SessionUp──▶ Connected
///                     ▲   │ all tried         │ SessionEnded            │ SessionEnded
///                     │   ▼                   ▼ (next address)          │
///                   BackingOff ◀──────────────┴─────────────────────────┘        stop: Stopped, from anywhere
///                     ▲   │ stand_down                                           disconnect: Idle, from anywhere
///   StandDownEnded    │   ▼
///                   StandDown
/// ```
///
/// - Commands say what is wanted, the last one counts, and none can be lost or fail. After
///   [`stop`](Self::stop) there is never another dial.
/// - **Addresses** are tried in turn: the one that worked last, then the user's, then those of the announcement. The next
///   one is dialled beside the first [250 ms](WorkerConfig::stagger) later, or as soon as one has failed, up to
///   [three](WorkerConfig::max_dials) at once; the first connection wins. One where nobody was reached rests for longer
///   each time, while there are others. When all have failed, the **back-off** passes: 1 s, doubled each time, at most
///   1 h, of which a random half is spared; it halves for each 10 minutes that a session was up.
/// - What failed decides what is blamed: a refusal the address, a broken proxy nobody, a peer that closes before its
///   `init` or shares no chain with us the peer, which is left alone for longer.
/// - Each connection is adopted or discarded, once: one that comes too late is discarded.
/// - A connection that is adopted and never reported up or ended is hung up after
///   [`session_timeout`](WorkerConfig::session_timeout).
/// - While the peer's own connection serves, the worker [stands down](Self::stand_down), until that very session ends.
///
/// Bounds: 16 addresses, of which the user's stay first; at most 8 outputs for each call.
///
/// ```
/// use conn_worker::lnwire::{Address, Instant, NodeId};
/// use conn_worker::worker::{Event, Input, Output};
/// use conn_worker::{Worker, WorkerConfig};
///
/// let now = Instant::ZERO;
/// let mut worker = Worker::new(NodeId([2; 33]), WorkerConfig::default(), 7);
/// worker.connect(now, vec![Address::Ipv4 { ip: [127, 0, 0, 1].into(), port: 9735 }]);
/// let Some(Output::Dial { attempt, .. }) = worker.poll_output() else { panic!() };
///
/// // The socket is connected, yet the user has changed their mind: it is closed, exactly once.
/// worker.stop(now);
/// assert_eq!(worker.poll_output(), Some(Output::AbortDial { attempt }));
/// worker.handle_input(now, Input::DialOk { attempt });
/// assert_eq!(worker.poll_output(), Some(Output::Event(Event::Stopped)));
/// assert_eq!(worker.poll_output(), Some(Output::Discard { attempt }));
/// assert_eq!(worker.poll_timeout(), None);
/// ```
#[derive(Debug)]
pub struct Worker {
    peer: NodeId,
    config: WorkerConfig,
    state: State,
    addresses: AddressBook,
    backoff: Backoff,
    last_attempt: u64,
    /// Before this moment another `connect` does not cut a back-off short.
    patient_until: Instant,
    /// Before this moment another new address does not.
    settled_until: Instant,
    /// Whether an address came before that moment and waits for a round.
    has_news: bool,
    /// The session that the peer dialled, and since when: while there is one, nothing is dialled.
    inbound: Option<(SessionId, Instant)>,
    outputs: VecDeque<Output>,
}

impl Worker {
    /// Makes an idle worker. The seed decides the jitter; give each worker another.
    #[must_use]
    pub fn new(peer: NodeId, config: WorkerConfig, seed: u64) -> Self {
        Self {
            peer,
            config,
            state: State::Idle,
            addresses: AddressBook::default(),
            backoff: Backoff::new(&config, seed),
            last_attempt: 0,
            patient_until: Instant::ZERO,
            settled_until: Instant::ZERO,
            has_news: false,
            inbound: None,
            outputs: VecDeque::new(),
        }
    }

    /// Wants a connection from now on, and puts `addresses` in front of those known.
    ///
    /// A back-off is cut short, at most once in 10 seconds. A dial or connection that is under way stays: the
    /// new addresses are next. Unusable addresses are dropped. After [`stop`](Self::stop) it does nothing.
    pub fn connect(&mut self, now: Instant, addresses: Vec<Address>) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        self.addresses.prefer(addresses);
        let until = match self.state {
            State::Idle => None,
            State::WaitingForAddress { until } | State::BackingOff { until } => Some(until),
            _ => return self.dial_more(now),
        };
        if self.patient_until <= now {
            self.patient_until = now + CONNECT_INTERVAL;
            self.begin_round(now);
        } else {
            let until = until.map_or(self.patient_until, |until| until.min(self.patient_until));
            self.back_off(until);
        }
    }

    /// Wants a connection from `delay` on, so that many workers do not begin at once. Like
    /// [`connect`](Self::connect) if a connection is wanted already, but nothing is cut short.
    pub fn connect_after(&mut self, now: Instant, delay: Duration, addresses: Vec<Address>) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        self.addresses.prefer(addresses);
        match self.state {
            State::Idle => self.back_off(now + delay),
            _ => self.dial_more(now),
        }
    }

    /// Replaces the announced addresses; those of [`connect`](Self::connect) stay.
    ///
    /// A dial to an address that has vanished is aborted. New addresses are dialled in the round that is under
    /// way, or before a back-off is over, at most once in 60 seconds: what comes sooner is dialled when these are over. A
    /// back-off never gets longer by this. After [`stop`](Self::stop) it does nothing.
    pub fn update_addresses(&mut self, now: Instant, addresses: Vec<Address>) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        let in_time = self.settled_until <= now;
        let is_new = self.addresses.announce(addresses, in_time);
        let heals = is_new && in_time;
        self.has_news |= is_new && !in_time;
        match &self.state {
            State::Dialling(_) | State::Connecting { .. } if heals => {
                self.settled_until = now + NEW_ADDRESS_INTERVAL;
            }
            State::WaitingForAddress { until } | State::BackingOff { until } if heals => {
                let until = *until;
                self.settled_until = now + NEW_ADDRESS_INTERVAL;
                return self.go_on(now, Some(until));
            }
            State::WaitingForAddress { until } | State::BackingOff { until }
                if self.has_news && self.settled_until < *until =>
            {
                let until = *until;
                self.back_off(until);
            }
            _ => {}
        }
        self.abort_vanished(now);
    }

    /// The peer was seen at an address, or may be there: where it dialled from, with the port that nodes listen at, say. It is
    /// dialled behind all others, from the next round on; four such addresses are kept, of which the last one makes way.
    /// After [`stop`](Self::stop) it does nothing.
    pub fn observe(&mut self, now: Instant, address: Address) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        self.addresses.observe(address);
        match self.state {
            State::WaitingForAddress { until } if !self.addresses.is_empty() => {
                self.back_off(until);
            }
            _ => self.abort_vanished(now),
        }
    }

    /// Dials no more while this session lasts, which the peer dialled: gives up dials, and forgets the session that it
    /// stood down for before. A connection that was adopted stays: which of two is kept is the embedder's to decide, see
    /// [`disconnect`](Self::disconnect).
    ///
    /// [`Input::StandDownEnded`] for the same session, whether it was ever up or not, lets it go on. A session that has
    /// lasted shortens the back-off like one that we dialled.
    pub fn stand_down(&mut self, now: Instant, session: SessionId) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        if self.inbound.is_none_or(|(current, _)| current != session) {
            self.inbound_ended(now);
            self.inbound = Some((session, now));
        }
        let resume = match &self.state {
            State::Dialling(round) => round.resume,
            State::WaitingForAddress { until } | State::BackingOff { until } => Some(*until),
            _ => return,
        };
        self.settle(State::StandDown { resume });
    }

    /// The machine woke up, or has another address: what failed before may work now. A back-off ends within 30 seconds,
    /// a random time so that not all peers are dialled at once.
    pub fn network_changed(&mut self, now: Instant) {
        self.addresses.wake(now);
        if let State::WaitingForAddress { until } | State::BackingOff { until } = self.state {
            let soon = now + self.backoff.jitter(NETWORK_CHANGE_SPREAD);
            if soon < until {
                self.back_off(soon);
            }
        }
    }

    /// Wants no connection for now: gives up dials, hangs up, and is idle until the next
    /// [`connect`](Self::connect). After [`stop`](Self::stop) it does nothing.
    pub fn disconnect(&mut self, _now: Instant) {
        if !matches!(self.state, State::Stopped) {
            self.settle(State::Idle);
        }
    }

    /// Gives up dials, hangs up, and never dials again.
    pub fn stop(&mut self, _now: Instant) {
        if !matches!(self.state, State::Stopped) {
            self.settle(State::Stopped);
            self.event(Event::Stopped);
        }
    }

    /// Returns whether it would dial now if it were granted: only if it is [gated](WorkerConfig::gated), so that a parent
    /// can keep the dials of many workers within a budget. It waits for its parent alone, without a deadline.
    #[must_use]
    pub const fn wants_dial(&self) -> bool {
        matches!(&self.state, State::Dialling(round) if round.asks)
    }

    /// Grants one dial, if it still wants one.
    pub fn grant_dial(&mut self, now: Instant) {
        if self.wants_dial() {
            self.dial_granted(now, 1);
        }
    }

    /// Takes the news about a dial or a session.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "inputs are values; later ones own what they bring"
    )]
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::DialOk { attempt } => self.dialled(now, attempt),
            Input::DialFailed { attempt, error } => self.dial_failed(now, attempt, error),
            Input::SessionUp { attempt } => self.up(now, attempt),
            Input::SessionEnded { attempt, reason } => {
                if self.state.adopted() == Some(attempt) {
                    self.ended(now, attempt, reason);
                }
            }
            Input::StandDownEnded { session } => {
                if self.inbound.is_some_and(|(current, _)| current == session) {
                    self.inbound_ended(now);
                    self.resume(now);
                }
            }
        }
    }

    /// Does what is due at `now`. Early calls are harmless; late ones cost only time.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return;
        }
        match &self.state {
            State::WaitingForAddress { .. } | State::BackingOff { .. } => self.begin_round(now),
            State::Dialling(_) => self.pass_over(now),
            State::Connecting { attempt, .. } => {
                let attempt = *attempt;
                self.outputs.push_back(Output::Hangup { attempt });
                self.ended(now, attempt, EndReason::HandshakeTimeout);
            }
            State::Idle | State::Connected { .. } | State::StandDown { .. } | State::Stopped => {}
        }
    }

    /// Returns the next thing to do, in order; `None` if there is nothing more.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() && self.outputs.capacity() > 0 {
            // One of thousands that wait for hours.
            self.outputs = VecDeque::new();
        }
        output
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when idle, connected, standing down or
    /// stopped.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::WaitingForAddress { until } | State::BackingOff { until } => Some(*until),
            State::Dialling(round) => {
                round.deadline(self.addresses.has_next(), self.config.max_dials)
            }
            State::Connecting { deadline, .. } => Some(*deadline),
            State::Idle | State::Connected { .. } | State::StandDown { .. } | State::Stopped => {
                None
            }
        }
    }

    /// Returns whom it is about.
    #[must_use]
    pub const fn peer(&self) -> NodeId {
        self.peer
    }

    /// Returns whether a session that it dialled is up.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Connected { .. })
    }

    /// Returns what it is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.state {
            State::Idle => Status::Idle,
            State::WaitingForAddress { until } => Status::WaitingForAddress { until: *until },
            State::BackingOff { until } => Status::BackingOff { until: *until },
            State::Dialling(round) => Status::Dialling { dials: round.len() },
            State::Connecting { attempt, .. } => Status::Connecting { attempt: *attempt },
            State::Connected { attempt, since, .. } => Status::Connected {
                attempt: *attempt,
                since: *since,
            },
            State::StandDown { .. } => Status::StandDown,
            State::Stopped => Status::Stopped,
        }
    }

    /// Returns the addresses that it knows, in the order in which they would be dialled.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.entries().iter().map(|entry| &entry.address)
    }
}

/// Tools that call `connect` in a loop exist; so often it cuts a back-off short.
const CONNECT_INTERVAL: Duration = Duration::from_secs(10);
/// So often a new address does, lest a peer that announces new ones all the time is dialled all the time.
const NEW_ADDRESS_INTERVAL: Duration = Duration::from_secs(60);
/// Over how long the dials are spread after the network has changed.
const NETWORK_CHANGE_SPREAD: Duration = Duration::from_secs(30);
