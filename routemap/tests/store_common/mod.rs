//! A node with a graph and a store, on a disk of memory.
#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

extern crate alloc;

use alloc::collections::BTreeMap;

use lnwire::{
    BlockHeight, NodeId, ShortChannelId, Timestamp, Verified, WireMessage, bolt7::NodeAnnouncement,
};
use proptest::prelude::*;
use routemap::{
    Direction, Graph, Policy,
    lnwire::bolt7::channel_update,
    store::{Batch, Compaction, Loaded, Records, Store, load},
};

use crate::common::{announcement, at, graph, node_announcement, node_id, terms, update};

/// What happens to a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// A channel with this number comes, and perhaps its capacity is known.
    Channel(u8, Option<u32>),
    /// An update for it, with this maximum.
    Update(u8, bool, u32),
    /// The announcement of a node.
    Node(u8),
    Remove(u8),
    Dying(u8),
    NotDying(u8),
    Compact,
    Restart,
}

pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let channel = 0..12_u8;
    let op = prop_oneof![
        4 => (channel.clone(), proptest::option::of(1..9_u32)).prop_map(|(c, sat)| Op::Channel(c, sat)),
        8 => (channel.clone(), any::<bool>(), 1000..9000_u32).prop_map(|(c, d, m)| Op::Update(c, d, m)),
        4 => (0..6_u8).prop_map(Op::Node),
        2 => channel.clone().prop_map(Op::Remove),
        1 => channel.clone().prop_map(Op::Dying),
        1 => channel.prop_map(Op::NotDying),
        1 => Just(Op::Compact),
        1 => Just(Op::Restart),
    ];
    proptest::collection::vec(op, 1..60)
}

/// Nodes, capacity, terms.
pub(crate) type Channel = ([NodeId; 2], Option<u64>, [Option<Policy>; 2]);

/// All that a graph says of its channels and nodes, without handles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contents {
    pub(crate) channels: BTreeMap<ShortChannelId, Channel>,
    pub(crate) nodes: BTreeMap<NodeId, Option<Timestamp>>,
}

pub(crate) fn contents(graph: &Graph) -> Contents {
    let mut contents = Contents::default();
    for (_, channel) in graph.channels() {
        let ids = channel.nodes().map(|n| graph.node(n).unwrap().id());
        let policies = Direction::BOTH.map(|d| channel.policy(d));
        contents.channels.insert(
            channel.short_channel_id(),
            (ids, channel.capacity_sat(), policies),
        );
    }
    for (_, node) in graph.nodes() {
        contents.nodes.insert(node.id(), node.announced_at());
    }
    contents
}

/// A graph, its store, and the file.
pub(crate) struct Node {
    pub(crate) graph: Graph,
    pub(crate) store: Store,
    pub(crate) batch: Batch,
    pub(crate) file: Vec<u8>,
    /// The file before, when it was replaced, with its end.
    pub(crate) old_file: Option<Vec<u8>>,
    clock: u32,
    files: u8,
}

impl Node {
    pub(crate) fn new() -> Self {
        let (mut batch, mut file) = (Batch::default(), Vec::new());
        let store = Store::create([0; 32], &mut batch);
        batch.apply_to(&mut file);
        batch.clear();
        Self {
            graph: graph(),
            store,
            batch,
            file,
            old_file: None,
            clock: 1,
            files: 0,
        }
    }

    /// Does it, in graph, store and file.
    pub(crate) fn run(&mut self, op: Op) {
        self.prepare(op);
        self.carry_out();
    }

    pub(crate) fn carry_out(&mut self) {
        self.batch.apply_to(&mut self.file);
        self.batch.clear();
        assert_eq!(self.file.len() as u64, self.store.len());
    }

