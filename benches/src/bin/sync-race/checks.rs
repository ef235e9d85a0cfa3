//! What it costs to check a network, beside the bare verification of its signatures: no sockets, one process.

use core::{error::Error, num::NonZeroUsize, time::Duration};
use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::mpsc,
    time::{Instant as Clock, SystemTime, UNIX_EPOCH},
};

use bitcoin::hashes::{Hash as _, sha256d};
use gossip_sync::{
    Ingest,
    ingest::{Config, Input, Output},
    routemap::{apply, known_node, standing},
    threads::VerifyPool,
};
use lnwire::{Instant, Message, NodeId, Point, Timestamp};
use routemap::Graph;
use secp256k1::{Message as Digest, PublicKey, Secp256k1, ecdsa::Signature};

use crate::network::{self, CHAIN};

/// Prints what checking took, each way `runs` times in turn; medians count.
pub(crate) fn run(file: &Path, runs: usize) -> Result<(), Box<dyn Error>> {
    let messages = network::read(file)?;
    let raw = Raw::read(&messages)?;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..runs.max(1) {
        times[0].push(raw.verify()?);
        for threads in [1, 2] {
            times[threads].push(ingest(&messages, threads)?);
        }
    }
    let [raw_time, one, two] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    });
    println!(
        "{} signatures of {} keys: each key parsed once and each signature verified in {raw_time:.2} s",
        raw.signatures.len(),
        raw.keys.len()
    );
    println!(
        "ingest on one thread {one:.2} s, {:.3} of that; on two threads {two:.2} s, {:.2} times as fast\n",
        one / raw_time,
        one / two
    );
    Ok(())
}

/// Signatures, and nothing else.
struct Raw {
    keys: Vec<[u8; 33]>,
    signatures: Vec<(Digest, Signature, usize)>,
}

impl Raw {
    fn read(messages: &[Message]) -> Result<Self, Box<dyn Error>> {
        let mut raw = Self {
            keys: Vec::new(),
            signatures: Vec::new(),
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
        }
        Ok(raw)
    }

    fn verify(&self) -> Result<Duration, Box<dyn Error>> {
        let secp = Secp256k1::verification_only();
        let started = Clock::now();
        let keys = self.keys.iter().map(|key| PublicKey::from_slice(key));
        let keys: Vec<PublicKey> = keys.collect::<Result<_, _>>()?;
        for (digest, signature, key) in &self.signatures {
            secp.verify_ecdsa(digest, signature, &keys[*key])?;
        }
        Ok(started.elapsed())
    }
}

/// Takes all messages in, until the graph has them.
fn ingest(messages: &[Message], threads: usize) -> Result<Duration, Box<dyn Error>> {
    let wall_clock = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as u32;
    let mut ingest = Ingest::new(Config::new(CHAIN), Timestamp(wall_clock), 1);
    let mut graph = Graph::new(routemap::Config::new(CHAIN, 1));
    let peer = NodeId([2; 33]);
    let (results, checked) = mpsc::channel();
    let threads = NonZeroUsize::new(threads).ok_or("no thread")?;
    let mut pool = VerifyPool::start(threads, move |batch| {
        let _received = results.send(batch);
    });
    let started = Clock::now();
    let now = || Instant::from_epoch(started.elapsed());
    let mut waiting: VecDeque<Message> = messages.iter().cloned().collect();
    let mut out = 0_usize;
    loop {
        while ingest.has_room(peer) {
            let Some(message) = waiting.pop_front() else {
                break;
            };
            let input = match message {
                Message::ChannelAnnouncement(message) => {
                    let channel = standing(&graph, message.short_channel_id());
                    Input::ChannelAnnouncement {
                        peer,
                        message,
                        channel,
                    }
                }
                Message::ChannelUpdate(message) => {
                    let channel = standing(&graph, message.short_channel_id());
                    Input::ChannelUpdate {
                        peer,
                        message,
                        channel,
                    }
                }
                Message::NodeAnnouncement(message) => {
                    let node = known_node(&graph, &message.node_id());
                    Input::NodeAnnouncement {
                        peer,
                        message,
                        node,
                    }
                }
                other => return Err(format!("message type {}", other.msg_type()).into()),
            };
            ingest.handle_input(now(), input);
        }
        while let Some(output) = ingest.poll_output() {
            match output {
                Output::Check(job) => {
                    out += 1;
                    pool.push(job);
                }
                Output::Accept {
                    message, funding, ..
                } => apply(&mut graph, now(), &message, funding.as_ref())?,
                other => return Err(format!("{other:?}").into()),
            }
        }
        if out == 0 && waiting.is_empty() {
            break;
        }
        pool.flush();
        for checked in checked.recv()? {
            out -= 1;
            ingest.handle_input(now(), Input::Checked(checked));
        }
    }
    let elapsed = started.elapsed();
    let channels = messages
        .iter()
        .filter(|m| matches!(m, Message::ChannelAnnouncement(_)));
    if graph.channel_count() != channels.count() {
        return Err("not all channels have arrived".into());
    }
    Ok(elapsed)
}
