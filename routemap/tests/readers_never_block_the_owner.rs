//! Leases against a naive model: readers that stay, die, loop and come in crowds; an owner that keeps writing.
#![cfg(all(feature = "shm", target_os = "linux"))]

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use proptest::prelude::*;
use routemap::{
    Instant,
    shm::lease::{Config, ConnectionId, Input, Leases, Output},
};

#[derive(Clone, Copy, Debug)]
enum Op {
    Connect {
        user: u32,
    },
    ConnectWithoutLease {
        user: u32,
    },
    /// One of the connections, whatever became of it.
    Close(prop::sample::Index),
    WantWrite,
    /// The owner is done, if it was writing.
    Done,
    Wait {
        millis: u64,
    },
    /// A reader looks at the memory, whether or not it may.
    Look(prop::sample::Index),
    /// And at the epoch after.
    Check(prop::sample::Index),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let index = any::<prop::sample::Index>;
    let op = prop_oneof![
        4 => (0..3_u32).prop_map(|user| Op::Connect { user }),
        2 => (0..3_u32).prop_map(|user| Op::ConnectWithoutLease { user }),
        3 => index().prop_map(Op::Close),
        3 => Just(Op::WantWrite),
        3 => Just(Op::Done),
        3 => prop_oneof![0..1500_u64, Just(1_800_000)].prop_map(|millis| Op::Wait { millis }),
        4 => index().prop_map(Op::Look),
        4 => index().prop_map(Op::Check),
    ];
    proptest::collection::vec(op, 1..120)
}

/// What a reader process knows. It goes on reading after its lease: the memory stays mapped.
#[derive(Clone, Copy, Debug, Default)]
struct Reader {
    granted: Option<u64>,
    /// What the memory held, at each of its looks: the first and the last.
    seen: Option<(u64, u64)>,
}

#[derive(Debug)]
struct World {
    leases: Leases,
    now: Instant,
    /// The shared memory: epoch, and a value that each write changes twice.
    epoch: u64,
    value: u64,
    is_writing: bool,
    wanted_since: Option<Instant>,
    readers: BTreeMap<ConnectionId, Reader>,
    /// Users of connections that are open on the owner's side.
    open: BTreeMap<ConnectionId, u32>,
    waiting: Vec<ConnectionId>,
    without_lease: BTreeSet<ConnectionId>,
    next: u64,
}

impl World {
    fn drain(&mut self) {
        while let Some(output) = self.leases.poll_output() {
            match output {
                Output::Grant { id, epoch } => {
                    assert_eq!(epoch, self.epoch);
                    if self.without_lease.contains(&id) {
                        continue;
                    }
                    assert!(!self.is_writing, "granted during a write");
                    if self.open.contains_key(&id) {
                        self.readers.get_mut(&id).unwrap().granted = Some(epoch);
                    }
                    // Those who queued come in their order, and before anybody else.
                    if !self.waiting.is_empty() {
                        assert_eq!(self.waiting.remove(0), id);
                    }
                }
                Output::Refuse(id) | Output::Revoke(id) => {
                    assert!(self.open.remove(&id).is_some(), "closed twice");
                }
                Output::RaiseEpoch(epoch) => {
                    assert_eq!(epoch, self.epoch + 1);
                    self.epoch = epoch;
                }
                Output::Write => {
                    let held: Vec<_> = self
                        .open
                        .keys()
                        .filter(|id| !self.waiting.contains(id) && !self.without_lease.contains(id))
                        .collect();
                    assert!(held.is_empty(), "{held:?} still hold a lease");
                    let since = self.wanted_since.take().expect("somebody wanted to write");
                    assert!(
                        self.now.saturating_since(since) <= Config::WRITE_WAIT,
                        "too late"
                    );
                    self.is_writing = true;
                    // Half written.
                    self.value += 1;
                }
            }
        }
    }

