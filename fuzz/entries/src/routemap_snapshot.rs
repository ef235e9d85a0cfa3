//! A snapshot by somebody who can make checksums, too.

use lnwire::Instant;
use routemap::{ChainHash, Config, Graph, SnapshotError, Timestamp};

/// The input is a snapshot without its checksum.
///
/// # Panics
/// If what is taken is no sound graph, or is another one when it is written and read again.
pub fn routemap_snapshot(input: &[u8]) {
    let mut snapshot = input.to_vec();
    snapshot.extend(crc32c(input).to_le_bytes());
    let Ok(mut graph) = read(&snapshot) else {
        return;
    };
    graph.check_invariants();
    let written = write(&graph);
    let again = read(&written).expect("it was written just now");
    assert_eq!(write(&again), written);

    let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
    for handle in handles {
        let removed = graph.remove_channel(Instant::ZERO, handle);
        assert!(removed.is_some());
    }
    graph.check_invariants();
    assert_eq!(graph.node_count(), 0);
}

fn read(snapshot: &[u8]) -> Result<Graph, SnapshotError> {
    let config = Config::new(ChainHash::REGTEST, 0x5eed);
    Graph::from_snapshot(config, Instant::ZERO, WALL, snapshot)
}

fn write(graph: &Graph) -> Vec<u8> {
    let mut snapshot = Vec::new();
    graph.write_snapshot(Instant::ZERO, WALL, &mut snapshot);
    snapshot
}

/// Bit by bit, which is fast enough here.
fn crc32c(bytes: &[u8]) -> u32 {
    let with_bit = |crc: u32, _| (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
    let with_byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), with_bit);
    !bytes.iter().fold(u32::MAX, with_byte)
}

const WALL: Timestamp = Timestamp(1_700_000_000);
