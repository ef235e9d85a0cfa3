//! Several addresses: one after the other, a few beside each other, and the first connection wins.

mod workers;

use core::time::Duration;

use conn_worker::lnwire::{Address, Instant};
use conn_worker::worker::{AttemptId, DialError, Event, Input, Output, Status};
use conn_worker::{EndReason, Worker};
use workers::*;

/// The dials that come out as time passes until `end`: when, and to which port.
fn time_line(worker: &mut Worker, end: Instant) -> Vec<(u64, u16, AttemptId)> {
    let mut dials = Vec::new();
    let mut now = seconds(0);
    loop {
        for output in drain(worker) {
            if let Output::Dial {
                attempt, address, ..
            } = output
            {
                let millis = now.since_epoch().as_millis() as u64;
                dials.push((millis, port(&address), attempt));
            }
        }
        match worker.poll_timeout() {
            Some(due) if due <= end => now = due.max(now),
            _ => return dials,
        }
        worker.handle_timeout(now);
    }
}

fn port(address: &Address) -> u16 {
    match address {
        Address::Ipv4 { port, .. } | Address::TorV3 { port, .. } => *port,
        other => panic!("{other}"),
    }
}

fn onion(port: u16) -> Address {
    Address::tor_v3(&[7; 32], port)
}

fn times(dials: &[(u64, u16, AttemptId)]) -> Vec<(u64, u16)> {
    dials.iter().map(|(at, port, _)| (*at, *port)).collect()
}

/// CW-32, CW-55: a black hole in front costs a quarter of a second.
#[test]
fn black_holes_cost_a_quarter_of_a_second_each_and_three_dials_are_out_at_most() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1, 2, 3, 4, 5]));
    let dials = time_line(&mut worker, seconds(34));
    assert_eq!(times(&dials), [(0, 1), (250, 2), (500, 3)]);
    assert_eq!(worker.status(), Status::Dialling { dials: 3 });
    // The first is given up after 35 s, the next takes its place.
    let dials = time_line(&mut worker, at(35_100));
    assert_eq!(times(&dials), [(35_000, 4)]);
}

#[test]
fn onion_services_are_given_ten_seconds() {
    let mut worker = worker();
    worker.connect(seconds(0), vec![onion(1), address(2), address(3)]);
    let dials = time_line(&mut worker, seconds(20));
    assert_eq!(times(&dials), [(0, 1), (10_000, 2), (10_250, 3)]);
}

#[test]
fn announced_onion_services_come_last() {
    let mut worker = worker();
    worker.update_addresses(seconds(0), vec![onion(1), address(2)]);
    worker.connect(seconds(0), vec![]);
    assert_eq!(
        times(&time_line(&mut worker, seconds(1))),
        [(0, 2), (250, 1)]
    );
}

#[test]
fn a_failure_makes_the_next_dial_due_at_once() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1, 2]));
    let (first, _) = dial(&mut worker);
    fail(&mut worker, at(10), first);
    assert_eq!(dial(&mut worker).1, 2);
}

/// CW-31, CW-50: whoever comes second is discarded, once.
#[test]
fn the_first_connection_wins() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1, 2, 3]));
    let dials = time_line(&mut worker, seconds(1));
    let [(.., a), (.., b), (.., c)] = dials[..] else {
        panic!("{dials:?}")
    };
    worker.handle_input(seconds(1), Input::DialOk { attempt: b });
    let outputs = [
        Output::AbortDial { attempt: a },
        Output::AbortDial { attempt: c },
        Output::Adopt { attempt: b },
    ];
    assert_eq!(drain(&mut worker), outputs);
    worker.handle_input(seconds(1), Input::DialOk { attempt: a });
    assert_eq!(drain(&mut worker), [Output::Discard { attempt: a }]);
    let error = DialError::Aborted;
    worker.handle_input(seconds(1), Input::DialFailed { attempt: c, error });
    assert_eq!(drain(&mut worker), []);
}

