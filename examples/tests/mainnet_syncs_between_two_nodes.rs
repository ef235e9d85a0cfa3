//! The whole topology of mainnet, signed anew, goes from one node to another, and routes are found in it.
#![allow(clippy::print_stderr, reason = "says why it did nothing")]

mod common;

use core::time::Duration;
use std::thread;

use common::nodes::{CHAIN, Server, counts, sign};
use examples::{
    gossmap, load,
    node::{Config, Knowledge, Node, Signer, Stats},
    report::sample_route,
};
use gossip_sync::syncer::Outcome;
use lnwire::Msat;

#[tokio::test(flavor = "multi_thread")]
async fn mainnet() {
    let Some(data) = common::test_data() else {
        eprintln!("not done: LIGHTNING_TEST_DATA names no folder with the data");
        return;
    };
    let topology = gossmap::load(
        &data.join("mainnet-2026-02.gossmap.gz"),
        Some(&data.join("mainnet-2026-02.nodes.gz")),
    )
    .unwrap();
    let mut knowledge = Knowledge::new(CHAIN);
    load::signed_network(&mut knowledge, sign(&topology, CHAIN, 1)).unwrap();
    let served = counts(&knowledge);
    assert_eq!(served[..3], [50_808, 101_616, 17_324]);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let config = || Config {
        verify_threads: threads,
        ..Config::new(Signer::random(), CHAIN)
    };
    let server = Server::launch(config(), knowledge).await;
    let config = Config {
        connect: vec![server.address()],
        ..config()
    };
    let mut client = Node::start(config, Knowledge::new(CHAIN)).await.unwrap();
    let synced = async {
        loop {
            let event = client.next_event().await.unwrap();
            if let examples::node::Event::Synced { outcome, .. } = event {
                return outcome;
            }
        }
    };
    // Without optimisation, on a machine that has other things to do.
    let outcome = tokio::time::timeout(Duration::from_secs(600), synced).await;
    let complete = Outcome::Complete {
        listed: 50_808,
        asked: 50_808,
        withheld: vec![],
    };
    assert_eq!(outcome.unwrap(), complete);
    let stats = client.stats();
    assert_eq!(Stats::get(&stats.signatures), 322_172);
    // Announcements of nodes come more than once, with the channels of one query after the other.
    assert_eq!(Stats::get(&stats.faults), 0);
    let learnt = client.stop().await.unwrap();
    assert_eq!(counts(&learnt), served);
    let route = sample_route(learnt.graph(), Msat::from_sat(50_000)).unwrap();
    assert!(!route.hops.is_empty());
    server.ends_unchanged().await;
}
