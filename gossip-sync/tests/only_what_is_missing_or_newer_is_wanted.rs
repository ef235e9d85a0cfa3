//! A list is compared with the graph: what is unknown is wanted whole, of what is known only the sides that are newer there.
#![cfg(feature = "routemap")]

mod common;

use core::{ops::RangeInclusive, time::Duration};

use common::scid;
use common::signed::{NOW, Signer, pair, signed_channel, signed_node, signed_update};
use gossip_sync::ingest::VerifiedGossip;
use gossip_sync::routemap::{apply, count_known, is_in_turn, missing};
use gossip_sync::syncer::{Listed, Wanted};
use lnwire::bolt7::QueryFlags;
use lnwire::secp256k1::Secp256k1;
use lnwire::{Instant, NodeId, Timestamp};
use routemap::{Config, Graph};

const WEEKS: u32 = 14 * 24 * 3600;
const FRESH: RangeInclusive<Timestamp> = Timestamp(NOW - WEEKS)..=Timestamp(NOW + WEEKS);

fn listed(block: u32, timestamps: Option<[u32; 2]>) -> Listed {
    Listed {
        short_channel_id: scid(block, 1),
        timestamps: timestamps.map(|both| both.map(Timestamp)),
        checksums: None,
    }
}

fn flags_of(graph: &Graph, listed: Listed) -> u8 {
    match missing(graph, &[listed], &FRESH, |_| false)[..] {
        [] => 0,
        [Wanted { flags, .. }] => flags,
        _ => panic!("one channel wanted twice"),
    }
}

/// A graph with the channel 7x1x0, both of whose updates were made now.
fn graph() -> Graph {
    let secp = Secp256k1::new();
    let nodes = pair(Signer::new(1), Signer::new(2));
    let id = scid(7, 1);
    let mut graph = Graph::new(Config::new(common::CHAIN, 1));
    let mut put = |message| apply(&mut graph, Instant::ZERO, &message, None).unwrap();
    let channel = signed_channel(id, nodes).verify(&secp).unwrap();
    put(VerifiedGossip::Channel(channel));
    for side in 0..2 {
        let update = signed_update(id, nodes, side, NOW);
        let update = update.verify(&secp, nodes[usize::from(side)].id).unwrap();
        put(VerifiedGossip::Update(update));
        let about = signed_node(nodes[usize::from(side)], NOW);
        put(VerifiedGossip::Node(about.verify(&secp).unwrap()));
    }
    graph
}

#[test]
fn of_what_is_known_only_newer_sides_are_wanted() {
    let graph = graph();
    let times = [NOW - 1, NOW, NOW + 1];
    for one in times {
        for two in times {
            let flag = |time: u32, flag: u64| if time > NOW { flag as u8 } else { 0 };
            let expected =
                flag(one, QueryFlags::CHANNEL_UPDATE_1) + flag(two, QueryFlags::CHANNEL_UPDATE_2);
            assert_eq!(flags_of(&graph, listed(7, Some([one, two]))), expected);
        }
    }
    assert_eq!(flags_of(&graph, listed(7, None)), 0);
    assert_eq!(count_known(&graph, &[scid(7, 1), scid(8, 1)]), 1);
}

/// One side that is neither stale nor far ahead is enough.
#[test]
fn of_what_is_unknown_all_is_wanted_unless_both_sides_are_stale_or_far_ahead() {
    let (stale, fresh, ahead) = (NOW - WEEKS - 1, NOW, NOW + WEEKS + 1);
    for one in [0, stale, fresh, ahead] {
        for two in [0, stale, fresh, ahead] {
            let is_wanted = one == fresh || two == fresh;
            let expected = if is_wanted {
                QueryFlags::EVERYTHING as u8
            } else {
                0
            };
            assert_eq!(flags_of(&graph(), listed(8, Some([one, two]))), expected);
        }
    }
    assert_eq!(
        flags_of(&graph(), listed(8, None)),
        QueryFlags::EVERYTHING as u8
    );
}

