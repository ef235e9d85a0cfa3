//! Keeps the network's graph in memory that `route-reader` and others read: Linux only.
//!
//! `cargo run --release --bin routemapd -- --socket routemap-socket --connect PUBKEY@HOST:PORT`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]

use std::process::ExitCode;

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("routemapd: shared memory needs Linux");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> ExitCode {
    match linux::run(clap::Parser::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("routemapd: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use core::time::Duration;
    use std::{path::PathBuf, thread};

    use clap::Parser;
    use examples::{
        chain::Network,
        load,
        network::{self, SignOptions},
        node::{Config, Event, Knowledge, Node, PeerAddress, Signer, Stats},
        report::{best_connected, bytes, grouped},
        synthetic,
    };
    use lnwire::Timestamp;
    use routemap::shm::lease;

    /// A gossip node whose graph other processes read.
    #[derive(Parser)]
    #[command(group = clap::ArgGroup::new("source").required(true).multiple(true))]
    pub(super) struct Args {
        /// The folder in which readers find it; made if it is not there, with mode 0700.
        #[arg(long)]
        socket: PathBuf,
        /// Whom to learn the graph from, PUBKEY@HOST:PORT; may be given several times.
        #[arg(long, group = "source")]
        connect: Vec<PeerAddress>,
        /// Where to listen for peers, HOST:PORT; port 0 takes any that is free.
        #[arg(long, group = "source")]
        listen: Option<String>,
        /// Keeps the graph in this gossip_store over restarts, and checks no signature of it again. Made if it is not
        /// there.
        #[arg(long, group = "source")]
        graph_file: Option<PathBuf>,
        /// Begins with a made-up network of so many channels, on regtest.
        #[arg(long, group = "source", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        synthetic: Option<u32>,
        /// The chain whose gossip is kept.
        #[arg(long, value_enum, default_value_t = Network::Mainnet)]
        network: Network,
        /// Makes the time of day stand still, in seconds since 1970, to replay gossip that is too old by now.
        #[arg(long, value_name = "UNIX")]
        wall_clock: Option<u32>,
    }

    /// How long a change waits for readers: as long as twenty routes take. Peers wait meanwhile, too.
    const PATIENCE: Duration = Duration::from_millis(50);
    /// Any number will do; always the same one makes the network the same each time.
    const SEED: u64 = 2026;

    pub(super) async fn run(args: Args) -> Result<(), String> {
        let network = match args.synthetic {
            Some(_) => Network::Regtest,
            None => args.network,
        };
        let at = |error: String| format!("{}: {error}", args.socket.display());
        let leases = lease::Config {
            write_wait: PATIENCE,
            ..lease::Config::default()
        };
        let mut knowledge = Knowledge::shared(network.chain_hash(), &args.socket, leases)
            .map_err(|e| at(e.to_string()))?;
        if let Some(path) = &args.graph_file {
            let kept = knowledge.keep_in(path);
            kept.map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let config = Config {
            listen: args.listen,
            connect: args.connect,
            wall_clock: args.wall_clock.map(Timestamp),
            ..Config::new(Signer::random(), network.chain_hash())
        };
        if let Some(channels) = args.synthetic {
            let options = SignOptions {
                chain_hash: network.chain_hash(),
                timestamp: examples::node::Clock::new(config.wall_clock).wall_clock(),
                seed: SEED,
                threads: thread::available_parallelism().map_or(1, usize::from),
            };
            let topology = synthetic::mainnet_like(channels as usize, SEED);
            let network = network::sign(&topology, options, |_, _| ());
            load::signed_network(&mut knowledge, network).map_err(|e| e.to_string())?;
        }
        let shared = knowledge.shared_bytes();
        let shared = shared.ok_or("the system gives no more shared memory")?;
        let graph = knowledge.graph();
        println!(
            "{} channels, {} nodes, {} shared",
            grouped(graph.channel_count() as u64),
            grouped(graph.node_count() as u64),
            bytes(shared as u64)
        );
        for node in best_connected(graph, 2)
            .into_iter()
            .filter_map(|n| graph.node(n))
        {
            println!("node {} has {} channels", node.id(), node.channel_count());
        }
        let mut node = Node::start(config, knowledge)
            .await
            .map_err(|e| e.to_string())?;
        if let Some(uri) = node.uri() {
            println!("listening at {uri}");
        }
        println!("ready at {}", args.socket.display());
        let stats = node.stats();
        loop {
            tokio::select! {
                event = node.next_event() => tell(&event.ok_or("the node has ended")?, &stats),
                _ = tokio::signal::ctrl_c() => {
                    // Writes what is left to write.
                    drop(node.stop().await);
                    return Ok(());
                }
            }
        }
    }

    fn tell(event: &Event, stats: &Stats) {
        match event {
            Event::PeerUp { peer, address } => println!("{peer} is up, at {address}"),
            Event::PeerDown {
                address, reason, ..
            } => println!("{address} is down: {reason}"),
            Event::DialFailed { error, .. } => eprintln!("cannot connect to {error}"),
            Event::Settled => println!(
                "synced: {} channels, {} updates",
                grouped(Stats::get(&stats.channels)),
                grouped(Stats::get(&stats.updates))
            ),
            Event::NotKept { error } => eprintln!("the graph is not kept any more: {error}"),
            Event::Complaint { peer, what } => eprintln!("{peer}: {what}"),
            _ => {}
        }
    }
}
