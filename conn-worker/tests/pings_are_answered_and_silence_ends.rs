//! Ping, pong, silence, and peers that do not read.

mod common;

use core::time::Duration;

use common::{BOB, End, Rogue, at, config, encoded, ephemeral, node, pair, settle};
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::lnwire::Message;
use conn_worker::lnwire::bolt1::{Init, Ping, Pong, Warning};
use conn_worker::session::Lane;
use conn_worker::{EndReason, Session, SessionConfig};
use proptest::prelude::*;

fn ping(num_pong_bytes: u16) -> Bytes {
    encoded(&Ping {
        num_pong_bytes,
        ignored: Bytes::new(),
        extra: Bytes::new(),
    })
}

fn pong(len: usize) -> Pong {
    Pong {
        ignored: Bytes::from(vec![0; len]),
        extra: Bytes::new(),
    }
}

#[test]
fn each_ping_gets_its_pong_at_once() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    for len in [0, 1, 37, 65531] {
        rogue.send(at(0), &mut end, &ping(len));
        assert_eq!(
            rogue.read(at(0), &mut end),
            [Message::Pong(pong(usize::from(len)))]
        );
    }
    for len in [65532, 65535] {
        rogue.send(at(0), &mut end, &ping(len));
        assert!(!end.session.has_transmit(), "{len} asks for no pong");
    }
    assert!(end.messages.is_empty(), "the embedder is not bothered");
}

#[test]
fn many_pings_in_one_read_are_all_answered() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let mut read = BytesMut::new();
    (0..100).for_each(|i| read.extend_from_slice(&rogue.seal(&ping(i))));
    end.receive(at(0), &read);
    assert!(end.session.is_paused());
    assert!(end.received.len() > 80 * 40, "no more than 16 were taken");
    let mut answers = Vec::new();
    while end.session.has_transmit() {
        answers.extend(rogue.read(at(0), &mut end));
        end.receive(at(0), &[]);
    }
    let expected: Vec<_> = (0..100).map(|i| Message::Pong(pong(i))).collect();
    assert_eq!(answers, expected);
}

#[test]
fn flood_is_warned_about_and_then_ends() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let mut warned = false;
    for i in 0..100 {
        rogue.send(at(0), &mut end, &ping(65531));
        if end.closed.is_some() {
            assert!(warned && i > 16, "no warning before the end");
            assert_eq!(end.closed, Some(EndReason::PingFlood));
            return;
        }
        warned |= rogue
            .read(at(0), &mut end)
            .iter()
            .any(|message| matches!(message, Message::Warning(_)));
    }
    panic!("the flood went on");
}

#[test]
fn quiet_peer_is_pinged_and_may_answer() {
    let (mut alice, mut bob) = pair(at(0));
    for minute in 1..=100 {
        let now = at(minute * 60);
        assert_eq!(alice.session.poll_timeout(), Some(now));
        for end in [&mut alice, &mut bob] {
            end.session.handle_timeout(now);
        }
        settle(now, &mut alice, &mut bob);
        assert!(alice.closed.is_none() && bob.closed.is_none());
    }
}

#[test]
fn silent_peer_is_left() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    end.session.handle_timeout(at(60));
    assert_eq!(end.session.poll_timeout(), Some(at(360)), "not written yet");
    // It takes a while until the ping is written: the clock starts then.
    assert!(matches!(
        rogue.read(at(100), &mut end)[..],
        [Message::Ping(_)]
    ));
    assert_eq!(end.session.poll_timeout(), Some(at(130)));
    end.session.handle_timeout(at(129));
    end.drain(at(129));
    assert_eq!(end.closed, None);
    end.session.handle_timeout(at(130));
    end.drain(at(130));
    assert_eq!(end.closed, Some(EndReason::PongTimeout));
}

#[test]
fn any_byte_is_life_and_there_is_one_ping_at_a_time() {
    // One that has all the time in the world for a message.
    let config = SessionConfig {
        frame_timeout: Duration::from_secs(1_000_000),
        ..config(BOB)
    };
    let session = Session::inbound(at(0), config, ephemeral(0x22));
    let mut end = End::new(session, node(BOB));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut end);
    end.receive(at(0), &act_three);
    rogue.send(at(0), &mut end, &encoded(&Init::default()));
    rogue.read(at(0), &mut end);
    end.session.handle_timeout(at(60));
    let sent = rogue.read(at(60), &mut end);
    let [Message::Ping(ping)] = &sent[..] else {
        panic!("{sent:?}");
    };
    // A long message trickles in: one byte every 29 seconds.
    let mut now = 60;
    let trickle = rogue.seal(&encoded(&Warning::about_all("slow")));
    for byte in &trickle {
        now += 29;
        end.session.handle_timeout(at(now));
        end.receive(at(now), &[*byte]);
        assert!(!end.session.has_transmit(), "a second ping");
    }
    assert_eq!(end.messages.len(), 1);
    assert_eq!(end.closed, None);
    // A pong settles it, even of another length: the peer has answered. One that nobody asked for is ignored.
    let wanted = usize::from(ping.num_pong_bytes);
    assert_eq!(end.session.poll_timeout(), Some(at(now + 30)));
    rogue.send(at(now), &mut end, &encoded(&pong(wanted + 1)));
    assert_eq!(end.session.poll_timeout(), Some(at(now + 60)));
    rogue.send(at(now), &mut end, &encoded(&pong(wanted)));
    assert_eq!(end.closed, None);
}

