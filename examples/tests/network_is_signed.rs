//! Every signature verifies, nothing depends on the number of threads, and the graph stays the same when keys
//! replace ids.

mod common;

use core::sync::atomic::{AtomicUsize, Ordering};
use std::{collections::HashSet, thread};

use examples::{
    gossmap,
    network::{self, SignOptions, SignedNetwork},
    synthetic::mainnet_like,
    topology::{Policy, Topology, TopologyChannel, short_channel_ids},
};
use lnwire::{Alias, ChainHash, Msat, NodeId, Timestamp, bolt7::ChannelUpdate};
use secp256k1::SECP256K1;

const LATEST: Timestamp = Timestamp(1_790_000_000);

fn options(threads: usize) -> SignOptions {
    SignOptions {
        chain_hash: ChainHash::REGTEST,
        timestamp: LATEST,
        seed: 42,
        threads,
    }
}

fn sign(topology: &Topology, threads: usize) -> SignedNetwork {
    network::sign(topology, options(threads), |_, _| {})
}

/// Checks that each node says about its channels what the topology has it say.
fn assert_same_graph(topology: &Topology, network: &SignedNetwork) -> usize {
    let mut turned = 0;
    assert_eq!(topology.channels.len(), network.channels.len());
    for (channel, signed) in topology.channels.iter().zip(&network.channels) {
        let announcement = &signed.announcement;
        let ids = channel.nodes.map(|node| network.node_ids[node as usize]);
        let [mut updates, mut policies] = [[0, 1], [0, 1]];
        if ids[0] > ids[1] {
            turned += 1;
            updates = [1, 0];
            policies = [1, 0];
        }
        assert_eq!(announcement.node_id_1(), ids[policies[0]]);
        assert_eq!(announcement.node_id_2(), ids[policies[1]]);
        assert_eq!(announcement.short_channel_id(), channel.short_channel_id);
        assert_eq!(announcement.chain_hash(), ChainHash::REGTEST);
        assert_eq!(signed.capacity_sat, channel.capacity_sat);
        for (policy, update) in channel.policies.iter().zip(updates) {
            let update = signed.updates[update].as_ref();
            assert_eq!(update.map(terms), *policy);
        }
    }
    turned
}

fn terms(update: &ChannelUpdate) -> Policy {
    Policy {
        disabled: update.is_disabled(),
        htlc_minimum_msat: update.htlc_minimum_msat(),
        htlc_maximum_msat: update.htlc_maximum_msat(),
        fee_base_msat: update.fee_base_msat(),
        fee_proportional_millionths: update.fee_proportional_millionths(),
        cltv_expiry_delta: update.cltv_expiry_delta(),
    }
}

#[test]
fn all_signatures_of_200_channels_verify() {
    let topology = mainnet_like(200, 1);
    let network = sign(&topology, 2);
    let nodes = topology.node_names.len();
    assert_eq!(network.nodes.len(), nodes);
    assert_eq!(common::verify(&network), 200 * 6 + nodes);
    let turned = assert_same_graph(&topology, &network);
    assert!((70..130).contains(&turned), "{turned}");
    let keys: HashSet<_> = network
        .channels
        .iter()
        .flat_map(|c| {
            [
                c.announcement.bitcoin_key_1(),
                c.announcement.bitcoin_key_2(),
            ]
        })
        .collect();
    assert_eq!(keys.len(), 400);
}

#[test]
fn threads_do_not_change_the_result() {
    let topology = mainnet_like(50, 2);
    let one = sign(&topology, 1);
    for threads in [0, 2, 3, 1000] {
        assert_eq!(sign(&topology, threads), one, "{threads} threads");
    }
    let other_seed = SignOptions {
        seed: 43,
        ..options(1)
    };
    assert_ne!(network::sign(&topology, other_seed, |_, _| {}), one);
}

#[test]
fn node_keys_are_those_of_the_ids() {
    let network = sign(&mainnet_like(20, 3), 1);
    for (i, node_id) in network.node_ids.iter().enumerate() {
        let key = network::node_secret_key(42, i).public_key(SECP256K1);
        assert_eq!(NodeId::from(key), *node_id);
    }
}

