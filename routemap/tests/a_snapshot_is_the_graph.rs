//! A graph that is made of a snapshot is the one that was written; whatever else the bytes are, they are refused.
//!
//! That it is the same in every respect, after any events and before any others, is part of
//! `graph_agrees_with_a_naive_model`.

mod common;

use std::sync::LazyLock;

use common::{Network, Random, announcement, at, graph, node, node_id, terms, update};
use proptest::prelude::*;
use routemap::{
    ChainHash, Config, Direction, Graph, Outpoint, Reason, ShortChannelId, SnapshotError,
    SnapshotPart, Spent, SpentOutput, Timestamp, lnwire::BlockHeight,
};

const WALL: Timestamp = Timestamp(1_700_000_000);
const DAY: u64 = 24 * 60 * 60;
/// Of the header: where the version, the numbers of entries and the entries begin.
const VERSION_AT: usize = 8;
const COUNTS_AT: usize = 72;
const NODES_AT: usize = 112;

fn config() -> Config {
    Config::new(ChainHash::REGTEST, common::SEED)
}

fn snapshot(graph: &Graph) -> Vec<u8> {
    let mut bytes = Vec::new();
    graph.write_snapshot(at(0), WALL, &mut bytes);
    bytes
}

fn read(bytes: &[u8]) -> Result<Graph, SnapshotError> {
    Graph::from_snapshot(config(), at(0), WALL, bytes)
}

/// The bytes with the checksum that they should have.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len().saturating_sub(4);
    let checksum = crc32c::crc32c(&bytes[..end]);
    bytes.truncate(end);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// A graph that has an entry at least in each part of its snapshot.
