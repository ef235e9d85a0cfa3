//! Owns a graph in shared memory that `route-reader` and others read: Linux only.
//!
//! `cargo run --release --bin routemapd -- --socket routemap-socket --synthetic 50000`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]
#![expect(
    clippy::std_instead_of_core,
    reason = "programs have the standard library"
)]

use std::process::ExitCode;

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("routemapd: shared memory needs Linux");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match linux::run(&clap::Parser::parse()) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("routemapd: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{convert::Infallible, fs, path::PathBuf, thread, time::Duration};

    use clap::Parser;
    use examples::{
        network::{self, SignOptions, SignedNetwork},
        node::{Clock, random_seed},
        report::{best_connected, bytes, grouped},
        synthetic,
    };
    use lnwire::{ChainHash, Instant, Verified};
    use routemap::{
        ApplyError, Channel, Config, Graph,
        shm::{Owner, lease},
    };
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        io::Errno,
    };

    /// Fills a graph once, from a file or with a made-up network, and lets other processes read it.
    #[derive(Parser)]
    #[command(group = clap::ArgGroup::new("source").required(true))]
    pub(super) struct Args {
        /// The folder in which readers find it; made if it is not there, with mode 0700.
        #[arg(long)]
        socket: PathBuf,
        /// Makes up a network of so many channels.
        #[arg(long, group = "source", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        synthetic: Option<u32>,
        /// Reads a mainnet `gossip_store` of one's own: signatures are not checked again.
        #[arg(long, group = "source")]
        gossip_store: Option<PathBuf>,
        /// Milliseconds between two changes, for readers to see: capacities that grow. Nothing changes without.
        #[arg(long)]
        churn: Option<u64>,
    }

    /// Any number will do; always the same one makes the network the same each time.
    const SEED: u64 = 2026;

    pub(super) fn run(args: &Args) -> Result<Infallible, String> {
        let clock = Clock::new(None);
        let chain = match args.synthetic {
            Some(_) => ChainHash::REGTEST,
            None => ChainHash::MAINNET,
        };
        let config = Config::new(chain, random_seed());
        let mut owner = Owner::bind(&args.socket, config, lease::Config::default())
            .map_err(|e| format!("{}: {e}", args.socket.display()))?;
        // Readers come after the graph.
        let filled = owner.write(clock.now(), |graph| fill(graph, args, &clock));
        filled.ok_or("the owner waits for readers that cannot be there")??;
        if !owner.is_shared() {
            return Err("the system gives no more shared memory".into());
        }
        let graph = owner.graph();
        println!(
            "{} channels, {} nodes, {} shared",
            grouped(graph.channel_count() as u64),
            grouped(graph.node_count() as u64),
            bytes(owner.shared_bytes() as u64)
        );
        for node in best_connected(graph, 2) {
            let node = graph.node(node).ok_or("a node is gone")?;
            println!("node {} has {} channels", node.id(), node.channel_count());
        }
        println!("ready at {}", args.socket.display());
        serve(&mut owner, &clock, args.churn.map(Duration::from_millis))
    }

    fn fill(graph: &mut Graph, args: &Args, clock: &Clock) -> Result<(), String> {
        if let Some(path) = &args.gossip_store {
            let file = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let loaded = routemap::store::load(graph, clock.now(), file.into());
            return loaded
                .map(drop)
                .map_err(|e| format!("{}: {e}", path.display()));
        }
        let options = SignOptions {
            chain_hash: ChainHash::REGTEST,
            timestamp: clock.wall_clock(),
            seed: SEED,
            threads: thread::available_parallelism().map_or(1, usize::from),
        };
        let channels = args.synthetic.unwrap_or_default() as usize;
        let topology = synthetic::mainnet_like(channels, SEED);
        apply(graph, clock, network::sign(&topology, options, |_, _| ())).map_err(|e| e.to_string())
    }

    /// Applies what this program signed itself.
    fn apply(graph: &mut Graph, clock: &Clock, network: SignedNetwork) -> Result<(), ApplyError> {
        let now = clock.now();
        for channel in network.channels {
            let announcement = channel.announcement;
            let ids = [announcement.node_id_1(), announcement.node_id_2()];
            let announcement = Verified::trust_without_checking(announcement, ());
            graph.apply_channel(now, &announcement, Some(channel.capacity_sat))?;
            for (update, signer) in channel.updates.into_iter().zip(ids) {
                if let Some(update) = update {
                    graph.apply_update(now, &Verified::trust_without_checking(update, signer))?;
                }
            }
        }
        for node in network.nodes {
            graph.apply_node(now, &Verified::trust_without_checking(node, ()))?;
        }
        Ok(())
    }

    /// Lets readers come and go, for ever; and changes something now and then, if that is wanted.
    fn serve(
        owner: &mut Owner,
        clock: &Clock,
        churn: Option<Duration>,
    ) -> Result<Infallible, String> {
        let mut round = 0;
        let mut due = churn.map(|pause| clock.now() + pause);
        loop {
            let now = clock.now();
            if let Err(error) = owner.serve(now) {
                eprintln!("routemapd: a reader was turned away: {error}");
            }
            let mut wake = owner.poll_timeout();
            if let (Some(pause), Some(at)) = (churn, due) {
                if at <= now
                    && owner
                        .write(now, |graph| change(graph, now, round))
                        .is_some()
                {
                    round += 1;
                    due = Some(now + pause);
                }
                // While readers hold leases, the owner's timeout says when to try again.
                wake = owner
                    .poll_timeout()
                    .into_iter()
                    .chain(due.filter(|at| *at > now))
                    .min();
            }
            wait(owner, now, wake).map_err(|e| e.to_string())?;
        }
    }

    /// Gives every hundredth channel another capacity.
    fn change(graph: &mut Graph, now: Instant, round: u64) {
        let capacity = |channel: &Channel| channel.capacity_sat().unwrap_or(100_000) + 1;
        let changed: Vec<_> = graph
            .channels()
            .filter(|(handle, _)| handle.index() as u64 % 100 == round % 100)
            .map(|(handle, channel)| (handle, capacity(channel)))
            .collect();
        for (handle, capacity_sat) in changed {
            graph.set_capacity(now, handle, capacity_sat);
        }
    }

    /// Waits until something happens on a socket, or until `wake`.
    fn wait(owner: &Owner, now: Instant, wake: Option<Instant>) -> std::io::Result<()> {
        let timeout = wake.map(|at| at.saturating_since(now));
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());
        let mut sockets: Vec<_> = owner
            .descriptors()
            .map(|socket| PollFd::from_borrowed_fd(socket, PollFlags::IN))
            .collect();
        match poll(&mut sockets, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
