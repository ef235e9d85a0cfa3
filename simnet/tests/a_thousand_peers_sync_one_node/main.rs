//! One node with every machine of `gossip-sync` among a thousand peers, most of which lie, stall, flood or come and go: the graph
//! is learnt whole, memory keeps its bounds, nobody honest is banned, and whoever forges is. Sockets and ciphers are left out:
//! messages travel as values, on virtual time.
#![expect(
    clippy::print_stdout,
    reason = "figures for the record, with --nocapture"
)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

mod bounds;
mod intake;
mod lies;
mod network;
mod peer;
mod subject;
mod world;

use core::time::Duration;
use std::{collections::BTreeSet, rc::Rc};

use gossip_sync::{manager::Status, syncer::Outcome};
use lies::Kind;
use lnwire::{Message, bytes::Bytes};
use network::Network;
use simnet::each_seed;
use world::World;

const HOUR: Duration = Duration::from_secs(3600);

/// The frames that the node serves.
fn learnt(world: &World) -> BTreeSet<Bytes> {
    let store = &world.subject.store;
    let mut messages: Vec<Message> = Vec::new();
    for channel in store.walk(lnwire::ShortChannelId(0), usize::MAX) {
        messages.push(channel.announcement.into());
        messages.extend(channel.updates.into_iter().flatten().map(Message::from));
    }
    messages.extend(
        store
            .walk_nodes(None, usize::MAX)
            .into_iter()
            .map(Message::from),
    );
    let frame = |message: &Message| {
        let mut frame = Vec::new();
        message.write(&mut frame);
        Bytes::from(frame)
    };
    messages.iter().map(frame).collect()
}

/// Panics unless the node serves these frames, no more and no less.
fn assert_learnt(world: &World, frames: &BTreeSet<Bytes>, when: &str) {
    let learnt = learnt(world);
    let names = |frames: Vec<&Bytes>| {
        let message = |frame: &&Bytes| Message::decode((*frame).clone()).expect("of the network");
        let name = |message| match message {
            Message::ChannelAnnouncement(m) => m.short_channel_id().to_string(),
            Message::ChannelUpdate(m) => {
                format!("{}/{}", m.short_channel_id(), m.direction())
            }
            _ => "a node".to_owned(),
        };
        let names = frames.iter().take(20).map(message).map(name);
        (frames.len(), names.collect::<Vec<_>>())
    };
    let missing = names(frames.difference(&learnt).collect());
    let invented = names(learnt.difference(frames).collect());
    assert!(
        missing.0 + invented.0 == 0,
        "{when}: missing {missing:?}, invented {invented:?}, {:?}",
        world.subject.manager.status()
    );
}

fn assert_only_the_guilty_are_banned(world: &World) {
    for peer in &world.peers {
        let is_banned = world.banned.contains(&peer.id);
        assert!(
            !(is_banned && peer.kind.is_innocent()),
            "{:?} was banned",
            peer.kind
        );
        assert!(
            is_banned || peer.kind.is_innocent(),
            "{:?} was not",
            peer.kind
        );
    }
}

#[test]
fn the_graph_is_whole_in_the_end_and_nobody_honest_is_banned() {
    let started = std::time::Instant::now();
    let network = Rc::new(Network::new(300, 3));
    each_seed(1..2, |seed| {
        let kinds: Vec<_> = (0..1000)
            .map(|n| match n % 20 {
                0..3 => Kind::GOOD[n / 20 % 4],
                3 => Kind::Client,
                _ => Kind::BAD[n % 9],
            })
            .collect();
        let mut world = World::new(&network, &kinds, true, seed);
        for n in (0..1000).step_by(3) {
            world.peers[n].leaves_after = Some(1 + world.random.below(500));
        }
        for n in world.of_kind(Kind::Client) {
            world.peers[n].leaves_after = None;
        }
        world.connect_all(Duration::from_secs(30));
        // Long enough for some routine rounds: who is asked in one may keep things back.
        world.run_for(8 * HOUR);
        let first = network.frames.iter().cloned().collect();
        assert_learnt(&world, &first, "after eight hours");

        world.begin_clients();
        world.run_for(HOUR / 2);
        world.spread_news();
        // Of updates, lists tell within the hour; announcements of nodes that no active peer passed on are asked for within a
        // day. Some were made hours before anybody heard of them, so that whoever becomes active does not send them.
        world.run_for(26 * HOUR);
        assert_learnt(&world, &network.newer_frames, "after the news");
        let synced = world.subject.manager.status();
        assert!(matches!(synced, Status::Synced { coverage, .. } if coverage.is_full()));
        assert_only_the_guilty_are_banned(&world);
        for n in world.of_kind(Kind::Client) {
            let client = world.peers[n].client.as_ref();
            let client = client.expect("that is what it is");
            let complete = matches!(&client.outcome, Some(Outcome::Complete { withheld, .. }) if withheld.is_empty());
            assert!(complete, "{:?}", client.outcome);
            assert!(
                client.frames.is_superset(&network.newer_frames),
                "client {n}"
            );
        }
        println!(
            "{} events, {} banned, {:.1?}",
            world.steps,
            world.banned.len(),
            started.elapsed()
        );
    });
}

/// A small world, in which the peer of one event disconnects instead. What a peer that sends half keeps back, another is asked
/// for within hours.
fn run_small(network: &Rc<Network>, seed: u64, knows_tip: bool, cut_at: Option<u64>) -> u64 {
    let kinds = [
        Kind::Honest,
        Kind::Overlapping,
        Kind::Truncating,
        Kind::Most,
        Kind::Forger,
        Kind::Staller,
        Kind::Dumper,
        Kind::Withholding,
    ];
    let mut world = World::new(network, &kinds, knows_tip, seed);
    for peer in &mut world.peers {
        peer.unasked = peer.unasked.min(5);
    }
    world.cut_at = cut_at;
    world.connect_all(Duration::from_secs(3));
    world.run_for(8 * HOUR);
    let frames = network.frames.iter().cloned().collect();
    let when = format!("tip known: {knows_tip}, cut at {cut_at:?}");
    assert_learnt(&world, &frames, &when);
    assert!(world.banned.is_empty());
    world.steps
}

/// Each event, one after the other, is the one at which its peer disconnects.
#[test]
fn a_disconnect_at_any_step_loses_nothing() {
    let network = Rc::new(Network::new(12, 5));
    each_seed(1..3, |seed| {
        let knows_tip = seed % 2 == 1;
        // The steady life behind the sync is the same again and again.
        let steps = run_small(&network, seed, knows_tip, None).min(250);
        for step in 0..steps {
            run_small(&network, seed, knows_tip, Some(step));
        }
    });
}

#[test]
fn a_disconnect_at_some_step_loses_nothing_whatever_the_seed() {
    let network = Rc::new(Network::new(12, 5));
    each_seed(3..83, |seed| {
        run_small(&network, seed, seed % 2 == 1, Some(seed * 29 % 300));
    });
}
