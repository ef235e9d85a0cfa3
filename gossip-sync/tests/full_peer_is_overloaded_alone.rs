//! Each peer has its own room; who is at its bound loses its own messages and nobody else's.

mod common;

use common::desk::{Desk, End};
use common::signed::{
    NOW, Signer, channel_of, pair, sign_node, signed_channel, signed_node, signed_update,
};
use common::{CHAIN, about, node, scid};
use gossip_sync::ingest::{Config, DropReason};
use lnwire::{Features, Signature};

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn dropped(desk: &mut Desk) -> Vec<DropReason> {
    let log = desk.log();
    let reasons = log.into_iter().filter_map(|end| match end {
        End::Dropped(_, reason) => Some(reason),
        End::Accepted(..) => None,
    });
    reasons.collect()
}

#[test]
fn messages_are_counted() {
    let mut desk = Desk::with(Config {
        max_messages_per_peer: 3,
        ..Config::new(CHAIN)
    });
    let (full, other) = (node(1), node(2));
    desk.offer(full, signed_channel(scid(1, 1), nodes()));
    desk.offer(full, signed_update(scid(1, 1), nodes(), 0, NOW));
    assert!(desk.ingest.has_room(full));
    desk.offer(full, signed_node(nodes()[0], NOW));
    assert!(!desk.ingest.has_room(full) && desk.ingest.has_room(other));

    let more = [
        signed_channel(scid(2, 2), nodes()).into(),
        signed_update(scid(1, 1), nodes(), 1, NOW).into(),
    ];
    let more = [
        more,
        [
            signed_node(nodes()[1], NOW).into(),
            signed_update(scid(1, 1), nodes(), 1, NOW + 1).into(),
        ],
    ];
    let more: Vec<lnwire::Message> = more.concat();
    for message in &more {
        desk.offer(full, message.clone());
    }
    assert_eq!(dropped(&mut desk), [DropReason::Overloaded; 4]);
    // What is known already needs no room to be recognised.
    desk.offer(full, signed_channel(scid(1, 1), nodes()));
    assert_eq!(dropped(&mut desk), [DropReason::Known]);

    for message in more.into_iter().take(3) {
        desk.offer(other, message);
    }
    assert_eq!(
        (dropped(&mut desk), desk.ingest.held_messages()),
        (vec![], 6)
    );
    desk.check_all();
    assert_eq!(desk.log().len(), 6);
    desk.assert_empty();
    assert!(desk.ingest.has_room(full));
}

#[test]
fn bytes_are_counted() {
    let mut desk = Desk::with(Config {
        max_bytes_per_peer: 500,
        ..Config::new(CHAIN)
    });
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    assert_eq!(
        (desk.ingest.held_bytes(), desk.ingest.has_room(node(1))),
        (430 + 2, true)
    );
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    assert_eq!(
        (desk.ingest.held_bytes(), desk.ingest.has_room(node(1))),
        (432 + 138, false)
    );
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 1, NOW));
    assert_eq!(dropped(&mut desk), [DropReason::Overloaded]);
    desk.check_all();
    desk.assert_empty();
}

/// A message was taken in; that its peer is beyond its bound by now is no reason to drop it.
#[test]
fn what_waits_is_not_dropped_for_lack_of_room() {
    let mut desk = Desk::with(Config {
        max_bytes_per_peer: 1200,
        ..Config::new(CHAIN)
    });
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.offer(node(1), signed_node(nodes()[0], NOW));
    let mut large = about(nodes()[1].id, NOW);
    large.features = Features::from_bits([8 * 40_000 + 1]);
    desk.offer(node(1), sign_node(&large, nodes()[1]));
    assert!(desk.ingest.held_bytes() > 40_000 && !desk.ingest.has_room(node(1)));
    desk.check_all();
    assert_eq!((dropped(&mut desk), desk.ingest.held_bytes()), (vec![], 0));
    desk.assert_empty();
}

/// A peer that fills its room with forgeries of a channel leaves the room of the others alone.
#[test]
fn a_flood_meets_its_bound() {
    let mut desk = Desk::with(Config {
        max_messages_per_peer: 10,
        ..Config::new(CHAIN)
    });
    for n in 1..=200 {
        let forged = channel_of(scid(1, 1), nodes())
            .unsigned()
            .unwrap()
            .sign(&[Signature([n; 64]); 4]);
        desk.offer(node(2), forged);
    }
    assert_eq!((desk.jobs.len(), desk.ingest.held_messages()), (10, 10));
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.check_all();
    let log = desk.log();
    assert_eq!(
        log.iter()
            .filter(|end| matches!(end, End::Accepted(..)))
            .count(),
        2
    );
    desk.assert_empty();
}
