//! A rate limit delays and does not lose; what repeats itself is stored, and seldom passed on.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, pair, sign_update, signed_channel, signed_update};
use common::{CHAIN, node, scid, update};
use gossip_sync::ingest::{Config, DropReason};
use lnwire::bolt7::ChannelUpdate;
use proptest::prelude::*;

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

/// An update with a fee of its own.
fn news(time: u32) -> ChannelUpdate {
    let mut contents = update(scid(1, 1), 0, time);
    contents.fee_base_msat = time;
    sign_update(&contents, nodes()[0])
}

fn desk_with_channel() -> Desk {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    desk.log();
    desk
}

fn offer(desk: &mut Desk, message: ChannelUpdate) {
    desk.offer(node(1), message);
    desk.check_all();
}

fn stored(desk: &Desk) -> Option<u32> {
    desk.known(scid(1, 1)).unwrap().timestamps()[0].map(|at| at.0)
}

/// The first of a direction is free, ten may follow, then one a minute: the newest.
#[test]
fn the_eleventh_waits_a_minute_and_the_newest_waiting_wins() {
    let mut desk = desk_with_channel();
    for n in 0..=10 {
        offer(&mut desk, news(NOW + n));
        assert_eq!(stored(&desk), Some(NOW + n));
    }
    desk.log();
    for n in [11, 13, 12, 14] {
        offer(&mut desk, news(NOW + n));
        assert_eq!(stored(&desk), Some(NOW + 10));
    }
    let log = desk.log();
    let superseded = |end: &End| {
        matches!(
            end,
            End::Dropped(_, DropReason::Superseded | DropReason::Known)
        )
    };
    assert!(log.len() == 3 && log.iter().all(superseded), "{log:?}");
    assert_eq!(desk.ingest.parked_messages(), 1);
    desk.wait(59);
    assert_eq!(stored(&desk), Some(NOW + 10));
    desk.wait(1);
    assert_eq!(stored(&desk), Some(NOW + 14));
    assert!(matches!(desk.log()[..], [End::Accepted(..)]));
    // No token is left: the next one waits again.
    offer(&mut desk, news(NOW + 15));
    assert_eq!(stored(&desk), Some(NOW + 14));
    desk.wait(60);
    assert_eq!(stored(&desk), Some(NOW + 15));
    desk.assert_empty();
}

/// Ten minutes of rest, and ten may come again; the other direction has a bucket of its own.
#[test]
fn the_bucket_fills_again() {
    let mut desk = desk_with_channel();
    let mut time = NOW;
    for _ in 0..2 {
        for _ in 0..11 {
            time += 1;
            offer(&mut desk, news(time));
        }
        desk.wait(600);
    }
    assert_eq!(stored(&desk), Some(time));
    for n in 0..5 {
        offer(&mut desk, signed_update(scid(1, 1), nodes(), 1, NOW + n));
    }
    assert_eq!(desk.ingest.parked_messages(), 0);
}

/// Only what is verified replaces what waits.
#[test]
fn a_forgery_does_not_replace_what_waits() {
    let mut desk = desk_with_channel();
    for n in 0..=11 {
        offer(&mut desk, news(NOW + n));
    }
    let mut contents = update(scid(1, 1), 0, NOW + 50);
    contents.fee_base_msat = 9;
    offer(&mut desk, sign_update(&contents, nodes()[1]));
    desk.wait(60);
    assert_eq!(stored(&desk), Some(NOW + 11));
}

#[test]
fn a_keep_alive_is_stored_and_passed_on_once_a_day() {
    for (later, relay) in [(1, false), (86_399, false), (86_400, true), (86_401, true)] {
        let mut desk = desk_with_channel();
        let first = signed_update(scid(1, 1), nodes(), 0, NOW);
        let repeated = signed_update(scid(1, 1), nodes(), 0, NOW + later);
        offer(&mut desk, first);
        offer(&mut desk, repeated.clone());
        assert_eq!(stored(&desk), Some(NOW + later));
        assert_eq!(desk.kept_back.is_empty(), relay, "{later}");
        assert!(relay || desk.kept_back[0] == *repeated.as_bytes());
    }
}

/// It takes no token, either.
#[test]
fn keep_alives_are_not_limited() {
    let mut desk = desk_with_channel();
    for n in 0..40 {
        offer(&mut desk, signed_update(scid(1, 1), nodes(), 0, NOW + n));
        assert_eq!(stored(&desk), Some(NOW + n));
    }
    offer(&mut desk, news(NOW + 50));
    assert_eq!(stored(&desk), Some(NOW + 50));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// After a quiet time the graph has the newest valid update that came, whatever came and when; and in any
    /// window no more were applied than the bucket gives.
    #[test]
    fn after_quiet_time_the_newest_valid_one_is_stored(
        ops in prop::collection::vec((0_u32..60, 0_u64..90, any::<bool>()), 1..60),
    ) {
        let mut desk = desk_with_channel();
        let (mut newest, mut applied) = (None, Vec::new());
        let mut before = None;
        for (time, wait, valid) in ops {
            let mut contents = update(scid(1, 1), 0, NOW + time);
            contents.fee_base_msat = time;
            let signer = nodes()[usize::from(!valid)];
            offer(&mut desk, sign_update(&contents, signer));
            if valid {
                newest = newest.max(Some(NOW + time));
            }
            for _ in 0..=wait {
                if stored(&desk) != before {
                    before = stored(&desk);
                    applied.push(desk.now.since_epoch().as_secs());
                }
                desk.wait(1);
            }
        }
        desk.wait(60);
        prop_assert_eq!(stored(&desk), newest);
        // The first is free.
        for (n, from) in applied.iter().enumerate().skip(1) {
            let within = applied[n..].iter().filter(|at| **at < from + 60).count();
            prop_assert!(within <= 11, "{applied:?}");
        }
        desk.assert_empty();
    }
}
