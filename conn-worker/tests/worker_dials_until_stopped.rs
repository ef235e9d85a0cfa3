//! The life of a persistent peer: one dial at a time, no result lost, no dial after the stop.

use core::time::Duration;
extern crate alloc;

use alloc::collections::BTreeMap;

use conn_worker::lnwire::{Address, Instant, NodeId};
use conn_worker::worker::{AttemptId, DialError, Event, Input, Output};
use conn_worker::{EndReason, Worker, WorkerConfig};
use proptest::prelude::*;

fn at(millis: u64) -> Instant {
    Instant::from_epoch(Duration::from_millis(millis))
}

fn seconds(seconds: u64) -> Instant {
    at(seconds * 1000)
}

fn address(port: u16) -> Address {
    Address::Ipv4 {
        ip: [10, 0, 0, 1].into(),
        port,
    }
}

fn addresses(ports: &[u16]) -> Vec<Address> {
    ports.iter().copied().map(address).collect()
}

fn worker() -> Worker {
    Worker::new(NodeId([2; 33]), WorkerConfig::default(), 1)
}

fn drain(worker: &mut Worker) -> Vec<Output> {
    core::iter::from_fn(|| worker.poll_output()).collect()
}

/// The one dial among the outputs.
fn dial(worker: &mut Worker) -> (AttemptId, u16) {
    let mut dials = drain(worker).into_iter().filter_map(|output| match output {
        Output::Dial {
            attempt,
            address: Address::Ipv4 { port, .. },
            ..
        } => Some((attempt, port)),
        _ => None,
    });
    let dial = dials.next().expect("a dial");
    assert_eq!(dials.next(), None);
    dial
}

fn fail(worker: &mut Worker, now: Instant, attempt: AttemptId) {
    let error = DialError::Refused;
    worker.handle_input(now, Input::DialFailed { attempt, error });
}

/// Fails each dial until there is none; returns how many that were.
fn fail_all(worker: &mut Worker, now: Instant) -> u32 {
    let mut dials = 0;
    while let Some(output) = worker.poll_output() {
        if let Output::Dial { attempt, .. } = output {
            dials += 1;
            fail(worker, now, attempt);
        }
    }
    dials
}

/// A worker that is connected by its first dial to port 1.
fn connected(now: Instant) -> (Worker, AttemptId) {
    let mut worker = worker();
    worker.connect(now, addresses(&[1]));
    let (attempt, _) = dial(&mut worker);
    worker.handle_input(now, Input::DialOk { attempt });
    worker.handle_input(now, Input::SessionUp { attempt });
    assert_eq!(
        drain(&mut worker),
        [
            Output::Adopt { attempt },
            Output::Event(Event::Up { attempt })
        ]
    );
    assert!(worker.is_up());
    assert_eq!(worker.poll_timeout(), None);
    (worker, attempt)
}

/// Lets the deadline come; returns it.
fn pass(worker: &mut Worker) -> Instant {
    let due = worker.poll_timeout().expect("a deadline");
    worker.handle_timeout(due);
    due
}

#[test]
fn addresses_in_turn_then_longer_and_longer_waits() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1, 2, 3]));
    for n in 0..20 {
        for port in 1..=3 {
            let (attempt, dialled) = dial(&mut worker);
            assert_eq!(dialled, port);
            fail(&mut worker, now, attempt);
        }
        let base = Duration::from_secs((1 << n).min(3600));
        let due = pass(&mut worker);
        assert!(base / 2 <= due - now && due - now <= base);
        now = due;
    }
}

#[test]
fn reconnects_after_a_wait_that_stable_time_shortens() {
    let (mut worker, mut attempt) = connected(seconds(0));
    let mut now = seconds(0);
    let reason = EndReason::RemoteClosed;
    // It flaps: the wait grows.
    for n in 0..12 {
        worker.handle_input(now, Input::SessionEnded { attempt, reason });
        let base = Duration::from_secs((1 << n).min(3600));
        let due = pass(&mut worker);
        assert!(base / 2 <= due - now && due - now <= base);
        now = due;
        attempt = dial(&mut worker).0;
        worker.handle_input(now, Input::DialOk { attempt });
        worker.handle_input(now, Input::SessionUp { attempt });
    }
    // Fifty minutes of peace: five halvings.
    now = now + Duration::from_secs(3000);
    worker.handle_input(now, Input::SessionEnded { attempt, reason });
    let base = Duration::from_secs(3600) / 32;
    let wait = worker.poll_timeout().unwrap() - now;
    assert!(base / 2 <= wait && wait <= base, "{wait:?}");
}