    /// Lets time pass with every deadline kept.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.leases.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.leases.handle_timeout(self.now);
            self.drain();
            assert!(
                self.leases
                    .poll_timeout()
                    .is_none_or(|next| next > self.now),
                "spins"
            );
        }
        self.now = end;
    }

    /// Opens a connection; returns also whether there are too many without it.
    fn open(&mut self, user: u32, config: &Config) -> (ConnectionId, bool) {
        let id = ConnectionId(self.next);
        self.next += 1;
        let of_user = self.open.values().filter(|u| **u == user).count();
        let is_full = of_user >= config.readers_per_user || self.open.len() >= config.readers;
        self.open.insert(id, user);
        (id, is_full)
    }

    fn pick(&self, index: prop::sample::Index) -> Option<ConnectionId> {
        let ids = self.readers.keys().chain(&self.without_lease);
        let ids: Vec<_> = ids.copied().collect();
        (!ids.is_empty()).then(|| ids[index.index(ids.len())])
    }

    fn run(&mut self, op: Op, config: &Config) {
        match op {
            Op::Connect { user } => {
                let (id, is_full) = self.open(user, config);
                self.readers.insert(id, Reader::default());
                let queues = !is_full && (self.is_writing || self.wanted_since.is_some());
                if queues {
                    self.waiting.push(id);
                }
                self.leases
                    .handle_input(self.now, Input::Connected { id, user });
                self.drain();
                assert_eq!(self.open.contains_key(&id), !is_full);
                let is_granted = self.readers[&id].granted.is_some();
                assert_eq!(is_granted, !is_full && !queues);
            }
            Op::ConnectWithoutLease { user } => {
                let (id, is_full) = self.open(user, config);
                self.without_lease.insert(id);
                let input = Input::ConnectedWithoutLease { id, user };
                self.leases.handle_input(self.now, input);
                // At once, whoever reads or writes.
                let answer = self.leases.poll_output();
                if is_full {
                    assert_eq!(answer, Some(Output::Refuse(id)));
                    self.open.remove(&id);
                } else {
                    let epoch = self.epoch;
                    assert_eq!(answer, Some(Output::Grant { id, epoch }));
                }
                assert_eq!(self.leases.poll_output(), None);
            }
            Op::Close(index) => {
                let Some(id) = self.pick(index) else { return };
                self.without_lease.remove(&id);
                self.open.remove(&id);
                self.waiting.retain(|waiting| *waiting != id);
                self.leases.handle_input(self.now, Input::Closed(id));
                self.drain();
            }
            Op::WantWrite => {
                if !self.is_writing {
                    self.wanted_since.get_or_insert(self.now);
                    self.leases.handle_input(self.now, Input::WriteWanted);
                    self.drain();
                }
            }
            Op::Done => {
                if self.is_writing {
                    self.value += 1;
                    self.is_writing = false;
                }
                self.leases.handle_input(self.now, Input::WriteDone);
                self.drain();
                assert!(self.is_writing || self.wanted_since.is_some() || self.waiting.is_empty());
            }
            Op::Wait { millis } => self.pass(Duration::from_millis(millis)),
            Op::Look(index) => {
                let Some(id) = self.pick(index) else { return };
                let value = self.value;
                let Some(reader) = self.readers.get_mut(&id) else {
                    return;
                };
                if reader.granted.is_some() {
                    let first = reader.seen.map_or(value, |(first, _)| first);
                    reader.seen = Some((first, value));
                }
            }
            Op::Check(index) => {
                let Some(id) = self.pick(index) else { return };
                let Some(reader) = self.readers.get_mut(&id) else {
                    return;
                };
                // It counts: then nothing changed in between, and nothing was half written.
                if reader.granted == Some(self.epoch) {
                    if let Some((first, last)) = reader.seen {
                        assert_eq!(first, last, "a read across a write counted");
                        assert_eq!(first % 2, 0, "half a write counted");
                    }
                }
                reader.seen = None;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_sequence(ops in ops()) {
        let config = Config { readers_per_user: 3, readers: 7, ..Config::default() };
        let mut world = World {
            leases: Leases::new(config.clone()),
            now: Instant::ZERO,
            epoch: 0,
            value: 0,
            is_writing: false,
            wanted_since: None,
            readers: BTreeMap::new(),
            open: BTreeMap::new(),
            waiting: Vec::new(),
            without_lease: BTreeSet::new(),
            next: 0,
        };
        for op in ops {
            world.run(op, &config);
            prop_assert_eq!(world.leases.readers(), world.open.len());
            prop_assert!(world.leases.readers() <= 7);
            prop_assert_eq!(world.leases.epoch(), world.epoch);
            // Whoever wants to write has a deadline.
            prop_assert!(world.wanted_since.is_none() || world.leases.poll_timeout().is_some());
        }
        // However it went: the owner gets its turn within the second, and the readers theirs after.
        if !world.is_writing {
            world.run(Op::WantWrite, &config);
            world.pass(Config::WRITE_WAIT);
            prop_assert!(world.is_writing);
        }
        world.run(Op::Done, &config);
        prop_assert!(world.waiting.is_empty());
        // And nobody holds a lease for longer than the limit.
        world.pass(Config::LEASE_LIMIT);
        world.open.retain(|id, _| !world.without_lease.contains(id));
        prop_assert_eq!(world.open.len(), 0);
        prop_assert_eq!(world.leases.poll_timeout(), None);
    }
}

#[test]
fn an_epoch_nobody_read_under_is_not_raised() {
    let mut leases = Leases::new(Config::default());
    for _ in 0..3 {
        leases.handle_input(Instant::ZERO, Input::WriteWanted);
        assert_eq!(leases.poll_output(), Some(Output::Write));
        leases.handle_input(Instant::ZERO, Input::WriteDone);
    }
    assert_eq!((leases.epoch(), leases.poll_output()), (0, None));
}

#[test]
fn an_owner_that_writes_all_the_time_lets_readers_in_between() {
    let mut leases = Leases::new(Config::default());
    leases.handle_input(Instant::ZERO, Input::WriteWanted);
    assert_eq!(leases.poll_output(), Some(Output::Write));
    let id = ConnectionId(1);
    leases.handle_input(Instant::ZERO, Input::Connected { id, user: 0 });
    leases.handle_input(Instant::ZERO, Input::WriteWanted);
    assert_eq!(leases.poll_output(), None);
    leases.handle_input(Instant::ZERO, Input::WriteDone);
    assert_eq!(leases.poll_output(), Some(Output::Grant { id, epoch: 0 }));
    assert_eq!(leases.poll_output(), None);
    leases.handle_input(Instant::ZERO, Input::Closed(id));
    assert_eq!(leases.poll_output(), Some(Output::RaiseEpoch(1)));
    assert_eq!(leases.poll_output(), Some(Output::Write));
}
