//! Any order of commands, results and time: nothing is lost, and nothing done twice.

extern crate alloc;
mod workers;

use alloc::collections::BTreeMap;
use core::time::Duration;

use conn_worker::lnwire::{Instant, NodeId, Timestamp};
use conn_worker::worker::{AttemptId, DialError, Event, Input, Output, SessionId, Status};
use conn_worker::{EndReason, Worker, WorkerConfig};
use proptest::prelude::*;
use workers::*;

const WALL_CLOCK: Timestamp = Timestamp(1_790_000_000);

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
    ConnectAfter(u32),
    StandDown(u64),
    StandDownEnded(u64),
    NetworkChanged,
    Restart,
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
        1 => (0_u32..60_000).prop_map(Op::ConnectAfter),
        2 => (0_u64..3).prop_map(Op::StandDown),
        3 => (0_u64..3).prop_map(Op::StandDownEnded),
        1 => Just(Op::NetworkChanged),
        1 => Just(Op::Restart),
        4 => prop::sample::select(vec![
            EndReason::RemoteClosed, EndReason::ClosedInHandshake, EndReason::NoCommonChain,
            EndReason::ClosedBeforeInit,
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
    /// Whether its session is up.
    is_up: bool,
    wanted: bool,
    stopped: bool,
    inbound: Option<u64>,
}

impl Model {
    /// Follows the outputs of one call; `landed` is the dial whose success it was told.
    fn follow(&mut self, worker: &mut Worker, now: Instant, landed: Option<AttemptId>) {
        let outputs = drain(worker);
        assert!(outputs.len() <= 8, "{outputs:?}");
        let mut disposed = 0;
        for output in outputs {
            match output {
                Output::Dial { attempt, .. } => {
                    assert!(self.wanted && !self.stopped, "an unwanted dial");
                    let out = self.dials.values().filter(|aborted| !**aborted).count();
                    assert!(out < 3, "a fourth dial");
                    assert!(self.adopted.is_none() && self.last < Some(attempt));
                    assert!(self.inbound.is_none(), "there is a session");
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
                    self.is_up = false;
                }
                Output::Event(Event::Waiting { until }) => {
                    assert!(until - now <= Duration::from_secs(3600));
                }
                Output::Event(_) => {}
            }
        }
        assert_eq!(disposed, u32::from(landed.is_some()), "once and only once");
        assert_eq!(worker.is_up(), self.is_up);
        let stands_down = self.inbound.is_some() && self.adopted.is_none();
        assert_eq!(
            worker.poll_timeout().is_some(),
            self.wanted && !self.is_up && !stands_down,
            "whoever waits has a deadline"
        );
        if stands_down && self.wanted {
            assert_eq!(worker.status(), Status::StandDown);
        }
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
        let config = WorkerConfig::default();
        let mut worker = Worker::new(NodeId([2; 33]), config, seed);
        let mut model = Model::default();
        let mut now = seconds(0);
        for op in ops {
            let mut landed = None;
            match op {
                Op::Connect(ports) => {
                    model.wanted = !model.stopped;
                    worker.connect(now, addresses(&ports));
                }
                Op::Update(ports) => {
                    let before = worker.status();
                    worker.update_addresses(now, addresses(&ports));
                    // News may bring a dial forward, and puts nothing off.
                    if let Status::BackingOff { until: before } = before {
                        let sooner = match worker.status() {
                            Status::BackingOff { until } | Status::WaitingForAddress { until } => until <= before,
                            status => matches!(status, Status::Dialling { .. }),
                        };
                        prop_assert!(sooner);
                    }
                }
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
                    model.is_up = true;
                    worker.handle_input(now, Input::SessionUp { attempt });
                },
                Op::Ended(reason) => if let Some(attempt) = model.adopted.take() {
                    model.is_up = false;
                    worker.handle_input(now, Input::SessionEnded { attempt, reason });
                },
                Op::ConnectAfter(millis) => {
                    model.wanted = !model.stopped;
                    worker.connect_after(now, Duration::from_millis(millis.into()), vec![]);
                }
                Op::StandDown(session) => {
                    if !model.stopped {
                        model.inbound = Some(session);
                    }
                    worker.stand_down(now, SessionId(session));
                }
                Op::StandDownEnded(session) => {
                    if model.inbound == Some(session) {
                        model.inbound = None;
                    }
                    let session = SessionId(session);
                    worker.handle_input(now, Input::StandDownEnded { session });
                }
                Op::NetworkChanged => worker.network_changed(now),
                // The process ends, sockets and all, and another one begins.
                Op::Restart => {
                    let saved = worker.save(now, WALL_CLOCK);
                    worker = Worker::restore(now, WALL_CLOCK, saved.clone(), config, seed);
                    prop_assert_eq!(&worker.save(now, WALL_CLOCK), &saved);
                    model = Model::default();
                }
            }
            model.follow(&mut worker, now, landed);
        }
    }
}
