//! Two sessions over a stream that is cut anywhere hear the same as over an uncut one.

mod common;

use common::{End, at, encoded, settle};
use conn_worker::bytes::{BufMut, Bytes, BytesMut};
use conn_worker::lnwire::bolt1::Warning;
use conn_worker::lnwire::{Message, NodeId, Unknown};
use conn_worker::session::{Event, Lane};
use proptest::prelude::*;

fn custom(msg_type: u16, len: usize) -> Bytes {
    let mut message = BytesMut::new();
    message.put_u16(msg_type | 1);
    message.put_bytes(7, len);
    message.freeze()
}

/// Carries bytes both ways in pieces of the given sizes, round and round.
fn carry(a: &mut End, b: &mut End, pieces: &[usize], max: usize) {
    let now = at(0);
    let (mut to_a, mut to_b) = (BytesMut::new(), BytesMut::new());
    let mut pieces = pieces.iter().copied().cycle();
    let mut idle = 0;
    while idle < 3 {
        idle += 1;
        let mut step = |from: &mut End, to: &mut End, wire: &mut BytesMut| {
            from.session.poll_transmit(now, wire, max);
            if !wire.is_empty() {
                idle = 0;
                let piece = wire.split_to(pieces.next().unwrap().clamp(1, wire.len()));
                to.receive(now, &piece);
            }
        };
        step(a, b, &mut to_b);
        step(b, a, &mut to_a);
    }
}

#[test]
fn cut_at_every_byte() {
    for piece in [1, 2, 3, 17, 18, 19, 33, 49, 50, 51, 66, 67, 84, 85] {
        let (mut alice, mut bob) = (End::alice(at(0)), End::bob(at(0)));
        carry(&mut alice, &mut bob, &[piece], 1000);
        assert!(
            alice.up().is_some() && bob.up().is_some(),
            "pieces of {piece}"
        );
        let warning = Warning::about_all("hello");
        alice.session.send(at(0), Lane::Control, &warning).unwrap();
        carry(&mut alice, &mut bob, &[piece], 1000);
        assert_eq!(bob.messages, [Message::Warning(warning)]);
        assert!(bob.received.is_empty());
    }
}

#[test]
fn act_three_and_first_frames_in_one_read() {
    let (mut alice, mut bob) = (End::alice(at(0)), End::bob(at(0)));
    bob.receive(at(0), &alice.transmit_all(at(0)));
    alice.receive(at(0), &bob.transmit_all(at(0)));
    // Act three and init, as one piece, and it was taken as one.
    let both = alice.transmit(at(0), 65536);
    assert!(both.len() > 66 + 34);
    bob.receive(at(0), &both);
    assert!(bob.session.is_up());
    assert!(matches!(
        bob.events[..],
        [Event::Authenticated { .. }, Event::Up { .. }]
    ));
    settle(at(0), &mut alice, &mut bob);
    assert!(alice.session.is_up());
    assert_eq!(
        alice.session.peer(),
        Some(NodeId(common::node(common::BOB).public_key().serialize()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn random_pieces(
        pieces in prop::collection::vec(1_usize..3000, 1..20),
        max in 1_usize..5000,
        sends in prop::collection::vec((any::<bool>(), any::<bool>(), 0_usize..3000), 0..60),
    ) {
        let (mut alice, mut bob) = (End::alice(at(0)), End::bob(at(0)));
        carry(&mut alice, &mut bob, &pieces, max);
        prop_assert!(alice.session.is_up() && bob.session.is_up());
        let mut expected = [Vec::new(), Vec::new()];
        for (from_alice, control, len) in sends {
            let lane = if control { Lane::Control } else { Lane::Gossip };
            let message = custom(if control { 40001 } else { 40003 }, len);
            let from = if from_alice { &mut alice } else { &mut bob };
            from.session.send_frame(at(0), lane, message.clone()).unwrap();
            expected[usize::from(from_alice)].push(Message::Unknown(Unknown::new(message).unwrap()));
        }
        carry(&mut alice, &mut bob, &pieces, max);
        for (end, expected) in [(alice, &expected[0]), (bob, &expected[1])] {
            // Control goes first, and each lane keeps its order.
            let mut expected = expected.clone();
            expected.sort_by_key(Message::msg_type);
            prop_assert_eq!(end.messages, expected);
            prop_assert!(end.received.is_empty() && end.closed.is_none());
            prop_assert_eq!(end.session.queued_bytes(Lane::Control), 0);
            prop_assert!(!end.session.has_transmit());
        }
    }

    #[test]
    fn noise_never_panics_and_ends_inert(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        pieces in prop::collection::vec(1_usize..100, 1..10),
        dialled in any::<bool>(),
    ) {
        let mut end = if dialled { End::alice(at(0)) } else { End::bob(at(0)) };
        let mut wire = BytesMut::from(&noise[..]);
        let mut pieces = pieces.into_iter().cycle();
        while !wire.is_empty() {
            let piece = wire.split_to(pieces.next().unwrap().min(wire.len()));
            end.receive(at(0), &piece);
        }
        prop_assert!(!end.session.is_up());
        prop_assert_eq!(end.closed.is_some(), noise.len() >= 50);
        end.session.handle_timeout(at(100));
        end.drain(at(100));
        prop_assert!(end.closed.is_some());
        prop_assert!(end.transmit_all(at(100)).is_empty());
    }
}

#[test]
fn a_bare_encoding_is_what_arrives() {
    let (mut alice, mut bob) = common::pair(at(0));
    let warning = Warning::about_all("as bytes");
    let frame = encoded(&warning);
    alice
        .session
        .send_frame(at(0), Lane::Gossip, frame)
        .unwrap();
    settle(at(0), &mut alice, &mut bob);
    assert_eq!(bob.messages, [Message::Warning(warning)]);
}
