//! What was learnt about a peer survives the process.

mod workers;

use core::time::Duration;

use conn_worker::lnwire::{Instant, Timestamp};
use conn_worker::worker::{Input, SavedPeer, Source};
use conn_worker::{EndReason, Worker, WorkerConfig};
use workers::*;

const NOW: Timestamp = Timestamp(1_790_000_000);

/// A worker whose second address worked an hour ago, and which has failed ever since.
fn saved() -> SavedPeer {
    let mut worker = worker();
    let mut now = seconds(10);
    worker.update_addresses(now, addresses(&[1, 2]));
    worker.connect(now, addresses(&[3]));
    for _ in 0..2 {
        let (attempt, _) = dial(&mut worker);
        fail(&mut worker, now, attempt);
    }
    let (attempt, port) = dial(&mut worker);
    assert_eq!(port, 2);
    worker.handle_input(now, Input::DialOk { attempt });
    worker.handle_input(now, Input::SessionUp { attempt });
    let reason = EndReason::RemoteClosed;
    worker.handle_input(now, Input::SessionEnded { attempt, reason });
    for _ in 0..7 {
        now = pass(&mut worker);
        fail_all(&mut worker, now);
    }
    worker.save(seconds(3610), NOW)
}

#[test]
fn order_and_times_and_back_off_are_saved() {
    let saved = saved();
    let list: Vec<_> = saved
        .addresses
        .iter()
        .map(|a| (a.address.clone(), a.source, a.last_success))
        .collect();
    assert_eq!(
        list,
        [
            (address(2), Source::Announced, Some(Timestamp(NOW.0 - 3600))),
            (address(3), Source::User, None),
            (address(1), Source::Announced, None),
        ]
    );
    assert_eq!(saved.backoff_millis, 256_000);
}

#[test]
fn a_restored_worker_goes_on_where_the_other_left_off() {
    let saved = saved();
    // Another process, whose clock begins anew and is a day later.
    let now = Instant::from_epoch(Duration::from_secs(100_000));
    let wall_clock = Timestamp(NOW.0 + 86_400);
    let config = WorkerConfig::default();
    let mut worker = Worker::restore(now, wall_clock, saved.clone(), config, 9);
    assert_eq!(worker.save(now, wall_clock), saved);
    worker.connect(now, vec![]);
    let (attempt, port) = dial(&mut worker);
    assert_eq!(port, 2, "what worked last comes first");
    fail(&mut worker, now, attempt);
    fail_all(&mut worker, now);
    let wait = worker.poll_timeout().unwrap() - now;
    assert!(wait >= Duration::from_secs(128), "{wait:?}");
}

#[test]
fn nonsense_does_no_harm() {
    let mut saved = saved();
    saved.backoff_millis = u64::MAX;
    let more = saved.addresses[0].clone();
    saved.addresses.extend((0..100).map(|port| {
        let mut entry = more.clone();
        entry.address = address(port);
        entry.fails = u32::MAX;
        entry.last_success = Some(Timestamp(u32::MAX));
        entry
    }));
    let config = WorkerConfig::default();
    let mut worker = Worker::restore(seconds(0), NOW, saved, config, 9);
    assert_eq!(worker.addresses().count(), 16);
    worker.connect(seconds(0), vec![]);
    fail_all(&mut worker, seconds(0));
    let wait = worker.poll_timeout().unwrap() - seconds(0);
    assert!(wait <= Duration::from_secs(3600));
}

#[cfg(feature = "serde")]
#[test]
fn it_is_readable_json() {
    let saved = saved();
    let json = serde_json::to_string(&saved).unwrap();
    assert!(
        json.contains(r#""ip":"10.0.0.1""#) && json.contains(r#""source":"user""#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<SavedPeer>(&json).unwrap(), saved);
}
