//! Nodes on loopback, and a small signed network for them.

use core::{future::Future, time::Duration};
use std::sync::LazyLock;

use conn_worker::{EndReason, SessionConfig};
use examples::{
    load,
    network::{self, SignOptions, SignedNetwork},
    node::{Clock, Config, Event, Knowledge, Node, PeerAddress, Signer},
    synthetic::mainnet_like,
    topology::Topology,
};
use gossip_sync::syncer::Outcome;
use lnwire::{ChainHash, NodeId};

pub(crate) const CHAIN: ChainHash = ChainHash::REGTEST;
pub(crate) const CHANNELS: usize = 50;

/// Waits for what must happen; the limit only keeps a test that has failed from running for ever.
pub(crate) async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    const LIMIT: Duration = Duration::from_secs(60);
    tokio::time::timeout(LIMIT, future)
        .await
        .unwrap_or_else(|_| panic!("{what}: not within {LIMIT:?}"))
}

pub(crate) fn sign(topology: &Topology, chain_hash: ChainHash, seed: u64) -> SignedNetwork {
    let options = SignOptions {
        chain_hash,
        timestamp: Clock::new(None).wall_clock(),
        seed,
        threads: 2,
    };
    network::sign(topology, options, |_, _| {})
}

/// The network that servers serve.
pub(crate) fn network() -> &'static SignedNetwork {
    static NETWORK: LazyLock<SignedNetwork> =
        LazyLock::new(|| sign(&mainnet_like(CHANNELS, 11), CHAIN, 11));
    &NETWORK
}

pub(crate) fn full_knowledge() -> Knowledge {
    let mut knowledge = Knowledge::new(CHAIN);
    load::signed_network(&mut knowledge, network().clone()).unwrap();
    knowledge
}

pub(crate) fn config() -> Config {
    Config {
        verify_threads: 1,
        ..Config::new(Signer::random(), CHAIN)
    }
}

/// Channels, updates, nodes, and the bytes of their messages.
pub(crate) fn counts(knowledge: &Knowledge) -> [usize; 4] {
    let (graph, store) = (knowledge.graph(), &knowledge.store);
    [
        graph.channel_count(),
        graph.policy_count(),
        store.node_announcements(),
        store.message_bytes(),
    ]
}

/// A node under test.
pub(crate) struct Server {
    pub(crate) node: Node,
    had: [usize; 4],
}

impl Server {
    /// Serves the network.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Serves the network, with sessions that differ from the usual.
    pub(crate) async fn with(change: impl FnOnce(&mut SessionConfig)) -> Self {
        let mut config = config();
        change(&mut config.session);
        Self::launch(config, full_knowledge()).await
    }

    pub(crate) async fn launch(config: Config, knowledge: Knowledge) -> Self {
        let had = counts(&knowledge);
        let listen = Some("127.0.0.1:0".into());
        let config = Config { listen, ..config };
        let node = Node::start(config, knowledge).await.unwrap();
        Self { node, had }
    }

    pub(crate) fn address(&self) -> PeerAddress {
        self.node.uri().unwrap().parse().unwrap()
    }

    /// Waits for an event that `pick` picks.
    pub(crate) async fn event<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(Event) -> Option<T>,
    ) -> T {
        let picked = async {
            loop {
                let event = self.node.next_event().await.expect("the node runs");
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
        };
        patiently(what, picked).await
    }

    /// Waits until a connection has ended.
    pub(crate) async fn down(&mut self) -> (Option<NodeId>, EndReason) {
        let pick = |event| match event {
            Event::PeerDown { peer, reason, .. } => Some((peer, reason)),
            _ => None,
        };
        self.event("the end of a connection", pick).await
    }

    pub(crate) async fn complaint(&mut self) -> String {
        let pick = |event| match event {
            Event::Complaint { what, .. } => Some(what),
            _ => None,
        };
        self.event("a complaint", pick).await
    }

    pub(crate) async fn synced(&mut self) -> (NodeId, Outcome) {
        let pick = |event| match event {
            Event::Synced { peer, outcome } => Some((peer, outcome)),
            _ => None,
        };
        self.event("the end of a sync", pick).await
    }

    /// Checks that an honest node gets the whole network from this one.
    pub(crate) async fn serves_others(&self) {
        let config = Config {
            connect: vec![self.address()],
            ..config()
        };
        let mut client = Self::launch(config, Knowledge::new(CHAIN)).await;
        let (_, outcome) = client.synced().await;
        let complete = Outcome::Complete {
            listed: CHANNELS,
            asked: CHANNELS,
            withheld: vec![],
        };
        assert_eq!(outcome, complete);
        let learnt = patiently("stop", client.node.stop()).await.unwrap();
        assert_eq!(counts(&learnt), counts(&full_knowledge()));
    }

    /// Checks that it knows what it knew in the beginning.
    pub(crate) async fn ends_unchanged(self) {
        let knowledge = patiently("stop", self.node.stop()).await.unwrap();
        assert_eq!(counts(&knowledge), self.had);
    }

    /// Checks that the hostile peer's connection ends with this reason, and that nobody else minds.
    pub(crate) async fn survives(mut self, reason: EndReason) {
        let (_, found) = self.down().await;
        assert_eq!(found, reason);
        self.serves_others().await;
        self.ends_unchanged().await;
    }
}