fn full() -> Graph {
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

fn outpoint(number: u32) -> Outpoint {
    Outpoint {
        txid: [number as u8; 32],
        index: number,
    }
}

#[test]
fn all_that_was_told_is_there_again() {
    let graph = full();
    let bytes = snapshot(&graph);
    for count in bytes[COUNTS_AT..NODES_AT].chunks_exact(4) {
        assert_ne!(count, [0; 4], "each part has an entry");
    }
    // By another seed: it is not in the file.
    let other = Config {
        seed: 3,
        ..config()
    };
    let again = Graph::from_snapshot(other, at(0), WALL, &bytes).unwrap();
    again.check_invariants();
    assert_eq!(snapshot(&again), bytes);
    assert!(again.channels().eq(graph.channels()));
    assert_eq!(again.policy_count(), graph.policy_count());
    assert_eq!(again.block_height(), graph.block_height());
    assert_eq!(again.dying_count(), 2);
    assert_eq!(again.zombie_count(), graph.zombie_count());
    assert_eq!(again.cursor(), graph.cursor());
    for (handle, channel) in graph.channels() {
        let id = channel.short_channel_id();
        assert_eq!(again.channel_by_scid(id), Some(handle));
        assert_eq!(again.dying_reason(handle), graph.dying_reason(handle));
        assert_eq!(again.outpoint(handle), graph.outpoint(handle));
        let offset = graph.announcement_offset(handle);
        assert_eq!(again.announcement_offset(handle), offset);
        for direction in Direction::BOTH {
            let offset = graph.update_offset(handle, direction);
            assert_eq!(again.update_offset(handle, direction), offset);
        }
    }
    for (handle, node) in graph.nodes() {
        assert_eq!(again.node_by_id(&node.id()), Some(handle));
        let announced_at = again.node(handle).and_then(|n| n.announced_at());
        assert_eq!(announced_at, node.announced_at());
        assert_eq!(again.node_offset(handle), graph.node_offset(handle));
        let channels = graph.channels_of(handle);
        assert!(again.channels_of(handle).eq(channels), "in the same order");
    }
}

#[test]
fn it_is_about_as_small_when_it_is_made_again() {
    let mut graph = graph();
    Network::new(3000).apply(&mut graph);
    let again = read(&snapshot(&graph)).unwrap();
    // Without the history.
    assert!(again.heap_bytes() <= graph.heap_bytes());
}

#[test]
fn an_empty_graph_is_one_too() {
    let again = read(&snapshot(&graph())).unwrap();
    again.check_invariants();
    assert_eq!(again.channel_count(), 0);
}

#[test]
fn ages_go_on_by_the_wall_clock_whatever_the_epoch() {
    let mut graph = graph();
    let stale = announcement(1, 1, 2);
    let handle = graph.apply_channel(at(1000), &stale, None).unwrap();
    graph.add_zombie(at(2000), ShortChannelId(9), Reason::BadFunding);
    let mut bytes = Vec::new();
    graph.write_snapshot(at(5000), WALL, &mut bytes);
    let later = Timestamp(WALL.0 + 100);
    for now in [200, 5000, 50 * DAY] {
        let graph = Graph::from_snapshot(config(), at(now), later, &bytes).unwrap();
        let age = graph.channel(handle).unwrap().age(at(now));
        assert_eq!(age.as_secs(), 4100);
        // It came before the epoch, if that is late: an instant cannot say so.
        let since = graph.zombie(ShortChannelId(9)).unwrap().since;
        assert_eq!(since, at(now.saturating_sub(3100)));
    }
    // A wall clock that went back makes nothing younger.
    let early = Timestamp(WALL.0 - 500);
    let graph = Graph::from_snapshot(config(), at(10_000), early, &bytes).unwrap();
    assert_eq!(
        graph.channel(handle).unwrap().age(at(10_000)).as_secs(),
        4000
    );
}

#[test]
fn the_clock_is_known_at_once() {
    let mut graph = graph();
    graph
        .apply_channel(at(0), &announcement(1, 1, 2), None)
        .unwrap();
    let mut again = read(&snapshot(&graph)).unwrap();
    let late = terms(1, Direction::OneToTwo, WALL.0 + 15 * DAY as u32);
    assert!(again.apply_update(at(0), &update(late, 1)).is_err());
    let fresh = terms(1, Direction::OneToTwo, WALL.0 + 13 * DAY as u32);
    again.apply_update(at(0), &update(fresh, 1)).unwrap();
}

#[test]
fn free_slots_rest_from_the_restart_on() {
    let mut graph = graph();
    let channel = announcement(1, 1, 2);
    let gone = graph.apply_channel(at(0), &channel, None).unwrap();
    graph.remove_channel(at(0), gone).unwrap();
    let rest = Config::QUARANTINE.as_secs();
    let bytes = snapshot(&graph);
    for (waited, is_again) in [(rest - 1, false), (rest, true)] {
        let restart = 10 * rest;
        let mut graph = Graph::from_snapshot(config(), at(restart), WALL, &bytes).unwrap();
        let now = at(restart + waited);
        let next = graph.apply_channel(now, &channel, None).unwrap();
        assert_eq!(next == gone, is_again);
        assert_eq!(graph.channel_generation(gone), is_again.then_some(3));
    }
}

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
    for found in [0, 2, u32::MAX] {
        bytes[VERSION_AT..VERSION_AT + 4].copy_from_slice(&found.to_le_bytes());
        let refused = read(&sealed(bytes.clone())).map(|_| ());
        assert_eq!(refused, Err(SnapshotError::Version { expected: 1, found }));
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
    let sizes = [46, 104, 4, 4, 21, 101, 40, 28, 12, 33];
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
            Nodes,
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
            set(entry(1, 0) + 40, &[5]),
            Channels,
            "terms' flag that is none",
        ),
        (set(entry(1, 0) + 40, &[0]), Channels, "terms that are none"),
        (set(entry(1, 0) + 41, &[1]), Channels, "terms' spare byte"),
        (set(entry(1, 0) + 80, &[0xff; 4]), Channels, "no such node"),
        (
            copy(entry(1, 0) + 80, entry(1, 0) + 84, 4),
            Channels,
            "the same node twice",
        ),
        (set(entry(1, 0) + 88, &[0xff; 4]), Channels, "no such place"),
        (set(entry(1, 0) + 100, &[2]), Channels, "free, and in lists"),
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

#[test]
fn a_cursor_of_before_goes_on_or_has_missed_some() {
    let mut graph = full();
    let mut end = graph.cursor();
    let mut behind = routemap::Cursor::new(end.number() - 3);
    let bytes = snapshot(&graph);
    graph = read(&bytes).unwrap();
    assert_eq!(graph.next_change(&mut end), Ok(None));
    let missed = graph.next_change(&mut behind).unwrap_err();
    assert_eq!(missed.count, 3);
    let channel = announcement(3, 1, 2);
    graph.apply_channel(at(0), &channel, None).unwrap();
    // Two nodes and the channel.
    for cursor in [&mut end, &mut behind] {
        for _ in 0..3 {
            assert!(graph.next_change(cursor).unwrap().is_some());
        }
        assert_eq!(graph.next_change(cursor), Ok(None));
    }
    assert_eq!(graph.node(node(&graph, 1)).unwrap().id(), node_id(1));
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
