//! One peer's view complete and the graph synced are two facts. The graph is synced when each block was listed by enough
//! peers of different networks; only channels whose announcements are true count.

mod world;

use gossip_sync::manager::{Config, PeerInfo, Reason, Status};
use world::{CHAIN, Kind, World, at, node};

fn world() -> World {
    World::new(Config::new(CHAIN), 600, 21)
}

const fn of(group: u64) -> PeerInfo {
    PeerInfo {
        group: Some(group),
        ..PeerInfo::new(1)
    }
}

#[test]
fn a_wallet_with_one_peer() {
    let mut world = world();
    assert_eq!(world.manager.status(), Status::Never);
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(120));
    let synced = world.synced();
    assert_eq!(synced.len(), 1);
    let coverage = synced[0];
    assert_eq!((coverage.listed_by, coverage.quorum), (1, 1));
    assert_eq!((coverage.channels, coverage.reason), (600, Reason::Initial));
    assert!(coverage.is_full() && world.is_synced());
    assert_eq!(world.completed(), [node(0)]);
}

/// A second peer comes: there is somebody to ask, so each block is to be listed twice.
#[test]
fn another_peer_raises_the_level() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(120));
    world.up(node(1), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(240));
    let levels: Vec<_> = world
        .synced()
        .iter()
        .map(|c| (c.listed_by, c.quorum))
        .collect();
    assert_eq!(levels, [(1, 1), (2, 2)]);
    assert_eq!(world.completed(), [node(0), node(1)]);
}

#[test]
fn two_peers_of_one_network_are_one_witness() {
    let mut world = world();
    world.up(node(0), Kind::Honest, of(7));
    world.up(node(1), Kind::Honest, of(7));
    world.run_until(at(120));
    let levels: Vec<_> = world
        .synced()
        .iter()
        .map(|c| (c.listed_by, c.quorum))
        .collect();
    assert_eq!(levels, [(1, 1)]);
    world.up(node(2), Kind::Honest, of(8));
    world.run_until(at(240));
    assert_eq!(world.synced().last().map(|c| c.listed_by), Some(2));
}

/// One that knows of nothing, or of what does not exist, does not make the graph synced, wherever it comes in.
#[test]
fn one_liar_of_three_does_not_make_the_graph_synced() {
    for liar in [Kind::Empty, Kind::Nonsense] {
        for place in 0..3 {
            let mut world = world();
            for n in 0..3 {
                let kind = if n == place { liar } else { Kind::Honest };
                world.up(node(n), kind, PeerInfo::new(1));
            }
            while !world.is_synced() {
                assert!(world.step(at(3600)));
            }
            assert_eq!(world.graph.len(), 600, "{liar:?}");
        }
    }
}

/// The first peer knows of nothing: all that is known is that one peer said so. Whoever comes later is asked, and tells more.
#[test]
fn nothing_is_not_taken_for_a_whole_network() {
    for empty in 1..=9 {
        let mut world = world();
        for n in 0..empty {
            world.up(node(n), Kind::Empty, PeerInfo::new(1));
        }
        world.run_until(at(600));
        let Some(first) = world.synced().first().copied() else {
            panic!("live gossip need not wait");
        };
        assert_eq!((first.channels, first.is_full()), (0, false));
        assert!(!world.is_synced());
        assert_eq!(world.queries, 16 * empty, "each is asked, and once");

        world.up(node(100), Kind::Honest, PeerInfo::new(1));
        world.run_until(at(1200));
        let told = world.synced().last().copied().unwrap();
        assert_eq!((told.channels, told.listed_by, told.quorum), (600, 1, 2));
        assert!(!world.is_synced());
        world.up(node(101), Kind::Honest, PeerInfo::new(1));
        world.run_until(at(1800));
        let told = world.synced().last().copied().unwrap();
        assert_eq!((told.channels, told.listed_by, told.quorum), (600, 2, 2));
        assert!(world.is_synced());
    }
}

/// What was enough while there was one peer is not any more when there are two; what was told stays as it was.
#[test]
fn a_second_peer_makes_the_coverage_of_one_fall_short() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(120));
    assert!(world.is_synced());
    world.up(node(1), Kind::Silent, PeerInfo::new(1));
    assert!(!world.is_synced() && world.synced()[0].is_full());
    // It cannot be relied upon, and so is not waited for.
    world.run_until(at(300));
    assert!(world.is_synced());
}

