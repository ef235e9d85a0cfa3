//! What a store may hold after years and crashes, and how much: announcements of nodes before their channels, bad
//! records, and as many bytes as there can be.

mod common;
mod raw_store;

use common::{announcement, at, graph, node, node_announcement, terms, update};
use lnwire::{
    BlockHeight,
    bytes::{Bytes, BytesMut},
};
use raw_store::{append, message};
use routemap::{
    Direction, Graph, Timestamp,
    store::{Batch, InsertError, Loaded, Loader, Records, Store, load},
};

const COMPLETED: u16 = 0x2000;
/// Of a file: its version, and its identifier in a record.
const FIRST_RECORD: u64 = 1 + 12 + 34;

fn empty() -> Vec<u8> {
    let mut file = vec![16];
    append(&mut file, COMPLETED, 0, &message(4107, &[&[7; 32]]));
    assert_eq!(file.len() as u64, FIRST_RECORD);
    file
}

/// Appends a message that was signed, and returns where its record begins.
fn add(file: &mut Vec<u8>, message: &Bytes) -> u64 {
    let begin = file.len() as u64;
    append(file, COMPLETED, 0, message);
    begin
}

fn load_again(file: &[u8]) -> (Graph, Loaded) {
    let mut graph = graph();
    let loaded = load(&mut graph, at(0), file.to_vec().into()).unwrap();
    (graph, loaded)
}

fn announced_at(graph: &Graph, number: u32) -> Option<Timestamp> {
    graph.node(node(graph, number)).unwrap().announced_at()
}

/// Where records are that the loader wants marked as deleted.
fn deleted(loaded: &Loaded) -> Vec<u64> {
    let patches = loaded.repairs.iter();
    let deleted = patches.filter(|patch| patch.byte & 0x80 != 0);
    deleted.map(|patch| patch.at).collect()
}

#[test]
fn an_announcement_of_a_node_waits_for_its_channel() {
    let mut file = empty();
    let first = add(&mut file, node_announcement(1, 10).as_bytes());
    add(&mut file, announcement(5, 1, 2).as_bytes());
    let second = add(&mut file, node_announcement(2, 20).as_bytes());
    let (graph, loaded) = load_again(&file);
    assert_eq!(announced_at(&graph, 1), Some(Timestamp(10)));
    assert_eq!(announced_at(&graph, 2), Some(Timestamp(20)));
    assert_eq!((loaded.report.nodes, loaded.report.refused), (2, 0));
    assert_eq!(deleted(&loaded), []);
    // It is found where it is, to be served and to be deleted when a newer one comes.
    let store = loaded.store.unwrap();
    assert_eq!(store.node(node(&graph, 1)), Some(first));
    assert_eq!(store.node(node(&graph, 2)), Some(second));
}

#[test]
fn of_two_that_wait_the_newer_one_counts() {
    for (timestamps, kept) in [([10, 20], 1), ([20, 10], 0)] {
        let mut file = empty();
        let places = timestamps.map(|time| add(&mut file, node_announcement(1, time).as_bytes()));
        add(&mut file, announcement(5, 1, 2).as_bytes());
        let (graph, loaded) = load_again(&file);
        assert_eq!(announced_at(&graph, 1), Some(Timestamp(20)));
        let store = loaded.store.unwrap();
        assert_eq!(store.node(node(&graph, 1)), Some(places[kept]));
        assert_eq!(loaded.report.nodes, 1);
    }
}

#[test]
fn an_announcement_whose_channel_never_comes_is_deleted() {
    let mut file = empty();
    let lonely = add(&mut file, node_announcement(3, 10).as_bytes());
    add(&mut file, announcement(5, 1, 2).as_bytes());
    let (graph, loaded) = load_again(&file);
    assert_eq!(graph.node_count(), 2);
    assert_eq!((loaded.report.nodes, loaded.report.refused), (0, 1));
    assert_eq!(deleted(&loaded), [lonely]);
    // Then others do not wait for it, nor does the next load.
    for patch in &loaded.repairs {
        file[patch.at as usize] = patch.byte;
    }
    let mut records = Records::new(file.clone().into()).unwrap();
    let flags = records.nth(1).unwrap().unwrap().flags;
    assert!(flags.is_deleted() && flags.is_completed());
    assert_eq!(load_again(&file).1.report.refused, 0);
}