#[test]
fn what_worked_last_is_dialled_first() {
    let mut worker = worker();
    let now = seconds(0);
    worker.connect(now, addresses(&[1, 2]));
    let (attempt, _) = dial(&mut worker);
    fail(&mut worker, now, attempt);
    let (attempt, port) = dial(&mut worker);
    assert_eq!(port, 2);
    worker.handle_input(now, Input::DialOk { attempt });
    worker.handle_input(now, Input::SessionUp { attempt });
    let reason = EndReason::PongTimeout;
    worker.handle_input(now, Input::SessionEnded { attempt, reason });
    pass(&mut worker);
    assert_eq!(dial(&mut worker).1, 2);
}

#[test]
fn late_results_are_disposed_of() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1, 2]));
    let (first, _) = dial(&mut worker);
    // The embedder forgot the time limit.
    assert_eq!(pass(&mut worker), seconds(35));
    let outputs = drain(&mut worker);
    assert_eq!(outputs[0], Output::AbortDial { attempt: first });
    assert!(matches!(outputs[2], Output::Dial { .. }));
    worker.handle_input(seconds(36), Input::DialOk { attempt: first });
    assert_eq!(drain(&mut worker), [Output::Discard { attempt: first }]);
    // And a session that never got up is hung up.
    let (mut worker, attempt) = {
        let mut worker = self::worker();
        worker.connect(seconds(0), addresses(&[1]));
        let attempt = dial(&mut worker).0;
        worker.handle_input(seconds(1), Input::DialOk { attempt });
        drain(&mut worker);
        (worker, attempt)
    };
    assert_eq!(pass(&mut worker), seconds(61));
    assert_eq!(drain(&mut worker)[0], Output::Hangup { attempt });
    let reason = EndReason::RemoteClosed;
    worker.handle_input(seconds(61), Input::SessionEnded { attempt, reason });
    assert_eq!(drain(&mut worker), []);
}

#[test]
fn stop_works_in_every_state() {
    const STOPPED: Output = Output::Event(Event::Stopped);
    let now = seconds(0);
    let stop = |mut worker: Worker| {
        drain(&mut worker);
        worker.stop(now);
        let outputs = drain(&mut worker);
        worker.connect(now, addresses(&[1]));
        worker.update_addresses(now, addresses(&[2]));
        worker.disconnect(now);
        worker.stop(now);
        worker.handle_timeout(seconds(1_000_000));
        assert_eq!(drain(&mut worker), []);
        assert_eq!(worker.poll_timeout(), None);
        outputs
    };
    assert_eq!(stop(worker()), [STOPPED], "idle");
    let mut waiting = worker();
    waiting.connect(now, vec![]);
    assert_eq!(stop(waiting), [STOPPED], "waiting for an address");
    let mut dialling = worker();
    dialling.connect(now, addresses(&[1]));
    let attempt = dial(&mut dialling).0;
    let abort = Output::AbortDial { attempt };
    assert_eq!(stop(dialling), [abort, STOPPED], "dialling");
    let mut waiting = worker();
    waiting.connect(now, addresses(&[1]));
    let attempt = dial(&mut waiting).0;
    fail(&mut waiting, now, attempt);
    assert_eq!(stop(waiting), [STOPPED], "back-off");
    let (up, attempt) = connected(now);
    assert_eq!(stop(up), [Output::Hangup { attempt }, STOPPED], "connected");
}

#[test]
fn no_address_no_dial_until_one_is_told() {
    let mut worker = worker();
    worker.connect(seconds(0), vec![address(0)]);
    assert_eq!(
        drain(&mut worker),
        [Output::Event(Event::AddressWanted)],
        "port 0 is no address"
    );
    pass(&mut worker);
    assert_eq!(drain(&mut worker), [Output::Event(Event::AddressWanted)]);
    worker.update_addresses(seconds(2), addresses(&[7]));
    assert_eq!(dial(&mut worker).1, 7);
}

#[test]
fn repeated_connect_neither_cancels_nor_hammers() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1]));
    let (attempt, _) = dial(&mut worker);
    worker.connect(seconds(5), addresses(&[2]));
    assert_eq!(drain(&mut worker), [], "the slow dial goes on");
    fail(&mut worker, seconds(6), attempt);
    let (attempt, port) = dial(&mut worker);
    assert_eq!(port, 2, "and the new address is next");
    fail(&mut worker, seconds(6), attempt);
    // A tool that connects every 100 ms gets one round in ten seconds, besides the back-off.
    let mut dials = 0;
    for now in (6000..66_000).step_by(100).map(at) {
        worker.connect(now, addresses(&[1]));
        worker.handle_timeout(now);
        dials += fail_all(&mut worker, now);
    }
    assert!((10..=30).contains(&dials), "{dials} dials of two addresses");
}

