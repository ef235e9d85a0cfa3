//! A connection that somebody waits for (CW-12): one result for each call, and nothing is left behind.
mod pools;

use core::time::Duration;

use conn_worker::lnwire::{Instant, Timestamp};
use conn_worker::pool::{ConnId, ConnectError, Event, Input, Output, Priority, RequestId};
use conn_worker::worker::DialError;
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;

const WITHIN: Duration = Duration::from_secs(60);

type Outcome = (RequestId, Result<ConnId, ConnectError>);

fn results(outputs: &[Output]) -> Vec<Outcome> {
    let results = events(outputs).into_iter().filter_map(|event| match event {
        Event::ConnectResult {
            request, result, ..
        } => Some((request, result)),
        _ => None,
    });
    results.collect()
}

fn refuse(pool: &mut Pool, now: Instant, conn: ConnId) -> Vec<Output> {
    let error = DialError::Refused;
    pool.handle_input(now, Input::DialFailed { conn, error });
    drain(pool)
}

/// Lets a dial lead to a session.
fn bring_up(pool: &mut Pool, now: Instant, conn: ConnId, peer: u32) -> Vec<Output> {
    let peer = node(peer);
    pool.handle_input(now, Input::DialOk { conn });
    pool.handle_input(now, Input::Authenticated { conn, peer });
    pool.handle_input(now, Input::Up { conn });
    drain(pool)
}

fn end(pool: &mut Pool, now: Instant, conn: ConnId) -> Vec<Output> {
    let reason = EndReason::RemoteClosed;
    pool.handle_input(now, Input::Ended { conn, reason });
    drain(pool)
}

fn is_forgotten(pool: &Pool) -> bool {
    pool.status().count() == 0 && pool.poll_timeout().is_none()
}

