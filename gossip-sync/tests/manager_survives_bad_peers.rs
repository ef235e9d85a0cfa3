//! Networks of honest and bad peers that come and go: what is true is learnt, within the bounds, and nobody honest is blamed.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod world;

use core::time::Duration;

use gossip_sync::manager::{Config, Event, PeerInfo};
use proptest::prelude::*;
use world::{CHAIN, Kind, World, at, node};

/// Bad peers of every kind and a few honest ones; all of them go at some time, and come again.
fn run(seed: u64, bad: usize, honest: usize, channels: u32) -> World {
    let mut world = World::new(Config::new(CHAIN), channels, seed);
    let kinds = [Kind::Honest, Kind::Overlapping, Kind::Dumper];
    let peers: Vec<_> = (0..bad + honest)
        .map(|n| match n.checked_sub(bad) {
            Some(n) => kinds[n % 3],
            None => Kind::BAD[n % 7],
        })
        .collect();
    for (n, kind) in peers.iter().enumerate() {
        let wait = Duration::from_millis(world.random(2000));
        world.run_until(world.now + wait);
        world.up(node(n), *kind, PeerInfo::new(1));
    }
    for session in 2..40 {
        let n = world.random(peers.len() as u64) as usize;
        let wait = Duration::from_millis(world.random(10_000));
        world.run_until(world.now + wait);
        world.down(node(n));
        let wait = Duration::from_millis(world.random(10_000));
        world.run_until(world.now + wait);
        world.up(node(n), peers[n], PeerInfo::new(session));
    }
    world.run_until(world.now + Duration::from_secs(3 * 3600));
    for (n, kind) in peers.iter().enumerate() {
        if kind.is_honest() {
            assert!(
                !world.was_blamed(node(n)),
                "{kind:?} {n}: {:#?}",
                world.events
            );
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_true_is_learnt_and_nobody_honest_blamed(seed in 1_u64.., bad in 0_usize..8, honest in 2_usize..6) {
        let world = run(seed, bad, honest, 1500);
        prop_assert_eq!(world.graph.len(), world.truth.len());
        prop_assert!(world.is_synced(), "{:?}", world.manager.status());
        prop_assert!(world.most_tasks <= 8);
        prop_assert!(world.most_held <= 8 * 1500 * 40, "{}", world.most_held);
    }
}

/// A thousand peers, most of them bad, all there at once. Two that know of nothing may be the first two to be asked for a
/// shard, and agree; the routine rounds, in which whoever delivered is likelier to be asked, bring it to light.
#[test]
fn a_thousand_peers() {
    let mut world = World::new(Config::new(CHAIN), 4000, 11);
    for n in 0..1000 {
        let kind = match n % 5 {
            0 => Kind::Honest,
            n => Kind::BAD[n],
        };
        world.up(node(n), kind, PeerInfo::new(1));
    }
    world.run_until(at(600));
    assert!(
        world.graph.len() * 2 > world.truth.len(),
        "{}",
        world.graph.len()
    );
    world.run_until(at(4 * 3600));
    assert_eq!(world.graph.len(), world.truth.len());
    assert!(world.is_synced(), "{:?}", world.manager.status());
    assert!(world.most_tasks <= 8);
    assert!((0..1000).step_by(5).all(|n| !world.was_blamed(node(n))));
    let active = world.events.iter().filter(|e| e.2 == Event::Active(true));
    assert!(active.count() >= 3);
    // A bad peer is not asked again and again while there are good ones.
    assert!(world.queries < 500, "{}", world.queries);
}

/// A peer that dumps for the filter of before sends what it is asked for now, but no end.
#[test]
fn a_dump_under_way_is_an_answer() {
    run(8_284_296_591_999_813_755, 2, 3, 1500);
}

#[test]
fn the_same_seed_makes_the_same_choices() {
    let [one, two, other] = [5, 5, 6].map(|seed| run(seed, 4, 3, 300).events);
    assert_eq!(one, two);
    assert_ne!(one, other);
}
