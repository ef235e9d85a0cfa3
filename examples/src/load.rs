//! Fills a node's knowledge from what is at hand, before it talks to anybody.

use std::{fs, io, path::Path};

use gossip_sync::{ingest::VerifiedGossip, routemap::known_channel};
use lnwire::{
    Instant, NodeId, SignatureError, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};
use secp256k1::SECP256K1;

use crate::{
    gossip_store::{End, Entry, GossipStore, StoreError},
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
        knowledge.insert(now, VerifiedGossip::Channel(announcement))?;
        if let Some(handle) = knowledge.graph.channel_by_scid(scid) {
            knowledge
                .graph
                .set_capacity(now, handle, channel.capacity_sat);
        }
        for (update, signer) in channel.updates.into_iter().zip(ids) {
            if let Some(update) = update {
                let update = Verified::trust_without_checking(update, signer);
                knowledge.insert(now, VerifiedGossip::Update(update))?;
            }
        }
    }
    for node in network.nodes {
        let node = Verified::trust_without_checking(node, ());
        knowledge.insert(now, VerifiedGossip::Node(node))?;
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
    /// The last record is not complete: its writer is at work, or was cut off.
    #[error("gossip store, byte {at}: incomplete record")]
    Incomplete {
        /// Where the record begins.
        at: usize,
    },
}

/// Why nothing came out of a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFileError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
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
    let messages = read(GossipStore::new(fs::read(path)?.into())?);
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
        let handle = scid.and_then(|id| knowledge.graph.channel_by_scid(id));
        if let (Some(handle), Some(capacity)) = (handle, capacity) {
            knowledge
                .graph
                .set_capacity(Instant::ZERO, handle, *capacity);
        }
    }
    let signers: Vec<Option<NodeId>> = messages
        .updates
        .iter()
        .map(|update| {
            let channel = known_channel(&knowledge.graph, update.short_channel_id())?;
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
fn read(mut store: GossipStore) -> Messages {
    let mut messages = Messages::default();
    for record in store.by_ref() {
        match record.map(|record| record.entry) {
            Ok(Entry::ChannelAnnouncement {
                message,
                capacity_sat,
            }) => messages.channels.push((message.detached(), capacity_sat)),
            Ok(Entry::ChannelUpdate(message)) => messages.updates.push(message.detached()),
            Ok(Entry::NodeAnnouncement(message)) => messages.nodes.push(message.detached()),
            Ok(_) => {}
            Err(error) => messages.broken = Some(error.into()),
        }
    }
    if let Some(End::Incomplete { at }) = store.end() {
        messages.broken = Some(Broken::Incomplete { at });
    }
    messages
}

impl StoreReport {
    fn add(&mut self, knowledge: &mut Knowledge, message: Result<VerifiedGossip, SignatureError>) {
        let added = message.is_ok_and(|message| knowledge.insert(Instant::ZERO, message).is_ok());
        if added {
            self.added += 1;
        } else {
            self.refused += 1;
        }
    }
}
