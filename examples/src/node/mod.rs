//! A gossip node on tokio: it connects and listens, syncs from the peers that have gossip, serves every peer that
//! asks, and passes on what is new.
//!
//! A task per connection owns its socket and [`Session`]; one task, the core, owns graph,
//! messages, and the machines of `gossip-sync`; a few threads check signatures. They speak by queues, and a
//! connection reads on only while the core keeps up with it.

mod clock;
mod config;
mod connection;
mod core;
mod event;
mod graph_file;
mod home;
mod intake;
mod knowledge;
mod links;
mod listen;
mod message_file;
mod offenders;
mod peer_address;
mod peers;
mod received;
mod relaying;
mod serve;
#[cfg(target_os = "linux")]
mod shared;
mod shelf;
mod signer;
mod stats;
mod store;
mod syncing;

use std::{
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use brontide::secp256k1::PublicKey;
use conn_worker::{EndReason, Session, SessionConfig, pool::PeerStatus, worker::SavedPeer};
use gossip_sync::{
    Ingest, Relay, SyncManager, ingest, manager, relay, syncer, threads::VerifyPool,
};
use lnwire::NodeId;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{
        mpsc::{Receiver, UnboundedSender, channel, unbounded_channel},
        oneshot,
    },
    task::JoinSet,
};

pub use self::{
    clock::Clock,
    config::Config,
    event::Event,
    graph_file::GraphFileError,
    knowledge::Knowledge,
    offenders::{Ban, Offenders},
    peer_address::{ParsePeerAddressError, PeerAddress},
    signer::{KeyFileError, Signer, random_seed},
    stats::Stats,
    store::MessageStore,
};
use self::{
    connection::{Connection, ConnectionId, FromConnection},
    core::{Core, CoreInput},
    event::Reporter,
    links::Link,
    peers::{Line, Peers, Question},
};

/// Why a node did not start: the address to listen at cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}: {error}")]
pub struct ListenError {
    /// The address.
    pub address: String,
    /// What the system says.
    pub error: io::Error,
}

/// A node that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Node {
    node_id: NodeId,
    local_addr: Option<SocketAddr>,
    stats: Arc<Stats>,
    events: Receiver<Event>,
    core: UnboundedSender<CoreInput>,
    questions: UnboundedSender<Question>,
    clock: Clock,
    /// Aborted when the node is dropped.
    _tasks: JoinSet<()>,
}

