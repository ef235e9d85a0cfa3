//! Loading and live gossip may be mixed in any order, and a load may be given up.

mod common;

use common::{Network, Random, at, graph};
use lnwire::{NodeId, ShortChannelId, Timestamp};
use routemap::{ApplyError, Direction, Graph, Policy};

type Channels = Vec<(ShortChannelId, [NodeId; 2], [Option<Policy>; 2])>;
type Nodes = Vec<(NodeId, Option<Timestamp>)>;

/// Everything but the handles.
fn contents(graph: &Graph) -> (Channels, Nodes) {
    let mut channels: Vec<_> = graph
        .channels()
        .map(|(_, c)| {
            let ids = c.nodes().map(|node| graph.node(node).unwrap().id());
            let policies = Direction::BOTH.map(|direction| c.policy(direction));
            (c.short_channel_id(), ids, policies)
        })
        .collect();
    channels.sort_by_key(|c| c.0);
    let nodes = graph.nodes().map(|(_, n)| (n.id(), n.announced_at()));
    let mut nodes: Vec<_> = nodes.collect();
    nodes.sort_unstable();
    (channels, nodes)
}

#[test]
fn messages_during_a_load_give_the_same_graph() {
    let network = Network::new(600);
    let mut expected = graph();
    network.apply(&mut expected);
    let expected = contents(&expected);

    for seed in 0..10 {
        let mut random = Random(seed);
        let mut graph = graph();
        // The load goes in order; live messages are any of the same, at any time, over and over.
        for loaded in &network.channels {
            let live = random.below(600) as usize;
            for message in [loaded, &network.channels[live]] {
                let got = graph.apply_channel(at(0), message, None);
                assert!(matches!(got, Ok(_) | Err(ApplyError::KnownChannel(_))));
            }
            for _ in 0..4 {
                let live = random.below(1200) as usize;
                let _ = graph.apply_update(at(0), &network.updates[live]);
                let live = random.below(200) as usize;
                let _ = graph.apply_node(at(0), &network.nodes[live]);
            }
        }
        for update in &network.updates {
            let _ = graph.apply_update(at(0), update);
        }
        for node in &network.nodes {
            let _ = graph.apply_node(at(0), node);
        }
        graph.check_invariants();
        assert_eq!(contents(&graph), expected, "seed {seed}");
    }
}

#[test]
fn a_load_that_is_given_up_leaves_a_sound_graph() {
    let network = Network::new(300);
    for given_up_after in [0, 1, 150, 299] {
        let mut graph = graph();
        for message in network.channels.iter().take(given_up_after) {
            graph.apply_channel(at(0), message, None).unwrap();
        }
        graph.check_invariants();
        // Whatever is missing comes later.
        for message in &network.channels {
            let _ = graph.apply_channel(at(0), message, None);
        }
        assert_eq!(graph.channel_count(), 300);
    }
}
