//! A message that never ends (PS-09), and the question whether anybody is there.

mod common;

use common::*;
use conn_worker::EndReason;
use conn_worker::SessionConfig;
use conn_worker::lnwire::Message;
use conn_worker::session::Event;

/// A byte a second is life, and yet no message.
#[test]
fn a_message_that_trickles_ends_the_session() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    let frame = rogue.seal(&[0x9c, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    let longer = rogue.seal(&[0x9c; 200]);
    bob.receive(at(5), &frame);
    assert_eq!(bob.messages.len(), 1);
    for (second, byte) in (10..).zip(&longer[..100]) {
        bob.session.handle_timeout(at(second));
        bob.drain(at(second));
        if bob.closed.is_some() {
            assert_eq!(second, 70, "a minute after its first byte");
            break;
        }
        bob.receive(at(second), &[*byte]);
        assert!(bob.session.poll_timeout() <= Some(at(70)));
    }
    assert_eq!(bob.closed, Some(EndReason::FrameTimeout));
}

#[test]
fn whole_messages_restart_the_clock_and_pauses_stop_it() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    // Each read ends in the middle of the next frame, for ten minutes.
    let mut rest = Vec::new();
    for second in (0..600).step_by(30) {
        rest.extend_from_slice(&rogue.seal(&[0x9c, 0x41, 1]));
        let half = rest.len() - 5;
        bob.receive(at(second), &rest[..half]);
        rest.drain(..half);
        bob.session.handle_timeout(at(second));
        rogue.read(at(second), &mut bob);
    }
    bob.receive(at(600), &rest);
    assert_eq!(bob.closed, None);
    // The embedder does not poll: silence is ours.
    for _ in 0..40 {
        let frame = rogue.seal(&[0x9c, 0x41, 1]);
        bob.received.extend_from_slice(&frame);
    }
    bob.session.handle_bytes(at(600), &mut bob.received);
    assert!(bob.session.is_paused());
    bob.session.handle_timeout(at(2000));
    bob.receive(at(2000), &[]);
    assert_eq!(bob.closed, None);
}

#[test]
fn a_probe_pings_at_once_and_reports_the_next_byte() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    bob.session.probe(at(1));
    let sent = rogue.read(at(1), &mut bob);
    assert!(matches!(sent[..], [Message::Ping(_)]));
    // While that ping is under way a second probe sends none.
    bob.session.probe(at(2));
    assert_eq!(rogue.read(at(2), &mut bob), []);
    assert!(!bob.events.contains(&Event::Heard));
    let pong = rogue.seal(&[0, 19, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
    bob.receive(at(3), &pong[..1]);
    assert_eq!(bob.events.last(), Some(&Event::Heard));
    bob.receive(at(3), &pong[1..]);
    let heard = bob.events.iter().filter(|e| **e == Event::Heard).count();
    assert_eq!(heard, 1);
    bob.session.probe(at(4));
    assert!(matches!(
        rogue.read(at(4), &mut bob)[..],
        [Message::Ping(_)]
    ));
}

/// A pong of the wrong length is an answer all the same: the next probe has a ping of its own.
#[test]
fn a_peer_that_answers_wrongly_can_be_probed_again() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    bob.session.handle_timeout(at(60));
    rogue.read(at(60), &mut bob);
    rogue.send(at(61), &mut bob, &[0, 19, 0, 1, 0]);
    bob.session.probe(at(70));
    assert!(matches!(
        rogue.read(at(70), &mut bob)[..],
        [Message::Ping(_)]
    ));
}

/// What waited through a pause came before the question.
#[test]
fn old_bytes_are_no_answer_to_a_probe() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    for _ in 0..40 {
        let frame = rogue.seal(&[0x9c, 0x41, 1]);
        bob.received.extend_from_slice(&frame);
    }
    bob.session.handle_bytes(at(1), &mut bob.received);
    assert!(bob.session.is_paused());
    bob.session.probe(at(2));
    bob.receive(at(3), &[]);
    assert_eq!(bob.messages.len(), 40);
    assert!(!bob.events.contains(&Event::Heard));
    let frame = rogue.seal(&[0x9c, 0x41, 1]);
    bob.receive(at(4), &frame);
    assert!(bob.events.contains(&Event::Heard));
}

#[test]
fn nobody_is_probed_before_it_is_up_or_after_the_end() {
    let mut bob = End::bob(at(0));
    bob.session.probe(at(0));
    assert!(!bob.session.has_transmit());
    bob.session.close(at(1));
    bob.session.probe(at(1));
    assert!(!bob.session.has_transmit());
}

/// PS-16: whether a peer is behind Tor is for the embedder to say.
#[test]
fn three_times_the_patience_for_tor() {
    let config = config(BOB);
    let tor = SessionConfig::for_tor(config.clone());
    assert_eq!(tor.handshake_timeout, config.handshake_timeout * 3);
    assert_eq!(tor.frame_timeout, config.frame_timeout * 3);
    assert_eq!(tor.ping_interval, config.ping_interval);
}
