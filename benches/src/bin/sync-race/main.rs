//! The same network goes from one node to another, by ours and by LDK, over loopback TCP; each node is a process of its own,
//! so that its time and memory can be told. Prints what each took, and the ratios.
//!
//! ```sh
//! cargo run --release -p benches --bin sync-race -- --channels 10000
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "this is what it is for")]
#![expect(clippy::print_stderr, reason = "it says what it is at")]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "programs have the standard library"
)]

mod checks;
mod drain;
mod network;
mod ours;
mod process;
mod proxy;
mod sealing;
mod theirs;

use core::{error::Error, time::Duration};
use std::path::{Path, PathBuf};

use clap::{ArgAction, Parser, Subcommand};
use process::{Child, Report};

/// Races two nodes of ours against two of LDK's.
#[derive(Debug, Parser)]
#[command(about)]
struct Args {
    #[command(subcommand)]
    role: Option<Role>,
    /// Channels of the network, which is made up in mainnet's shape.
    #[arg(long, default_value_t = 3_000)]
    channels: usize,
    /// A folder with mainnet's topology, to be signed anew: `mainnet-2026-02.gossmap.gz`, `mainnet-2026-02.nodes.gz`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// How often each sync runs; the median counts.
    #[arg(long, default_value_t = 1)]
    runs: usize,
    /// The time a byte needs there and back, in milliseconds, where nodes are put apart.
    #[arg(long, default_value_t = 50)]
    rtt_ms: u64,
    /// Clients that sync from one node at once.
    #[arg(long, default_value_t = 20)]
    clients: usize,
    /// Runs LDK as shipped, too, without TCP_NODELAY. For the whole of mainnet that takes minutes.
    #[arg(long)]
    shipped: bool,
    /// Does nothing but check the network's signatures, in this process.
    #[arg(long)]
    only_checks: bool,
    /// Leaves LDK out.
    #[arg(long)]
    only_ours: bool,
}

/// What a child does; parents start them, nobody else need.
#[derive(Debug, Subcommand)]
#[command(hide = true)]
enum Role {
    /// A node of ours that serves what is in a file: from memory, or from its own file if that is what it is.
    Serve {
        file: PathBuf,
        #[arg(long)]
        own: bool,
    },
    /// A node of ours that syncs, and keeps what it learns in a file, if there is one.
    Sync {
        peer: String,
        threads: usize,
        kept: Option<PathBuf>,
    },
    /// Some clients which take everything and check nothing.
    Drain { peer: String, clients: usize },
    /// An LDK node that serves what is in a file.
    LdkServe {
        file: PathBuf,
        #[arg(action = ArgAction::Set)]
        nodelay: bool,
    },
    /// An LDK node that syncs until it has so many channels, updates and nodes.
    LdkSync {
        peer: String,
        #[arg(action = ArgAction::Set)]
        nodelay: bool,
        channels: usize,
        updates: usize,
        nodes: usize,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match &args.role {
            None => race(&args).await,
            Some(Role::Serve { file, own }) => ours::serve(file, *own).await,
            Some(Role::Sync {
                peer,
                threads,
                kept,
            }) => ours::sync(peer, *threads, kept.as_deref()).await,
            Some(Role::Drain { peer, clients }) => drain::drain(peer, *clients),
            Some(Role::LdkServe { file, nodelay }) => theirs::serve(file, *nodelay).await,
            Some(Role::LdkSync {
                peer,
                nodelay,
                channels,
                updates,
                nodes,
            }) => theirs::sync(peer, *nodelay, [*channels, *updates, *nodes]).await,
        }
    })
}

