//! Replies to range queries are such as the strictest peers demand: ascending, without gaps, within 32 bits.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::BTreeSet;

use common::{CHAIN, FOREIGN, Store, channel, range_query, scid};
use gossip_sync::answerer::{Answerer, Config, Input, Output};
use lnwire::bolt7::{QueryChannelRange, ReplyChannelRange};
use lnwire::{BlockHeight, Message, ShortChannelId, Timestamp, WireMessage};
use proptest::prelude::*;

fn replies(store: &Store, query: QueryChannelRange) -> Vec<ReplyChannelRange> {
    let mut answerer = Answerer::new(Config::new(CHAIN));
    answerer.handle_input(Input::QueryRange(query));
    let sent = store
        .run(&mut answerer)
        .into_iter()
        .map(|output| match output {
            Output::Send(Message::ReplyChannelRange(reply)) => reply,
            other => panic!("{other:?}"),
        });
    let sent = sent.collect();
    assert!(answerer.is_idle());
    sent
}

/// Checks what a strict peer checks, and returns the ids.
fn checked(query: &QueryChannelRange, replies: &[ReplyChannelRange]) -> Vec<ShortChannelId> {
    let (first, last) = (&replies[0], replies.last().unwrap());
    let end = |r: &ReplyChannelRange| u64::from(r.first_blocknum.0) + u64::from(r.number_of_blocks);
    assert_eq!(first.first_blocknum, query.first_blocknum);
    assert_eq!(
        end(last),
        query
            .end_blocknum()
            .clamp(u64::from(query.first_blocknum.0) + 1, u64::from(u32::MAX))
    );
    for pair in replies.windows(2) {
        // The last block of the reply before, or the block behind it.
        let begins = u64::from(pair[1].first_blocknum.0);
        assert!(
            (end(&pair[0]) - 1..=end(&pair[0])).contains(&begins),
            "{pair:?}"
        );
    }
    let mut ids = Vec::new();
    for (n, reply) in replies.iter().enumerate() {
        assert_eq!(reply.sync_complete, u8::from(n + 1 == replies.len()));
        assert_eq!(reply.chain_hash, CHAIN);
        assert!(reply.encoded_len() <= lnwire::MAX_MESSAGE_LEN);
        for id in reply.short_channel_ids.iter() {
            let block = u64::from(id.block().0);
            assert!((u64::from(reply.first_blocknum.0)..end(reply)).contains(&block));
            ids.push(id);
        }
        let timestamps = reply.timestamps.as_ref().map(|t| t.iter().count());
        let checksums = reply.checksums.as_ref().map(|c| c.iter().count());
        let count = reply.short_channel_ids.len();
        assert_eq!(
            timestamps,
            query
                .wants(QueryChannelRange::WANT_TIMESTAMPS)
                .then_some(count)
        );
        assert_eq!(
            checksums,
            query
                .wants(QueryChannelRange::WANT_CHECKSUMS)
                .then_some(count)
        );
    }
    assert!(ids.windows(2).all(|w| w[0] < w[1]), "not ascending");
    ids
}

fn lists_all_in_range(store: &Store, query: &QueryChannelRange) -> Vec<ReplyChannelRange> {
    let replies = replies(store, query.clone());
    let range = u64::from(query.first_blocknum.0)
        ..query
            .end_blocknum()
            .max(u64::from(query.first_blocknum.0) + 1);
    let useful = store
        .0
        .values()
        .filter(|c| c.updates.iter().any(Option::is_some));
    let ids = useful.map(|c| c.announcement.short_channel_id());
    let expected: Vec<_> = ids
        .filter(|id| range.contains(&u64::from(id.block().0)))
        .collect();
    assert_eq!(checked(query, &replies), expected);
    replies
}

fn block_of(block: u32, count: u32) -> Store {
    (0..count)
        .map(|n| channel(scid(block, n), [1, 0], [1, 2], 0))
        .collect()
}

#[test]
fn one_block_goes_over_many_replies() {
    let store = block_of(500, 20_000);
    for (options, least) in [(0, 3), (1, 6), (2, 6), (3, 8)] {
        let replies = lists_all_in_range(&store, &range_query(0, 1000, options));
        assert_eq!(replies.len(), least);
    }
    lists_all_in_range(&store, &range_query(500, 1, 1));
}

/// Exactly as many as fit: whether the block goes on is known one reply later.
#[test]
fn full_pages() {
    for count in [7999, 8000, 8001, 16_000] {
        lists_all_in_range(&block_of(500, count), &range_query(0, 1000, 0));
    }
    let mut two = block_of(500, 8000);
    two.0.extend(block_of(501, 8000).0);
    lists_all_in_range(&two, &range_query(0, 1000, 0));
    lists_all_in_range(&two, &range_query(500, 2, 3));
}

#[test]
fn an_empty_range_is_one_reply() {
    let store = Store::of(100);
    for (first, number) in [(0, 100), (0, 1), (0, 0), (200, 5)] {
        assert_eq!(
            lists_all_in_range(&store, &range_query(first, number, 1)).len(),
            1
        );
    }
}