#[test]
fn vanished_address_is_aborted_and_a_new_one_heals() {
    let mut worker = worker();
    worker.update_addresses(seconds(0), addresses(&[1, 2]));
    assert_eq!(drain(&mut worker), [], "nobody wants it");
    worker.connect(seconds(0), vec![]);
    let (attempt, _) = dial(&mut worker);
    worker.update_addresses(seconds(1), addresses(&[2, 3]));
    let outputs = drain(&mut worker);
    assert_eq!(outputs[0], Output::AbortDial { attempt });
    assert!(matches!(&outputs[1], Output::Dial { address: a, .. } if *a == address(2)));
    // Into a long back-off.
    let Output::Dial { attempt, .. } = outputs[1] else {
        unreachable!()
    };
    fail(&mut worker, seconds(1), attempt);
    fail_all(&mut worker, seconds(1));
    for _ in 0..20 {
        let due = pass(&mut worker);
        fail_all(&mut worker, due);
    }
    let until = worker.poll_timeout().unwrap();
    let now = Instant::from_epoch(until.since_epoch() - Duration::from_secs(1500));
    worker.update_addresses(now, addresses(&[2, 3, 4]));
    let (attempt, port) = dial(&mut worker);
    assert_eq!(port, 4);
    fail(&mut worker, now, attempt);
    assert_eq!(worker.poll_timeout(), Some(until), "not later, not sooner");
    drain(&mut worker);
    worker.update_addresses(now + Duration::from_secs(59), addresses(&[5]));
    assert_eq!(drain(&mut worker), [], "too soon for another");
    worker.update_addresses(now + Duration::from_secs(60), addresses(&[6]));
    assert_eq!(dial(&mut worker).1, 6);
}

#[test]
fn announcing_ever_new_addresses_does_not_make_us_dial() {
    let mut worker = worker();
    worker.connect(seconds(0), vec![]);
    let mut dials = 0;
    for n in 1..=6000_u16 {
        let now = at(u64::from(n) * 100);
        worker.update_addresses(now, addresses(&[n, n + 1]));
        worker.handle_timeout(now);
        dials += fail_all(&mut worker, now);
    }
    // In ten minutes: ten times for new addresses, and what the back-off allows.
    assert!((10..=50).contains(&dials), "{dials} dials");
}

#[test]
fn proxy_failure_does_not_blame_the_peer() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1, 2]));
    for _ in 0..10 {
        let (attempt, port) = dial(&mut worker);
        let error = DialError::Proxy;
        worker.handle_input(now, Input::DialFailed { attempt, error });
        let due = pass(&mut worker);
        assert!(due - now <= Duration::from_secs(1) && port == 1);
        now = due;
    }
}

#[test]
fn peer_we_cannot_talk_to_is_seldom_dialled() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1]));
    let (attempt, _) = dial(&mut worker);
    worker.handle_input(seconds(0), Input::DialOk { attempt });
    let reason = EndReason::NoCommonChain;
    worker.handle_input(seconds(0), Input::SessionEnded { attempt, reason });
    assert!(worker.poll_timeout() >= Some(seconds(1800)));
}

#[test]
fn disconnect_is_not_for_good() {
    let (mut worker, attempt) = connected(seconds(0));
    worker.disconnect(seconds(1));
    assert_eq!(drain(&mut worker), [Output::Hangup { attempt }]);
    assert_eq!(worker.poll_timeout(), None);
    worker.connect(seconds(20), vec![]);
    assert!(dial(&mut worker).0 > attempt);
}

#[derive(Clone, Debug)]
enum Op {
    Connect(Vec<u16>),
    Update(Vec<u16>),
    Disconnect,
    Stop,
    Wait(u32),
    Pass,
    Ok(usize),
    Fail(usize, DialError),
    Up,
    Ended(EndReason),
}

