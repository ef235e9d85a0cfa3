//! Fills a node's knowledge from what is at hand, before it talks to anybody.

use std::{fs, io, path::Path};

use gossip_sync::{ingest::VerifiedGossip, routemap::known_channel};
use lnwire::{
    DecodeError, Instant, NodeId, SignatureError, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};
use routemap::store::{End, Entry, Records, StoreError};
use secp256k1::SECP256K1;

use crate::{
    network::{SignedNetwork, parallel},
    node::Knowledge,
};

/// Adds a network that this program signed itself, whose signatures need no check.
///
/// # Errors
/// [`ApplyError`](routemap::ApplyError) of the first message that the graph does not take, such as one for
/// another chain.
pub fn signed_network(
    knowledge: &mut Knowledge,
    network: SignedNetwork,
) -> Result<(), routemap::ApplyError> {
    let now = Instant::ZERO;
    for channel in network.channels {
        let announcement = channel.announcement;
        let ids = [announcement.node_id_1(), announcement.node_id_2()];
        let announcement = Verified::trust_without_checking(announcement, ());
        let scid = announcement.short_channel_id();
        knowledge.insert(now, &VerifiedGossip::Channel(announcement))?;
        if let Some(handle) = knowledge.graph().channel_by_scid(scid) {
            knowledge.set_capacity(now, handle, channel.capacity_sat);
        }
        for (update, signer) in channel.updates.into_iter().zip(ids) {
            if let Some(update) = update {
                let update = Verified::trust_without_checking(update, signer);
                knowledge.insert(now, &VerifiedGossip::Update(update))?;
            }
        }
    }
    for node in network.nodes {
        let node = Verified::trust_without_checking(node, ());
        knowledge.insert(now, &VerifiedGossip::Node(node))?;
    }
    Ok(())
}

/// What came of reading a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreReport {
    /// Channels, updates and node announcements that were added.
    pub added: usize,
    /// Messages that were left out: their signatures do not hold, or their channel is not there.
    pub refused: usize,
    /// Signatures that were checked.
    pub signatures: usize,
    /// What is wrong with the store, if it does not end as it should: everything before was read.
    pub broken: Option<Broken>,
}

/// Why a store was not read to its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// A record is not what its writer wrote.
    #[error("{0}")]
    Record(#[from] StoreError),
    /// A record is whole, but its message does not decode.
    #[error("gossip store, byte {at}: {error}")]
    Message {
        /// Where the record begins.
        at: u64,
        /// What is wrong with the message.
        error: DecodeError,
    },
    /// The last record is not complete: its writer is at work, or was cut off.
    #[error("gossip store, byte {at}: incomplete record")]
    Incomplete {
        /// Where the record begins.
        at: u64,
    },
}

/// Why nothing came out of a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFileError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is not even a version.
    #[error("gossip store, byte 0: empty file")]
    Empty,
    /// It is no store.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The messages of a store, and the amounts of its channels.
#[derive(Default)]
struct Messages {
    channels: Vec<(ChannelAnnouncement, Option<u64>)>,
    updates: Vec<ChannelUpdate>,
    nodes: Vec<NodeAnnouncement>,
    broken: Option<Broken>,
}

/// Adds what a `gossip_store` holds, with every signature checked, on `threads` threads.
///
/// A store that is broken somewhere is read up to there: a crash may have torn its last record.
///
/// # Errors
/// [`StoreFileError`] if nothing can be read at all.
pub fn gossip_store(
    knowledge: &mut Knowledge,
    path: &Path,
    threads: usize,
) -> Result<StoreReport, StoreFileError> {
    let file = fs::read(path)?;
    if file.is_empty() {
        return Err(StoreFileError::Empty);
    }
    let messages = read(Records::new(file.into())?);
    let mut report = StoreReport {
        broken: messages.broken,
        ..StoreReport::default()
    };
    let checked = parallel(messages.channels.len(), threads, |i| {
        messages.channels[i].0.clone().verify(SECP256K1)
    });
    report.signatures += 4 * checked.len();
    for (channel, (_, capacity)) in checked.into_iter().zip(&messages.channels) {
        let scid = channel.as_ref().ok().map(|c| c.short_channel_id());
        report.add(knowledge, channel.map(VerifiedGossip::Channel));
        let handle = scid.and_then(|id| knowledge.graph().channel_by_scid(id));
        if let (Some(handle), Some(capacity)) = (handle, capacity) {
            knowledge.set_capacity(Instant::ZERO, handle, *capacity);
        }
    }
    let signers: Vec<Option<NodeId>> = messages
        .updates
        .iter()
        .map(|update| {
            let channel = known_channel(knowledge.graph(), update.short_channel_id())?;
            Some(channel.node_ids[usize::from(update.direction())])
        })
        .collect();
    let checked = parallel(signers.len(), threads, |i| {
        signers[i].map(|signer| messages.updates[i].clone().verify(SECP256K1, signer))
    });
    for update in checked {
        match update {
            Some(update) => {
                report.signatures += 1;
                report.add(knowledge, update.map(VerifiedGossip::Update));
            }
            None => report.refused += 1,
        }
    }
    let checked = parallel(messages.nodes.len(), threads, |i| {
        messages.nodes[i].clone().verify(SECP256K1)
    });
    report.signatures += checked.len();
    for node in checked {
        report.add(knowledge, node.map(VerifiedGossip::Node));
    }
    Ok(report)
}

/// Takes the messages out, each in a buffer of its own, so that the file need not stay in memory.
fn read(mut store: Records) -> Messages {
    let mut messages = Messages::default();
    messages.broken = messages.take(&mut store).err();
    if let Some(End::Incomplete) = store.end() {
        let at = store.offset();
        messages.broken = Some(Broken::Incomplete { at });
    }
    messages
}

impl Messages {
    fn take(&mut self, store: &mut Records) -> Result<(), Broken> {
        let mut is_announced = false;
        for record in store {
            let record = record?;
            if record.flags.is_deleted() {
                is_announced = false;
                continue;
            }
            let at = record.offset;
            let entry = record.into_entry();
            let entry = entry.map_err(|error| Broken::Message { at, error })?;
            let was_announced = core::mem::take(&mut is_announced);
            match entry {
                Entry::ChannelAnnouncement(message) => {
                    self.channels.push((message.detached(), None));
                    is_announced = true;
                }
                Entry::Amount {
                    sat,
                    is_estimate: false,
                } if was_announced => {
                    self.channels.last_mut().expect("just pushed").1 = Some(sat);
                }
                Entry::ChannelUpdate(message) => self.updates.push(message.detached()),
                Entry::NodeAnnouncement(message) => self.nodes.push(message.detached()),
                _ => {}
            }
        }
        Ok(())
    }
}

impl StoreReport {
    fn add(&mut self, knowledge: &mut Knowledge, message: Result<VerifiedGossip, SignatureError>) {
        let added = message.is_ok_and(|message| knowledge.insert(Instant::ZERO, &message).is_ok());
        if added {
            self.added += 1;
        } else {
            self.refused += 1;
        }
    }
}
