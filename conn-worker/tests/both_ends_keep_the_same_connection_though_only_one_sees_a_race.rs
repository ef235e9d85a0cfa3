//! CW-16, CW-30: two connections that came so far apart that one end takes them for a race and the other does not. News takes
//! its time on the way. Both ends keep the same one.

extern crate alloc;
mod pools;

use alloc::collections::BTreeMap;
use core::time::Duration;

use conn_worker::lnwire::{Instant, NodeId};
use conn_worker::pool::{ConnId, Event, Input, Output, Priority};
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;

/// What arrives at one end of one of the two connections.
#[derive(Clone, Copy, Debug)]
enum News {
    Authenticated,
    Up,
    Ping,
    Pong,
    Gone,
}

struct Two {
    ids: [NodeId; 2],
    pools: [Pool; 2],
    /// The name of each connection at each end.
    names: [[ConnId; 2]; 2],
    open: [[bool; 2]; 2],
    sessions: [Option<ConnId>; 2],
    /// By time: what arrives on which connection at which end.
    queue: BTreeMap<(Instant, u32), (usize, usize, News)>,
    count: u32,
    now: Instant,
    latency: Duration,
    /// How much longer the news of an end takes: it was lost on the way, and sent again.
    late: Duration,
}

impl Two {
    /// Both have dialled at once; connection 0 is that of end 0.
    fn new(ids: [NodeId; 2], latency: Duration, late: Duration) -> Self {
        let now = seconds(1);
        let mut pools = ids.map(|id| Pool::new(now, PoolConfig::default(), id, 7));
        let dials = [0, 1].map(|end| {
            pools[end].want(now, ids[1 - end], vec![address(1)], Priority::User);
            let [(conn, _)] = dials(&drain(&mut pools[end]))[..] else {
                panic!("no dial")
            };
            conn
        });
        let accepted = [1, 0].map(|end: usize| pools[end].accept(now, None).unwrap());
        for (end, conn) in dials.into_iter().enumerate() {
            pools[end].handle_input(now, Input::DialOk { conn });
            drain(&mut pools[end]);
        }
        Self {
            ids,
            pools,
            names: [[dials[0], accepted[0]], [accepted[1], dials[1]]],
            open: [[true; 2]; 2],
            sessions: [None; 2],
            queue: BTreeMap::new(),
            count: 0,
            now,
            latency,
            late,
        }
    }

    fn after(&mut self, after: Duration, link: usize, end: usize, news: News) {
        self.count += 1;
        self.queue
            .insert((self.now + after, self.count), (link, end, news));
    }

    fn arrive(&mut self, link: usize, end: usize, news: News) {
        if !self.open[link][end] {
            return;
        }
        let (now, conn, peer) = (self.now, self.names[link][end], self.ids[1 - end]);
        let reason = EndReason::RemoteClosed;
        let input = match news {
            News::Authenticated => Input::Authenticated { conn, peer },
            News::Up => Input::Up { conn },
            News::Ping => return self.after(self.latency, link, 1 - end, News::Pong),
            News::Pong => Input::Heard { conn },
            News::Gone => {
                self.open[link][end] = false;
                Input::Ended { conn, reason }
            }
        };
        self.pools[end].handle_input(now, input);
    }

    fn carry_out(&mut self, end: usize) {
        while let Some(output) = self.pools[end].poll_output() {
            let link = |conn| usize::from(self.names[1][end] == conn);
            match output {
                Output::Probe { conn } => {
                    self.after(self.latency, link(conn), 1 - end, News::Ping);
                }
                Output::Close { conn, .. } => {
                    let link = link(conn);
                    self.open[link][end] = false;
                    self.after(self.latency + self.late, link, 1 - end, News::Gone);
                    let reason = EndReason::LocalClose;
                    self.pools[end].handle_input(self.now, Input::Ended { conn, reason });
                }
                Output::Event(Event::Up { conn, .. }) => self.sessions[end] = Some(conn),
                Output::Event(Event::Down { .. }) => self.sessions[end] = None,
                Output::Dial { .. } => panic!("both were lost"),
                _ => {}
            }
        }
    }

    fn run(&mut self, end: Instant) {
        loop {
            let news = self.queue.keys().next().map(|(at, _)| *at);
            let due = self.pools.iter().filter_map(|pool| pool.poll_timeout());
            let Some(next) = news.into_iter().chain(due).min().filter(|at| *at <= end) else {
                return;
            };
            self.now = self.now.max(next);
            if news == Some(next) {
                let (_, (link, end, news)) = self.queue.pop_first().unwrap();
                self.arrive(link, end, news);
            } else {
                self.pools.iter_mut().for_each(|p| p.handle_timeout(next));
            }
            (0..2).for_each(|end| self.carry_out(end));
        }
    }
}

/// Returns which connection is left.
fn run(ids: [NodeId; 2], gap: u64, latency: u64, late: u64) -> usize {
    let told = format!("{ids:?} gap {gap} latency {latency} late {late}");
    let (latency, late) = (Duration::from_millis(latency), Duration::from_millis(late));
    let mut two = Two::new(ids, latency, late);
    // The dialler knows first; then act three and the init are on their way.
    for (link, start) in [(0, 0), (1, gap)] {
        let start = Duration::from_millis(start);
        two.after(start, link, link, News::Authenticated);
        two.after(start + latency, link, 1 - link, News::Authenticated);
        two.after(start + latency, link, 1 - link, News::Up);
        two.after(start + latency * 2, link, link, News::Up);
    }
    two.run(seconds(60));
    let open: Vec<usize> = (0..2).filter(|n| two.open[*n] == [true; 2]).collect();
    let [link] = open[..] else {
        panic!("{told}: {:?}", two.open)
    };
    assert_eq!(two.sessions, two.names[link].map(Some), "{told}");
    link
}

#[test]
fn whatever_the_gap_and_the_latency() {
    let (mut runs, mut kept) = (0, [0, 0]);
    for ids in [[node(1), node(2)], [node(2), node(1)]] {
        for gap in (8000..12_000).step_by(50) {
            for (latency, late) in [
                (1, 0),
                (20, 2000),
                (400, 0),
                (400, 2000),
                (1000, 1000),
                (2000, 0),
                (2000, 1000),
                (2400, 0),
                (2400, 2000),
            ] {
                let link = run(ids, gap, latency, late);
                kept[link] += 1;
                runs += 1;
            }
        }
    }
    // By the keys, or else the older one.
    assert!(kept[0] > kept[1] && kept[1] > runs / 10, "{kept:?}");
}