/// CW-35: a wrong key cannot be told from a refusal; the address rests, and stays.
#[test]
fn a_connection_that_closes_in_the_handshake_makes_way_for_the_next_address() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1, 2]));
    for _ in 0..5 {
        let (attempt, port) = dial(&mut worker);
        worker.handle_input(now, Input::DialOk { attempt });
        let reason = EndReason::ClosedInHandshake;
        worker.handle_input(now, Input::SessionEnded { attempt, reason });
        if port == 2 {
            now = pass(&mut worker);
        }
    }
    assert_eq!(worker.addresses().count(), 2);
}

/// CW-05: one that always fails is tried less often than one that sometimes works.
#[test]
fn an_address_that_fails_rests_while_there_are_others() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1, 2]));
    let mut dialled = [0, 0];
    for _ in 0..40 {
        let (attempt, port) = dial(&mut worker);
        dialled[usize::from(port) - 1] += 1;
        if port == 1 {
            fail(&mut worker, now, attempt);
            continue;
        }
        worker.handle_input(now, Input::DialOk { attempt });
        worker.handle_input(now, Input::SessionUp { attempt });
        now = now + Duration::from_secs(600);
        let reason = EndReason::RemoteClosed;
        worker.handle_input(now, Input::SessionEnded { attempt, reason });
        now = pass(&mut worker);
    }
    assert!(dialled[0] <= 2 && dialled[1] >= 38, "{dialled:?}");
}

/// CW-35: the peer is there, and full, or restarting, or has banned us.
#[test]
fn a_peer_that_closes_before_its_init_is_left_alone_for_a_minute() {
    let mut worker = worker();
    worker.connect(seconds(0), addresses(&[1, 2]));
    let (attempt, _) = dial(&mut worker);
    worker.handle_input(seconds(0), Input::DialOk { attempt });
    let reason = EndReason::ClosedBeforeInit;
    worker.handle_input(seconds(0), Input::SessionEnded { attempt, reason });
    let until = worker.poll_timeout().unwrap();
    assert!(seconds(30) <= until && until <= seconds(60), "{until:?}");
    let waits = Output::Event(Event::Waiting { until });
    assert_eq!(drain(&mut worker).last(), Some(&waits));
}

/// CW-53: what the user says is added in front, and nothing is forgotten.
#[test]
fn connect_keeps_the_addresses_that_were_known() {
    let mut worker = worker();
    worker.update_addresses(seconds(0), addresses(&[1, 2]));
    worker.connect(seconds(0), addresses(&[3]));
    let ports: Vec<_> = worker.addresses().map(port).collect();
    assert_eq!(ports, [3, 1, 2]);
    // A name for the node is told again and again: the list stays short.
    for port in 4..100 {
        worker.connect(seconds(1), addresses(&[port]));
    }
    assert_eq!(worker.addresses().count(), 16);
    assert_eq!(worker.addresses().next(), Some(&address(99)));
}

/// CW-56: the late start is part of the plan, and goes with it.
#[test]
fn a_start_that_was_put_off_is_cancelled_by_disconnect() {
    let mut worker = worker();
    worker.connect_after(seconds(0), Duration::from_secs(20), addresses(&[1]));
    assert_eq!(worker.poll_timeout(), Some(seconds(20)));
    worker.disconnect(seconds(1));
    worker.handle_timeout(seconds(30));
    let dials = drain(&mut worker);
    assert!(!dials.iter().any(|o| matches!(o, Output::Dial { .. })));
    worker.connect_after(seconds(40), Duration::from_secs(20), vec![]);
    assert_eq!(pass(&mut worker), seconds(60));
    assert_eq!(dial(&mut worker).1, 1);
}

/// CW-34: a laptop wakes up.
#[test]
fn a_change_of_the_network_ends_a_long_wait_soon() {
    let mut worker = worker();
    let mut now = seconds(0);
    worker.connect(now, addresses(&[1]));
    for _ in 0..14 {
        fail_all(&mut worker, now);
        now = pass(&mut worker);
    }
    fail_all(&mut worker, now);
    assert!(worker.poll_timeout().unwrap() - now >= Duration::from_secs(1800));
    worker.network_changed(now);
    let soon = worker.poll_timeout().unwrap();
    assert!(soon - now <= Duration::from_secs(30));
    worker.network_changed(now);
    assert!(worker.poll_timeout().unwrap() <= soon, "never later");
}
