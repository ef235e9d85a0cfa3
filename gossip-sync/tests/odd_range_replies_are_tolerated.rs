//! Deployed peers answer range queries in ways that BOLT 7 does not foresee; hostile ones in worse.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::BTreeSet;

use common::{CHAIN, FOREIGN, at, drain, outcome, range_reply, scid};
use gossip_sync::syncer::{Config, Event, Failure, Input, MAX_REPLIES, Outcome, Output, Syncer};
use lnwire::bolt7::{ReplyChannelRange, ShortChannelIds, Timestamps};
use lnwire::bytes::Bytes;
use lnwire::{BlockHeight, ShortChannelId, Timestamp};
use proptest::prelude::*;

/// A syncer that has asked for blocks 100 to 199.
fn asked(config: Config) -> Syncer {
    let mut syncer = Syncer::new(config);
    syncer.sync(at(0), BlockHeight(100), BlockHeight(200));
    drain(&mut syncer);
    syncer
}

fn outputs_after(replies: impl IntoIterator<Item = ReplyChannelRange>) -> Vec<Output> {
    let mut syncer = asked(Config::new(CHAIN));
    for reply in replies {
        syncer.handle_input(at(0), Input::RangeReply(reply));
    }
    drain(&mut syncer)
}

fn listed(outputs: &[Output]) -> Vec<ShortChannelId> {
    match outputs {
        [Output::FindMissing(listed)] => listed.iter().map(|l| l.short_channel_id).collect(),
        other => panic!("{other:?}"),
    }
}

fn failed(failure: Failure) -> Vec<Output> {
    vec![Output::Event(Event::Finished(Outcome::Failed(failure)))]
}

/// As Core Lightning answers: the newest channels first, the first block going backwards, a count of blocks
/// that wrapped, and ids from anywhere in the range that was asked.
#[test]
fn backward_replies() {
    let replies = [
        range_reply(180, 20, 0, &[scid(150, 1), scid(190, 1), scid(110, 1)]),
        range_reply(150, 4_294_967_266, 0, &[scid(150, 1), scid(101, 1)]),
        range_reply(100, 50, 1, &[scid(199, 1), scid(100, 1)]),
    ];
    let ids = [100, 101, 110, 150, 190, 199].map(|block| scid(block, 1));
    assert_eq!(listed(&outputs_after(replies)), ids);
}

#[test]
fn what_was_not_asked_for_is_left_out() {
    let ids = [
        scid(99, 0xff_ffff),
        scid(100, 0),
        scid(200, 0),
        ShortChannelId(u64::MAX),
    ];
    assert_eq!(
        listed(&outputs_after([range_reply(0, u32::MAX, 1, &ids)])),
        [scid(100, 0)]
    );
}

/// Ids beyond the range do not use up the room for those within.
#[test]
fn what_was_not_asked_for_takes_no_room() {
    let mut syncer = asked(Config {
        max_listed: 1,
        ..Config::new(CHAIN)
    });
    let ids = [scid(1, 1), scid(2, 1), scid(100, 1), scid(300, 1)];
    syncer.handle_input(at(0), Input::RangeReply(range_reply(0, 1000, 1, &ids)));
    assert_eq!(listed(&drain(&mut syncer)), [scid(100, 1)]);
}

/// Of two entries for a channel the one with the later update counts.
#[test]
fn the_later_timestamps_are_kept() {
    let reply = |time: u32, complete| ReplyChannelRange {
        timestamps: Some(Timestamps::new([[Timestamp(time); 2]])),
        ..range_reply(100, 100, complete, &[scid(150, 1)])
    };
    let without = ReplyChannelRange {
        timestamps: None,
        ..reply(0, 0)
    };
    let outputs = outputs_after([reply(5, 0), reply(9, 0), without, reply(7, 1)]);
    let [Output::FindMissing(listed)] = &outputs[..] else {
        panic!()
    };
    assert_eq!(listed[0].timestamps, Some([Timestamp(9); 2]));
}

