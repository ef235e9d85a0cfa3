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
        Candidate, ChannelHandle, Component, Cursor, Hint, Kind, NoRoute, PrivateChannel, Query,
        Route, Scratch, What, find_parts,
        shm::{LockFreeView, ReadError, Reader, View, ViewError},
    };

    /// Asks the owner of a graph for a lease, finds a route in its memory, and prints it.
    #[derive(Parser)]
    pub(super) struct Args {
        /// The folder in which the owner listens.
        #[arg(long)]
        socket: PathBuf,
        /// The node that pays: its public key in hex.
        #[arg(long)]
        from: NodeId,
        /// The node that is paid. The graph need not have it if there is a hint.
        #[arg(long)]
        to: NodeId,
        /// A channel to that node which gossip does not tell of, as an invoice does: from which node, its short channel id, fee in
        /// msat, fee in millionths, blocks.
        #[arg(long, value_name = "NODE,SCID,BASE,PPM,BLOCKS")]
        hint: Vec<PrivateWay>,
        /// What it is paid, in satoshi.
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..=2_100_000_000_000_000))]
        amount: u64,
        /// In how many parts it may be paid, if no route carries all of it.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
        parts: u8,
        /// Asks for no lease: the owner does not wait for the search, which begins again if the graph changes meanwhile.
        #[arg(long, conflicts_with = "every")]
        lock_free: bool,
        /// Finds it again and again, so many seconds apart, until the owner is gone; and says how often the terms of its
        /// channels have changed meanwhile, which it keeps in a side table.
        #[arg(long, value_name = "SECONDS")]
        every: Option<u64>,
    }

    /// What a `--hint` says.
    #[derive(Clone, Copy)]
    struct PrivateWay {
        entry: NodeId,
        channel: PrivateChannel,
    }

    impl core::str::FromStr for PrivateWay {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            fn field<T: core::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
                let field = text.parse();
                field.map_err(|error: T::Err| format!("{text}: {}", error.to_string()))
            }
            let fields: Vec<_> = text.split(',').collect();
            let [entry, scid, base, millionths, blocks] = fields[..] else {
                return Err("five fields, with a comma between each two".into());
            };
            let (base, millionths, blocks) = (field(base)?, field(millionths)?, field(blocks)?);
            Ok(Self {
                entry: field(entry)?,
                channel: PrivateChannel::new(field(scid)?, base, millionths, blocks),
            })
        }
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
        /// Memory that no other process shares when both nodes were found, in kilobytes, if the system says.
        private_kb: Option<[u64; 2]>,
        channels: usize,
        routes: Result<Vec<Route>, NoRoute>,
        /// Who receives at each hop of each.
        ids: Vec<NodeId>,
        /// How often the terms of its channel have changed.
        changes: Vec<u32>,
    }

    /// What has changed while this program looked.
    struct Watched {
        cursor: Cursor,
        changes: Component<ChannelHandle, u32>,
    }

    pub(super) fn run(args: &Args) -> Result<(), String> {
        let at = |error: String| format!("{}: {error}", args.socket.display());
        if args.lock_free {
            return print(args, &without_lease(args).map_err(at)??);
        }
        let view = View::new(&args.socket, PATIENCE);
        let mut watched = None;
        loop {
            print(args, &under_lease(args, &view, &mut watched).map_err(at)??)?;
            let Some(seconds) = args.every else {
                return Ok(());
            };
            std::thread::sleep(Duration::from_secs(seconds));
        }
    }

    type Answer = Result<Found, String>;

    fn under_lease(
        args: &Args,
        view: &View,
        watched: &mut Option<Watched>,
    ) -> Result<Answer, String> {
        let mut last = ViewError::Revoked;
        for _ in 0..ATTEMPTS {
            let begin = Instant::now();
            let read = |reader: &Reader<'_>| {
                let watched = watched.get_or_insert_with(|| Watched {
                    cursor: reader.cursor(),
                    changes: Component::new(reader, Kind::Sparse),
                });
                watched.follow(reader);
                find(reader, args, begin, Some(&watched.changes))
            };
            match view.read(read) {
                Ok(answer) => return Ok(answer),
                Err(ViewError::Revoked) => {
                    // What was made of that read may be wrong.
                    *watched = None;
                    last = ViewError::Revoked;
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(last.to_string())
    }

    fn without_lease(args: &Args) -> Result<Answer, String> {
        let begin = Instant::now();
        let mut last = ReadError::Busy;
        for _ in 0..ATTEMPTS {
            let view = LockFreeView::connect(&args.socket, PATIENCE).map_err(|e| e.to_string())?;
            let now = lnwire::Instant::from_epoch(begin.elapsed());
            match view.read(now, |reader| find(reader, args, begin, None)) {
                Ok(answer) => return Ok(answer),
                Err(error @ (ReadError::Busy | ReadError::Grown)) => last = error,
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(last.to_string())
    }

    impl Watched {
        /// Counts what has changed since the last time. What was overwritten meanwhile is not counted.
        fn follow(&mut self, reader: &Reader<'_>) {
            loop {
                match reader.next_change(&mut self.cursor) {
                    Ok(Some(change)) => {
                        if let What::PolicyChanged { channel, .. } = change.what {
                            let before = self.changes.get(reader, channel).copied();
                            self.changes.set(
                                reader,
                                channel,
                                before.unwrap_or(0).saturating_add(1),
                            );
                        }
                    }
                    Ok(None) => break,
                    Err(_) => self.cursor = reader.cursor(),
                }
            }
            self.changes.follow(reader);
        }
    }

    fn find(
        reader: &Reader<'_>,
        args: &Args,
        begin: Instant,
        changes: Option<&Component<ChannelHandle, u32>>,
    ) -> Answer {
        let mapped = begin.elapsed();
        let node = |id: &NodeId| {
            let handle = reader.node_by_id(id);
            handle.ok_or_else(|| format!("the graph has no node {id}"))
        };
        let hints = args.hint.iter();
        let hints = hints.map(|way| Ok(Hint::new(node(&way.entry)?, [way.channel])));
        let hints = hints.collect::<Result<Vec<_>, String>>()?;
        let from = node(&args.from)?;
        let to = match reader.node_by_id(&args.to) {
            None if !hints.is_empty() => None,
            _ => Some(node(&args.to)?),
        };
        let looked_up = begin.elapsed();
        // To ask takes time that is not the reader's.
        let asks = Instant::now();
        let private_kb = private_kb();
        let asked = asks.elapsed();
        let query = Query::new(from, to, Msat::from_sat(args.amount)).with_hints(hints);
        let indifferent = |_: &Candidate<'_>| Some(Msat(0));
        let routes = find_parts(
            reader,
            &mut Scratch::new(),
            &query,
            args.parts,
            &indifferent,
        );
        let routed = begin.elapsed().saturating_sub(asked);
        let hops = || routes.iter().flatten().flat_map(|route| &route.hops);
        let ids = hops().filter_map(|hop| reader.node(hop.to).map(|node| node.id()));
        let changes = hops().map(|hop| {
            let count = changes.and_then(|changes| changes.get(reader, hop.channel));
            count.copied().unwrap_or(0)
        });
        Ok(Found {
            mapped,
            looked_up,
            routed,
            private_kb,
            channels: reader.channel_count(),
            ids: ids.collect(),
            changes: changes.collect(),
            routes,
        })
    }

    /// Returns how much of this process's memory no other shares, and how much of that is no file's: the rest is the program
    /// itself, of which the system maps more or less around what runs, and which all processes share that run it.
    fn private_kb() -> Option<[u64; 2]> {
        let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
        let sum = |name: &str| -> Option<u64> {
            let lines = rollup.lines().filter(|line| line.starts_with(name));
            lines
                .map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                .sum()
        };
        Some([sum("Private_")?, sum("Anonymous:")?])
    }

    fn print(args: &Args, found: &Found) -> Result<(), String> {
        println!("{} channels", grouped(found.channels as u64));
        println!("connected and mapped after {:?}", found.mapped);
        println!("both nodes found after     {:?}", found.looked_up);
        if let Some([all, anonymous]) = found.private_kb {
            let (all, anonymous) = (grouped(all), grouped(anonymous));
            println!(
                "  with private memory of   {all} kB, {anonymous} kB without the program itself"
            );
        }
        println!("route found after          {:?}", found.routed);
        let routes = found.routes.as_ref();
        let routes = routes.map_err(|error| format!("no route: {error}"))?;
        let mut notes = found.ids.iter().zip(&found.changes);
        for route in routes {
            println!("route from {}", args.from);
            for (hop, (to, changes)) in route.hops.iter().zip(&mut notes) {
                println!(
                    "  {} to {to}: {}, fee {}, expiry {}, terms changed {changes} times",
                    hop.short_channel_id, hop.amount, hop.fee, hop.cltv_expiry
                );
            }
            for hop in &route.hinted {
                println!(
                    "  {} to {}: {}, fee {}, expiry {}, by hint {}",
                    hop.short_channel_id, args.to, hop.amount, hop.fee, hop.cltv_expiry, hop.number
                );
            }
            println!(
                "  sends {} in all, of which fees {}",
                route.total_amount(),
                route.total_fee()
            );
        }
        Ok(())
    }
}
