//! Many peers, one budget (CW-02, CW-03, CW-38, CW-59): who dials when.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

mod pools;

use core::time::Duration;
use std::collections::BTreeSet;

use conn_worker::lnwire::{Instant, Timestamp};
use conn_worker::pool::{Event, Input, Output, Priority};
use conn_worker::worker::DialError;
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;

/// Lets time pass until `end`; every dial fails after `delay` milliseconds. Returns when each began, and whom it was to.
fn fail_all(pool: &mut Pool, end: Instant, delay: u64) -> Vec<(u64, u32)> {
    let mut begun = Vec::new();
    let mut out = BTreeSet::new();
    let mut now = at(0);
    loop {
        for (conn, peer) in dials(&drain(pool)) {
            let millis = now.since_epoch().as_millis() as u64;
            begun.push((millis, u32::from_be_bytes(peer.0[1..5].try_into().unwrap())));
            out.insert((now + Duration::from_millis(delay), conn));
        }
        assert!(out.len() <= 16, "{} dials at once", out.len());
        let next = out.first().map(|(at, _)| *at);
        let due = [next, pool.poll_timeout()].into_iter().flatten().min();
        match due {
            Some(due) if due <= end => now = now.max(due),
            _ => return begun,
        }
        if next == due {
            let (_, conn) = out.pop_first().unwrap();
            let error = DialError::Refused;
            pool.handle_input(now, Input::DialFailed { conn, error });
        }
        pool.handle_timeout(now);
    }
}

#[test]
fn ten_peers_at_once_and_the_others_spread_over_half_a_minute() {
    let mut pool = pool(PoolConfig::default());
    for n in 0..100 {
        pool.want(at(0), node(n), vec![address(1)], Priority::Persistent);
    }
    let begun = fail_all(&mut pool, seconds(60), 5);
    let mut first = BTreeSet::new();
    let firsts: Vec<u64> = begun
        .iter()
        .filter(|(_, peer)| first.insert(*peer))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(firsts.len(), 100);
    assert_eq!(firsts.iter().filter(|at| **at == 0).count(), 10);
    // They share the budget with second tries of the first.
    assert!(firsts.iter().all(|at| *at <= 60_000), "{firsts:?}");
    let soon = firsts.iter().filter(|at| **at < 5000).count();
    assert!(soon <= 10 + 90 / 4, "{firsts:?}");
}

#[test]
fn no_more_dials_than_the_budget_has() {
    let mut pool = pool(PoolConfig::default());
    for n in 0..500 {
        pool.want(at(0), node(n), vec![address(1), address(2)], Priority::User);
    }
    // Black holes: each dial takes half a minute.
    let begun = fail_all(&mut pool, seconds(120), 30_000);
    assert!(begun.len() >= 16 * 4, "{}", begun.len());
    // Refused at once: sixteen, and then four a second.
    let mut pool = pools::pool(PoolConfig::default());
    for n in 0..500 {
        pool.want(at(0), node(n), vec![address(1)], Priority::User);
    }
    let begun = fail_all(&mut pool, seconds(60), 1);
    let at_once = begun.iter().filter(|(at, _)| *at < 250).count();
    assert!((16..=17).contains(&at_once), "{at_once}");
    assert!((240..=260).contains(&begun.len()), "{}", begun.len());
}

