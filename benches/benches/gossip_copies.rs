//! What a further copy of gossip costs, from its bytes to the verdict that it says nothing new; no signature is checked for it.
//! The bar is one microsecond.
//!
//! - `known`: the graph, of 10,000 channels, has it.
//! - `queued`: its signatures are being checked, with those of a thousand other messages.
//! - `early`: it is parked, as nobody has told of its channel.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use benches::{signed_network, verified};
use criterion::{Criterion, criterion_group, criterion_main};
use gossip_sync::{
    Ingest,
    ingest::{Config, DropReason, Output, SignatureJob, VerifiedGossip},
    routemap::apply,
};
use lnwire::{ChainHash, Instant, Message, NodeId, Timestamp, bytes::Bytes};
use routemap::Graph;

const CHANNELS: usize = 10_000;
const QUEUED: usize = 1000;
const KINDS: [&str; 3] = [
    "channel_announcement",
    "channel_update",
    "node_announcement",
];

/// An ingest and the graph behind it.
struct Desk {
    graph: Graph,
    ingest: Ingest,
    jobs: Vec<SignatureJob>,
}

impl Desk {
    fn new(wall_clock: Timestamp) -> Self {
        let config = Config::new(ChainHash::REGTEST);
        Self {
            graph: Graph::new(routemap::Config::new(ChainHash::REGTEST, 1)),
            ingest: Ingest::new(config, wall_clock, 7),
            jobs: Vec::new(),
        }
    }

    /// A peer sends this. Returns whether it was dropped as a copy.
    fn receive(&mut self, peer: NodeId, frame: &Bytes) -> bool {
        let message = Message::decode(frame.clone()).expect("a message of the network");
        let Some(input) = benches::ingest_input(peer, message, &self.graph) else {
            return false;
        };
        self.ingest.handle_input(Instant::ZERO, input);
        let mut is_copy = false;
        while let Some(output) = self.ingest.poll_output() {
            match output {
                Output::Check(job) => self.jobs.push(job),
                Output::Drop { reason, .. } => is_copy = reason == DropReason::Known,
                other => panic!("{other:?}"),
            }
        }
        is_copy
    }

    /// Measures copies of these, which come from another peer each time.
    fn measure(&mut self, c: &mut Criterion, group: &str, kind: &str, frames: &[Bytes]) {
        let jobs = self.jobs.len();
        // Any order will do that is not that of arrival.
        let step = (frames.len() / 2 - 1) | 1;
        let mut next = (0_usize..).map(|n| (n, &frames[n * step % frames.len()]));
        c.benchmark_group(group).bench_function(kind, |b| {
            b.iter(|| {
                let (n, frame) = next.next()?;
                let is_copy = self.receive(NodeId([2 + (n % 5) as u8; 33]), frame);
                assert!(is_copy, "a copy");
                Some(())
            });
        });
        assert_eq!(self.jobs.len(), jobs, "a signature was to be checked");
    }
}

fn gossip_copies(c: &mut Criterion) {
    let network = signed_network(CHANNELS);
    let wall_clock = network.nodes[0].timestamp();
    let messages = verified(&network);
    let mut frames = [const { Vec::new() }; 3];
    for message in &messages {
        let (kind, frame) = match message {
            VerifiedGossip::Channel(message) => (0, message.as_bytes()),
            VerifiedGossip::Update(message) => (1, message.as_bytes()),
            VerifiedGossip::Node(message) => (2, message.as_bytes()),
        };
        frames[kind].push(frame.clone());
    }
    let mut full = Desk::new(wall_clock);
    for message in &messages {
        apply(&mut full.graph, Instant::ZERO, message, None).expect("the network is sound");
    }
    for (kind, frames) in KINDS.iter().zip(&frames) {
        full.measure(c, "known", kind, frames);
    }
    for (kind, name) in KINDS.iter().enumerate() {
        let mut desk = Desk::new(wall_clock);
        let queued = &frames[kind][..QUEUED];
        if kind > 0 {
            // They are checked at once if their channels are known.
            for message in messages
                .iter()
                .filter(|m| matches!(m, VerifiedGossip::Channel(_)))
            {
                apply(&mut desk.graph, Instant::ZERO, message, None).expect("sound");
            }
        }
        for frame in queued {
            assert!(!desk.receive(NodeId([9; 33]), frame));
        }
        desk.measure(c, "queued", name, queued);
    }
    for (kind, name) in KINDS.iter().enumerate().skip(1) {
        let mut desk = Desk::new(wall_clock);
        // As many as one peer may have parked.
        let early = &frames[kind][..400];
        for frame in early {
            assert!(!desk.receive(NodeId([9; 33]), frame));
        }
        desk.measure(c, "early", name, early);
    }
}

criterion_group!(benches, gossip_copies);
criterion_main!(benches);
