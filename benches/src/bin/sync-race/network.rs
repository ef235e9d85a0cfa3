//! The network, in a file that every process reads: messages, each behind its length.

use core::error::Error;
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use examples::{
    gossmap,
    network::{self, SignOptions, SignedNetwork},
    synthetic,
    topology::Topology,
};
use lnwire::{
    ChainHash, Message, Timestamp,
    bytes::{Buf as _, Bytes},
};

/// The chain of all nodes.
pub(crate) const CHAIN: ChainHash = ChainHash::REGTEST;
const SEED: u64 = 1;

/// Makes and writes the network, and once more with a tenth of its updates newer. Returns how many channels, updates
/// and nodes it has.
pub(crate) fn make(
    channels: usize,
    data: Option<&Path>,
    old: &Path,
    new: &Path,
) -> Result<[usize; 3], Box<dyn Error>> {
    let topology = match data {
        Some(folder) => gossmap::load(
            &folder.join("mainnet-2026-02.gossmap.gz"),
            Some(&folder.join("mainnet-2026-02.nodes.gz")),
        )?,
        None => synthetic::mainnet_like(channels, SEED),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as u32;
    eprintln!("signing");
    let network = sign(&topology, now - 600);
    write(&network, old)?;
    eprintln!("signing what changes");
    let mut changed = network.clone();
    let later = sign(&topology, now);
    for (channel, later) in changed.channels.iter_mut().zip(later.channels).step_by(10) {
        channel.updates = later.updates;
    }
    write(&changed, new)?;
    let updates = network.channels.iter().flat_map(|c| &c.updates).flatten();
    Ok([network.channels.len(), updates.count(), network.nodes.len()])
}

fn sign(topology: &Topology, timestamp: u32) -> SignedNetwork {
    let options = SignOptions {
        chain_hash: CHAIN,
        timestamp: Timestamp(timestamp),
        seed: SEED,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    network::sign(topology, options, |_, _| ())
}

fn write(network: &SignedNetwork, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut put = |frame: &Bytes| {
        out.write_all(&(frame.len() as u16).to_be_bytes())?;
        out.write_all(frame)
    };
    for channel in &network.channels {
        put(channel.announcement.as_bytes())?;
        for update in channel.updates.iter().flatten() {
            put(update.as_bytes())?;
        }
    }
    for node in &network.nodes {
        put(node.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// Reads the messages of a file, each in a buffer of its own.
pub(crate) fn read(path: &Path) -> Result<Vec<Message>, Box<dyn Error>> {
    let mut file = Bytes::from(std::fs::read(path)?);
    let mut messages = Vec::new();
    while file.remaining() >= 2 {
        let len = usize::from(file.get_u16());
        messages.push(Message::decode(Bytes::copy_from_slice(
            &file.split_to(len),
        ))?);
    }
    Ok(messages)
}
