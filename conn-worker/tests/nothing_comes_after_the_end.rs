//! `Close` is the last output, whatever else is due, and what was to be kept is kept before.

mod common;

use common::*;
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::lnwire::Instant;
use conn_worker::lnwire::bolt1::{Init, PeerStorage};
use conn_worker::session::{Event, Lane, Output};
use conn_worker::{EndReason, Session, SessionConfig};

fn message(msg_type: u16, len: usize) -> Bytes {
    let mut message = vec![7; len];
    message[..2].copy_from_slice(&msg_type.to_be_bytes());
    message.into()
}

/// A session that keeps backups, of which the second waits for its minute to pass.
fn keeper() -> (End, Rogue) {
    let config = SessionConfig {
        peer_storage: true,
        ..config(BOB)
    };
    let session = Session::inbound(at(0), config, ephemeral(0x22));
    let mut end = End::new(session, node(BOB));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut end);
    end.receive(at(0), &act_three);
    rogue.send(at(0), &mut end, &encoded(&Init::default()));
    rogue.read(at(0), &mut end);
    for (second, byte) in [(1, 1), (2, 2)] {
        let storage = PeerStorage {
            blob: vec![byte; 9].into(),
            extra: Bytes::new(),
        };
        rogue.send(at(second), &mut end, &encoded(&storage));
    }
    assert_eq!(end.stored, [vec![1; 9]]);
    (end, rogue)
}

fn outputs(session: &mut Session, now: Instant) -> Vec<Output> {
    session.handle_timeout(now);
    core::iter::from_fn(|| session.poll_output()).collect()
}

#[test]
fn the_last_backup_is_stored_when_the_session_ends() {
    let (mut bob, _) = keeper();
    bob.session.close(at(3));
    bob.drain(at(3));
    assert_eq!(bob.stored, [vec![1; 9], vec![2; 9]]);
}

#[test]
fn a_backup_and_the_end_are_due_at_once() {
    let (mut bob, mut rogue) = keeper();
    bob.session.probe(at(2));
    rogue.read(at(2), &mut bob);
    let outputs = outputs(&mut bob.session, at(70));
    let [Output::Store(blob), Output::Close(EndReason::PongTimeout)] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(blob[..], [2; 9]);
}

#[test]
fn no_news_of_room_after_the_end() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    let session = &mut bob.session;
    while session
        .send_frame(at(0), Lane::Gossip, message(40_001, 1000))
        .is_ok()
    {}
    let unknown = rogue.seal(&message(40_000, 10));
    bob.received.extend_from_slice(&unknown);
    bob.session.handle_bytes(at(0), &mut bob.received);
    bob.session
        .poll_transmit(at(0), &mut BytesMut::new(), 65_536);
    let outputs = outputs(&mut bob.session, at(0));
    assert!(matches!(outputs[..], [Output::Close(_)]), "{outputs:?}");
}

/// Whoever never polls is told once.
#[test]
fn news_of_room_does_not_pile_up() {
    let (mut bob, _) = Rogue::up(at(0));
    let session = &mut bob.session;
    for _ in 0..100 {
        while session
            .send_frame(at(0), Lane::Gossip, message(40_001, 60_000))
            .is_ok()
        {}
        while session.poll_transmit(at(0), &mut BytesMut::new(), 65_536) > 0 {}
    }
    let lane = Lane::Gossip;
    let outputs = outputs(session, at(0));
    assert_eq!(outputs, [Output::Event(Event::Room { lane })]);
}
