//! What a reader finds in shared memory is the owner's graph; whatever else is in the memory does no harm.
#![cfg(all(feature = "shm", target_os = "linux"))]

mod common;

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{path::PathBuf, thread};

use common::{Network, Random, SEED, at, graph};
use proptest::prelude::*;
use routemap::{
    ApplyError, ChainHash, Config, Cursor, Graph, Hint, Msat, NodeId, OwnChannel, PrivateChannel,
    Query, Scratch, ShortChannelId, Timestamp, find_path,
    shm::{
        Host, Lease, LockFreeView, Owner, ReadError, Reader, Segment, SegmentReader, View,
        ViewError,
        lease::{self, Leases},
    },
};

#[test]
fn a_reader_finds_what_the_owner_has() {
    let folder = Folder::new("finds");
    let mut owner = owner(&folder);
    let network = Network::new(5000);
    let view = View::new(&folder.0, PATIENCE);
    owner.write(at(0), |graph| network.apply(graph)).unwrap();
    let mut cursor = Cursor::START;
    assert!(compare(&mut owner, &view, &mut cursor) > 0);
    // Records go and come, tables shrink and grow, long lists become short and long again.
    let mut random = Random(3);
    for round in 1..8_u64 {
        owner
            .write(at(round * 1000), |graph| {
                let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
                for handle in handles {
                    if random.below(8) < round % 4 * 2 {
                        graph.remove_channel(at(round * 1000), handle);
                    }
                }
                for channel in &network.channels {
                    if random.below(2) == 0 {
                        let _is_there = graph.apply_channel(at(round * 1000), channel, Some(7));
                    }
                }
            })
            .unwrap();
        compare(&mut owner, &view, &mut cursor);
    }
    // What was let go of is used again.
    assert!(owner.shared_bytes() <= 2 * owner.graph().heap_bytes() + (2 << 20));
}

