//! How a worker goes from state to state.

use core::mem;
use core::time::Duration;

use lnwire::Instant;

use super::addresses::is_onion;
use super::output::{AttemptId, DialError, Event, Output};
use super::round::{Dial, Round};
use super::state::State;
use super::{NEW_ADDRESS_INTERVAL, Worker};
use crate::error::EndReason;

impl Worker {
    pub(super) fn dialled(&mut self, now: Instant, attempt: AttemptId) {
        let won = match &mut self.state {
            State::Dialling(round) => round.remove(attempt).map(|dial| (dial, round.resume)),
            _ => None,
        };
        let Some((Dial { address, .. }, resume)) = won else {
            // Adopted already: told twice, which changes nothing.
            if self.state.adopted() != Some(attempt) {
                self.outputs.push_back(Output::Discard { attempt });
            }
            return;
        };
        self.settle(State::Connecting {
            attempt,
            address,
            deadline: now + self.config.session_timeout,
            resume,
        });
        self.outputs.push_back(Output::Adopt { attempt });
    }

    pub(super) fn dial_failed(&mut self, now: Instant, attempt: AttemptId, error: DialError) {
        let State::Dialling(round) = &mut self.state else {
            return;
        };
        let Some(Dial { address, .. }) = round.failed(now, attempt) else {
            return;
        };
        let resume = round.resume;
        match error {
            // The others would fail alike.
            DialError::Proxy | DialError::Local => {
                self.event(Event::DialFailed { address, error });
                let until = resume.unwrap_or_else(|| now + self.backoff.again());
                self.settle(State::Idle);
                self.back_off(until);
            }
            _ => {
                self.addresses.failed(now, &address);
                self.event(Event::DialFailed { address, error });
                self.dial_more(now);
            }
        }
    }

    pub(super) fn up(&mut self, now: Instant, attempt: AttemptId) {
        match mem::replace(&mut self.state, State::Idle) {
            State::Connecting {
                attempt: current,
                address,
                ..
            } if current == attempt => {
                self.addresses.worked(now, &address);
                let since = now;
                self.state = State::Connected {
                    attempt,
                    address,
                    since,
                };
                self.event(Event::Up { attempt });
            }
            other => self.state = other,
        }
    }

    /// The session of the adopted connection has ended.
    pub(super) fn ended(&mut self, now: Instant, attempt: AttemptId, reason: EndReason) {
        self.event(Event::Down { attempt, reason });
        match (mem::replace(&mut self.state, State::Idle), reason) {
            (_, reason) if is_final(&reason) => {
                self.backoff.exhaust(&self.config);
                self.back_off_from(now);
            }
            (State::Connecting { .. }, EndReason::ClosedBeforeInit | EndReason::InitTimeout) => {
                self.backoff.unwelcome(&self.config);
                self.back_off_from(now);
            }
            // Which of two connections goes was our choice: nobody is to blame.
            (State::Connecting { resume, .. }, EndReason::LocalClose) => self.go_on(now, resume),
            // A wrong key and an unwilling peer look alike: the address is to blame, yet stays.
            (
                State::Connecting {
                    address, resume, ..
                },
                _,
            ) => {
                self.addresses.failed(now, &address);
                self.go_on(now, resume);
            }
            (State::Connected { address, since, .. }, _) => {
                self.addresses.worked(now, &address);
                self.backoff.stable(&self.config, now - since);
                self.back_off_from(now);
            }
            (other, _) => self.state = other,
        }
    }

    pub(super) fn begin_round(&mut self, now: Instant) {
        self.has_news = false;
        self.addresses.begin_round(now);
        self.go_on(now, None);
    }

    /// Dials what was not tried in this round.
    pub(super) fn go_on(&mut self, now: Instant, resume: Option<Instant>) {
        if self.inbound.is_some() {
            self.state = State::StandDown { resume };
            return;
        }
        self.state = State::Dialling(Round::new(now, resume));
        self.dial_more(now);
    }

    /// Begins dials that may begin now. A round without dials is over.
    pub(super) fn dial_more(&mut self, now: Instant) {
        let grants = if self.config.gated { 0 } else { usize::MAX };
        self.dial_granted(now, grants);
    }

