//! Whatever a node was told and whenever it was stopped, its store gives the same graph back.

mod common;
mod store_common;

use proptest::prelude::*;
use routemap::store::{Entry, Records};
use store_common::{Node, Op, contents, id, nodes, ops, scid};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_history_comes_back(ops in ops()) {
        let mut node = Node::new();
        for op in ops {
            node.run(op);
        }
        // It compares.
        node.run(Op::Restart);
        node.run(Op::Compact);
        node.run(Op::Restart);
        // Compacted: nothing is dead.
        prop_assert_eq!(node.store.dead_records(), 0);
    }

    /// What other programs insist on, in every prefix that a reader can see.
    #[test]
    fn amounts_follow_channels_and_nodes_come_after_them(ops in ops()) {
        let mut node = Node::new();
        for op in ops {
            // Before it is stopped, and when a channel is dying, a node writes what it could wait with.
            if !matches!(op, Op::Restart | Op::Dying(_)) {
                node.run(op);
            }
        }
        let mut known = Vec::new();
        let mut records = Records::new(node.file.into()).unwrap().map(Result::unwrap).peekable();
        while let Some(record) = records.next() {
            let entry = record.entry().unwrap();
            if record.flags.is_deleted() && record.msg_type() != 256 {
                continue;
            }
            match entry {
                Entry::ChannelAnnouncement(message) => {
                    let behind = records.next().unwrap();
                    prop_assert_eq!(behind.flags.is_deleted(), record.flags.is_deleted());
                    let amount = behind.entry().unwrap();
                    let Entry::Amount { sat, is_estimate } = amount else { panic!("{amount:?}") };
                    prop_assert!(sat > 0);
                    prop_assert!(is_estimate || sat < 9);
                    if !record.flags.is_deleted() {
                        known.extend([message.node_id_1(), message.node_id_2()]);
                    }
                }
                Entry::NodeAnnouncement(message) => prop_assert!(known.contains(&message.node_id())),
                Entry::Amount { .. } => panic!("no channel before"),
                _ => {}
            }
        }
    }
}

#[test]
fn an_estimated_amount_is_no_capacity() {
    let mut node = Node::new();
    node.run(Op::Channel(0, None));
    node.run(Op::Update(0, false, 5_500));
    let amounts: Vec<_> = Records::new(node.file.clone().into())
        .unwrap()
        .filter_map(|record| match record.unwrap().entry().unwrap() {
            Entry::Amount { sat, is_estimate } => Some((sat, is_estimate)),
            _ => None,
        })
        .collect();
    assert_eq!(amounts, [(5, true)]);
    node.run(Op::Restart);
    assert_eq!(contents(&node.graph).channels[&scid(0)].1, None);

    // Once it is known, compaction writes it.
    let handle = node.graph.channel_by_scid(scid(0)).unwrap();
    node.graph.set_capacity(lnwire::Instant::ZERO, handle, 7);
    node.run(Op::Compact);
    node.run(Op::Restart);
    assert_eq!(contents(&node.graph).channels[&scid(0)].1, Some(7));
}

#[test]
fn a_channel_without_update_waits_and_its_node_with_it() {
    let mut node = Node::new();
    let empty = node.file.len();
    node.run(Op::Channel(0, Some(3)));
    let [one, _] = nodes(0);
    node.run(Op::Node(one as u8));
    assert_eq!(node.file.len(), empty);
    node.run(Op::Update(0, true, 2_000));
    let kinds: Vec<_> = Records::new(node.file.clone().into())
        .unwrap()
        .map(|record| record.unwrap().msg_type())
        .collect();
    assert_eq!(kinds, [4107, 256, 4101, 257, 258]);
    node.run(Op::Restart);
    assert!(contents(&node.graph).nodes[&id(one)].is_some());
}

#[test]
fn a_dying_channel_is_still_dying_until_it_is_taken_back() {
    let mut node = Node::new();
    node.run(Op::Channel(5, None));
    node.run(Op::Update(5, true, 2_000));
    node.run(Op::Dying(5));
    node.run(Op::Update(5, false, 2_000));
    node.run(Op::Compact);
    let loaded = node.load();
    let handle = node.graph.channel_by_scid(scid(5)).unwrap();
    let dying: Vec<_> = loaded.report.dying.into_iter().collect();
    assert_eq!(dying, [(handle, lnwire::BlockHeight(5))]);
    let flags = |node: &Node| -> Vec<bool> {
        let records = Records::new(node.file.clone().into())
            .unwrap()
            .map(Result::unwrap);
        let messages = records.filter(|r| matches!(r.msg_type(), 256 | 258));
        messages.map(|r| r.flags.is_dying()).collect()
    };
    assert_eq!(flags(&node), [true; 3]);

    node.store = loaded.store.unwrap();
    node.run(Op::NotDying(5));
    assert_eq!(flags(&node), [false; 3]);
    assert!(node.load().report.dying.is_empty());
}

#[test]
fn what_waits_is_bounded() {
    use common::{announcement, at, graph};
    use routemap::store::{Batch, Store};

    let (mut graph, mut batch) = (graph(), Batch::default());
    let mut store = Store::create([0; 32], &mut batch);
    let begin = store.len();
    let one = announcement(1, 1, 2).as_bytes().len() + 64;
    let fit = Store::WAITING_BYTES / one;
    for number in 1..=fit as u64 + 1 {
        assert_eq!(store.len(), begin, "{number} of {fit}");
        let message = announcement(number, 1, 2);
        let handle = graph.apply_channel(at(0), &message, None).unwrap();
        store
            .insert_channel(&graph, handle, &message, &mut batch)
            .unwrap();
    }
    // All of them, each with its amount.
    assert_eq!(store.live_records(), 1 + 2 * (fit as u64 + 1));
    let mut again = common::graph();
    let mut file = Vec::new();
    batch.apply_to(&mut file);
    routemap::store::load(&mut again, at(0), file.into()).unwrap();
    assert_eq!(again.channel_count(), fit + 1);
}
