//! Peer storage (BOLT 1): offered only by those who keep it, heard once a minute, given back right after `init`.

mod common;

use common::*;
use conn_worker::lnwire::bolt1::{Init, PeerStorage, PeerStorageRetrieval, Warning};
use conn_worker::lnwire::{Feature, Features, Instant, Message};
use conn_worker::session::{Event, Input, Lane, Output};
use conn_worker::{SendError, Session, SessionConfig};

fn keeper(now: Instant) -> End {
    let config = SessionConfig {
        peer_storage: true,
        ..config(BOB)
    };
    End::new(Session::inbound(now, config, ephemeral(0x22)), node(BOB))
}

fn up(now: Instant, mut end: End) -> (End, Rogue) {
    let (mut rogue, act_three) = Rogue::dial(now, &mut end);
    end.receive(now, &act_three);
    rogue.send(now, &mut end, &encoded(&Init::default()));
    rogue.read(now, &mut end);
    assert!(end.session.is_up());
    (end, rogue)
}

fn storage(byte: u8, len: usize) -> PeerStorage {
    PeerStorage {
        blob: vec![byte; len].into(),
        extra: Default::default(),
    }
}

#[test]
fn only_who_keeps_backups_says_so() {
    let offers = |config: SessionConfig| {
        let features = config.offered_features();
        features.supports(Feature::PROVIDE_STORAGE)
    };
    assert!(!offers(config(BOB)));
    let features = Features::offering(&[Feature::PROVIDE_STORAGE]);
    let claims = SessionConfig {
        features,
        ..config(BOB)
    };
    assert!(!offers(claims.clone()), "nobody would keep them");
    let keeps = SessionConfig {
        peer_storage: true,
        ..claims
    };
    assert!(offers(keeps));
}

#[test]
fn without_a_store_a_backup_is_a_message_like_others() {
    let (mut bob, mut rogue) = up(at(0), End::bob(at(0)));
    rogue.send(at(1), &mut bob, &encoded(&storage(1, 5)));
    assert_eq!(bob.messages, [storage(1, 5).into()]);
    assert!(bob.stored.is_empty());
}

#[test]
fn the_last_of_a_minute_is_kept() {
    let (mut bob, mut rogue) = up(at(0), keeper(at(0)));
    for (second, byte) in [(1, 1), (2, 2), (30, 3)] {
        rogue.send(at(second), &mut bob, &encoded(&storage(byte, 65_531)));
    }
    assert_eq!(bob.stored, [vec![1; 65_531]]);
    assert_eq!(bob.session.poll_timeout(), Some(at(61)));
    bob.session.handle_timeout(at(61));
    bob.drain(at(61));
    assert_eq!(bob.stored, [vec![1; 65_531], vec![3; 65_531]]);
    // Nothing waits, and the next minute has begun.
    rogue.send(at(62), &mut bob, &encoded(&storage(4, 1)));
    assert_eq!(bob.stored.len(), 2);
    rogue.send(at(200), &mut bob, &encoded(&storage(5, 1)));
    assert_eq!(bob.stored[2..], [vec![5]]);
    assert!(bob.messages.is_empty());
}

/// BOLT 1: after `init`, before anything else; here the signer answers late and all arrives in one read.
#[test]
fn the_backup_comes_right_after_init() {
    let now = at(0);
    let mut bob = keeper(now);
    let (mut rogue, act_three) = Rogue::dial(now, &mut bob);
    let mut wire = act_three;
    wire.extend_from_slice(&rogue.seal(&encoded(&Init::default())));
    bob.received.extend_from_slice(&wire);
    bob.session.handle_bytes(now, &mut bob.received);
    let mut sent = Vec::new();
    while let Some(output) = bob.session.poll_output() {
        match output {
            Output::Event(Event::Authenticated { .. }) => {
                let blob = vec![7; 65_531].into();
                bob.session.send_backup(now, blob).unwrap();
            }
            Output::Event(Event::Up { .. }) => {
                let hello = Warning::about_all("hello");
                bob.session.send(now, Lane::Control, &hello).unwrap();
            }
            Output::Ecdh(point) => {
                let answer = bob.signer.ecdh(&point);
                bob.session.handle_input(now, Input::Ecdh(answer));
            }
            _ => {}
        }
    }
    sent.extend(rogue.read(now, &mut bob));
    let Message::PeerStorageRetrieval(PeerStorageRetrieval { blob, .. }) = &sent[1] else {
        panic!("{sent:?}")
    };
    assert!(matches!(sent[0], Message::Init(_)) && matches!(sent[2], Message::Warning(_)));
    assert_eq!(blob[..], [7; 65_531]);
}

#[test]
fn a_backup_waits_for_the_peers_init() {
    let now = at(0);
    let mut bob = keeper(now);
    let too_early = bob.session.send_backup(now, vec![7].into());
    assert_eq!(too_early, Err(SendError::NotUp));
    let (mut rogue, act_three) = Rogue::dial(now, &mut bob);
    bob.receive(now, &act_three);
    let too_long = bob.session.send_backup(now, vec![7; 65_532].into());
    assert_eq!(too_long, Err(SendError::TooLong { len: 65_536 }));
    bob.session.send_backup(now, vec![7].into()).unwrap();
    assert!(matches!(rogue.read(now, &mut bob)[..], [Message::Init(_)]));
    rogue.send(now, &mut bob, &encoded(&Init::default()));
    let sent = rogue.read(now, &mut bob);
    assert!(
        matches!(sent[..], [Message::PeerStorageRetrieval(_)]),
        "{sent:?}"
    );
}
