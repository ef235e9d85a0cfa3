//! Another process reads while the owner writes, cuts, publishes and compacts.

mod common;
mod store_common;

use common::{at, graph};
use lnwire::bytes::BytesMut;
use proptest::prelude::*;
use routemap::{
    Graph,
    store::{Next, Reader, Replay},
};
use store_common::{Node, Op, contents, ops};

/// Somebody who polls the file, with a graph of its own.
struct Follower {
    graph: Graph,
    reader: Reader,
    replay: Replay,
    /// Whether it was sent over, and to the right file.
    seeks: usize,
    restarts: usize,
}

impl Follower {
    fn new() -> Self {
        Self {
            graph: graph(),
            reader: Reader::new(),
            replay: Replay::new(),
            seeks: 0,
            restarts: 0,
        }
    }

    /// Reads to the end of the file, in pieces; `old` is the file that it had open.
    fn poll(&mut self, old: Option<&[u8]>, file: &[u8], piece: usize) {
        let (mut opened, mut buffer) = (old.unwrap_or(file), BytesMut::new());
        loop {
            match self.reader.read(&mut buffer).unwrap() {
                Next::Record(record) => {
                    self.replay.apply(&mut self.graph, at(0), record);
                }
                Next::NeedsMore => {
                    let at = self.reader.offset() as usize + buffer.len();
                    let rest = opened.get(at..).unwrap_or_default();
                    if rest.is_empty() {
                        return;
                    }
                    buffer.extend_from_slice(&rest[..piece.min(rest.len())]);
                }
                Next::Unfinished => return,
                Next::Replaced(_) => {
                    opened = file;
                    buffer.clear();
                    self.reader.follow();
                }
                Next::Seek => {
                    self.seeks += 1;
                    buffer.clear();
                }
                Next::Restart => {
                    self.restarts += 1;
                    self.graph = graph();
                    self.replay = Replay::new();
                }
            }
        }
    }
}

/// The channels and terms of a node, those left out that wait for an update.
fn written(node: &Node) -> store_common::Contents {
    let mut contents = contents(&node.graph);
    contents
        .channels
        .retain(|_, (_, _, policies)| policies.iter().any(Option::is_some));
    let channels = contents.channels.values().flat_map(|(ids, ..)| *ids);
    let ids: Vec<_> = channels.collect();
    contents.nodes.retain(|id, _| ids.contains(id));
    contents
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_follower_has_what_the_owner_has(ops in ops(), polls in any::<u64>(), piece in 1..600_usize) {
        let mut node = Node::new();
        let mut follower = Follower::new();
        let mut files = 0;
        for (i, op) in ops.into_iter().enumerate() {
            // What is written without need has no update, and a restart truncates nothing.
            if matches!(op, Op::Restart | Op::Dying(_)) {
                continue;
            }
            let polls_now = polls >> (i % 64) & 1 == 1;
            let is_compaction = matches!(op, Op::Compact);
            if is_compaction {
                follower.poll(None, &node.file, piece);
            }
            node.run(op);
            if is_compaction {
                files += 1;
                follower.poll(node.old_file.as_deref(), &node.file, piece);
                prop_assert_eq!(follower.seeks, files);
            }
            if polls_now {
                follower.poll(None, &node.file, piece);
                // Capacities that became known later are written by compaction only: none do here.
                prop_assert_eq!(contents(&follower.graph), written(&node));
            }
        }
        follower.poll(None, &node.file, piece);
        prop_assert_eq!(contents(&follower.graph), written(&node));
        prop_assert_eq!(follower.restarts, 0);
    }
}

#[test]
fn who_sleeps_through_two_compactions_starts_again() {
    let mut node = Node::new();
    let mut follower = Follower::new();
    for number in 0..3 {
        node.run(Op::Channel(number, None));
        node.run(Op::Update(number, false, 2_000));
    }
    follower.poll(None, &node.file, 100);
    node.run(Op::Compact);
    let old = node.old_file.clone();
    node.run(Op::Remove(1));
    node.run(Op::Compact);
    follower.poll(old.as_deref(), &node.file, 100);
    assert_eq!((follower.seeks, follower.restarts), (0, 1));
    assert_eq!(contents(&follower.graph), written(&node));
}

#[test]
fn nothing_of_a_batch_is_seen_before_it_is_published() {
    let mut node = Node::new();
    for number in 0..3 {
        node.prepare(Op::Channel(number, None));
        node.prepare(Op::Update(number, false, 2_000));
    }
    let mut follower = Follower::new();
    let bytes = node.batch.appended();
    for len in 0..=bytes.len() {
        let file = [&node.file[..], &bytes[..len]].concat();
        follower.poll(None, &file, 1000);
        assert_eq!(follower.graph.channel_count(), 0);
    }
    node.carry_out();
    follower.poll(None, &node.file, 1000);
    assert_eq!(follower.graph.channel_count(), 3);
}
