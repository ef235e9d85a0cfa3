//! Starting from disk: a whole `gossip_store` into a graph with each checksum checked, beside LDK's read of its
//! own file of the same network.
//!
//! - `start/ours, file`: through one buffer of 256 KiB, as from any file.
//! - `start/ours, in memory`: as from a file that is mapped.
//! - `start/ldk`: `NetworkGraph` from its own serialization, in memory.
//! - `start/ours, snapshot`: from a snapshot of the same graph, in memory, with everything checked.
//! - `compact`: the whole store into a new one.
//!
//! The network is generated, with as many channels as `LIGHTNING_BENCH_CHANNELS` says, or 10,000; or it is the
//! store of version 0.16 that `LIGHTNING_BENCH_STORE` names (then without LDK).
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use std::{
    env,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use benches::{
    ldk::{Silent, read},
    signed_network, verified,
};
use bitcoin::Network;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use examples::network::SignedNetwork;
use gossip_sync::ingest::VerifiedGossip;
use lightning::{
    routing::gossip::NetworkGraph,
    util::ser::{ReadableArgs as _, Writeable as _},
};
use lnwire::{
    ChainHash, Instant, Timestamp,
    bytes::{Bytes, BytesMut},
};
use routemap::{
    Config, Graph,
    store::{Batch, Compaction, Loader, Records, Store, load},
};

type TheirGraph = NetworkGraph<&'static Silent>;

fn store(c: &mut Criterion) {
    let network = env::var_os("LIGHTNING_BENCH_STORE").map_or_else(
        || {
            let channels = env::var("LIGHTNING_BENCH_CHANNELS");
            Some(signed_network(
                channels.map_or(10_000, |n| n.parse().expect("a number")),
            ))
        },
        |_| None,
    );
    let (path, chain) = match &network {
        Some(network) => {
            let path = env::temp_dir().join(format!("bench-{}.store", std::process::id()));
            fs::write(&path, written(network)).expect("there is room for temporary files");
            (path, ChainHash::REGTEST)
        }
        None => {
            let path = env::var_os("LIGHTNING_BENCH_STORE").map(PathBuf::from);
            (path.unwrap_or_default(), ChainHash::MAINNET)
        }
    };
    start(c, &path, chain, network.as_ref());
    compact(c, &path, chain);
    if network.is_some() {
        fs::remove_file(path).expect("it was written just now");
    }
}

fn start(c: &mut Criterion, path: &Path, chain: ChainHash, network: Option<&SignedNetwork>) {
    let new = || Graph::new(Config::new(chain, 1));
    let file = Bytes::from(fs::read(path).expect("the store can be read"));
    let mut group = c.benchmark_group("start");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("ours, file", |b| {
        b.iter_batched(new, |graph| from_file(graph, path), BatchSize::PerIteration);
    });
    group.bench_function("ours, in memory", |b| {
        let load = |mut graph| {
            let loaded = load(&mut graph, Instant::ZERO, file.clone());
            (graph, loaded.expect("it is a store"))
        };
        b.iter_batched(new, load, BatchSize::PerIteration);
    });
    let (bytes, now, wall) = (snapshot(new(), &file), Instant::ZERO, Timestamp(0));
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("ours, snapshot", |b| {
        let config = || Config::new(chain, 2);
        let read = |config| Graph::from_snapshot(config, now, wall, &bytes).expect("it is whole");
        b.iter_batched(config, read, BatchSize::PerIteration);
    });
    if let Some(network) = network {
        let theirs = theirs(network).encode();
        group.throughput(Throughput::Bytes(theirs.len() as u64));
        group.bench_function("ldk", |b| {
            let read = || TheirGraph::read(&mut &theirs[..], &Silent).expect("it wrote this");
            b.iter_with_large_drop(read);
        });
    }
    group.finish();
}

fn compact(c: &mut Criterion, path: &Path, chain: ChainHash) {
    let file = Bytes::from(fs::read(path).expect("the store can be read"));
    let mut graph = Graph::new(Config::new(chain, 1));
    load(&mut graph, Instant::ZERO, file.clone()).expect("it is a store");
    let mut group = c.benchmark_group("compact");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("ours", |b| {
        b.iter(|| {
            let mut batch = Batch::default();
            let mut compaction = Compaction::new([1; 32], &mut batch);
            for record in Records::new(file.clone()).expect("it is a store") {
                let record = record.expect("it is sound");
                let copied = compaction.copy(&graph, &record, &mut batch);
                copied.expect("there is room");
            }
            compaction.finish(&graph, None, &mut batch).map(|_| batch)
        });
    });
    group.finish();
}

fn snapshot(mut graph: Graph, file: &Bytes) -> Vec<u8> {
    load(&mut graph, Instant::ZERO, file.clone()).expect("it is a store");
    let mut bytes = Vec::new();
    graph.write_snapshot(Instant::ZERO, Timestamp(0), &mut bytes);
    bytes
}

fn from_file(mut graph: Graph, path: &Path) -> Graph {
    let mut file = File::open(path).expect("the store can be read");
    let (mut loader, mut buffer) = (Loader::new(), BytesMut::new());
    loop {
        let begin = buffer.len();
        buffer.resize(begin + PIECE, 0);
        let len = file.read(&mut buffer[begin..]).expect("it can be read");
        buffer.truncate(begin + len);
        if len == 0 {
            break;
        }
        let read = loader.read(&mut graph, Instant::ZERO, &mut buffer);
        read.expect("it is a store");
    }
    assert_eq!(loader.finish().report.damaged, 0);
    graph
}

/// Writes the network as a node does that is told message after message.
fn written(network: &SignedNetwork) -> Vec<u8> {
    let (mut batch, mut file) = (Batch::default(), Vec::new());
    let mut store = Store::create([0; 32], &mut batch);
    let mut graph = Graph::new(Config::new(ChainHash::REGTEST, 1));
    for message in verified(network) {
        let now = Instant::ZERO;
        let done = match &message {
            VerifiedGossip::Channel(m) => {
                let handle = graph.apply_channel(now, m, Some(1)).expect(SOUND);
                store.insert_channel(&graph, handle, m, &mut batch)
            }
            VerifiedGossip::Update(m) => {
                let handle = graph.apply_update(now, m).expect(SOUND);
                store.insert_update(&graph, handle, m, &mut batch)
            }
            VerifiedGossip::Node(m) => {
                let handle = graph.apply_node(now, m).expect(SOUND);
                store.insert_node(&graph, handle, m, &mut batch)
            }
        };
        done.expect("there is room");
    }
    batch.apply_to(&mut file);
    file
}

fn theirs(network: &SignedNetwork) -> TheirGraph {
    let graph = TheirGraph::new(Network::Regtest, &Silent);
    for message in verified(network) {
        // With the messages, as a node that serves others has them.
        match &message {
            VerifiedGossip::Channel(m) => {
                let message = read(m.as_bytes());
                let added = graph.update_channel_from_announcement_no_lookup(&message);
                added.expect(SOUND);
            }
            VerifiedGossip::Update(m) => {
                graph.update_channel(&read(m.as_bytes())).expect(SOUND);
            }
            VerifiedGossip::Node(m) => {
                let message = read(m.as_bytes());
                graph.update_node_from_announcement(&message).expect(SOUND);
            }
        }
    }
    graph
}

const SOUND: &str = "the network is sound";
const PIECE: usize = 256 * 1024;

criterion_group!(benches, store);
criterion_main!(benches);
