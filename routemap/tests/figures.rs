//! Memory of a graph as large as the public network, asserted; times, printed on demand:
//! `cargo test --release -p routemap --test figures -- --ignored --nocapture --test-threads 1`.
#![expect(clippy::print_stdout, reason = "figures are printed")]

mod common;

use core::{hint::black_box, time::Duration};
use std::time::Instant as Clock;

use common::{Network, Random, graph};
use lnwire::{ChainHash, Msat};
use routemap::{ApplyError, Config, Graph, Query, Scratch, find_path};

const CHANNELS: u32 = 50_000;

/// Heap bytes per channel for everything: records, nodes, indexes.
const BYTES_PER_CHANNEL: usize = 150;

#[test]
fn a_channel_takes_at_most_150_bytes_with_all_that_belongs_to_it() {
    // The second is one more than a hash table of 2^16 buckets takes: the index has just doubled.
    for channels in [CHANNELS, (1 << 16) / 8 * 7 + 1] {
        let mut graph = graph();
        Network::new(channels).apply(&mut graph);
        let per_channel = graph.heap_bytes() / graph.channel_count();
        println!(
            "{} channels, {} nodes, {} policies: {} bytes, {per_channel} per channel",
            graph.channel_count(),
            graph.node_count(),
            graph.policy_count(),
            graph.heap_bytes(),
        );
        assert_eq!(graph.channel_count(), channels as usize);
        assert!(per_channel <= BYTES_PER_CHANNEL, "{per_channel}");
    }
}

/// What `Config::max_channels` promises.
#[test]
fn memory_is_bounded_however_fast_channels_come_and_go() {
    const MOST: u32 = 20_000;
    const BYTES: usize = 800;
    let mut graph = Graph::new(Config {
        max_channels: MOST,
        ..Config::new(ChainHash::REGTEST, common::SEED)
    });
    let (mut added, mut refused, mut most) = (0, 0, 0);
    for second in 0..2000 {
        // All channels go at once, and as many as the graph takes come, each between two new nodes.
        let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
        for handle in handles {
            graph.remove_channel(common::at(second), handle).unwrap();
        }
        let error = loop {
            let announcement = common::announcement(added, 2 * added as u32, 2 * added as u32 + 1);
            match graph.apply_channel(common::at(second), &announcement, None) {
                Ok(_) => added += 1,
                Err(error) => break error,
            }
        };
        refused += usize::from(error == ApplyError::Quarantine);
        most = most.max(graph.heap_bytes());
    }
    println!(
        "{added} channels; {} bytes per channel allowed at most",
        most / MOST as usize
    );
    assert!(added >= 6 * u64::from(MOST) && refused > 0);
    assert!(most <= BYTES * MOST as usize, "{most}");
}

#[test]
#[ignore = "a measurement, for a release build on a quiet machine"]
fn apply() {
    const ROUNDS: u32 = 20;
    let network = Network::new(CHANNELS);
    let messages = network.channels.len() + network.updates.len() + network.nodes.len();
    let mut best = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let mut graph = graph();
        let start = Clock::now();
        for channel in &network.channels {
            let _ = black_box(graph.apply_channel(common::at(0), channel, None));
        }
        let channels = start.elapsed();
        for update in &network.updates {
            let _ = black_box(graph.apply_update(common::at(0), update));
        }
        let updates = start.elapsed();
        for node in &network.nodes {
            let _ = black_box(graph.apply_node(common::at(0), node));
        }
        let all = start.elapsed();
        let sync = in_the_order_of_a_sync(&network);
        let round = [channels, updates - channels, all - updates, all, sync];
        best = core::array::from_fn(|i| best[i].min(round[i]));
    }
    println!(
        "best of {ROUNDS}: apply_channel {:?}, apply_update {:?}, apply_node {:?}; {:.1} million messages/s; in the order of a sync {:.1}",
        best[0] / network.channels.len() as u32,
        best[1] / network.updates.len() as u32,
        best[2] / network.nodes.len() as u32,
        messages as f64 / best[3].as_secs_f64() / 1e6,
        messages as f64 / best[4].as_secs_f64() / 1e6,
    );
}

/// Applies all to a new graph as replies to queries bring it: each channel with its updates, then nodes.
fn in_the_order_of_a_sync(network: &Network) -> Duration {
    let mut graph = graph();
    let start = Clock::now();
    for (channel, updates) in network.channels.iter().zip(network.updates.chunks(2)) {
        let _ = black_box(graph.apply_channel(common::at(0), channel, None));
        for update in updates {
            let _ = black_box(graph.apply_update(common::at(0), update));
        }
    }
    for node in &network.nodes {
        let _ = black_box(graph.apply_node(common::at(0), node));
    }
    start.elapsed()
}

#[test]
#[ignore = "a measurement, for a release build on a quiet machine"]
fn look_up_and_search() {
    let network = Network::new(CHANNELS);
    let mut graph = graph();
    network.apply(&mut graph);
    measure_look_ups(&network, &graph);
    measure_paths(&graph);
}

fn measure_look_ups(network: &Network, graph: &Graph) {
    let mut random = Random(2);
    let ids: Vec<_> = (0..4_000_000)
        .map(|_| random.below(network.channels.len() as u64) as usize)
        .map(|i| network.channels[i].short_channel_id())
        .collect();
    let clock = Clock::now();
    let found = ids
        .iter()
        .filter(|id| graph.channel_by_scid(**id).is_some())
        .count();
    println!(
        "channel_by_scid: {:.1} ns",
        clock.elapsed().as_nanos() as f64 / found as f64
    );
    assert_eq!(found, ids.len());
}

fn measure_paths(graph: &Graph) {
    let nodes: Vec<_> = graph.nodes().map(|(handle, _)| handle).collect();
    let mut random = Random(3);
    let mut scratch = Scratch::new();
    let (mut times, mut missing, mut hops) = (Vec::new(), 0, 0);
    for _ in 0..2000 {
        let mut pick = || nodes[random.below(nodes.len() as u64) as usize];
        let query = Query::new(pick(), pick(), Msat(1_000_000));
        let clock = Clock::now();
        match black_box(find_path(graph, &mut scratch, &query)) {
            Ok(route) => {
                hops += route.hops.len();
                times.push(clock.elapsed());
            }
            Err(_) => missing += 1,
        }
    }
    times.sort();
    println!(
        "find_path: median {:?}, 99 % {:?}, most {:?}; {missing} without a route; {:.1} hops; scratch {} bytes",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1],
        hops as f64 / times.len() as f64,
        scratch.heap_bytes(),
    );
}
