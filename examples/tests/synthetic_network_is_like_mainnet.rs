//! A made-up network of any size has mainnet's shape.

mod common;

use examples::{
    synthetic::mainnet_like,
    topology::{Policy, Topology},
};
use lnwire::Msat;

/// Checks what holds at any size.
fn assert_sound(topology: &Topology, channels: usize) {
    assert_eq!(topology.channels.len(), channels);
    let nodes = topology.node_names.len();
    assert!(nodes <= channels + 1);
    let mut joined = Joined((0..nodes).collect());
    let mut parts = nodes;
    for channel in &topology.channels {
        let [a, b] = channel.nodes.map(|node| joined.part(node as usize));
        assert_ne!(channel.nodes[0], channel.nodes[1]);
        if a != b {
            joined.0[a] = b;
            parts -= 1;
        }
        for policy in channel.policies.map(Option::unwrap) {
            let capacity = Msat::from_sat(channel.capacity_sat);
            assert!(policy.htlc_maximum_msat <= capacity);
            assert!(policy.htlc_minimum_msat <= policy.htlc_maximum_msat);
            assert!(!policy.disabled || policy == Policy::disabled(channel.capacity_sat));
        }
    }
    assert_eq!(parts, 1, "{channels} channels: all nodes are connected");
    let scids = topology.channels.iter().map(|c| c.short_channel_id);
    assert!(scids.is_sorted_by(|a, b| a < b));
}

/// Which nodes are connected: each points towards one that stands for its part.
struct Joined(Vec<usize>);

impl Joined {
    fn part(&mut self, mut node: usize) -> usize {
        while self.0[node] != node {
            self.0[node] = self.0[self.0[node]];
            node = self.0[node];
        }
        node
    }
}

#[test]
fn any_size_is_sound() {
    for channels in (1..300).chain([1000, 10_000]) {
        assert_sound(&mainnet_like(channels, channels as u64), channels);
    }
    assert_eq!(mainnet_like(0, 1), Topology::default());
}

#[test]
fn a_seed_decides_everything() {
    assert_eq!(mainnet_like(500, 1), mainnet_like(500, 1));
    assert_ne!(mainnet_like(500, 1), mainnet_like(500, 2));
}

#[test]
fn mainnet_s_size_has_mainnet_s_shape() {
    assert_shape(50_808);
}

#[test]
fn a_million_channels_have_the_same_shape() {
    assert_shape(1_000_000);
}

#[test]
fn a_small_network_has_hubs_and_leaves() {
    let mut degrees = common::degrees(&mainnet_like(1000, 3));
    degrees.sort_unstable();
    assert!((50..200).contains(degrees.last().unwrap()), "{degrees:?}");
    let leaves = degrees.iter().filter(|d| **d == 1).count();
    assert!((140..220).contains(&leaves), "{degrees:?}");
}

fn assert_shape(channels: usize) {
    let topology = mainnet_like(channels, 7);
    assert_sound(&topology, channels);
    let per_mille = |count: usize, of: usize| count * 1000 / of;
    let nodes = topology.node_names.len();
    assert_eq!(per_mille(nodes, channels), 340);

    let mut degrees = common::degrees(&topology);
    degrees.sort_unstable();
    let greatest = per_mille(degrees[nodes - 1], channels);
    assert!((37..43).contains(&greatest), "{greatest}");
    let leaves = per_mille(degrees.iter().filter(|d| **d == 1).count(), nodes);
    assert!((530..560).contains(&leaves), "{leaves}");
    // The hundredth part of the nodes with the most channels; mainnet has 368.
    let hubs: usize = degrees.iter().rev().take(nodes / 100).sum();
    let hubs = per_mille(hubs, 2 * channels);
    assert!((350..450).contains(&hubs), "{hubs}");

    let policies = topology.channels.iter().flat_map(|c| c.policies).flatten();
    let disabled = per_mille(policies.filter(|p| p.disabled).count(), 2 * channels);
    assert!((345..360).contains(&disabled), "{disabled}");
    let sat: u64 = topology.channels.iter().map(|c| c.capacity_sat).sum();
    let mean = sat / channels as u64;
    assert!((9_500_000..11_500_000).contains(&mean), "{mean}");
}