    /// Does it, but for the file.
    pub(crate) fn prepare(&mut self, op: Op) {
        self.clock += 1;
        let (graph, store, batch) = (&mut self.graph, &mut self.store, &mut self.batch);
        let handle_of = |graph: &Graph, number: u8| graph.channel_by_scid(scid(number));
        match op {
            Op::Channel(number, sat) => {
                let [one, two] = nodes(number);
                let message = announcement(scid(number).0, one, two);
                if let Ok(handle) = graph.apply_channel(at(0), &message, sat.map(u64::from)) {
                    store
                        .insert_channel(graph, handle, &message, batch)
                        .unwrap();
                }
            }
            Op::Update(number, side, maximum) => {
                let direction = Direction::from_bit(side.into());
                let contents = channel_update::Contents {
                    htlc_maximum_msat: lnwire::Msat(maximum.into()),
                    ..terms(scid(number).0, direction, self.clock)
                };
                let message = update(contents, nodes(number)[usize::from(side)]);
                if let Ok(handle) = graph.apply_update(at(0), &message) {
                    store.insert_update(graph, handle, &message, batch).unwrap();
                }
            }
            Op::Node(number) => {
                let message = node_announcement(number.into(), self.clock);
                if let Ok(handle) = graph.apply_node(at(0), &message) {
                    store.insert_node(graph, handle, &message, batch).unwrap();
                }
            }
            Op::Remove(number) => {
                if let Some(handle) = handle_of(graph, number) {
                    let removed = graph.remove_channel(at(0), handle).unwrap();
                    let misplaced = store.remove_channel(graph, &removed, batch).unwrap();
                    for node in misplaced.into_iter().flatten() {
                        let mut file = self.file.clone();
                        batch.apply_to(&mut file);
                        let message = message_at(&file, store.node(node).unwrap());
                        let message = NodeAnnouncement::decode(message.into()).unwrap();
                        let message = Verified::trust_without_checking(message, ());
                        store.insert_node(graph, node, &message, batch).unwrap();
                    }
                }
            }
            Op::Dying(number) => {
                if let Some(handle) = handle_of(graph, number) {
                    let deadline = BlockHeight(number.into());
                    store.mark_dying(graph, handle, deadline, batch).unwrap();
                }
            }
            Op::NotDying(number) => {
                if let Some(handle) = handle_of(graph, number) {
                    store.unmark_dying(handle, batch);
                }
            }
            Op::Compact => self.compact(),
            Op::Restart => self.restart(),
        }
    }

    fn compact(&mut self) {
        self.carry_out();
        self.files += 1;
        let (mut batch, mut file) = (Batch::default(), Vec::new());
        let mut compaction = Compaction::new([self.files; 32], &mut batch);
        for record in Records::new(self.file.clone().into()).unwrap() {
            compaction
                .copy(&self.graph, &record.unwrap(), &mut batch)
                .unwrap();
        }
        let old = Some(&mut self.store);
        let new = compaction.finish(&self.graph, old, &mut batch).unwrap();
        batch.apply_to(&mut file);
        let old = core::mem::replace(&mut self.store, new);
        old.end(&self.store, &mut self.batch);
        self.batch.apply_to(&mut self.file);
        self.batch.clear();
        self.old_file = Some(core::mem::replace(&mut self.file, file));
    }

    /// Starts again with what is in the file, which must be all that is not waiting.
    fn restart(&mut self) {
        self.store
            .write_waiting(&self.graph, &mut self.batch)
            .unwrap();
        self.carry_out();
        let before = contents(&self.graph);
        let live = (self.store.live_records(), self.store.dead_records());
        let loaded = self.load();
        assert_eq!(contents(&self.graph), before);
        assert_eq!((loaded.report.refused, loaded.report.damaged), (0, 0));
        assert_eq!(
            (loaded.len, loaded.repairs.len()),
            (self.file.len() as u64, 0)
        );
        self.store = loaded.store.unwrap();
        let again = (self.store.live_records(), self.store.dead_records());
        assert_eq!(again, live);
    }

    /// Fills a new graph from the file.
    pub(crate) fn load(&mut self) -> Loaded {
        self.graph = graph();
        load(&mut self.graph, at(0), self.file.clone().into()).unwrap()
    }
}

fn message_at(file: &[u8], at: u64) -> Vec<u8> {
    let record = &file[at as usize..];
    let len = u16::from_be_bytes([record[2], record[3]]);
    record[12..][..len.into()].to_vec()
}

pub(crate) fn scid(number: u8) -> ShortChannelId {
    ShortChannelId(u64::from(number) + 1)
}

/// Six nodes, few enough that channels share them.
pub(crate) fn nodes(number: u8) -> [u32; 2] {
    let number = u32::from(number);
    let (one, two) = (number % 6, (number + 1 + number / 6) % 6);
    [one.min(two), one.max(two)]
}

pub(crate) fn id(number: u32) -> NodeId {
    node_id(number)
}
