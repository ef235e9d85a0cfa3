//! Onion messages and an application's own types (PS-17, PS-18): who may send them, and how many.

mod common;

use common::*;
use conn_worker::bytes::{BufMut, BytesMut};
use conn_worker::lnwire::Message;
use conn_worker::lnwire::bolt1::Init;
use conn_worker::session::Permission;
use conn_worker::{EndReason, Session, SessionConfig};

/// An onion message of so many bytes, with its type.
fn onion(len: usize) -> Vec<u8> {
    let mut message = BytesMut::new();
    message.put_u16(513);
    message.put_bytes(2, 33);
    message.put_u16(u16::try_from(len - 37).unwrap());
    message.put_bytes(0, len - 37);
    message.to_vec()
}

#[test]
fn onion_messages_over_the_limit_are_dropped_without_a_word() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    for _ in 0..300 {
        rogue.send(at(0), &mut bob, &onion(1024));
    }
    assert_eq!(bob.messages.len(), 256, "256 KiB at once");
    assert_eq!(bob.session.dropped_messages(), 44);
    bob.messages.clear();
    for _ in 0..300 {
        rogue.send(at(1), &mut bob, &onion(1024));
    }
    assert_eq!(bob.messages.len(), 62, "64 kB a second");
    assert_eq!((bob.closed, rogue.read(at(1), &mut bob)), (None, vec![]));
}

#[test]
fn to_connect_anew_wins_no_new_budget() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    for _ in 0..256 {
        rogue.send(at(0), &mut bob, &onion(1024));
    }
    let config = SessionConfig {
        onion_budget: Some(bob.session.onion_budget()),
        ..config(BOB)
    };
    let mut bob = End::new(Session::inbound(at(0), config, ephemeral(0x22)), node(BOB));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut bob);
    bob.receive(at(0), &act_three);
    rogue.send(at(0), &mut bob, &encoded(&Init::default()));
    rogue.send(at(0), &mut bob, &onion(1024));
    assert!(bob.session.is_up() && bob.messages.is_empty());
}

#[test]
fn a_peer_without_permission_is_not_heard_and_not_left() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    bob.session.set_onion_permission(Permission::Denied);
    rogue.send(at(0), &mut bob, &onion(100));
    assert_eq!((bob.messages.len(), bob.closed), (0, None));
    bob.session.set_onion_permission(Permission::Limited);
    rogue.send(at(0), &mut bob, &onion(100));
    assert!(matches!(bob.messages[..], [Message::OnionMessage(_)]));
}

#[test]
fn messages_of_unknown_types_are_limited_too() {
    let (mut bob, mut rogue) = Rogue::up(at(0));
    let mut message = vec![0; 65_535];
    message[..2].copy_from_slice(&40_001_u16.to_be_bytes());
    for _ in 0..20 {
        rogue.send(at(0), &mut bob, &message);
    }
    assert_eq!(bob.messages.len(), 16, "a MiB at once");
}

#[test]
fn types_that_the_application_names_are_handed_out() {
    let config = SessionConfig {
        accept_types: vec![1000],
        ..config(BOB)
    };
    let mut bob = End::new(Session::inbound(at(0), config, ephemeral(0x22)), node(BOB));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut bob);
    bob.receive(at(0), &act_three);
    rogue.send(at(0), &mut bob, &encoded(&Init::default()));
    rogue.send(at(0), &mut bob, &[3, 232, 1]);
    assert_eq!(bob.messages.len(), 1);
    rogue.send(at(0), &mut bob, &[3, 234, 1]);
    assert_eq!(
        bob.closed,
        Some(EndReason::UnknownMessage { msg_type: 1002 })
    );
}
