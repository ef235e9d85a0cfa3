//! News go to every peer that wants them, collected, in order, once, and not back to who has them.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::hub::{Hub, channel, frame, named, terms};
use common::{CHAIN, FOREIGN, filter, node, scid};
use gossip_sync::relay::{Config, Input, Key};
use lnwire::bytes::Bytes;
use proptest::prelude::*;

fn hub() -> Hub {
    Hub::with(Config::new(CHAIN))
}

fn frames(messages: &[gossip_sync::ingest::VerifiedGossip]) -> Vec<Bytes> {
    messages.iter().map(frame).collect()
}

#[test]
fn collected_for_a_minute_and_in_the_order_receivers_need() {
    let mut hub = hub();
    hub.add(&[1, 2]);
    let expected = [
        channel(scid(1, 1)),
        channel(scid(2, 1)),
        terms(scid(1, 1), 0, 50),
        terms(scid(2, 1), 1, 50),
        named(5, 50),
    ];
    for n in [4, 1, 3, 0, 2] {
        hub.gossip(1, expected[n].clone());
    }
    hub.wait(59);
    assert!(hub.sent.is_empty());
    hub.wait(1);
    assert_eq!(hub.sent_to(2), frames(&expected));
    // Nothing goes back to its sender.
    assert!(hub.sent_to(1).is_empty());
    assert_eq!(hub.relay.poll_timeout(), None);
    hub.relay.handle_timeout(hub.now);
    assert_eq!(hub.relay.held_bytes(), 0, "nobody waits for anything");
}

#[test]
fn of_each_direction_and_node_the_newest_goes() {
    let mut hub = hub();
    hub.add(&[1, 2, 3]);
    for time in [10, 30, 20] {
        hub.gossip(1, terms(scid(1, 1), 0, time));
        hub.gossip(1, terms(scid(1, 1), 1, 100 + time));
        hub.gossip(1, named(5, time));
    }
    // Peer 2 has the newest update of one side, and an old one of the other.
    hub.gossip(2, terms(scid(1, 1), 0, 30));
    hub.gossip(2, terms(scid(1, 1), 1, 110));
    hub.wait(60);
    let newest = [
        terms(scid(1, 1), 0, 30),
        terms(scid(1, 1), 1, 130),
        named(5, 30),
    ];
    assert_eq!(hub.sent_to(3), frames(&newest));
    assert_eq!(hub.sent_to(2), frames(&newest[1..]));
}

/// A peer that sends what is known is not told it, be it collected or under way.
#[test]
fn who_has_it_already_is_not_told() {
    let mut hub = hub();
    hub.add(&[1, 2, 3]);
    hub.gossip(1, terms(scid(1, 1), 0, 10));
    let has = |peer, time: u32| Input::Has {
        peer: node(peer),
        key: Key::Update(scid(1, 1), 0),
        timestamp: Some(lnwire::Timestamp(time)),
    };
    hub.input(has(2, 10));
    hub.input(has(3, 9));
    hub.wait(60);
    assert_eq!((hub.sent_to(2).len(), hub.sent_to(3).len()), (0, 1));
}

/// It is spread over the minute: a twelfth of it every five seconds, ten at least.
#[test]
fn it_leaves_in_parts() {
    for (count, part) in [(9, 9), (25, 10), (240, 20), (1200, 100)] {
        let mut hub = hub();
        hub.add(&[2]);
        for n in 0..count {
            hub.gossip(1, terms(scid(n + 1, 1), 0, 10));
        }
        hub.wait(130);
        let mut parts: BTreeMap<u64, usize> = BTreeMap::new();
        for (at, ..) in &hub.sent {
            *parts.entry(*at).or_default() += 1;
        }
        let times: Vec<_> = parts.keys().copied().collect();
        assert_eq!(
            times,
            (0..parts.len() as u64)
                .map(|n| 60 + 5 * n)
                .collect::<Vec<_>>()
        );
        assert!(parts.values().all(|sent| *sent <= part), "{parts:?}");
        assert_eq!(parts.values().sum::<usize>(), count as usize);
    }
}