    /// Begins dials that may begin now, at most so many; asks for more if there could be.
    pub(super) fn dial_granted(&mut self, now: Instant, mut grants: usize) {
        let State::Dialling(round) = &mut self.state else {
            return;
        };
        round.asks = false;
        while round.has_room(self.config.max_dials) && round.next_at() <= now {
            if grants == 0 && self.addresses.has_next() {
                round.asks = true;
                return;
            }
            let Some(address) = self.addresses.next() else {
                break;
            };
            grants -= 1;
            self.last_attempt += 1;
            let attempt = AttemptId(self.last_attempt);
            let timeout = self.config.dial_timeout;
            let stagger = if is_onion(&address) {
                self.config.tor_stagger
            } else {
                self.config.stagger
            };
            self.outputs.push_back(Output::Dial {
                attempt,
                address: address.clone(),
                timeout,
            });
            let dial = Dial {
                attempt,
                address,
                deadline: now + timeout + DIAL_GRACE,
            };
            round.begin(dial, now + stagger);
        }
        if round.len() == 0 {
            let until = match round.resume {
                Some(until) => until,
                None => now + self.backoff.next(&self.config),
            };
            self.back_off(until);
        }
    }

    /// Gives up dials whose time is over.
    pub(super) fn pass_over(&mut self, now: Instant) {
        while let State::Dialling(round) = &mut self.state {
            let Some(attempt) = round.overdue(now) else {
                return self.dial_more(now);
            };
            self.outputs.push_back(Output::AbortDial { attempt });
            if let Some(Dial { address, .. }) = round.failed(now, attempt) {
                self.addresses.failed(now, &address);
                let error = DialError::Timeout;
                self.event(Event::DialFailed { address, error });
            }
        }
    }

    /// Gives up dials to addresses that are not known any more.
    pub(super) fn abort_vanished(&mut self, now: Instant) {
        while let State::Dialling(round) = &mut self.state {
            let Some(attempt) = round.vanished(|address| self.addresses.contains(address)) else {
                return self.dial_more(now);
            };
            round.failed(now, attempt);
            self.outputs.push_back(Output::AbortDial { attempt });
        }
    }

    /// The session that the peer dialled, if there is one, counts no more: the peer has been there for so long.
    pub(super) fn inbound_ended(&mut self, now: Instant) {
        if let Some((_, since)) = self.inbound.take() {
            self.backoff.stable(&self.config, now - since);
        }
    }

    /// The session that the peer dialled is gone.
    pub(super) fn resume(&mut self, now: Instant) {
        if let State::StandDown { resume } = self.state {
            let later = resume.filter(|until| *until > now);
            let until = later.unwrap_or_else(|| now + self.backoff.again());
            self.back_off(until);
        }
    }

    fn back_off_from(&mut self, now: Instant) {
        let until = now + self.backoff.next(&self.config);
        self.back_off(until);
    }

    /// Waits; nothing is out. An address that came too soon to be dialled shortens it.
    pub(super) fn back_off(&mut self, mut until: Instant) {
        if mem::take(&mut self.has_news) && self.settled_until < until {
            until = self.settled_until;
            self.settled_until = until + NEW_ADDRESS_INTERVAL;
        }
        if self.inbound.is_some() {
            self.state = State::StandDown {
                resume: Some(until),
            };
        } else if self.addresses.is_empty() {
            self.state = State::WaitingForAddress { until };
            self.event(Event::AddressWanted);
        } else {
            self.state = State::BackingOff { until };
            self.event(Event::Waiting { until });
        }
    }

    /// Drops what is under way.
    pub(super) fn settle(&mut self, state: State) {
        let before = mem::replace(&mut self.state, state);
        if let State::Dialling(round) = &before {
            for attempt in round.attempts() {
                self.outputs.push_back(Output::AbortDial { attempt });
            }
        }
        if let Some(attempt) = before.adopted() {
            self.outputs.push_back(Output::Hangup { attempt });
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

/// Trying soon is of no use: one of us has to be updated.
const fn is_final(reason: &EndReason) -> bool {
    matches!(
        reason,
        EndReason::UnknownFeature { .. }
            | EndReason::MissingDependency { .. }
            | EndReason::NoCommonChain
    )
}

/// How much longer than told a dial may take to be reported.
const DIAL_GRACE: Duration = Duration::from_secs(5);