#[test]
fn after_a_thousand_bad_records_in_a_row_the_rest_is_given_up() {
    for (bad, is_given_up) in [(999, false), (1000, true)] {
        let mut file = empty();
        add(&mut file, announcement(5, 1, 2).as_bytes());
        let good = file.len();
        for _ in 0..bad {
            append(&mut file, COMPLETED, 0, &message(5000, &[b"?"]));
            // No longer what the checksum is of.
            *file.last_mut().unwrap() ^= 1;
        }
        add(&mut file, announcement(6, 1, 2).as_bytes());
        let (graph, loaded) = load_again(&file);
        assert_eq!(loaded.report.damaged, bad);
        if is_given_up {
            assert_eq!(graph.channel_count(), 1);
            assert_eq!(loaded.len, good as u64);
            assert_eq!(deleted(&loaded), []);
        } else {
            assert_eq!(graph.channel_count(), 2);
            assert_eq!(loaded.len, file.len() as u64);
            assert_eq!(deleted(&loaded).len(), bad);
        }
        assert_eq!(loaded.store.map(|store| store.len()), Some(loaded.len));
    }
}

/// Loads a store that begins with a channel, and then has so many of the longest records.
fn load_long(graph: &mut Graph, records: u64) -> Loaded {
    let mut first = empty();
    add(&mut first, announcement(5, 1, 2).as_bytes());
    let mut record = Vec::new();
    append(
        &mut record,
        COMPLETED,
        0,
        &vec![0x13; usize::from(u16::MAX)],
    );
    let (mut loader, mut buffer) = (Loader::new(), BytesMut::from(&first[..]));
    for _ in 0..records {
        loader.read(graph, at(0), &mut buffer).unwrap();
        buffer.extend_from_slice(&record);
    }
    loader.read(graph, at(0), &mut buffer).unwrap();
    loader.finish()
}

#[test]
fn a_full_store_takes_no_more() {
    // Behind less than a thousand bytes.
    let fit = (Store::MAX_LEN - 1000) / (12 + u64::from(u16::MAX));
    let mut graph = graph();
    let loaded = load_long(&mut graph, fit);
    let (mut store, mut batch) = (loaded.store.unwrap(), Batch::default());
    let len = store.len();
    assert!(len <= Store::MAX_LEN);
    let old = graph.channels().next().unwrap().0;
    let new = announcement(6, 1, 3);
    let handle = graph.apply_channel(at(0), &new, None).unwrap();
    let terms = update(terms(5, Direction::OneToTwo, 9), 1);
    graph.apply_update(at(0), &terms).unwrap();
    let node = node_announcement(1, 10);
    let node_handle = graph.apply_node(at(0), &node).unwrap();
    let full = Err(InsertError::Full);
    assert_eq!(store.insert_channel(&graph, handle, &new, &mut batch), full);
    assert_eq!(store.insert_update(&graph, old, &terms, &mut batch), full);
    assert_eq!(
        store.insert_node(&graph, node_handle, &node, &mut batch),
        full
    );
    assert_eq!(
        store.mark_dying(&graph, old, BlockHeight(9), &mut batch),
        full
    );
    assert_eq!(store.write_waiting(&graph, &mut batch), full);
    let removed = graph.remove_channel(at(0), old).unwrap();
    let done = store.remove_channel(&graph, &removed, &mut batch);
    assert_eq!(done.map(|_| ()), full);
    assert!(batch.is_empty());
    assert_eq!(store.len(), len);

    // What is longer yet is read, but nobody may append to it.
    let loaded = load_long(&mut common::graph(), fit + 1);
    assert!(loaded.len > Store::MAX_LEN && loaded.store.is_none());
    assert_eq!(loaded.report.channels, 1);
}
