//! Whom to ask is decided by what peers delivered and how often they failed, both fading, and by a seed.

mod world;

use gossip_sync::manager::{Config, Input, PeerInfo};
use lnwire::NodeId;
use world::{CHAIN, Kind, World, at, node};

/// How often each of ten peers that answer alike is asked in so many hours.
fn asked(world: &mut World, hours: u64) -> Vec<usize> {
    let before: Vec<_> = (0..10).map(|n| world.ranges(node(n)).len()).collect();
    let end = world.now + core::time::Duration::from_secs(hours * 3600);
    world.run_until(end);
    (0..10)
        .map(|n| world.ranges(node(n)).len() - before[n])
        .collect()
}

fn ten(kind: impl Fn(usize) -> Kind) -> World {
    let mut world = World::new(Config::new(CHAIN), 0, 77);
    for n in 0..10 {
        world.up(node(n), kind(n), PeerInfo::new(1));
    }
    world.run_until(at(600));
    world
}

#[test]
fn peers_alike_are_asked_alike() {
    let asked = asked(&mut ten(|_| Kind::Honest), 48);
    let (least, most) = (asked.iter().min().unwrap(), asked.iter().max().unwrap());
    assert!(*least * 2 > *most, "{asked:?}");
}

#[test]
fn who_delivers_is_asked_more_often_and_not_alone() {
    let mut world = ten(|_| Kind::Honest);
    let input = Input::Accepted { messages: 100_000 };
    world.manager.handle_input(world.now, node(4), input);
    let counts = asked(&mut world, 12);
    let others: usize = counts.iter().sum::<usize>() - counts[4];
    assert!(counts[4] * 9 > others * 4, "{counts:?}");
    assert!(others > counts[4] / 2, "{counts:?}");
    // The past fades.
    asked(&mut world, 24 * 20);
    let counts = asked(&mut world, 48);
    let others: usize = counts.iter().sum::<usize>() - counts[4];
    assert!(counts[4] * 9 < others * 2, "{counts:?}");
}

#[test]
fn who_fails_is_asked_less_and_less() {
    let mut world = ten(|n| if n == 4 { Kind::Silent } else { Kind::Honest });
    asked(&mut world, 24);
    let counts = asked(&mut world, 24);
    let others: usize = counts.iter().sum::<usize>() - counts[4];
    assert!(counts[4] * 9 * 4 < others, "{counts:?}");
}

/// Coming again does not wash it clean.
#[test]
fn failures_are_remembered_over_connections() {
    let mut world = World::new(Config::new(CHAIN), 10, 77);
    world.up(node(0), Kind::Silent, PeerInfo::new(1));
    world.run_until(at(60));
    assert_eq!(world.manager.tasks(), 0);
    world.down(node(0));
    world.up(node(0), Kind::Silent, PeerInfo::new(2));
    assert_eq!(world.manager.tasks(), 0);
    world.run_until(at(70));
    assert_eq!(world.manager.tasks(), 1);
}

/// Strangers that come, fail and go do not have those forgotten who delivered.
#[test]
fn a_crowd_of_strangers_erases_no_merits() {
    let mut world = World::new(Config::new(CHAIN), 0, 77);
    let good: NodeId = node(0);
    world.up(good, Kind::Honest, PeerInfo::new(1));
    world.run_until(at(10));
    world
        .manager
        .handle_input(at(10), good, Input::Accepted { messages: 50_000 });
    world.down(good);
    for n in 10..1500 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
        world
            .manager
            .handle_input(world.now, node(n), Input::Accepted { messages: 1 });
        world.down(node(n));
    }
    for n in 1..10 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    world.up(good, Kind::Honest, PeerInfo::new(2));
    world.run_until(at(3000));
    let mut counts: Vec<_> = (1..10).map(|n| world.ranges(node(n)).len()).collect();
    let before = world.ranges(good).len();
    world.run_until(at(15 * 3600));
    let gained = world.ranges(good).len() - before;
    counts
        .iter_mut()
        .zip(1..10)
        .for_each(|(c, n)| *c = world.ranges(node(n)).len() - *c);
    assert!(
        gained * 9 > counts.iter().sum::<usize>() * 3,
        "{gained} {counts:?}"
    );
}
