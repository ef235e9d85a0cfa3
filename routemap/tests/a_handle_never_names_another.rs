//! The quarantine: who learns of a removal within its length never takes a new object for an old one, and it
//! costs no more memory than what is removed in that time.

extern crate alloc;

mod common;

use std::collections::HashMap;

use common::{announcement, at};
use lnwire::{ChainHash, NodeId, ShortChannelId};
use proptest::prelude::*;
use routemap::{ChannelHandle, Config, Graph, NodeHandle};

fn graph(quarantine: u64) -> Graph {
    Graph::new(Config {
        quarantine: core::time::Duration::from_secs(quarantine),
        ..Config::new(ChainHash::REGTEST, common::SEED)
    })
}

/// What each handle named, with its generation, and until when.
#[derive(Default)]
struct Seen {
    channels: HashMap<ChannelHandle, Vec<(u32, ShortChannelId, u64)>>,
    nodes: HashMap<NodeHandle, Vec<(u32, NodeId, u64)>>,
}

impl Seen {
    /// Takes note of everything that is there, and checks that a handle which names something else than it did
    /// has named nothing for the whole quarantine.
    fn look(&mut self, graph: &Graph, now: u64, quarantine: u64) {
        for (handle, channel) in graph.channels() {
            let generation = graph.channel_generation(handle).unwrap();
            let id = channel.short_channel_id();
            let history = self.channels.entry(handle).or_default();
            note(history, (generation, id, now), quarantine);
        }
        for (handle, node) in graph.nodes() {
            let generation = graph.node_generation(handle).unwrap();
            let history = self.nodes.entry(handle).or_default();
            note(history, (generation, node.id(), now), quarantine);
        }
        for (handle, history) in &self.channels {
            let (generation, ..) = history.last().unwrap();
            let is_there = graph.channel(*handle).is_some();
            assert_eq!(
                graph.freed_channel(*handle, *generation).is_some(),
                !is_there
            );
        }
    }
}

fn note<I: Copy + PartialEq + core::fmt::Debug>(
    history: &mut Vec<(u32, I, u64)>,
    (generation, id, now): (u32, I, u64),
    quarantine: u64,
) {
    match history.last_mut() {
        Some(last) if last.0 == generation => {
            assert_eq!(last.1, id, "one generation, two names");
            last.2 = now;
        }
        Some((before, _, until)) => {
            assert!(generation > *before, "generations grow");
            assert!(
                now - *until >= quarantine,
                "reused after {} s",
                now - *until
            );
            history.push((generation, id, now));
        }
        None => history.push((generation, id, now)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_handle_names_another_object_within_the_quarantine(
        quarantine in prop::sample::select(vec![0, 1, 30, 600]),
        steps in prop::collection::vec((0..40_u64, any::<u64>(), 0..120_u64), 1..120),
    ) {
        let mut graph = graph(quarantine);
        let mut seen = Seen::default();
        let mut now = 0;
        for (scid, random, wait) in steps {
            // Each second of the time before is seen, too: what is there is so until it is removed.
            now += wait;
            seen.look(&graph, now, quarantine);
            if let Some(handle) = graph.channel_by_scid(ShortChannelId(scid)) {
                graph.remove_channel(at(now), handle).unwrap();
            } else {
                let one = (random % 30) as u32;
                let message = announcement(scid, one, one + 1 + (random >> 32) as u32 % 30);
                graph.apply_channel(at(now), &message, None).unwrap();
            }
            seen.look(&graph, now, quarantine);
        }
        graph.check_invariants();
    }
}

#[test]
fn memory_is_flat_under_churn_beyond_the_quarantine() {
    let mut graph = graph(600);
    let mut heap = Vec::new();
    let mut live = Vec::new();
    // Ten channels come and go each second, and a hub has most of them; each lives for 200 s.
    for second in 0..6000_u64 {
        for i in 0..10 {
            let n = second * 10 + i;
            let message = announcement(n, 0, 1 + n as u32);
            live.push(graph.apply_channel(at(second), &message, None).unwrap());
        }
        if second >= 200 {
            for handle in live.drain(..10) {
                graph.remove_channel(at(second), handle).unwrap();
            }
        }
        if second % 100 == 99 {
            graph.check_invariants();
            heap.push(graph.heap_bytes());
        }
    }
    // From the end of the first quarantine on.
    let from = heap[10];
    assert!(
        heap[10..].iter().all(|bytes| *bytes <= from + from / 20),
        "{heap:?}"
    );
    let slots = graph.channel_slots();
    assert!(slots <= 10 * (600 + 200) + 2048, "{slots}");
    for handle in live {
        graph.remove_channel(at(6000), handle).unwrap();
    }
    assert_eq!(
        graph.node_count(),
        0,
        "nothing is left of a node without channels"
    );
    graph.check_invariants();
}
