//! The graph of a whole network, ours beside LDK's, and ours of ten times that.
//!
//! `ROUTEMAP_GOSSMAP` and `ROUTEMAP_NODES` may name mainnet's topology (`GOSSMAP_COMPRESSv1`) and its nodes; a
//! network of the same size and shape is made up otherwise.
//!
//! - `whole/apply`: all messages, shuffled, into an empty graph; signatures are not checked. `ours` knows the next messages
//!   ahead, `ours, one by one` does not.
//! - `whole/by_scid`, `whole/by_node_id`: look-ups in random order, of the record too; one after the other, or a list of 8000
//!   at once, as a peer sends it.
//! - `whole/scan`: the fees of every direction that is enabled, summed up. `memory` reads as many bytes, from the first to
//!   the last: nothing that reads the records can be faster.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use core::hint::black_box;

use benches::{
    ldk::{Silent, TheirGraph, Theirs},
    whole_network::{MAINNET_CHANNELS, WholeNetwork},
};
use bitcoin::Network;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gossip_sync::routemap::{apply, apply_all};
use lightning::routing::gossip::NodeId as TheirNodeId;
use lnwire::Instant;
use routemap::{Channel, Config, Direction, Graph};

fn whole(c: &mut Criterion) {
    ours(c, "whole", &WholeNetwork::of_mainnet());
}

/// LDK's comes last: of its many small allocations holes are left, in which ours would be strewn over memory.
fn whole_of_ldk(c: &mut Criterion) {
    let network = WholeNetwork::of_mainnet();
    let theirs = Theirs::read(&network.messages);
    let new = || TheirGraph::new(Network::Regtest, &Silent);
    let mut group = c.benchmark_group("whole/apply");
    group.sample_size(10);
    group.throughput(Throughput::Elements(network.messages.len() as u64));
    group.bench_function("ldk", |b| {
        b.iter_batched(new, |graph| theirs.fill(graph), BatchSize::PerIteration);
    });
    group.finish();

    let their_graph = theirs.fill(new());
    let read = their_graph.read_only();
    let mut ids = network.short_channel_ids.iter().cycle();
    c.benchmark_group("whole/by_scid")
        .bench_function("ldk", |b| {
            b.iter(|| {
                let channel = ids.next().and_then(|id| read.channel(id.0));
                black_box(channel.and_then(|c| c.capacity_sats))
            });
        });
    let ids: Vec<_> = network.node_ids.iter().map(|id| id.0).collect();
    let ids: Vec<_> = ids
        .iter()
        .map(|id| TheirNodeId::from_slice(id).expect("33 bytes"))
        .collect();
    let mut ids = ids.iter().cycle();
    c.benchmark_group("whole/by_node_id")
        .bench_function("ldk", |b| {
            b.iter(|| {
                let node = ids.next().and_then(|id| read.node(id));
                black_box(node.map(|n| n.channels.len()))
            });
        });
    let mut group = c.benchmark_group("whole/scan");
    group.throughput(Throughput::Elements(
        2 * network.short_channel_ids.len() as u64,
    ));
    group.bench_function("ldk", |b| {
        b.iter(|| {
            let channels = read.channels().unordered_iter();
            let sides = channels.flat_map(|(_, c)| [&c.one_to_two, &c.two_to_one]);
            let enabled = sides.flatten().filter(|side| side.enabled);
            enabled.fold(0, |sum, side| sum + u64::from(side.fees.base_msat))
        });
    });
    group.finish();
}

fn ten_times(c: &mut Criterion) {
    ours(
        c,
        "ten_times",
        &WholeNetwork::made_up(10 * MAINNET_CHANNELS),
    );
}

fn ours(c: &mut Criterion, name: &str, network: &WholeNetwork) {
    let new = || Graph::new(Config::new(lnwire::ChainHash::REGTEST, 1));
    let fill = |mut graph: Graph| {
        apply_all(&mut graph, Instant::ZERO, &network.messages, |_, taken| {
            taken.expect("the network is sound");
        });
        graph
    };
    let fill_one_by_one = |mut graph: Graph| {
        for message in &network.messages {
            apply(&mut graph, Instant::ZERO, message, None).expect("the network is sound");
        }
        graph
    };
    let mut group = c.benchmark_group(format!("{name}/apply"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(network.messages.len() as u64));
    group.bench_function("ours", |b| {
        b.iter_batched(new, fill, BatchSize::PerIteration);
    });
    group.bench_function("ours, one by one", |b| {
        b.iter_batched(new, fill_one_by_one, BatchSize::PerIteration);
    });
    group.finish();

    let graph = fill(new());
    let mut ids = network.short_channel_ids.iter().cycle();
    c.benchmark_group(format!("{name}/by_scid"))
        .bench_function("ours", |b| {
            b.iter(|| {
                let handle = ids.next().and_then(|id| graph.channel_by_scid(*id));
                black_box(handle.and_then(|h| graph.channel(h)?.capacity_sat()))
            });
        });
    let mut ids = network.node_ids.iter().cycle();
    c.benchmark_group(format!("{name}/by_node_id"))
        .bench_function("ours", |b| {
            b.iter(|| {
                let handle = ids.next().and_then(|id| graph.node_by_id(id));
                black_box(handle.and_then(|h| Some(graph.node(h)?.channel_count())))
            });
        });
    many_at_once(c, name, network, &graph);
    let mut group = c.benchmark_group(format!("{name}/scan"));
    group.throughput(Throughput::Elements(2 * graph.channel_count() as u64));
    group.bench_function("ours", |b| {
        b.iter(|| {
            let sides = graph.channels().flat_map(|(_, channel)| {
                Direction::BOTH.map(|direction| channel.policy(direction))
            });
            let enabled = sides.flatten().filter(|policy| !policy.is_disabled());
            enabled.fold(0, |sum, policy| sum + u64::from(policy.fee_base_msat()))
        });
    });
    let words = vec![1_u64; graph.channel_count() * size_of::<Channel>() / size_of::<u64>()];
    group.bench_function("memory", |b| {
        b.iter(|| black_box(&words).iter().fold(0_u64, |sum, word| sum ^ word));
    });
    group.finish();
}

/// Looks up lists of 8000, the time of which is for a whole list.
fn many_at_once(c: &mut Criterion, name: &str, network: &WholeNetwork, graph: &Graph) {
    const LIST: usize = 8000;
    let mut lists = network.short_channel_ids.chunks_exact(LIST).cycle();
    let mut group = c.benchmark_group(format!("{name}/by_scid"));
    group.throughput(Throughput::Elements(LIST as u64));
    group.bench_function("ours, 8000 at once", |b| {
        b.iter(|| {
            let list = lists.next().unwrap_or_default();
            graph.look_up_channels(
                list,
                |id| *id,
                |_, handle| {
                    black_box(handle.and_then(|h| graph.channel(h)?.capacity_sat()));
                },
            );
        });
    });
    group.finish();
    let mut lists = network.node_ids.chunks_exact(LIST).cycle();
    let mut group = c.benchmark_group(format!("{name}/by_node_id"));
    group.throughput(Throughput::Elements(LIST as u64));
    group.bench_function("ours, 8000 at once", |b| {
        b.iter(|| {
            let list = lists.next().unwrap_or_default();
            graph.look_up_nodes(
                list,
                |id| id,
                |_, handle| {
                    black_box(handle.and_then(|h| Some(graph.node(h)?.channel_count())));
                },
            );
        });
    });
    group.finish();
}

criterion_group!(benches, whole, ten_times, whole_of_ldk);
criterion_main!(benches);