impl Node {
    /// Starts a node that knows what `knowledge` holds.
    ///
    /// # Errors
    /// [`ListenError`]
    pub async fn start(config: Config, knowledge: Knowledge) -> Result<Self, ListenError> {
        let listener = match &config.listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let local_addr = listener.as_ref().and_then(|l| l.local_addr().ok());
        let clock = Clock::new(config.wall_clock);
        let stats = Arc::new(Stats::default());
        let (inputs, core_inputs) = unbounded_channel();
        let (from_connections, connections) = unbounded_channel();
        let (reporter, events) = Reporter::new();
        let (results, checked) = unbounded_channel();
        let threads = NonZeroUsize::new(config.verify_threads).unwrap_or(NonZeroUsize::MIN);
        let pool = VerifyPool::start(threads, move |batch| {
            // Nobody waits for it once the node has stopped.
            let _sent = results.send(batch);
        });
        let mut ingest = Ingest::new(
            ingest::Config::new(config.chain_hash),
            clock.wall_clock(),
            random_seed(),
        );
        ingest.set_channel_count(knowledge.graph().channel_count());
        let sync = manager::Config {
            syncer: syncer::Config {
                chain_hash: config.chain_hash,
                ..config.sync.syncer
            },
            ..config.sync
        };
        let (now, wall_clock) = (clock.now(), clock.wall_clock());
        let mut manager = SyncManager::new(now, sync, wall_clock, random_seed());
        if let Some(tip) = config.tip {
            manager.set_tip(tip);
        }
        let relay = relay::Config {
            chain_hash: config.chain_hash,
            ..config.relay
        };
        let (bans, banned) = unbounded_channel();
        let signer = Arc::new(config.signer);
        let node_id = NodeId::from(signer.public_key());
        let core = Core {
            clock,
            chain_hash: config.chain_hash,
            pinned: config.pinned,
            knowledge,
            pool,
            stats: Arc::clone(&stats),
            reporter: reporter.clone(),
            ingest,
            manager,
            relay: Relay::new(relay, now, random_seed()),
            offenders: Offenders::new(config.scores),
            bans,
            groups: std::collections::hash_map::RandomState::new(),
            peers: std::collections::BTreeMap::new(),
            connections: std::collections::BTreeMap::new(),
            last_session: 0,
            last_turn: None,
            may_have_settled: false,
            now,
            wall_clock_at: now,
            flush_at: None,
            prune_at: now,
        };
        let opener = Arc::new(Opener {
            clock,
            session: SessionConfig {
                local: signer.public_key(),
                ..config.session
            },
            signer,
            stats: Arc::clone(&stats),
            core: inputs.clone(),
            from_connections,
            last_id: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(core.run(core_inputs, connections, checked));
        let (sockets, incoming) = channel(MAX_WAITING_SOCKETS);
        let (questions, asked) = unbounded_channel();
        let mut peers = Peers::new(config.pool, config.reconnect, opener, reporter);
        peers.want(config.saved_peers, config.connect);
        tasks.spawn(peers.run(incoming, asked, banned));
        if let Some(listener) = listener {
            tasks.spawn(listen::run(listener, sockets));
        }
        Ok(Self {
            node_id,
            local_addr,
            stats,
            events,
            core: inputs,
            questions,
            clock,
            _tasks: tasks,
        })
    }

    /// Returns the node's identity.
    #[must_use]
    pub const fn node_id(&self) -> NodeId {
        self.node_id
    }

    /// Returns where the node listens.
    #[must_use]
    pub const fn local_addr(&self) -> Option<SocketAddr> {
        self.local_addr
    }

    /// Returns what others connect to: `PUBKEY@HOST:PORT`.
    #[must_use]
    pub fn uri(&self) -> Option<String> {
        self.local_addr.map(|at| format!("{}@{at}", self.node_id))
    }

    /// Returns the counters, which go on counting.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.stats)
    }

    /// Waits for the next thing to report; `None` once the node has ended. Of a thousand reports that nobody
    /// fetched, the next ones are lost.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Returns how it is with each peer; nothing once the node has ended.
    pub async fn peers(&self) -> Vec<PeerStatus> {
        let (answer, peers) = oneshot::channel();
        let _sent = self.questions.send(Question::Status(answer));
        peers.await.unwrap_or_default()
    }

    /// Returns what was learnt about the peers that are wanted; nothing once the node has ended.
    pub async fn saved_peers(&self) -> Vec<SavedPeer> {
        let (answer, peers) = oneshot::channel();
        let _sent = self.questions.send(Question::Save(answer));
        peers.await.unwrap_or_default()
    }

    /// Returns the clock that the times of [`Self::peers`] are of.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Stops the node and returns what it knows; `None` if it has ended already.
    pub async fn stop(self) -> Option<Knowledge> {
        let (knowledge, answer) = oneshot::channel();
        self.core.send(CoreInput::Stop(knowledge)).ok()?;
        answer.await.ok()
    }
}

async fn bind(address: &str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| ListenError {
            address: address.to_owned(),
            error,
        })
}

/// Sockets that may wait to be looked at.
const MAX_WAITING_SOCKETS: usize = 64;

/// Turns sockets into connections.
#[derive(Debug)]
struct Opener {
    clock: Clock,
    signer: Arc<Signer>,
    session: SessionConfig,
    stats: Arc<Stats>,
    core: UnboundedSender<CoreInput>,
    from_connections: UnboundedSender<(ConnectionId, FromConnection)>,
    last_id: AtomicU64,
}

impl Opener {
    /// Runs a socket until its connection ends; `dialled` is nobody for those who dialled us.
    async fn run(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        dialled: Option<NodeId>,
        line: Line,
    ) -> EndReason {
        // Without this a small message waits for the acknowledgement of the one before: forty milliseconds a
        // round trip on some systems. A socket that does not take the option works, only slower.
        let _set = stream.set_nodelay(true);
        let config = self.session.clone();
        let now = self.clock.now();
        let ephemeral = signer::ephemeral_key();
        let session = match dialled.map(|peer| PublicKey::from_slice(&peer.0)) {
            Some(Ok(key)) => Session::outbound(now, config, key, ephemeral),
            // What is no key cannot be spoken to.
            Some(Err(_)) => return EndReason::LocalClose,
            None => Session::inbound(now, config, ephemeral),
        };
        let id = ConnectionId(self.last_id.fetch_add(1, Relaxed));
        let (commands, from_core) = unbounded_channel();
        let link = Link {
            commands,
            hangup: Arc::clone(&line.hangup),
            peer: None,
        };
        let _sent = self.core.send(CoreInput::Opened(id, link));
        let connection = Connection {
            id,
            session,
            stream,
            address,
            peer: dialled,
            clock: self.clock,
            signer: Arc::clone(&self.signer),
            stats: Arc::clone(&self.stats),
            commands: from_core,
            core: self.from_connections.clone(),
            line,
            waits: None,
            is_heard: false,
            is_over: false,
        };
        connection.run().await
    }
}
