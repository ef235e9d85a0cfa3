//! One persistent peer that we dial, for as long as anybody wants it.
//!
//! [`Worker`] decides when to dial what and what becomes of each result. See there.

mod addresses;
mod backoff;
pub(crate) mod config;
mod output;
mod state;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use lnwire::{Address, Instant, NodeId};

pub use output::{AttemptId, DialError, Event, Input, Output};

use self::addresses::AddressList;
use self::backoff::Backoff;
use self::config::WorkerConfig;
use self::state::State;
use crate::error::EndReason;

/// One persistent peer that we dial, for as long as anybody wants it.
///
/// It says when to dial what, and keeps at most one dial out and one connection adopted. The sockets and the
/// [`Session`](crate::Session)s are the embedder's, who names them by [`AttemptId`] and reports what becomes of
/// them.
///
/// ```text
/// Idle ──connect──▶ Dialling ──DialOk──▶ Connecting ──SessionUp──▶ Connected
///                     ▲   │ all tried         │ SessionEnded            │ SessionEnded
///                     │   ▼                   ▼ (next address)          │
///                   BackingOff ◀──────────────┴─────────────────────────┘        stop: Stopped, from anywhere
/// ```
///
/// - Commands say what is wanted, the last one counts, and none can be lost or fail. After
///   [`stop`](Self::stop) there is never another dial.
/// - Addresses are tried in turn: the user's, then the one that worked last, then the others. When all have
///   failed, the back-off passes: 1 s, doubled each time, at most 1 h, of which a random half is spared; it
///   halves for each 10 minutes that a session was up.
/// - Each connection is adopted or discarded, once: one that comes too late is discarded.
/// - A connection that is adopted and never reported up or ended is hung up after
///   [`session_timeout`](WorkerConfig::session_timeout).
///
/// Bounds: 16 addresses, of which the user's stay first; at most 3 outputs for each call.
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
    addresses: AddressList,
    backoff: Backoff,
    last_attempt: u64,
    /// Before this moment another `connect` does not cut a back-off short.
    patient_until: Instant,
    /// Before this moment another new address does not.
    settled_until: Instant,
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
            addresses: AddressList::default(),
            backoff: Backoff::new(&config, seed),
            last_attempt: 0,
            patient_until: Instant::ZERO,
            settled_until: Instant::ZERO,
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
            _ => return,
        };
        if self.patient_until <= now {
            self.patient_until = now + CONNECT_INTERVAL;
            self.begin_round(now);
        } else {
            let until = until.map_or(self.patient_until, |until| until.min(self.patient_until));
            self.back_off(until);
        }
    }

    /// Replaces the announced addresses; those of [`connect`](Self::connect) stay.
    ///
    /// A dial to an address that has vanished is aborted. New addresses are dialled in the round that is under
    /// way, or before a back-off is over, at most once in 60 seconds; a back-off never gets longer by this. After
    /// [`stop`](Self::stop) it does nothing.
    pub fn update_addresses(&mut self, now: Instant, addresses: Vec<Address>) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        let in_time = self.settled_until <= now;
        let heals = self.addresses.announce(addresses, in_time) && in_time;
        if heals && !matches!(self.state, State::Idle | State::Connected { .. }) {
            self.settled_until = now + NEW_ADDRESS_INTERVAL;
        }
        match &self.state {
            State::Dialling {
                attempt,
                address,
                resume,
                ..
            } if !self.addresses.contains(address) => {
                let (attempt, resume) = (*attempt, *resume);
                self.outputs.push_back(Output::AbortDial { attempt });
                self.next_address(now, resume);
            }
            State::WaitingForAddress { until } | State::BackingOff { until } if heals => {
                let until = *until;
                self.next_address(now, Some(until));
            }
            _ => {}
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

    /// Takes the news about a dial or a session.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "inputs are values; later ones own what they bring"
    )]
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::DialOk { attempt } => self.dialled(now, attempt),
            Input::DialFailed { attempt, error } => {
                if self.state.dialling() == Some(attempt) {
                    self.dial_failed(now, error);
                }
            }
            Input::SessionUp { attempt } => match &self.state {
                State::Connecting {
                    attempt: current,
                    address,
                    ..
                } if *current == attempt => {
                    self.addresses.worked(address);
                    let since = now;
                    self.state = State::Connected { attempt, since };
                    self.event(Event::Up { attempt });
                }
                _ => {}
            },
            Input::SessionEnded { attempt, reason } => {
                if self.state.adopted() == Some(attempt) {
                    self.ended(now, attempt, reason);
                }
            }
        }
    }

    /// Does what is due at `now`. Early calls are harmless; late ones cost only time.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.state.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match &self.state {
            State::WaitingForAddress { .. } | State::BackingOff { .. } => self.begin_round(now),
            State::Dialling { attempt, .. } => {
                let attempt = *attempt;
                self.outputs.push_back(Output::AbortDial { attempt });
                self.dial_failed(now, DialError::Timeout);
            }
            State::Connecting { attempt, .. } => {
                let attempt = *attempt;
                self.outputs.push_back(Output::Hangup { attempt });
                self.ended(now, attempt, EndReason::HandshakeTimeout);
            }
            State::Idle | State::Connected { .. } | State::Stopped => {}
        }
    }

    /// Returns the next thing to do, in order; `None` if there is nothing more.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when idle, connected or stopped.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.state.deadline()
    }

    /// Returns whom it is about.
    #[must_use]
    pub const fn peer(&self) -> NodeId {
        self.peer
    }

    /// Returns whether a session is up.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Connected { .. })
    }

    fn dialled(&mut self, now: Instant, attempt: AttemptId) {
        match mem::replace(&mut self.state, State::Idle) {
            State::Dialling {
                attempt: current,
                address,
                resume,
                ..
            } if current == attempt => {
                self.state = State::Connecting {
                    attempt,
                    address,
                    deadline: now + self.config.session_timeout,
                    resume,
                };
                self.outputs.push_back(Output::Adopt { attempt });
            }
            other => {
                self.state = other;
                // Adopted already: told twice, which changes nothing.
                if self.state.adopted() != Some(attempt) {
                    self.outputs.push_back(Output::Discard { attempt });
                }
            }
        }
    }

    fn dial_failed(&mut self, now: Instant, error: DialError) {
        let State::Dialling {
            address, resume, ..
        } = mem::replace(&mut self.state, State::Idle)
        else {
            return;
        };
        self.event(Event::DialFailed { address, error });
        match error {
            DialError::Proxy | DialError::Local => {
                let until = resume.unwrap_or_else(|| now + self.backoff.again());
                self.back_off(until);
            }
            _ => self.next_address(now, resume),
        }
    }

    fn ended(&mut self, now: Instant, attempt: AttemptId, reason: EndReason) {
        self.event(Event::Down { attempt, reason });
        if matches!(
            reason,
            EndReason::UnknownFeature { .. }
                | EndReason::MissingDependency { .. }
                | EndReason::NoCommonChain
        ) {
            self.backoff.exhaust();
            let until = now + self.backoff.next();
            return self.back_off(until);
        }
        match &self.state {
            State::Connecting { resume, .. } => self.next_address(now, *resume),
            State::Connected { since, .. } => {
                self.backoff.stable(now - *since);
                let until = now + self.backoff.next();
                self.back_off(until);
            }
            _ => {}
        }
    }

    fn begin_round(&mut self, now: Instant) {
        self.addresses.begin_round();
        self.next_address(now, None);
    }

    /// Dials what was not tried in this round, or waits.
    fn next_address(&mut self, now: Instant, resume: Option<Instant>) {
        if let Some(address) = self.addresses.next() {
            self.last_attempt += 1;
            let attempt = AttemptId(self.last_attempt);
            let timeout = self.config.dial_timeout;
            self.outputs.push_back(Output::Dial {
                attempt,
                address: address.clone(),
                timeout,
            });
            self.state = State::Dialling {
                attempt,
                address,
                deadline: now + timeout + DIAL_GRACE,
                resume,
            };
        } else if self.addresses.is_empty() {
            let until = resume.unwrap_or_else(|| now + self.backoff.next());
            self.state = State::WaitingForAddress { until };
            self.event(Event::AddressWanted);
        } else {
            let until = resume.unwrap_or_else(|| now + self.backoff.next());
            self.back_off(until);
        }
    }

    fn back_off(&mut self, until: Instant) {
        self.state = State::BackingOff { until };
        self.event(Event::Waiting { until });
    }

    /// Drops what is under way.
    fn settle(&mut self, state: State) {
        if let Some(attempt) = self.state.dialling() {
            self.outputs.push_back(Output::AbortDial { attempt });
        }
        if let Some(attempt) = self.state.adopted() {
            self.outputs.push_back(Output::Hangup { attempt });
        }
        self.state = state;
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

/// Tools that call `connect` in a loop exist; so often it cuts a back-off short.
const CONNECT_INTERVAL: Duration = Duration::from_secs(10);
/// So often a new address does, lest a peer that announces new ones all the time is dialled all the time.
const NEW_ADDRESS_INTERVAL: Duration = Duration::from_secs(60);
/// How much longer than told a dial may take to be reported.
const DIAL_GRACE: Duration = Duration::from_secs(5);
