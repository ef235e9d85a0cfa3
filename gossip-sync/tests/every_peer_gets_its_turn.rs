//! Signature jobs are handed out a few at a time, in turn, and nobody can fill the desk for all.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, channel_of, pair, signed_channel, signed_update};
use common::{CHAIN, node, scid};
use gossip_sync::ingest::{Config, DropReason};
use lnwire::Signature;
use lnwire::bolt7::ChannelAnnouncement;

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn forged(block: u32) -> ChannelAnnouncement {
    let unsigned = channel_of(scid(block, 7), nodes()).unsigned();
    unsigned.unwrap().sign(&[Signature([1; 64]); 4])
}

#[test]
fn few_jobs_are_out() {
    let mut desk = Desk::with(Config {
        max_jobs: 5,
        ..Config::new(CHAIN)
    });
    for block in 0..100 {
        desk.offer(node(1), forged(block));
        assert!(desk.jobs.len() <= 5);
    }
    assert_eq!(desk.ingest.held_messages(), 100);
    while !desk.jobs.is_empty() {
        desk.check(0);
        assert!(desk.jobs.len() <= 5);
    }
    assert_eq!(desk.log().len(), 100);
    desk.assert_empty();
}

/// A peer with thousands of forgeries in the queue costs an honest one the jobs that are out, and no more.
#[test]
fn a_flood_delays_others_by_a_turn() {
    let mut desk = Desk::with(Config {
        max_jobs: 4,
        ..Config::new(CHAIN)
    });
    for block in 0..1000 {
        desk.offer(node(9), forged(block));
    }
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    let mut checks = 0;
    while !desk.graph_has(scid(1, 1)) {
        desk.check(0);
        checks += 1;
    }
    assert!(checks <= 6, "{checks}");
}

/// A runner that hangs holds nothing up for ever: every message ends in time, queued or handed out.
#[test]
fn jobs_that_nobody_runs_end() {
    let mut desk = Desk::with(Config {
        max_jobs: 4,
        ..Config::new(CHAIN)
    });
    for block in 0..50 {
        desk.offer(node(1), forged(block));
    }
    desk.wait(60);
    let log = desk.log();
    let not_checked = End::Dropped(node(1), DropReason::NotChecked);
    assert!(log.len() == 50 && log.iter().all(|end| *end == not_checked));
    desk.assert_empty();
    // The jobs that are out still come back, and change nothing.
    desk.check_all();
    assert_eq!(desk.log(), []);
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    assert!(desk.graph_has(scid(1, 1)));
}

/// All room is taken, and yet a peer that has little under way is read from.
#[test]
fn a_full_desk_keeps_a_place_for_each() {
    let mut desk = Desk::with(Config {
        max_messages: 20,
        min_messages_per_peer: 2,
        ..Config::new(CHAIN)
    });
    for block in 0..40 {
        desk.offer(node(9), forged(block));
    }
    assert_eq!(desk.ingest.held_messages(), 20);
    assert!(!desk.ingest.has_room(node(9)) && desk.ingest.has_room(node(1)));
    desk.log();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    assert!(!desk.ingest.has_room(node(1)) && desk.ingest.held_messages() == 22);
    desk.check_all();
    assert!(desk.graph_has(scid(1, 1)));
}
