//! Peers are served by bytes, in turn, and only as fast as they take it; memory does not depend on them.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use core::time::Duration;
use std::collections::BTreeMap;

use common::hub::{Hub, channel, frame, named, terms};
use common::{CHAIN, at, node, scid};
use gossip_sync::relay::{Bucket, Config, FRAME_OVERHEAD, Input, Key, Rate};
use lnwire::NodeId;
use proptest::prelude::*;

/// A peer that takes nothing holds a page, and the others get everything at the same time as without it.
#[test]
fn a_peer_that_takes_nothing_delays_nobody() {
    let run = |slow: bool| {
        let mut hub = Hub::with(Config::new(CHAIN));
        hub.add(&[2, 3]);
        if slow {
            hub.add(&[9]);
            hub.fast.retain(|peer| *peer != node(9));
        }
        for n in 0..1000 {
            hub.gossip(1, terms(scid(n + 1, 1), 0, 10));
        }
        hub.wait(200);
        let to_slow = hub.sent_to(9).len();
        assert_eq!(to_slow > 0 && to_slow < 250, slow, "{to_slow}");
        hub.sent
    };
    assert_eq!(run(true), run(false));
}

/// When it takes again, it gets the newest of what it missed, once.
#[test]
fn a_slow_peer_gets_only_the_newest() {
    let mut hub = Hub::with(Config {
        page: 1,
        ..Config::new(CHAIN)
    });
    hub.add(&[2]);
    hub.fast.clear();
    for round in 0..5 {
        for n in 0..5 {
            hub.gossip(1, terms(scid(n + 1, 1), 0, 10 + round));
        }
        hub.wait(120);
    }
    // One message was handed out, and it was the first of the first round.
    assert_eq!(hub.sent_to(2), [frame(&terms(scid(1, 1), 0, 10))]);
    hub.fast.push(node(2));
    hub.input(Input::Ready(node(2)));
    let newest: Vec<_> = (1..=5).map(|n| frame(&terms(scid(n, 1), 0, 14))).collect();
    assert_eq!(hub.sent_to(2), newest);
}

/// Two peers that want the same at the same time get their bytes in turns.
#[test]
fn turns_are_of_bytes() {
    let mut hub = Hub::with(Config {
        quantum: 500,
        ..Config::new(CHAIN)
    });
    hub.add(&[2, 3]);
    for n in 0..200 {
        hub.gossip(1, channel(scid(n + 1, 1)));
        hub.gossip(1, terms(scid(n + 1, 1), 0, 10));
    }
    hub.wait(200);
    let mut bytes: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (_, peer, frame) in &hub.sent {
        *bytes.entry(*peer).or_default() += frame.len() + FRAME_OVERHEAD;
        let of = |n| bytes.get(&node(n)).copied().unwrap_or_default();
        assert!(of(2).abs_diff(of(3)) <= 500 + 470, "{bytes:?}");
    }
}

#[test]
fn own_gossip_goes_first_to_everybody_and_to_who_comes_later() {
    let mut hub = Hub::with(Config::new(CHAIN));
    hub.add(&[2]);
    hub.fast.push(node(3));
    hub.input(Input::PeerUp(node(3)));
    hub.gossip(1, terms(scid(5, 1), 0, 10));
    let own = [channel(scid(1, 1)), terms(scid(1, 1), 0, 10), named(7, 10)];
    for message in own.clone() {
        hub.own(message);
    }
    let expected: Vec<_> = own.iter().map(frame).collect();
    // At once, also to peer 3, which has no filter.
    assert_eq!(hub.sent_to(2), expected);
    assert_eq!(hub.sent_to(3), expected);
    hub.wait(70);
    assert_eq!((hub.sent_to(2).len(), hub.sent_to(3).len()), (1, 0));
    // And to one that comes back; of two updates the newer one.
    hub.own(terms(scid(1, 1), 0, 20));
    hub.own(terms(scid(1, 1), 0, 15));
    hub.input(Input::PeerUp(node(3)));
    let sent = hub.sent_to(3);
    assert_eq!(
        sent[sent.len() - 3..],
        [
            expected[0].clone(),
            expected[2].clone(),
            frame(&terms(scid(1, 1), 0, 20))
        ]
    );
}

/// The update of a channel that is not announced is for its other node alone, whenever that connects.
#[test]
fn a_private_update_goes_to_its_peer_alone() {
    let mut hub = Hub::with(Config::new(CHAIN));
    hub.add(&[2, 3]);
    let message = terms(scid(1, 1), 0, 10);
    hub.input(Input::Own {
        message: message.clone(),
        only: Some(node(3)),
    });
    hub.input(Input::PeerUp(node(3)));
    assert_eq!(hub.sent_to(3), vec![frame(&message); 2]);
    assert!(hub.sent.is_empty());
}

#[test]
fn own_gossip_of_a_day_ago_is_to_be_made_anew() {
    let mut hub = Hub::with(Config::new(CHAIN));
    const T: u32 = 1_790_000_000;
    for message in [
        channel(scid(1, 1)),
        terms(scid(1, 1), 0, T),
        named(7, T + 60),
    ] {
        hub.own(message);
    }
    hub.set_wall_clock(T + 24 * 3600 - 1);
    hub.wait(1800);
    assert!(hub.refreshes.is_empty());
    hub.set_wall_clock(T + 24 * 3600);
    hub.wait(1799);
    assert!(hub.refreshes.is_empty());
    hub.wait(1);
    assert_eq!(hub.refreshes, [Key::Update(scid(1, 1), 0)]);
    // Once every half an hour, until it is done.
    hub.set_wall_clock(T + 24 * 3600 + 60);
    hub.wait(1800);
    assert_eq!(hub.refreshes.len(), 3);
    hub.own(terms(scid(1, 1), 0, T + 24 * 3600));
    hub.own(named(7, T + 24 * 3600));
    hub.wait(1800);
    assert_eq!(hub.refreshes.len(), 3);
}

