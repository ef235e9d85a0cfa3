//! Answers that come when nobody waits for them any more, and answers that nobody ever asked for.

mod common;

use common::{CHAIN, FOREIGN, at, drain, everything_of, outcome, range_reply, scid, scids_end};
use gossip_sync::Violation;
use gossip_sync::syncer::{Config, Event, Failure, Input, Outcome, Output, Syncer};
use lnwire::bolt7::{ReplyChannelRange, ReplyShortChannelIdsEnd};
use lnwire::{BlockHeight, Message};

fn reply(complete: u8) -> Input {
    Input::RangeReply(range_reply(0, 1000, complete, &[scid(1, 1)]))
}

fn end() -> Input {
    Input::ScidsEnd(scids_end(1))
}

fn sync(syncer: &mut Syncer, second: u64) -> Vec<Output> {
    syncer.sync(at(second), BlockHeight(0), BlockHeight(1000));
    drain(syncer)
}

fn violation(violation: Violation) -> Vec<Output> {
    vec![Output::Event(Event::Violation(violation))]
}

#[test]
fn answers_without_a_query_are_violations() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    for _ in 0..2 {
        syncer.handle_input(at(0), reply(1));
        assert_eq!(
            drain(&mut syncer),
            violation(Violation::UnexpectedRangeReply)
        );
        syncer.handle_input(at(0), end());
        assert_eq!(drain(&mut syncer), violation(Violation::UnexpectedScidsEnd));
        assert!(syncer.is_idle() && syncer.poll_timeout().is_none());
    }
}

/// The wrong answer changes neither the state nor the deadline.
#[test]
fn answers_to_another_query_are_violations() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    sync(&mut syncer, 0);
    syncer.handle_input(at(1), end());
    assert_eq!(drain(&mut syncer), violation(Violation::UnexpectedScidsEnd));
    assert_eq!(syncer.poll_timeout(), Some(at(60)));

    syncer.handle_input(at(2), reply(1));
    drain(&mut syncer);
    for input in [reply(0), reply(1)] {
        syncer.handle_input(at(3), input);
        assert_eq!(
            drain(&mut syncer),
            violation(Violation::UnexpectedRangeReply)
        );
    }
    assert_eq!(syncer.poll_timeout(), Some(at(62)));

    syncer.handle_input(at(4), Input::Missing(vec![everything_of(scid(1, 1))]));
    drain(&mut syncer);
    let foreign = ReplyShortChannelIdsEnd {
        chain_hash: FOREIGN,
        ..scids_end(1)
    };
    syncer.handle_input(at(5), Input::ScidsEnd(foreign));
    assert_eq!(drain(&mut syncer), violation(Violation::UnexpectedScidsEnd));
    syncer.handle_input(at(5), reply(1));
    assert_eq!(
        drain(&mut syncer),
        violation(Violation::UnexpectedRangeReply)
    );
    assert_eq!(syncer.poll_timeout(), Some(at(24)));
}

#[test]
fn a_late_look_up_changes_nothing() {
    let missing = || Input::Missing(vec![everything_of(scid(1, 1))]);
    let mut syncer = Syncer::new(Config::new(CHAIN));
    syncer.handle_input(at(0), missing());
    assert!(syncer.is_idle());
    sync(&mut syncer, 0);
    syncer.handle_input(at(1), missing());
    assert_eq!(syncer.poll_timeout(), Some(at(60)));
    syncer.handle_input(at(1), reply(1));
    syncer.handle_input(at(1), missing());
    syncer.handle_input(at(2), missing());
    // One list, one query.
    assert_eq!(
        (drain(&mut syncer).len(), syncer.poll_timeout()),
        (2, Some(at(21)))
    );
}

/// A slow peer goes on answering a query that was given up: that is its right.
#[test]
fn replies_to_a_query_that_was_given_up_are_no_violations() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    sync(&mut syncer, 0);
    syncer.handle_timeout(at(60));
    assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::TimedOut));
    for complete in [0, 0, 1] {
        syncer.handle_input(at(61), reply(complete));
        assert_eq!((drain(&mut syncer), syncer.held_bytes()), (vec![], 0));
    }
    syncer.handle_input(at(62), reply(1));
    assert_eq!(
        drain(&mut syncer),
        violation(Violation::UnexpectedRangeReply)
    );
}

/// BOLT 7 allows one query at a time; and the end of an old answer must not pass for that of a new one.
#[test]
fn the_next_query_waits_for_the_last_reply_to_the_one_before() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    sync(&mut syncer, 0);
    syncer.stop();
    drain(&mut syncer);
    assert_eq!(sync(&mut syncer, 10), []);
    assert_eq!(syncer.poll_timeout(), Some(at(70)));
    syncer.handle_input(at(20), reply(0));
    assert_eq!(
        (drain(&mut syncer), syncer.poll_timeout()),
        (vec![], Some(at(80)))
    );
    syncer.handle_input(at(30), reply(1));
    let sent = drain(&mut syncer);
    assert!(matches!(
        sent[..],
        [Output::Send(Message::QueryChannelRange(_))]
    ));
    assert_eq!(syncer.poll_timeout(), Some(at(90)));
    syncer.handle_input(at(40), reply(1));
    assert!(matches!(drain(&mut syncer)[..], [Output::FindMissing(_)]));
}

#[test]
fn the_next_sync_fails_with_a_peer_that_stays_silent() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    sync(&mut syncer, 0);
    syncer.handle_timeout(at(60));
    drain(&mut syncer);
    for second in [100, 200] {
        assert_eq!(sync(&mut syncer, second), []);
        syncer.handle_timeout(at(second + 60));
        assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::TimedOut));
    }
    assert_eq!(sync(&mut syncer, 300), []);
    syncer.stop();
    assert_eq!(outcome(&mut syncer), Outcome::Failed(Failure::Stopped));
}

/// Such a peer says so once, and can be asked again.
#[test]
fn nothing_more_is_owed_by_a_peer_that_does_not_serve_the_chain() {
    for complete in [0, 1] {
        let mut syncer = Syncer::new(Config::new(CHAIN));
        sync(&mut syncer, 0);
        let foreign = ReplyChannelRange {
            chain_hash: FOREIGN,
            ..range_reply(0, 1000, complete, &[])
        };
        syncer.handle_input(at(0), Input::RangeReply(foreign));
        assert_eq!(
            outcome(&mut syncer),
            Outcome::Failed(Failure::ChainNotServed)
        );
        assert_eq!(sync(&mut syncer, 1).len(), 1);
    }
}

/// Stopped in the middle of an answer, whose end comes during the next sync.
#[test]
fn an_end_that_was_owed_does_not_end_the_next_query() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    let missing = || Input::Missing(vec![everything_of(scid(1, 1))]);
    sync(&mut syncer, 0);
    syncer.handle_input(at(0), reply(1));
    syncer.handle_input(at(0), missing());
    syncer.stop();
    drain(&mut syncer);
    sync(&mut syncer, 1);
    syncer.handle_input(at(1), end());
    assert_eq!(drain(&mut syncer), []);
    syncer.handle_input(at(1), reply(1));
    syncer.handle_input(at(1), missing());
    let sent = drain(&mut syncer);
    assert!(matches!(
        sent.last(),
        Some(Output::Send(Message::QueryShortChannelIds(_)))
    ));
    syncer.handle_input(at(1), end());
    assert!(matches!(
        outcome(&mut syncer),
        Outcome::Complete { asked: 1, .. }
    ));
}
