//! A forged or foreign announcement is dropped, counted and reported; its sender stays connected, others are
//! served, and the graph is as before.

mod common;

use bytes::BytesMut;
use common::{
    nodes::{CHAIN, CHANNELS, Server, network, sign},
    rogue::Rogue,
};
use conn_worker::EndReason;
use examples::{
    network::SignedNetwork,
    node::Stats,
    topology::{Policy, Topology, TopologyChannel},
};
use lnwire::{ChainHash, ShortChannelId};

/// A network of one channel, which servers do not know.
fn unknown_network(chain_hash: ChainHash) -> SignedNetwork {
    let topology = Topology {
        channels: vec![TopologyChannel {
            short_channel_id: ShortChannelId::new(600_000, 1, 1).unwrap(),
            nodes: [0, 1],
            capacity_sat: 1_000_000,
            policies: [Some(Policy::disabled(1_000_000)); 2],
        }],
        node_names: vec![None, None],
    };
    sign(&topology, chain_hash, 12)
}

/// Sends this, and expects this complaint and nothing else.
async fn dropped(message: &[u8], complaint: &str) {
    let mut server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    rogue.send_bytes(message).await;
    let found = server.complaint().await;
    assert!(found.contains(complaint), "{found}");
    rogue.is_served().await;
    server.serves_others().await;
    rogue.is_served().await;
    let stats = server.node.stats();
    assert_eq!(Stats::get(&stats.faults), 1);
    assert_eq!(Stats::get(&stats.dropped), 1);
    drop(rogue);
    server.survives(EndReason::RemoteClosed).await;
}

#[tokio::test]
async fn a_channel_with_a_bad_signature() {
    let network = unknown_network(CHAIN);
    // The last byte of each of the four signatures.
    for signature in 1..=4 {
        let mut message = BytesMut::from(&network.channels[0].announcement.as_bytes()[..]);
        message[2 + 64 * signature - 1] ^= 1;
        dropped(&message, "signature").await;
    }
}

#[tokio::test]
async fn an_update_with_a_bad_signature() {
    let update = network().channels[0].updates[0].as_ref().unwrap();
    let mut message = BytesMut::from(&update.as_bytes()[..]);
    // Newer than the one that is known, or nobody would look at its signature.
    let at = 2 + 64 + 32 + 8;
    let later = update.timestamp().as_secs() + 3600;
    message[at..at + 4].copy_from_slice(&later.to_be_bytes());
    dropped(&message, "signature").await;
}

#[tokio::test]
async fn a_node_with_a_bad_signature() {
    let node = &network().nodes[0];
    let mut message = BytesMut::from(&node.as_bytes()[..]);
    let at = 2 + 64 + 2 + node.features().as_bytes().len();
    let later = node.timestamp().as_secs() + 3600;
    message[at..at + 4].copy_from_slice(&later.to_be_bytes());
    dropped(&message, "signature").await;
}

#[tokio::test]
async fn a_channel_of_another_chain() {
    let network = unknown_network(ChainHash::MAINNET);
    let message = network.channels[0].announcement.as_bytes();
    dropped(message, "of another chain").await;
}

#[tokio::test]
async fn an_update_of_another_chain() {
    let network = unknown_network(ChainHash::MAINNET);
    let update = network.channels[0].updates[0].as_ref().unwrap();
    dropped(update.as_bytes(), "of another chain").await;
}

#[tokio::test]
async fn an_undecodable_channel() {
    dropped(&[1, 0, 1, 2, 3], "message type 256").await;
}

#[tokio::test]
async fn an_undecodable_update() {
    dropped(&[1, 2, 1, 2, 3], "message type 258").await;
}

#[tokio::test]
async fn an_undecodable_node() {
    dropped(&[1, 1, 1, 2, 3], "message type 257").await;
}

/// Queries belong to gossip: a broken one is no reason to part, either.
#[tokio::test]
async fn an_undecodable_query() {
    dropped(&[1, 5, 1, 2, 3], "message type 261").await;
}

/// The true one is taken all the same, from the same peer.
#[tokio::test]
async fn a_forgery_does_not_push_the_real_one_out() {
    let mut server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    let network = unknown_network(CHAIN);
    let real = network.channels[0].announcement.as_bytes();
    let mut forged = BytesMut::from(&real[..]);
    forged[40] ^= 1;
    rogue.send_bytes(&forged).await;
    let complaint = server.complaint().await;
    assert!(complaint.contains("signature"), "{complaint}");
    rogue.send_bytes(real).await;
    // A second forgery of what is known by then is only old news; one of an update is looked at.
    let update = network.channels[0].updates[0].as_ref().unwrap();
    let mut forged = BytesMut::from(&update.as_bytes()[..]);
    forged[40] ^= 1;
    rogue.send_bytes(&forged).await;
    let complaint = server.complaint().await;
    assert!(complaint.contains("signature"), "{complaint}");
    let knowledge = server.node.stop().await.unwrap();
    let scid = network.channels[0].announcement.short_channel_id();
    let channel = knowledge.graph().channel_by_scid(scid);
    assert!(channel.is_some());
    assert_eq!(knowledge.graph().channel_count(), CHANNELS + 1);
    assert_eq!(
        knowledge.graph().policy_count(),
        2 * CHANNELS,
        "the forged update is not there"
    );
}