async fn race(args: &Args) -> Result<(), Box<dyn Error>> {
    let folder = tempdir()?;
    let (old, new) = (folder.join("network"), folder.join("changed"));
    let counts = network::make(args.channels, args.data.as_deref(), &old, &new)?;
    let [channels, updates, nodes] = counts;
    println!(
        "{channels} channels, {updates} updates, {nodes} nodes; seconds are wall-clock, median of {}\n",
        args.runs
    );
    checks::run(&old, args.runs)?;
    if args.only_checks {
        return Ok(std::fs::remove_dir_all(folder)?);
    }
    println!(
        "{:<44} {:>8} {:>8} {:>8} {:>9} {:>9}",
        "", "seconds", "CPU s", "server", "peak MB", "wire MB"
    );

    let rtt = Duration::from_millis(args.rtt_ms);
    let (full, kept) = (folder.join("full"), folder.join("kept"));
    ours::keep(&old, &full)?;
    // What a client knows before is in its file; without one it keeps everything in memory.
    let sync = |threads: usize, before: Known| {
        let (full, kept) = (full.clone(), kept.clone());
        move |peer: &str| -> Words {
            let mut words = vec!["sync".to_owned(), peer.to_owned(), threads.to_string()];
            match before {
                Known::Nothing => drop(std::fs::File::create(&kept)?),
                Known::Everything => drop(std::fs::copy(&full, &kept)?),
                Known::NoFile => return Ok(words),
            }
            words.push(kept.display().to_string());
            Ok(words)
        }
    };
    let serve = |file: &Path| vec!["serve".to_owned(), file.display().to_string()];
    let runs = args.runs;
    let server = serve(&old);
    let name = format!("ours, 2 threads, {} ms round trip", args.rtt_ms);
    let on_one = sync(1, Known::Nothing);
    let on_two = sync(2, Known::Nothing);
    let without = sync(2, Known::NoFile);
    let here = |name, client| Race {
        name,
        server: &server,
        rtt: None,
        client,
    };
    let far = Race {
        rtt: Some(rtt),
        ..here(&name, &on_two)
    };
    // In turns: a machine is not as fast at one time as at another.
    let races = [
        here("ours, 1 thread checks", &on_one),
        here("ours, 2 threads check", &on_two),
        here("ours, 2 threads, without a file", &without),
        far,
    ];
    let [one, two, in_memory, far] = run(runs, races).await?;
    let known = sync(2, Known::Everything);
    let [same] = run(runs, [here("ours, nothing changed", &known)]).await?;
    let changed = Race {
        server: &serve(&new),
        ..here("ours, a tenth of the updates changed", &known)
    };
    run(runs, [changed]).await?;
    let clients = args.clients;
    let drain = |clients: usize| {
        move |peer: &str| {
            let words = ["drain".to_owned(), peer.to_owned(), clients.to_string()];
            Ok(words.to_vec())
        }
    };
    let drains = [drain(1), drain(clients)];
    let [alone] = run(
        runs,
        [here("ours serves 1 that checks nothing", &drains[0])],
    )
    .await?;
    let name = format!("ours serves {clients} that check nothing");
    let [many] = run(1, [here(&name, &drains[1])]).await?;
    let mut own = serve(&full);
    own.push("--own".to_owned());
    let from_file = Race {
        server: &own,
        ..here("ours serves 1 from its file", &drains[0])
    };
    let [from_file] = run(runs, [from_file]).await?;
    let sealing = sealing::seconds(&old)?;

    let mut theirs = Vec::new();
    if !args.only_ours {
        for nodelay in [true, false] {
            if !nodelay && !args.shipped {
                continue;
            }
            let serve = vec![
                "ldk-serve".to_owned(),
                old.display().to_string(),
                nodelay.to_string(),
            ];
            let sync = move |peer: &str| {
                let mut words = vec!["ldk-sync".to_owned(), peer.to_owned(), nodelay.to_string()];
                words.extend(counts.map(|n| n.to_string()));
                Ok(words)
            };
            let name = if nodelay {
                "LDK with TCP_NODELAY"
            } else {
                "LDK as shipped"
            };
            let race = Race {
                name,
                server: &serve,
                rtt: None,
                client: &sync,
            };
            let [report] = run(1, [race]).await?;
            theirs.push((name, report));
        }
    }

    println!();
    let ratio = |name: &str, value: f64| println!("{name:<60} {value:>8.2}");
    ratio("1 thread / 2 threads", one.seconds / two.seconds);
    ratio("far / near", far.seconds / two.seconds);
    let messages = (channels + updates + nodes) as f64;
    let micros = |seconds: f64| seconds / messages * 1e6;
    ratio("server's CPU a message, µs", micros(alone.server_cpu));
    ratio("of which sealing, µs", micros(sealing));
    ratio(
        "server's CPU from its file, µs",
        micros(from_file.server_cpu),
    );
    let grown =
        (many.server_peak as f64 - alone.server_peak as f64) / (args.clients as f64 - 1.0).max(1.0);
    ratio("server's memory a client more, MB", grown / 1e6);
    ratio("wire MB when nothing changed", same.wire as f64 / 1e6);
    for (name, theirs) in theirs {
        ratio(
            &format!("{name} / ours, seconds"),
            theirs.seconds / two.seconds,
        );
        for (kept, ours) in [("", &two), (" without a file", &in_memory)] {
            ratio(
                &format!("ours{kept} / {name}, peak memory of the client"),
                ours.peak as f64 / theirs.peak as f64,
            );
        }
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// What a child is told.
type Words = Result<Vec<String>, Box<dyn Error>>;

/// What a client of ours knows when it starts.
#[derive(Clone, Copy)]
enum Known {
    /// Nothing, and it keeps what it learns in a file.
    Nothing,
    /// What is in its file.
    Everything,
    /// Nothing, and it has no file.
    NoFile,
}

/// A client that syncs from a server.
#[derive(Clone, Copy)]
struct Race<'a> {
    name: &'a str,
    server: &'a [String],
    /// How far they are apart.
    rtt: Option<Duration>,
    client: &'a dyn Fn(&str) -> Words,
}

impl Race<'_> {
    async fn run(&self) -> Result<Report, Box<dyn Error>> {
        let mut server = Child::start(self.server)?;
        let mut peer = server.line()?;
        let proxy = match self.rtt {
            Some(rtt) => {
                let (address, proxy) = proxy::start(&peer, rtt / 2).await?;
                peer = address;
                Some(proxy)
            }
            None => None,
        };
        let mut report = Child::start(&(self.client)(&peer)?)?.report().await?;
        drop(proxy);
        let of_server = server.report().await?;
        report.server_cpu = of_server.cpu;
        report.server_peak = of_server.peak;
        Ok(report)
    }
}

/// Runs races `runs` times, one after the other, and returns of each the run of median length.
async fn run<const N: usize>(
    runs: usize,
    races: [Race<'_>; N],
) -> Result<[Report; N], Box<dyn Error>> {
    let mut reports = [(); N].map(|()| Vec::new());
    for _ in 0..runs.max(1) {
        for (race, reports) in races.iter().zip(&mut reports) {
            reports.push(race.run().await?);
        }
    }
    let medians = reports.map(|mut reports| {
        reports.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        reports.swap_remove(reports.len() / 2)
    });
    for (race, median) in races.iter().zip(&medians) {
        println!(
            "{:<44} {:>8.2} {:>8.2} {:>8.2} {:>9.1} {:>9.2}",
            race.name,
            median.seconds,
            median.cpu,
            median.server_cpu,
            median.peak as f64 / 1e6,
            median.wire as f64 / 1e6
        );
    }
    Ok(medians)
}

fn tempdir() -> Result<PathBuf, Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("sync-race-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    eprintln!("the network lies in {}", folder.display());
    Ok(folder)
}
