//! A node with a file keeps no message in memory: it reads back what it is asked for, also after the file was written anew.

mod common;

use core::time::Duration;
use std::fs;

use common::{
    folder::Folder,
    nodes::{CHAIN, CHANNELS, counts, full_knowledge, network},
};
use examples::{
    load,
    network::{self, SignOptions},
    node::{Clock, Knowledge, MessageStore},
    synthetic::mainnet_like,
    topology::{Policy, Topology, TopologyChannel},
};
use gossip_sync::ingest::VerifiedGossip;
use lnwire::{BlockHeight, Instant, ShortChannelId, Timestamp, Verified};
use routemap::store::{Entry, Records};

const DAY: u32 = 24 * 60 * 60;

/// Asserts that both serve the same.
fn assert_same(one: &MessageStore, two: &MessageStore) {
    let first = ShortChannelId(0);
    let list = |store: &MessageStore| store.list(first, BlockHeight(u32::MAX), usize::MAX);
    assert_eq!(list(one), list(two));
    assert_eq!(one.walk(first, usize::MAX), two.walk(first, usize::MAX));
    assert_eq!(
        one.walk_nodes(None, usize::MAX),
        two.walk_nodes(None, usize::MAX)
    );
    let mut ids: Vec<ShortChannelId> = list(one).iter().map(|c| c.short_channel_id).collect();
    // Not in the order of the file, some twice, one unknown.
    ids.reverse();
    ids.extend_from_within(..ids.len().min(10));
    ids.push(first);
    assert_eq!(one.fetch(&ids), two.fetch(&ids));
    assert_eq!(one.message_bytes(), two.message_bytes());
}

fn kept_in(file: &str) -> Knowledge {
    let mut knowledge = Knowledge::new(CHAIN);
    knowledge.keep_in(file.as_ref()).unwrap();
    knowledge
}

#[test]
fn it_serves_what_a_node_without_a_file_serves() {
    let folder = Folder::new("read-from-file");
    let file = folder.path("graph.store");
    let in_memory = full_knowledge();
    assert_eq!(
        in_memory.store.bytes_in_memory(),
        in_memory.store.message_bytes()
    );
    assert_eq!(
        in_memory.store.walk(ShortChannelId(0), usize::MAX).len(),
        CHANNELS
    );

    let mut kept = kept_in(&file);
    load::signed_network(&mut kept, network().clone()).unwrap();
    kept.flush().unwrap();
    assert_eq!(kept.store.bytes_in_memory(), 0);
    assert_same(&kept.store, &in_memory.store);

    kept.close().unwrap();
    assert_same(&kept.store, &in_memory.store);
    let again = kept_in(&file);
    assert_eq!(again.store.bytes_in_memory(), 0);
    assert_eq!(counts(&again), counts(&in_memory));
    assert_same(&again.store, &in_memory.store);
}

#[test]
fn what_waits_for_an_update_is_in_memory_until_then() {
    let folder = Folder::new("waits-for-update");
    let mut kept = kept_in(&folder.path("graph.store"));
    let now = Instant::ZERO;
    let channel = &network().channels[0];
    let announcement = channel.announcement.clone();
    let ids = [announcement.node_id_1(), announcement.node_id_2()];
    let nodes = network().nodes.iter();
    let nodes = nodes.filter(|node| ids.contains(&node.node_id()));

    let trusted = Verified::trust_without_checking(announcement.clone(), ());
    kept.insert(now, &VerifiedGossip::Channel(trusted)).unwrap();
    for node in nodes.clone() {
        let trusted = Verified::trust_without_checking(node.clone(), ());
        kept.insert(now, &VerifiedGossip::Node(trusted)).unwrap();
    }
    kept.flush().unwrap();
    assert!(nodes.clone().count() > 0);
    let all = kept.store.message_bytes();
    assert_eq!(kept.store.bytes_in_memory(), all);
    let waiting = kept.store.walk(ShortChannelId(0), 2);
    assert_eq!(waiting[0].announcement, announcement);

    let side = usize::from(channel.updates[0].is_none());
    let update = channel.updates[side].clone().unwrap();
    let trusted = Verified::trust_without_checking(update.clone(), ids[side]);
    kept.insert(now, &VerifiedGossip::Update(trusted)).unwrap();
    kept.flush().unwrap();
    assert_eq!(kept.store.bytes_in_memory(), 0);
    let stored = &kept.store.fetch(&[announcement.short_channel_id()])[0];
    assert_eq!(stored.announcement, announcement);
    assert_eq!(stored.updates[side], Some(update));
    assert_eq!(stored.nodes.iter().flatten().count(), nodes.count());
}

