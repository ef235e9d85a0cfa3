//! What it costs to check a network, beside the bare verification of its signatures: no sockets, one process.

use core::{error::Error, num::NonZeroUsize, ops::Range};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::mpsc::{self, Receiver},
    time::{Instant as Clock, SystemTime, UNIX_EPOCH},
};

use bitcoin::hashes::{Hash as _, sha256d};
use gossip_sync::{
    Ingest,
    ingest::{Checked, Config, Input, Output, SignatureJob, Verifier},
    routemap::apply,
    threads::VerifyPool,
};
use lnwire::{Instant, Message, NodeId, Point, Timestamp};
use routemap::Graph;
use secp256k1::{Message as Digest, PublicKey, Secp256k1, VerifyOnly, ecdsa::Signature};

use crate::{
    network::{self, CHAIN},
    process::cpu_seconds,
};

/// Messages that each way takes before the next way takes the same ones: what else the machine has to do hits all alike.
const SLICE: usize = 8_000;

/// Prints what checking took, all ways `runs` times; the medians of the ratios count.
pub(crate) fn run(file: &Path, runs: usize) -> Result<(), Box<dyn Error>> {
    let messages = network::read(file)?;
    let raw = Raw::read(&messages)?;
    let (mut ratios, mut speedups) = (Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        let took = compare(&messages, &raw)?;
        println!(
            "bare verification {:.2} s of CPU, ingest on the same thread {:.2} s; on a pool of one {:.2} s, of two {:.2} s",
            took.raw, took.inline, took.one, took.two
        );
        ratios.push(took.inline / took.raw);
        speedups.push(took.one / took.two);
    }
    println!(
        "{} signatures of {} keys, each of which is parsed once by the bare verification: ingest takes {:.3} of its CPU",
        raw.signatures.len(),
        raw.keys.len(),
        median(ratios),
    );
    println!(
        "a pool of two is {:.2} times as fast as one\n",
        median(speedups)
    );
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Seconds: of CPU for what runs on one thread, of the clock on the wall for pools.
#[derive(Default)]
struct Took {
    raw: f64,
    inline: f64,
    one: f64,
    two: f64,
}

fn compare(messages: &[Message], raw: &Raw) -> Result<Took, Box<dyn Error>> {
    let mut bare = Bare::new(raw);
    let mut inline = Node::new(Runner::Inline(Box::default(), Vec::new()))?;
    let [mut one, mut two] = [Node::new(Runner::pool(1)?)?, Node::new(Runner::pool(2)?)?];
    let mut took = Took::default();
    for (n, slice) in messages.chunks(SLICE).enumerate() {
        let range = n * SLICE..n * SLICE + slice.len();
        let before = cpu_seconds();
        bare.verify(raw, range)?;
        let between = cpu_seconds();
        inline.take(slice)?;
        took.raw += between - before;
        took.inline += cpu_seconds() - between;
        for (node, time) in [(&mut one, &mut took.one), (&mut two, &mut took.two)] {
            let started = Clock::now();
            node.take(slice)?;
            *time += started.elapsed().as_secs_f64();
        }
    }
    let of_channels = messages
        .iter()
        .filter(|m| matches!(m, Message::ChannelAnnouncement(_)));
    let count = of_channels.count();
    if [inline, one, two]
        .iter()
        .any(|n| n.graph.channel_count() != count)
    {
        return Err("not all channels have arrived".into());
    }
    Ok(took)
}

/// Signatures, and nothing else.
struct Raw {
    keys: Vec<[u8; 33]>,
    signatures: Vec<(Digest, Signature, usize)>,
    /// Behind each message, how many signatures there were so far.
    ends: Vec<usize>,
}

impl Raw {
    fn read(messages: &[Message]) -> Result<Self, Box<dyn Error>> {
        let mut raw = Self {
            keys: Vec::new(),
            signatures: Vec::new(),
            ends: Vec::new(),
        };
        let mut places = BTreeMap::new();
        let mut signers = BTreeMap::new();
        for message in messages {
            let (frame, start, parts) = match message {
                Message::ChannelAnnouncement(m) => {
                    let nodes = [m.node_id_1(), m.node_id_2()];
                    signers.insert(m.short_channel_id(), nodes);
                    let [a, b] = nodes.map(|node| node.0);
                    let [c, d] = [m.bitcoin_key_1(), m.bitcoin_key_2()].map(|Point(key)| key);
                    let signatures = [
                        (m.node_signature_1(), a),
                        (m.node_signature_2(), b),
                        (m.bitcoin_signature_1(), c),
                        (m.bitcoin_signature_2(), d),
                    ];
                    (m.as_bytes(), 2 + 4 * 64, signatures.to_vec())
                }
                Message::ChannelUpdate(m) => {
                    let nodes = signers.get(&m.short_channel_id()).ok_or("no channel")?;
                    let NodeId(key) = nodes[usize::from(m.direction())];
                    (m.as_bytes(), 2 + 64, vec![(m.signature(), key)])
                }
                Message::NodeAnnouncement(m) => {
                    (m.as_bytes(), 2 + 64, vec![(m.signature(), m.node_id().0)])
                }
                other => return Err(format!("message type {}", other.msg_type()).into()),
            };
            let digest = sha256d::Hash::hash(&frame[start..]).to_byte_array();
            for (signature, key) in parts {
                let keys = &mut raw.keys;
                let place = *places.entry(key).or_insert_with(|| {
                    keys.push(key);
                    keys.len() - 1
                });
                let signature = Signature::from_compact(&signature.0)?;
                raw.signatures
                    .push((Digest::from_digest(digest), signature, place));
            }
            raw.ends.push(raw.signatures.len());
        }
        Ok(raw)
    }
}

/// Verifies them, and parses each key when it comes first.
struct Bare {
    secp: Secp256k1<VerifyOnly>,
    keys: Vec<Option<PublicKey>>,
}

impl Bare {
    fn new(raw: &Raw) -> Self {
        Self {
            secp: Secp256k1::verification_only(),
            keys: vec![None; raw.keys.len()],
        }
    }

    /// Verifies those of some messages.
    fn verify(&mut self, raw: &Raw, messages: Range<usize>) -> Result<(), Box<dyn Error>> {
        let end = |count: usize| count.checked_sub(1).map_or(0, |last| raw.ends[last]);
        for (digest, signature, key) in &raw.signatures[end(messages.start)..end(messages.end)] {
            let parsed = match self.keys[*key] {
                Some(parsed) => parsed,
                None => *self.keys[*key].insert(PublicKey::from_slice(&raw.keys[*key])?),
            };
            self.secp.verify_ecdsa(digest, signature, &parsed)?;
        }
        Ok(())
    }
}

/// What runs signature jobs.
enum Runner {
    /// The thread that has them, when it has nothing else to do.
    Inline(Box<Verifier>, Vec<SignatureJob>),
    Pool(VerifyPool, Receiver<Vec<Checked>>),
}

impl Runner {
    fn pool(threads: usize) -> Result<Self, Box<dyn Error>> {
        let (results, checked) = mpsc::channel();
        let threads = NonZeroUsize::new(threads).ok_or("no thread")?;
        let pool = VerifyPool::start(threads, move |batch| {
            let _received = results.send(batch);
        });
        Ok(Self::Pool(pool, checked))
    }

    fn push(&mut self, job: SignatureJob) {
        match self {
            Self::Inline(_, jobs) => jobs.push(job),
            Self::Pool(pool, _) => pool.push(job),
        }
    }

    /// Waits for some results.
    fn checked(&mut self) -> Result<Vec<Checked>, Box<dyn Error>> {
        Ok(match self {
            Self::Inline(verifier, jobs) => jobs.drain(..).map(|job| job.run(verifier)).collect(),
            Self::Pool(pool, checked) => {
                pool.flush();
                checked.recv()?
            }
        })
    }
}

/// Ingest and graph, without sockets.
struct Node {
    started: Clock,
    ingest: Ingest,
    graph: Graph,
    runner: Runner,
    /// Jobs that the runner has.
    out: usize,
}

impl Node {
    fn new(runner: Runner) -> Result<Self, Box<dyn Error>> {
        let wall_clock = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as u32;
        Ok(Self {
            started: Clock::now(),
            ingest: Ingest::new(Config::new(CHAIN), Timestamp(wall_clock), 1),
            graph: Graph::new(routemap::Config::new(CHAIN, 1)),
            runner,
            out: 0,
        })
    }

    fn now(&self) -> Instant {
        Instant::from_epoch(self.started.elapsed())
    }

    /// Takes messages in, until the graph has them.
    fn take(&mut self, messages: &[Message]) -> Result<(), Box<dyn Error>> {
        let peer = NodeId([2; 33]);
        let mut waiting = messages.iter();
        loop {
            let now = self.now();
            while self.ingest.has_room(peer) {
                let Some(message) = waiting.next() else {
                    break;
                };
                let input =
                    benches::ingest_input(peer, message.clone(), &self.graph).ok_or("no gossip")?;
                self.tell(now, input)?;
            }
            if self.out == 0 && waiting.len() == 0 {
                return Ok(());
            }
            for checked in self.runner.checked()? {
                self.out -= 1;
                self.tell(now, Input::Checked(checked))?;
            }
        }
    }

    /// Does what comes of an input, before the next one.
    fn tell(&mut self, now: Instant, input: Input) -> Result<(), Box<dyn Error>> {
        self.ingest.handle_input(now, input);
        while let Some(output) = self.ingest.poll_output() {
            match output {
                Output::Check(job) => {
                    self.out += 1;
                    self.runner.push(job);
                }
                Output::Accept {
                    message, funding, ..
                } => apply(&mut self.graph, now, &message, funding.as_ref())?,
                other => return Err(format!("{other:?}").into()),
            }
        }
        Ok(())
    }
}
