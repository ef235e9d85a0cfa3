//! Any order of what an embedder does and a peer says, against a model of two queues: messages of a lane leave once each, in
//! their order, and their tickets tell; the bytes that wait are counted and bounded; nothing comes after the end.

extern crate alloc;
mod common;

use alloc::collections::VecDeque;
use core::time::Duration;

use common::*;
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::lnwire::bolt1::{Ping, Warning};
use conn_worker::lnwire::{Instant, Message};
use conn_worker::session::{Input, Lane, Output, Ticket};
use conn_worker::{EndReason, SendError, Session};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Send(bool, usize),
    Transmit(usize),
    Poll(usize),
    Wait(u32),
    Pass,
    Probe,
    PeerPing(u16),
    PeerPong,
    PeerWarning,
    PeerUnknown(u16),
    /// Bytes that are no frame.
    PeerNoise,
    Close,
    Closed,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (any::<bool>(), prop_oneof![7_usize..300, 7_usize..60_000])
            .prop_map(|(urgent, len)| Op::Send(urgent, len)),
        8 => prop_oneof![Just(0_usize), Just(1), 0_usize..5000, Just(65_536)].prop_map(Op::Transmit),
        8 => (0_usize..40).prop_map(Op::Poll),
        3 => (0_u32..20_000).prop_map(Op::Wait),
        2 => Just(Op::Pass),
        1 => Just(Op::Probe),
        6 => (0_u16..2000).prop_map(Op::PeerPing),
        2 => Just(Op::PeerPong),
        2 => Just(Op::PeerWarning),
        2 => prop::sample::select(vec![40_003_u16, 40_002]).prop_map(Op::PeerUnknown),
        1 => prop::bool::weighted(0.2).prop_map(|noise| if noise { Op::PeerNoise } else { Op::PeerPong }),
        1 => prop::bool::weighted(0.1).prop_map(|close| if close { Op::Close } else { Op::Pass }),
        1 => prop::bool::weighted(0.1).prop_map(|closed| if closed { Op::Closed } else { Op::Pass }),
    ]
}

const NUMBERED: u16 = 40_001;
/// What a frame adds: its length, and two tags.
const OVERHEAD: usize = 34;

struct Model {
    end: End,
    rogue: Rogue,
    now: Instant,
    numbers: u32,
    /// What waits in either lane: its number, its ticket, its bytes on the wire.
    queued: [VecDeque<(u32, Ticket, usize)>; 2],
    left: Vec<Ticket>,
    closed: Option<EndReason>,
}

const fn lane(urgent: bool) -> Lane {
    if urgent { Lane::Control } else { Lane::Gossip }
}

impl Model {
    fn new() -> Self {
        let (end, rogue) = Rogue::up(at(0));
        Self {
            end,
            rogue,
            now: at(0),
            numbers: 0,
            queued: Default::default(),
            left: Vec::new(),
            closed: None,
        }
    }

    fn session(&mut self) -> &mut Session {
        &mut self.end.session
    }

    fn peer_says(&mut self, message: &[u8]) {
        let wire = self.rogue.seal(message);
        self.hand_in(&wire);
    }

    fn hand_in(&mut self, bytes: &[u8]) {
        // An embedder does not read while the session pauses; the bytes wait.
        self.end.received.extend_from_slice(bytes);
        let End {
            session, received, ..
        } = &mut self.end;
        session.handle_bytes(self.now, received);
    }

