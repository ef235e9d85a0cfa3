//! An LDK node that does nothing but gossip, and a network for it to gossip about.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bitcoin::Network;
use examples::{
    network::{self, SignOptions, SignedNetwork},
    synthetic,
};
use lightning::{
    ln::{
        msgs,
        peer_handler::{ErroringMessageHandler, IgnoringMessageHandler, PeerManager},
    },
    routing::{
        gossip::{NetworkGraph, NodeAnnouncementInfo, NodeId, P2PGossipSync},
        utxo::UtxoLookup,
    },
    sign::{KeysManager, NodeSigner as _, Recipient},
    util::{
        logger::{Logger, Record},
        ser::{LengthReadable, Writeable},
    },
};
use lightning_net_tokio::SocketDescriptor;
use lnwire::{ChainHash, Timestamp, bytes::Bytes};
use secp256k1::PublicKey;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{sleep, timeout},
};

type Graph = NetworkGraph<Arc<Silent>>;
type Utxos = Arc<dyn UtxoLookup + Send + Sync>;
type Gossip = P2PGossipSync<Arc<Graph>, Utxos, Arc<Silent>>;
type Peers = PeerManager<
    SocketDescriptor,
    ErroringMessageHandler,
    Arc<Gossip>,
    IgnoringMessageHandler,
    Arc<Silent>,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

/// Logs nothing.
pub(crate) struct Silent;

impl Logger for Silent {
    fn log(&self, _: Record<'_>) {}
}

/// LDK with its own peer manager, gossip handler and graph, on its own tokio glue.
pub(crate) struct Ldk {
    pub(crate) key: PublicKey,
    pub(crate) graph: Arc<Graph>,
    pub(crate) peers: Arc<Peers>,
    tasks: JoinSet<()>,
}

impl Ldk {
    /// A node that knows nothing of regtest. Its timer stands still: see [`tick`](Self::tick).
    pub(crate) fn new() -> Self {
        let (now, logger) = (unix_time(), Arc::new(Silent));
        let keys = Arc::new(KeysManager::new(&[7; 32], now.into(), 0, true));
        let graph = Arc::new(Graph::new(Network::Regtest, Arc::clone(&logger)));
        let gossip = Gossip::new(Arc::clone(&graph), None, Arc::clone(&logger));
        let key = keys.get_node_id(Recipient::Node).unwrap();
        let peers = Peers::new_routing_only(Arc::new(gossip), now, &[8; 32], logger, keys);
        Self {
            key,
            graph,
            peers: Arc::new(peers),
            tasks: JoinSet::new(),
        }
    }

    /// Gives it a network, with every signature checked.
    pub(crate) fn learn(&self, network: &SignedNetwork) {
        for channel in &network.channels {
            let announcement: msgs::ChannelAnnouncement = read(channel.announcement.as_bytes());
            self.graph
                .update_channel_from_announcement_no_lookup(&announcement)
                .unwrap();
            for update in channel.updates.iter().flatten() {
                self.graph.update_channel(&read(update.as_bytes())).unwrap();
            }
        }
        for node in &network.nodes {
            self.graph
                .update_node_from_announcement(&read(node.as_bytes()))
                .unwrap();
        }
    }

    /// Takes connections in.
    pub(crate) async fn listen(&mut self) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let peers = Arc::clone(&self.peers);
        self.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let stream = stream.into_std().unwrap();
                connections.spawn(lightning_net_tokio::setup_inbound(
                    Arc::clone(&peers),
                    stream,
                ));
            }
        });
        address
    }

    /// Connects to a node.
    pub(crate) async fn connect(&mut self, to: PublicKey, address: SocketAddr) {
        let peers = Arc::clone(&self.peers);
        let connection = lightning_net_tokio::connect_outbound(peers, to, address).await;
        self.tasks.spawn(connection.unwrap());
    }

    /// Lets its timer tick once, of which LDK wants one in ten seconds. It pings then, and parts with whoever
    /// has not answered the ping of the tick before.
    pub(crate) fn tick(&self) {
        self.peers.timer_tick_occurred();
    }

    /// Returns how many channels, updates and nodes' announcements it has.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let graph = self.graph.read_only();
        let channels = graph.channels().unordered_iter();
        let updates =
            channels.map(|(_, c)| [&c.one_to_two, &c.two_to_one].into_iter().flatten().count());
        let nodes = graph.nodes().unordered_iter();
        let announced = nodes.filter(|(_, node)| node.announcement_info.is_some());
        (graph.channels().len(), updates.sum(), announced.count())
    }

    /// Asserts that it has every message of a network, byte for byte.
    pub(crate) fn assert_knows(&self, network: &SignedNetwork) {
        let graph = self.graph.read_only();
        for ours in &network.channels {
            let id = ours.announcement.short_channel_id();
            let theirs = graph.channel(id.0).unwrap();
            assert_same(
                theirs.announcement_message.as_ref(),
                ours.announcement.as_bytes(),
            );
            for (ours, theirs) in ours
                .updates
                .iter()
                .zip([&theirs.one_to_two, &theirs.two_to_one])
            {
                let theirs = theirs.as_ref().and_then(|t| t.last_update_message.as_ref());
                assert_same(theirs, ours.as_ref().unwrap().as_bytes());
            }
        }
        for ours in &network.nodes {
            let id = NodeId::from_slice(ours.node_id().as_bytes()).unwrap();
            match &graph.node(&id).unwrap().announcement_info {
                Some(NodeAnnouncementInfo::Relayed(theirs)) => {
                    assert_same(Some(theirs), ours.as_bytes());
                }
                other => panic!("{id}: {other:?}"),
            }
        }
    }
}

/// Makes up a network of `channels` channels, signed just now.
pub(crate) fn sign(channels: usize) -> SignedNetwork {
    let options = SignOptions {
        chain_hash: ChainHash::REGTEST,
        timestamp: Timestamp(unix_time()),
        seed: 3,
        threads: 2,
    };
    network::sign(&synthetic::mainnet_like(channels, 3), options, |_, _| ())
}

/// Waits until something comes true, or panics.
pub(crate) async fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    within(what, async {
        while !is_so() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Waits for something that ends by itself, or panics.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = timeout(LIMIT, future).await else {
        panic!("{what}: not within {LIMIT:?}")
    };
    value
}

/// Many times what any test takes.
const LIMIT: Duration = Duration::from_secs(60);

fn unix_time() -> u32 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since_1970.as_secs().try_into().unwrap()
}

/// Reads one of LDK's messages, which know nothing of the type in front.
fn read<T: LengthReadable>(frame: &Bytes) -> T {
    T::read_from_fixed_length_buffer(&mut &frame[2..]).unwrap()
}

fn assert_same(theirs: Option<&impl Writeable>, ours: &Bytes) {
    assert_eq!(theirs.map(Writeable::encode).as_deref(), Some(&ours[2..]));
}
