//! One peer of many loses its connection and gets it back: seven steps of a `Pool` of connected peers, and what they
//! ask of it. A pool ten times as large should hardly take longer.
//!
//! LDK has nothing of the kind: it dials nobody again.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use conn_worker::{
    EndReason, Pool, PoolConfig,
    pool::{ConnId, Input, Output, Priority},
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lnwire::{Address, Instant, NodeId};

fn reconnect(c: &mut Criterion) {
    let mut group = c.benchmark_group("pool_reconnects_one_of");
    group.throughput(Throughput::Elements(1));
    for peers in [1_000, 10_000, 100_000] {
        let mut world = World::new(peers);
        group.bench_function(BenchmarkId::from_parameter(peers), |b| {
            b.iter(|| world.lose_and_regain());
        });
    }
    group.finish();
}

struct World {
    pool: Pool,
    now: Instant,
    /// Of each peer, its connection.
    connections: Vec<ConnId>,
    next: usize,
}

impl World {
    fn new(peers: usize) -> Self {
        let config = PoolConfig {
            max_dials: peers,
            dials_per_second: 1_000_000,
            startup_peers: peers,
            ..PoolConfig::default()
        };
        let now = Instant::ZERO;
        let mut world = Self {
            pool: Pool::new(now, config, node(usize::MAX >> 8), 1),
            now,
            connections: Vec::with_capacity(peers),
            next: 0,
        };
        for n in 0..peers {
            let address = Address::Ipv4 {
                ip: [100, (n >> 16) as u8, (n >> 8) as u8, n as u8].into(),
                port: 9735,
            };
            let want = vec![address];
            world.pool.want(now, node(n), want, Priority::Persistent);
            let connection = world.until_started();
            world.connections.push(connection);
        }
        world
    }

    /// Ends the connection of one peer, the next one at each call, and waits until there is another.
    fn lose_and_regain(&mut self) {
        let conn = self.connections[self.next];
        let reason = EndReason::RemoteClosed;
        self.pool
            .handle_input(self.now, Input::Ended { conn, reason });
        self.connections[self.next] = self.until_started();
        self.next = (self.next + 1) % self.connections.len();
    }

    fn until_started(&mut self) -> ConnId {
        loop {
            let mut up = None;
            while let Some(output) = self.pool.poll_output() {
                match output {
                    Output::Dial { conn, .. } => {
                        self.pool.handle_input(self.now, Input::DialOk { conn });
                    }
                    Output::Start { conn, peer } => {
                        let input = Input::Authenticated { conn, peer };
                        self.pool.handle_input(self.now, input);
                        self.pool.handle_input(self.now, Input::Up { conn });
                        up = Some(conn);
                    }
                    _ => {}
                }
            }
            if let Some(conn) = up {
                return conn;
            }
            let due = self.pool.poll_timeout().expect("a dial is due some time");
            self.now = self.now.max(due);
            self.pool.handle_timeout(self.now);
        }
    }
}

fn node(n: usize) -> NodeId {
    let mut id = [2; 33];
    // Spread, as keys are.
    let n = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    id[1..9].copy_from_slice(&n.to_be_bytes());
    NodeId(id)
}

criterion_group!(benches, reconnect);
criterion_main!(benches);
