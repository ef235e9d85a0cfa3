//! LDK lists its channels when asked, answers no query for channels, and dumps all it has once a connection.

mod common;

use core::time::Duration;

use common::{Ldk, sign, within};
use examples::node::{Config, Event, Knowledge, Node, PeerAddress, Signer, Stats};
use gossip_sync::syncer::Outcome;
use lnwire::{ChainHash, ShortChannelId};

const CHANNELS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_by_the_dump() {
    let network = sign(CHANNELS);
    let mut ldk = Ldk::new();
    ldk.learn(&network);
    let address = ldk.listen().await;
    let peer = PeerAddress {
        key: ldk.key,
        host: address.ip().to_string(),
        port: address.port(),
    };
    let mut config = Config {
        connect: vec![peer],
        reconnect: false,
        ..Config::new(Signer::random(), ChainHash::REGTEST)
    };
    config.sync.syncer.gossip_timeout = Duration::from_secs(3);
    config.sync.syncer.dump_silence = Duration::from_secs(1);
    let knowledge = Knowledge::new(ChainHash::REGTEST);
    let mut node = Node::start(config, knowledge).await.unwrap();

    let outcome = within("sync", async {
        loop {
            match node.next_event().await.unwrap() {
                Event::PeerUp { peer, .. } => assert_eq!(peer, ldk.key.into()),
                Event::Listed { peer, .. } => assert_eq!(peer, ldk.key.into()),
                Event::Synced { outcome, .. } => break outcome,
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
    let complete = Outcome::Complete {
        listed: CHANNELS,
        asked: CHANNELS,
        withheld: vec![],
    };
    assert_eq!(outcome, complete);

    let stats = node.stats();
    let expected = [
        (&stats.channels, network.channels.len()),
        (&stats.updates, 2 * network.channels.len()),
        (&stats.nodes, network.nodes.len()),
        (&stats.signatures, network.signature_count()),
        (&stats.dropped, 0),
    ];
    for (counter, expected) in expected {
        assert_eq!(Stats::get(counter), expected as u64, "{stats:?}");
    }
    let store = node.stop().await.unwrap().store;
    let channels = store.walk(ShortChannelId(0), CHANNELS + 1);
    assert_eq!(channels.len(), CHANNELS);
    for (theirs, ours) in channels.iter().zip(&network.channels) {
        assert_eq!(theirs.announcement, ours.announcement);
        assert_eq!(theirs.updates, ours.updates);
    }
    let mut nodes = network.nodes.clone();
    nodes.sort_unstable_by_key(|node| node.node_id());
    assert_eq!(store.walk_nodes(None, usize::MAX), nodes);
}
