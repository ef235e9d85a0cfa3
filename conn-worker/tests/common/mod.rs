//! Nodes, a peer that speaks BOLT 8 but no manners, and a pair of sessions joined in memory.
#![allow(dead_code, reason = "each test binary uses its part")]

use core::time::Duration;

use conn_worker::brontide::secp256k1::{PublicKey, SecretKey};
use conn_worker::brontide::{EphemeralKey, LocalSigner, Transport, initiator, responder, take_act};
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::lnwire::bolt1::Init;
use conn_worker::lnwire::{Instant, Message, WireMessage};
use conn_worker::session::{Event, Input, Output};
use conn_worker::{EndReason, Session, SessionConfig};

pub(crate) fn node(seed: u8) -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&[seed; 32]).unwrap())
}

pub(crate) fn ephemeral(seed: u8) -> EphemeralKey {
    EphemeralKey::from_bytes([seed; 32]).unwrap()
}

pub(crate) fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

pub(crate) fn encoded<M: WireMessage>(message: &M) -> Bytes {
    let mut out = BytesMut::new();
    message.encode(&mut out).unwrap();
    out.freeze()
}

pub(crate) const ALICE: u8 = 0x11;
pub(crate) const BOB: u8 = 0x21;

pub(crate) fn config(seed: u8) -> SessionConfig {
    SessionConfig::new(node(seed).public_key())
}

pub(crate) fn outbound(now: Instant) -> Session {
    Session::outbound(now, config(ALICE), node(BOB).public_key(), ephemeral(0x12))
}

pub(crate) fn inbound(now: Instant) -> Session {
    Session::inbound(now, config(BOB), ephemeral(0x22))
}

/// One end: a session with its embedder's buffer, its signer, and what it gave.
pub(crate) struct End {
    pub(crate) session: Session,
    pub(crate) signer: LocalSigner,
    pub(crate) received: BytesMut,
    pub(crate) messages: Vec<Message>,
    pub(crate) events: Vec<Event>,
    pub(crate) stored: Vec<Bytes>,
    pub(crate) closed: Option<EndReason>,
}

impl End {
    pub(crate) fn new(session: Session, signer: LocalSigner) -> Self {
        Self {
            session,
            signer,
            received: BytesMut::new(),
            messages: Vec::new(),
            events: Vec::new(),
            stored: Vec::new(),
            closed: None,
        }
    }

    pub(crate) fn alice(now: Instant) -> Self {
        Self::new(outbound(now), node(ALICE))
    }

    pub(crate) fn bob(now: Instant) -> Self {
        Self::new(inbound(now), node(BOB))
    }

    /// Hands in bytes, polls, and goes on after pauses that polling and answering end.
    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        loop {
            self.session.handle_bytes(now, &mut self.received);
            let paused = self.session.is_paused();
            self.drain(now);
            if !paused || self.session.is_paused() {
                return;
            }
        }
    }

    pub(crate) fn drain(&mut self, now: Instant) {
        while let Some(output) = self.session.poll_output() {
            assert_eq!(self.closed, None, "nothing comes after the end");
            match output {
                Output::Ecdh(point) => {
                    let answer = self.signer.ecdh(&point);
                    self.session.handle_input(now, Input::Ecdh(answer));
                }
                Output::Message(message) => self.messages.push(message),
                Output::Store(blob) => self.stored.push(blob),
                Output::Event(event) => self.events.push(event),
                Output::Close(reason) => self.closed = Some(reason),
            }
        }
        if self.closed.is_none() {
            assert!(
                self.session.poll_timeout().is_some(),
                "waits without a deadline"
            );
        } else {
            assert!(self.session.is_closed());
            assert_eq!(self.session.poll_timeout(), None);
        }
    }

    pub(crate) fn transmit(&mut self, now: Instant, max: usize) -> BytesMut {
        let mut wire = BytesMut::new();
        let taken = self.session.poll_transmit(now, &mut wire, max);
        assert_eq!(taken, wire.len());
        wire
    }

    pub(crate) fn transmit_all(&mut self, now: Instant) -> BytesMut {
        let mut wire = BytesMut::new();
        while self.session.poll_transmit(now, &mut wire, 65536) > 0 {}
        assert!(!self.session.has_transmit() || !self.session.is_closed());
        wire
    }

    pub(crate) fn up(&self) -> Option<&Init> {
        self.events.iter().find_map(|event| match event {
            Event::Up { init, .. } => Some(init),
            _ => None,
        })
    }
}

