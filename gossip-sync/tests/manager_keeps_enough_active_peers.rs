//! New gossip comes from a few active peers and all pinned ones, and from different ones over time.

mod world;

use core::time::Duration;

use gossip_sync::manager::{Config, Event, PeerInfo, Role};
use lnwire::NodeId;
use world::{CHAIN, DAY, Kind, World, at, node};

const ON: (u32, u32) = (DAY - 600, u32::MAX);
const OFF: (u32, u32) = (u32::MAX, 0);

fn with_peers(count: usize) -> World {
    let mut world = World::new(Config::new(CHAIN), 200, 5);
    for n in 0..count {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    world
}

fn active(world: &World) -> Vec<NodeId> {
    let is_active = |id: &NodeId| world.manager.role(id) == Some(Role::Active);
    (0..50).map(node).filter(is_active).collect()
}

#[test]
fn as_many_as_there_should_be_once_the_history_is_there() {
    for count in 0..6 {
        let mut world = with_peers(count);
        assert_eq!(active(&world), []);
        world.run_until(at(120));
        assert_eq!(active(&world).len(), count.min(3));
        for n in 0..count {
            let wanted = match world.manager.role(&node(n)) {
                Some(Role::Active) => vec![ON],
                _ => vec![],
            };
            // From the beginning of the sync on, less a margin; passive peers are told nothing.
            assert_eq!(world.filters(node(n)), wanted);
        }
    }
}

/// Who comes when there are enough stays passive; before that it becomes active.
#[test]
fn late_comers_fill_up() {
    let mut world = with_peers(2);
    world.run_until(at(120));
    for n in 2..5 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
        world.run_until(at(120 + 60 * n as u64));
        assert_eq!(active(&world).len(), 3);
    }
    assert_eq!(world.filters(node(4)), []);
}

#[test]
fn one_that_goes_is_replaced_at_once() {
    let mut world = with_peers(5);
    world.run_until(at(120));
    for left in [4, 3, 2, 1, 0] {
        let gone = active(&world)[0];
        world.down(gone);
        assert_eq!(active(&world).len(), left.min(3));
    }
}

/// A passive or pinned peer that goes is of no consequence.
#[test]
fn a_passive_one_that_goes_is_not_replaced() {
    let mut world = with_peers(5);
    world.run_until(at(120));
    let before = active(&world);
    let passive = (0..5).map(node).find(|id| !before.contains(id)).unwrap();
    world.down(passive);
    assert_eq!(active(&world), before);
}

#[test]
fn one_makes_place_every_twenty_minutes_or_so() {
    let mut world = with_peers(10);
    world.run_until(at(120));
    let mut before = active(&world);
    let mut changes = Vec::new();
    let mut seen = before.clone();
    while world.step(at(72 * 3600)) {
        let now = active(&world);
        assert_eq!(now.len(), 3);
        if now != before {
            assert_eq!(now.iter().filter(|id| before.contains(id)).count(), 2);
            changes.push(world.now);
            seen.extend(&now);
            before = now;
        }
    }
    let between = changes.windows(2).map(|two| two[1] - two[0]);
    let bounds = Duration::from_secs(18 * 60)..=Duration::from_secs(22 * 60);
    assert!(between.clone().all(|gap| bounds.contains(&gap)));
    assert!(between.clone().max() > between.min(), "no jitter");
    assert!((0..10).all(|n| seen.contains(&node(n))));
    // Those that make place are told to be quiet, with the value that BOLT 7 has for it.
    let filters: Vec<_> = (0..10).flat_map(|n| world.filters(node(n))).collect();
    assert!(filters.contains(&OFF));
    for n in 0..10 {
        let filters = world.filters(node(n));
        assert!(
            filters
                .windows(2)
                .all(|two| (two[0].1 == 0) != (two[1].1 == 0))
        );
    }
}

/// There is nobody to change with: nothing happens, least of all that the set is one short.
#[test]
fn without_another_there_is_no_rotation() {
    let mut world = with_peers(3);
    world.run_until(at(120));
    let before = active(&world);
    world.run_until(at(10 * 3600));
    assert_eq!(active(&world), before);
    assert!((0..3).all(|n| world.filters(node(n)).len() == 1));
}

#[test]
fn pinned_peers_are_beside_the_others_and_never_rotated() {
    let mut world = with_peers(4);
    let pinned = PeerInfo {
        pinned: true,
        ..PeerInfo::new(1)
    };
    for n in 4..6 {
        world.up(node(n), Kind::Honest, pinned);
    }
    world.run_until(at(24 * 3600));
    for n in 4..6 {
        assert_eq!(world.manager.role(&node(n)), Some(Role::Pinned));
        assert_eq!(world.filters(node(n)), [ON]);
    }
    assert_eq!(active(&world).len(), 3);
}

#[test]
fn whoever_should_not_be_active_is_not() {
    let mut world = World::new(Config::new(CHAIN), 200, 5);
    for n in 0..5 {
        let info = PeerInfo {
            may_be_active: n > 2,
            ..PeerInfo::new(1)
        };
        world.up(node(n), Kind::Honest, info);
    }
    world.run_until(at(6 * 3600));
    assert_eq!(active(&world), [node(3), node(4)]);
}

#[test]
fn the_number_can_be_changed() {
    let mut world = with_peers(6);
    world.run_until(at(120));
    for target in [5, 1, 0, 2] {
        world.manager.set_active_peers(at(120), target);
        assert_eq!(active(&world).len(), target);
    }
}

/// A peer that fails is no active peer any more, while there are others.
#[test]
fn a_failing_peer_is_replaced() {
    let mut world = with_peers(3);
    world.run_until(at(120));
    for n in 3..6 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    world.run_until(at(240));
    let victim = active(&world)[0];
    let info = PeerInfo::new(2);
    world.up(victim, Kind::Silent, info);
    world.manager.force_historical_sync(world.now);
    world.run_until(at(1000));
    let failed = world.was_blamed(victim);
    assert!(!failed || active(&world).len() == 3);
    world.run_until(at(24 * 3600));
    assert!(world.was_blamed(victim) && active(&world).len() == 3);
}

/// Live gossip does not wait for ever for a history that nobody has.
#[test]
fn without_a_history_it_begins_after_ten_minutes() {
    let mut world = World::new(Config::new(CHAIN), 200, 5);
    world.up(node(0), Kind::Silent, PeerInfo::new(1));
    world.run_until(at(599));
    assert_eq!(active(&world), []);
    world.run_until(at(1500));
    let events = world.events.iter().filter(|e| e.2 == Event::Active(true));
    assert!(events.count() >= 1);
}

/// What answers no queries for channels has sent everything, and is told to be quiet unless it is active.
#[test]
fn a_dump_is_ended_for_passive_peers() {
    let config = Config {
        active_peers: 1,
        ..Config::new(CHAIN)
    };
    let mut world = World::new(config, 200, 5);
    for n in 0..2 {
        world.up(node(n), Kind::Dumper, PeerInfo::new(1));
    }
    world.run_until(at(900));
    assert_eq!(world.graph.len(), 200);
    for n in 0..2 {
        let filters = world.filters(node(n));
        let is_active = world.manager.role(&node(n)) == Some(Role::Active);
        let is_on = filters.last().is_some_and(|f| f.1 != 0);
        assert_eq!(is_on, is_active, "{filters:?}");
    }
}
