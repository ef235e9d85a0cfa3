//! An owner changes a network all the time; readers in other processes read it without a lease, and whole.
//!
//! `cargo test` starts this program, which starts itself again as owner or reader.
#![expect(clippy::print_stdout, reason = "processes talk over it")]
#![allow(missing_docs, reason = "a program")]

extern crate alloc;

#[cfg(target_os = "linux")]
mod common;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod rounds;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use alloc::collections::BTreeSet;
    use core::time::Duration;
    use std::{env, io, path::Path, thread, time::Instant as Clock};

    use routemap::{
        ChainHash, Channel, Config, Graph, Instant, NodeId,
        shm::{LockFreeView, Owner, ReadError, Reader, lease},
    };
    use rustix::process::Signal;

    use super::{
        common::{Network, SEED},
        processes::{Process, Test, run_each},
        rounds::{fill, round_in, set},
    };

    pub(super) fn main() {
        let args: Vec<String> = env::args().collect();
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [_, "owner", folder] => owner(Path::new(folder)),
            [_, "halting-owner", folder] => halting_owner(Path::new(folder)),
            [_, "reader", folder] => reader(Path::new(folder)),
            [_, "stuck-reader", folder] => stuck_reader(Path::new(folder)),
            [_, "faithful-reader", folder] => faithful_reader(Path::new(folder)),
            _ => tests(),
        }
    }

    fn tests() {
        let tests: [(&str, Test); 4] = [
            (
                "four_readers_see_whole_records_while_the_owner_writes",
                four_readers_see_whole_records_while_the_owner_writes,
            ),
            (
                "a_reader_that_is_stopped_costs_the_owner_nothing",
                a_reader_that_is_stopped_costs_the_owner_nothing,
            ),
            (
                "an_owner_killed_in_the_middle_of_a_change_is_gone",
                an_owner_killed_in_the_middle_of_a_change_is_gone,
            ),
            (
                "readers_of_a_killed_owner_all_end",
                readers_of_a_killed_owner_all_end,
            ),
        ];
        run_each(&tests);
    }

    fn four_readers_see_whole_records_while_the_owner_writes(folder: &Path) {
        let mut owner = Served::new(folder);
        owner.write(|graph| fill(graph, CHANNELS));
        let mut readers = [(); 4].map(|()| Process::start("reader", folder));
        let begin = Clock::now();
        let mut round = 0;
        while readers
            .iter_mut()
            .any(|reader| reader.child.try_wait().unwrap().is_none())
        {
            assert!(begin.elapsed() < PATIENCE, "round {round}");
            round += 1;
            owner.change(round);
            // Time in which nobody writes.
            owner.owner.graph().check_invariants();
            owner.serve();
        }
        for mut reader in readers {
            let line = reader.line();
            assert!(reader.child.wait().unwrap().success(), "{line}");
            assert_eq!(line, "all whole");
        }
        assert!(owner.owner.is_shared());
    }

    fn a_reader_that_is_stopped_costs_the_owner_nothing(folder: &Path) {
        let mut owner = Served::new(folder);
        owner.write(|graph| fill(graph, CHANNELS));
        let mut reader = Process::start("stuck-reader", folder);
        owner.serve_until(|owner| owner.readers() == 1);
        assert_eq!(reader.line(), "reads round 0");
        reader.signal(Signal::STOP);
        owner.change(1);
        owner.change(2);
        reader.signal(Signal::CONT);
        reader.say("go on");
        // What it had read was not taken for anything.
        assert_eq!(reader.line(), "reads round 2");
        reader.say("go on");
        assert_eq!(reader.line(), "Ok(2)");
    }

    fn an_owner_killed_in_the_middle_of_a_change_is_gone(folder: &Path) {
        let mut owner = Process::start("halting-owner", folder);
        assert_eq!(owner.line(), "serves");
        let view = LockFreeView::connect(folder, PATIENCE).unwrap();
        assert_eq!(owner.line(), "in the middle");
        let count = || view.read(Instant::ZERO, |reader| reader.channel_count());
        assert_eq!(count(), Err(ReadError::Busy));
        owner.signal(Signal::KILL);
        owner.child.wait().unwrap();
        assert_eq!(count(), Err(ReadError::OwnerGone));
        assert_eq!(count(), Err(ReadError::OwnerGone));
        let error = LockFreeView::connect(folder, PATIENCE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    fn readers_of_a_killed_owner_all_end(folder: &Path) {
        let mut owner = Process::start("owner", folder);
        assert_eq!(owner.line(), "ready");
        let mut readers = [(); 4].map(|()| Process::start("faithful-reader", folder));
        for reader in &mut readers {
            assert_eq!(reader.line(), "reads");
        }
        owner.signal(Signal::KILL);
        for reader in &mut readers {
            assert_eq!(reader.line(), "the owner is gone");
        }
    }

    /// Changes the graph until it is killed.
    fn owner(folder: &Path) {
        let mut owner = Served::new(folder);
        owner.write(|graph| fill(graph, CHANNELS));
        println!("ready");
        for round in 1.. {
            owner.change(round);
            owner.serve();
        }
    }

    /// Waits for a reader, and then never comes to the end of a change.
    fn halting_owner(folder: &Path) {
        let mut owner = Served::new(folder);
        owner.write(|graph| fill(graph, CHANNELS));
        println!("serves");
        owner.serve_until(|owner| owner.readers() == 1);
        owner.write(|graph| {
            let channel = graph.channels().next().unwrap().0;
            graph.remove_channel(Instant::ZERO, channel);
            println!("in the middle");
            loop {
                thread::park();
            }
        });
    }

    /// Reads in all ways until each has often been good; what is not whole is the end of it.
    fn reader(folder: &Path) {
        let clock = Clock::now();
        let now = || Instant::from_epoch(clock.elapsed());
        let network = Network::new(CHANNELS);
        let view = LockFreeView::connect(folder, PATIENCE).unwrap();
        let (mut at_once, mut alone, mut walks) = (BTreeSet::new(), 0, 0);
        let mut count = 0;
        for turn in 0.. {
            if at_once.len() >= 10 && count >= GOOD && alone >= GOOD && walks >= GOOD / 10 {
                break;
            }
            // What changes at once is of one round, wherever it is.
            if let Some(round) = good(view.read(now(), |graph| round_of(graph, &network))) {
                at_once.insert(round.expect("channels of one round"));
                count += 1;
            }
            let channel = &network.channels[AT_ONCE + turn % ALONE];
            let read = view.read(now(), |graph| {
                let handle = graph.channel_by_scid(channel.short_channel_id())?;
                Some(graph.channel(handle))
            });
            // One that comes and goes may not be there; one that is found is there.
            if let Some(Some(channel)) = good(read) {
                let channel = channel.expect("the index names channels that are there");
                assert!(round_in(&channel).is_some(), "{channel:?}");
                alone += 1;
            }
            let node = network.channels[turn % AT_ONCE].node_id_1();
            walks += u32::from(good(walk(&view, node, &now)).is_some());
        }
        println!("all whole");
    }

    /// Finds a node's channels, and then looks each up by its handle.
    fn walk(
        view: &LockFreeView,
        node: NodeId,
        now: &impl Fn() -> Instant,
    ) -> Result<(), ReadError> {
        let begin = now();
        let walk = view.walk(begin)?;
        // Half read is no reason to panic yet.
        let list = walk.read(now(), |graph| {
            let handle = graph.node_by_id(&node)?;
            let channels: Vec<_> = graph.channels_of(handle).collect();
            let count = graph.node(handle)?.channel_count() as usize;
            (channels.len() == count).then_some(channels)
        })?;
        let channels = list.expect("a node that stays, with all its channels");
        let mut found = Vec::new();
        for (handle, before) in &channels {
            found.push((before, walk.read(now(), |graph| graph.channel(*handle))?));
        }
        let end = now();
        walk.finish(end)?;
        // The owner looks at its clock before a change, not in it.
        if end - begin > QUARANTINE / 2 {
            return Err(ReadError::TooLate);
        }
        for (before, after) in found {
            let before = before.by_ref();
            let is_it = |after: Channel| {
                let after = after.by_ref();
                after.short_channel_id() == before.short_channel_id()
                    && after.nodes() == before.nodes()
            };
            assert!(after.is_none_or(is_it), "a handle names another channel");
        }
        Ok(())
    }

    /// Lets an owner that is busy pass, and a machine that is; an owner that is gone not.
    fn good<R>(read: Result<R, ReadError>) -> Option<R> {
        match read {
            Ok(made) => Some(made),
            Err(ReadError::Busy | ReadError::TooLate) => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn stuck_reader(folder: &Path) {
        let network = Network::new(CHANNELS);
        let view = LockFreeView::connect(folder, PATIENCE).unwrap();
        let read = view.read(Instant::ZERO, |graph| {
            let round = round_of(graph, &network).unwrap();
            println!("reads round {round}");
            io::stdin().read_line(&mut String::new()).unwrap();
            round
        });
        println!("{read:?}");
    }

    /// Reads for as long as there is an owner.
    fn faithful_reader(folder: &Path) {
        let clock = Clock::now();
        let network = Network::new(CHANNELS);
        let view = LockFreeView::connect(folder, PATIENCE).unwrap();
        let mut has_read = false;
        loop {
            let now = Instant::from_epoch(clock.elapsed());
            match view.read(now, |graph| round_of(graph, &network)) {
                Ok(round) => {
                    round.expect("channels of one round");
                    if !has_read {
                        println!("reads");
                    }
                    has_read = true;
                }
                Err(ReadError::Busy) => {}
                Err(error) => return println!("{error}"),
            }
        }
    }

    /// Returns the round of the channels that change at once; `None` if they are not of one.
    fn round_of(graph: &Reader<'_>, network: &Network) -> Option<u32> {
        let mut rounds = network.channels[..AT_ONCE].iter().map(|announcement| {
            let handle = graph.channel_by_scid(announcement.short_channel_id())?;
            round_in(&graph.channel(handle)?)
        });
        let first = rounds.next()??;
        rounds.all(|round| round == Some(first)).then_some(first)
    }

    /// An owner with a clock.
    struct Served {
        owner: Owner,
        network: Network,
        begin: Clock,
    }

    impl Served {
        fn new(folder: &Path) -> Self {
            let config = Config {
                quarantine: QUARANTINE,
                ..Config::new(ChainHash::REGTEST, SEED)
            };
            Self {
                owner: Owner::bind(folder, config, lease::Config::default()).unwrap(),
                network: Network::new(CHANNELS),
                begin: Clock::now(),
            }
        }

        fn now(&self) -> Instant {
            Instant::from_epoch(self.begin.elapsed())
        }

        /// Writes, without waiting for anybody.
        fn write(&mut self, change: impl FnOnce(&mut Graph)) {
            let written = self.owner.write(self.now(), change);
            assert_eq!(written, Some(()), "it would have to wait");
        }

        /// Makes the first channels ones of a round at once, the next each alone, and takes some of the rest out or
        /// back in: indexes and lists move, slots are freed and taken.
        fn change(&mut self, round: u32) {
            let now = self.now();
            let (at_once, rest) = self.network.channels.split_at(AT_ONCE);
            let written = self.owner.write(now, |graph| {
                for channel in at_once {
                    set(graph, now, channel.short_channel_id(), round);
                }
            });
            assert_eq!(written, Some(()), "it would have to wait");
            let some = rest.iter().skip(round as usize % STEP).step_by(STEP);
            let written = self.owner.write_each(now, some, |graph, channel| {
                let id = channel.short_channel_id();
                let handle = graph.channel_by_scid(id);
                match handle.filter(|_| (round as usize / STEP) % 2 == 0) {
                    Some(handle) => drop(graph.remove_channel(now, handle)),
                    None => {
                        let _is_there = graph.apply_channel(now, channel, None);
                        set(graph, now, id, round);
                    }
                }
            });
            assert_eq!(written, Some(()), "it would have to wait");
        }

        fn serve(&mut self) {
            self.owner.serve(self.now()).unwrap();
            thread::yield_now();
        }

        fn serve_until(&mut self, is_done: impl Fn(&Owner) -> bool) {
            let begin = Clock::now();
            while !is_done(&self.owner) {
                assert!(begin.elapsed() < PATIENCE);
                self.serve();
            }
        }
    }

    /// Short enough for slots to be taken again, and longer than any walk.
    const QUARANTINE: Duration = Duration::from_millis(500);
    const CHANNELS: u32 = 1500;
    /// Channels that stay, and change at once.
    const AT_ONCE: usize = 20;
    /// Channels that come and go, of which a reader asks for each.
    const ALONE: usize = 200;
    /// Of those that come and go, every so many-th changes in a round.
    const STEP: usize = 40;
    /// Good reads of a kind.
    const GOOD: u32 = 500;
    /// A loaded machine is slow, not broken.
    const PATIENCE: Duration = Duration::from_secs(60);
}