/// Its announcement would be dropped before the update that revives it.
#[test]
fn of_what_was_silent_only_updates_that_may_revive_it_are_wanted() {
    let mut graph = graph();
    let later = NOW + WEEKS + 1;
    assert_eq!(graph.prune(Instant::ZERO, Timestamp(later)).len(), 1);
    let fresh = Timestamp(later - WEEKS)..=Timestamp(later + WEEKS);
    let wanted = |times| missing(&graph, &[listed(7, times)], &fresh, |_| false);
    let flags = |times| wanted(times).first().map_or(0, |w| u64::from(w.flags));
    assert_eq!(flags(Some([later, NOW])), QueryFlags::CHANNEL_UPDATE_1);
    assert_eq!(flags(Some([0, later])), QueryFlags::CHANNEL_UPDATE_2);
    assert_eq!((flags(Some([NOW, NOW])), flags(None)), (0, 0));
}

#[test]
fn of_what_is_closed_nothing_is_wanted() {
    let mut graph = Graph::new(Config::new(common::CHAIN, 1));
    assert!(graph.add_zombie(Instant::ZERO, scid(7, 1), routemap::Reason::Closed));
    assert_eq!(flags_of(&graph, listed(7, Some([NOW, NOW]))), 0);
}

/// Lists do not tell of announcements of nodes: those that are missing are asked for, each with one of its channels.
#[test]
fn nodes_that_have_not_announced_themselves_are_asked_for_once() {
    let secp = Secp256k1::new();
    let mut graph = Graph::new(Config::new(common::CHAIN, 1));
    let [a, b, c] = [1, 2, 3].map(Signer::new);
    for (block, nodes) in [(7, pair(a, b)), (8, pair(b, c)), (9, pair(a, c))] {
        let channel = signed_channel(scid(block, 1), nodes).verify(&secp).unwrap();
        apply(
            &mut graph,
            Instant::ZERO,
            &VerifiedGossip::Channel(channel),
            None,
        )
        .unwrap();
    }
    let about = signed_node(a, NOW).verify(&secp).unwrap();
    apply(
        &mut graph,
        Instant::ZERO,
        &VerifiedGossip::Node(about),
        None,
    )
    .unwrap();
    let list = [7, 8, 9].map(|block| listed(block, None));
    let both = QueryFlags::NODE_ANNOUNCEMENT_1 + QueryFlags::NODE_ANNOUNCEMENT_2;
    let wanted = missing(&graph, &list, &FRESH, |_| false);
    assert_eq!(wanted.len(), 2, "{wanted:?}");
    assert!(wanted.iter().all(|w| u64::from(w.flags) & !both == 0));
    let asked: u32 = wanted.iter().map(|w| w.flags.count_ones()).sum();
    assert_eq!(asked, 2);
}

/// Nor do they tell of newer ones: each node is asked for again in its turn, and has one every day.
#[test]
fn nodes_are_asked_for_again_once_a_day() {
    let graph = graph();
    let hour = |n: u64| Instant::from_epoch(Duration::from_secs(n * 3600 + 1800));
    let mut asked = [0; 3];
    for n in 0..72 {
        let again = |id: &NodeId| is_in_turn(id, hour(n));
        let wanted = missing(&graph, &[listed(7, None); 2], &FRESH, again);
        let both = QueryFlags::NODE_ANNOUNCEMENT_1 + QueryFlags::NODE_ANNOUNCEMENT_2;
        let flags = wanted.iter().map(|w| u64::from(w.flags));
        assert!(flags.clone().all(|flags| flags & !both == 0));
        asked[n as usize / 24] += flags.map(u64::count_ones).sum::<u32>();
        assert!(n > 0 || asked == [0; 3], "in the first hour");
    }
    assert_eq!(asked[1..], [2, 2]);
    for last in 0..=255 {
        let id = NodeId([last; 33]);
        let turns = (24..48).filter(|n| is_in_turn(&id, hour(*n)));
        assert_eq!(turns.count(), 1);
    }
}

/// A liar's timestamps from the future are no reason to ask for what is known.
#[test]
fn what_is_known_is_not_asked_for_by_timestamps_far_ahead() {
    let ahead = NOW + WEEKS + 1;
    assert_eq!(flags_of(&graph(), listed(7, Some([ahead, ahead]))), 0);
    let both = flags_of(&graph(), listed(7, Some([ahead, NOW + 1])));
    assert_eq!(both, QueryFlags::CHANNEL_UPDATE_2 as u8);
}
