//! Owner and readers as processes of their own, each killed or stopped while the other works.
//!
//! `cargo test` starts this program, which starts itself again as owner or reader.
#![expect(clippy::print_stdout, reason = "processes talk over it")]
#![allow(missing_docs, reason = "a program")]

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
    use std::{
        env, fs, io, os::unix::fs::PermissionsExt as _, path::Path, thread::sleep,
        time::Instant as Clock,
    };

    use routemap::{
        Instant,
        shm::{
            EPOCH, Host, HostError, Lease, Segment,
            lease::{Config, Input, Leases, Output},
        },
    };
    use rustix::process::Signal;

    use super::processes::{Process, Test, holders, mapped, run_each};

    pub(super) fn main() {
        let args: Vec<String> = env::args().collect();
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [_, "owner", folder] => owner(Path::new(folder)),
            [_, "reader", folder] => reader(Path::new(folder)),
            _ => tests(),
        }
    }

    fn tests() {
        let tests: [(&str, Test); 5] = [
            (
                "a_killed_owner_leaves_no_memory",
                a_killed_owner_leaves_no_memory,
            ),
            (
                "a_killed_reader_frees_the_owner_at_once",
                a_killed_reader_frees_the_owner_at_once,
            ),
            (
                "a_stopped_reader_costs_a_second",
                a_stopped_reader_costs_a_second,
            ),
            ("there_is_one_owner", there_is_one_owner),
            (
                "a_folder_that_others_may_enter_is_refused",
                a_folder_that_others_may_enter_is_refused,
            ),
        ];
        run_each(&tests);
    }

    fn a_killed_owner_leaves_no_memory(folder: &Path) {
        let shm_before = dev_shm();
        let mut owner = Process::start("owner", folder);
        owner.line();
        // It writes all the time; what counts is never torn.
        let (mut counted, mut torn) = (0, 0);
        let begin = Clock::now();
        while counted < 20 {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{counted} {torn}"
            );
            let lease = Lease::connect(folder, PATIENCE).unwrap();
            let words = &lease.segments()[1];
            let first = words.get(0).unwrap();
            let is_same = (0..words.len()).all(|i| words.get(i) == Some(first));
            if lease.counts() {
                assert!(is_same, "torn, and it counts");
                counted += 1;
            } else {
                torn += usize::from(!is_same);
            }
        }

        let lease = Lease::connect(folder, PATIENCE).unwrap();
        assert!(lease.is_held() && lease.counts());
        let inodes = mapped(std::process::id());
        assert_eq!(inodes.len(), 2, "two segments");
        assert!(
            mapped(owner.child.id())
                .iter()
                .any(|inode| inodes.contains(inode))
        );
        owner.child.kill().unwrap();
        owner.child.wait().unwrap();
        eventually("the reader learns", || !lease.is_held());
        // What is mapped stays readable: no signal.
        let words = &lease.segments()[1];
        assert!((0..words.len()).all(|i| words.get(i).is_some()));
        let again = Lease::connect(folder, PATIENCE).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::ConnectionRefused);
        drop(lease);
        // Anonymous memory is there for as long as somebody has it open or mapped.
        assert!(holders(&inodes).is_empty());
        assert_eq!(dev_shm(), shm_before);

        // The socket is still there; the next owner replaces it.
        assert!(folder.join("socket").exists());
        let mut owner = Process::start("owner", folder);
        owner.line();
        assert!(Lease::connect(folder, PATIENCE).unwrap().is_held());
    }

    fn a_killed_reader_frees_the_owner_at_once(folder: &Path) {
        let mut owner = Owner::new(folder);
        let mut reader = Process::start("reader", folder);
        owner.serve_until(|leases| leases.readers() == 1);
        assert_eq!(reader.line(), "held");
        owner.want_write();
        owner.serve_for(Duration::from_millis(100));
        assert!(!owner.may_write, "somebody reads");
        reader.child.kill().unwrap();
        let begin = Clock::now();
        owner.serve_until_write();
        assert!(
            begin.elapsed() < Duration::from_millis(700),
            "{:?}",
            begin.elapsed()
        );
    }

    fn a_stopped_reader_costs_a_second(folder: &Path) {
        let mut owner = Owner::new(folder);
        let mut reader = Process::start("reader", folder);
        owner.serve_until(|leases| leases.readers() == 1);
        assert_eq!(reader.line(), "held");
        reader.signal(Signal::STOP);
        let begin = Clock::now();
        owner.want_write();
        owner.serve_until_write();
        let waited = begin.elapsed();
        assert!(waited >= Config::WRITE_WAIT, "{waited:?}");
        assert!(
            waited < Config::WRITE_WAIT + Duration::from_secs(1),
            "{waited:?}"
        );
        // It wakes, finishes its read, and learns that it does not count.
        reader.signal(Signal::CONT);
        reader.say("check");
        assert_eq!(reader.line(), "counts: false, held: false");
    }

    fn there_is_one_owner(folder: &Path) {
        let _owner = Owner::new(folder);
        assert!(matches!(Host::bind(folder), Err(HostError::InUse)));
        let begin = Clock::now();
        // Nobody serves: the reader gives up.
        let error = Lease::connect(folder, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(begin.elapsed() < Duration::from_secs(2));
    }

    fn a_folder_that_others_may_enter_is_refused(folder: &Path) {
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(Host::bind(folder), Err(HostError::Folder)));
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(Host::bind(folder).is_ok());
    }

    /// Serves, and writes one number to all words whenever it may.
    fn owner(folder: &Path) {
        let mut owner = Owner::new(folder);
        println!("ready");
        loop {
            owner.want_write();
            owner.serve_until_write();
            owner.write();
            owner.serve_for(Duration::from_millis(3));
        }
    }

    /// Takes a lease and holds it; says at the end whether it counted.
    fn reader(folder: &Path) {
        let lease = Lease::connect(folder, PATIENCE).unwrap();
        assert!(lease.counts());
        println!("held");
        let mut line = String::new();
        io::stdin().read_line(&mut line).unwrap();
        // The owner may be about to close.
        sleep(Duration::from_millis(50));
        println!("counts: {}, held: {}", lease.counts(), lease.is_held());
    }

    /// What an embedder does around the machine: a clock, a socket, two segments.
    struct Owner {
        host: Host,
        leases: Leases,
        segments: Vec<Segment>,
        begin: Clock,
        may_write: bool,
        written: u64,
    }

    impl Owner {
        fn new(folder: &Path) -> Self {
            Self {
                host: Host::bind(folder).unwrap(),
                leases: Leases::new(Config::default()),
                segments: vec![
                    Segment::create(1).unwrap(),
                    Segment::create(100_000).unwrap(),
                ],
                begin: Clock::now(),
                may_write: false,
                written: 0,
            }
        }

        fn now(&self) -> Instant {
            Instant::from_epoch(self.begin.elapsed())
        }

        fn input(&mut self, input: Input) {
            let now = self.now();
            self.leases.handle_input(now, input);
            while let Some(output) = self.leases.poll_output() {
                match output {
                    Output::RaiseEpoch(epoch) => {
                        self.segments[0].set_before(EPOCH, epoch).unwrap();
                    }
                    Output::Write => self.may_write = true,
                    _ => {}
                }
                if let Some(input) = self.host.carry_out(output, &self.segments).unwrap() {
                    self.leases.handle_input(now, input);
                }
            }
        }

        fn want_write(&mut self) {
            self.input(Input::WriteWanted);
        }

        fn write(&mut self) {
            assert!(self.may_write);
            self.written += 1;
            for i in 0..self.segments[1].len() {
                self.segments[1].set(i, self.written).unwrap();
            }
            self.may_write = false;
            self.input(Input::WriteDone);
        }

        fn serve(&mut self) {
            for input in self.host.poll() {
                self.input(input);
            }
            let now = self.now();
            if self.leases.poll_timeout().is_some_and(|at| at <= now) {
                self.leases.handle_timeout(now);
                // Hands out what came of it.
                self.input(Input::Closed(routemap::shm::lease::ConnectionId(u64::MAX)));
            }
            sleep(Duration::from_millis(1));
        }

        fn serve_for(&mut self, time: Duration) {
            let begin = Clock::now();
            while begin.elapsed() < time {
                self.serve();
            }
        }

        fn serve_until(&mut self, done: impl Fn(&Leases) -> bool) {
            let begin = Clock::now();
            while !done(&self.leases) {
                assert!(begin.elapsed() < PATIENCE);
                self.serve();
            }
        }

        fn serve_until_write(&mut self) {
            let begin = Clock::now();
            while !self.may_write {
                assert!(begin.elapsed() < PATIENCE);
                self.serve();
            }
        }
    }

    fn dev_shm() -> Vec<std::ffi::OsString> {
        let entries = fs::read_dir("/dev/shm").map(|entries| entries.flatten().collect::<Vec<_>>());
        let names = entries
            .unwrap_or_default()
            .into_iter()
            .map(|entry| entry.file_name());
        names
            .filter(|name| name.to_string_lossy().contains("routemap"))
            .collect()
    }

    fn eventually(what: &str, is_so: impl Fn() -> bool) {
        let begin = Clock::now();
        while !is_so() {
            assert!(begin.elapsed() < PATIENCE, "{what}");
            sleep(Duration::from_millis(5));
        }
    }

    /// A loaded machine is slow, not broken.
    const PATIENCE: Duration = Duration::from_secs(10);
}