/// With nobody but liars of a kind and one that is honest it is said how little is known.
#[test]
fn what_one_alone_knows_is_said_to_be_that() {
    let mut world = world();
    world.up(node(0), Kind::Empty, PeerInfo::new(1));
    world.up(node(1), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(600));
    assert_eq!(world.graph.len(), 600);
    let Status::Synced { coverage, .. } = world.manager.status() else {
        panic!()
    };
    assert_eq!((coverage.listed_by, coverage.quorum), (1, 2));
    assert!(!coverage.is_full());
    // Nobody has to be honest for long.
    world.up(node(2), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(1200));
    assert!(world.is_synced());
}

/// In a chain of nodes each has what the one before it has, and the one behind it has nothing: the history is complete
/// nevertheless, and live gossip goes on.
#[test]
fn a_chain_of_nodes_goes_on() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.up(node(1), Kind::Empty, PeerInfo::new(1));
    world.run_until(at(600));
    assert!(world.completed().contains(&node(0)));
    assert_eq!([0, 1].map(|n| world.filters(node(n)).len()), [1, 1]);
}

/// The level falls again: what was synced long ago is stale.
#[test]
fn without_peers_the_graph_grows_stale() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(120));
    let Status::Synced { at: when, .. } = world.manager.status() else {
        panic!()
    };
    world.down(node(0));
    let later = when + Config::new(CHAIN).stale_after;
    world.run_until(later);
    assert_eq!(world.manager.status(), Status::Stale { since: later });
    // It is asked for everything as soon as somebody comes.
    world.up(node(1), Kind::Honest, PeerInfo::new(1));
    assert_eq!(world.manager.tasks(), 1);
    world.run_until(later + core::time::Duration::from_secs(120));
    assert!(world.is_synced());
}

#[test]
fn history_is_listed_once_an_hour_or_so() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.up(node(1), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(24 * 3600));
    let routine = world
        .synced()
        .iter()
        .filter(|c| c.reason == Reason::Routine)
        .count();
    assert!((21..=27).contains(&routine), "{routine}");
    assert!(!matches!(world.manager.status(), Status::Stale { .. }));
}

#[test]
fn a_forced_round_asks_at_once_and_once() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(120));
    let before = world.queries;
    for _ in 0..3 {
        world.manager.force_historical_sync(at(120));
        world.drain();
    }
    world.run_until(at(240));
    assert_eq!(world.queries, 2 * before, "{:?}", world.ranges(node(0)));
    let reasons: Vec<_> = world.synced().iter().map(|c| c.reason).collect();
    assert_eq!(reasons, [Reason::Initial, Reason::Forced]);
}

/// With no active peers wanted nobody is asked, but those whom the operator pinned.
#[test]
fn a_target_of_zero_leaves_pinned_peers_alone_to_be_asked() {
    let config = Config {
        active_peers: 0,
        ..Config::new(CHAIN)
    };
    let mut world = World::new(config, 600, 21);
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(3600));
    assert_eq!(world.queries, 0);
    let pinned = PeerInfo {
        pinned: true,
        ..PeerInfo::new(1)
    };
    world.up(node(1), Kind::Honest, pinned);
    world.run_until(at(4000));
    assert_eq!(world.graph.len(), 600);
    assert_eq!(
        (world.completed(), world.ranges(node(0)).len()),
        (vec![node(1)], 0)
    );
    assert_eq!(world.filters(node(1)).len(), 1);
    world.run_until(at(9 * 3600));
    assert!(matches!(world.manager.status(), Status::Synced { .. }));
}

/// Whoever is pinned is asked for everything when it comes, beside what the others are asked for.
#[test]
fn pinned_peers_are_asked_for_everything_when_they_come() {
    let mut world = world();
    for n in 0..3 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    world.run_until(at(600));
    assert!(world.is_synced());
    let pinned = PeerInfo {
        pinned: true,
        ..PeerInfo::new(1)
    };
    world.up(node(3), Kind::Honest, pinned);
    world.run_until(at(700));
    assert!(world.completed().contains(&node(3)));
    assert_eq!(world.ranges(node(3)).len(), 16);
    // Later rounds ask it like any other: not for everything.
    world.run_until(at(20 * 3600));
    assert!((17..16 * 15).contains(&world.ranges(node(3)).len()));
}
