//! What was queued is known to have been handed to the wire, or to wait (PS-12).

mod common;

use common::*;
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::session::{Event, Lane};
use conn_worker::{SendError, Session};

fn message(len: usize) -> Bytes {
    let mut message = vec![7; len];
    message[..2].copy_from_slice(&40_001_u16.to_be_bytes());
    message.into()
}

fn queue(
    session: &mut Session,
    lane: Lane,
    len: usize,
) -> Result<conn_worker::session::Ticket, SendError> {
    session.send_frame(at(0), lane, message(len))
}

#[test]
fn each_message_of_a_lane_leaves_in_its_turn() {
    let (mut alice, _) = pair(at(0));
    let session = &mut alice.session;
    let slow: Vec<_> = (0..3)
        .map(|_| queue(session, Lane::Gossip, 1000).unwrap())
        .collect();
    let urgent = queue(session, Lane::Control, 1000).unwrap();
    let left = |session: &Session| {
        let slow = slow.iter().filter(|ticket| session.has_left(**ticket));
        (session.has_left(urgent), slow.count())
    };
    let mut wire = BytesMut::new();
    assert_eq!(left(session), (false, 0));
    for expected in [(true, 0), (true, 1), (true, 2), (true, 3)] {
        session.poll_transmit(at(0), &mut wire, 1);
        assert_eq!(left(session), expected);
    }
}

#[test]
fn room_is_told_once_when_half_of_a_full_lane_is_free() {
    let (mut alice, _) = pair(at(0));
    let session = &mut alice.session;
    while queue(session, Lane::Gossip, 1000).is_ok() {}
    let bound = session.queued_bytes(Lane::Gossip) + session.room(Lane::Gossip);
    let mut wire = BytesMut::new();
    let mut told = 0;
    while session.poll_transmit(at(0), &mut wire, 1) > 0 {
        while let Some(output) = session.poll_output() {
            use conn_worker::session::Output;
            let lane = Lane::Gossip;
            assert_eq!(output, Output::Event(Event::Room { lane }));
            assert!(session.room(lane) >= bound / 2);
            told += 1;
        }
        assert_eq!(told == 1, session.room(Lane::Gossip) >= bound / 2);
    }
    assert_eq!(told, 1);
}

#[test]
fn nobody_who_found_room_is_told_of_it() {
    let (mut alice, mut bob) = pair(at(0));
    alice.events.clear();
    queue(&mut alice.session, Lane::Gossip, 60_000).unwrap();
    settle(at(0), &mut alice, &mut bob);
    assert_eq!(alice.events, []);
}