fn op() -> impl Strategy<Value = Op> {
    let ports = || prop::collection::vec(0_u16..24, 0..20);
    prop_oneof![
        3 => ports().prop_map(Op::Connect),
        3 => ports().prop_map(Op::Update),
        1 => Just(Op::Disconnect),
        1 => prop::bool::weighted(0.1).prop_map(|stop| if stop { Op::Stop } else { Op::Pass }),
        4 => (0_u32..100_000).prop_map(Op::Wait),
        6 => Just(Op::Pass),
        6 => (0_usize..4).prop_map(Op::Ok),
        6 => (0_usize..4, prop::sample::select(vec![
            DialError::Refused, DialError::Timeout, DialError::Proxy, DialError::Aborted,
        ])).prop_map(|(which, error)| Op::Fail(which, error)),
        4 => Just(Op::Up),
        4 => prop::sample::select(vec![
            EndReason::RemoteClosed, EndReason::ClosedInHandshake, EndReason::NoCommonChain,
        ]).prop_map(Op::Ended),
    ]
}

/// What the embedder knows.
#[derive(Default)]
struct Model {
    /// Dials without a result, and whether they were aborted.
    dials: BTreeMap<AttemptId, bool>,
    adopted: Option<AttemptId>,
    last: Option<AttemptId>,
    wanted: bool,
    stopped: bool,
}

impl Model {
    /// Follows the outputs of one call; `landed` is the dial whose success it was told.
    fn follow(&mut self, worker: &mut Worker, now: Instant, landed: Option<AttemptId>) {
        let outputs = drain(worker);
        assert!(outputs.len() <= 3, "{outputs:?}");
        let mut disposed = 0;
        for output in outputs {
            match output {
                Output::Dial { attempt, .. } => {
                    assert!(self.wanted && !self.stopped, "an unwanted dial");
                    assert!(self.dials.values().all(|aborted| *aborted), "two dials");
                    assert!(self.adopted.is_none() && self.last < Some(attempt));
                    self.last = Some(attempt);
                    self.dials.insert(attempt, false);
                }
                Output::AbortDial { attempt } => {
                    assert_eq!(self.dials.insert(attempt, true), Some(false));
                }
                Output::Adopt { attempt } => {
                    assert!(landed == Some(attempt) && self.adopted.is_none());
                    self.adopted = Some(attempt);
                    disposed += 1;
                }
                Output::Discard { attempt } => {
                    assert_eq!(landed, Some(attempt));
                    disposed += 1;
                }
                Output::Hangup { attempt } => {
                    assert_eq!(self.adopted.take(), Some(attempt));
                }
                Output::Event(Event::Waiting { until }) => {
                    assert!(until - now <= Duration::from_secs(3600));
                }
                Output::Event(_) => {}
            }
        }
        assert_eq!(disposed, u32::from(landed.is_some()), "once and only once");
        assert_eq!(
            worker.poll_timeout().is_some(),
            self.wanted && !worker.is_up(),
            "whoever waits has a deadline"
        );
    }

    fn take(&mut self, which: usize) -> Option<AttemptId> {
        let attempt = *self.dials.keys().nth(which)?;
        self.dials.remove(&attempt);
        Some(attempt)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn nothing_is_lost_and_nothing_done_twice(
        seed: u64,
        ops in prop::collection::vec(op(), 1..200),
    ) {
        let mut worker = Worker::new(NodeId([2; 33]), WorkerConfig::default(), seed);
        let mut model = Model::default();
        let mut now = seconds(0);
        for op in ops {
            let mut landed = None;
            match op {
                Op::Connect(ports) => {
                    model.wanted = !model.stopped;
                    worker.connect(now, addresses(&ports));
                }
                Op::Update(ports) => worker.update_addresses(now, addresses(&ports)),
                Op::Disconnect => {
                    model.wanted = false;
                    worker.disconnect(now);
                }
                Op::Stop => {
                    model.wanted = false;
                    model.stopped = true;
                    worker.stop(now);
                }
                Op::Wait(millis) => {
                    now = now + Duration::from_millis(millis.into());
                    worker.handle_timeout(now);
                }
                Op::Pass => {
                    now = worker.poll_timeout().map_or(now, |due| due.max(now));
                    worker.handle_timeout(now);
                }
                Op::Ok(which) => if let Some(attempt) = model.take(which) {
                    landed = Some(attempt);
                    worker.handle_input(now, Input::DialOk { attempt });
                },
                Op::Fail(which, error) => if let Some(attempt) = model.take(which) {
                    worker.handle_input(now, Input::DialFailed { attempt, error });
                },
                Op::Up => if let Some(attempt) = model.adopted {
                    worker.handle_input(now, Input::SessionUp { attempt });
                },
                Op::Ended(reason) => if let Some(attempt) = model.adopted.take() {
                    worker.handle_input(now, Input::SessionEnded { attempt, reason });
                },
            }
            model.follow(&mut worker, now, landed);
        }
    }
}
