//! A filter asks for stored gossip of a time: channels first, then nodes, and the last filter counts.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::BTreeSet;

use common::{CHAIN, FOREIGN, Store, channel, filter, scid, unsigned_node};
use gossip_sync::answerer::{Answerer, Config, Input, Output};
use lnwire::bolt7::GossipTimestampFilter;
use lnwire::{Message, ShortChannelId, Timestamp};
use proptest::prelude::*;

fn messages(outputs: Vec<Output>) -> Vec<Message> {
    let decoded = outputs.into_iter().map(|output| match output {
        Output::Relay(frame) => Message::decode(frame).unwrap(),
        other => panic!("{other:?}"),
    });
    decoded.collect()
}

fn backlog(store: &Store, filter: &GossipTimestampFilter) -> Vec<Message> {
    let mut answerer = Answerer::new(Config::new(CHAIN));
    answerer.handle_input(Input::Filter(filter.clone()));
    assert_eq!(answerer.filter(), Some(filter));
    let sent = messages(store.run(&mut answerer));
    assert!(answerer.is_idle());
    sent
}

/// Channels at 10, 20, … for their first update, 5 later for the second, and nodes at 12.
fn timed() -> Store {
    let channels = (1..200).map(|n| channel(scid(n, 1), [n * 10, n * 10 + 5], [1, 2], 12));
    channels.collect()
}

#[test]
fn only_what_lies_in_the_window() {
    let sent = backlog(&timed(), &filter(10, 6));
    let kinds: Vec<_> = sent.iter().map(Message::msg_type).collect();
    assert_eq!(kinds, [256, 258, 258, 257, 257]);
    // The end is exclusive, and a channel goes with whichever update passes.
    let sent = backlog(&timed(), &filter(15, 5));
    let kinds: Vec<_> = sent.iter().map(Message::msg_type).collect();
    assert_eq!(kinds, [256, 258]);
    assert!(backlog(&timed(), &filter(3000, u32::MAX)).is_empty());
}

#[test]
fn an_empty_window_asks_for_nothing() {
    let mut answerer = Answerer::new(Config::new(CHAIN));
    for first in [0, 10, 2_288_912_640, u32::MAX] {
        answerer.handle_input(Input::Filter(filter(first, 0)));
        assert!(answerer.is_idle() && answerer.poll_output().is_none());
    }
}

#[test]
fn an_empty_window_stops_a_backlog() {
    let store = timed();
    let mut answerer = Answerer::new(Config::new(CHAIN));
    answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
    assert!(!store.page(&mut answerer).is_empty());
    answerer.handle_input(Input::Filter(filter(u32::MAX, 0)));
    assert!(answerer.is_idle() && store.run(&mut answerer).is_empty());
}

/// The page that is being looked up for the old filter is not sent, however late it comes.
#[test]
fn the_last_filter_counts_in_the_middle_of_a_backlog() {
    let store = timed();
    let mut answerer = Answerer::new(Config::new(CHAIN));
    answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
    store.page(&mut answerer);
    answerer.handle_input(Input::Ready);
    let old = answerer.poll_output().unwrap();
    answerer.handle_input(Input::Filter(filter(0, 100)));
    answerer.handle_input(Input::Filter(filter(10, 6)));
    // One question is open at a time, so filters in a row cannot pile look-ups up.
    assert_eq!(answerer.poll_output(), None);
    answerer.handle_input(store.answer(&old).unwrap());
    let sent = messages(store.run(&mut answerer));
    assert_eq!(sent, backlog(&store, &filter(10, 6)));
    assert_eq!(answerer.filter(), Some(&filter(10, 6)));
    // And an answer to the old question after that changes nothing.
    answerer.handle_input(Input::Filter(filter(10, 6)));
    answerer.handle_input(store.answer(&old).unwrap());
    assert_eq!(
        messages(store.run(&mut answerer)),
        backlog(&store, &filter(10, 6))
    );
}

