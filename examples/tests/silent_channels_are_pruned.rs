//! Channels that nobody has updated for two weeks go, out of graph, store and file; nobody is told of them any more.

mod common;

use core::time::Duration;

use common::{
    folder::Folder,
    nodes::{CHAIN, CHANNELS, Server, config, counts, full_knowledge, network, sign},
};
use examples::{
    load,
    node::{Clock, Config, Knowledge},
    topology::{Policy, Topology, TopologyChannel},
};
use gossip_sync::syncer::Outcome;
use lnwire::{Instant, ShortChannelId, Timestamp};

const DAYS_15: u32 = 15 * 24 * 60 * 60;

/// When the network is silent for long enough.
fn later() -> Timestamp {
    Timestamp(Clock::new(None).wall_clock().as_secs() + DAYS_15)
}

#[test]
fn they_leave_graph_store_and_file() {
    let folder = Folder::new("pruned");
    let file = folder.path("graph.store");
    let mut knowledge = Knowledge::new(CHAIN);
    knowledge.keep_in(file.as_ref()).unwrap();
    load::signed_network(&mut knowledge, network().clone()).unwrap();
    let before = counts(&knowledge);
    let at = |days: u64| Instant::from_epoch(Duration::from_secs(days * 24 * 60 * 60));
    let clock = Clock::new(None).wall_clock();
    assert_eq!(
        (knowledge.prune(at(1), clock), counts(&knowledge)),
        (vec![], before)
    );

    let gone = knowledge.prune(at(15), later());
    let ids = network().channels.iter();
    let ids = ids.map(|channel| channel.announcement.short_channel_id());
    assert_eq!(gone, ids.collect::<Vec<_>>());
    assert_eq!(counts(&knowledge), [0; 4]);

    // What comes then takes the places of what went.
    let channel = TopologyChannel {
        short_channel_id: ShortChannelId::new(600_000, 1, 1).unwrap(),
        nodes: [0, 1],
        capacity_sat: 1_000_000,
        policies: [Some(Policy::disabled(1_000_000)); 2],
    };
    let new = Topology {
        channels: vec![channel],
        node_names: vec![None, None],
    };
    load::signed_network(&mut knowledge, sign(&new, CHAIN, 12)).unwrap();
    let after = counts(&knowledge);
    assert_eq!(after[..3], [1, 2, 2]);
    knowledge.close().unwrap();
    drop(knowledge);
    let mut again = Knowledge::new(CHAIN);
    again.keep_in(file.as_ref()).unwrap();
    assert_eq!(counts(&again), after);
}

#[tokio::test]
async fn a_node_looks_for_them_when_it_starts() {
    let later = || Config {
        wall_clock: Some(later()),
        ..config()
    };
    assert_eq!(counts(&full_knowledge())[0], CHANNELS);
    let server = Server::launch(later(), full_knowledge()).await;
    let client = Config {
        connect: vec![server.address()],
        ..later()
    };
    let mut client = Server::launch(client, Knowledge::new(CHAIN)).await;
    let (_, outcome) = client.synced().await;
    let nothing = Outcome::Complete {
        listed: 0,
        asked: 0,
        withheld: vec![],
    };
    assert_eq!(outcome, nothing);
    let pruned = &server.node.stats().pruned;
    assert_eq!(examples::node::Stats::get(pruned), CHANNELS as u64);
}
