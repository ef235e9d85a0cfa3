//! What a node is told once.

use conn_worker::{PoolConfig, SessionConfig, worker::SavedPeer};
use gossip_sync::{manager, relay, scores, syncer};
use lnwire::{BlockHeight, ChainHash, Feature, Features, NodeId, Timestamp};

use super::{PeerAddress, Signer};

/// What a node is told once.
#[derive(Debug)]
pub struct Config {
    /// The node's key.
    pub signer: Signer,
    /// The chain whose gossip it keeps.
    pub chain_hash: ChainHash,
    /// How each connection is to behave. Its key is that of `signer`, whatever it says here.
    pub session: SessionConfig,
    /// Where to listen, as `HOST:PORT`; port 0 takes any that is free.
    pub listen: Option<String>,
    /// Whom to connect to.
    pub connect: Vec<PeerAddress>,
    /// What an earlier node has [learnt](super::Node::saved_peers) about its peers: these are connected to, too.
    pub saved_peers: Vec<SavedPeer>,
    /// How many peers, and how.
    pub pool: PoolConfig,
    /// Whether to dial again when a connection fails or ends.
    pub reconnect: bool,
    /// Makes the time of day stand still, for replaying old gossip.
    pub wall_clock: Option<Timestamp>,
    /// Threads that check signatures.
    pub verify_threads: usize,
    /// Peers that are always active, and asked for everything when they come.
    pub pinned: Vec<NodeId>,
    /// The height of the chain. If it is known, the first sync is split: each peer is asked for some of the blocks.
    pub tip: Option<BlockHeight>,
    /// Whom to ask and how, and how long they are waited for. Its chain is not looked at. A list may hold 100,000
    /// channels, four megabytes for each peer that is being asked: one peer alone tells the whole network in one.
    pub sync: manager::Config,
    /// How gossip is passed on. Its chain is not looked at.
    pub relay: relay::Config,
    /// When peers are banned, and their networks.
    pub scores: scores::Config,
}

impl Config {
    /// A node that does nothing but keep gossip of a chain: give it somewhere to listen, or whom to connect to.
    #[must_use]
    pub fn new(signer: Signer, chain_hash: ChainHash) -> Self {
        let session = SessionConfig {
            features: Features::offering(&[Feature::GOSSIP_QUERIES, Feature::GOSSIP_QUERIES_EX]),
            networks: vec![chain_hash],
            ..SessionConfig::new(signer.public_key())
        };
        let mut sync = manager::Config::new(chain_hash);
        sync.syncer.max_listed = syncer::Config::new(chain_hash).max_listed;
        Self {
            signer,
            chain_hash,
            session,
            listen: None,
            connect: Vec::new(),
            saved_peers: Vec::new(),
            pool: PoolConfig {
                // It has no channels: everybody is a stranger.
                restricted_slots: PoolConfig::default().max_inbound,
                ungrouped_slots: PoolConfig::default().max_inbound,
                // Nodes on one machine are no strangers to each other.
                max_pending_ungrouped: 64,
                accepts_per_second_ungrouped: 256,
                ..PoolConfig::default()
            },
            reconnect: true,
            wall_clock: None,
            verify_threads: std::thread::available_parallelism().map_or(1, usize::from),
            pinned: Vec::new(),
            tip: None,
            sync,
            relay: relay::Config::new(chain_hash),
            scores: scores::Config::default(),
        }
    }
}
