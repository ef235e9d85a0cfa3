//! Any order of additions, updates and removals against plain maps; stale handles.

extern crate alloc;

mod common;

use alloc::collections::{BTreeMap, BTreeSet};
use std::collections::HashMap;

use common::{announcement, at, graph, node_announcement, node_id, terms, update};
use lnwire::{ShortChannelId, Timestamp, bolt7::channel_update};
use proptest::prelude::*;
use routemap::{ApplyError, ChannelHandle, Config, Direction, Graph, NodeHandle};

#[derive(Clone, Debug)]
enum Op {
    Channel {
        scid: u64,
        nodes: (u32, u32),
        capacity: Option<u64>,
    },
    Update {
        scid: u64,
        direction: Direction,
        timestamp: u32,
        fee: u32,
        signer: Option<u32>,
    },
    Node {
        node: u32,
        timestamp: u32,
    },
    Capacity {
        scid: u64,
        sat: u64,
    },
    Remove {
        scid: u64,
    },
    Wait {
        seconds: u64,
    },
}

const SCIDS: u64 = 12;
const NODES: u32 = 7;

fn op() -> impl Strategy<Value = Op> {
    let scid = 0..SCIDS;
    prop_oneof![
        4 => (scid.clone(), (0..NODES, 0..NODES), prop::option::of(1..9_u64))
            .prop_map(|(scid, nodes, capacity)| Op::Channel { scid, nodes, capacity }),
        4 => (scid.clone(), any::<bool>(), 0..6_u32, any::<u32>(), prop::option::weighted(0.2, 0..NODES))
            .prop_map(|(scid, two, timestamp, fee, signer)| Op::Update {
                scid, direction: Direction::from_bit(two.into()), timestamp, fee, signer,
            }),
        1 => (0..NODES, 0..6_u32).prop_map(|(node, timestamp)| Op::Node { node, timestamp }),
        1 => (scid.clone(), 0..9_u64).prop_map(|(scid, sat)| Op::Capacity { scid, sat }),
        3 => scid.prop_map(|scid| Op::Remove { scid }),
        2 => (0..400_u64).prop_map(|seconds| Op::Wait { seconds }),
    ]
}

#[derive(Debug)]
struct ModelChannel {
    handle: ChannelHandle,
    nodes: [u32; 2],
    capacity: Option<u64>,
    /// Timestamp and fee of each direction.
    policies: [Option<(u32, u32)>; 2],
}

#[derive(Debug, Default)]
struct Model {
    now: u64,
    channels: BTreeMap<u64, ModelChannel>,
    announced_at: BTreeMap<u32, u32>,
    node_handles: BTreeMap<u32, NodeHandle>,
    channels_freed_at: HashMap<ChannelHandle, u64>,
    nodes_freed_at: HashMap<NodeHandle, u64>,
}

impl Model {
    fn nodes(&self) -> BTreeSet<u32> {
        self.channels.values().flat_map(|c| c.nodes).collect()
    }

    fn apply(&mut self, graph: &mut Graph, op: &Op) {
        let now = at(self.now);
        match *op {
            Op::Channel {
                scid,
                nodes: (one, two),
                capacity,
            } => {
                let got = graph.apply_channel(now, &announcement(scid, one, two), capacity);
                if one >= two {
                    assert_eq!(got, Err(ApplyError::NodeOrder));
                } else if let Some(known) = self.channels.get(&scid) {
                    assert_eq!(
                        got,
                        Err(match known.nodes == [one, two] {
                            true => ApplyError::KnownChannel(known.handle),
                            false => ApplyError::Conflict(known.handle),
                        })
                    );
                } else {
                    self.added(graph, scid, [one, two], capacity, got.unwrap());
                }
            }
            Op::Update {
                scid,
                direction,
                timestamp,
                fee,
                signer,
            } => {
                self.update(graph, scid, direction, (timestamp, fee), signer);
            }
            Op::Node { node, timestamp } => {
                let got = graph.apply_node(now, &node_announcement(node, timestamp));
                let stored = self.announced_at.get(&node).copied();
                match self.node_handles.get(&node) {
                    None => assert_eq!(got, Err(ApplyError::UnknownNode(node_id(node)))),
                    Some(_) if stored.is_some_and(|stored| stored >= timestamp) => {
                        assert!(matches!(got, Err(ApplyError::NotNewer { .. })));
                    }
                    Some(handle) => {
                        assert_eq!(got, Ok(*handle));
                        self.announced_at.insert(node, timestamp);
                    }
                }
            }
            Op::Capacity { scid, sat } => {
                if let Some(channel) = self.channels.get_mut(&scid) {
                    assert!(graph.set_capacity(channel.handle, sat));
                    channel.capacity = Some(sat).filter(|sat| *sat > 0);
                }
            }
            Op::Remove { scid } => self.remove(graph, scid),
            Op::Wait { seconds } => self.now += seconds,
        }
    }

    fn added(
        &mut self,
        graph: &Graph,
        scid: u64,
        nodes: [u32; 2],
        capacity: Option<u64>,
        handle: ChannelHandle,
    ) {
        let rest = Config::QUARANTINE.as_secs();
        if let Some(freed_at) = self.channels_freed_at.remove(&handle) {
            assert!(self.now - freed_at >= rest, "reused too early");
        }
        for node in nodes {
            let handle = graph.node_by_id(&node_id(node)).unwrap();
            match self.node_handles.get(&node) {
                Some(known) => assert_eq!(handle, *known),
                None => {
                    if let Some(freed_at) = self.nodes_freed_at.remove(&handle) {
                        assert!(self.now - freed_at >= rest, "reused too early");
                    }
                    self.node_handles.insert(node, handle);
                }
            }
        }
        let channel = ModelChannel {
            handle,
            nodes,
            capacity,
            policies: [None; 2],
        };
        self.channels.insert(scid, channel);
    }