/// Half of the network goes; a record that a disk has changed is left out, and no reason not to write the rest anew.
#[test]
fn it_is_the_same_after_the_file_was_written_anew() {
    let folder = Folder::new("written-anew");
    let file = folder.path("graph.store");
    let now = Clock::new(None).wall_clock().as_secs();
    let old = SignOptions {
        chain_hash: CHAIN,
        timestamp: Timestamp(now - 7 * DAY),
        seed: 13,
        threads: 2,
    };
    let mut topology = mainnet_like(CHANNELS, 13);
    for channel in &mut topology.channels {
        // Another output than in the other network.
        channel.short_channel_id.0 |= 0xff00;
    }
    let old = network::sign(&topology, old, |_, _| {});
    let mut kept = kept_in(&file);
    load::signed_network(&mut kept, old).unwrap();
    load::signed_network(&mut kept, network().clone()).unwrap();
    assert_eq!(counts(&kept)[0], 2 * CHANNELS);
    kept.close().unwrap();
    drop(kept);

    // Among what is pruned.
    let mut bytes = fs::read(&file).unwrap();
    bytes[1000] ^= 1;
    fs::write(&file, &bytes).unwrap();

    let mut again = kept_in(&file);
    assert_ne!(counts(&again), [0; 4]);
    let at = Instant::from_epoch(Duration::from_secs(u64::from(8 * DAY)));
    let gone = again.prune(at, Timestamp(now + 8 * DAY));
    assert!(gone.len() <= CHANNELS && gone.len() + 1 >= CHANNELS);
    again.flush().unwrap();
    let is_same = |knowledge: &Knowledge| {
        assert_eq!(knowledge.store.bytes_in_memory(), 0);
        assert_same(&knowledge.store, &full_knowledge().store);
    };
    // What went is dead in the file, and only takes room.
    assert!(fs::metadata(&file).unwrap().len() >= bytes.len() as u64);
    is_same(&again);
    drop(again);
    let mut again = kept_in(&file);
    is_same(&again);

    again.compact().unwrap();
    assert!(fs::metadata(&file).unwrap().len() < bytes.len() as u64);
    is_same(&again);
    drop(again);
    is_same(&kept_in(&file));
}

/// A node's announcement stands behind its first channel in the file. When that goes, it is written behind the next.
#[test]
fn a_node_that_has_lost_its_first_channel_is_in_the_file_still() {
    let folder = Folder::new("first-channel-lost");
    let file = folder.path("graph.store");
    let now = Clock::new(None).wall_clock();
    let channel = |block, nodes| TopologyChannel {
        short_channel_id: ShortChannelId::new(block, 1, 1).unwrap(),
        nodes,
        capacity_sat: 1_000_000,
        policies: [Some(Policy::disabled(1_000_000)); 2],
    };
    let topology = Topology {
        channels: vec![channel(600_000, [0, 1]), channel(600_001, [1, 2])],
        node_names: vec![None; 3],
    };
    let sign = |timestamp| {
        let options = SignOptions {
            chain_hash: CHAIN,
            timestamp,
            seed: 17,
            threads: 1,
        };
        network::sign(&topology, options, |_, _| {})
    };
    let mut then = sign(now);
    // The first channel has not been updated for a week, and its nodes are there before the second.
    let mut first = sign(Timestamp(now.as_secs() - 7 * DAY));
    first.channels.truncate(1);
    then.channels.remove(0);
    let announcement = &first.channels[0].announcement;
    let ends = [announcement.node_id_1(), announcement.node_id_2()];
    first.nodes.retain(|node| ends.contains(&node.node_id()));
    then.nodes.retain(|node| !ends.contains(&node.node_id()));
    let gone = announcement.short_channel_id();
    let mut kept = kept_in(&file);
    load::signed_network(&mut kept, first).unwrap();
    load::signed_network(&mut kept, then).unwrap();
    assert_eq!(counts(&kept)[..3], [2, 4, 3]);

    let later = Instant::from_epoch(Duration::from_secs(u64::from(8 * DAY)));
    let wall_clock = Timestamp(now.as_secs() + 8 * DAY);
    assert_eq!(kept.prune(later, wall_clock), [gone]);
    assert_eq!(kept.store.node_announcements(), 2);
    kept.flush().unwrap();
    let records = Records::new(fs::read(&file).unwrap().into()).unwrap();
    let alive = records
        .map(Result::unwrap)
        .filter(|r| !r.flags.is_deleted());
    let alive: Vec<Entry> = alive.map(|record| record.entry().unwrap()).collect();
    let is_channel = |entry: &Entry| matches!(entry, Entry::ChannelAnnouncement(_));
    let is_node = |entry: &Entry| matches!(entry, Entry::NodeAnnouncement(_));
    assert!(alive.iter().position(is_channel) < alive.iter().position(is_node));
    assert_eq!(alive.iter().filter(|entry| is_node(entry)).count(), 2);
    let again = kept_in(&file);
    assert_eq!(counts(&again)[..3], [1, 2, 2]);
    assert_eq!(again.store.node_announcements(), 2);
    assert_same(&again.store, &kept.store);
}
