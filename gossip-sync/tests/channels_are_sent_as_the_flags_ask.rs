//! The answer to a query for channels: what was asked for, in an order that can be checked, and its end.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{CHAIN, FOREIGN, Store, channel, node, scid, scids_query};
use gossip_sync::answerer::{Answerer, Config, Input, Output};
use lnwire::bolt7::{QueryFlags, QueryShortChannelIds, ReplyShortChannelIdsEnd};
use lnwire::{Message, NodeId, ShortChannelId};
use proptest::prelude::*;

/// A message, as short as can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sent {
    Channel(ShortChannelId),
    Update(ShortChannelId, u8),
    Node(NodeId),
}

fn answer(store: &Store, query: QueryShortChannelIds) -> (Vec<Sent>, ReplyShortChannelIdsEnd) {
    let mut answerer = Answerer::new(Config::new(CHAIN));
    answerer.handle_input(Input::QueryScids(query));
    let mut outputs = store.run(&mut answerer);
    assert!(answerer.is_idle());
    let Some(Output::Send(Message::ReplyShortChannelIdsEnd(end))) = outputs.pop() else {
        panic!("no end")
    };
    let sent = outputs.into_iter().map(|output| match output {
        Output::Relay(frame) => match Message::decode(frame).unwrap() {
            Message::ChannelAnnouncement(m) => Sent::Channel(m.short_channel_id()),
            Message::ChannelUpdate(m) => Sent::Update(m.short_channel_id(), m.direction()),
            Message::NodeAnnouncement(m) => Sent::Node(m.node_id()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    });
    (sent.collect(), end)
}

fn one() -> (Store, ShortChannelId) {
    let id = scid(1, 1);
    (Store::from_iter([channel(id, [5, 6], [1, 2], 9)]), id)
}

#[test]
fn each_flag_asks_for_one_message() {
    let (store, id) = one();
    let everything = [
        Sent::Channel(id),
        Sent::Update(id, 0),
        Sent::Update(id, 1),
        Sent::Node(node(1)),
        Sent::Node(node(2)),
    ];
    for flags in 0..64_u64 {
        let expected = everything
            .iter()
            .enumerate()
            .filter(|(bit, _)| flags >> bit & 1 == 1);
        let expected: Vec<_> = expected.map(|(_, sent)| *sent).collect();
        let (sent, end) = answer(&store, scids_query(&[id], Some(&[flags])));
        assert_eq!((sent, end.full_information), (expected, 1), "{flags}");
    }
    assert_eq!(answer(&store, scids_query(&[id], None)).0, everything);
}

#[test]
fn flags_of_an_id_that_comes_twice_add_up() {
    let (store, id) = one();
    let query = scids_query(
        &[id, scid(2, 2), id],
        Some(&[QueryFlags::CHANNEL_ANNOUNCEMENT, 0, 4]),
    );
    assert_eq!(
        answer(&store, query).0,
        [Sent::Channel(id), Sent::Update(id, 1)]
    );
    assert_eq!(answer(&store, scids_query(&[id, id], None)).0.len(), 5);
}

#[test]
fn no_channel_is_an_answer_too() {
    let (sent, end) = answer(&Store::of(5), scids_query(&[], None));
    assert_eq!(
        (sent, end.full_information, end.chain_hash),
        (vec![], 1, CHAIN)
    );
    let (sent, end) = answer(&Store::of(5), scids_query(&[scid(7, 7)], None));
    assert_eq!((sent, end.full_information), (vec![], 1));
}

#[test]
fn another_chain_has_no_information() {
    let query = QueryShortChannelIds {
        chain_hash: FOREIGN,
        ..scids_query(&[scid(100, 0)], None)
    };
    let (sent, end) = answer(&Store::of(5), query);
    assert_eq!(
        (sent, end.full_information, end.chain_hash),
        (vec![], 0, FOREIGN)
    );
}

/// BOLT 7: an announcement without any update is not to be sent.
#[test]
fn channels_without_updates_are_left_out() {
    let store: Store = [
        channel(scid(1, 1), [0, 0], [1, 2], 9),
        channel(scid(2, 1), [0, 1], [3, 4], 0),
    ]
    .into_iter()
    .collect();
    let (sent, _) = answer(&store, scids_query(&[scid(1, 1), scid(2, 1)], None));
    assert_eq!(
        sent,
        [Sent::Channel(scid(2, 1)), Sent::Update(scid(2, 1), 1)]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Against a map: everything asked for and known is sent once, and nothing else.
    #[test]
    fn any_query(
        count in 0_u32..300,
        asked in prop::collection::vec((100_u32..135, 0_u32..10, 0_u64..32), 0..300),
        with_flags: bool,
    ) {
        let store = Store::of(count);
        let ids: Vec<_> = asked.iter().map(|(block, tx, _)| scid(*block, *tx)).collect();
        let flags: Vec<_> = asked.iter().map(|(_, _, flags)| *flags).collect();
        let (sent, end) = answer(&store, scids_query(&ids, with_flags.then_some(&flags)));
        prop_assert_eq!(end.full_information, 1);

        let mut wanted = BTreeMap::new();
        for (id, flags) in ids.iter().zip(&flags) {
            *wanted.entry(*id).or_insert(0) |= if with_flags { *flags } else { 31 };
        }
        let mut expected = BTreeSet::new();
        for (id, flags) in &wanted {
            let Some(stored) = store.0.get(id) else { continue };
            let nodes = [stored.announcement.node_id_1(), stored.announcement.node_id_2()];
            let all = [
                Sent::Channel(*id), Sent::Update(*id, 0), Sent::Update(*id, 1), Sent::Node(nodes[0]), Sent::Node(nodes[1]),
            ];
            expected.extend(all.into_iter().enumerate().filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, s)| s));
        }
        prop_assert_eq!(sent.len(), expected.len());
        prop_assert_eq!(BTreeSet::from_iter(sent.iter().copied()), expected);

        // A channel before its updates and nodes, and channels ascending.
        let mut announced = BTreeSet::new();
        let (mut nodes, mut last) = (BTreeSet::new(), ShortChannelId(0));
        for message in sent {
            match message {
                Sent::Channel(id) => {
                    prop_assert!(announced.insert(id) && id >= last);
                    last = id;
                    let stored = &store.0[&id].announcement;
                    nodes.extend([stored.node_id_1(), stored.node_id_2()]);
                }
                Sent::Update(id, _) => prop_assert!(announced.contains(&id) || wanted[&id] & 1 == 0),
                Sent::Node(id) => prop_assert!(nodes.contains(&id) || with_flags),
            }
        }
    }
}