/// An update that is replaced all the time goes out all the same.
#[test]
fn endless_news_do_not_put_it_off() {
    let mut hub = hub();
    hub.add(&[2]);
    for n in 0..600 {
        hub.gossip(1, terms(scid(1, 1), 0, 10 + n));
        hub.wait(1);
    }
    assert!(hub.sent_to(2).len() >= 9);
}

#[test]
fn without_a_filter_nothing_foreign_is_sent() {
    let mut hub = hub();
    hub.fast.push(node(2));
    hub.input(Input::PeerUp(node(2)));
    hub.gossip(1, terms(scid(1, 1), 0, 10));
    hub.wait(70);
    assert!(hub.sent.is_empty());
    let wrong = lnwire::bolt7::GossipTimestampFilter {
        chain_hash: FOREIGN,
        ..filter(0, u32::MAX)
    };
    hub.input(Input::Filter {
        peer: node(2),
        filter: wrong,
    });
    hub.gossip(1, terms(scid(1, 1), 0, 11));
    hub.wait(70);
    assert!(hub.sent.is_empty());
}

#[test]
fn the_last_filter_counts() {
    let mut hub = hub();
    hub.add(&[2]);
    let set = |hub: &mut Hub, first, range| {
        let filter = filter(first, range);
        hub.input(Input::Filter {
            peer: node(2),
            filter,
        });
    };
    for (first, range, expected) in [(0, u32::MAX, 3), (11, 1, 1), (u32::MAX, 0, 0), (12, 5, 1)] {
        set(&mut hub, 0, 0);
        set(&mut hub, first, range);
        for (n, time) in [10, 11, 12].into_iter().enumerate() {
            let id = scid(1 + n as u32, 1);
            hub.input(Input::Gone(id));
            hub.gossip(1, terms(id, 0, time));
        }
        hub.wait(70);
        assert_eq!(hub.sent_to(2).len(), expected, "{first} {range}");
    }
}

/// BOLT 7: a channel is told of with its first update, by whose time filters judge it.
#[test]
fn a_channel_waits_for_its_first_update() {
    let mut hub = hub();
    hub.add(&[2]);
    hub.gossip(1, channel(scid(1, 1)));
    hub.wait(600);
    assert!(hub.sent.is_empty());
    hub.gossip(1, terms(scid(1, 1), 1, 10));
    hub.wait(60);
    assert_eq!(
        hub.sent_to(2),
        frames(&[channel(scid(1, 1)), terms(scid(1, 1), 1, 10)])
    );
}

#[test]
fn a_channel_that_is_gone_is_not_passed_on() {
    let mut hub = hub();
    hub.add(&[2]);
    hub.gossip(1, channel(scid(1, 1)));
    hub.gossip(1, terms(scid(1, 1), 0, 10));
    hub.own(terms(scid(2, 1), 0, 10));
    assert_eq!(hub.sent_to(2).len(), 1);
    hub.input(Input::Gone(scid(1, 1)));
    hub.input(Input::Gone(scid(2, 1)));
    hub.wait(70);
    hub.add(&[3]);
    assert!(hub.sent.is_empty());
    assert_eq!((hub.relay.held_bytes(), hub.relay.own_bytes()), (0, 0));
}

/// What came before the graph was complete is no news to anybody.
#[test]
fn nothing_foreign_before_the_graph_is_complete_or_ten_minutes_have_passed() {
    let config = Config::new(CHAIN);
    for complete in [true, false] {
        let mut hub = hub();
        hub.relay = gossip_sync::Relay::new(config, hub.now, 7);
        hub.add(&[2]);
        hub.gossip(1, terms(scid(1, 1), 0, 10));
        hub.own(named(7, 10));
        hub.wait(70);
        assert_eq!(hub.sent_to(2), frames(&[named(7, 10)]));
        if complete {
            hub.input(Input::Complete);
        } else {
            hub.wait(530);
        }
        hub.gossip(1, terms(scid(1, 1), 0, 11));
        hub.wait(60);
        assert_eq!(hub.sent_to(2).len(), 1);
    }
}

