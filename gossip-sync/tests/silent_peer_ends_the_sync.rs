//! Whatever a peer does not do, a sync ends, once, and says why.

mod common;

use common::{CHAIN, at, drain, everything_of, outcome, range_reply, scid, scids_end};
use gossip_sync::syncer::{Config, Event, Failure, Input, Outcome, Output, Syncer};
use lnwire::{BlockHeight, Instant, Message, ShortChannelId};

/// A wait of a syncer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Range,
    Missing,
    End,
    Dump,
}

const ALL: [Step; 4] = [Step::Range, Step::Missing, Step::End, Step::Dump];

/// A syncer that waits at `step` for two channels, with nothing left to poll, and the time.
fn waiting_at(step: Step) -> (Syncer, Instant) {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
    if step != Step::Range {
        let reply = range_reply(0, 1000, 1, &both());
        syncer.handle_input(at(0), Input::RangeReply(reply));
    }
    if matches!(step, Step::End | Step::Dump) {
        syncer.handle_input(at(0), missing());
    }
    let mut now = at(0);
    if step == Step::Dump {
        now = syncer.poll_timeout().unwrap();
        syncer.handle_timeout(now);
    }
    drain(&mut syncer);
    (syncer, now)
}

fn both() -> [ShortChannelId; 2] {
    [scid(5, 1), scid(6, 1)]
}

fn missing() -> Input {
    Input::Missing(both().map(everything_of).to_vec())
}

fn failed(step: Step, reason: Failure) -> Outcome {
    match step {
        Step::Range | Step::Missing => Outcome::Failed(reason),
        Step::End | Step::Dump => Outcome::Partial {
            reason,
            missing: both().to_vec(),
            unlisted: vec![],
        },
    }
}

#[test]
fn silence_ends_every_wait() {
    for step in [Step::Range, Step::Missing, Step::Dump] {
        let (mut syncer, _) = waiting_at(step);
        let deadline = syncer.poll_timeout().unwrap();
        syncer.handle_timeout(deadline);
        let reason = match step {
            Step::Missing => Failure::NotLookedUp,
            _ => Failure::TimedOut,
        };
        assert_eq!(outcome(&mut syncer), failed(step, reason));
        assert!(syncer.is_idle() && syncer.poll_timeout().is_none());
        syncer.handle_timeout(deadline);
        syncer.stop();
        assert_eq!(drain(&mut syncer), []);
    }
}

/// A query for channels that nothing answers is followed by the wish for a dump instead.
#[test]
fn silence_after_a_query_for_channels_leads_to_a_dump() {
    let (mut syncer, _) = waiting_at(Step::End);
    assert_eq!(syncer.poll_timeout(), Some(at(20)));
    syncer.handle_timeout(at(20));
    let [Output::Send(Message::GossipTimestampFilter(filter))] = &drain(&mut syncer)[..] else {
        panic!()
    };
    assert_eq!(
        (filter.first_timestamp.0, filter.timestamp_range),
        (0, u32::MAX)
    );
}

#[test]
fn early_timeouts_change_nothing() {
    for step in ALL {
        let (mut syncer, now) = waiting_at(step);
        let deadline = syncer.poll_timeout().unwrap();
        syncer.handle_timeout(now);
        assert_eq!(
            (syncer.poll_timeout(), drain(&mut syncer)),
            (Some(deadline), vec![])
        );
    }
}

#[test]
fn stop_ends_every_wait() {
    for step in ALL {
        let (mut syncer, _) = waiting_at(step);
        syncer.stop();
        assert_eq!(outcome(&mut syncer), failed(step, Failure::Stopped));
        assert!(syncer.is_idle() && syncer.poll_timeout().is_none() && syncer.held_bytes() == 0);
    }
    let mut idle = Syncer::new(Config::new(CHAIN));
    idle.stop();
    assert_eq!(drain(&mut idle), []);
}

#[test]
fn a_second_sync_does_not_disturb_the_first() {
    for step in ALL {
        let (mut syncer, now) = waiting_at(step);
        let deadline = syncer.poll_timeout();
        syncer.sync(now, BlockHeight(7), BlockHeight(8));
        assert_eq!(
            (syncer.poll_timeout(), drain(&mut syncer)),
            (deadline, vec![])
        );
    }
}

