//! An owner changes a network all the time; readers in other processes see it between two writes, or nothing.
//!
//! `cargo test` starts this program, which starts itself again as owner or reader.
#![expect(clippy::print_stdout, reason = "processes talk over it")]
#![allow(missing_docs, reason = "a program")]

#[cfg(target_os = "linux")]
mod common;
#[cfg(target_os = "linux")]
mod processes;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use core::time::Duration;
    use std::{env, io, path::Path, thread::sleep, time::Instant as Clock};

    use routemap::{
        ChainHash, ChannelHandle, Config, Cursor, Direction, Graph, Instant, What,
        lnwire::{Timestamp, bolt7::channel_update},
        shm::{Owner, Reader, View, ViewError, lease},
    };
    use rustix::process::Signal;

    use super::{
        common::{Network, SEED, at, update},
        processes::{Process, Test, holders, mapped, run_each},
    };

    pub(super) fn main() {
        let args: Vec<String> = env::args().collect();
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [_, "owner", folder] => owner(Path::new(folder)),
            [_, "stuck-reader", folder] => stuck_reader(Path::new(folder)),
            _ => tests(),
        }
    }

    fn tests() {
        let tests: [(&str, Test); 3] = [
            ("what_counts_is_one_round", what_counts_is_one_round),
            (
                "a_killed_owner_leaves_nothing",
                a_killed_owner_leaves_nothing,
            ),
            (
                "a_stuck_reader_costs_a_second_and_a_killed_one_nothing",
                a_stuck_reader_costs_a_second_and_a_killed_one_nothing,
            ),
        ];
        run_each(&tests);
    }

    fn what_counts_is_one_round(folder: &Path) {
        let mut owner = Process::start("owner", folder);
        owner.line();
        let view = View::new(folder, PATIENCE);
        let network = Network::new(CHANNELS);
        let mut cursor: Option<Cursor> = None;
        let (mut rounds, mut followed) = (Vec::new(), 0);
        let begin = Clock::now();
        while rounds.len() < 8 || followed == 0 {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{rounds:?} {followed}"
            );
            // A cursor moves only with a read that counts.
            let (round, changes, next) = match view.read(|reader| read(reader, &network, cursor)) {
                Ok(read) => read,
                Err(ViewError::Revoked) => continue,
                Err(error) => panic!("{error}"),
            };
            if let (Some(last), Some(changes)) = (rounds.last(), changes) {
                // Every round changes the terms of as many directions as every other.
                assert_eq!(
                    changes,
                    (round - last) * 2 * u32::try_from(CHANGED).unwrap()
                );
                followed += changes;
            }
            cursor = Some(next);
            if rounds.last() != Some(&round) {
                rounds.push(round);
            }
        }
        assert!(rounds.is_sorted());
    }

    /// Checks that the graph is that of one round; returns the round, how many terms changed since `cursor`, if
    /// all that happened is still told, and the cursor for the next time.
    fn read(
        reader: &Reader<'_>,
        network: &Network,
        cursor: Option<Cursor>,
    ) -> (u32, Option<u32>, Cursor) {
        let terms = |handle: ChannelHandle| {
            let channel = reader.channel(handle);
            Direction::BOTH.map(|d| channel.and_then(|c| c.by_ref().policy(d)))
        };
        let mut fees = Vec::new();
        for channel in network.channels.iter().take(CHANGED) {
            let handle = reader.channel_by_scid(channel.short_channel_id());
            let policies = handle.map(terms).unwrap_or_default();
            fees.extend(policies.map(|p| p.map(|p| (p.fee_base_msat(), p.timestamp()))));
        }
        let round = fees.first().copied().flatten().map_or(0, |(fee, _)| fee);
        let is_whole = fees
            .iter()
            .all(|fee| *fee == Some((round, Timestamp(1 + round))));
        let of_lists: usize = reader
            .nodes()
            .map(|(n, _)| reader.channels_of(n).count())
            .sum();
        let is_linked = of_lists == 2 * reader.channels().count()
            && reader.channels().count() == reader.channel_count();
        let mut changes = cursor.map(|_| 0);
        let mut cursor = cursor.unwrap_or_else(|| reader.cursor());
        loop {
            match reader.next_change(&mut cursor) {
                Ok(None) => break,
                Ok(Some(change)) => {
                    let is_policy = matches!(change.what, What::PolicyChanged { .. });
                    changes = changes.map(|count| count + u32::from(is_policy));
                }
                Err(_) => changes = None,
            }
        }
        // What is torn is no round, and must not count.
        let round = if is_whole && is_linked {
            round
        } else {
            u32::MAX
        };
        (round, changes, cursor)
    }

    fn a_killed_owner_leaves_nothing(folder: &Path) {
        let mut owner = Process::start("owner", folder);
        owner.line();
        let view = View::new(folder, PATIENCE);
        let inodes = loop {
            let mapped = view.read(|reader| {
                assert!(reader.channel_count() > 0);
                mapped(std::process::id())
            });
            match mapped {
                Ok(inodes) => break inodes,
                Err(ViewError::Revoked) => {}
                Err(error) => panic!("{error}"),
            }
        };
        assert!(!inodes.is_empty());
        assert!(
            mapped(std::process::id()).is_empty(),
            "a view holds nothing between reads"
        );
        assert!(holders(&inodes).contains(&owner.child.id()));
        owner.child.kill().unwrap();
        owner.child.wait().unwrap();
        assert!(holders(&inodes).is_empty());
        let error = view.read(|reader| reader.channel_count()).unwrap_err();
        assert!(
            matches!(&error, ViewError::Connect(e) if e.kind() == io::ErrorKind::ConnectionRefused),
            "{error}"
        );
        // The next owner takes its place.
        let mut owner = Process::start("owner", folder);
        owner.line();
        let begin = Clock::now();
        while view.read(|reader| reader.channel_count()).is_err() {
            assert!(begin.elapsed() < PATIENCE);
        }
    }

    fn a_stuck_reader_costs_a_second_and_a_killed_one_nothing(folder: &Path) {
        let mut owner = Served::new(folder);
        let mut reader = Process::start("stuck-reader", folder);
        owner.serve_until(|owner| owner.readers() == 1);
        assert_eq!(reader.line(), "reads");
        reader.signal(Signal::STOP);
        let waited = owner.write();
        assert!(waited >= lease::Config::WRITE_WAIT, "{waited:?}");
        assert!(
            waited < lease::Config::WRITE_WAIT + Duration::from_secs(1),
            "{waited:?}"
        );
        reader.signal(Signal::CONT);
        assert_eq!(reader.line(), "the owner wrote meanwhile");

        let mut reader = Process::start("stuck-reader", folder);
        owner.serve_until(|owner| owner.readers() == 1);
        assert_eq!(reader.line(), "reads");
        assert_eq!(owner.owner.write(owner.now(), |_| ()), None);
        reader.child.kill().unwrap();
        let waited = owner.write();
        assert!(waited < Duration::from_millis(700), "{waited:?}");
    }

    /// Applies a network, then gives the same channels new terms in every round.
    fn owner(folder: &Path) {
        let mut owner = Served::new(folder);
        let network = Network::new(CHANNELS);
        let mut round = 0;
        loop {
            owner.serve_until_written(|graph| {
                if round == 0 {
                    network.apply(graph);
                }
                change(graph, &network, round + 1);
            });
            round += 1;
            if round == 1 {
                println!("ready");
            }
            owner.serve_for(Duration::from_millis(20));
        }
    }

    /// Sets the base fee of the first channels' terms to the round.
    fn change(graph: &mut Graph, network: &Network, round: u32) {
        for old in network.updates.iter().take(2 * CHANGED) {
            let contents = channel_update::Contents {
                chain_hash: ChainHash::REGTEST,
                short_channel_id: old.short_channel_id(),
                timestamp: Timestamp(1 + round),
                dont_forward: false,
                direction: old.direction(),
                disabled: false,
                cltv_expiry_delta: 40,
                htlc_minimum_msat: old.htlc_minimum_msat(),
                fee_base_msat: round,
                fee_proportional_millionths: 1,
                htlc_maximum_msat: old.htlc_maximum_msat(),
            };
            let channel = graph.channel_by_scid(old.short_channel_id()).unwrap();
            let direction = Direction::from_bit(old.direction());
            let signer = graph.channel(channel).unwrap().from_node(direction);
            let signer = graph.node(signer).unwrap().id();
            let update = update(contents, 0);
            let update = routemap::Verified::trust_without_checking((*update).clone(), signer);
            graph.apply_update(at(u64::from(round)), &update).unwrap();
        }
    }

    /// Reads until it is told to stop by what it reads, or by nobody.
    fn stuck_reader(folder: &Path) {
        let view = View::new(folder, PATIENCE);
        let read = view.read(|reader| {
            println!("reads");
            // Stopped meanwhile, or killed; else it looks again and again, as a loop without end would.
            let begin = Clock::now();
            while begin.elapsed() < Duration::from_secs(3) {
                let _looked_at = reader.channels().count();
                sleep(Duration::from_millis(10));
            }
        });
        println!(
            "{}",
            read.map_or_else(|e| e.to_string(), |()| "it counts".to_owned())
        );
    }

    /// An owner with a clock.
    struct Served {
        owner: Owner,
        begin: Clock,
    }

    impl Served {
        fn new(folder: &Path) -> Self {
            let config = Config::new(ChainHash::REGTEST, SEED);
            Self {
                owner: Owner::bind(folder, config, lease::Config::default()).unwrap(),
                begin: Clock::now(),
            }
        }

        fn now(&self) -> Instant {
            Instant::from_epoch(self.begin.elapsed())
        }

        fn serve(&mut self) {
            self.owner.serve(self.now()).unwrap();
            sleep(Duration::from_millis(1));
        }

        fn serve_for(&mut self, time: Duration) {
            let begin = Clock::now();
            while begin.elapsed() < time {
                self.serve();
            }
        }

        fn serve_until(&mut self, is_done: impl Fn(&Owner) -> bool) {
            let begin = Clock::now();
            while !is_done(&self.owner) {
                assert!(begin.elapsed() < PATIENCE);
                self.serve();
            }
        }

        fn serve_until_written(&mut self, mut change: impl FnMut(&mut Graph)) {
            let begin = Clock::now();
            while self.owner.write(self.now(), &mut change).is_none() {
                assert!(begin.elapsed() < PATIENCE);
                self.serve();
            }
        }

        /// Writes nothing, and returns how long it took to be allowed.
        fn write(&mut self) -> Duration {
            let begin = Clock::now();
            self.serve_until_written(|_| ());
            begin.elapsed()
        }
    }

    const CHANNELS: u32 = 3000;
    /// Channels that change in every round.
    const CHANGED: usize = 200;
    /// A loaded machine is slow, not broken.
    const PATIENCE: Duration = Duration::from_secs(20);
}
