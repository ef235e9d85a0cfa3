//! Two hundred nodes in a random graph, faults all the time, a flood: in the end everybody has whom it wants.
#![expect(
    clippy::print_stdout,
    reason = "figures for the record, with --nocapture"
)]

use core::time::Duration;

use lnwire::Instant;
use simnet::{World, each_seed};

const NODES: usize = 200;
/// The last hosts open sockets and say nothing.
const SILENT: usize = 4;

fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

#[test]
fn everybody_is_connected_again_after_an_hour_of_faults() {
    each_seed(0..3, |seed| {
        let mut world = World::new(seed, NODES + SILENT);
        let mut wanted = Vec::new();
        for node in 0..NODES {
            for _ in 0..2 {
                let other = world.random.below(NODES as u64) as usize;
                if other != node {
                    wanted.push((node, other));
                    world.want(node, other);
                }
            }
        }
        world.run_until(at(60));
        // An hour: every few seconds something breaks.
        let mut now = 60;
        while now < 3660 {
            let victim = world.random.below(NODES as u64) as usize;
            match world.random.below(6) {
                0 => world.net.cut(victim),
                1 => world.net.half_open(victim),
                2 => {
                    let until = now + world.random.below(60);
                    world.net.stall(victim, at(until));
                }
                3 => {
                    world.restart(victim);
                    // Its user names its peers again.
                    for (node, other) in &wanted {
                        if *node == victim {
                            world.want(*node, *other);
                        }
                    }
                }
                4 => {
                    // Sockets that nobody speaks on, from a few hosts to one.
                    for host in NODES..NODES + SILENT {
                        for dial in 0..20 {
                            world.net.dial(host, victim, dial);
                        }
                    }
                }
                _ => world.speak(),
            }
            now += 20;
            world.run_until(at(now));
            for node in &world.nodes {
                let counts = node.pool.counts();
                assert!(
                    counts.dials <= 16 && counts.pending <= 64 + 16,
                    "{counts:?}"
                );
                assert!(counts.established <= 200, "{counts:?}");
            }
        }
        // The longest wait that an hour of faults leads to, and the ping that finds out half-open links.
        world.run_until(at(now + 3700));
        let lost: Vec<_> = wanted
            .iter()
            .filter(|(a, b)| !world.are_connected(*a, *b))
            .collect();
        assert!(
            lost.is_empty(),
            "{} of {}: {lost:?}",
            lost.len(),
            wanted.len()
        );
        let sessions: u64 = world.nodes.iter().map(|node| node.sessions).sum();
        println!("{sessions} sessions, {} events", world.events);
    });
}