#[test]
fn the_result_is_the_session_and_its_end_is_the_end() {
    let mut pool = pool(PoolConfig::default());
    let request = pool.connect(at(0), node(1), vec![address(1)], WITHIN);
    let outputs = drain(&mut pool);
    let [(conn, _)] = dials(&outputs)[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(results(&outputs), []);
    let outputs = bring_up(&mut pool, at(1), conn, 1);
    assert_eq!(results(&outputs), [(request, Ok(conn))]);
    // No restart of the process brings it back.
    assert_eq!(pool.save(at(2), Timestamp(0)).count(), 0);
    pool.handle_timeout(seconds(600));
    assert_eq!(closed(&drain(&mut pool)), []);
    let outputs = end(&mut pool, seconds(700), conn);
    assert!(matches!(events(&outputs)[..], [Event::Down { .. }]));
    assert!(is_forgotten(&pool));
}

#[test]
fn all_addresses_are_tried_and_the_last_failure_is_told() {
    let mut pool = pool(PoolConfig::default());
    let addresses = vec![address(1), address(2)];
    let request = pool.connect(at(0), node(1), addresses, WITHIN);
    let first = dials(&drain(&mut pool))[0].0;
    let outputs = refuse(&mut pool, at(1), first);
    assert_eq!(results(&outputs), []);
    let second = dials(&outputs)[0].0;
    let outputs = refuse(&mut pool, at(2), second);
    let refused = Err(ConnectError::Dial(DialError::Refused));
    assert_eq!(results(&outputs), [(request, refused)]);
    assert!(is_forgotten(&pool));
}

#[test]
fn a_connection_that_ends_before_it_is_up_is_a_failure() {
    let mut pool = pool(PoolConfig::default());
    let request = pool.connect(at(0), node(1), vec![address(1)], WITHIN);
    let conn = dials(&drain(&mut pool))[0].0;
    pool.handle_input(at(1), Input::DialOk { conn });
    let reason = EndReason::ClosedBeforeInit;
    pool.handle_input(at(2), Input::Ended { conn, reason });
    let ended = Err(ConnectError::Session(reason));
    assert_eq!(results(&drain(&mut pool)), [(request, ended)]);
    assert!(is_forgotten(&pool));
}

#[test]
fn without_an_address_it_fails_at_once() {
    let mut pool = pool(PoolConfig::default());
    let request = pool.connect(at(0), node(1), vec![], WITHIN);
    let failed = Err(ConnectError::NoAddress);
    assert_eq!(results(&drain(&mut pool)), [(request, failed)]);
    assert!(is_forgotten(&pool));
}

#[test]
fn the_time_that_the_caller_gives_is_kept() {
    let mut pool = pool(PoolConfig::default());
    // A black hole, and then somebody who never says `init`.
    for (now, reached) in [(at(0), false), (seconds(100), true)] {
        let within = Duration::from_secs(3);
        let request = pool.connect(now, node(1), vec![address(1)], within);
        let conn = dials(&drain(&mut pool))[0].0;
        if reached {
            pool.handle_input(now, Input::DialOk { conn });
            drain(&mut pool);
        }
        let due = now + within;
        while pool.poll_timeout().is_some_and(|next| next < due) {
            let next = pool.poll_timeout().unwrap();
            pool.handle_timeout(next);
            assert_eq!(results(&drain(&mut pool)), []);
        }
        pool.handle_timeout(due);
        let outputs = drain(&mut pool);
        assert_eq!(results(&outputs), [(request, Err(ConnectError::Timeout))]);
        if reached {
            assert_eq!(closed(&outputs).len(), 1);
            end(&mut pool, due, conn);
        } else {
            assert!(outputs.contains(&Output::AbortDial { conn }));
            refuse(&mut pool, due, conn);
        }
        assert_eq!(pool.status().count(), 0);
    }
}

#[test]
fn a_peer_that_is_connected_is_an_error_that_says_so() {
    let mut pool = pool(PoolConfig::default());
    let (conn, _) = come(&mut pool, at(0), node(1), None);
    let request = pool.connect(at(1), node(1), vec![address(1)], WITHIN);
    let outputs = drain(&mut pool);
    let error = ConnectError::AlreadyConnected { conn };
    assert_eq!(results(&outputs), [(request, Err(error))]);
    assert_eq!(dials(&outputs), []);
}

#[test]
fn a_session_that_the_peer_dialled_is_a_result_too() {
    let mut pool = pool(PoolConfig::default());
    let request = pool.connect(at(0), node(1), vec![address(1)], WITHIN);
    let dialled = dials(&drain(&mut pool))[0].0;
    let (conn, outputs) = come(&mut pool, at(1), node(1), None);
    assert_eq!(results(&outputs), [(request, Ok(conn))]);
    refuse(&mut pool, at(2), dialled);
    end(&mut pool, at(3), conn);
    assert!(is_forgotten(&pool));
}

#[test]
fn dials_given_up_for_a_connection_of_the_peers_that_fails_begin_again() {
    let mut pool = pool(PoolConfig::default());
    let request = pool.connect(at(0), node(1), vec![address(1)], WITHIN);
    let dialled = dials(&drain(&mut pool))[0].0;
    let theirs = pool.accept(at(1), None).unwrap();
    let peer = node(1);
    pool.handle_input(at(1), Input::Authenticated { conn: theirs, peer });
    refuse(&mut pool, at(2), dialled);
    assert_eq!(results(&end(&mut pool, at(3), theirs)), []);
    let due = pool.poll_timeout().unwrap();
    pool.handle_timeout(due);
    let again = dials(&drain(&mut pool))[0].0;
    let outputs = bring_up(&mut pool, due, again, 1);
    assert_eq!(results(&outputs), [(request, Ok(again))]);
}

#[test]
fn every_caller_has_a_result_and_there_is_one_dial() {
    let mut pool = pool(PoolConfig::default());
    let requests: Vec<_> = (0..5)
        .map(|n| pool.connect(at(n), node(1), vec![address(1)], WITHIN))
        .collect();
    let [(conn, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    let outputs = bring_up(&mut pool, at(9), conn, 1);
    let all: Vec<Outcome> = requests.into_iter().map(|r| (r, Ok(conn))).collect();
    assert_eq!(results(&outputs), all);
}

#[test]
fn who_is_wanted_besides_is_dialled_on_after_a_failure() {
    let mut pool = pool(PoolConfig::default());
    pool.want(at(0), node(1), vec![address(1)], Priority::Persistent);
    let conn = dials(&drain(&mut pool))[0].0;
    refuse(&mut pool, at(1), conn);
    // It waits, and that is cut short; a second time only 10 seconds after the first.
    let request = pool.connect(seconds(20), node(1), vec![], WITHIN);
    let conn = dials(&drain(&mut pool))[0].0;
    let outputs = refuse(&mut pool, seconds(20), conn);
    let refused = Err(ConnectError::Dial(DialError::Refused));
    assert_eq!(results(&outputs), [(request, refused)]);
    let request = pool.connect(seconds(20), node(1), vec![], WITHIN);
    assert_eq!(results(&drain(&mut pool)), []);
    let due = pool.poll_timeout().unwrap();
    pool.handle_timeout(due);
    let conn = dials(&drain(&mut pool))[0].0;
    let outputs = bring_up(&mut pool, due, conn, 1);
    assert_eq!(results(&outputs), [(request, Ok(conn))]);
    end(&mut pool, due, conn);
    assert_eq!(pool.status().count(), 1, "still wanted");
    assert_eq!(pool.save(due, Timestamp(0)).count(), 1);
}

#[test]
fn wanting_a_peer_meanwhile_makes_it_stay() {
    let mut pool = pool(PoolConfig::default());
    pool.connect(at(0), node(1), vec![address(1)], WITHIN);
    pool.want(at(1), node(1), vec![], Priority::Persistent);
    let conn = dials(&drain(&mut pool))[0].0;
    let outputs = refuse(&mut pool, at(2), conn);
    assert_eq!(results(&outputs).len(), 1);
    assert_eq!(pool.status().count(), 1);
}

#[test]
fn unwant_stop_and_our_own_key_are_answered() {
    let mut pool = pool(PoolConfig::default());
    let ours = pool.connect(at(0), US, vec![address(1)], WITHIN);
    let first = pool.connect(at(0), node(1), vec![address(1)], WITHIN);
    let second = pool.connect(at(0), node(2), vec![address(1)], WITHIN);
    pool.unwant(at(1), node(1));
    pool.stop(at(2));
    let third = pool.connect(at(3), node(3), vec![address(1)], WITHIN);
    let expected = [
        (ours, Err(ConnectError::Ourselves)),
        (first, Err(ConnectError::Unwanted)),
        (second, Err(ConnectError::Stopped)),
        (third, Err(ConnectError::Stopped)),
    ];
    assert_eq!(results(&drain(&mut pool)), expected);
}

#[test]
fn a_thousand_calls_wait_at_most() {
    let mut pool = pool(PoolConfig::default());
    for n in 0..1000 {
        pool.connect(at(0), node(n), vec![address(1)], WITHIN);
    }
    drain(&mut pool);
    let request = pool.connect(at(0), node(1001), vec![address(1)], WITHIN);
    let busy = Err(ConnectError::Busy);
    assert_eq!(results(&drain(&mut pool)), [(request, busy)]);
    // The next one has a place when one of them has its result.
    pool.unwant(at(1), node(500));
    drain(&mut pool);
    pool.connect(at(1), node(1001), vec![address(1)], WITHIN);
    assert_eq!(results(&drain(&mut pool)), []);
}