    fn update(
        &mut self,
        graph: &mut Graph,
        scid: u64,
        direction: Direction,
        (timestamp, fee): (u32, u32),
        signer: Option<u32>,
    ) {
        let side = usize::from(direction.bit());
        let known = self.channels.get_mut(&scid);
        let right = known.as_ref().map_or(0, |c| c.nodes[side]);
        let signer = signer.unwrap_or(right);
        let contents = channel_update::Contents {
            fee_base_msat: fee,
            ..terms(scid, direction, timestamp)
        };
        let got = graph.apply_update(at(self.now), &update(contents, signer));
        let Some(known) = known else {
            assert_eq!(got, Err(ApplyError::UnknownChannel(ShortChannelId(scid))));
            return;
        };
        match known.policies[side] {
            _ if signer != right => assert!(matches!(got, Err(ApplyError::WrongSigner { .. }))),
            Some((stored, _)) if stored >= timestamp => assert_eq!(
                got,
                Err(ApplyError::NotNewer {
                    stored: Timestamp(stored),
                    offered: Timestamp(timestamp)
                })
            ),
            _ => {
                assert_eq!(got, Ok(known.handle));
                known.policies[side] = Some((timestamp, fee));
            }
        }
    }

    fn remove(&mut self, graph: &mut Graph, scid: u64) {
        let Some(channel) = self.channels.remove(&scid) else {
            return;
        };
        let removed = graph.remove_channel(at(self.now), channel.handle).unwrap();
        assert_eq!(removed.channel.short_channel_id(), ShortChannelId(scid));
        self.channels_freed_at.insert(channel.handle, self.now);
        let left = self.nodes();
        for (side, node) in channel.nodes.into_iter().enumerate() {
            let gone = removed.nodes[side].map(|(handle, node)| (handle, node.id()));
            if left.contains(&node) {
                assert_eq!(gone, None);
            } else {
                let handle = self.node_handles.remove(&node).unwrap();
                assert_eq!(gone, Some((handle, node_id(node))));
                self.announced_at.remove(&node);
                self.nodes_freed_at.insert(handle, self.now);
            }
        }
    }

    fn check(&self, graph: &Graph) {
        let nodes = self.nodes();
        assert_eq!(graph.channel_count(), self.channels.len());
        assert_eq!(graph.node_count(), nodes.len());
        let policies = self.channels.values().flat_map(|c| c.policies);
        assert_eq!(graph.policy_count(), policies.flatten().count());
        assert_eq!(graph.channels().count(), self.channels.len());
        assert_eq!(graph.nodes().count(), nodes.len());
        for handle in self.channels_freed_at.keys() {
            assert_eq!(graph.channel(*handle), None);
            assert_eq!(graph.channel_generation(*handle), None);
        }
        for handle in self.nodes_freed_at.keys() {
            assert_eq!(graph.node(*handle), None);
            assert_eq!(graph.channels_of(*handle).count(), 0);
        }
        for scid in 0..SCIDS {
            let handle = graph.channel_by_scid(ShortChannelId(scid));
            assert_eq!(handle, self.channels.get(&scid).map(|c| c.handle));
        }
        for (scid, known) in &self.channels {
            self.check_channel(graph, *scid, known);
        }
        for node in 0..NODES {
            let handle = graph.node_by_id(&node_id(node));
            assert_eq!(handle, self.node_handles.get(&node).copied());
            assert_eq!(handle.is_some(), nodes.contains(&node));
            let Some(handle) = handle else { continue };
            self.check_node(graph, node, handle);
        }
    }

    fn check_channel(&self, graph: &Graph, scid: u64, known: &ModelChannel) {
        let channel = graph.channel(known.handle).unwrap();
        assert_eq!(channel.short_channel_id(), ShortChannelId(scid));
        assert_eq!(channel.capacity_sat(), known.capacity);
        assert_eq!(
            channel.nodes(),
            known.nodes.map(|node| self.node_handles[&node])
        );
        for direction in Direction::BOTH {
            let policy = channel.policy(direction);
            let policy = policy.map(|p| (p.timestamp().0, p.fee_base_msat()));
            assert_eq!(policy, known.policies[usize::from(direction.bit())]);
        }
    }

    fn check_node(&self, graph: &Graph, number: u32, handle: NodeHandle) {
        let node = graph.node(handle).unwrap();
        assert_eq!(node.id(), node_id(number));
        let announced_at = self.announced_at.get(&number).copied().map(Timestamp);
        assert_eq!(node.announced_at(), announced_at);
        let of: Vec<_> = graph.channels_of(handle).map(|(h, _)| h).collect();
        assert_eq!(node.channel_count() as usize, of.len());
        let theirs = self.channels.values().filter(|c| c.nodes.contains(&number));
        let expected: BTreeSet<_> = theirs.map(|c| c.handle).collect();
        assert_eq!(of.len(), expected.len());
        assert_eq!(of.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_of_messages_gives_what_the_model_says(ops in prop::collection::vec(op(), 1..150)) {
        let mut graph = graph();
        let mut model = Model::default();
        for op in &ops {
            model.apply(&mut graph, op);
            model.check(&graph);
        }
    }
}
