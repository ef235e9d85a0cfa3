//! Finds a route in the graph of another process, `routemapd`, and says how long it took: Linux only.
//!
//! `cargo run --release --bin route-reader -- --socket routemap-socket --from NODE --to NODE --amount 50000`
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
    eprintln!("route-reader: shared memory needs Linux");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match linux::run(&clap::Parser::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("route-reader: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{path::PathBuf, time::Duration, time::Instant};

    use clap::Parser;
    use examples::report::grouped;
    use lnwire::{Msat, NodeId};
    use routemap::{
        NoRoute, Query, Route, Scratch, find_path,
        shm::{LockFreeView, Reader, View, ViewError},
    };

    /// Maps the memory of a graph's owner, finds a route in it, and prints it.
    #[derive(Parser)]
    pub(super) struct Args {
        /// The folder in which the owner listens.
        #[arg(long)]
        socket: PathBuf,
        /// The node that pays: its public key in hex.
        #[arg(long)]
        from: NodeId,
        /// The node that is paid.
        #[arg(long)]
        to: NodeId,
        /// What it is paid, in satoshi.
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..=2_100_000_000_000_000))]
        amount: u64,
        /// Takes no lease: reads while the owner writes, and again if that was what it read.
        #[arg(long)]
        lock_free: bool,
    }

    /// A write takes milliseconds; an owner that is silent for so long is stuck.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// A route takes milliseconds, the owner waits for a second.
    const ATTEMPTS: usize = 3;

    /// What was found, and when since the beginning.
    struct Found {
        mapped: Duration,
        looked_up: Duration,
        routed: Duration,
        channels: usize,
        route: Result<Route, NoRoute>,
        /// The payer and who receives at each hop.
        ids: Vec<NodeId>,
    }

    pub(super) fn run(args: &Args) -> Result<(), String> {
        if args.lock_free {
            let begin = Instant::now();
            let view = LockFreeView::connect(&args.socket, PATIENCE).map_err(|e| e.to_string())?;
            let read = view.read(lnwire::Instant::ZERO, |reader| find(reader, args, begin));
            return print(args, &read.map_err(|e| e.to_string())??);
        }
        let view = View::new(&args.socket, PATIENCE);
        let mut last = ViewError::Revoked;
        for _ in 0..ATTEMPTS {
            let begin = Instant::now();
            match view.read(|reader| find(reader, args, begin)) {
                Ok(found) => return print(args, &found?),
                Err(ViewError::Revoked) => last = ViewError::Revoked,
                Err(error) => return Err(format!("{}: {error}", args.socket.display())),
            }
        }
        Err(last.to_string())
    }

    fn find(reader: &Reader<'_>, args: &Args, begin: Instant) -> Result<Found, String> {
        let mapped = begin.elapsed();
        let node = |id: &NodeId| {
            let handle = reader.node_by_id(id);
            handle.ok_or_else(|| format!("the graph has no node {id}"))
        };
        let (from, to) = (node(&args.from)?, node(&args.to)?);
        let looked_up = begin.elapsed();
        let query = Query::new(from, to, Msat::from_sat(args.amount));
        let route = find_path(reader, &mut Scratch::new(), &query);
        let routed = begin.elapsed();
        let hops = route.iter().flat_map(|route| &route.hops);
        let ids = hops.filter_map(|hop| reader.node(hop.to).map(|node| node.id()));
        Ok(Found {
            mapped,
            looked_up,
            routed,
            channels: reader.channel_count(),
            ids: ids.collect(),
            route,
        })
    }

    fn print(args: &Args, found: &Found) -> Result<(), String> {
        println!("{} channels", grouped(found.channels as u64));
        println!("connected and mapped after {:?}", found.mapped);
        println!("both nodes found after     {:?}", found.looked_up);
        println!("route found after          {:?}", found.routed);
        let route = found.route.as_ref();
        let route = route.map_err(|error| format!("no route: {error}"))?;
        println!("route from {}", args.from);
        for (hop, to) in route.hops.iter().zip(&found.ids) {
            println!(
                "  {} to {to}: {}, fee {}, expiry {}",
                hop.short_channel_id, hop.amount, hop.fee, hop.cltv_expiry
            );
        }
        println!(
            "  sends {} in all, of which fees {}",
            route.total_amount(),
            route.total_fee()
        );
        Ok(())
    }
}
