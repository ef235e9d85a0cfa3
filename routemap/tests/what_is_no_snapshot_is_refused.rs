//! Whatever bytes are no snapshot that this crate wrote, they are refused, or a sound graph.

mod common;
mod snapshot_common;

use std::sync::LazyLock;

use common::{Random, at};
use proptest::prelude::*;
use routemap::{ChainHash, Config, Graph, SnapshotError, SnapshotPart};
use snapshot_common::{
    COUNTS_AT, NODES_AT, VERSION_AT, WALL, config, full, read, sealed, snapshot,
};

#[test]
fn the_bounds_are_those_of_the_new_configuration() {
    let graph = full();
    let bytes = snapshot(&graph);
    let load = |config| Graph::from_snapshot(config, at(0), WALL, &bytes);
    let most = Config {
        max_channels: graph.channel_count() as u32,
        max_zombies: 3,
        ..config()
    };
    let again = load(most.clone()).unwrap();
    again.check_invariants();
    assert_eq!(again.zombie_count(), 3);
    let limit = most.max_channels - 1;
    let few = Config {
        max_channels: limit,
        ..most
    };
    let refused = load(few).map(|_| ());
    assert_eq!(refused, Err(SnapshotError::TooManyChannels { limit }));
    let tiny = Config {
        max_channels: 1,
        ..config()
    };
    let refused = load(tiny).map(|_| ());
    assert_eq!(refused, Err(SnapshotError::TooManyChannels { limit: 1 }));
    let found = ChainHash::REGTEST;
    let refused = load(Config::new(ChainHash::MAINNET, 1)).map(|_| ());
    assert_eq!(refused, Err(SnapshotError::WrongChain { found }));
}

#[test]
fn other_versions_are_refused_by_name() {
    let mut bytes = snapshot(&full());
    for found in [0, 1, 3, u32::MAX] {
        bytes[VERSION_AT..VERSION_AT + 4].copy_from_slice(&found.to_le_bytes());
        let refused = read(&sealed(bytes.clone())).map(|_| ());
        assert_eq!(refused, Err(SnapshotError::Version { expected: 2, found }));
    }
    let refused = read(b"\x10gossip_store").map(|_| ());
    assert_eq!(refused, Err(SnapshotError::NotASnapshot));
}

