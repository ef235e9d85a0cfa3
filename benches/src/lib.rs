//! Criterion benchmarks, beside other implementations in the same run.
//!
//! `cargo bench -p benches` runs them all; `--bench codec -- --quick` one of them, in seconds. This file holds
//! what they share: a network made up and signed on the spot, so that no other file is needed.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "programs have the standard library"
)]

pub mod ldk;
pub mod machine;
pub mod messages;
pub mod whole_network;

use std::time::{SystemTime, UNIX_EPOCH};

use examples::{
    network::{self, SignOptions, SignedNetwork},
    synthetic,
};
use gossip_sync::{
    ingest::{Input, VerifiedGossip},
    routemap::{known_node, standing},
};
use lnwire::{ChainHash, Message, NodeId, Timestamp, Verified};
use routemap::Graph;

/// Makes up a regtest network in mainnet's shape, the same each time but for the timestamps.
///
/// It is signed with the present time, since others judge gossip by the system's clock.
#[must_use]
pub fn signed_network(channels: usize) -> SignedNetwork {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let options = SignOptions {
        chain_hash: ChainHash::REGTEST,
        timestamp: Timestamp(since_1970.map_or(0, |d| d.as_secs() as u32)),
        seed: SEED,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    network::sign(&synthetic::mainnet_like(channels, SEED), options, |_, _| ())
}

/// Returns the messages in the order in which a node serves them, as if they had been verified.
#[must_use]
pub fn verified(network: &SignedNetwork) -> Vec<VerifiedGossip> {
    let mut messages = Vec::new();
    for channel in &network.channels {
        let announcement = channel.announcement.clone();
        let ids = [announcement.node_id_1(), announcement.node_id_2()];
        let announcement = Verified::trust_without_checking(announcement, ());
        messages.push(VerifiedGossip::Channel(announcement));
        for (update, signer) in channel.updates.iter().zip(ids) {
            let update = update
                .clone()
                .map(|u| Verified::trust_without_checking(u, signer));
            messages.extend(update.map(VerifiedGossip::Update));
        }
    }
    let nodes = network.nodes.iter().cloned();
    let nodes = nodes.map(|node| Verified::trust_without_checking(node, ()));
    messages.extend(nodes.map(VerifiedGossip::Node));
    messages
}

const SEED: u64 = 1;

/// Makes what an ingest is told when gossip comes, with what the graph knows about it; `None` for other messages.
#[must_use]
pub fn ingest_input(peer: NodeId, message: Message, graph: &Graph) -> Option<Input> {
    Some(match message {
        Message::ChannelAnnouncement(message) => Input::ChannelAnnouncement {
            peer,
            channel: standing(graph, message.short_channel_id()),
            message,
        },
        Message::ChannelUpdate(message) => Input::ChannelUpdate {
            peer,
            channel: standing(graph, message.short_channel_id()),
            message,
        },
        Message::NodeAnnouncement(message) => Input::NodeAnnouncement {
            peer,
            node: known_node(graph, &message.node_id()),
            message,
        },
        _ => return None,
    })
}
