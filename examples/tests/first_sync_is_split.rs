//! A node that knows the height of the chain asks several peers for parts of the history: all of it is listed twice, and what
//! is missing is fetched once.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

mod common;

use std::collections::BTreeSet;

use common::nodes::{CHAIN, CHANNELS, Server, config, counts, full_knowledge, patiently};
use examples::node::{Config, Event, Knowledge, Stats};
use lnwire::BlockHeight;

#[tokio::test]
async fn among_three_peers() {
    let servers = [
        Server::start().await,
        Server::start().await,
        Server::start().await,
    ];
    let config = Config {
        connect: servers.iter().map(Server::address).collect(),
        tip: Some(BlockHeight(1_000_000)),
        ..config()
    };
    let mut client = Server::launch(config, Knowledge::new(CHAIN)).await;
    let (mut ups, mut by, mut parts) = (0, BTreeSet::new(), 0);
    let settled = |event| {
        match event {
            Event::PeerUp { .. } => ups += 1,
            Event::Listed { peer, blocks } => {
                assert!(blocks.count() <= 1_000_001 / 16 + 1, "{blocks:?}");
                parts += 1;
                by.insert(peer);
            }
            Event::Covered(coverage) if ups == 3 && coverage.listed_by == 2 => {
                assert!(coverage.is_full());
                assert_eq!(coverage.channels, CHANNELS);
                return Some(());
            }
            _ => {}
        }
        None
    };
    client.event("the sync", settled).await;
    assert!(parts >= 32 && by.len() >= 2, "{parts} parts by {by:?}");
    assert_eq!(Stats::get(&client.node.stats().wanted), CHANNELS as u64);
    let learnt = patiently("stop", client.node.stop()).await.unwrap();
    assert_eq!(counts(&learnt), counts(&full_knowledge()));
    for server in servers {
        server.ends_unchanged().await;
    }
}
