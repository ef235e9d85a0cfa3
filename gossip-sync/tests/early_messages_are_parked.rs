//! What cannot be judged yet is kept for a while, within a quota for each peer.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, pair, signed_channel, signed_node, signed_update};
use common::{CHAIN, node, scid};
use gossip_sync::ingest::{Config, DropReason};

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn accepted(desk: &mut Desk) -> usize {
    let log = desk.log();
    assert!(
        log.iter().all(|end| matches!(end, End::Accepted(..))),
        "{log:?}"
    );
    log.len()
}

fn dropped(desk: &mut Desk) -> Vec<(lnwire::NodeId, DropReason)> {
    let ends = desk.log().into_iter().map(|end| match end {
        End::Dropped(peer, reason) => (peer, reason),
        End::Accepted(..) => panic!("accepted"),
    });
    ends.collect()
}

#[test]
fn updates_and_nodes_before_their_channel_wait_for_it() {
    let mut desk = Desk::with(Config::new(CHAIN));
    for side in [0, 1] {
        desk.offer(node(2), signed_update(scid(1, 1), nodes(), side, NOW));
        desk.offer(node(3), signed_node(nodes()[usize::from(side)], NOW));
    }
    assert_eq!((desk.ingest.parked_messages(), desk.jobs.len()), (4, 0));
    assert!(desk.ingest.is_idle() && desk.ingest.held_messages() == 0);
    desk.wait(60);
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    assert_eq!(accepted(&mut desk), 5);
    desk.assert_empty();
}

#[test]
fn what_no_channel_comes_for_is_dropped_after_two_hours() {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.wait(2 * 3600 - 1);
    assert_eq!(desk.log(), []);
    desk.wait(1);
    assert_eq!(dropped(&mut desk), [(node(1), DropReason::UnknownChannel)]);
    desk.assert_empty();
}

#[test]
fn a_copy_of_what_is_parked_is_known() {
    let mut desk = Desk::with(Config::new(CHAIN));
    let update = signed_update(scid(1, 1), nodes(), 0, NOW);
    desk.offer(node(1), update.clone());
    desk.offer(node(2), update);
    assert_eq!(dropped(&mut desk), [(node(2), DropReason::Known)]);
    assert_eq!(desk.ingest.parked_messages(), 1);
}

/// A forged announcement must not cost the update its place.
#[test]
fn an_update_outlives_a_forged_announcement() {
    let mut desk = Desk::with(Config::new(CHAIN));
    let real = signed_channel(scid(1, 1), nodes());
    let mut forged = real.as_bytes().to_vec();
    forged[5] ^= 1;
    let forged = lnwire::Message::decode(forged.into()).unwrap();
    desk.offer(node(2), forged);
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.check_all();
    assert_eq!(desk.log().len(), 1);
    assert_eq!(desk.ingest.parked_messages(), 1);
    desk.offer(node(1), real);
    desk.check_all();
    assert_eq!(accepted(&mut desk), 2);
    desk.assert_empty();
}

#[test]
fn one_peers_junk_pushes_out_its_own_alone() {
    let mut desk = Desk::with(Config {
        max_parked_bytes_per_peer: 10_000,
        ..Config::new(CHAIN)
    });
    desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
    for n in 2..500 {
        desk.offer(node(2), signed_update(scid(n, 1), nodes(), 0, NOW));
        assert!(desk.ingest.parked_bytes_of(node(2)) <= 10_000);
    }
    let pushed_out = dropped(&mut desk);
    assert!(pushed_out.len() > 450);
    assert!(
        pushed_out
            .iter()
            .all(|end| *end == (node(2), DropReason::UnknownChannel))
    );
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    assert_eq!(accepted(&mut desk), 2);
}

/// When all together have too much, the one that has most gives way.
#[test]
fn the_heaviest_peer_gives_way() {
    let mut desk = Desk::with(Config {
        max_parked_bytes: 20_000,
        ..Config::new(CHAIN)
    });
    for n in 0..1000 {
        // Nine of ten are of one peer.
        let peer = if n % 10 == 0 {
            node(1 + (n / 10 % 4) as u16)
        } else {
            node(9)
        };
        desk.offer(peer, signed_update(scid(n + 1, 1), nodes(), 0, NOW));
        assert!(desk.ingest.parked_bytes() <= 20_000);
    }
    let others: Vec<_> = [1, 2, 3, 4]
        .map(|n| desk.ingest.parked_bytes_of(node(n)))
        .into();
    // A fair share of it each, before anything of theirs went.
    assert!(
        others.iter().all(|bytes| *bytes >= 20_000 / 5 - 1000),
        "{others:?}"
    );
}

#[test]
fn channels_wait_for_six_confirmations() {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.set_tip(100);
    for (block, height) in [(94, None), (95, None), (96, Some(101)), (101, Some(106))] {
        desk.offer(node(1), signed_channel(scid(block, 1), nodes()));
        assert_eq!(desk.jobs.len(), usize::from(height.is_none()), "{block}");
        desk.check_all();
        let Some(height) = height else { continue };
        desk.offer(node(1), signed_update(scid(block, 1), nodes(), 0, NOW));
        desk.set_tip(height - 1);
        assert_eq!((desk.jobs.len(), desk.ingest.parked_messages()), (0, 2));
        desk.set_tip(height);
        desk.check_all();
        assert!(desk.graph_has(scid(block, 1)));
        desk.set_tip(100);
    }
    assert_eq!(accepted(&mut desk), 6);
    desk.assert_empty();
}

#[test]
fn a_block_that_does_not_come_in_time() {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.set_tip(100);
    desk.offer(node(1), signed_channel(scid(101, 1), nodes()));
    desk.wait(2 * 3600);
    assert_eq!(dropped(&mut desk), [(node(1), DropReason::Unconfirmed)]);
    desk.assert_empty();
}

#[test]
fn what_is_far_above_the_tip_is_refused() {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.set_tip(100);
    desk.offer(node(1), signed_channel(scid(244, 1), nodes()));
    desk.offer(node(1), signed_update(scid(244, 1), nodes(), 0, NOW));
    desk.offer(node(1), signed_channel(scid(0xff_ffff, 1), nodes()));
    let far = (node(1), DropReason::FarAboveTip);
    assert_eq!(dropped(&mut desk), [far; 3]);
    desk.assert_empty();
    desk.offer(node(1), signed_channel(scid(243, 1), nodes()));
    desk.offer(node(1), signed_update(scid(243, 1), nodes(), 0, NOW));
    assert_eq!(desk.ingest.parked_messages(), 2);
}
