//! The life of a persistent peer: no result lost, no wait too long, no dial after the stop.

mod workers;

use core::time::Duration;

use conn_worker::lnwire::Instant;
use conn_worker::worker::{DialError, Event, Input, Output};
use conn_worker::{EndReason, Worker};
use workers::*;

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
    worker.connect(seconds(0), addresses(&[1]));
    let (first, _) = dial(&mut worker);
    // The embedder forgot the time limit.
    assert_eq!(pass(&mut worker), seconds(35));
    let outputs = drain(&mut worker);
    assert_eq!(outputs[0], Output::AbortDial { attempt: first });
    assert!(matches!(outputs[2], Output::Event(Event::Waiting { .. })));
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
    worker.connect(seconds(5), addresses(&[1]));
    assert_eq!(drain(&mut worker), [], "the slow dial goes on");
    worker.connect(seconds(5), addresses(&[2]));
    let (second, port) = dial(&mut worker);
    assert_eq!(port, 2, "and the new address is tried beside it");
    fail(&mut worker, seconds(6), attempt);
    fail(&mut worker, seconds(6), second);
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
    let until = now + Duration::from_secs(60);
    let waits = Output::Event(Event::Waiting { until });
    assert_eq!(drain(&mut worker), [waits], "too soon for another");
    assert_eq!(pass(&mut worker), until);
    assert_eq!(dial(&mut worker).1, 5);
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
