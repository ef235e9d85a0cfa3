//! Inbound connections: places for handshakes (NO-07), slots (AC-01 to AC-07), bans.

mod pools;

use core::time::Duration;

use conn_worker::pool::{Access, Banned, CloseReason, ConnId, Input, Output, Priority, Refused};
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;

fn end(pool: &mut Pool, conn: ConnId) {
    let reason = EndReason::LocalClose;
    pool.handle_input(seconds(50), Input::Ended { conn, reason });
}

/// NO-07: a thousand sockets from one network that say nothing.
#[test]
fn silent_sockets_of_one_network_keep_out_nobody_else() {
    let mut pool = pool(PoolConfig::default());
    let mut refused = 0;
    for n in 0..1000 {
        refused += u32::from(pool.accept(at(n), group(1, 1)).is_err());
        assert!(pool.counts().pending <= 4);
    }
    // The newest four are there; each took the place of one of theirs.
    let outputs = drain(&mut pool);
    let evicted = closed(&outputs);
    assert!(
        evicted
            .iter()
            .all(|(_, reason)| *reason == CloseReason::TooSlow)
    );
    assert_eq!(evicted.len() as u32 + 4 + refused, 1000);
    // Somebody honest is in within a second.
    let came = (1000..2000)
        .step_by(10)
        .find(|millis| pool.accept(at(*millis), group(2, 1)).is_ok());
    assert!(came.is_some_and(|millis| millis < 1100), "{came:?}");
}

#[test]
fn silent_sockets_of_many_networks_make_way_for_newer_ones() {
    let mut pool = pool(PoolConfig::default());
    for n in 0..200 {
        let conn = pool.accept(seconds(n), group(n as u8, 1));
        assert!(conn.is_ok(), "{n}");
        assert!(pool.counts().pending <= 64);
        for (conn, _) in closed(&drain(&mut pool)) {
            end(&mut pool, conn);
        }
        pool.handle_timeout(seconds(n));
    }
}