#[test]
fn any_flipped_byte_is_noticed_and_any_cut() {
    let bytes = snapshot(&full());
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let error = read(&flipped).map(|_| ()).unwrap_err();
        match at {
            0..8 => assert_eq!(error, SnapshotError::NotASnapshot),
            8..12 => assert!(matches!(error, SnapshotError::Version { .. })),
            COUNTS_AT..NODES_AT => assert!(matches!(error, SnapshotError::Length { .. })),
            _ => assert!(matches!(error, SnapshotError::Checksum { .. })),
        }
    }
    for end in 0..bytes.len() {
        let error = read(&bytes[..end]).map(|_| ()).unwrap_err();
        let found = end as u64;
        match error {
            SnapshotError::NotASnapshot => assert!(end < 8),
            SnapshotError::Length { found: len, .. } => assert_eq!(len, found),
            other => panic!("{other:?}"),
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(matches!(read(&longer), Err(SnapshotError::Length { .. })));
}

/// Offsets of the parts of this snapshot, by the sizes of their entries.
fn parts(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let sizes = [46, 96, 4, 4, 21, 101, 40, 28, 12, 33];
    let mut begin = NODES_AT;
    let counts = bytes[COUNTS_AT..NODES_AT].chunks_exact(4);
    let counts = counts.map(|c| u32::from_le_bytes(c.try_into().unwrap()) as usize);
    let parts = counts.zip(sizes).map(|(count, size)| {
        let part = (begin, size, count);
        begin += size * count;
        part
    });
    parts.collect()
}

#[test]
fn records_that_contradict_each_other_are_refused() {
    use SnapshotPart::{
        Channels, Dying, Header, NodeOffsets, Nodes, Outpoints, OwnNodes, RestingChannels,
        RestingNodes, Zombies,
    };
    let bytes = snapshot(&full());
    let parts = parts(&bytes);
    assert_eq!(parts[9].0 + 2 * 33 + 4, bytes.len());
    let entry = |part: usize, number: usize| parts[part].0 + number * parts[part].1;
    let copy = |from: usize, to: usize, len: usize| {
        let mut bytes = bytes.clone();
        bytes.copy_within(from..from + len, to);
        bytes
    };
    let set = |at: usize, value: &[u8]| {
        let mut bytes = bytes.clone();
        assert_ne!(&bytes[at..at + value.len()], value);
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    let cases = [
        (copy(entry(0, 0), entry(0, 1), 33), Nodes, "an id twice"),
        (set(entry(0, 0) + 33, &[2]), Nodes, "a flag that is none"),
        (set(entry(0, 0) + 38, &[0; 4]), Nodes, "no channels"),
        (
            set(entry(0, 0) + 38, &[0xff; 4]),
            Channels,
            "too many channels",
        ),
        (set(entry(0, 0) + 42, &[2]), Nodes, "free, with channels"),
        (
            copy(entry(1, 0), entry(1, 1), 8),
            Channels,
            "a short channel id twice",
        ),
        (set(entry(1, 0) + 15, &[4]), Channels, "a flag that is none"),
        (set(entry(1, 0) + 15, &[2]), Channels, "unrouted, not dying"),
        (
            set(entry(1, 0) + 42, &[5]),
            Channels,
            "terms' flag that is none",
        ),
        (set(entry(1, 0) + 42, &[0]), Channels, "terms that are none"),
        (set(entry(1, 0) + 43, &[1]), Channels, "terms' spare byte"),
        (set(entry(1, 0) + 80, &[0xff; 4]), Channels, "no such node"),
        (
            copy(entry(1, 0) + 80, entry(1, 0) + 84, 4),
            Channels,
            "the same node twice",
        ),
        (
            copy(entry(1, 1) + 80, entry(1, 0) + 80, 8),
            Channels,
            "nodes that have fewer channels, and others that have more",
        ),
        (set(entry(1, 0) + 92, &[2]), Channels, "free, and in lists"),
        (
            copy(entry(2, 0), entry(2, 1), 4),
            RestingNodes,
            "rests twice",
        ),
        (
            set(entry(2, 0), &[0; 4]),
            RestingNodes,
            "rests, and is there",
        ),
        (
            set(entry(3, 0), &[0xff; 4]),
            RestingChannels,
            "no such slot",
        ),
        (copy(entry(4, 0), entry(4, 1), 8), Dying, "dies twice"),
        (set(entry(4, 0), &[1; 8]), Dying, "dies, and is not there"),
        (set(entry(4, 0) + 12, &[9]), Dying, "no such reason"),
        (copy(entry(5, 0), entry(5, 1), 8), Zombies, "dead twice"),
        (
            copy(entry(1, 0), entry(5, 0), 8),
            Zombies,
            "dead, and is there",
        ),
        (set(entry(5, 0) + 92, &[0]), Zombies, "not to be remembered"),
        (
            set(entry(5, 0) + 90, &[2]),
            Zombies,
            "neither true nor false",
        ),
        (
            copy(entry(6, 0), entry(6, 1), 4),
            Outpoints,
            "two outpoints",
        ),
        (
            copy(entry(3, 0), entry(6, 0), 4),
            Outpoints,
            "of a free slot",
        ),
        (
            copy(entry(3, 0), entry(7, 0), 4),
            SnapshotPart::ChannelOffsets,
            "of a free slot",
        ),
        (
            copy(entry(2, 0), entry(8, 0), 4),
            NodeOffsets,
            "of a free slot",
        ),
        (
            copy(entry(9, 0), entry(9, 1), 33),
            OwnNodes,
            "the same node twice",
        ),
        (set(56, &[0xff; 8]), Header, "no such height"),
        (set(64, &[0xff; 8]), Header, "no room for changes to come"),
    ];
    for (bytes, part, what) in cases {
        let error = read(&sealed(bytes)).map(|_| ());
        assert_eq!(error, Err(SnapshotError::Inconsistent(part)), "{what}");
    }
}

static FULL: LazyLock<Vec<u8>> = LazyLock::new(|| snapshot(&full()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whoever writes the file can make the checksum right. What is taken then is a graph, and written again it is
    /// the same.
    #[test]
    fn whatever_the_bytes_a_graph_holds_together_or_there_is_none(
        seed in any::<u64>(),
        changes in 1..6_usize,
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut bytes = FULL.clone();
        let mut random = Random(seed);
        for _ in 0..changes {
            let at = VERSION_AT + 4 + random.below(bytes.len() as u64 - 16) as usize;
            bytes[at] = random.next() as u8;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(mut graph) = read(&sealed(bytes)) {
            graph.check_invariants();
            let again = read(&snapshot(&graph)).unwrap();
            assert_eq!(snapshot(&again), snapshot(&graph));
            // It works: everything can go.
            let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
            for handle in handles {
                graph.remove_channel(at(0), handle).unwrap();
            }
            graph.check_invariants();
            assert_eq!(graph.node_count(), 0);
        }
    }
}
