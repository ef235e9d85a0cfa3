//! What one node learns late reaches one that it is not connected with, through a third; each peer is told once, and whoever
//! has told it is not told.

mod common;

use core::time::Duration;

use common::{
    nodes::{CHAIN, CHANNELS, Server, config, full_knowledge, patiently},
    rogue::{Rogue, encode, init, new_key, query_everything},
};
use examples::{
    network::{self, SignOptions, SignedNetwork},
    node::{Clock, Config, Event, Knowledge, Stats},
    topology::{Policy, Topology, TopologyChannel},
};
use lnwire::{
    Features, Message, NodeId, ShortChannelId, Timestamp, bolt1::Init,
    bolt7::GossipTimestampFilter, bytes::Bytes,
};

/// Passes gossip on within a third of a second.
fn quick() -> Config {
    let mut config = config();
    config.relay.flush_every = Duration::from_millis(300);
    config.relay.part_every = Duration::from_millis(50);
    config
}

async fn start(connect: &[&Server], knowledge: Knowledge) -> Server {
    let config = Config {
        connect: connect.iter().map(|server| server.address()).collect(),
        ..quick()
    };
    Server::launch(config, knowledge).await
}

/// Waits until `server` is synced, and has asked `peer` for what is new.
async fn listens_to(server: &mut Server, peer: NodeId) {
    let is_it = |event| match event {
        Event::Active { peer: of, active } if of == peer && active => Some(()),
        _ => None,
    };
    server.event("a filter", is_it).await;
}

/// A channel between two nodes that nobody knows.
fn news() -> SignedNetwork {
    let topology = Topology {
        channels: vec![TopologyChannel {
            short_channel_id: ShortChannelId::new(600_000, 1, 1).unwrap(),
            nodes: [0, 1],
            capacity_sat: 1_000_000,
            policies: [Some(Policy::disabled(1_000_000)); 2],
        }],
        node_names: vec![None, None],
    };
    // Each is made up to a day before this: all are later than what filters ask for, which is what is new from now on.
    let tomorrow = Clock::new(None).wall_clock().as_secs() + 24 * 60 * 60;
    let options = SignOptions {
        chain_hash: CHAIN,
        timestamp: Timestamp(tomorrow),
        seed: 12,
        threads: 1,
    };
    network::sign(&topology, options, |_, _| {})
}

#[tokio::test]
async fn from_a_to_b_to_c() {
    let mut a = start(&[], full_knowledge()).await;
    let mut b = start(&[&a], Knowledge::new(CHAIN)).await;
    let (id_of_a, id_of_b) = (a.node.node_id(), b.node.node_id());
    listens_to(&mut b, id_of_a).await;
    listens_to(&mut a, id_of_b).await;
    let mut c = start(&[&b], Knowledge::new(CHAIN)).await;
    listens_to(&mut c, id_of_b).await;

    // It is asked for nothing, and wants everything.
    let hello = Init {
        features: Features::EMPTY,
        ..init()
    };
    let mut teller = Rogue::up_as(&a.address(), &new_key(), &hello).await;
    let filter = GossipTimestampFilter {
        chain_hash: CHAIN,
        first_timestamp: Timestamp(0),
        timestamp_range: u32::MAX,
        extra: Bytes::new(),
    };
    teller.send(filter).await;
    let news = news();
    let channel = &news.channels[0];
    teller
        .send_bytes(&encode(channel.announcement.clone()))
        .await;
    for update in channel.updates.iter().flatten() {
        teller.send_bytes(&encode(update.clone())).await;
    }
    for node in &news.nodes {
        teller.send_bytes(&encode(node.clone())).await;
    }

    let full = [
        CHANNELS as u64 + 1,
        2 * CHANNELS as u64 + 2,
        full_knowledge().store.node_announcements() as u64 + 2,
    ];
    for (name, server) in [("A", &a), ("B", &b), ("C", &c)] {
        let stats = server.node.stats();
        let knows_all = async {
            while [&stats.channels, &stats.updates, &stats.nodes].map(Stats::get) != full {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        patiently(name, knows_all).await;
    }

    // To the next one each, and to nobody else.
    let relayed = [&a, &b, &c].map(|server| Stats::get(&server.node.stats().relayed));
    assert_eq!(relayed, [5, 5, 0]);
    // Of the backlog for its filter nothing is left to come when this is answered.
    teller.send(query_everything()).await;
    loop {
        match teller.next().await.expect("it is served") {
            Message::ChannelAnnouncement(m) => {
                assert_ne!(
                    m.short_channel_id(),
                    channel.announcement.short_channel_id()
                );
            }
            Message::ReplyChannelRange(reply) => {
                assert_eq!(reply.short_channel_ids.iter().count(), CHANNELS + 1);
                break;
            }
            _ => {}
        }
    }
    let [a, b, c] = [a, b, c].map(|server| server.node.stop());
    for stopped in [a, b, c] {
        let knowledge = patiently("stop", stopped).await.unwrap();
        assert_eq!(knowledge.graph().channel_count(), CHANNELS + 1);
        assert_eq!(knowledge.graph().policy_count(), 2 * CHANNELS + 2);
    }
}
