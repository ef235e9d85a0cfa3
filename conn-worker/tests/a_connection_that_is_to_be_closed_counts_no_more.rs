//! The pool has told a connection to close, and its end was not told yet: it neither stands for its peer nor keeps another
//! one of the peer away.

mod pools;

use conn_worker::pool::{Banned, CloseReason, Input, Output, Priority};
use conn_worker::{EndReason, PoolConfig};
use pools::*;

#[test]
fn the_peer_comes_again_and_is_let_in_at_once() {
    let mut pool = pool(PoolConfig::default());
    let banned = group(1, 1).unwrap();
    let (old, _) = come(&mut pool, at(0), node(1), Some(banned));
    pool.ban(at(1), Banned::Group(banned), seconds(1000));
    assert_eq!(closed(&drain(&mut pool)), [(old, CloseReason::Banned)]);
    let (new, outputs) = come(&mut pool, at(2), node(1), group(2, 1));
    assert!(
        !outputs.contains(&Output::Probe { conn: old }),
        "{outputs:?}"
    );
    assert_eq!(pool.session(&node(1)), Some(new));
    assert_eq!(pool.counts().slots, 1);
    // What it said last does not harm the new one, and neither does its end.
    pool.handle_input(at(3), Input::Heard { conn: old });
    let reason = EndReason::LocalClose;
    pool.handle_input(at(4), Input::Ended { conn: old, reason });
    pool.handle_timeout(seconds(100));
    assert_eq!(
        (closed(&drain(&mut pool)), pool.session(&node(1))),
        (vec![], Some(new))
    );
}

#[test]
fn a_stranger_that_made_way_needs_a_slot_again() {
    let config = PoolConfig {
        restricted_slots: 2,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    come(&mut pool, at(0), node(1), group(1, 1));
    come(&mut pool, at(0), node(2), group(1, 2));
    let (_, outputs) = come(&mut pool, at(0), node(3), group(2, 1));
    assert!(matches!(closed(&outputs)[..], [(_, CloseReason::Evicted)]));
    let (again, outputs) = come(&mut pool, at(1), node(2), group(1, 3));
    assert_eq!(closed(&outputs), [(again, CloseReason::NoSlot)]);
    assert_eq!(pool.counts().established, 2);
}

/// Both have dialled; ours is to be kept, then nobody wants the peer any more.
#[test]
fn the_loser_of_a_race_stays_when_the_winner_is_not_wanted() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(2000);
    let ours = reach(&mut pool, seconds(1), peer);
    let (theirs, _) = come(&mut pool, seconds(2), peer, group(1, 1));
    pool.unwant(seconds(3), peer);
    assert_eq!(closed(&drain(&mut pool)), [(ours, CloseReason::Unwanted)]);
    // The race would be over.
    for n in 4..60 {
        pool.handle_timeout(seconds(n));
    }
    assert_eq!(closed(&drain(&mut pool)), []);
    let (conn, reason) = (ours, EndReason::LocalClose);
    pool.handle_input(seconds(60), Input::Ended { conn, reason });
    assert_eq!(pool.session(&peer), Some(theirs));
}

#[test]
fn two_connections_of_one_peer_do_not_take_more_slots_than_there_are() {
    let config = PoolConfig {
        restricted_slots: 2,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    // The younger of the two that share a network, with a second connection.
    come(&mut pool, at(0), node(1), group(1, 1));
    come(&mut pool, at(0), node(2), group(1, 2));
    come(&mut pool, at(0), node(2), group(1, 2));
    come(&mut pool, at(0), node(3), group(2, 1));
    assert_eq!(pool.counts().slots, 2);
    assert_eq!(pool.counts().established, 2);
}

/// A session that comes up has said something: its `init`.
#[test]
fn to_come_up_is_a_sign_of_life() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(1);
    pool.want(at(0), peer, vec![], Priority::User);
    let old = pool.accept(at(0), None).unwrap();
    pool.handle_input(at(0), Input::Authenticated { conn: old, peer });
    let new = pool.accept(seconds(1), None).unwrap();
    pool.handle_input(seconds(1), Input::Authenticated { conn: new, peer });
    pool.handle_input(seconds(2), Input::Up { conn: old });
    pool.handle_timeout(seconds(10));
    let outputs = drain(&mut pool);
    assert_eq!(closed(&outputs), [(new, CloseReason::Duplicate)]);
    assert_eq!(pool.session(&peer), Some(old));
}

/// It never said `init`, and its session never told: the other one is the better one.
#[test]
fn a_winner_that_never_comes_up_loses() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(1);
    let ours = reach(&mut pool, seconds(1), peer);
    // The smaller key is theirs.
    let theirs = pool.accept(seconds(2), None).unwrap();
    pool.handle_input(seconds(2), Input::Authenticated { conn: theirs, peer });
    let due = pool.poll_timeout().unwrap();
    pool.handle_timeout(due);
    assert_eq!(closed(&drain(&mut pool)), [(theirs, CloseReason::Replaced)]);
    assert_eq!(pool.session(&peer), Some(ours));
}
