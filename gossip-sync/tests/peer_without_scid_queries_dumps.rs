//! Some peers never answer a query for channels; they are asked for everything, by a filter.

mod common;

use core::time::Duration;

use common::{CHAIN, at, drain, everything_of, outcome, range_reply, scid, scids_end};
use gossip_sync::syncer::{Config, Failure, Input, Outcome, Output, Syncer, Wanted};
use lnwire::bolt7::QueryFlags;
use lnwire::{BlockHeight, Instant, Message, ShortChannelId};

fn ids(count: u32) -> Vec<ShortChannelId> {
    (0..count).map(|n| scid(n, 1)).collect()
}

/// A syncer that has asked for a dump, for `wanted`.
fn dumping(wanted: Vec<Wanted>) -> (Syncer, Instant) {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    let listed: Vec<_> = wanted.iter().map(|w| w.short_channel_id).collect();
    begin(&mut syncer, at(0), &listed, wanted);
    let now = syncer.poll_timeout().unwrap();
    syncer.handle_timeout(now);
    let outputs = drain(&mut syncer);
    assert!(matches!(
        outputs.last(),
        Some(Output::Send(Message::GossipTimestampFilter(_)))
    ));
    (syncer, now)
}

fn begin(syncer: &mut Syncer, now: Instant, listed: &[ShortChannelId], wanted: Vec<Wanted>) {
    syncer.sync(now, BlockHeight(0), BlockHeight(100_000));
    syncer.handle_input(now, Input::RangeReply(range_reply(0, 100_000, 1, listed)));
    syncer.handle_input(now, Input::Missing(wanted));
}

#[test]
fn complete_when_every_channel_arrived_in_any_order() {
    // More than one query's worth: the dump answers all at once.
    let wanted = ids(1200);
    let (mut syncer, now) = dumping(wanted.iter().copied().map(everything_of).collect());
    for id in wanted.iter().rev() {
        assert!(!syncer.is_idle());
        syncer.handle_input(now, Input::Gossip(None));
        syncer.handle_input(now, Input::Gossip(Some(scid(99_999, 5))));
        syncer.handle_input(now, Input::Gossip(Some(*id)));
        syncer.handle_input(now, Input::Gossip(Some(*id)));
    }
    syncer.handle_timeout(syncer.poll_timeout().unwrap());
    let complete = Outcome::Complete {
        listed: 1200,
        asked: 1200,
        withheld: vec![],
    };
    assert_eq!(outcome(&mut syncer), complete);
}

/// The updates of the last channel and all nodes come behind the last announcement.
#[test]
fn what_comes_behind_the_last_channel_is_waited_for() {
    let (mut syncer, now) = dumping(ids(2).into_iter().map(everything_of).collect());
    syncer.handle_input(now, Input::Gossip(Some(scid(1, 1))));
    syncer.handle_input(now, Input::Gossip(Some(scid(0, 1))));
    let silence = Config::new(CHAIN).dump_silence;
    let mut last = now;
    for n in 1..20 {
        last = now + Duration::from_secs(2) * n;
        syncer.handle_timeout(last);
        syncer.handle_input(last, Input::Gossip(None));
        assert!(!syncer.is_idle());
    }
    assert_eq!(syncer.poll_timeout(), Some(last + silence));
    syncer.handle_timeout(last + silence);
    assert!(matches!(outcome(&mut syncer), Outcome::Complete { .. }));
}

/// A peer that relays gossip all the time does not keep a dump from ending.
#[test]
fn gossip_that_never_rests_does_not_hold_the_end_up() {
    let (mut syncer, now) = dumping(vec![everything_of(scid(1, 1))]);
    syncer.handle_input(now, Input::Gossip(Some(scid(1, 1))));
    let end = now + Config::new(CHAIN).reply_timeout;
    let mut last = now;
    while last < end {
        assert!(!syncer.is_idle());
        last = last + Duration::from_secs(1);
        syncer.handle_timeout(last);
        syncer.handle_input(last, Input::Gossip(None));
    }
    assert!(matches!(outcome(&mut syncer), Outcome::Complete { .. }));
}

/// Whoever stops a sync while nothing is missing any more has completed it.
#[test]
fn stopped_behind_the_last_channel_it_is_complete() {
    let (mut syncer, now) = dumping(vec![everything_of(scid(1, 1))]);
    syncer.handle_input(now, Input::Gossip(Some(scid(1, 1))));
    syncer.stop();
    assert!(matches!(outcome(&mut syncer), Outcome::Complete { .. }));
}

