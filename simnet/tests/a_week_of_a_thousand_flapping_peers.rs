//! One node, a thousand peers that come and go, and a week. Handshakes and bytes are left out: what a dial and a session come to
//! is drawn, so that the week is the pool's own work. In release the whole week, otherwise a tenth of it.
#![expect(
    clippy::print_stdout,
    reason = "figures for the record, with --nocapture"
)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::time::Duration;
use std::collections::BTreeMap;

use conn_worker::{
    EndReason, Pool, PoolConfig,
    pool::{ConnId, Event, Input, Output, Priority},
    worker::DialError,
};
use lnwire::{Address, Instant, NodeId};
use simnet::Random;

const PEERS: u32 = 1000;
const WEEK: u64 = if cfg!(debug_assertions) {
    60_480
} else {
    604_800
};

fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

fn node(n: u32) -> NodeId {
    let mut id = [2; 33];
    id[1..5].copy_from_slice(&n.to_be_bytes());
    NodeId(id)
}

#[test]
fn it_is_connected_with_all_of_them_when_they_are_there() {
    let started = std::time::Instant::now();
    let mut random = Random::new(1);
    let mut pool = Pool::new(at(0), PoolConfig::default(), node(u32::MAX), 1);
    for n in 0..PEERS {
        let address = Address::Ipv4 {
            ip: [100, 0, (n >> 8) as u8, n as u8].into(),
            port: 9735,
        };
        pool.want(at(0), node(n), vec![address], Priority::Persistent);
    }
    // What is going to happen, in order.
    let mut future: BTreeMap<(Instant, u64), Input> = BTreeMap::new();
    let (mut number, mut dials, mut sessions) = (0_u64, 0_u64, 0_u64);
    let mut connected = 0_i64;
    let mut now = at(0);
    let mut plan = |future: &mut BTreeMap<_, _>, at, input| {
        number += 1;
        future.insert((at, number), input);
    };
    // In the last day they all stay.
    let calm = at(WEEK - WEEK / 7);
    loop {
        while let Some(output) = pool.poll_output() {
            match output {
                Output::Dial { conn, .. } => {
                    dials += 1;
                    let then = now + random.time(Duration::from_secs(3));
                    let fails = now < calm && random.below(4) == 0;
                    let error = DialError::Timeout;
                    let input = if fails {
                        Input::DialFailed { conn, error }
                    } else {
                        Input::DialOk { conn }
                    };
                    plan(&mut future, then, input);
                }
                Output::Start { conn, peer } => {
                    let then = now + Duration::from_millis(50);
                    plan(&mut future, then, Input::Authenticated { conn, peer });
                    let then = then + Duration::from_millis(50);
                    plan(&mut future, then, Input::Up { conn });
                    if now < calm {
                        // A few minutes to a few hours.
                        let up = Duration::from_secs(60) + random.time(Duration::from_secs(7200));
                        let reason = EndReason::RemoteClosed;
                        plan(&mut future, then + up, Input::Ended { conn, reason });
                    }
                }
                Output::Close { conn, .. } => end(&mut future, &mut plan, now, conn),
                Output::Event(Event::Up { .. }) => {
                    sessions += 1;
                    connected += 1;
                }
                Output::Event(Event::Down { .. }) => connected -= 1,
                Output::AbortDial { .. } | Output::Discard { .. } => {}
                Output::Probe { .. } | Output::Event(_) => {}
            }
        }
        let next = future.keys().next().map(|(at, _)| *at);
        let due = [next, pool.poll_timeout()].into_iter().flatten().min();
        let Some(due) = due.filter(|due| *due <= at(WEEK)) else {
            break;
        };
        now = now.max(due);
        assert!(pool.counts().dials <= 16);
        if next == Some(due) {
            if let Some((_, input)) = future.pop_first() {
                pool.handle_input(now, input);
            }
        } else {
            pool.handle_timeout(now);
        }
    }
    assert_eq!(
        connected,
        i64::from(PEERS),
        "all that are there are connected"
    );
    assert!(sessions > u64::from(PEERS) * 5);
    println!(
        "{} days: {dials} dials, {sessions} sessions in {:.2?}",
        WEEK / 86_400,
        started.elapsed()
    );
}

fn end(
    future: &mut BTreeMap<(Instant, u64), Input>,
    plan: &mut impl FnMut(&mut BTreeMap<(Instant, u64), Input>, Instant, Input),
    now: Instant,
    conn: ConnId,
) {
    let reason = EndReason::LocalClose;
    plan(future, now, Input::Ended { conn, reason });
}
