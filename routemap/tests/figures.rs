//! Memory of a graph as large as the public network, asserted; times, printed on demand:
//! `cargo test --release -p routemap --test figures -- --ignored --nocapture`.
#![expect(clippy::print_stdout, reason = "figures are printed")]

mod common;

use core::hint::black_box;
use std::time::Instant as Clock;

use common::{Network, Random, graph};
use lnwire::Msat;
use routemap::{Query, Scratch, find_path};

const CHANNELS: u32 = 50_000;

/// Heap bytes per channel for everything: records, nodes, indexes.
const BYTES_PER_CHANNEL: usize = 150;

#[test]
fn a_channel_takes_at_most_150_bytes_with_all_that_belongs_to_it() {
    let mut graph = graph();
    Network::new(CHANNELS).apply(&mut graph);
    let per_channel = graph.heap_bytes() / graph.channel_count();
    println!(
        "{} channels, {} nodes, {} policies: {} bytes, {per_channel} per channel",
        graph.channel_count(),
        graph.node_count(),
        graph.policy_count(),
        graph.heap_bytes(),
    );
    assert_eq!(graph.channel_count(), CHANNELS as usize);
    assert!(per_channel <= BYTES_PER_CHANNEL, "{per_channel}");
}

#[test]
#[ignore = "a measurement, for a release build on a quiet machine"]
fn apply_look_up_and_search() {
    let network = Network::new(CHANNELS);
    let mut graph = graph();

    let clock = Clock::now();
    network.apply(&mut graph);
    let messages = network.channels.len() + network.updates.len() + network.nodes.len();
    let elapsed = clock.elapsed();
    println!(
        "apply a new graph: {:.1} million messages/s",
        messages as f64 / elapsed.as_secs_f64() / 1e6
    );
    measure_updates(&network);
    measure_look_ups(&network, &graph);
    measure_paths(&graph);
}

fn measure_updates(network: &Network) {
    let mut graph = graph();
    let clock = Clock::now();
    for channel in &network.channels {
        let _ = black_box(graph.apply_channel(common::at(0), channel, None));
    }
    let channels = clock.elapsed() / network.channels.len() as u32;
    let clock = Clock::now();
    for update in &network.updates {
        let _ = black_box(graph.apply_update(common::at(0), update));
    }
    let updates = clock.elapsed() / network.updates.len() as u32;
    let clock = Clock::now();
    for node in &network.nodes {
        let _ = black_box(graph.apply_node(common::at(0), node));
    }
    let nodes = clock.elapsed() / network.nodes.len() as u32;
    println!("apply_channel {channels:?}, apply_update {updates:?}, apply_node {nodes:?}");
}

fn measure_look_ups(network: &Network, graph: &routemap::Graph) {
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

fn measure_paths(graph: &routemap::Graph) {
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
