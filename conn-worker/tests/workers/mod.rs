//! A worker, times, addresses, and what a worker wants done.
#![allow(dead_code, reason = "each test file uses a part of this")]

use core::time::Duration;

use conn_worker::lnwire::{Address, Instant, NodeId};
use conn_worker::worker::{AttemptId, DialError, Event, Input, Output};
use conn_worker::{Worker, WorkerConfig};

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_epoch(Duration::from_millis(millis))
}

pub(crate) fn seconds(seconds: u64) -> Instant {
    at(seconds * 1000)
}

pub(crate) fn address(port: u16) -> Address {
    Address::Ipv4 {
        ip: [10, 0, 0, 1].into(),
        port,
    }
}

pub(crate) fn addresses(ports: &[u16]) -> Vec<Address> {
    ports.iter().copied().map(address).collect()
}

pub(crate) fn worker() -> Worker {
    Worker::new(NodeId([2; 33]), WorkerConfig::default(), 1)
}

pub(crate) fn drain(worker: &mut Worker) -> Vec<Output> {
    core::iter::from_fn(|| worker.poll_output()).collect()
}

/// The one dial among the outputs.
pub(crate) fn dial(worker: &mut Worker) -> (AttemptId, u16) {
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

pub(crate) fn fail(worker: &mut Worker, now: Instant, attempt: AttemptId) {
    let error = DialError::Refused;
    worker.handle_input(now, Input::DialFailed { attempt, error });
}

/// Fails each dial until there is none; returns how many that were.
pub(crate) fn fail_all(worker: &mut Worker, now: Instant) -> u32 {
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
pub(crate) fn connected(now: Instant) -> (Worker, AttemptId) {
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
pub(crate) fn pass(worker: &mut Worker) -> Instant {
    let due = worker.poll_timeout().expect("a deadline");
    worker.handle_timeout(due);
    due
}
