//! Watch a Lightning gossip sync: a made-up network the size you like, two nodes, real encryption, real
//! signatures, real TCP.
//!
//! `cargo run --release --bin quickstart`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]
#![expect(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "programs have the standard library"
)]

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use examples::{
    load,
    network::{self, SignOptions, SignedNetwork},
    node::{Clock, Config, Event, Knowledge, Node, PeerAddress, Signer, Stats},
    progress::Progress,
    report::{bytes, grouped, route_table, sample_route},
    synthetic,
};
use gossip_sync::syncer::Outcome;
use lnwire::{ChainHash, Msat};

/// Builds a signed network like mainnet's, serves it from one node, syncs it to another, and finds a route.
#[derive(Parser)]
struct Args {
    /// How many channels the network has; mainnet had 50808 in February 2026.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    channels: u32,
    /// Threads that make and check signatures; all cores by default.
    #[arg(long)]
    threads: Option<usize>,
    /// What to send along the route, in satoshi.
    #[arg(long, default_value_t = 50_000)]
    amount: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Any number will do; always the same one makes the network the same each time.
const SEED: u64 = 2026;
const CHAIN: ChainHash = ChainHash::REGTEST;

async fn run(args: Args) -> Result<(), String> {
    let threads = args
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let network = build(args.channels as usize, threads);
    let expected = Expected::of(&network);

    let mut knowledge = Knowledge::new(CHAIN);
    load::signed_network(&mut knowledge, network).map_err(|e| e.to_string())?;
    let server = Node::start(
        Config {
            listen: Some("127.0.0.1:0".into()),
            ..Config::new(Signer::random(), CHAIN)
        },
        knowledge,
    )
    .await
    .map_err(|e| e.to_string())?;
    let uri = server.uri().ok_or("the server does not listen")?;
    println!("serving at {uri}");
    let peer: PeerAddress = uri.parse().map_err(|e| format!("{uri}: {e}"))?;
    let mut client = Node::start(
        Config {
            connect: vec![peer],
            reconnect: false,
            verify_threads: threads,
            ..Config::new(Signer::random(), CHAIN)
        },
        Knowledge::new(CHAIN),
    )
    .await
    .map_err(|e| e.to_string())?;

    let clock = Clock::new(None);
    let stats = client.stats();
    sync(&mut client, &stats, &expected).await?;
    let seconds = clock.now().since_epoch().as_secs_f64();
    let knowledge = client.stop().await.ok_or("the syncing node has ended")?;
    summary(&knowledge, &stats, seconds);
    expected.check(&stats)?;
    let amount = Msat::from_sat(args.amount);
    let route = sample_route(knowledge.graph(), amount).map_err(|e| format!("no route: {e}"))?;
    println!("\n{}", route_table(knowledge.graph(), &route));
    Ok(())
}

fn build(channels: usize, threads: usize) -> SignedNetwork {
    let topology = synthetic::mainnet_like(channels, SEED);
    let options = SignOptions {
        chain_hash: CHAIN,
        timestamp: Clock::new(None).wall_clock(),
        seed: SEED,
        threads,
    };
    // Four signatures for a channel, two for its updates, and about a third of a node.
    let progress = Progress::new("building", channels as u64 * 19 / 3);
    let network = network::sign(&topology, options, |done, total| {
        progress.set(done as u64, || {
            format!("of {} signatures made", grouped(total as u64))
        });
    });
    progress.finish(format!(
        "{} signatures made",
        grouped(network.signature_count() as u64)
    ));
    network
}

/// What must have arrived in the end.
struct Expected {
    channels: u64,
    updates: u64,
    nodes: u64,
}

impl Expected {
    fn of(network: &SignedNetwork) -> Self {
        let updates = network.channels.iter().flat_map(|c| &c.updates).flatten();
        Self {
            channels: network.channels.len() as u64,
            updates: updates.count() as u64,
            nodes: network.nodes.len() as u64,
        }
    }

    fn messages(&self) -> u64 {
        self.channels + self.updates + self.nodes
    }

    fn check(&self, stats: &Stats) -> Result<(), String> {
        let found = [&stats.channels, &stats.updates, &stats.nodes].map(Stats::get);
        let expected = [self.channels, self.updates, self.nodes];
        if found == expected {
            return Ok(());
        }
        Err(format!(
            "channels, updates, nodes: {expected:?} were served, {found:?} have arrived"
        ))
    }
}

async fn sync(client: &mut Node, stats: &Arc<Stats>, expected: &Expected) -> Result<(), String> {
    let progress = Progress::new("syncing", expected.messages());
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let started = tokio::time::Instant::now();
    loop {
        tokio::select! {
            _ = tick.tick() => {
                let done = [&stats.channels, &stats.updates, &stats.nodes].map(Stats::get);
                progress.set(done.iter().sum(), || rates(stats, started.elapsed()));
            }
            event = client.next_event() => match event {
                Some(Event::Synced { outcome: Outcome::Complete { withheld, .. }, .. })
                    if withheld.is_empty() => break,
                Some(Event::Synced { outcome, .. }) => return Err(format!("not complete: {outcome:?}")),
                Some(Event::PeerDown { reason, .. }) => return Err(reason.to_string()),
                Some(Event::DialFailed { error, .. }) => return Err(error),
                Some(Event::Complaint { what, .. }) => eprintln!("{what}"),
                Some(_) => {}
                None => return Err("the node has ended".into()),
            }
        }
    }
    progress.finish(rates(stats, started.elapsed()));
    Ok(())
}

fn rates(stats: &Stats, elapsed: Duration) -> String {
    let received = Stats::get(&stats.bytes_in);
    let rate = received as f64 / elapsed.as_secs_f64().max(0.001);
    format!(
        "{} messages, {} signatures, {}, {}/s",
        grouped(Stats::get(&stats.messages)),
        grouped(Stats::get(&stats.signatures)),
        bytes(received),
        bytes(rate as u64)
    )
}

fn summary(knowledge: &Knowledge, stats: &Stats, seconds: f64) {
    let row = |name: &str, value: String| println!("{name:>22}  {value}");
    let count = |name, counter| row(name, grouped(Stats::get(counter)));
    println!();
    count("channels", &stats.channels);
    count("channel updates", &stats.updates);
    count("nodes", &stats.nodes);
    count("messages", &stats.messages);
    count("signatures checked", &stats.signatures);
    row("received", bytes(Stats::get(&stats.bytes_in)));
    row("seconds", format!("{seconds:.2}"));
    let rate = Stats::get(&stats.messages) as f64 / seconds;
    row("messages a second", grouped(rate as u64));
    let graph = knowledge.graph().heap_bytes() as u64;
    let channels = Stats::get(&stats.channels).max(1);
    row(
        "memory of the graph",
        format!("{}, {} bytes a channel", bytes(graph), graph / channels),
    );
    let messages = knowledge.store.message_bytes() as u64;
    row("signed messages kept", bytes(messages));
}