#[test]
fn timestamps_spread_over_a_day() {
    let network = sign(&mainnet_like(100, 4), 2);
    let updates = network.channels.iter().flat_map(|c| &c.updates).flatten();
    let nodes = network.nodes.iter().map(|n| n.timestamp());
    let ages: Vec<_> = updates
        .map(|u| u.timestamp())
        .chain(nodes)
        .map(|t| LATEST.as_secs() - t.as_secs())
        .collect();
    assert!(ages.iter().all(|age| *age <= 86_400));
    let old = ages.iter().filter(|age| **age > 43_200).count();
    assert!(old * 3 > ages.len() && old * 3 < ages.len() * 2, "{old}");
}

#[test]
fn progress_ends_at_the_total() {
    let topology = mainnet_like(400, 5);
    let (calls, last) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let network = network::sign(&topology, options(2), |done, total| {
        assert!(done <= total);
        calls.fetch_add(1, Ordering::Relaxed);
        last.fetch_max(done, Ordering::Relaxed);
    });
    assert_eq!(last.into_inner(), network.signature_count());
    assert_eq!(calls.into_inner(), network.signature_count() / 1024 + 1);
}

/// Nodes 0 and 2 have a channel, node 1 has none; node 0 never sent an update, node 2 disabled the channel.
fn odd_topology() -> Topology {
    let disabled = Policy {
        htlc_maximum_msat: Msat(1),
        ..Policy::disabled(1000)
    };
    Topology {
        channels: vec![TopologyChannel {
            short_channel_id: short_channel_ids(1)[0],
            nodes: [0, 2],
            capacity_sat: 1000,
            policies: [None, Some(disabled)],
        }],
        node_names: vec![Some(String::new()), None, None],
    }
}

#[test]
fn only_what_exists_is_announced() {
    let network = sign(&odd_topology(), 1);
    assert_eq!(common::verify(&network), 4 + 1 + 2);
    let ids: Vec<_> = network.nodes.iter().map(|n| n.node_id()).collect();
    assert_eq!(ids, [network.node_ids[0], network.node_ids[2]]);
    let aliases: Vec<_> = network.nodes.iter().map(|n| n.alias()).collect();
    assert_eq!(aliases, [Alias::default(), Alias::new("node-2").unwrap()]);
    let updates: Vec<_> = network.channels[0].updates.iter().flatten().collect();
    let [update] = updates[..] else {
        panic!("one update");
    };
    assert!(update.is_disabled());
    assert_eq!(update.htlc_maximum_msat(), Msat::from_sat(1000));
}

#[test]
fn node_announcements_look_real() {
    let network = sign(&mainnet_like(300, 6), 2);
    let mut features = HashSet::new();
    let mut lengths = HashSet::new();
    for node in &network.nodes {
        assert_eq!(node.features().required_unknown(), None);
        let addresses = node.addresses();
        assert!(addresses.iter().all(|a| a.is_ok()));
        assert_eq!(addresses.usable().count(), addresses.iter().count());
        assert!(addresses.usable().count() > 0);
        features.insert(node.features());
        lengths.insert(addresses.as_bytes().len());
    }
    assert_eq!((features.len(), lengths.len()), (3, 4));
}

#[test]
#[should_panic(expected = "joins a node to itself")]
fn a_channel_with_itself_is_refused() {
    let mut topology = odd_topology();
    topology.channels[0].nodes = [2, 2];
    let _network = sign(&topology, 1);
}

/// Signs all of it, and checks the signatures of every 16th channel and node.
#[test]
fn mainnet_is_signed() {
    let Some(data) = common::test_data() else {
        return;
    };
    let topology = gossmap::load(
        &data.join("mainnet-2026-02.gossmap.gz"),
        Some(&data.join("mainnet-2026-02.nodes.gz")),
    )
    .unwrap();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let network = sign(&topology, threads);
    assert_eq!(network.signature_count(), 322_172);
    let [channels, nodes] = [50_808_usize, 17_324].map(|n| n.div_ceil(16));
    assert_eq!(common::verify_sample(&network, 16), 6 * channels + nodes);
    let turned = assert_same_graph(&topology, &network);
    assert!((24_000..27_000).contains(&turned), "{turned}");
    let aliases = network.nodes.iter().zip(&topology.node_names);
    for (node, name) in aliases {
        assert_eq!(Some(node.alias()), Alias::new(name.as_deref().unwrap()));
    }
}