#[derive(Clone, Debug)]
enum Op {
    Gossip { from: u16, key: u8, time: u32 },
    Has { peer: u16, key: u8, time: u32 },
    Ready(u16),
    Reconnect(u16),
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (1_u16..5, 0_u8..6, 1_u32..20).prop_map(|(from, key, time)| Op::Gossip { from, key, time }),
        1 => (1_u16..5, 0_u8..6, 1_u32..20).prop_map(|(peer, key, time)| Op::Has { peer, key, time }),
        2 => (1_u16..5).prop_map(Op::Ready),
        1 => (1_u16..5).prop_map(Op::Reconnect),
        3 => (0_u64..70).prop_map(Op::Wait),
    ]
}

fn message(key: u8, time: u32) -> gossip_sync::ingest::VerifiedGossip {
    match key {
        0..=3 => terms(scid(1 + u32::from(key / 2), 1), key % 2, time),
        _ => named(u16::from(key), time),
    }
}

proptest! {
    /// Peers that are slow, come and go: each gets each message at most once a connection, never one that it
    /// sent, never an older one after a newer; and one that stays and takes what it gets has the newest of
    /// everything at the end, unless it has it from elsewhere.
    #[test]
    fn as_a_model(ops in prop::collection::vec(op(), 0..120)) {
        let mut hub = Hub::with(Config { page: 300, ..Config::new(CHAIN) });
        hub.add(&[1, 2, 3, 4]);
        hub.fast = vec![node(4)];
        // What peers sent or have, the newest of each key, and what they got since they came.
        let mut theirs: BTreeSet<(u16, u8, u32)> = BTreeSet::new();
        let mut newest: BTreeMap<u8, u32> = BTreeMap::new();
        let mut got: BTreeMap<u16, BTreeMap<u8, u32>> = BTreeMap::new();
        let keys: Vec<_> = (0..6_u8).flat_map(|key| (1..20).map(move |time| (key, time))).collect();
        let find = |sent: &Bytes| *keys.iter().find(|(key, time)| frame(&message(*key, *time)) == *sent).unwrap();
        for op in ops.into_iter().chain([Op::Wait(200)]) {
            match op {
                // The graph takes what is newer; the rest is a copy, or old.
                Op::Gossip { from, key, time } if newest.get(&key).is_none_or(|newest| *newest < time) => {
                    newest.insert(key, time);
                    theirs.insert((from, key, time));
                    hub.gossip(from, message(key, time));
                }
                Op::Gossip { from: peer, key, time } | Op::Has { peer, key, time } => {
                    let got = got.get(&peer).and_then(|got| got.get(&key));
                    if newest.get(&key) == Some(&time) && got != Some(&time) {
                        theirs.insert((peer, key, time));
                    }
                    let message = message(key, time);
                    let timestamp = Some(lnwire::Timestamp(time));
                    hub.input(Input::Has { peer: node(peer), key: Key::of(&message), timestamp });
                }
                Op::Ready(peer) => hub.input(Input::Ready(node(peer))),
                Op::Reconnect(peer) if peer != 4 => {
                    got.remove(&peer);
                    hub.input(Input::PeerUp(node(peer)));
                    hub.input(Input::Filter { peer: node(peer), filter: filter(0, u32::MAX) });
                }
                Op::Reconnect(_) => {}
                Op::Wait(seconds) => hub.wait(seconds),
            }
            for peer in 1..5 {
                for sent in hub.sent_to(peer) {
                    let (key, time) = find(&sent);
                    prop_assert!(!theirs.contains(&(peer, key, time)), "back to {peer}");
                    let before = got.entry(peer).or_default().insert(key, time);
                    prop_assert!(before < Some(time), "{before:?} then {time}");
                }
            }
        }
        for (key, time) in newest {
            let has = got.get(&4).and_then(|got| got.get(&key)) == Some(&time);
            prop_assert!(has || theirs.contains(&(4, key, time)), "{key} {time}");
        }
    }
}
