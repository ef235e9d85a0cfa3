//! While anything is missing and somebody is there to be asked, somebody is asked.

mod world;

use core::time::Duration;

use gossip_sync::manager::{Config, Event, Input, PeerInfo};
use gossip_sync::syncer::{Failure, Outcome};
use lnwire::bytes::Bytes;
use world::{CHAIN, Kind, World, at, node};

fn world() -> World {
    World::new(Config::new(CHAIN), 500, 9)
}

#[test]
fn the_next_one_takes_over_at_once() {
    let mut world = world();
    let config = Config {
        parallel_peers: 1,
        ..Config::new(CHAIN)
    };
    world.manager = gossip_sync::SyncManager::new(at(0), config, lnwire::Timestamp(world::DAY), 1);
    for n in 0..4 {
        world.up(node(n), Kind::Silent, PeerInfo::new(1));
    }
    for left in (0..4).rev() {
        let asked = (0..4).find(|n| !world.ranges(node(*n)).is_empty()).unwrap();
        assert_eq!(world.manager.tasks(), 1);
        world.down(node(asked));
        assert_eq!(world.manager.tasks(), usize::from(left > 0));
    }
}

#[test]
fn a_peer_that_comes_later_takes_over_at_once() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(0) + Duration::from_millis(700));
    world.down(node(0));
    assert!(world.graph.len() < 500 && world.manager.tasks() == 0);
    world.run_until(at(1000));
    world.up(node(1), Kind::Honest, PeerInfo::new(1));
    assert_eq!(world.manager.tasks(), 1);
    world.run_until(at(1060));
    assert_eq!(world.graph.len(), 500);
    assert!(world.is_synced());
}

/// Whatever the step at which it goes, and whether it comes again itself or another does.
#[test]
fn a_disconnect_at_any_step_loses_nothing() {
    for steps in 0..400 {
        let mut world = world();
        world.up(node(0), Kind::Honest, PeerInfo::new(1));
        let ended = (0..steps).any(|_| !world.step(at(50)));
        world.down(node(0));
        assert_eq!((world.manager.tasks(), world.manager.held_bytes()), (0, 0));
        world.up(node(steps % 2), Kind::Honest, PeerInfo::new(2));
        world.run_until(at(100));
        assert_eq!(world.graph.len(), 500, "{steps}");
        assert!(world.is_synced() && !world.was_blamed(node(0)), "{steps}");
        if ended {
            break;
        }
    }
}

/// The only peer there is fails: it is asked again after a rest that is known, and grows.
#[test]
fn a_failing_peer_that_is_the_only_one_is_asked_again() {
    let mut world = world();
    world.up(node(0), Kind::Silent, PeerInfo::new(1));
    let mut asked = Vec::new();
    while world.now < at(3600) {
        assert!(world.manager.poll_timeout().is_some());
        let before = world.manager.tasks();
        if !world.step(at(3600)) {
            break;
        }
        if world.manager.tasks() > before {
            asked.push(world.now);
        }
    }
    // A minute each, and 10, 20, 40, … 600 s between.
    assert!((4..12).contains(&asked.len()), "{asked:?}");
    let failed = |e: &&(lnwire::Instant, lnwire::NodeId, Event)| match &e.2 {
        Event::RangeDone { outcome, .. } => *outcome == Outcome::Failed(Failure::TimedOut),
        _ => false,
    };
    assert!(world.events.iter().filter(failed).count() >= asked.len());
}

/// Nobody is ever asked twice whether it serves another chain.
#[test]
fn a_peer_of_another_chain_is_asked_once() {
    let mut world = world();
    world.up(node(0), Kind::Foreign, PeerInfo::new(1));
    world.run_until(at(5 * 3600));
    assert_eq!(world.queries, 1);
}

/// Connections have numbers; whatever the order in which their ends and beginnings are told, the last one stays.
#[test]
fn connections_told_in_any_order_leave_the_last_one() {
    let up = |session| Input::Up(PeerInfo::new(session));
    let down = |session| Input::Down { session };
    let orders = [
        [up(1), down(1), up(2)],
        [up(1), up(2), down(1)],
        [up(2), up(1), down(1)],
        [down(1), up(1), up(2)],
        [down(1), up(2), up(1)],
        [up(2), down(1), up(1)],
    ];
    for order in orders {
        let mut world = world();
        for input in order {
            world.manager.handle_input(at(0), node(0), input);
        }
        assert!(world.manager.role(&node(0)).is_some() && world.manager.tasks() == 1);
        world.manager.handle_input(at(0), node(0), down(2));
        assert!(world.manager.role(&node(0)).is_none() && world.manager.tasks() == 0);
    }
}

/// A second beginning of the same connection is the first one again.
#[test]
fn the_same_connection_twice_is_one() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    let timeout = world.manager.poll_timeout();
    world
        .manager
        .handle_input(at(0), node(0), Input::Up(PeerInfo::new(1)));
    assert_eq!(world.manager.poll_output(), None);
    assert_eq!(
        (world.manager.poll_timeout(), world.manager.tasks()),
        (timeout, 1)
    );
}

#[test]
fn messages_of_peers_that_are_not_there_change_nothing() {
    let mut world = world();
    let end = lnwire::bolt7::ReplyShortChannelIdsEnd {
        chain_hash: CHAIN,
        full_information: 1,
        extra: Bytes::new(),
    };
    for input in [
        Input::ScidsEnd(end),
        Input::Gossip(None),
        Input::Accepted { messages: 1 },
        Input::Down { session: 1 },
    ] {
        world.manager.handle_input(at(0), node(0), input);
    }
    assert_eq!(
        (world.manager.poll_output(), world.manager.poll_timeout()),
        (None, None)
    );
}
