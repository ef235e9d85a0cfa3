//! Each message is checked once, however many peers send it, and a bad one says nothing about the next.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, pair, signed_channel, signed_node, signed_update};
use common::{CHAIN, at, node, scid};
use gossip_sync::ingest::{Config, DropReason};
use lnwire::{Message, Signature};

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn all() -> Vec<Message> {
    vec![
        signed_channel(scid(1, 1), nodes()).into(),
        signed_update(scid(1, 1), nodes(), 0, NOW).into(),
        signed_node(nodes()[0], NOW).into(),
    ]
}

fn forged(n: u8) -> Message {
    let unsigned = common::signed::channel_of(scid(1, 1), nodes()).unsigned();
    unsigned.unwrap().sign(&[Signature([n; 64]); 4]).into()
}

#[test]
fn five_peers_and_one_check_each() {
    let mut desk = Desk::with(Config::new(CHAIN));
    let mut jobs = 0;
    for round in 0..3 {
        for peer in 1..=5 {
            for message in all() {
                desk.offer(node(peer), message);
            }
        }
        jobs += desk.jobs.len();
        while !desk.jobs.is_empty() {
            let before = desk.jobs.len();
            desk.check(0);
            jobs += desk.jobs.len() + 1 - before;
        }
        let log = desk.log();
        let accepted = log
            .iter()
            .filter(|end| matches!(end, End::Accepted(..)))
            .count();
        assert_eq!((log.len(), accepted), (15, if round == 0 { 3 } else { 0 }));
    }
    assert_eq!(jobs, 3);
    desk.assert_empty();
}

#[test]
fn an_invalid_message_is_checked_once() {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), forged(1));
    desk.check_all();
    assert!(matches!(
        desk.log()[..],
        [End::Dropped(_, DropReason::Signature(_))]
    ));
    for peer in 1..4 {
        desk.offer(node(peer), forged(1));
        assert_eq!(
            desk.log(),
            [End::Dropped(node(peer), DropReason::InvalidCopy)]
        );
    }
    // Another message for the same channel from the same peer is another message.
    for message in all() {
        desk.offer(node(1), message);
    }
    desk.check_all();
    assert_eq!(desk.log().len(), 3);
    assert!(desk.graph_has(scid(1, 1)));
    desk.assert_empty();
}

/// The memory of them is bounded by number and by time.
#[test]
fn invalid_messages_are_remembered_for_a_while() {
    let mut desk = Desk::with(Config {
        max_seen: 10,
        ..Config::new(CHAIN)
    });
    for n in 1..=200 {
        desk.offer(node(1), forged(n));
        desk.check_all();
        assert!(desk.ingest.remembered() <= 20);
        assert_eq!(desk.log().len(), 1);
    }
    desk.offer(node(1), forged(200));
    assert_eq!(desk.log(), [End::Dropped(node(1), DropReason::InvalidCopy)]);
    for days in [1, 2] {
        desk.now = at(days * 24 * 3600 + 1);
        desk.ingest.handle_timeout(desk.now);
    }
    assert_eq!(desk.ingest.remembered(), 0);
    desk.offer(node(1), forged(200));
    assert_eq!(desk.jobs.len(), 1);
}