#[test]
fn a_graph_in_shared_memory_is_as_on_the_heap() {
    let folder = Folder::new("as-on-the-heap");
    let mut owner = owner(&folder);
    let network = Network::new(2500);
    let mut on_heap = graph();
    network.apply(&mut on_heap);
    owner.write(at(0), |graph| network.apply(graph)).unwrap();
    owner.graph().check_invariants();
    assert!(on_heap.channels().eq(owner.graph().channels()));
    assert!(on_heap.policies().eq(owner.graph().policies()));
    let timestamps = on_heap.policies().map(|(_, _, p)| p.timestamp());
    assert!(timestamps.min() > Some(Timestamp(0)));
    for update in &network.updates {
        let refused = owner.write(at(1), |graph| graph.apply_update(at(1), update));
        let refused = refused.unwrap();
        assert!(
            matches!(refused, Err(ApplyError::NotNewer { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_graph_from_elsewhere_is_not_shared() {
    let folder = Folder::new("elsewhere");
    let mut owner = owner(&folder);
    assert!(owner.is_shared());
    let ours = owner
        .write(at(0), |theirs| core::mem::replace(theirs, graph()))
        .unwrap();
    assert!(!owner.is_shared());
    let view = View::new(&folder.0, PATIENCE);
    let read = serve(&mut owner, || view.read(|reader| reader.channel_count()));
    assert!(matches!(read, Err(ViewError::NoGraph)), "{read:?}");
    owner.write(at(0), |theirs| *theirs = ours).unwrap();
    assert!(owner.is_shared());
    assert_eq!(
        serve(&mut owner, || view.read(|reader| reader.channel_count())).unwrap(),
        0
    );
}

#[test]
fn a_write_during_a_read_revokes_it() {
    let folder = Folder::new("revokes");
    let config = lease::Config {
        write_wait: Duration::from_millis(1),
        ..lease::Config::default()
    };
    let mut owner = Owner::bind(&folder.0, Config::new(ChainHash::REGTEST, SEED), config).unwrap();
    let view = View::new(&folder.0, PATIENCE);
    let (reads, wrote) = (AtomicBool::new(false), AtomicBool::new(false));
    let wait = |flag: &AtomicBool| {
        while !flag.load(Ordering::SeqCst) {
            thread::yield_now();
        }
    };
    let result = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            view.read(|graph| {
                reads.store(true, Ordering::SeqCst);
                wait(&wrote);
                graph.channel_count()
            })
        });
        while !reads.load(Ordering::SeqCst) {
            owner.serve(at(0)).unwrap();
        }
        assert_eq!(owner.write(at(1), |_| ()), None, "somebody reads");
        owner.serve(at(2)).unwrap();
        assert_eq!(owner.write(at(2), |_| ()), Some(()));
        wrote.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    assert!(matches!(result, Err(ViewError::Revoked)), "{result:?}");
}

/// Where a word is, and what becomes of it.
type Damage = (u8, u32, u8, u64);

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    prop::collection::vec((0_u8..4, any::<u32>(), 0_u8..6, any::<u64>()), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn damaged_memory_neither_panics_nor_hangs(damages in damages()) {
        let segments = damaged(damages);
        let mapped: Vec<_> = segments
            .iter()
            .map(|segment| SegmentReader::map(&segment.share().unwrap()).unwrap())
            .collect();
        if let Some(reader) = Reader::new(&mapped) {
            use_all(&reader);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn damaged_memory_is_as_harmless_without_a_lease(damages in damages()) {
        let segments = damaged(damages);
        let folder = Folder::new("damaged");
        let mut host = Host::bind(&folder.0).unwrap();
        let mut leases = Leases::new(lease::Config::default());
        let view = thread::scope(|scope| {
            let reader = scope.spawn(|| LockFreeView::connect(&folder.0, PATIENCE).unwrap());
            while !reader.is_finished() {
                for input in host.poll() {
                    leases.handle_input(at(0), input);
                }
                while let Some(output) = leases.poll_output() {
                    host.carry_out(output, &segments).unwrap();
                }
                thread::yield_now();
            }
            reader.join().unwrap()
        });
        // The number changes, too, as by an owner that writes; or it stays odd.
        let mut number = 0;
        let read = view.read(at(0), |reader| {
            number += 2;
            if number < 6 {
                segments[0].set(SEQUENCE, number).unwrap();
            }
            use_all(reader);
        });
        prop_assert_ne!(read, Err(ReadError::OwnerGone));
        if let Ok(walk) = view.walk(at(0)) {
            let _nodes = walk.read(at(0), |reader| reader.nodes().take(300).count());
        }
    }
}

/// Returns the memory of a graph with some words changed.
fn damaged(damages: Vec<Damage>) -> Vec<Segment> {
    static WORDS: std::sync::OnceLock<Vec<Vec<u64>>> = std::sync::OnceLock::new();
    let mut words = WORDS.get_or_init(shared_words).clone();
    let used: Vec<usize> = (0..words[0].len())
        .filter(|at| words[0][*at] != 0)
        .collect();
    for (part, position, kind, value) in damages {
        let position = position as usize;
        let at = match part {
            // The header behind magic and version.
            0 => 3 + position % 22,
            // The directory.
            1 => (words[0][16] as usize).saturating_add(position % 64) % words[0].len(),
            _ => used[position % used.len()],
        };
        let old = words[0][at];
        words[0][at] = match kind {
            0 => value,
            1 => u64::MAX,
            2 => old ^ 1 << (value % 64),
            3 => words[0][value as usize % words[0].len()],
            4 => value % 100_000,
            _ => old.rotate_left(32),
        };
    }
    words.iter().map(|words| filled(words)).collect()
}

/// Asks for everything that there is to be asked.
fn use_all(reader: &Reader<'_>) {
    let most = 2_usize << 20;
    for (handle, channel) in reader.channels().take(most) {
        let _found = reader.channel_by_scid(channel.by_ref().short_channel_id());
        assert!(reader.channel_generation(handle).is_some());
        for node in channel.by_ref().nodes() {
            let _found = reader.node(node);
        }
    }
    for (handle, node) in reader.nodes().take(300) {
        let _found = reader.node_by_id(&node.id());
        assert!(reader.channels_of(handle).count() <= reader.channel_count());
    }
    let mut cursor = Cursor::START;
    let mut changes = 0;
    while !matches!(reader.next_change(&mut cursor), Ok(None)) {
        changes += 1;
        assert!(changes <= 2000, "the ring has 1024");
    }
    let nodes: Vec<_> = reader.nodes().map(|(handle, _)| handle).take(5).collect();
    for (from, to) in nodes.iter().zip(nodes.iter().skip(1)) {
        let query = Query::new(*from, *to, Msat(1_000_000));
        let _route = find_path(reader, &mut Scratch::new(), &query);
        let _route = find_path(reader, &mut Scratch::new(), &between([*from, *to]));
    }
}

/// Returns all words of a graph's shared memory.
fn shared_words() -> Vec<Vec<u64>> {
    let folder = Folder::new("words");
    let mut owner = owner(&folder);
    let network = Network::new(1000);
    owner.write(at(0), |graph| network.apply(graph)).unwrap();
    let words = |segment: &SegmentReader| {
        (0..segment.len())
            .map(|at| segment.get(at).unwrap())
            .collect()
    };
    serve(&mut owner, || {
        let lease = Lease::connect(&folder.0, PATIENCE).unwrap();
        let all: Vec<Vec<u64>> = lease.segments().iter().map(words).collect();
        use_all(&Reader::new(lease.segments()).unwrap());
        all
    })
}

fn filled(words: &[u64]) -> Segment {
    let segment = Segment::create(words.len()).unwrap();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| **word != 0) {
        segment.set(at, *word).unwrap();
    }
    segment
}

/// Checks that a reader finds the owner's graph and nothing else; returns how many routes that has.
fn compare(owner: &mut Owner, view: &View, cursor: &mut Cursor) -> usize {
    let found = serve(owner, || {
        view.read(|reader| {
            let channels: Vec<_> = reader.channels().collect();
            let nodes: Vec<_> = reader.nodes().collect();
            let lists: Vec<Vec<_>> = nodes
                .iter()
                .map(|(node, _)| reader.channels_of(*node).collect())
                .collect();
            for (handle, channel) in &channels {
                assert_eq!(reader.channel(*handle), Some(*channel));
                assert_eq!(
                    reader.channel_by_scid(channel.by_ref().short_channel_id()),
                    Some(*handle)
                );
            }
            for (handle, node) in &nodes {
                assert_eq!(reader.node(*handle), Some(*node));
                assert_eq!(reader.node_by_id(&node.id()), Some(*handle));
            }
            assert_eq!(reader.channel_by_scid(ShortChannelId(5)), None);
            assert_eq!(reader.node_by_id(&NodeId([9; 33])), None);
            let routes: Vec<_> = queries(&nodes)
                .map(|query| find_path(reader, &mut Scratch::new(), &query))
                .collect();
            let (mut changes, mut missed) = (Vec::new(), 0);
            loop {
                match reader.next_change(cursor) {
                    Ok(Some(change)) => changes.push(change),
                    Ok(None) => break,
                    Err(error) => missed += error.count,
                }
            }
            assert_eq!(reader.cursor(), *cursor);
            (channels, nodes, lists, routes, changes, missed)
        })
    });
    let (channels, nodes, lists, routes, changes, missed) = found.unwrap();
    assert!(missed > 0 || changes.len() < 1024);
    let graph = owner.graph();
    assert!(owner.is_shared());
    assert!(graph.channels().map(|(h, c)| (h, c.copied())).eq(channels));
    assert!(
        graph
            .nodes()
            .map(|(h, n)| (h, *n))
            .eq(nodes.iter().copied())
    );
    for ((node, _), list) in nodes.iter().zip(lists) {
        assert!(
            graph
                .channels_of(*node)
                .map(|(h, c)| (h, c.copied()))
                .eq(list)
        );
    }
    for (query, route) in queries(&nodes).zip(&routes) {
        assert_eq!(find_path(graph, &mut Scratch::new(), &query), *route);
    }
    assert_eq!(latest(graph, changes.len()), changes);
    routes.iter().flatten().count()
}

fn queries<N: Copy>(nodes: &[(routemap::NodeHandle, N)]) -> impl Iterator<Item = Query> {
    let step = nodes.len() / 6 + 1;
    let ends: Vec<_> = nodes.iter().step_by(step).map(|(node, _)| *node).collect();
    let pairs = ends.clone().into_iter().zip(ends.into_iter().skip(1));
    pairs.flat_map(|(from, to)| [Query::new(from, to, Msat(5_000_000)), between([from, to])])
}

/// Asks for a path that begins in a channel to the first of two nodes, and ends with a hint behind the second.
fn between([one, two]: [routemap::NodeHandle; 2]) -> Query {
    let channel = PrivateChannel::new(ShortChannelId(1), 1000, 50, 40);
    Query::new(None, None, Msat(1_000_000))
        .with_own_channels([OwnChannel::new(one, ShortChannelId(2), Msat(2_000_000))])
        .with_hints([Hint::new(two, [channel; 2])])
}

/// Returns the last so many changes.
fn latest(graph: &Graph, count: usize) -> Vec<routemap::Change> {
    let mut cursor = Cursor::new(graph.cursor().number() - count as u64);
    core::iter::from_fn(|| graph.next_change(&mut cursor).unwrap()).collect()
}

fn owner(folder: &Folder) -> Owner {
    let config = Config::new(ChainHash::REGTEST, SEED);
    Owner::bind(&folder.0, config, lease::Config::default()).unwrap()
}

/// Serves while another thread does something.
fn serve<R: Send>(owner: &mut Owner, read: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let reader = scope.spawn(read);
        while !reader.is_finished() || owner.readers() > 0 {
            owner.serve(at(0)).unwrap();
            thread::sleep(Duration::from_micros(100));
        }
        reader.join().unwrap()
    })
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("routemap-shared-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// Where in the header the number of the changes is.
const SEQUENCE: usize = 24;
const PATIENCE: Duration = Duration::from_secs(30);
