//! The graph: filling it, looking channels up, and finding routes, ours beside LDK's.
//!
//! - `apply`: all messages of a network with 10,000 channels into an empty graph, signatures not checked. LDK's
//!   graph takes them without keeping the messages, as ours does. Dropping the graph is not measured.
//! - `look_up`: a channel by its short channel id, all channels in random order.
//! - `routes`: between all pairs of ten nodes among the 500 best connected, for the fees, with one path: no
//!   scores, no parts.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use core::hint::black_box;

use benches::{
    ldk::{Silent, TheirGraph, Theirs},
    signed_network, verified,
};
use bitcoin::Network;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use examples::{network::SignedNetwork, report::best_connected};
use gossip_sync::{ingest::VerifiedGossip, routemap::apply};
use lightning::routing::{
    router::{PaymentParameters, RouteParameters, find_route},
    scoring::FixedPenaltyScorer,
};
use lnwire::{Instant, Msat, ShortChannelId};
use routemap::{Config, Graph, NodeHandle, Query, Scratch, find_path};
use secp256k1::PublicKey;

const CHANNELS: usize = 10_000;
const AMOUNT: Msat = Msat::from_sat(50_000);

fn graph(c: &mut Criterion) {
    let network = signed_network(CHANNELS);
    let messages = verified(&network);
    let theirs = Theirs::read(&messages);
    let new = || Graph::new(Config::new(lnwire::ChainHash::REGTEST, 1));
    let new_theirs = || TheirGraph::new(Network::Regtest, &Silent);

    let mut group = c.benchmark_group("apply");
    group.sample_size(10);
    group.throughput(Throughput::Elements(messages.len() as u64));
    group.bench_function("ours", |b| {
        b.iter_batched(new, |graph| fill(graph, &messages), BatchSize::PerIteration);
    });
    group.bench_function("ldk", |b| {
        b.iter_batched(
            new_theirs,
            |graph| theirs.fill(graph),
            BatchSize::PerIteration,
        );
    });
    group.finish();

    let graph = fill(new(), &messages);
    let their_graph = theirs.fill(new_theirs());
    look_up(c, &network, &graph, &their_graph);
    routes(c, &graph, &their_graph);
}

fn look_up(c: &mut Criterion, network: &SignedNetwork, graph: &Graph, theirs: &TheirGraph) {
    let mut ids: Vec<_> = network
        .channels
        .iter()
        .map(|c| c.announcement.short_channel_id())
        .collect();
    // Any order will do that is not that of the ids.
    ids.sort_unstable_by_key(|id| id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut group = c.benchmark_group("look_up");
    let mut next = ids.iter().cycle();
    group.bench_function("ours", |b| {
        b.iter(|| {
            let id: &ShortChannelId = next.next()?;
            black_box(graph.channel(graph.channel_by_scid(*id)?)).map(|_| ())
        });
    });
    let theirs = theirs.read_only();
    group.bench_function("ldk", |b| {
        b.iter(|| {
            let id: &ShortChannelId = next.next()?;
            black_box(theirs.channel(id.0)).map(|_| ())
        });
    });
    group.finish();
}

fn routes(c: &mut Criterion, graph: &Graph, theirs: &TheirGraph) {
    let nodes: Vec<_> = best_connected(graph, 500).into_iter().step_by(50).collect();
    let all_pairs = nodes
        .iter()
        .flat_map(|a| nodes.iter().map(move |b| (*a, *b)));
    let mut scratch = Scratch::new();
    let mut ours = |(from, to)| find_path(graph, &mut scratch, &Query::new(from, to, AMOUNT)).ok();
    let key = |node: NodeHandle| {
        let id = graph.node(node).expect("nobody removes nodes").id();
        PublicKey::from_slice(id.as_bytes()).expect("it signed something")
    };
    let scorer = FixedPenaltyScorer::with_penalty(0);
    let find_theirs = |(from, to): (PublicKey, PublicKey)| {
        let payment = PaymentParameters::from_node_id(to, Query::FINAL_CLTV_DELTA);
        let payment = payment.with_max_path_count(1);
        let mut wanted = RouteParameters::from_payment_params_and_value(payment, AMOUNT.as_msat());
        wanted.max_total_routing_fee_msat = None;
        find_route(
            &from,
            &wanted,
            theirs,
            None,
            &Silent,
            &scorer,
            &(),
            &[0; 32],
        )
        .ok()
    };
    let pairs: Vec<_> = all_pairs
        .filter(|pair| ours(*pair).is_some())
        .filter(|(from, to)| find_theirs((key(*from), key(*to))).is_some())
        .collect();
    let keys: Vec<_> = pairs
        .iter()
        .map(|(from, to)| (key(*from), key(*to)))
        .collect();

    let mut group = c.benchmark_group("routes");
    group.sample_size(10);
    group.throughput(Throughput::Elements(pairs.len() as u64));
    group.bench_function("ours", |b| {
        b.iter(|| pairs.iter().filter_map(|pair| ours(*pair)).count());
    });
    group.bench_function("ldk", |b| {
        b.iter(|| keys.iter().filter_map(|pair| find_theirs(*pair)).count());
    });
    group.finish();
}

fn fill(mut graph: Graph, messages: &[VerifiedGossip]) -> Graph {
    for message in messages {
        apply(&mut graph, Instant::ZERO, message, None).expect("the network is sound");
    }
    graph
}

criterion_group!(benches, graph);
criterion_main!(benches);
