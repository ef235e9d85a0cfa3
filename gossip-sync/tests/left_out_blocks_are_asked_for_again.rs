//! BOLT 7 lets a peer answer in any pieces that together speak for all blocks asked for. What they leave out is a gap, which
//! is asked for again and, if it stays, handed back: it never counts as synced.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use common::{CHAIN, at, drain, outcome, range_reply, scid};
use gossip_sync::syncer::{
    Blocks, Config, Event, Failure, Input, MAX_GAP_QUERIES, Outcome, Output, Syncer,
};
use lnwire::{BlockHeight, Message};
use proptest::prelude::*;

/// A syncer that has asked for blocks 100 to 199.
fn asked() -> Syncer {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    syncer.sync(at(0), BlockHeight(100), BlockHeight(200));
    drain(&mut syncer);
    syncer
}

fn answer(syncer: &mut Syncer, first: u32, number: u32, complete: u8) -> Vec<Output> {
    let ids = [scid(first.clamp(100, 0xff_ffff), 1)];
    let reply = range_reply(first, number, complete, &ids);
    syncer.handle_input(at(0), Input::RangeReply(reply));
    drain(syncer)
}

fn asks(outputs: &[Output]) -> (u32, u32) {
    match outputs {
        [Output::Send(Message::QueryChannelRange(query))] => {
            (query.first_blocknum.0, query.number_of_blocks)
        }
        other => panic!("{other:?}"),
    }
}

const fn blocks(first: u32, end: u32) -> Blocks {
    Blocks::new(BlockHeight(first), BlockHeight(end))
}

#[test]
fn a_late_beginning_a_hole_and_an_early_end_are_asked_for_again() {
    let mut syncer = asked();
    assert_eq!(answer(&mut syncer, 110, 30, 0), []);
    assert_eq!(asks(&answer(&mut syncer, 150, 40, 1)), (100, 10));
    assert_eq!(asks(&answer(&mut syncer, 100, 10, 1)), (140, 10));
    assert_eq!(asks(&answer(&mut syncer, 140, 10, 1)), (190, 10));
    let [Output::FindMissing(listed)] = &answer(&mut syncer, 190, 10, 1)[..] else {
        panic!()
    };
    let listed: Vec<_> = listed
        .iter()
        .map(|l| l.short_channel_id.block().0)
        .collect();
    assert_eq!(listed, [100, 110, 140, 150, 190]);
    syncer.handle_input(at(0), Input::Missing(vec![]));
    assert!(matches!(
        outcome(&mut syncer),
        Outcome::Complete { listed: 5, .. }
    ));
}

#[test]
fn what_stays_out_is_handed_back() {
    let mut syncer = asked();
    assert_eq!(asks(&answer(&mut syncer, 110, 80, 1)), (100, 10));
    for _ in 1..MAX_GAP_QUERIES {
        assert_eq!(asks(&answer(&mut syncer, 110, 80, 1)), (100, 10));
    }
    assert!(matches!(
        answer(&mut syncer, 110, 80, 1)[..],
        [Output::FindMissing(_)]
    ));
    syncer.handle_input(at(0), Input::Missing(vec![]));
    let partial = Outcome::Partial {
        reason: Failure::Gaps,
        missing: vec![],
        unlisted: vec![blocks(100, 110), blocks(190, 200)],
    };
    assert_eq!(
        drain(&mut syncer),
        [Output::Event(Event::Finished(partial))]
    );
}

/// Each query that asks again has its deadline, and owes an answer when it is given up.
#[test]
fn silence_after_asking_again_ends_the_sync() {
    let mut syncer = asked();
    answer(&mut syncer, 110, 90, 1);
    assert_eq!(syncer.poll_timeout(), Some(at(60)));
    syncer.handle_timeout(at(60));
    assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::TimedOut));
    syncer.sync(at(61), BlockHeight(100), BlockHeight(200));
    assert_eq!(drain(&mut syncer), []);
}

/// A count of zero stands for one block, and ends past the last height end there.
#[test]
fn edges_of_ranges() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    syncer.sync(at(0), BlockHeight(u32::MAX - 2), BlockHeight(u32::MAX));
    assert_eq!(asks(&drain(&mut syncer)), (u32::MAX - 2, 2));
    assert_eq!(
        asks(&answer(&mut syncer, u32::MAX - 2, 0, 1)),
        (u32::MAX - 1, 1)
    );
    let last = range_reply(u32::MAX - 1, u32::MAX, 1, &[]);
    syncer.handle_input(at(0), Input::RangeReply(last));
    assert!(matches!(drain(&mut syncer)[..], [Output::FindMissing(_)]));
}

proptest! {
    /// Any pieces: what is asked for again first is the first block that nobody spoke for.
    #[test]
    fn gaps_are_what_was_asked_for_less_what_was_covered(
        pieces in prop::collection::vec((80_u32..220, prop_oneof![0_u32..40, Just(u32::MAX)]), 1..24),
    ) {
        let mut syncer = asked();
        let mut covered = [false; 300];
        let last = pieces.len() - 1;
        let mut outputs = Vec::new();
        for (n, (first, number)) in pieces.into_iter().enumerate() {
            let end = first.saturating_add(number.max(1)).min(300);
            covered[first as usize..end as usize].fill(true);
            outputs = answer(&mut syncer, first, number, u8::from(n == last));
        }
        let gap = (100..200).find(|block| !covered[*block]);
        match gap {
            None => prop_assert!(matches!(outputs[..], [Output::FindMissing(_)])),
            Some(first) => {
                let len = (first..200).take_while(|block| !covered[*block]).count();
                prop_assert_eq!(asks(&outputs), (first as u32, len as u32));
            }
        }
    }
}