#[test]
fn who_has_spoken_does_not_make_way() {
    let config = PoolConfig {
        max_pending: 2,
        accepts_per_second: 1000,
        accepts_per_second_of_network: 1000,
        accepts_per_second_ungrouped: 1000,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..2 {
        let conn = pool.accept(at(n * 10), group(n as u8, 1)).unwrap();
        pool.handle_input(at(n * 10), Input::Heard { conn });
    }
    assert_eq!(pool.accept(at(100), group(3, 1)), Err(Refused::Busy));
    // Tor and this machine have places of their own.
    assert!(pool.accept(at(100), None).is_ok());
}

#[test]
fn a_handshake_has_a_deadline_here_too() {
    let mut pool = pool(PoolConfig::default());
    let conn = pool.accept(at(0), group(1, 1)).unwrap();
    assert_eq!(pool.poll_timeout(), Some(seconds(30)));
    pool.handle_timeout(seconds(30));
    assert_eq!(closed(&drain(&mut pool)), [(conn, CloseReason::TooSlow)]);
    // What comes of it later is nothing.
    let peer = node(1);
    pool.handle_input(seconds(31), Input::Authenticated { conn, peer });
    pool.handle_input(seconds(31), Input::Up { conn });
    end(&mut pool, conn);
    end(&mut pool, conn);
    assert_eq!(
        (drain(&mut pool), pool.counts()),
        (vec![], Default::default())
    );
}

/// AC-01: who needs a slot.
#[test]
fn strangers_need_a_slot_and_others_do_not() {
    let config = PoolConfig {
        restricted_slots: 1,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    let slots = |pool: &Pool| pool.counts().slots;
    pool.set_access(node(1), Access::Protected);
    pool.set_access(node(2), Access::Temporary);
    pool.want(at(0), node(3), vec![], Priority::Persistent);
    for n in 1..=3 {
        come(&mut pool, at(0), node(n), group(n as u8, 1));
        assert!(pool.session(&node(n)).is_some() && slots(&pool) == 0);
    }
    let (first, _) = come(&mut pool, at(0), node(4), group(4, 1));
    assert_eq!(slots(&pool), 1);
    let (second, outputs) = come(&mut pool, at(0), node(5), group(5, 1));
    assert_eq!(closed(&outputs), [(second, CloseReason::NoSlot)]);
    // AC-06: given back with that connection, and with no other.
    end(&mut pool, second);
    assert_eq!(slots(&pool), 1);
    end(&mut pool, first);
    assert_eq!(slots(&pool), 0);
    come(&mut pool, at(0), node(5), group(5, 1));
    assert!(pool.session(&node(5)).is_some());
}

/// AC-02, AC-03: what a peer is to us changes.
#[test]
fn a_channel_frees_the_slot_and_its_end_takes_one() {
    let config = PoolConfig {
        restricted_slots: 1,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    come(&mut pool, at(0), node(1), group(1, 1));
    pool.set_access(node(1), Access::Temporary);
    assert_eq!(pool.counts().slots, 0);
    let (_, outputs) = come(&mut pool, at(0), node(2), group(2, 1));
    assert_eq!((closed(&outputs), pool.counts().slots), (vec![], 1));
    let first = pool.session(&node(1)).unwrap();
    pool.set_access(node(1), Access::Restricted);
    assert_eq!(closed(&drain(&mut pool)), [(first, CloseReason::NoSlot)]);
    // AC-05: said as often as one likes, nothing is counted down.
    for _ in 0..10 {
        pool.set_access(node(2), Access::Temporary);
        pool.set_access(node(2), Access::Restricted);
    }
    assert_eq!(pool.counts().slots, 1);
}

/// AC-04: between the check and the session nobody slips in.
#[test]
fn slots_are_taken_when_the_key_is_proved() {
    let config = PoolConfig {
        restricted_slots: 2,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    let conns: Vec<_> = (0..5)
        .map(|n| pool.accept(at(0), group(n, 1)).unwrap())
        .collect();
    for (n, conn) in conns.iter().enumerate() {
        let (conn, peer) = (*conn, node(n as u32));
        pool.handle_input(at(1), Input::Authenticated { conn, peer });
        assert!(pool.counts().slots <= 2);
    }
    let refused = closed(&drain(&mut pool));
    assert_eq!(refused.len(), 3);
    assert!(
        refused
            .iter()
            .all(|(_, reason)| *reason == CloseReason::NoSlot)
    );
}

/// AC-07: a thousand keys from one /16.
#[test]
fn an_attacker_with_a_network_does_not_lock_out_newcomers() {
    let config = PoolConfig {
        accepts_per_second: 1000,
        accepts_per_second_of_network: 1000,
        accepts_per_second_ungrouped: 1000,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    // A few honest peers first, one of them of use.
    for n in 0..20 {
        come(&mut pool, at(0), node(n), group(200 + n as u8, 1));
    }
    pool.set_score(node(3), 10);
    let mut inside = 0;
    for n in 0..1000 {
        let Ok(conn) = pool.accept(at(u64::from(n)), group(1, (n % 250) as u8)) else {
            continue;
        };
        let peer = node(10_000 + n);
        pool.handle_input(at(u64::from(n)), Input::Authenticated { conn, peer });
        pool.handle_input(at(u64::from(n)), Input::Up { conn });
        for (conn, _) in closed(&drain(&mut pool)) {
            end(&mut pool, conn);
        }
        inside += u32::from(pool.session(&peer).is_some());
    }
    assert!(inside >= 80, "{inside}");
    assert_eq!(pool.counts().slots, 100);
    // Each newcomer pushes one of the attacker's out, and none of the others.
    for n in 0..50 {
        let (_, outputs) = come(
            &mut pool,
            seconds(10 + n),
            node(500 + n as u32),
            group(100 + n as u8, 1),
        );
        let evicted = closed(&outputs);
        assert!(
            matches!(evicted[..], [(_, CloseReason::Evicted)]),
            "{evicted:?}"
        );
        for (conn, _) in evicted {
            end(&mut pool, conn);
        }
        drain(&mut pool);
    }
    for n in 0..20 {
        assert!(pool.session(&node(n)).is_some(), "peer {n} was pushed out");
    }
}

/// Handshakes and strangers take none of the places that others have.
#[test]
fn strangers_do_not_keep_channel_peers_out() {
    let config = PoolConfig {
        max_inbound: 150,
        accepts_per_second: 10_000,
        accepts_per_second_of_network: 10_000,
        accepts_per_second_ungrouped: 10_000,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..300 {
        let (_, outputs) = come(&mut pool, at(n), node(10_000 + n as u32), group(n as u8, 1));
        for (conn, _) in closed(&outputs) {
            end(&mut pool, conn);
        }
    }
    for n in 0..64 {
        pool.accept(at(400), group(n, 2)).unwrap();
    }
    drain(&mut pool);
    for n in 0..50 {
        pool.set_access(node(n), Access::Protected);
        come(
            &mut pool,
            at(500 + u64::from(n)),
            node(n),
            group(100 + n as u8, 3),
        );
        assert!(pool.session(&node(n)).is_some(), "channel peer {n}");
    }
}

/// AC-07, even where slots are all that there is.
#[test]
fn eviction_works_when_every_place_is_a_slot() {
    let config = PoolConfig {
        max_inbound: 20,
        restricted_slots: 20,
        accepts_per_second: 10_000,
        accepts_per_second_of_network: 10_000,
        accepts_per_second_ungrouped: 10_000,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..20 {
        come(&mut pool, at(n), node(n as u32), group(1, n as u8));
    }
    let (_, outputs) = come(&mut pool, at(100), node(100), group(2, 1));
    assert!(matches!(closed(&outputs)[..], [(_, CloseReason::Evicted)]));
    assert!(pool.session(&node(100)).is_some());
}

/// A second connection costs nobody the place, and neither does a third.
#[test]
fn a_peer_that_comes_again_and_again_pushes_nobody_out() {
    let config = PoolConfig {
        restricted_slots: 10,
        accepts_per_second: 10_000,
        accepts_per_second_of_network: 10_000,
        accepts_per_second_ungrouped: 10_000,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..9 {
        come(&mut pool, at(n), node(n as u32), group(1, n as u8));
    }
    let peer = node(50);
    let (mut main, _) = come(&mut pool, at(10), peer, group(2, 1));
    for n in 1..20 {
        let (second, outputs) = come(&mut pool, seconds(100 * n), peer, group(2, 1));
        assert_eq!(closed(&outputs), []);
        let (third, outputs) = come(&mut pool, seconds(100 * n), peer, group(2, 1));
        assert_eq!(closed(&outputs), [(third, CloseReason::Duplicate)]);
        if n % 2 == 0 {
            pool.handle_input(seconds(100 * n), Input::Heard { conn: main });
            assert_eq!(
                closed(&drain(&mut pool)),
                [(second, CloseReason::Duplicate)]
            );
            end(&mut pool, second);
        } else {
            pool.handle_timeout(seconds(100 * n + 5));
            assert_eq!(closed(&drain(&mut pool)), [(main, CloseReason::Replaced)]);
            end(&mut pool, main);
            main = second;
        }
        end(&mut pool, third);
        drain(&mut pool);
        // The slot goes with the connection that is left.
        assert_eq!((pool.session(&peer), pool.counts().slots), (Some(main), 10));
    }
    assert!((0..9).all(|n| pool.session(&node(n)).is_some()));
}

/// Nobody wants the peer any more: its own connection is a stranger's.
#[test]
fn a_peer_that_is_unwanted_needs_a_slot() {
    let mut pool = pool(PoolConfig::default());
    pool.want(at(0), node(1), vec![], Priority::Persistent);
    come(&mut pool, at(0), node(1), group(1, 1));
    assert_eq!(pool.counts().slots, 0);
    pool.unwant(at(1), node(1));
    assert_eq!(
        (pool.counts().slots, closed(&drain(&mut pool))),
        (1, vec![])
    );
}

/// Whoever hides behind Tor has a budget for all of them together, and takes nothing from the others.
#[test]
fn peers_from_nowhere_have_a_budget_of_their_own() {
    let config = PoolConfig {
        accepts_per_second: 10_000,
        accepts_per_second_of_network: 10_000,
        accepts_per_second_ungrouped: 10_000,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..200 {
        let (_, outputs) = come(&mut pool, at(n), node(n as u32), None);
        for (conn, reason) in closed(&outputs) {
            assert_eq!(reason, CloseReason::NoSlot);
            end(&mut pool, conn);
        }
    }
    assert_eq!(pool.counts().slots, 50);
    for n in 0..50 {
        come(&mut pool, at(300), node(2000 + n), group(n as u8, 1));
        assert!(pool.session(&node(2000 + n)).is_some());
    }
    // Given back, and taken again.
    let first = pool.session(&node(0)).unwrap();
    end(&mut pool, first);
    assert_eq!(pool.counts().slots, 99);
}

/// CW-18: a refusal does not touch our own dials.
#[test]
fn a_banned_peer_that_comes_is_refused_and_still_dialled() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(1);
    pool.want(at(0), peer, vec![address(1)], Priority::User);
    let [(dial, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    pool.ban(at(0), Banned::Node(peer), seconds(100));
    let (conn, outputs) = come(&mut pool, at(1), peer, group(1, 1));
    assert_eq!(
        outputs,
        [Output::Close {
            conn,
            reason: CloseReason::Banned
        }]
    );
    pool.handle_input(at(2), Input::DialOk { conn: dial });
    assert_eq!(drain(&mut pool), [Output::Start { conn: dial, peer }]);
}

#[test]
fn bans_end_by_themselves_and_spare_channel_peers() {
    let mut pool = pool(PoolConfig::default());
    let banned = group(1, 1).unwrap();
    pool.ban(at(0), Banned::Group(banned), seconds(100));
    assert_eq!(pool.accept(seconds(99), Some(banned)), Err(Refused::Banned));
    assert!(pool.accept(seconds(100), Some(banned)).is_ok());
    pool.set_access(node(1), Access::Protected);
    pool.ban(at(0), Banned::Node(node(1)), seconds(1000));
    come(&mut pool, seconds(101), node(1), group(2, 1));
    assert!(pool.session(&node(1)).is_some());
    // One that is here is closed, if nothing binds us.
    let (conn, _) = come(&mut pool, seconds(101), node(2), group(3, 1));
    pool.ban(seconds(102), Banned::Node(node(2)), seconds(1000));
    assert_eq!(closed(&drain(&mut pool)), [(conn, CloseReason::Banned)]);
    pool.unban(&Banned::Node(node(2)));
    end(&mut pool, conn);
    come(&mut pool, seconds(103), node(2), group(3, 1));
    assert!(pool.session(&node(2)).is_some());
}

#[test]
fn there_is_a_limit_for_all_inbound_connections() {
    let config = PoolConfig {
        max_inbound: 10,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for n in 0..10 {
        pool.set_access(node(n), Access::Protected);
        come(&mut pool, at(0), node(n), group(n as u8, 1));
    }
    // One more of the same kind, and a stranger: both have to prove who they are first.
    pool.set_access(node(50), Access::Protected);
    for n in 50..52 {
        let (conn, outputs) = come(&mut pool, seconds(1), node(n), group(50, n as u8));
        assert_eq!(closed(&outputs), [(conn, CloseReason::NoSlot)]);
        end(&mut pool, conn);
    }
    let first = pool.session(&node(0)).unwrap();
    end(&mut pool, first);
    come(&mut pool, seconds(1), node(50), group(50, 1));
    assert!(pool.session(&node(50)).is_some());
    assert_eq!(pool.counts().established, 10);
}

/// CW-24, CW-57: the worker goes on when the peer's own connection ends, whatever became of that.
#[test]
fn the_worker_stands_down_for_an_inbound_session_and_goes_on_after_it() {
    let config = PoolConfig {
        startup_spread: Duration::ZERO,
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    let (conn, _) = come(&mut pool, at(0), node(1), group(1, 1));
    pool.want(at(1), node(1), vec![address(1)], Priority::Persistent);
    pool.handle_timeout(seconds(1000));
    assert_eq!(dials(&drain(&mut pool)), []);
    let reason = EndReason::RemoteClosed;
    pool.handle_input(seconds(1001), Input::Ended { conn, reason });
    let due = pool.poll_timeout().unwrap();
    pool.handle_timeout(due);
    assert_eq!(dials(&drain(&mut pool)).len(), 1);
}
