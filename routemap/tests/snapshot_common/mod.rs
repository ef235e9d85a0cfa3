//! Snapshots for tests.
#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

use routemap::{
    ChainHash, Config, Direction, Graph, Outpoint, Reason, ShortChannelId, SnapshotError, Spent,
    SpentOutput, Timestamp, lnwire::BlockHeight,
};

use crate::common::{self, Network, announcement, at, graph};

pub(crate) const WALL: Timestamp = Timestamp(1_700_000_000);
pub(crate) const DAY: u64 = 24 * 60 * 60;
/// Of the header: where the version, the numbers of entries and the entries begin.
pub(crate) const VERSION_AT: usize = 8;
pub(crate) const COUNTS_AT: usize = 72;
pub(crate) const NODES_AT: usize = 112;

pub(crate) fn config() -> Config {
    Config::new(ChainHash::REGTEST, common::SEED)
}

pub(crate) fn snapshot(graph: &Graph) -> Vec<u8> {
    let mut bytes = Vec::new();
    graph.write_snapshot(at(0), WALL, &mut bytes);
    bytes
}

pub(crate) fn read(bytes: &[u8]) -> Result<Graph, SnapshotError> {
    Graph::from_snapshot(config(), at(0), WALL, bytes)
}

/// The bytes with the checksum that they should have.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len().saturating_sub(4);
    let checksum = crc32c::crc32c(&bytes[..end]);
    bytes.truncate(end);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// A graph that has an entry at least in each part of its snapshot.
pub(crate) fn full() -> Graph {
    let mut graph = graph();
    let network = Network::new(90);
    network.apply(&mut graph);
    let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
    let id = |i: usize| network.channels[i].short_channel_id();
    let spend = |channel, spliced_to| Spent {
        output: SpentOutput::Channel(channel),
        spliced_to,
    };
    let spent = [spend(id(1), None), spend(id(2), Some(ShortChannelId(77)))];
    graph
        .connect_block(at(0), BlockHeight(800_000), &spent)
        .unwrap();
    for (i, handle) in handles.iter().enumerate() {
        let offset = i as u64 * 1000;
        graph.set_capacity(at(0), *handle, offset);
        graph.set_announcement_offset(*handle, offset);
        graph.set_update_offset(*handle, Direction::TwoToOne, offset + 1);
        graph.set_outpoint(*handle, outpoint(i as u32));
    }
    let nodes: Vec<_> = graph.nodes().map(|(handle, n)| (handle, n.id())).collect();
    for (i, (handle, _)) in nodes.iter().enumerate() {
        graph.set_node_offset(*handle, i as u64 * 10);
    }
    graph.add_own_node(nodes[0].1);
    graph.add_own_node(nodes[9].1);
    for handle in &handles[40..50] {
        graph.remove_channel_because(at(0), *handle, Reason::Closed);
    }
    // A node that goes, and whose slot rests.
    let alone = announcement(1, 1, 2);
    let alone = graph.apply_channel(at(0), &alone, None).unwrap();
    graph.remove_channel_because(at(0), alone, Reason::Stale);
    graph
}

pub(crate) fn outpoint(number: u32) -> Outpoint {
    Outpoint {
        txid: [number as u8; 32],
        index: number,
    }
}