/// An answer that drips, always just in time, ends with the total time.
#[test]
fn dripping_peers_run_into_the_total_time() {
    let drip = |step: Step, input: &dyn Fn(u64) -> Input| {
        let (mut syncer, _) = waiting_at(step);
        for second in 0.. {
            assert!(second <= 1800, "{step:?} goes on for ever");
            syncer.handle_input(at(second), input(second));
            syncer.handle_timeout(at(second));
            if syncer.is_idle() {
                assert_eq!(second, 1800, "{step:?}");
                return outcome(&mut syncer);
            }
        }
        unreachable!()
    };
    let reply =
        |second: u64| Input::RangeReply(range_reply(0, 1, 0, &[scid(second as u32 % 999, 1)]));
    assert_eq!(
        drip(Step::Range, &reply),
        failed(Step::Range, Failure::TimedOut)
    );
    let other = |_| Input::Gossip(Some(scid(900, 1)));
    assert_eq!(
        drip(Step::Dump, &other),
        failed(Step::Dump, Failure::TimedOut)
    );
}

/// Gossip that nobody asked for, which any peer relays, keeps no query open.
#[test]
fn unrelated_gossip_does_not_stand_for_an_answer() {
    for announced in [None, Some(scid(900, 1))] {
        let (mut syncer, _) = waiting_at(Step::End);
        let mut second = 0;
        while drain(&mut syncer).is_empty() {
            second += 1;
            syncer.handle_input(at(second), Input::Gossip(announced));
            syncer.handle_timeout(at(second));
        }
        // The dump is asked for all the same.
        assert_eq!((second, syncer.is_idle()), (60, false));
        while drain(&mut syncer).is_empty() {
            second += 1;
            syncer.handle_input(at(second), Input::Gossip(None));
            syncer.handle_timeout(at(second));
        }
        assert_eq!((second, syncer.is_idle()), (120, true));
    }
}

#[test]
fn a_peer_that_stops_in_the_middle_leaves_the_rest() {
    let (mut syncer, _) = waiting_at(Step::End);
    syncer.handle_input(at(19), Input::Gossip(Some(both()[0])));
    assert_eq!(syncer.poll_timeout(), Some(at(39)));
    syncer.handle_input(at(20), Input::Gossip(None));
    assert_eq!(syncer.poll_timeout(), Some(at(40)));
    syncer.handle_timeout(at(40));
    let partial = Outcome::Partial {
        reason: Failure::TimedOut,
        missing: vec![both()[1]],
        unlisted: vec![],
    };
    assert_eq!(outcome(&mut syncer), partial);
}

/// A peer that ended one query has shown that it answers them: no dump is asked for.
#[test]
fn a_peer_that_stops_between_queries_leaves_the_rest() {
    let mut syncer = Syncer::new(Config {
        channels_per_query: 1,
        ..Config::new(CHAIN)
    });
    syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
    syncer.handle_input(at(0), Input::RangeReply(range_reply(0, 1000, 1, &both())));
    syncer.handle_input(at(0), missing());
    syncer.handle_input(at(0), Input::ScidsEnd(scids_end(1)));
    drain(&mut syncer);
    syncer.handle_timeout(syncer.poll_timeout().unwrap());
    let partial = Outcome::Partial {
        reason: Failure::TimedOut,
        missing: vec![both()[1]],
        unlisted: vec![],
    };
    assert_eq!(outcome(&mut syncer), partial);
}

#[test]
fn a_peer_without_full_information_ends_the_sync() {
    let (mut syncer, _) = waiting_at(Step::End);
    syncer.handle_input(at(1), Input::ScidsEnd(scids_end(0)));
    assert_eq!(
        outcome(&mut syncer),
        failed(Step::End, Failure::NotFullInformation)
    );
}

/// It says so, and has sent everything nevertheless.
#[test]
fn full_information_does_not_matter_when_all_arrived() {
    let (mut syncer, _) = waiting_at(Step::End);
    for id in both() {
        syncer.handle_input(at(1), Input::Gossip(Some(id)));
    }
    syncer.handle_input(at(1), Input::ScidsEnd(scids_end(0)));
    let complete = Outcome::Complete {
        listed: 2,
        asked: 2,
        withheld: vec![],
    };
    assert_eq!(
        drain(&mut syncer),
        [Output::Event(Event::Finished(complete))]
    );
}