#[test]
fn the_end_is_clamped() {
    let store = Store::of(100);
    for (first, number) in [
        (109, 4_294_967_186),
        (109, 4_294_967_187),
        (109, u32::MAX),
        (0, u32::MAX),
    ] {
        let replies = lists_all_in_range(&store, &range_query(first, number, 1));
        let last = replies.last().unwrap();
        assert_eq!(last.first_blocknum.0 + last.number_of_blocks, u32::MAX);
    }
}

/// An id has 24 bits for the height. Nothing is listed for what lies above, least of all the graph from its
/// beginning.
#[test]
fn heights_beyond_those_of_ids() {
    let mut store = Store::of(100);
    store.0.extend(block_of(0, 5).0);
    let top = channel(ShortChannelId(u64::MAX), [1, 1], [1, 2], 0);
    store.0.insert(ShortChannelId(u64::MAX), top);
    for first in [1 << 24, (1 << 24) + 1, 1 << 31, u32::MAX - 1, u32::MAX] {
        for number in [0, 1, u32::MAX] {
            let query = range_query(first, number, 1);
            let replies = replies(&store, query.clone());
            let [reply] = &replies[..] else { panic!() };
            assert!(reply.short_channel_ids.is_empty() && reply.sync_complete == 1);
            assert_eq!(reply.first_blocknum, BlockHeight(first));
            let end = u64::from(first) + u64::from(reply.number_of_blocks);
            assert_eq!(
                end,
                query
                    .end_blocknum()
                    .max(u64::from(first) + 1)
                    .min(u64::from(u32::MAX))
            );
        }
    }
    let replies = replies(&store, range_query((1 << 24) - 1, 5, 1));
    assert_eq!(
        replies[0].short_channel_ids.iter().collect::<Vec<_>>(),
        [ShortChannelId(u64::MAX)]
    );
}

/// The highest id there can be, as the last of a full page.
#[test]
fn the_highest_id_is_listed_once() {
    let top = |n: u64| ShortChannelId(u64::MAX - n);
    let store: Store = (0..8000)
        .map(|n| channel(top(n), [1, 0], [1, 2], 0))
        .collect();
    lists_all_in_range(&store, &range_query(0, u32::MAX, 0));
}

#[test]
fn channels_without_updates_are_left_out() {
    let store: Store = (0..10)
        .map(|n| channel(scid(n, 1), [n % 2, 0], [1, 2], 0))
        .collect();
    assert_eq!(
        lists_all_in_range(&store, &range_query(0, 100, 0))[0]
            .short_channel_ids
            .len(),
        5
    );
}

#[test]
fn timestamps_and_checksums_are_those_of_the_updates() {
    let store: Store = (0..10)
        .map(|n| channel(scid(n, 1), [n + 1, 0], [1, 2], 0))
        .collect();
    let replies = lists_all_in_range(&store, &range_query(0, 100, 3));
    let timestamps: Vec<_> = replies[0].timestamps.as_ref().unwrap().iter().collect();
    let checksums: Vec<_> = replies[0].checksums.as_ref().unwrap().iter().collect();
    for (n, stored) in store.0.values().enumerate() {
        let update = stored.updates[0].as_ref().unwrap();
        assert_eq!(timestamps[n], [update.timestamp(), Timestamp(0)]);
        assert_eq!(checksums[n], [update.checksum(), 0]);
    }
}

/// One reply, the last: no ids, and nothing looked up.
#[test]
fn another_chain_has_no_channels() {
    let query = QueryChannelRange {
        chain_hash: FOREIGN,
        ..range_query(7, u32::MAX, 3)
    };
    let [reply] = <[_; 1]>::try_from(replies(&Store::of(10), query)).unwrap();
    assert_eq!(
        (
            reply.chain_hash,
            reply.first_blocknum.0,
            reply.number_of_blocks
        ),
        (FOREIGN, 7, u32::MAX)
    );
    assert!(reply.short_channel_ids.is_empty() && reply.sync_complete == 1);
    assert_eq!((reply.timestamps, reply.checksums), (None, None));
}

/// Blocks with few channels, and now and then one with more than a reply holds.
fn blocks() -> impl Strategy<Value = Vec<(u32, u32, bool)>> {
    let size =
        prop_oneof![8 => 0_u32..30, 1 => 2690_u32..2710, 1 => 3990_u32..4010, 1 => 7990_u32..8200];
    prop::collection::vec((0_u32..60, size, prop::bool::weighted(0.8)), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_channels_and_any_query(
        blocks in blocks(),
        first in prop_oneof![0_u32..70, any::<u32>()],
        number in prop_oneof![0_u32..70, any::<u32>()],
        options in 0_u64..4,
    ) {
        let mut channels = BTreeSet::new();
        for (block, size, useful) in blocks {
            channels.extend((0..size).map(|n| (scid(block, n), useful)));
        }
        let channels = channels.into_iter().map(|(id, useful)| channel(id, [0, u32::from(useful)], [1, 2], 0));
        lists_all_in_range(&channels.collect(), &range_query(first, number, options));
    }
}