#[test]
fn bytes_that_were_there_already_are_no_life() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    end.receive(at(0), &rogue.seal(&encoded(&Warning::about_all("x")))[..30]);
    for second in 1..60 {
        end.receive(at(second), &[]);
    }
    assert_eq!(end.session.poll_timeout(), Some(at(60)));
}

#[test]
fn embedder_that_stops_polling_does_not_blame_the_peer() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    for _ in 0..100 {
        let wire = rogue.seal(&encoded(&Warning::about_all("x")));
        end.received.extend_from_slice(&wire);
    }
    end.session.handle_bytes(at(0), &mut end.received);
    assert!(end.session.is_paused());
    for _ in 0..50 {
        let due = end.session.poll_timeout().unwrap();
        end.session.handle_timeout(due);
        end.session.poll_transmit(due, &mut BytesMut::new(), 65536);
        assert!(!end.session.is_closed());
    }
    let now = end.session.poll_timeout().unwrap();
    end.receive(now, &[]);
    end.drain(now);
    assert_eq!(end.messages.len(), 100);
}

#[test]
fn progress_however_little_restarts_the_write_clock() {
    let (mut end, _rogue) = Rogue::up(at(0));
    let warning = Warning::about_all("x");
    end.session.send(at(10), Lane::Control, &warning).unwrap();
    end.session.send(at(20), Lane::Gossip, &warning).unwrap();
    end.session.handle_timeout(at(60));
    assert_eq!(end.session.poll_timeout(), Some(at(310)));
    // One of three frames goes: the ping.
    assert!(end.session.poll_transmit(at(300), &mut BytesMut::new(), 1) > 0);
    assert_eq!(end.session.poll_timeout(), Some(at(330)), "for the pong");
    end.receive(at(590), &[0]);
    assert_eq!(end.session.poll_timeout(), Some(at(600)), "for the write");
}

#[test]
fn peer_that_does_not_read_is_left() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    end.session
        .send(at(10), Lane::Control, &Warning::about_all("x"))
        .unwrap();
    for now in (20..=300).step_by(20) {
        rogue.send(at(now), &mut end, &encoded(&Warning::about_all("alive")));
        end.session.handle_timeout(at(now));
        end.drain(at(now));
        assert_eq!(end.closed, None);
    }
    end.session.handle_timeout(at(310));
    end.drain(at(310));
    assert_eq!(end.closed, Some(EndReason::WriteTimeout));
}

#[derive(Clone, Debug)]
enum Op {
    Wait(u64),
    Timeout,
    Ping(u16),
    Talk,
    Send(bool, u16),
    Transmit(usize),
    Poll(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0_u64..40).prop_map(Op::Wait),
        Just(Op::Timeout),
        any::<u16>().prop_map(Op::Ping),
        Just(Op::Talk),
        (any::<bool>(), any::<u16>()).prop_map(|(control, len)| Op::Send(control, len)),
        (0_usize..100_000).prop_map(Op::Transmit),
        (0_usize..50).prop_map(Op::Poll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn bounds_hold_whatever_happens(ops in prop::collection::vec(op(), 1..120)) {
        let (mut end, mut rogue) = Rogue::up(at(0));
        let mut now = 0;
        let mut outputs = 0;
        for op in ops {
            match op {
                Op::Wait(seconds) => now += seconds,
                Op::Timeout => end.session.handle_timeout(at(now)),
                Op::Ping(len) => {
                    let wire = rogue.seal(&ping(len));
                    end.received.extend_from_slice(&wire);
                    end.session.handle_bytes(at(now), &mut end.received);
                }
                Op::Talk => {
                    let wire = rogue.seal(&encoded(&Warning::about_all("x")));
                    end.received.extend_from_slice(&wire);
                    end.session.handle_bytes(at(now), &mut end.received);
                }
                Op::Send(control, len) => {
                    let lane = if control { Lane::Control } else { Lane::Gossip };
                    let message = Bytes::from(vec![0xff; usize::from(len)]);
                    let (queued, room) = (end.session.queued_bytes(lane), end.session.room(lane));
                    let sent = end.session.send_frame(at(now), lane, message);
                    prop_assert_eq!(
                        end.session.queued_bytes(lane) > queued,
                        sent.is_ok(),
                        "{:?} with {}", sent, room
                    );
                }
                Op::Transmit(max) => {
                    let mut wire = BytesMut::new();
                    let taken = end.session.poll_transmit(at(now), &mut wire, max);
                    prop_assert!(taken <= max.max(65569) && (max > 0 || taken == 0));
                    let _ = rogue.open(&wire);
                }
                Op::Poll(count) => (0..count).for_each(|_| {
                    outputs += usize::from(end.session.poll_output().is_some());
                }),
            }
            prop_assert!(end.session.queued_bytes(Lane::Control) <= 256 * 1024);
            prop_assert!(end.session.queued_bytes(Lane::Gossip) <= 1024 * 1024);
            prop_assert_eq!(end.session.poll_timeout().is_none(), end.session.is_closed());
        }
        let mut waiting = 0;
        while end.session.poll_output().is_some() {
            waiting += 1;
        }
        prop_assert!(waiting <= 35);
    }
}

#[test]
fn idle_pair_with_one_byte_pieces_stays_up() {
    let (mut alice, mut bob) = pair(at(0));
    alice.session.handle_timeout(at(60));
    for (now, byte) in (60..).zip(alice.transmit_all(at(60))) {
        bob.receive(at(now), &[byte]);
    }
    let answer = bob.transmit_all(at(110));
    for (now, byte) in (80..).zip(answer) {
        alice.receive(at(now), &[byte]);
        alice.session.handle_timeout(at(now));
    }
    assert_eq!(alice.closed, None);
}
