//! What one act, one answer or one message of the peer leads to.

use core::fmt::Display;
use core::mem;
use core::time::Duration;

use brontide::{HandshakeError, SharedSecret};
use bytes::{Bytes, BytesMut};
use lnwire::bolt1::{Init, Ping};
use lnwire::{Advice, ChannelId, Instant, Message};

use super::Session;
use super::handshake::{Handshake, Step};
use super::init::{self, Hello};
use super::keepalive::Keepalive;
use super::output::{Event, Output};
use super::pongs::Verdict;
use super::state::{Limits, Link, State};
use crate::error::EndReason;

impl Session {
    /// Takes one act or frame; returns whether there was one.
    pub(super) fn step(&mut self, now: Instant, buf: &mut BytesMut) -> bool {
        match &mut self.state {
            State::Handshaking { .. } => self.read_act(now, buf),
            State::AwaitingInit { link, .. } | State::Up { link, .. } => match link.rx.next(buf) {
                Ok(Some(message)) => {
                    self.read_message(now, message);
                    true
                }
                Ok(None) => false,
                Err(error) => {
                    self.end(now, error.into());
                    false
                }
            },
            State::Closed { .. } => false,
        }
    }

    fn read_act(&mut self, now: Instant, buf: &mut BytesMut) -> bool {
        let len = buf.len();
        self.advance(now, |handshake| handshake.read(buf));
        buf.len() < len
    }

    pub(super) fn answer(&mut self, now: Instant, ecdh: SharedSecret) {
        self.advance(now, |handshake| handshake.answer(ecdh));
    }

    /// Moves the handshake on by one step, if it is still going on.
    fn advance(
        &mut self,
        now: Instant,
        step: impl FnOnce(Handshake) -> Result<Step, HandshakeError>,
    ) {
        let (handshake, deadline, hello) = match mem::replace(&mut self.state, State::CLOSED) {
            State::Handshaking {
                handshake,
                deadline,
                hello,
            } => (handshake, deadline, hello),
            other => {
                self.state = other;
                return;
            }
        };
        let handshake = match step(handshake) {
            Ok(Step::Incomplete(handshake)) => handshake,
            Ok(Step::Ask(handshake, point)) => {
                self.outputs.push_back(Output::Ecdh(point));
                handshake
            }
            Ok(Step::Write(act, handshake)) => {
                self.out.act(now, act);
                handshake
            }
            Ok(Step::Done {
                act,
                peer,
                transport,
            }) => {
                if let Some(act) = act {
                    self.out.act(now, act);
                }
                self.authenticated(now, Link::new(&peer, transport), hello);
                return;
            }
            Err(error) => {
                self.out.clear();
                self.outputs.push_back(Output::Close(error.into()));
                return;
            }
        };
        self.state = State::Handshaking {
            handshake,
            deadline,
            hello,
        };
    }

    fn authenticated(&mut self, now: Instant, link: Link, hello: Hello) {
        self.out.init(now, hello.message);
        let peer = link.peer;
        self.outputs
            .push_back(Output::Event(Event::Authenticated { peer }));
        self.state = State::AwaitingInit {
            link,
            deadline: now + self.limits.init_timeout,
            networks: hello.networks,
            backup: None,
        };
    }

    fn read_message(&mut self, now: Instant, message: Bytes) {
        let read = match &self.state {
            State::AwaitingInit { networks, .. } => {
                init::read(&message, networks).map(|init| self.up(now, init))
            }
            _ => self.read_peer_message(now, message),
        };
        if let Err(reason) = read {
            self.end(now, reason);
        }
    }

    fn up(&mut self, now: Instant, init: Init) {
        let mut returned = None;
        self.state = match mem::replace(&mut self.state, State::CLOSED) {
            State::AwaitingInit { link, backup, .. } => {
                let peer = link.peer;
                returned = backup;
                self.outputs
                    .push_back(Output::Event(Event::Up { peer, init }));
                let Limits {
                    ping_interval,
                    pong_timeout,
                    ..
                } = self.limits;
                State::Up {
                    link,
                    keepalive: Keepalive::new(now, ping_interval, pong_timeout),
                    silent_until: now,
                }
            }
            other => other,
        };
        if let Some(blob) = returned {
            self.send_backup(now, blob)
                .expect("its length was checked, and the lane is empty");
        }
    }

    fn read_peer_message(&mut self, now: Instant, message: Bytes) -> Result<(), EndReason> {
        let State::Up { keepalive, .. } = &mut self.state else {
            return Ok(());
        };
        match Message::decode(message) {
            Ok(Message::Ping(ping)) => return self.pinged(now, &ping),
            Ok(Message::Pong(_)) => keepalive.pong(),
            // A second one cannot change what the first has settled; BOLT 1 does not forbid it.
            Ok(Message::Init(_)) => {}
            Ok(message) if !self.limits.accepts(&message) => {
                return Err(EndReason::UnknownMessage {
                    msg_type: message.msg_type(),
                });
            }
            Ok(Message::PeerStorage(storage)) if self.backups.is_on() => {
                if let Some(blob) = self.backups.offer(now, &storage.blob) {
                    self.outputs.push_back(Output::Store(blob));
                }
            }
            Ok(message) if !self.hand_through.lets_pass(now, &message) => {}
            Ok(message) => {
                let fatal = matches!(&message, Message::Error(e) if e.channel_id == ChannelId::ALL);
                self.outputs.push_back(Output::Message(message));
                if fatal {
                    return Err(EndReason::PeerError);
                }
            }
            Err(error) => match error.advice() {
                Advice::Disconnect => return Err(EndReason::UndecodableMessage(error)),
                advice => {
                    self.outputs
                        .push_back(Output::Event(Event::BadMessage { error }));
                    if advice == Advice::Warn {
                        self.warn(now, &error);
                    }
                }
            },
        }
        Ok(())
    }

    fn pinged(&mut self, now: Instant, ping: &Ping) -> Result<(), EndReason> {
        let Some(len) = ping.pong_len() else {
            return Ok(());
        };
        match self.out.pong(now, len) {
            Verdict::Fine => {}
            Verdict::Warn => self.warn(now, &"too many pings"),
            Verdict::Flood => return Err(EndReason::PingFlood),
        }
        Ok(())
    }

    /// Warns the peer, unless it was warned a moment ago.
    fn warn(&mut self, now: Instant, text: &impl Display) {
        match &mut self.state {
            State::Up { silent_until, .. } if *silent_until <= now => {
                *silent_until = now + WARNING_INTERVAL;
                self.out.warn(now, text);
            }
            _ => {}
        }
    }
}

/// The time between two warnings: a peer that relays much broken gossip need not be told of each.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);