#[test]
fn who_matters_more_dials_first() {
    let config = PoolConfig {
        max_dials: 1,
        startup_spread: Duration::ZERO,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for (n, priority) in [
        (1, Priority::Bootstrap),
        (2, Priority::Bootstrap),
        (3, Priority::Persistent),
        (4, Priority::Channel),
        (5, Priority::User),
    ] {
        pool.want(at(0), node(n), vec![address(1)], priority);
    }
    let mut first = BTreeSet::new();
    let order: Vec<_> = fail_all(&mut pool, seconds(9), 1)
        .iter()
        .map(|(_, peer)| *peer)
        .filter(|peer| first.insert(*peer))
        .collect();
    assert_eq!(order, [1, 5, 4, 3, 2], "the first had begun");
}

/// CW-11: tools that ask again and again.
#[test]
fn wanting_a_peer_again_makes_no_second_dial() {
    let mut pool = pool(PoolConfig::default());
    for n in 0..100 {
        pool.want(at(n), node(1), vec![address(1)], Priority::User);
    }
    assert_eq!(dials(&drain(&mut pool)).len(), 1);
}

/// CW-13: told when it is so, and not before.
#[test]
fn a_peer_is_up_when_both_have_said_init() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(1);
    pool.want(at(0), peer, vec![address(1)], Priority::User);
    let [(conn, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    pool.handle_input(at(1), Input::DialOk { conn });
    assert_eq!(drain(&mut pool), [Output::Start { conn, peer }]);
    pool.handle_input(at(2), Input::Authenticated { conn, peer });
    assert_eq!((drain(&mut pool), pool.session(&peer)), (vec![], None));
    pool.handle_input(at(3), Input::Up { conn });
    assert!(matches!(events(&drain(&mut pool))[..], [Event::Up { .. }]));
    let reason = EndReason::RemoteClosed;
    pool.handle_input(at(4), Input::Ended { conn, reason });
    let outputs = drain(&mut pool);
    let reason = Some(reason);
    assert_eq!(events(&outputs)[0], Event::Down { peer, conn, reason });
}

/// CW-01, CW-14: nothing is left of a peer that nobody wants.
#[test]
fn unwanted_peers_are_given_up_in_every_state() {
    let mut pool = pool(PoolConfig::default());
    let up = reach(&mut pool, at(0), node(1));
    pool.want(at(0), node(2), vec![address(1)], Priority::User);
    let [(dialling, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    pool.unwant(at(1), node(1));
    pool.unwant(at(1), node(2));
    let outputs = drain(&mut pool);
    assert_eq!(closed(&outputs).len(), 1);
    assert!(outputs.contains(&Output::AbortDial { conn: dialling }));
    pool.handle_input(at(2), Input::DialOk { conn: dialling });
    assert_eq!(drain(&mut pool), [Output::Discard { conn: dialling }]);
    let reason = EndReason::LocalClose;
    pool.handle_input(at(2), Input::Ended { conn: up, reason });
    drain(&mut pool);
    assert_eq!((pool.status().count(), pool.poll_timeout()), (0, None));
    assert_eq!(pool.counts(), Default::default());
}

/// A number of the old worker's attempt is not taken for one of the new one's.
#[test]
fn a_peer_wanted_anew_does_not_take_an_old_dial_for_its_own() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(1);
    pool.want(at(0), peer, vec![address(1)], Priority::User);
    let [(old, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    pool.unwant(at(1), peer);
    pool.want(at(2), peer, vec![address(1)], Priority::User);
    let [(new, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    pool.handle_input(at(3), Input::DialOk { conn: old });
    assert_eq!(drain(&mut pool), [Output::Discard { conn: old }]);
    pool.handle_input(at(4), Input::DialOk { conn: new });
    assert_eq!(drain(&mut pool), [Output::Start { conn: new, peer }]);
}

/// CW-23: isolated for a day, and still trying.
#[test]
fn attempts_never_stop() {
    let config = PoolConfig {
        startup_spread: Duration::ZERO,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..3 {
        pool.want(at(0), node(n), vec![address(1)], Priority::Bootstrap);
    }
    let begun = fail_all(&mut pool, seconds(86_400), 100);
    let last: Vec<_> = (0..3)
        .map(|n| begun.iter().rev().find(|(_, peer)| *peer == n).unwrap().0)
        .collect();
    assert!(last.iter().all(|at| *at > 82_000_000), "{last:?}");
}

/// CW-39.
#[test]
fn what_was_learnt_survives_the_process() {
    let wall_clock = Timestamp(1_790_000_000);
    let mut pool = pool(PoolConfig::default());
    reach(&mut pool, at(0), node(1));
    pool.want(at(0), node(2), vec![address(3)], Priority::Channel);
    let saved: Vec<_> = pool.save(seconds(100), wall_clock).collect();
    assert_eq!(saved.len(), 2);
    let mut pool = pools::pool(PoolConfig::default());
    for peer in saved.clone() {
        pool.restore(seconds(100), wall_clock, peer, Priority::Channel);
    }
    assert_eq!(dials(&drain(&mut pool)).len(), 2);
    let again: Vec<_> = pool.save(seconds(100), wall_clock).collect();
    assert_eq!(again, saved);
}

/// The user was quicker than the file.
#[test]
fn what_is_restored_after_the_peer_was_wanted_is_learnt_all_the_same() {
    let wall_clock = Timestamp(1_790_000_000);
    let mut before = pool(PoolConfig::default());
    reach(&mut before, at(0), node(1));
    let saved: Vec<_> = before.save(seconds(100), wall_clock).collect();
    let mut pool = pool(PoolConfig::default());
    pool.want(at(0), node(1), vec![address(7)], Priority::User);
    pool.restore(at(0), wall_clock, saved[0].clone(), Priority::Channel);
    let again: Vec<_> = pool.save(at(0), wall_clock).collect();
    assert!(again[0].addresses.contains(&saved[0].addresses[0]));
    assert_eq!(again[0].addresses.len(), 2);
}

#[test]
fn after_the_stop_nothing_is_dialled_or_let_in() {
    let mut pool = pool(PoolConfig::default());
    let up = reach(&mut pool, at(0), node(1));
    let (inbound, _) = come(&mut pool, at(0), node(2), group(1, 1));
    pool.want(at(0), node(3), vec![address(1)], Priority::User);
    drain(&mut pool);
    pool.stop(at(1));
    let outputs = drain(&mut pool);
    let conns: Vec<_> = closed(&outputs).iter().map(|(conn, _)| *conn).collect();
    assert_eq!(conns, [up, inbound]);
    pool.want(at(2), node(4), vec![address(1)], Priority::User);
    assert!(pool.accept(at(2), None).is_err());
    for conn in [up, inbound] {
        let reason = EndReason::LocalClose;
        pool.handle_input(at(3), Input::Ended { conn, reason });
    }
    pool.handle_timeout(seconds(100_000));
    assert_eq!(dials(&drain(&mut pool)), []);
}
