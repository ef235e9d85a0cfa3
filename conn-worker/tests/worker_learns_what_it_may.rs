//! What a worker makes of news that are easily lost: an address that comes too soon after another one, the end of a session
//! that the peer had dialled, a connection that we closed ourselves, and times from before this process.

mod workers;

use core::time::Duration;

use conn_worker::lnwire::{Address, Timestamp};
use conn_worker::worker::{DialError, Input, Output, SessionId, Status};
use conn_worker::{EndReason, Worker, WorkerConfig};
use workers::*;

/// CW-33: the second of two announcements is the right one. It is dialled within a minute, though the wait is an hour.
#[test]
fn an_address_that_comes_too_soon_after_another_is_dialled_when_the_minute_is_over() {
    for while_dialling in [false, true] {
        let mut worker = worker();
        let mut now = seconds(0);
        worker.connect(now, addresses(&[1]));
        for _ in 0..13 {
            fail_all(&mut worker, now);
            now = pass(&mut worker);
        }
        fail_all(&mut worker, now);
        let until = worker.poll_timeout().unwrap();
        assert!(until - now > Duration::from_secs(1000));
        worker.update_addresses(now, addresses(&[2]));
        let (attempt, port) = dial(&mut worker);
        assert_eq!(port, 2);
        let soon = now + Duration::from_secs(1);
        if while_dialling {
            worker.update_addresses(soon, addresses(&[2, 3]));
            fail(&mut worker, soon, attempt);
        } else {
            fail(&mut worker, soon, attempt);
            worker.update_addresses(soon, addresses(&[2, 3]));
        }
        // However many follow, nothing is sooner than in a minute, and nothing later.
        for n in 4..10 {
            worker.update_addresses(soon, addresses(&[2, 3, n]));
        }
        drain(&mut worker);
        let due = pass(&mut worker);
        assert_eq!(due, now + Duration::from_secs(60));
        let mut ports = Vec::new();
        while let Some(output) = worker.poll_output() {
            if let Output::Dial {
                attempt, address, ..
            } = output
            {
                ports.push(address);
                fail(&mut worker, due, attempt);
            }
        }
        assert!(ports.contains(&address(3)), "{ports:?}");
        // And then not again for a minute.
        worker.update_addresses(due, addresses(&[11]));
        let Status::BackingOff { until } = worker.status() else {
            panic!("{:?}", worker.status())
        };
        assert!(until >= due + Duration::from_secs(60), "{until:?}");
    }
}

/// CW-10: whoever has had a session for hours is not left alone for another one, whoever had dialled it.
#[test]
fn a_long_session_that_the_peer_dialled_shortens_the_back_off_too() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1]));
    for _ in 0..13 {
        fail_all(&mut worker, now);
        now = pass(&mut worker);
    }
    fail_all(&mut worker, now);
    worker.stand_down(now, SessionId(1));
    // Told again, as an embedder may.
    worker.stand_down(now + Duration::from_secs(7000), SessionId(1));
    now = now + Duration::from_secs(4 * 3600);
    let session = SessionId(1);
    worker.handle_input(now, Input::StandDownEnded { session });
    let wait = worker.poll_timeout().unwrap() - now;
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
}

/// Which of two connections goes is our choice: the address is not to blame.
#[test]
fn an_address_whose_connection_we_closed_does_not_rest() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1, 2]));
    let (attempt, _) = dial(&mut worker);
    worker.handle_input(seconds(0), Input::DialOk { attempt });
    worker.stand_down(seconds(0), SessionId(1));
    let reason = EndReason::LocalClose;
    worker.handle_input(seconds(1), Input::SessionEnded { attempt, reason });
    let saved = worker.save(seconds(1), Timestamp(1_790_000_000));
    assert_eq!(saved.addresses[0].fails, 0);
}

/// CW-39: the clock of a process begins at zero; what was long ago stays long ago, over any number of restarts.
#[test]
fn the_time_of_the_last_success_survives_any_number_of_restarts() {
    let day = |n: u32| Timestamp(1_790_000_000 + 86_400 * n);
    let (worker, _) = connected(seconds(5));
    let mut saved = worker.save(seconds(5), day(0));
    assert_eq!(saved.addresses[0].last_success, Some(day(0)));
    for n in 1..5 {
        let config = WorkerConfig::default();
        let mut worker = Worker::restore(seconds(0), day(n), saved, config, 1);
        worker.connect(seconds(1), vec![]);
        let (attempt, _) = dial(&mut worker);
        let error = DialError::Refused;
        worker.handle_input(seconds(1), Input::DialFailed { attempt, error });
        saved = worker.save(seconds(100), day(n));
        assert_eq!(saved.addresses[0].last_success, Some(day(0)), "{n}");
    }
}

/// CW-32: who said it decides the order, and what has worked goes before all.
#[test]
fn an_address_where_the_peer_was_seen_is_dialled_behind_all_others() {
    let known = |worker: &Worker| -> Vec<u16> {
        let ports = worker.addresses().map(|address| match address {
            Address::Ipv4 { port, .. } => *port,
            other => panic!("{other}"),
        });
        ports.collect()
    };
    let mut worker = worker();
    let now = seconds(0);
    worker.connect(now, addresses(&[1]));
    let (attempt, _) = dial(&mut worker);
    for port in 10..16 {
        worker.observe(now, address(port));
    }
    worker.update_addresses(now, addresses(&[2]));
    // Four guesses at the most, the last one the newest.
    assert_eq!(known(&worker), [1, 2, 10, 11, 12, 15]);
    assert_eq!(drain(&mut worker), [], "not in this round");
    fail(&mut worker, now, attempt);
    assert_eq!(dial(&mut worker).1, 2);

    // What the peer says itself is no guess any more, and what it says no more stays if it was one.
    worker.update_addresses(now, addresses(&[12]));
    assert_eq!(known(&worker), [1, 12, 10, 11, 15]);
    worker.update_addresses(now, vec![]);
    assert_eq!(known(&worker), [1, 10, 11, 15]);
}

#[test]
fn a_worker_without_an_address_tries_where_the_peer_was_seen() {
    let mut worker = worker();
    worker.connect(seconds(0), vec![]);
    drain(&mut worker);
    worker.observe(seconds(1), address(7));
    pass(&mut worker);
    assert_eq!(dial(&mut worker).1, 7);
}