/// Moves bytes both ways until nothing moves.
pub(crate) fn settle(now: Instant, a: &mut End, b: &mut End) {
    loop {
        let to_b = a.transmit_all(now);
        b.receive(now, &to_b);
        let to_a = b.transmit_all(now);
        a.receive(now, &to_a);
        if to_a.is_empty() && to_b.is_empty() {
            return;
        }
    }
}

/// Two sessions that are up.
pub(crate) fn pair(now: Instant) -> (End, End) {
    let (mut alice, mut bob) = (End::alice(now), End::bob(now));
    settle(now, &mut alice, &mut bob);
    assert!(alice.session.is_up() && bob.session.is_up());
    (alice, bob)
}

/// Speaks BOLT 8 correctly and sends whatever it is told to.
pub(crate) struct Rogue {
    pub(crate) pipe: Transport,
    pub(crate) received: BytesMut,
}

impl Rogue {
    /// Dials `end`, which accepts; returns act three too, not yet handed in.
    pub(crate) fn dial(now: Instant, end: &mut End) -> (Self, Vec<u8>) {
        let signer = node(ALICE);
        let (act_one, waits) =
            initiator::start(signer.public_key(), node(BOB).public_key(), ephemeral(0x12));
        end.receive(now, &act_one);
        let act_two = take_act(&mut end.transmit_all(now)).unwrap();
        let need = waits.read(&act_two).unwrap();
        let ecdh = signer.ecdh(&need.point());
        let (act_three, pipe) = need.finish(ecdh);
        (
            Self {
                pipe,
                received: BytesMut::new(),
            },
            act_three.to_vec(),
        )
    }

    /// Accepts `end`, which dials.
    pub(crate) fn accept(now: Instant, end: &mut End) -> Self {
        let signer = node(BOB);
        let waits = responder::AwaitActOne::new(signer.public_key());
        let act_one = take_act(&mut end.transmit_all(now)).unwrap();
        let need = waits.read(&act_one).unwrap();
        let ecdh = signer.ecdh(&need.point());
        let (act_two, waits) = need.finish(ecdh, ephemeral(0x22)).unwrap();
        end.receive(now, &act_two);
        let mut wire = end.transmit_all(now);
        let (_, pipe): (PublicKey, _) = waits.read(&take_act(&mut wire).unwrap()).unwrap();
        Self {
            pipe,
            received: wire,
        }
    }

    /// A session that is up, and the rogue it talks to.
    pub(crate) fn up(now: Instant) -> (End, Self) {
        let mut end = End::bob(now);
        let (mut rogue, act_three) = Self::dial(now, &mut end);
        end.receive(now, &act_three);
        rogue.send(now, &mut end, &encoded(&Init::default()));
        rogue.read(now, &mut end);
        assert!(end.session.is_up());
        (end, rogue)
    }

    pub(crate) fn seal(&mut self, message: &[u8]) -> BytesMut {
        let mut wire = BytesMut::new();
        self.pipe.tx.encrypt(message, &mut wire).unwrap();
        wire
    }

    pub(crate) fn send(&mut self, now: Instant, end: &mut End, message: &[u8]) {
        let wire = self.seal(message);
        end.receive(now, &wire);
    }

    /// Opens all that `end` wants to write.
    pub(crate) fn read(&mut self, now: Instant, end: &mut End) -> Vec<Message> {
        let wire = end.transmit_all(now);
        self.open(&wire)
    }

    pub(crate) fn open(&mut self, wire: &[u8]) -> Vec<Message> {
        self.received.extend_from_slice(wire);
        let mut messages = Vec::new();
        while let Some(message) = self.pipe.rx.next(&mut self.received).unwrap() {
            messages.push(Message::decode(message).unwrap());
        }
        messages
    }
}
