//! Peers that take what they can get (time, memory, places) leave enough for the others.

mod common;

use core::time::Duration;

use bytes::BytesMut;
use common::{
    nodes::{CHANNELS, Server, config, full_knowledge, network, patiently, sign},
    rogue::{Rogue, connect, encode, init, query_everything},
};
use conn_worker::EndReason;
use examples::{
    node::{Config, Event, Knowledge, Node, Stats},
    synthetic::mainnet_like,
};
use gossip_sync::syncer::Outcome;
use lnwire::{
    ChainHash, Timestamp,
    bolt1::Init,
    bolt7::{GossipTimestampFilter, QueryChannelRange, QueryShortChannelIds, ShortChannelIds},
    bytes::Bytes,
    tlv::UnknownRecords,
};
use tokio::io::AsyncWriteExt as _;

/// Asks for everything in every way, again and again, and never reads a byte of the answers.
#[tokio::test]
async fn a_peer_that_asks_and_never_reads() {
    let mut server = Server::with(|s| s.write_timeout = Duration::from_secs(3)).await;
    let mut rogue = Rogue::up(&server.address()).await;
    let questions = [
        encode(QueryShortChannelIds {
            chain_hash: ChainHash::REGTEST,
            short_channel_ids: ShortChannelIds::new(
                network()
                    .channels
                    .iter()
                    .map(|c| c.announcement.short_channel_id()),
            ),
            query_flags: None,
            unknown: UnknownRecords::default(),
        }),
        encode(query_everything()),
        encode(QueryChannelRange {
            chain_hash: ChainHash::MAINNET,
            ..query_everything()
        }),
        encode(GossipTimestampFilter {
            chain_hash: ChainHash::REGTEST,
            first_timestamp: Timestamp(0),
            timestamp_range: u32::MAX,
            extra: Bytes::new(),
        }),
    ];
    let asking = tokio::spawn(async move {
        loop {
            for question in &questions {
                let frame = rogue.seal(question);
                if rogue.stream.write_all(&frame).await.is_err() {
                    return;
                }
            }
        }
    });
    server.serves_others().await;
    let mut complaints = 0;
    let reason = server
        .event("the end of the hostile connection", |event| match event {
            Event::Complaint { .. } => {
                complaints += 1;
                None
            }
            // The honest client's.
            Event::PeerDown {
                reason: EndReason::RemoteClosed,
                ..
            } => None,
            Event::PeerDown { reason, .. } => Some(reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, EndReason::WriteTimeout);
    assert!((1..=100).contains(&complaints), "{complaints}");
    patiently("the end", asking).await.unwrap();
    server.serves_others().await;
    server.ends_unchanged().await;
}

/// Forged channels without end keep the signature threads busy; what an honest peer has to tell is checked
/// and reported all the same.
#[tokio::test]
async fn a_flood_of_forgeries() {
    let mut config_of_node = config();
    // It would be banned long before.
    config_of_node.scores.ban_at = 0;
    // It answers no question either: then the honest one is asked.
    config_of_node.sync.syncer.reply_timeout = Duration::from_secs(1);
    let mut node = Server::launch(config_of_node, Knowledge::new(ChainHash::REGTEST)).await;
    let mut rogue = Rogue::up(&node.address()).await;
    let foreign = sign(&mainnet_like(1, 5), ChainHash::REGTEST, 5);
    let mut forged = BytesMut::from(&foreign.channels[0].announcement.as_bytes()[..]);
    let flood = tokio::spawn(async move {
        for i in 0_u32.. {
            // A new one each time, for known ones are not looked at; and in the last of four signatures, so that
            // checking takes longer than forging.
            forged[234..238].copy_from_slice(&i.to_be_bytes());
            let frame = rogue.seal(&forged);
            if rogue.stream.write_all(&frame).await.is_err() {
                return;
            }
        }
    });
    let complaint = node.complaint().await;
    assert!(complaint.contains("signature"), "{complaint}");

    let honest = Config {
        connect: vec![node.address()],
        ..config()
    };
    let honest = Node::start(honest, full_knowledge()).await.unwrap();
    let pick = |event| match event {
        Event::Synced { peer, outcome } if peer == honest.node_id() => Some(outcome),
        _ => None,
    };
    let outcome = node.event("the honest peer's sync", pick).await;
    assert!(!flood.is_finished());
    let complete = Outcome::Complete {
        listed: CHANNELS,
        asked: CHANNELS,
        withheld: vec![],
    };
    assert_eq!(outcome, complete);
    let stats = node.node.stats();
    assert!(Stats::get(&stats.faults) > 0);
    node.serves_others().await;
    let knowledge = patiently("stop", node.node.stop()).await.unwrap();
    assert_eq!(
        common::nodes::counts(&knowledge),
        common::nodes::counts(&full_knowledge())
    );
    patiently("the end", flood).await.unwrap();
}

/// More connections than there are places: the oldest silent ones make way at once, the others go when their time is
/// over.
#[tokio::test]
async fn a_silent_crowd() {
    let mut server = Server::with(|s| s.handshake_timeout = Duration::from_secs(1)).await;
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(connect(&server.address()).await);
    }
    let (peer, reason) = server.down().await;
    assert_eq!((peer, reason), (None, EndReason::LocalClose));
    while server.down().await != (None, EndReason::HandshakeTimeout) {}
    server.serves_others().await;
    server.ends_unchanged().await;
}

/// A peer that does not offer gossip queries is not asked, but is served and reported at once.
#[tokio::test]
async fn a_peer_without_gossip_queries_is_served() {
    let mut server = Server::start().await;
    let hello = Init {
        features: lnwire::Features::EMPTY,
        ..init()
    };
    let node = common::rogue::new_key();
    let mut rogue = Rogue::up_as(&server.address(), &node, &hello).await;
    let (peer, outcome) = server.synced().await;
    assert_eq!(peer, node.public_key().into());
    assert_eq!(
        outcome,
        Outcome::Failed(gossip_sync::syncer::Failure::NoQueries)
    );
    rogue.is_served().await;
    drop(rogue);
    server.survives(EndReason::RemoteClosed).await;
}