    fn step(&mut self, op: Op) {
        let now = self.now;
        match op {
            Op::Send(urgent, len) => self.send(urgent, len),
            Op::Transmit(max) => self.transmit(max),
            Op::Poll(count) => self.poll(count),
            Op::Wait(millis) => {
                self.now = now + Duration::from_millis(millis.into());
                let now = self.now;
                self.session().handle_timeout(now);
            }
            Op::Pass => {
                self.now = self
                    .session()
                    .poll_timeout()
                    .map_or(now, |due| due.max(now));
                let now = self.now;
                self.session().handle_timeout(now);
            }
            Op::Probe => self.session().probe(now),
            Op::PeerPing(num_pong_bytes) => {
                let ping = Ping {
                    num_pong_bytes,
                    ignored: Bytes::new(),
                    extra: Bytes::new(),
                };
                self.peer_says(&encoded(&ping));
            }
            Op::PeerPong => self.peer_says(&[0, 19, 0, 0]),
            Op::PeerWarning => self.peer_says(&encoded(&Warning::about_all("so what"))),
            Op::PeerUnknown(msg_type) => self.peer_says(&msg_type.to_be_bytes()),
            Op::PeerNoise => self.hand_in(&[0x55; 40]),
            Op::Close => self.session().close(now),
            Op::Closed => self.session().handle_input(now, Input::Closed),
        }
    }

    fn send(&mut self, urgent: bool, len: usize) {
        self.numbers += 1;
        let (now, number) = (self.now, self.numbers);
        let mut message = BytesMut::from(&NUMBERED.to_be_bytes()[..]);
        message.extend_from_slice(&[u8::from(urgent)]);
        message.extend_from_slice(&number.to_be_bytes());
        message.resize(len, 0);
        let is_up = self.session().is_up();
        let room = self.session().room(lane(urgent));
        match self
            .session()
            .send_frame(now, lane(urgent), message.freeze())
        {
            Ok(ticket) => {
                assert!(is_up && len + OVERHEAD <= room);
                self.queued[usize::from(urgent)].push_back((number, ticket, len + OVERHEAD));
            }
            Err(SendError::LaneFull { needed, .. }) => {
                assert!(is_up && needed == len + OVERHEAD && needed > room);
            }
            Err(error) => assert!(!is_up, "{error}"),
        }
    }

    fn transmit(&mut self, max: usize) {
        let ended = self.session().is_closed();
        let wire = self.end.transmit(self.now, max);
        let messages = self.rogue.open(&wire);
        assert!(
            wire.len() <= max || messages.len() == 1,
            "{} of {max}",
            wire.len()
        );
        for message in messages {
            let Message::Unknown(message) = message else {
                assert!(!ended || matches!(message, Message::Warning(_)));
                continue;
            };
            assert!(!ended, "a message after the end");
            let bytes = message.as_bytes();
            let number = u32::from_be_bytes(bytes[3..7].try_into().unwrap());
            let (expected, ticket, _) = self.queued[usize::from(bytes[2])].pop_front().unwrap();
            assert_eq!(number, expected, "in order, once");
            self.left.push(ticket);
        }
    }

    fn poll(&mut self, count: usize) {
        for _ in 0..count {
            let Some(output) = self.session().poll_output() else {
                break;
            };
            assert_eq!(self.closed, None, "{output:?} after the end");
            if let Output::Close(reason) = output {
                self.closed = Some(reason);
            }
        }
        self.hand_in(&[]);
    }

    fn check(&mut self) {
        if self.session().is_closed() {
            assert_eq!(self.session().poll_timeout(), None);
            self.queued = Default::default();
            return;
        }
        assert!(self.session().poll_timeout().is_some());
        assert_eq!(self.closed, None);
        for urgent in [false, true] {
            let queued = &self.queued[usize::from(urgent)];
            let session = &self.end.session;
            let bytes: usize = queued.iter().map(|(.., bytes)| bytes).sum();
            assert_eq!(session.queued_bytes(lane(urgent)), bytes);
            assert!(
                queued
                    .iter()
                    .all(|(_, ticket, _)| !session.has_left(*ticket))
            );
        }
        assert!(
            self.left
                .iter()
                .all(|ticket| self.end.session.has_left(*ticket))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn promises_are_kept(ops in prop::collection::vec(op(), 1..120)) {
        let mut model = Model::new();
        for op in ops {
            model.step(op);
            model.check();
        }
        // Whatever it was, the end is one.
        let now = model.now;
        model.session().close(now);
        model.poll(100);
        prop_assert!(model.closed.is_some());
        model.step(Op::PeerPong);
        model.step(Op::Pass);
        model.poll(1);
    }
}
