//! However many channels an honest peer lists, a sync takes what it has room for, whole blocks of it, and hands back the rest.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::BTreeSet;

use common::{CHAIN, at, drain, everything_of, outcome, range_reply, scid, scids_end};
use gossip_sync::syncer::{Blocks, Config, Failure, Input, Outcome, Output, Syncer};
use lnwire::bolt7::ShortChannelIds;
use lnwire::{BlockHeight, Message, ShortChannelId};
use proptest::prelude::*;

fn with_room(max_listed: usize) -> Syncer {
    Syncer::new(Config {
        max_listed,
        ..Config::new(CHAIN)
    })
}

/// Answers a query with all of `ids` that it asks for, in parts, newest first if so wished; returns what is listed.
fn answer(
    syncer: &mut Syncer,
    ids: &[ShortChannelId],
    backwards: bool,
    most: usize,
) -> Vec<ShortChannelId> {
    let [Output::Send(Message::QueryChannelRange(query))] = &drain(syncer)[..] else {
        panic!()
    };
    let (first, end) = (query.first_blocknum.0, query.end_blocknum());
    let inside = |id: &&ShortChannelId| (u64::from(first)..end).contains(&u64::from(id.block().0));
    let mut asked: Vec<_> = ids.iter().filter(inside).copied().collect();
    if backwards {
        asked.reverse();
    }
    for ids in asked.chunks(2700) {
        let reply = range_reply(first, query.number_of_blocks, 0, ids);
        syncer.handle_input(at(0), Input::RangeReply(reply));
        assert!(syncer.held_bytes() <= most, "{}", syncer.held_bytes());
    }
    let last = range_reply(first, query.number_of_blocks, 1, &[]);
    syncer.handle_input(at(0), Input::RangeReply(last));
    match &drain(syncer)[..] {
        [Output::FindMissing(listed)] => listed.iter().map(|l| l.short_channel_id).collect(),
        other => panic!("{other:?}"),
    }
}

/// Syncs in as many goes as it takes; returns the channels and the goes.
fn whole(
    syncer: &mut Syncer,
    ids: &[ShortChannelId],
    backwards: bool,
    most: usize,
    step: Option<u32>,
) -> (Vec<ShortChannelId>, usize) {
    let mut all = Vec::new();
    let all_blocks = Blocks::new(BlockHeight(0), BlockHeight(800_000));
    let mut rest = all_blocks;
    for goes in 1.. {
        syncer.sync(at(0), rest.first, rest.end);
        all.extend(answer(syncer, ids, backwards, most));
        syncer.handle_input(at(0), Input::Missing(vec![]));
        match outcome(syncer) {
            Outcome::Complete { .. } if rest.end == all_blocks.end => return (all, goes),
            Outcome::Complete { .. } => {
                let end = BlockHeight(rest.end.0 + step.unwrap_or(0)).min(all_blocks.end);
                rest = Blocks::new(rest.end, end);
            }
            Outcome::Partial {
                reason: Failure::TooMuch,
                unlisted,
                ..
            } => {
                assert!(unlisted.len() == 1 && unlisted[0].first > rest.first);
                rest = unlisted[0];
                if let Some(blocks) = step {
                    rest.end = BlockHeight(rest.first.0 + blocks).min(all_blocks.end);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    unreachable!()
}

/// Whoever knows how dense the channels are asks for no more blocks at once than there is room for.
#[test]
fn half_a_million_channels_in_a_megabyte() {
    let ids: Vec<_> = (0..500_000).map(|n| scid(500_000 + n / 3, n % 3)).collect();
    for backwards in [false, true] {
        let mut syncer = with_room(32_768);
        let (all, goes) = whole(&mut syncer, &ids, backwards, 32_768 * 32, Some(10_000));
        assert_eq!(all, ids);
        assert!(goes <= 40, "{goes}");
    }
}

/// What is kept of a list that was cut is asked for in the same sync.
#[test]
fn what_is_kept_is_fetched() {
    let mut syncer = with_room(8);
    let ids: Vec<_> = (0..10).map(|n| scid(100 + n, 1)).collect();
    syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
    let listed = answer(&mut syncer, &ids, false, 8 * 32);
    assert_eq!(listed, ids[..6]);
    let wanted = listed.into_iter().map(everything_of).collect();
    syncer.handle_input(at(0), Input::Missing(wanted));
    let [Output::Send(Message::QueryShortChannelIds(query))] = &drain(&mut syncer)[..] else {
        panic!()
    };
    assert_eq!(
        query.short_channel_ids,
        ShortChannelIds::new(ids[..6].iter().copied())
    );
    syncer.handle_input(at(0), Input::Gossip(Some(ids[0])));
    syncer.handle_input(at(0), Input::ScidsEnd(scids_end(1)));
    let partial = Outcome::Partial {
        reason: Failure::TooMuch,
        missing: ids[1..6].to_vec(),
        unlisted: vec![Blocks::new(BlockHeight(106), BlockHeight(1000))],
    };
    assert_eq!(outcome(&mut syncer), partial);
}

/// There is no such block: whoever claims one is not believed.
#[test]
fn a_block_with_more_channels_than_there_is_room_for_fails() {
    let mut syncer = with_room(8);
    syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
    drain(&mut syncer);
    let ids: Vec<_> = (0..9).map(|n| scid(7, n)).collect();
    syncer.handle_input(at(0), Input::RangeReply(range_reply(0, 1000, 1, &ids)));
    assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::TooMuch));
    assert_eq!(syncer.held_bytes(), 0);
}

/// The same ids again and again take no room.
#[test]
fn repetitions_take_no_room() {
    let mut syncer = with_room(8);
    syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
    drain(&mut syncer);
    let ids: Vec<_> = (0..100).map(|n| scid(n % 5, 1)).collect();
    syncer.handle_input(at(0), Input::RangeReply(range_reply(0, 1000, 1, &ids)));
    let [Output::FindMissing(listed)] = &drain(&mut syncer)[..] else {
        panic!()
    };
    assert_eq!(listed.len(), 5);
}

proptest! {
    /// Each channel once, ascending, in bounded memory, in any order of ids.
    #[test]
    fn all_goes_together_list_everything_once(
        places in prop::collection::btree_set((0_u32..60, 0_u32..3), 0..100),
        backwards in any::<bool>(),
    ) {
        let ids: Vec<_> = places.into_iter().map(|(b, t)| scid(b, t)).collect();
        let (all, _) = whole(&mut with_room(8), &ids, backwards, 8 * 32, None);
        prop_assert_eq!(BTreeSet::from_iter(&all).len(), all.len());
        prop_assert_eq!(all, ids);
    }
}
