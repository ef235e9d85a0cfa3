//! The network that there is to learn, as its peers have it, and the chain that funds it.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use examples::{
    network::{self, SignOptions, SignedNetwork},
    node::MessageStore,
    synthetic,
};
use gossip_sync::ingest::{Answer, VerifiedGossip};
use lnwire::{
    BlockHeight, ChainHash, Point, ShortChannelId, Timestamp, Txid, Verified,
    bolt7::ChannelAnnouncement, bytes::Bytes, extra::Outpoint,
};
use sha2::{Digest as _, Sha256};

pub(crate) const CHAIN: ChainHash = ChainHash::REGTEST;
/// The time of day at the beginning.
pub(crate) const DAWN: u32 = 1_790_000_000;
/// How much later the news were made: more than the day after which a repetition is passed on.
const LATER: u32 = 90_000;

/// What everybody is served from.
pub(crate) struct Network {
    /// Everything there is at first.
    pub(crate) whole: Rc<MessageStore>,
    /// The same channels and nodes, with later updates and announcements.
    pub(crate) newer: Rc<MessageStore>,
    /// Nine tenths of it, a different tenth missing.
    pub(crate) most: [Rc<MessageStore>; 3],
    /// Well signed channels that nobody has funded.
    pub(crate) invented: Rc<MessageStore>,
    pub(crate) empty: Rc<MessageStore>,
    /// The frames of `whole`.
    pub(crate) frames: Vec<Bytes>,
    /// The frames of `newer`.
    pub(crate) newer_frames: BTreeSet<Bytes>,
    pub(crate) tip: BlockHeight,
    outputs: BTreeMap<ShortChannelId, Bytes>,
}

impl Network {
    pub(crate) fn new(channels: usize, seed: u64) -> Self {
        let signed = |channels, seed, time| {
            let options = SignOptions {
                chain_hash: CHAIN,
                timestamp: Timestamp(time),
                seed,
                threads: 2,
            };
            network::sign(&synthetic::mainnet_like(channels, seed), options, |_, _| ())
        };
        let whole = signed(channels, seed, DAWN);
        let newer = signed(channels, seed, DAWN + LATER);
        let invented = signed(channels / 4, seed + 1, DAWN);
        let last = whole.channels.last().expect("there are channels");
        let outputs = whole.channels.iter().map(|channel| {
            let id = channel.announcement.short_channel_id();
            (id, script(&channel.announcement))
        });
        Self {
            tip: BlockHeight(last.announcement.short_channel_id().block().0 + 6),
            most: [0, 1, 2].map(|tenth| Rc::new(store(&whole, |n| n % 10 != tenth))),
            empty: Rc::new(MessageStore::default()),
            invented: Rc::new(store(&invented, |_| true)),
            frames: frames(&whole).collect(),
            newer_frames: frames(&newer).collect(),
            outputs: outputs.collect(),
            whole: Rc::new(store(&whole, |_| true)),
            newer: Rc::new(store(&newer, |_| true)),
        }
    }

    pub(crate) fn channels(&self) -> usize {
        self.outputs.len()
    }

    /// What the chain says of a funding output.
    pub(crate) fn look_up(&self, id: ShortChannelId) -> Answer {
        let Some(script_pubkey) = self.outputs.get(&id) else {
            return Answer::NotFound;
        };
        Answer::Unspent {
            value_sat: 1_000_000,
            script_pubkey: script_pubkey.clone(),
            outpoint: Outpoint {
                txid: Txid([1; 32]),
                index: id.output_index(),
            },
        }
    }
}

fn frames(network: &SignedNetwork) -> impl Iterator<Item = Bytes> + '_ {
    let channels = network.channels.iter().flat_map(|channel| {
        let updates = channel.updates.iter().flatten();
        let updates = updates.map(|update| update.as_bytes().clone());
        core::iter::once(channel.announcement.as_bytes().clone()).chain(updates)
    });
    channels.chain(network.nodes.iter().map(|node| node.as_bytes().clone()))
}

/// The channels whose numbers are `kept`, and all nodes.
fn store(network: &SignedNetwork, kept: impl Fn(usize) -> bool) -> MessageStore {
    let mut store = MessageStore::default();
    for (n, channel) in network.channels.iter().enumerate() {
        if !kept(n) {
            continue;
        }
        let announcement = &channel.announcement;
        let nodes = [announcement.node_id_1(), announcement.node_id_2()];
        let announcement = Verified::trust_without_checking(announcement.clone(), ());
        store.insert(&VerifiedGossip::Channel(announcement));
        for (update, signer) in channel.updates.iter().zip(nodes) {
            if let Some(update) = update.clone() {
                let update = Verified::trust_without_checking(update, signer);
                store.insert(&VerifiedGossip::Update(update));
            }
        }
    }
    for node in &network.nodes {
        let node = Verified::trust_without_checking(node.clone(), ());
        store.insert(&VerifiedGossip::Node(node));
    }
    store
}

/// The script of the output that funds a channel (BOLT 3, funding transaction output).
fn script(announcement: &ChannelAnnouncement) -> Bytes {
    let mut keys = [announcement.bitcoin_key_1(), announcement.bitcoin_key_2()];
    keys.sort_unstable_by_key(|Point(key)| *key);
    let [Point(one), Point(two)] = keys;
    let witness = [&[0x52, 33][..], &one, &[33], &two, &[0x52, 0xae]].concat();
    [&[0, 32][..], &Sha256::digest(witness)].concat().into()
}
