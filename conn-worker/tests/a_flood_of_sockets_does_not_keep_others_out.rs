//! NO-07, while it lasts: sockets come faster than they are taken, from one network, from many, from Tor; silent, or after one
//! byte. Others get in meanwhile, and channel peers whatever strangers hold.

mod pools;

use core::time::Duration;

use conn_worker::lnwire::{Instant, NodeId};
use conn_worker::pool::{Access, AddressGroup, ConnId, Input, Priority};
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;

/// A socket of an attacker: after its first byte, if it says one, it waits.
fn flood(pool: &mut Pool, now: Instant, group: Option<AddressGroup>, speaks: bool) {
    if let Ok(conn) = pool.accept(now, group) {
        if speaks {
            pool.handle_input(now, Input::Heard { conn });
        }
    }
}

fn end_closed(pool: &mut Pool, now: Instant) {
    for (conn, _) in closed(&drain(pool)) {
        let reason = EndReason::LocalClose;
        pool.handle_input(now, Input::Ended { conn, reason });
    }
}

/// Tries once a second; returns how many tries it took, and panics after ten.
fn honest(pool: &mut Pool, flood: impl Fn(&mut Pool, Instant, u64)) -> u64 {
    let mut tries = 0;
    for n in 0..60_000_u64 {
        // A socket in each millisecond, for a minute.
        let now = at(10_000 + n);
        flood(pool, now, n);
        pool.handle_timeout(now);
        end_closed(pool, now);
        if n > 40_000 && n % 1000 == 500 {
            tries += 1;
            if let Ok(conn) = pool.accept(now, group(200, 1)) {
                let peer = node(1);
                pool.handle_input(now, Input::Heard { conn });
                pool.handle_input(now, Input::Authenticated { conn, peer });
                return tries;
            }
        }
    }
    panic!("kept out");
}

#[test]
fn from_one_network() {
    for speaks in [false, true] {
        let mut pool = pool(PoolConfig::default());
        let tries = honest(&mut pool, |pool, now, n| {
            flood(pool, now, group(1, n as u8), speaks);
        });
        assert!(tries <= 2, "{tries}");
    }
}

/// Each ends at once and frees its place.
#[test]
fn from_one_address_that_hangs_up_at_once() {
    let mut pool = pool(PoolConfig::default());
    let tries = honest(&mut pool, |pool, now, _| {
        if let Ok(conn) = pool.accept(now, group(1, 1)) {
            let reason = EndReason::ClosedInHandshake;
            pool.handle_input(now, Input::Ended { conn, reason });
        }
    });
    assert!(tries <= 2, "{tries}");
}

#[test]
fn from_tor() {
    for speaks in [false, true] {
        let mut pool = pool(PoolConfig::default());
        let tries = honest(&mut pool, |pool, now, _| flood(pool, now, None, speaks));
        assert!(tries <= 2, "{tries}");
    }
}

/// A /32 of version 6 has 65,536 groups.
#[test]
fn from_one_provider_with_many_groups_and_one_byte_each() {
    let mut pool = pool(PoolConfig::default());
    let tries = honest(&mut pool, |pool, now, n| {
        let group = AddressGroup::of_ip([0x2001, 0xdb8, n as u16, 0, 0, 0, 0, 1].into());
        flood(pool, now, group, true);
    });
    assert!(tries <= 2, "{tries}");
}

/// It waits for its place, and keeps it once it has spoken: nobody's flood pushes it out.
#[test]
fn a_handshake_that_has_begun_is_not_pushed_out() {
    let mut pool = pool(PoolConfig::default());
    let conn = pool.accept(seconds(10), group(200, 1)).unwrap();
    pool.handle_input(seconds(10), Input::Heard { conn });
    for n in 0..20_000 {
        let now = at(10_000 + n);
        flood(&mut pool, now, group((n % 150) as u8, 1), true);
        end_closed(&mut pool, now);
    }
    let peer = node(1);
    pool.handle_input(seconds(30), Input::Authenticated { conn, peer });
    pool.handle_input(seconds(30), Input::Up { conn });
    assert_eq!(pool.session(&peer), Some(conn));
}

fn come_slowly(pool: &mut Pool, now: Instant, peer: NodeId, x: u8) -> ConnId {
    let (conn, _) = come(pool, now, peer, group(x, 1));
    conn
}

/// Strangers hold all slots, and a second connection each: all places that there are.
#[test]
fn channel_peers_get_in_whatever_strangers_hold() {
    let config = PoolConfig {
        max_inbound: 20,
        restricted_slots: 10,
        probe_timeout: Duration::from_secs(1000),
        ..PoolConfig::default()
    };
    let mut pool = pool(config);
    for round in 0..2 {
        for n in 0..10 {
            let now = seconds(100 * round + u64::from(n));
            come_slowly(&mut pool, now, node(100 + n), n as u8);
        }
    }
    end_closed(&mut pool, seconds(250));
    for n in 0..20 {
        let now = seconds(300 + u64::from(n));
        if n % 2 == 0 {
            pool.set_access(node(n), Access::Protected);
        } else {
            pool.want(now, node(n), vec![], Priority::Persistent);
        }
        let conn = come_slowly(&mut pool, now, node(n), 100 + n as u8);
        assert_eq!(pool.session(&node(n)), Some(conn), "channel peer {n}");
        end_closed(&mut pool, now);
        assert!(pool.counts().established <= 20);
    }
    assert_eq!(pool.counts().slots, 0);
}