#[test]
fn the_whole_range_in_each_reply() {
    let replies = [(0, 101), (0, 102), (1, 103)]
        .map(|(end, block)| range_reply(100, 100, end, &[scid(block, 1)]));
    assert_eq!(listed(&outputs_after(replies)).len(), 3);
}

#[test]
fn replies_for_another_chain() {
    for complete in [0, 1] {
        let foreign = ReplyChannelRange {
            chain_hash: FOREIGN,
            ..range_reply(100, 100, complete, &[])
        };
        assert_eq!(outputs_after([foreign]), failed(Failure::ChainNotServed));
    }
}

/// How peers say that they do not keep the chain: the query comes back, without ids, and incomplete.
#[test]
fn an_empty_echo_means_that_the_chain_is_not_served() {
    let echo = range_reply(100, 100, 0, &[]);
    assert_eq!(
        outputs_after([echo.clone()]),
        failed(Failure::ChainNotServed)
    );
    let no_encoding = ShortChannelIds::from_bytes(Bytes::new()).unwrap();
    let cut = ReplyChannelRange {
        short_channel_ids: no_encoding,
        timestamps: None,
        ..echo.clone()
    };
    assert_eq!(outputs_after([cut]), failed(Failure::ChainNotServed));
    // Behind ids it means nothing special.
    let replies = [
        range_reply(100, 100, 0, &[scid(100, 1)]),
        echo,
        range_reply(100, 100, 1, &[]),
    ];
    assert_eq!(listed(&outputs_after(replies)), [scid(100, 1)]);
    // And an empty range is an answer.
    assert_eq!(listed(&outputs_after([range_reply(100, 100, 1, &[])])), []);
}

#[test]
fn too_many_ids() {
    let ids: Vec<_> = (0..11).map(|n| scid(100, n)).collect();
    for (ids, complete) in [(&ids[..10], true), (&ids[..], false)] {
        let mut syncer = asked(Config {
            max_listed: 10,
            ..Config::new(CHAIN)
        });
        for id in ids {
            let last = u8::from(id == ids.last().unwrap());
            syncer.handle_input(
                at(0),
                Input::RangeReply(range_reply(100, 100, last, &[*id])),
            );
        }
        match complete {
            true => assert_eq!(listed(&drain(&mut syncer)).len(), 10),
            false => assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::TooMuch)),
        }
        assert_eq!(syncer.held_bytes(), 0);
    }
}

#[test]
fn too_many_replies() {
    let mut syncer = asked(Config::new(CHAIN));
    let reply = |complete| Input::RangeReply(range_reply(100, 1, complete, &[]));
    for _ in 1..MAX_REPLIES {
        syncer.handle_input(at(0), reply(0));
    }
    assert!(drain(&mut syncer).is_empty());
    syncer.handle_input(at(0), reply(0));
    assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::TooMuch));
}

proptest! {
    /// Any replies: what is listed is what a set would hold, cut to the range.
    #[test]
    fn any_replies_give_the_set_of_their_ids(
        replies in prop::collection::vec(
            (any::<u32>(), any::<u32>(), prop::collection::vec((80_u32..220, 0_u32..4), 0..20)),
            1..20,
        ),
    ) {
        let mut expected = BTreeSet::new();
        let mut syncer = asked(Config::new(CHAIN));
        let last = replies.len() - 1;
        // A first reply without ids could be taken for an echo; and no blocks are left out.
        syncer.handle_input(at(0), Input::RangeReply(range_reply(0, u32::MAX, 0, &[scid(1, 1)])));
        for (n, (first, number, places)) in replies.into_iter().enumerate() {
            let ids: Vec<_> = places.into_iter().map(|(block, tx)| scid(block, tx)).collect();
            expected.extend(ids.iter().copied().filter(|id| (100..200).contains(&id.block().0)));
            let reply = range_reply(first, number, u8::from(n == last), &ids);
            syncer.handle_input(at(0), Input::RangeReply(reply));
        }
        prop_assert_eq!(listed(&drain(&mut syncer)), Vec::from_iter(expected));
    }
}