#[test]
fn rates_are_off_by_default_and_hold_when_set() {
    assert_eq!(Config::new(CHAIN).peer_rate, None);
    assert_eq!(Config::new(CHAIN).total_rate, None);
    let peer = Rate {
        bytes_per_second: 1000,
        burst: 2000,
    };
    let total = Rate {
        bytes_per_second: 1500,
        burst: 1000,
    };
    let mut hub = Hub::with(Config {
        peer_rate: Some(peer),
        total_rate: Some(total),
        ..Config::new(CHAIN)
    });
    hub.add(&[2, 3]);
    for n in 0..300 {
        hub.gossip(1, terms(scid(n + 1, 1), 0, 10));
    }
    hub.wait(600);
    let sent = core::mem::take(&mut hub.sent);
    assert_eq!(sent.len(), 600, "all of it, in the end");
    let within = |from: u64, to: u64, of: Option<NodeId>| -> usize {
        let within = sent
            .iter()
            .filter(|(at, peer, _)| (from..to).contains(at) && of.is_none_or(|of| of == *peer));
        within.map(|(.., frame)| frame.len() + FRAME_OVERHEAD).sum()
    };
    for from in 0..200 {
        for len in [1, 5, 30] {
            // Times are cut to seconds here, and the last message may go into debt.
            let allowed =
                |rate: Rate| rate.burst as usize + rate.bytes_per_second as usize * (len + 1) + 172;
            let to = from + len as u64;
            assert!(within(from, to, None) <= allowed(total));
            assert!(within(from, to, Some(node(2))) <= allowed(peer));
        }
    }
}

/// A peer whose connection ends while its rate is used up gets nothing more, and leaves no timer.
#[test]
fn the_end_of_a_connection_ends_its_waits() {
    let mut hub = Hub::with(Config {
        peer_rate: Some(Rate {
            bytes_per_second: 1,
            burst: 1,
        }),
        ..Config::new(CHAIN)
    });
    hub.add(&[2]);
    for n in 0..3 {
        hub.gossip(1, terms(scid(n + 1, 1), 0, 10));
    }
    hub.wait(65);
    assert_eq!(hub.sent_to(2).len(), 1);
    assert!(hub.relay.poll_timeout().is_some());
    hub.input(Input::PeerDown(node(2)));
    hub.wait(10_000);
    assert!(hub.sent.is_empty() && hub.relay.poll_timeout().is_none());
}

/// The bound holds, the oldest goes, and who keeps up loses nothing.
#[test]
fn memory_has_a_bound() {
    let config = Config {
        max_bytes: 100_000,
        max_own_bytes: 10_000,
        ..Config::new(CHAIN)
    };
    let mut hub = Hub::with(config);
    hub.add(&[2, 9]);
    hub.fast.retain(|peer| *peer != node(9));
    for round in 0..20 {
        for n in 0..100 {
            hub.gossip(1, terms(scid(1 + round * 100 + n, 1), 0, 10));
            for peer in 20..40 {
                hub.input(Input::Has {
                    peer: node(peer),
                    key: Key::Update(scid(1 + round * 100 + n, 1), 0),
                    timestamp: Some(lnwire::Timestamp(10)),
                });
            }
            assert!(hub.relay.held_bytes() <= 100_000);
            hub.own(terms(scid(9000 + round * 100 + n, 1), 0, 10));
            assert!(hub.relay.own_bytes() <= 10_000);
        }
        hub.wait(120);
    }
    assert!(hub.relay.lost() > 0);
    let foreign = hub.sent_to(2).len();
    assert_eq!(foreign, 4000);
}

proptest! {
    /// Debt is allowed, so a message of any size is sent some time; and no window has more than the burst, the
    /// rate's share and one message.
    #[test]
    fn buckets(rate in 1_u32..5000, burst in 0_u32..5000, takes in prop::collection::vec((0_u64..5000, 1_usize..70_000), 1..40)) {
        let mut bucket = Bucket::new(Rate { bytes_per_second: rate, burst });
        let mut now = at(0);
        let mut sent: Vec<(Duration, usize)> = Vec::new();
        for (wait, bytes) in takes {
            now = now + Duration::from_millis(wait);
            let open = bucket.open_at();
            prop_assert!(open - now <= Duration::from_secs(70_001));
            now = now.max(open);
            bucket.take(now, bytes);
            sent.push((now.since_epoch(), bytes));
        }
        for first in 0..sent.len() {
            for last in first..sent.len() {
                let bytes: usize = sent[first..last].iter().map(|(_, bytes)| bytes).sum();
                let time = sent[last].0 - sent[first].0;
                let allowed = f64::from(burst) + f64::from(rate) * time.as_secs_f64() + 1.0;
                prop_assert!(bytes as f64 <= allowed, "{bytes} {allowed}");
            }
        }
    }
}
