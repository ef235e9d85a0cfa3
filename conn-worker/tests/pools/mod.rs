//! A pool, peers, addresses, and what a pool wants done.
#![allow(dead_code, reason = "each test file uses a part of this")]

use core::time::Duration;

use conn_worker::lnwire::{Address, Instant, NodeId};
use conn_worker::pool::{AddressGroup, CloseReason, ConnId, Event, Input, Output, Priority};
use conn_worker::{Pool, PoolConfig};

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_epoch(Duration::from_millis(millis))
}

pub(crate) fn seconds(seconds: u64) -> Instant {
    at(seconds * 1000)
}

pub(crate) const US: NodeId = node(1000);

pub(crate) const fn node(n: u32) -> NodeId {
    let [a, b, c, d] = n.to_be_bytes();
    let mut id = [0; 33];
    (id[0], id[1], id[2], id[3], id[4]) = (2, a, b, c, d);
    NodeId(id)
}

pub(crate) fn address(port: u16) -> Address {
    Address::Ipv4 {
        ip: [10, 0, 0, 1].into(),
        port,
    }
}

/// The group of an address in 100.x.y.0/24.
pub(crate) fn group(x: u8, y: u8) -> Option<AddressGroup> {
    AddressGroup::of_ip([100, x, y, 1].into())
}

pub(crate) fn pool(config: PoolConfig) -> Pool {
    Pool::new(at(0), config, US, 1)
}

pub(crate) fn drain(pool: &mut Pool) -> Vec<Output> {
    core::iter::from_fn(|| pool.poll_output()).collect()
}

pub(crate) fn dials(outputs: &[Output]) -> Vec<(ConnId, NodeId)> {
    let dials = outputs.iter().filter_map(|output| match output {
        Output::Dial { conn, peer, .. } => Some((*conn, *peer)),
        _ => None,
    });
    dials.collect()
}

pub(crate) fn closed(outputs: &[Output]) -> Vec<(ConnId, CloseReason)> {
    let closed = outputs.iter().filter_map(|output| match output {
        Output::Close { conn, reason } => Some((*conn, *reason)),
        _ => None,
    });
    closed.collect()
}

pub(crate) fn events(outputs: &[Output]) -> Vec<Event> {
    let events = outputs.iter().filter_map(|output| match output {
        Output::Event(event) => Some(event.clone()),
        _ => None,
    });
    events.collect()
}

/// Lets a peer connect and prove its key, and come up; returns what the pool wants done about it.
pub(crate) fn come(
    pool: &mut Pool,
    now: Instant,
    peer: NodeId,
    group: Option<AddressGroup>,
) -> (ConnId, Vec<Output>) {
    let conn = pool.accept(now, group).unwrap();
    pool.handle_input(now, Input::Heard { conn });
    pool.handle_input(now, Input::Authenticated { conn, peer });
    pool.handle_input(now, Input::Up { conn });
    (conn, drain(pool))
}

/// Dials a peer that is there.
pub(crate) fn reach(pool: &mut Pool, now: Instant, peer: NodeId) -> ConnId {
    pool.want(now, peer, vec![address(1)], Priority::User);
    let [(conn, _)] = dials(&drain(pool))[..] else {
        panic!("no dial")
    };
    pool.handle_input(now, Input::DialOk { conn });
    pool.handle_input(now, Input::Authenticated { conn, peer });
    pool.handle_input(now, Input::Up { conn });
    assert_eq!(pool.session(&peer), Some(conn));
    drain(pool);
    conn
}