/// A dump for an earlier filter was under way: all came but the end of the answer, which such a peer does not send.
#[test]
fn complete_without_an_end_when_nothing_is_missing() {
    for all_came in [true, false] {
        let mut syncer = Syncer::new(Config::new(CHAIN));
        let wanted = ids(3).into_iter().map(everything_of).collect();
        begin(&mut syncer, at(0), &ids(3), wanted);
        drain(&mut syncer);
        let came = if all_came { 3 } else { 2 };
        for id in ids(came) {
            syncer.handle_input(at(1), Input::Gossip(Some(id)));
        }
        assert!(!syncer.is_idle());
        while let Some(due) = syncer.poll_timeout() {
            syncer.handle_timeout(due);
        }
        let is_complete = matches!(outcome(&mut syncer), Outcome::Complete { .. });
        assert_eq!(is_complete, all_came);
    }
}

#[test]
fn partial_when_it_dries_up() {
    let (mut syncer, now) = dumping(ids(3).into_iter().map(everything_of).collect());
    syncer.handle_input(now, Input::Gossip(Some(scid(1, 1))));
    syncer.handle_timeout(syncer.poll_timeout().unwrap());
    let missing = vec![scid(0, 1), scid(2, 1)];
    assert_eq!(
        outcome(&mut syncer),
        Outcome::Partial {
            reason: Failure::TimedOut,
            missing,
            unlisted: vec![]
        }
    );
}

/// A dump of the whole graph may hold the wanted channel last: what comes before keeps the wait going.
#[test]
fn channels_not_asked_for_show_that_it_goes_on() {
    let (mut syncer, _) = dumping(vec![everything_of(scid(90_000, 1))]);
    for second in 20..300 {
        syncer.handle_input(at(second), Input::Gossip(Some(scid(second as u32, 1))));
        syncer.handle_timeout(at(second));
    }
    syncer.handle_input(at(300), Input::Gossip(Some(scid(90_000, 1))));
    syncer.handle_timeout(syncer.poll_timeout().unwrap());
    assert!(matches!(outcome(&mut syncer), Outcome::Complete { .. }));
}

/// Whoever wanted new updates alone did not get them by the first gossip that comes along.
#[test]
fn refreshes_are_missing_until_their_channel_passes() {
    let refresh = |id| Wanted {
        short_channel_id: id,
        flags: QueryFlags::CHANNEL_UPDATE_2 as u8,
    };
    let (mut syncer, now) = dumping(ids(2).into_iter().map(refresh).collect());
    syncer.handle_input(now, Input::Gossip(None));
    syncer.handle_input(now, Input::Gossip(Some(scid(0, 1))));
    assert!(!syncer.is_idle());
    syncer.handle_timeout(syncer.poll_timeout().unwrap());
    let missing = vec![scid(1, 1)];
    assert_eq!(
        outcome(&mut syncer),
        Outcome::Partial {
            reason: Failure::TimedOut,
            missing,
            unlisted: vec![]
        }
    );
}

#[test]
fn a_late_end_is_harmless() {
    let (mut syncer, now) = dumping(vec![everything_of(scid(1, 1))]);
    let deadline = syncer.poll_timeout();
    syncer.handle_input(now, Input::ScidsEnd(scids_end(1)));
    assert_eq!(
        (drain(&mut syncer), syncer.poll_timeout()),
        (vec![], deadline)
    );
    // One was owed, not two.
    syncer.handle_input(now, Input::ScidsEnd(scids_end(1)));
    assert_eq!(drain(&mut syncer).len(), 1);
    assert!(!syncer.is_idle());
}

/// BOLT 7: no second query before the end of the first, though that may never come.
#[test]
fn the_next_sync_begins_with_the_dump() {
    let (mut syncer, now) = dumping(vec![everything_of(scid(1, 1))]);
    syncer.handle_input(now, Input::Gossip(Some(scid(1, 1))));
    syncer.handle_timeout(syncer.poll_timeout().unwrap());
    drain(&mut syncer);
    begin(
        &mut syncer,
        now,
        &[scid(2, 1)],
        vec![everything_of(scid(2, 1))],
    );
    let sent = drain(&mut syncer);
    assert!(matches!(
        sent.last(),
        Some(Output::Send(Message::GossipTimestampFilter(_)))
    ));
    syncer.stop();
    drain(&mut syncer);
    // The end came at last: from now on there are queries again.
    syncer.handle_input(now, Input::ScidsEnd(scids_end(1)));
    begin(
        &mut syncer,
        now,
        &[scid(2, 1)],
        vec![everything_of(scid(2, 1))],
    );
    let sent = drain(&mut syncer);
    assert!(matches!(
        sent.last(),
        Some(Output::Send(Message::QueryShortChannelIds(_)))
    ));
}