#[test]
fn filters_for_other_chains_change_nothing() {
    let store = timed();
    let mut answerer = Answerer::new(Config::new(CHAIN));
    let foreign = GossipTimestampFilter {
        chain_hash: FOREIGN,
        ..filter(0, u32::MAX)
    };
    answerer.handle_input(Input::Filter(foreign.clone()));
    assert!(answerer.filter().is_none() && answerer.is_idle());
    answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
    let mut sent = store.page(&mut answerer);
    answerer.handle_input(Input::Filter(GossipTimestampFilter {
        timestamp_range: 0,
        ..foreign
    }));
    sent.extend(store.run(&mut answerer));
    assert_eq!(messages(sent), backlog(&store, &filter(0, u32::MAX)));
}

/// A page at a time, even of one channel, and past the highest id there can be.
#[test]
fn the_highest_id_ends_the_walk() {
    let ids = [1, u64::MAX - 1, u64::MAX].map(ShortChannelId);
    let store: Store = ids
        .into_iter()
        .map(|id| channel(id, [1, 0], [1, 2], 1))
        .collect();
    let mut answerer = Answerer::new(Config {
        channels_per_page: 1,
        ..Config::new(CHAIN)
    });
    answerer.handle_input(Input::Filter(filter(0, 10)));
    let sent = messages(store.run(&mut answerer));
    let kinds: Vec<_> = sent.iter().map(Message::msg_type).collect();
    assert_eq!(kinds, [256, 258, 256, 258, 256, 258, 257, 257]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_window(
        times in prop::collection::vec((0_u32..40, 0_u32..40, 0_u32..40), 0..300),
        first in 0_u32..40,
        range in prop_oneof![0_u32..40, Just(u32::MAX)],
    ) {
        let store: Store = times.iter().enumerate().map(|(n, (one, two, node))| {
            let n = n as u16;
            channel(scid(u32::from(n), 1), [*one, *two], [2 * n, 2 * n + 1], *node)
        }).collect();
        let filter = filter(first, range);
        let sent = backlog(&store, &filter);
        let passes = |t: &u32| *t > 0 && filter.contains(Timestamp(*t));
        let updates = times.iter().flat_map(|(one, two, _)| [one, two]).filter(|t| passes(t)).count();
        let channels = times.iter().filter(|(one, two, _)| passes(one) || passes(two)).count();
        let nodes = times.iter().filter(|(_, _, node)| passes(node)).count() * 2;
        prop_assert_eq!(sent.len(), updates + channels + nodes);

        let (mut announced, mut nodes) = (BTreeSet::new(), BTreeSet::new());
        for message in sent {
            match message {
                Message::ChannelAnnouncement(m) => {
                    prop_assert!(nodes.is_empty() && announced.last() < Some(&m.short_channel_id()));
                    announced.insert(m.short_channel_id());
                }
                Message::ChannelUpdate(m) => {
                    prop_assert!(announced.contains(&m.short_channel_id()));
                    prop_assert!(filter.contains(m.timestamp()));
                }
                Message::NodeAnnouncement(m) => {
                    prop_assert_eq!(&m, &unsigned_node(m.node_id(), m.timestamp().0));
                    prop_assert!(nodes.insert(m.node_id()) && filter.contains(m.timestamp()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A filter takes 44 bytes, a walk of the graph takes long: each page waits its turn, whatever comes of it, and a
/// filter in the middle of a walk costs nothing but a new start.
#[test]
fn a_filter_that_passes_nothing_walks_a_page_at_a_time() {
    let store = timed();
    let nothing = GossipTimestampFilter {
        chain_hash: CHAIN,
        first_timestamp: Timestamp(4_000_000_000),
        timestamp_range: 1,
        extra: bytes::Bytes::new(),
    };
    let mut answerer = Answerer::new(Config {
        channels_per_page: 1,
        ..Config::new(CHAIN)
    });
    answerer.handle_input(Input::Filter(nothing.clone()));
    for _ in 0..3 {
        // One look-up, nothing sent, and then rest.
        let question = answerer.poll_output().unwrap();
        answerer.handle_input(store.answer(&question).unwrap());
        assert!(answerer.awaits_ready());
        for _ in 0..100 {
            answerer.handle_input(Input::Filter(nothing.clone()));
            assert_eq!(answerer.poll_output(), None);
        }
        answerer.handle_input(Input::Ready);
    }
    assert!(messages(store.run(&mut answerer)).is_empty());
    assert!(answerer.is_idle());
}
