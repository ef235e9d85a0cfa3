//! The graph of a whole network, ours beside LDK's, and ours of ten times that.
//!
//! `ROUTEMAP_GOSSMAP` and `ROUTEMAP_NODES` may name mainnet's topology (`GOSSMAP_COMPRESSv1`) and its nodes; a
//! network of the same size and shape is made up otherwise.
//!
//! - `whole/apply`: all messages, shuffled, into an empty graph; signatures are not checked. `ours` knows the next messages
//!   ahead, `ours, one by one` does not.
//! - `whole/by_scid`, `whole/by_node_id`: look-ups in random order, of the record too: a list of 8000, one after the other or
//!   at once.
//! - `whole/scan`: the fees of every direction that is enabled, summed up. `memory` reads as many bytes in a row, from the
//!   first to the last, and does next to nothing with them.
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
use routemap::{ChannelHandle, Config, Graph, NodeHandle};

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
    look_up(
        c,
        "whole/by_scid",
        "ldk",
        &network.short_channel_ids,
        |id| {
            black_box(read.channel(id.0).and_then(|c| c.capacity_sats));
        },
    );
    let ids: Vec<_> = network.node_ids.iter().map(|id| id.0).collect();
    let ids: Vec<_> = ids
        .iter()
        .map(|id| TheirNodeId::from_slice(id).expect("33 bytes"))
        .collect();
    look_up(c, "whole/by_node_id", "ldk", &ids, |id| {
        black_box(read.node(id).map(|n| n.channels.len()));
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
    // The graph to look at comes first, as that of a node does: in memory where nothing was before.
    let graph = fill(new());
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

    look_ups(c, name, network, &graph);
    let mut group = c.benchmark_group(format!("{name}/scan"));
    group.throughput(Throughput::Elements(2 * graph.channel_count() as u64));
    group.bench_function("ours", |b| {
        b.iter(|| {
            let enabled = graph
                .policies()
                .filter(|(_, _, policy)| !policy.is_disabled());
            enabled.fold(0, |sum, (_, _, policy)| {
                sum + u64::from(policy.fee_base_msat())
            })
        });
    });
    // Of a channel, its two nodes and the fees of both sides are half a line of the cache.
    let words = vec![1_u64; graph.channel_count() * 32 / 8];
    group.bench_function("memory", |b| {
        b.iter(|| black_box(&words).iter().fold(0_u64, |sum, word| sum ^ word));
    });
    group.finish();
}

fn look_ups(c: &mut Criterion, name: &str, network: &WholeNetwork, graph: &Graph) {
    let (by_scid, by_node_id) = (format!("{name}/by_scid"), format!("{name}/by_node_id"));
    let channel = |handle: Option<ChannelHandle>| {
        black_box(handle.and_then(|h| graph.channel(h)?.capacity_sat()));
    };
    let node = |handle: Option<NodeHandle>| {
        black_box(handle.and_then(|h| Some(graph.node(h)?.channel_count())));
    };
    let (scids, ids) = (&network.short_channel_ids, &network.node_ids);
    look_up(c, &by_scid, "ours", scids, |id| {
        let handle = graph.channel_by_scid(*id);
        black_box(handle.and_then(|h| graph.channel(h)?.capacity_sat()));
    });
    look_up_lists(c, &by_scid, "ours, a list at once", scids, |list| {
        graph.look_up_channels(list, |id| *id, |_, handle| channel(handle));
    });
    look_up(c, &by_node_id, "ours", ids, |id| {
        let handle = graph.node_by_id(id);
        black_box(handle.and_then(|h| Some(graph.node(h)?.channel_count())));
    });
    look_up_lists(c, &by_node_id, "ours, a list at once", ids, |list| {
        graph.look_up_nodes(list, |id| id, |_, handle| node(handle));
    });
}

/// Looks up the items of lists, one after the other.
fn look_up<I>(c: &mut Criterion, group: &str, who: &str, items: &[I], one: impl Fn(&I)) {
    look_up_lists(c, group, who, items, |list| {
        for item in list {
            one(item);
        }
    });
}

/// Looks up lists as long as those that peers send. The time is that of a list, the throughput counts its items.
fn look_up_lists<I>(c: &mut Criterion, group: &str, who: &str, items: &[I], list: impl Fn(&[I])) {
    const ITEMS: usize = 8000;
    let mut lists = items.chunks_exact(ITEMS).cycle();
    let mut group = c.benchmark_group(group);
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.bench_function(who, |b| {
        b.iter(|| list(lists.next().unwrap_or_default()));
    });
    group.finish();
}

// The largest first, before there are holes in memory.
criterion_group!(benches, ten_times, whole, whole_of_ldk);
criterion_main!(benches);
