//! The peer has dialled us: nothing is dialled, until that very session ends.

mod workers;

use core::time::Duration;

use conn_worker::worker::{Input, Output, SessionId, Status};
use conn_worker::{EndReason, Worker};
use workers::*;

fn ended(worker: &mut Worker, millis: u64, session: u64) {
    let session = SessionId(session);
    worker.handle_input(at(millis), Input::StandDownEnded { session });
}

#[test]
fn dials_are_given_up_and_their_late_success_discarded() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1]));
    let (attempt, _) = dial(&mut worker);
    worker.stand_down(seconds(1), SessionId(1));
    assert_eq!(drain(&mut worker), [Output::AbortDial { attempt }]);
    assert_eq!(worker.status(), Status::StandDown);
    assert_eq!(worker.poll_timeout(), None);
    worker.handle_input(seconds(2), Input::DialOk { attempt });
    assert_eq!(drain(&mut worker), [Output::Discard { attempt }]);
    worker.connect(seconds(20), addresses(&[2]));
    worker.update_addresses(seconds(100), addresses(&[3]));
    assert_eq!(drain(&mut worker), []);
}

/// CW-57: one that was refused, or died before it was up, ends it too.
#[test]
fn the_plan_goes_on_when_the_session_ends_for_whatever_reason() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1]));
    drain(&mut worker);
    worker.stand_down(seconds(1), SessionId(1));
    drain(&mut worker);
    ended(&mut worker, 1500, 1);
    let due = pass(&mut worker);
    assert!(due - at(1500) <= Duration::from_secs(1), "{due:?}");
    assert_eq!(dial(&mut worker).1, 1);
}

#[test]
fn only_the_session_that_caused_it_ends_it() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1]));
    worker.stand_down(seconds(1), SessionId(1));
    // The peer connects again: the newest counts.
    worker.stand_down(seconds(2), SessionId(2));
    ended(&mut worker, 3000, 1);
    assert_eq!(worker.status(), Status::StandDown);
    ended(&mut worker, 4000, 2);
    assert!(matches!(worker.status(), Status::BackingOff { .. }));
    // Told twice.
    let until = worker.poll_timeout();
    ended(&mut worker, 4100, 2);
    assert_eq!(worker.poll_timeout(), until);
}

#[test]
fn a_wait_is_neither_cut_short_nor_made_longer() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1]));
    for _ in 0..12 {
        fail_all(&mut worker, now);
        now = pass(&mut worker);
    }
    fail_all(&mut worker, now);
    let until = worker.poll_timeout().unwrap();
    worker.stand_down(now, SessionId(1));
    let session = SessionId(1);
    worker.handle_input(now, Input::StandDownEnded { session });
    assert_eq!(worker.poll_timeout(), Some(until));
}

/// Which of two connections is kept is for others to say.
#[test]
fn an_own_session_stays_and_is_not_replaced_when_it_ends() {
    let (mut worker, attempt) = connected(seconds(0));
    worker.stand_down(seconds(1), SessionId(1));
    assert!(worker.is_up());
    assert_eq!(drain(&mut worker), []);
    let reason = EndReason::LocalClose;
    worker.handle_input(seconds(2), Input::SessionEnded { attempt, reason });
    assert_eq!(worker.status(), Status::StandDown);
    ended(&mut worker, 3_600_000, 1);
    pass(&mut worker);
    dial(&mut worker);
}

#[test]
fn nobody_wants_it_and_so_nothing_follows() {
    let mut worker = worker();
    worker.stand_down(seconds(0), SessionId(1));
    assert_eq!(worker.status(), Status::Idle);
    ended(&mut worker, 1000, 1);
    assert_eq!(
        (worker.status(), drain(&mut worker)),
        (Status::Idle, vec![])
    );
    // Wanted while the session lasts.
    worker.stand_down(seconds(2), SessionId(2));
    worker.connect(seconds(3), addresses(&[1]));
    assert_eq!(worker.status(), Status::StandDown);
    worker.disconnect(seconds(4));
    ended(&mut worker, 5000, 2);
    assert_eq!(
        (worker.status(), drain(&mut worker)),
        (Status::Idle, vec![])
    );
}

#[test]
fn stop_is_for_good_there_too() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1]));
    worker.stand_down(seconds(1), SessionId(1));
    worker.stop(seconds(2));
    drain(&mut worker);
    ended(&mut worker, 3000, 1);
    worker.stand_down(seconds(4), SessionId(2));
    assert_eq!(
        (worker.status(), drain(&mut worker)),
        (Status::Stopped, vec![])
    );
}
