//! LDK says by a filter that it wants everything of two weeks, and gets it.

mod common;

use common::{Ldk, sign, wait_until};
use examples::{
    load,
    node::{Config, Knowledge, Node, Signer, Stats},
};
use lnwire::ChainHash;

const CHANNELS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_for_the_filter() {
    let network = sign(CHANNELS);
    let mut knowledge = Knowledge::new(ChainHash::REGTEST);
    load::signed_network(&mut knowledge, network.clone()).unwrap();
    let signer = Signer::random();
    let key = signer.public_key();
    let config = Config {
        listen: Some("127.0.0.1:0".into()),
        ..Config::new(signer, ChainHash::REGTEST)
    };
    let node = Node::start(config, knowledge).await.unwrap();

    let mut ldk = Ldk::new();
    ldk.connect(key, node.local_addr().unwrap()).await;
    let whole = (CHANNELS, 2 * CHANNELS, network.nodes.len());
    wait_until("sync", || ldk.counts() == whole).await;
    ldk.assert_knows(&network);
    assert_eq!(Stats::get(&node.stats().faults), 0);
    assert_eq!(ldk.peers.list_peers().len(), 1);
}
