//! Lets time pass for all nodes, from one event to the next.

use core::{panic::AssertUnwindSafe, time::Duration};
use std::panic::{catch_unwind, resume_unwind};

use lnwire::Instant;

use super::net::{Happening, Net};
use super::node::Node;
use super::random::Random;

/// Nodes, one on each host, and the network between them.
#[derive(Debug)]
pub struct World {
    /// The network, for faults.
    pub net: Net,
    /// The nodes, for questions.
    pub nodes: Vec<Node>,
    /// Choices.
    pub random: Random,
    /// When each node was due at last look.
    due: Vec<Option<Instant>>,
    now: Instant,
    seed: u64,
    /// What has happened, as a number that differs when anything does.
    pub digest: u64,
    /// How much has happened.
    pub events: u64,
}

impl World {
    /// Makes so many nodes that know nobody, 20 ms and 1 MB a second apart.
    #[must_use]
    pub fn new(seed: u64, nodes: usize) -> Self {
        Self::with_bandwidth(seed, nodes, 1_000_000)
    }

    /// Makes so many nodes that know nobody, 20 ms and so many bytes a second apart.
    #[must_use]
    pub fn with_bandwidth(seed: u64, nodes: usize, bandwidth: u64) -> Self {
        let now = Instant::ZERO;
        let mut random = Random::new(seed);
        Self {
            net: Net::new(nodes, Duration::from_millis(20), bandwidth),
            nodes: (0..nodes)
                .map(|host| Node::new(now, host, random.next()))
                .collect(),
            random,
            due: vec![None; nodes],
            now,
            seed,
            digest: 0,
            events: 0,
        }
    }

    /// Returns the time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Lets a node want a connection with another one.
    pub fn want(&mut self, node: usize, other: usize) {
        self.want_at(node, other, &[other]);
    }

    /// Lets a node want a connection with another one, which it takes to be on these hosts.
    pub fn want_at(&mut self, node: usize, other: usize, hosts: &[usize]) {
        self.nodes[node].want(self.now, other, hosts);
        let (now, net) = (self.now, &mut self.net);
        self.nodes[node].handle_timeout(now, net);
        self.look(node);
    }

    /// Lets a node's process die and another one begin, which knows nothing but its key.
    pub fn restart(&mut self, node: usize) {
        self.net.cut(node);
        self.nodes[node] = Node::new(self.now, node, self.random.next());
        self.look(node);
    }

    /// Lets every node say its next number.
    pub fn speak(&mut self) {
        for node in 0..self.nodes.len() {
            self.nodes[node].speak(self.now, &mut self.net);
            self.look(node);
        }
    }

    /// Lets a node send a large message to all of its peers.
    pub fn say(&mut self, node: usize, padding: usize) {
        self.nodes[node].say(self.now, &mut self.net, padding);
        self.look(node);
    }

    /// Returns whether both nodes say that there is a session between them.
    #[must_use]
    pub fn are_connected(&self, a: usize, b: usize) -> bool {
        self.nodes[a].is_connected(b) && self.nodes[b].is_connected(a)
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: Instant) {
        loop {
            let node = (0..self.nodes.len()).filter_map(|n| Some((self.due[n]?, n)));
            let node = node.min();
            let net = self.net.poll_timeout();
            let next = [net, node.map(|(at, _)| at)].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.events += 1;
            if let Some(happening) = self.net.poll(self.now) {
                self.happen(happening);
            } else if let Some((_, node)) = node.filter(|(at, _)| *at <= self.now) {
                self.note(1, node as u64);
                let (now, net) = (self.now, &mut self.net);
                self.nodes[node].handle_timeout(now, net);
                self.look(node);
            }
        }
        self.now = self.now.max(end);
        // The network's clock, too.
        while let Some(happening) = self.net.poll(self.now) {
            self.happen(happening);
        }
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.now;
        let net = &mut self.net;
        let host = match happening {
            Happening::Dialled { host, dial, socket } => {
                self.nodes[host].dialled(now, net, dial, socket);
                self.note(2, dial);
                host
            }
            Happening::Accepted { host, socket, from } => {
                self.nodes[host].accepted(now, net, socket, from);
                self.note(3, from as u64);
                host
            }
            Happening::Ready { host, socket } => {
                self.nodes[host].ready(now, net, socket);
                self.note(4, host as u64);
                host
            }
        };
        self.look(host);
    }

    fn look(&mut self, node: usize) {
        self.due[node] = self.nodes[node].poll_timeout();
    }

    fn note(&mut self, what: u64, which: u64) {
        let at = self.now.since_epoch().as_nanos() as u64;
        let mixed = Random::new(self.digest ^ at ^ (what << 60) ^ which).next();
        self.digest = mixed;
    }

    /// Returns the seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }
}

/// Runs a test once for each seed, for that of `SIMNET_SEED` alone, or for `SIMNET_SEEDS` of them, and names the one that
/// fails.
pub fn each_seed(seeds: core::ops::Range<u64>, test: impl Fn(u64)) {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let seeds = match (number("SIMNET_SEED"), number("SIMNET_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(count)) => seeds.start..seeds.start + count,
        (None, None) => seeds,
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
            #[expect(clippy::print_stderr, reason = "that is where failing tests speak")]
            {
                eprintln!("it was seed {seed}: SIMNET_SEED={seed} runs it again");
            }
            resume_unwind(panic);
        }
    }
}
