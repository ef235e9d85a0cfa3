//! A node that keeps the network's public graph: it syncs from whom it is told to and serves whoever asks.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "programs have the standard library"
)]

use std::{
    collections::BTreeSet,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use examples::{
    address_book,
    chain::Network,
    gossmap, load,
    network::{self, SignOptions},
    node::{Clock, Config, Event, Knowledge, Node, PeerAddress, Signer, Stats},
    peers,
    progress::Progress,
    report::{self, grouped},
};
use gossip_sync::syncer::Outcome;
use lnwire::{BlockHeight, Msat, NodeId, Timestamp};
use routemap::Route;
use serde_json::{Value, json};
use tracing::{error, info, warn};
use tracing_subscriber::EnvFilter;

/// Syncs the Lightning Network's public graph and serves it.
///
/// Logs go to standard error; RUST_LOG chooses how much.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Where to listen, HOST:PORT; port 0 takes any that is free.
    #[arg(long)]
    listen: Option<String>,
    /// Whom to connect to, PUBKEY@HOST:PORT; may be given several times.
    #[arg(long)]
    connect: Vec<PeerAddress>,
    /// Serve the network that this file describes (GOSSMAP_COMPRESSv1), signed with made-up keys.
    #[arg(long)]
    topology: Option<PathBuf>,
    /// The names of the topology's nodes, which also tell whose terms are whose.
    #[arg(long, requires = "topology")]
    nodes: Option<PathBuf>,
    /// Serve what this gossip_store holds; it is only read.
    #[arg(long)]
    gossip_store: Option<PathBuf>,
    /// Whom to connect to and always get new gossip from; may be given several times.
    #[arg(long, value_name = "PUBKEY@HOST:PORT")]
    pin: Vec<PeerAddress>,
    /// The height of the chain. If it is given, the first sync is split: each peer is asked for some of the blocks.
    #[arg(long, value_name = "BLOCKS")]
    tip: Option<u32>,
    /// Keeps the graph in this gossip_store over restarts, and checks no signature of it again: it must be one that a
    /// gossip-node wrote, and no other is writing. Made if it is not there.
    #[arg(long)]
    graph_file: Option<PathBuf>,
    /// End when every peer of --connect and --pin is there or failed, and nobody can tell more. Without them: when
    /// somebody has told all.
    #[arg(long)]
    exit_when_synced: bool,
    /// Write one JSON object a line to standard output.
    #[arg(long)]
    json: bool,
    /// The chain whose gossip is kept.
    #[arg(long, value_enum, default_value_t = Network::Mainnet)]
    network: Network,
    /// Holds the node's key in hex; made if it is not there. Without it the key is new each time.
    #[arg(long)]
    key_file: Option<PathBuf>,
    /// Makes the time of day stand still, in seconds since 1970, to replay gossip that is too old by now.
    #[arg(long, value_name = "UNIX")]
    wall_clock: Option<u32>,
    /// How many peers may connect to us.
    #[arg(long, default_value_t = 200)]
    max_peers: usize,
    /// Remembers peers and their addresses over restarts, and is connected to all of them. Made if it is not there,
    /// written each minute and at the end.
    #[arg(long)]
    address_book: Option<PathBuf>,
    /// Logs how it is with each peer, every so many seconds; 0 never does.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    status: u64,
    /// Threads that make and check signatures; all cores by default.
    #[arg(long)]
    threads: Option<usize>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            error!("{message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    let wanted = [&args.connect[..], &args.pin].concat();
    if args.listen.is_none() && wanted.is_empty() {
        return Err("nothing to do: give --listen or --connect".into());
    }
    let signer = match &args.key_file {
        Some(path) => Signer::from_file(path).map_err(|e| e.to_string())?,
        None => Signer::random(),
    };
    let knowledge = fill(&args)?;
    let mut config = Config {
        listen: args.listen.clone(),
        pinned: args.pin.iter().map(|peer| peer.key.into()).collect(),
        tip: args.tip.map(BlockHeight),
        reconnect: !args.exit_when_synced,
        wall_clock: args.wall_clock.map(Timestamp),
        connect: wanted.clone(),
        ..Config::new(signer, args.network.chain_hash())
    };
    config.verify_threads = args.threads.unwrap_or(config.verify_threads);
    config.pool.max_inbound = args.max_peers;
    config.pool.restricted_slots = args.max_peers;
    config.pool.ungrouped_slots = args.max_peers;
    if let Some(path) = &args.address_book {
        config.saved_peers = address_book::read(path).map_err(|e| e.to_string())?;
        info!("{} peers in {}", config.saved_peers.len(), path.display());
    }
    let started = Instant::now();
    let mut node = Node::start(config, knowledge)
        .await
        .map_err(|e| e.to_string())?;
    if let Some(uri) = node.uri() {
        info!("listening at {uri}");
        print_json(args.json, || json!({ "event": "listening", "uri": uri }));
    }
    let mut watch = Watch::new(&wanted);
    let mut status = every(args.status);
    let mut book = every(60);
    loop {
        let event = tokio::select! {
            event = node.next_event() => event.ok_or("the node has ended")?,
            _ = status.tick(), if args.status > 0 => {
                info!("{}", peers::status_line(&node.peers().await, node.clock().now()));
                continue;
            }
            _ = book.tick(), if args.address_book.is_some() => {
                write_book(&args, &node).await;
                continue;
            }
            _ = tokio::signal::ctrl_c() => {
                write_book(&args, &node).await;
                // Writes what is left to write.
                drop(node.stop().await);
                return Ok(());
            }
        };
        watch.event(&event);
        if args.exit_when_synced && watch.is_over() {
            break;
        }
    }
    write_book(&args, &node).await;
    watch.verdict()?;
    let seconds = started.elapsed().as_secs_f64();
    let stats = node.stats();
    let knowledge = node.stop().await.ok_or("the node has ended")?;
    finish(&args, &knowledge, &stats, seconds);
    Ok(())
}

/// Ticks every so many seconds, first when they have passed.
fn every(seconds: u64) -> tokio::time::Interval {
    let period = core::time::Duration::from_secs(seconds.max(1));
    tokio::time::interval_at(tokio::time::Instant::now() + period, period)
}

async fn write_book(args: &Args, node: &Node) {
    let Some(path) = &args.address_book else {
        return;
    };
    if let Err(error) = address_book::write(path, &node.saved_peers().await) {
        warn!("{error}");
    }
}

/// Any number will do: the keys of a topology's nodes follow from it, so that they are the same each time.
const SEED: u64 = 0x1d_ea5e;

fn fill(args: &Args) -> Result<Knowledge, String> {
    let chain_hash = args.network.chain_hash();
    let threads = args
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut knowledge = Knowledge::new(chain_hash);
    if let Some(path) = &args.graph_file {
        let report = knowledge
            .keep_in(path)
            .map_err(|e| format!("{}: {e}", path.display()))?;
        info!(
            "{}: {} channels, {} updates, {} nodes, with no signature to check",
            path.display(),
            report.channels,
            report.updates,
            report.nodes
        );
        if report.damaged > 0 {
            warn!("{}: {} damaged records", path.display(), report.damaged);
        }
    }
    if let Some(path) = &args.topology {
        let at = |e: String| format!("{}: {e}", path.display());
        let topology = gossmap::load(path, args.nodes.as_deref()).map_err(|e| at(e.to_string()))?;
        let options = SignOptions {
            chain_hash,
            timestamp: Clock::new(args.wall_clock.map(Timestamp)).wall_clock(),
            seed: SEED,
            threads,
        };
        let progress = Progress::new("signing", topology.channels.len() as u64 * 19 / 3);
        let network = network::sign(&topology, options, |done, _| {
            progress.set(done as u64, || "signatures".into());
        });
        progress.finish(format!(
            "{} signatures",
            grouped(network.signature_count() as u64)
        ));
        load::signed_network(&mut knowledge, network).map_err(|e| at(e.to_string()))?;
    }
    if let Some(path) = &args.gossip_store {
        read_store(&mut knowledge, path, threads)?;
    }
    Ok(knowledge)
}

fn read_store(knowledge: &mut Knowledge, path: &Path, threads: usize) -> Result<(), String> {
    let report = load::gossip_store(knowledge, path, threads)
        .map_err(|e| format!("{}: {e}", path.display()))?;
    info!(
        "{}: {} messages added, {} refused, {} signatures checked",
        path.display(),
        report.added,
        report.refused,
        report.signatures
    );
    if let Some(broken) = report.broken {
        warn!("{}: {broken}; everything before was read", path.display());
    }
    Ok(())
}

/// Whether the sync is over.
struct Watch {
    /// Wanted peers that neither came nor failed.
    waiting: BTreeSet<NodeId>,
    /// Wanted peers that are there, and did not fail.
    there: BTreeSet<NodeId>,
    /// Nobody in particular is wanted.
    anybody: bool,
    /// Nobody who is there can tell more.
    is_settled: bool,
    failures: Vec<String>,
}

impl Watch {
    fn new(wanted: &[PeerAddress]) -> Self {
        Self {
            waiting: wanted.iter().map(|peer| peer.key.into()).collect(),
            there: BTreeSet::new(),
            anybody: wanted.is_empty(),
            is_settled: false,
            failures: Vec::new(),
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::PeerUp { peer, address } => {
                info!("{peer} is up, at {address}");
                if self.waiting.remove(peer) {
                    self.there.insert(*peer);
                }
                // It may know more.
                self.is_settled = false;
            }
            Event::PeerDown {
                peer,
                address,
                reason,
            } => {
                let who = peer.map_or_else(|| address.to_string(), |p| format!("{p} at {address}"));
                info!("{who} is down: {reason}");
                if let Some(peer) = peer {
                    self.failed(peer, format!("{who}: {reason}"));
                }
            }
            Event::DialFailed { peer, error, last } => {
                warn!("cannot connect to {error}");
                if *last {
                    self.failed(peer, format!("cannot connect to {error}"));
                }
            }
            Event::Synced { peer, outcome } => self.synced(peer, outcome),
            Event::Doubtful { peer } => {
                let what = "most of the channels that it listed are not true";
                warn!("{peer}: {what}");
                self.failed(peer, format!("{peer}: {what}"));
            }
            Event::Covered(coverage) => info!(
                "every block was listed by {} of {}, {} channels are true",
                coverage.listed_by, coverage.quorum, coverage.channels
            ),
            Event::Settled => self.is_settled = true,
            Event::NotKept { error } => error!("the graph is not kept any more: {error}"),
            Event::Banned(banned) => warn!("banned: {banned:?}"),
            Event::Complaint { peer, what } => warn!("{peer}: {what}"),
            _ => {}
        }
    }

    fn synced(&mut self, peer: &NodeId, outcome: &Outcome) {
        let what = match outcome {
            Outcome::Complete {
                listed,
                asked,
                withheld,
            } => {
                info!("{peer} listed {listed} channels, {asked} were new or newer");
                if !withheld.is_empty() {
                    warn!(
                        "{peer} listed {} channels that it did not send",
                        withheld.len()
                    );
                }
                return;
            }
            Outcome::Partial {
                reason, missing, ..
            } => format!("{reason}; {} channels are missing", missing.len()),
            Outcome::Failed(reason) => reason.to_string(),
            other => format!("{other:?}"),
        };
        warn!("{peer} did not tell all: {what}");
        self.failed(peer, format!("{peer}: {what}"));
    }

    fn failed(&mut self, peer: &NodeId, why: String) {
        if self.waiting.remove(peer) | self.there.remove(peer) {
            self.failures.push(why);
        }
    }

    fn is_over(&self) -> bool {
        let is_hopeless = !self.anybody && self.there.is_empty();
        self.waiting.is_empty() && (self.is_settled || is_hopeless)
    }

    /// One peer that told all is enough; what is wrong with the others was logged.
    fn verdict(&self) -> Result<(), String> {
        if self.is_settled {
            return Ok(());
        }
        Err(format!("not synced: {}", self.failures.join("; ")))
    }
}

/// What the sample route is to carry.
const SAMPLE_AMOUNT: Msat = Msat::from_sat(50_000);

fn finish(args: &Args, knowledge: &Knowledge, stats: &Stats, seconds: f64) {
    let count = Stats::get;
    info!(
        "synced: {} channels, {} updates, {} nodes, {} signatures checked, {} received, {seconds:.2} s, \
         graph {}",
        grouped(count(&stats.channels)),
        grouped(count(&stats.updates)),
        grouped(count(&stats.nodes)),
        grouped(count(&stats.signatures)),
        report::bytes(count(&stats.bytes_in)),
        report::bytes(knowledge.graph().heap_bytes() as u64),
    );
    match report::sample_route(knowledge.graph(), SAMPLE_AMOUNT) {
        Ok(route) => {
            info!("{}", report::route_table(knowledge.graph(), &route));
            print_json(args.json, || route_json(knowledge, &route));
        }
        Err(reason) => warn!("no route between well-connected nodes: {reason}"),
    }
    print_json(args.json, || {
        json!({
            "event": "synced",
            "channels": count(&stats.channels),
            "updates": count(&stats.updates),
            "nodes": count(&stats.nodes),
            "signatures_checked": count(&stats.signatures),
            "bytes_in": count(&stats.bytes_in),
            "seconds": seconds,
        })
    });
}

fn route_json(knowledge: &Knowledge, route: &Route) -> Value {
    let id = |handle| {
        knowledge
            .graph()
            .node(handle)
            .map(|node| node.id().to_string())
    };
    let hops: Vec<_> = route
        .hops
        .iter()
        .map(|hop| {
            json!({
                "short_channel_id": hop.short_channel_id.to_string(),
                "from": id(hop.from),
                "to": id(hop.to),
                "amount_msat": hop.amount.as_msat(),
                "fee_msat": hop.fee.as_msat(),
                "cltv_expiry_delta": hop.cltv_expiry_delta,
                "cltv_expiry": hop.cltv_expiry,
            })
        })
        .collect();
    json!({ "event": "route", "hops": hops })
}

fn print_json(wanted: bool, object: impl FnOnce() -> Value) {
    if wanted {
        // Whoever has stopped reading does not want the rest.
        let _written = writeln!(std::io::stdout(), "{}", object());
    }
}
