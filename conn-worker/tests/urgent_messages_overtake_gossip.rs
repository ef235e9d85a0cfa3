//! What order messages leave in, and what a full lane does.

mod common;

use common::{Rogue, at, encoded};
use conn_worker::SendError;
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::lnwire::bolt1::{Init, Ping, Warning};
use conn_worker::lnwire::{Message, WireMessage};
use conn_worker::session::Lane;

fn types(messages: &[Message]) -> Vec<u16> {
    messages.iter().map(Message::msg_type).collect()
}

fn gossip(len: usize) -> Bytes {
    Bytes::from(vec![0xff; len])
}

const G: u16 = 0xffff;

#[test]
fn control_and_pongs_take_turns_before_gossip() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    for _ in 0..4 {
        end.session
            .send_frame(at(0), Lane::Gossip, gossip(200))
            .unwrap();
    }
    // One gossip message has gone when the urgent ones arrive.
    assert_eq!(types(&rogue.open(&end.transmit(at(0), 1))), [G]);
    for _ in 0..3 {
        let warning = Warning::about_all("control");
        end.session.send(at(0), Lane::Control, &warning).unwrap();
    }
    let ping = Ping {
        num_pong_bytes: 1,
        ignored: Bytes::new(),
        extra: Bytes::new(),
    };
    for _ in 0..5 {
        rogue.send(at(0), &mut end, &encoded(&ping));
    }
    let order = types(&rogue.read(at(0), &mut end));
    assert_eq!(order, [19, 1, 19, 1, 19, 1, 19, 19, G, G, G]);
}

#[test]
fn own_ping_does_not_wait_behind_megabytes() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    while end
        .session
        .send_frame(at(0), Lane::Gossip, gossip(60_000))
        .is_ok()
    {}
    end.session.handle_timeout(at(60));
    assert_eq!(types(&rogue.open(&end.transmit(at(60), 1))), [18]);
}

#[test]
fn taking_stops_before_the_limit() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    for _ in 0..10 {
        end.session
            .send_frame(at(0), Lane::Gossip, gossip(66))
            .unwrap();
    }
    for (max, expected) in [
        (0, 0),
        (1, 100),
        (100, 100),
        (199, 100),
        (200, 200),
        (399, 300),
    ] {
        let wire = end.transmit(at(0), max);
        assert_eq!(wire.len(), expected, "at most {max}");
        rogue.open(&wire);
    }
    // What is in the buffer stays in front.
    let mut buf = BytesMut::from(&b"unwritten"[..]);
    assert_eq!(end.session.poll_transmit(at(0), &mut buf, 1), 100);
    assert!(buf.starts_with(b"unwritten"));
    assert_eq!(types(&rogue.open(&buf[9..])), [G]);
}

#[test]
fn full_lane_refuses_and_the_other_does_not_care() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let room = end.session.room(Lane::Gossip);
    assert_eq!(room, 1024 * 1024);
    for sent in 1..=16 {
        end.session
            .send_frame(at(0), Lane::Gossip, gossip(65_000))
            .unwrap();
        assert_eq!(end.session.queued_bytes(Lane::Gossip), sent * 65_034);
    }
    let room = end.session.room(Lane::Gossip);
    assert_eq!(
        end.session.send_frame(at(0), Lane::Gossip, gossip(65_000)),
        Err(SendError::LaneFull {
            lane: Lane::Gossip,
            needed: 65_034,
            room,
        })
    );
    end.session
        .send_frame(at(0), Lane::Gossip, gossip(room - 34))
        .unwrap();
    assert_eq!(end.session.room(Lane::Gossip), 0);
    end.session
        .send_frame(at(0), Lane::Control, gossip(65_535))
        .unwrap();
    assert_eq!(rogue.read(at(0), &mut end).len(), 18);
    assert_eq!(end.session.room(Lane::Gossip), 1024 * 1024);
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let (mut end, _) = Rogue::up(at(0));
    let session = &mut end.session;
    assert_eq!(
        session.send(at(0), Lane::Control, &Init::default()),
        Err(SendError::Reserved { msg_type: 16 })
    );
    assert_eq!(
        session.send_frame(at(0), Lane::Gossip, gossip(65_536)),
        Err(SendError::TooLong { len: 65_536 })
    );
    assert_eq!(
        session.send_frame(at(0), Lane::Gossip, gossip(1)),
        Err(SendError::TooShort { len: 1 })
    );
    let mut long = Warning::about_all("");
    long.extra = gossip(65_500);
    let len = long.encoded_len();
    assert_eq!(
        session.send(at(0), Lane::Control, &long),
        Err(SendError::TooLong { len })
    );
    assert!(!session.has_transmit());
}
