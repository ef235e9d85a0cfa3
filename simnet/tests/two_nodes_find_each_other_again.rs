//! Two nodes and every fault: afterwards there is one session, the same at both ends, and what is said in a session arrives
//! whole and in order (the nodes look themselves).

use core::time::Duration;

use conn_worker::EndReason;
use lnwire::Instant;
use simnet::{World, each_seed};

fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

/// Both want each other, and have dialled at the same moment.
fn connected(seed: u64) -> World {
    let mut world = World::new(seed, 3);
    world.want(0, 1);
    world.want(1, 0);
    world.run_until(at(3));
    assert!(world.are_connected(0, 1));
    world
}

/// Lets time pass until both agree; returns the time it took.
fn reconnects(world: &mut World, within: u64) -> u64 {
    let from = world.now().since_epoch().as_secs();
    for second in from..from + within {
        world.run_until(at(second));
        if world.are_connected(0, 1) {
            world.speak();
            return second - from;
        }
    }
    panic!("not connected again within {within} s");
}

#[test]
fn both_dial_at_once_and_one_connection_is_left() {
    each_seed(0..20, |seed| {
        let mut world = connected(seed);
        world.run_until(at(60));
        assert!(world.are_connected(0, 1));
        // Told to be up once at each end: nobody was sent away and taken back.
        assert_eq!((world.nodes[0].sessions, world.nodes[1].sessions), (1, 1));
    });
}

#[test]
fn a_lost_connection_is_made_again_within_the_back_off() {
    each_seed(0..10, |seed| {
        let mut world = connected(seed);
        for _ in 0..10 {
            world.speak();
            world.net.cut(0);
            reconnects(&mut world, 600);
            let now = world.now().since_epoch().as_secs();
            world.run_until(at(now + 1200));
            assert!(world.are_connected(0, 1));
        }
        assert!(world.nodes[0].received > 0 && world.nodes[1].received > 0);
    });
}

/// The other end has forgotten all, and the address may be served by it alone.
#[test]
fn a_restarted_node_is_found_again_ten_times() {
    each_seed(0..10, |seed| {
        let mut world = connected(seed);
        for n in 0..10 {
            world.speak();
            world.restart(1);
            if n % 2 == 0 {
                world.want(1, 0);
            }
            let now = world.now().since_epoch().as_secs();
            world.run_until(at(now + 1));
            reconnects(&mut world, 600);
            let now = world.now().since_epoch().as_secs();
            world.run_until(at(now + 1200));
        }
    });
}

/// Nobody is told that the link is gone: silence is found out by the ping.
#[test]
fn a_half_open_link_is_found_out_and_replaced() {
    each_seed(0..10, |seed| {
        let mut world = connected(seed);
        world.net.half_open(0);
        // 60 s of quiet and 30 s for the pong, then the handshake.
        let now = world.now().since_epoch().as_secs();
        world.run_until(at(now + 95));
        reconnects(&mut world, 60);
        let ends = &world.nodes[0].ends;
        assert!(ends.contains(&EndReason::PongTimeout), "{ends:?}");
    });
}

/// The peer was restarted behind a half-open link, and comes again long before our ping notices.
#[test]
fn a_restarted_peer_is_not_locked_out_by_a_half_open_link() {
    each_seed(0..10, |seed| {
        let mut world = World::new(seed, 2);
        world.want(1, 0);
        world.run_until(at(30));
        assert!(world.are_connected(0, 1));
        world.net.half_open(1);
        world.restart(1);
        world.want(1, 0);
        // It is probed for five seconds.
        let took = reconnects(&mut world, 20);
        assert!(took <= 10, "{took}");
    });
}

#[test]
fn a_stall_shorter_than_our_patience_ends_nothing() {
    each_seed(0..10, |seed| {
        let mut world = connected(seed);
        // The connection that was given up is gone by then.
        world.run_until(at(20));
        world.nodes[0].ends.clear();
        world.net.stall(0, at(45));
        world.speak();
        world.run_until(at(200));
        assert!(world.are_connected(0, 1));
        assert_eq!(world.nodes[0].ends, []);
        assert_eq!(world.nodes[1].received, 1);
    });
}

/// A black hole beside a good address costs a quarter of a second.
#[test]
fn a_black_hole_beside_a_good_address_costs_a_moment() {
    each_seed(0..10, |seed| {
        let mut world = World::new(seed, 3);
        world.net.make_black_hole(2);
        world.want_at(0, 1, &[2, 1]);
        world.run_until(Instant::from_epoch(Duration::from_millis(600)));
        assert!(world.are_connected(0, 1));
    });
}

#[test]
fn a_node_that_refuses_for_a_day_is_found_when_it_listens() {
    each_seed(0..3, |seed| {
        let mut world = World::new(seed, 2);
        world.net.set_listening(1, false);
        world.want(0, 1);
        world.run_until(at(86_400));
        assert!(!world.are_connected(0, 1));
        world.net.set_listening(1, true);
        // The longest back-off.
        reconnects(&mut world, 3601);
    });
}

/// PS-05: megabytes both ways on a slow line: bytes that move are a sign of life.
#[test]
fn four_megabytes_both_ways_on_a_slow_line_end_nothing() {
    each_seed(0..2, |seed| {
        let mut world = World::with_bandwidth(seed, 2, 20_000);
        world.want(0, 1);
        world.run_until(at(5));
        for second in 0..400 {
            // As much as the lane takes.
            for _ in 0..4 {
                world.say(0, 60_000);
                world.say(1, 60_000);
            }
            world.run_until(at(5 + second));
        }
        assert!(world.are_connected(0, 1));
        assert_eq!(world.nodes[0].ends, []);
        assert!(world.net.bytes > 8_000_000, "{}", world.net.bytes);
    });
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let run = |seed| {
        let mut world = connected(seed);
        for _ in 0..5 {
            world.speak();
            world.net.cut(1);
            let now = world.now().since_epoch().as_secs();
            world.run_until(at(now + 100));
        }
        (world.digest, world.events)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}
