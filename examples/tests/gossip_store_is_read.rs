//! Real stores are read and their messages are as they were signed; broken stores say where.

mod common;

use std::{collections::HashMap, fs};

use bytes::Bytes;
use examples::gossip_store::{End, Entry, GossipStore, Record, StoreError};
use lnwire::{NodeId, ShortChannelId, WireMessage};
use secp256k1::SECP256K1;

/// Reads a store from `LIGHTNING_TEST_DATA`, or the copy that is checked in.
fn store(name: &str) -> Bytes {
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let folder = common::test_data().unwrap_or_else(|| checked_in.into());
    fs::read(folder.join(name)).unwrap().into()
}

fn open(bytes: &Bytes) -> GossipStore {
    GossipStore::new(bytes.clone()).unwrap().with_deleted()
}

/// Checks that every message encodes to the bytes it came from, and its signatures; returns how many there
/// were in announcements of channels, of nodes, and in updates.
fn verify(bytes: &Bytes, records: &[Record]) -> [usize; 3] {
    let mut signers: HashMap<ShortChannelId, [NodeId; 2]> = HashMap::new();
    let mut signatures = [0; 3];
    for record in records {
        match &record.entry {
            Entry::ChannelAnnouncement { message, .. } => {
                assert_same_bytes(bytes, record, message);
                let message = message.clone().verify(SECP256K1).unwrap();
                let nodes = [message.node_id_1(), message.node_id_2()];
                signers.insert(message.short_channel_id(), nodes);
                signatures[0] += 4;
            }
            Entry::NodeAnnouncement(message) => {
                assert_same_bytes(bytes, record, message);
                assert_eq!(record.timestamp, message.timestamp());
                message.clone().verify(SECP256K1).unwrap();
                signatures[1] += 1;
            }
            Entry::ChannelUpdate(message) => {
                assert_same_bytes(bytes, record, message);
                assert_eq!(record.timestamp, message.timestamp());
                let signer = signers[&message.short_channel_id()][usize::from(message.direction())];
                message.clone().verify(SECP256K1, signer).unwrap();
                signatures[2] += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    signatures
}

fn assert_same_bytes(bytes: &Bytes, record: &Record, message: &impl WireMessage) {
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    assert_eq!(out, bytes[record.offset + 12..][..out.len()]);
}

#[test]
fn mainnet_signatures_verify_and_the_last_checksum_does_not() {
    let bytes = store("real-mainnet-gossip.store");
    let mut store = open(&bytes);
    assert_eq!(store.minor_version(), 15);
    let mut all: Vec<_> = store.by_ref().collect();
    let error = all.pop().unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Checksum { .. }), "{error}");
    assert_eq!(error.at(), 42_653);
    assert!(error.to_string().contains("byte 42653"), "{error}");
    assert_eq!((store.end(), store.next()), (None, None));

    let records: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    let count = |kind: fn(&Entry) -> bool| {
        let all = records.iter().filter(|r| kind(&r.entry));
        let deleted = all.clone().filter(|r| r.flags.is_deleted()).count();
        (all.count(), deleted)
    };
    assert_eq!(
        count(|e| matches!(
            e,
            Entry::ChannelAnnouncement {
                capacity_sat: Some(1..),
                ..
            }
        )),
        (88, 1)
    );
    assert_eq!(
        count(|e| matches!(e, Entry::ChannelAnnouncement { .. })),
        (89, 1)
    );
    assert_eq!(count(|e| matches!(e, Entry::ChannelUpdate(_))), (8, 4));
    assert_eq!(records.len(), 97);
    assert_eq!(store.deleted(), 5);
    assert_eq!(verify(&bytes, &records), [356, 0, 8]);
}

#[test]
fn deleted_records_are_left_out() {
    let bytes = store("real-mainnet-gossip.store");
    let mut store = GossipStore::new(bytes).unwrap();
    assert_eq!(store.by_ref().filter(Result::is_ok).count(), 92);
    assert_eq!(store.deleted(), 5);
}

#[test]
fn regtest_stores_are_read_to_the_end() {
    for (name, expected) in [
        ("regtest-simple.store", [4, 2, 2]),
        ("regtest-mesh-3x3.store", [48, 9, 24]),
    ] {
        let bytes = store(name);
        let mut store = open(&bytes);
        let records: Vec<_> = store.by_ref().map(Result::unwrap).collect();
        assert_eq!(verify(&bytes, &records), expected, "{name}");
        assert_eq!(store.end(), Some(End::Complete { at: bytes.len() }));
        assert!(records.iter().all(|r| !matches!(
            r.entry,
            Entry::StrayAmount(_)
                | Entry::ChannelAnnouncement {
                    capacity_sat: None,
                    ..
                }
        )));
    }
}

#[test]
fn a_cut_tail_ends_the_store() {
    let bytes = store("regtest-simple.store");
    // The amount at 445 comes with the announcement at 1.
    let begins = [1, 445, 467, 617, 767, 928, bytes.len()];
    for len in 1..=bytes.len() {
        let mut store = open(&bytes.slice(..len));
        let read = store.by_ref().map(Result::unwrap).count();
        let at = *begins.iter().rfind(|begin| **begin <= len).unwrap();
        let amounts = usize::from(at > 445);
        assert_eq!(begins[read + amounts], at, "{len} bytes");
        let expected = if at == len {
            End::Complete { at }
        } else {
            End::Incomplete { at }
        };
        assert_eq!(store.end(), Some(expected), "{len} bytes");
    }
}

#[test]
fn a_changed_byte_is_found() {
    let bytes = store("regtest-simple.store");
    let whole: Vec<_> = open(&bytes).map(Result::unwrap).collect();
    let begins = [1, 445, 467, 617, 767, 928];
    for at in 1..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x10;
        let begin = *begins.iter().rfind(|begin| **begin <= at).unwrap();
        let mut store = open(&changed.into());
        let result: Result<Vec<_>, _> = store.by_ref().collect();
        match (at - begin, result) {
            // Flags are not checked: bit 0x10 is no flag's in the lower byte, and an old one in the upper.
            (0 | 1, Ok(records)) => assert_eq!(records.len(), whole.len()),
            // A length can point behind the end.
            (2 | 3, Ok(_)) => {
                assert!(matches!(store.end(), Some(End::Incomplete { .. })), "{at}");
            }
            (_, Err(error)) => assert_eq!(error.at(), begin, "byte {at}"),
            (_, Ok(_)) => panic!("byte {at} was changed and nobody noticed"),
        }
    }
}

#[test]
fn an_uncompleted_record_ends_the_store_since_minor_version_15() {
    let mut bytes = store("regtest-simple.store").to_vec();
    bytes[617] &= !0x20;
    let mut store = open(&bytes.clone().into());
    assert_eq!(store.by_ref().map(Result::unwrap).count(), 2);
    assert_eq!(store.end(), Some(End::Incomplete { at: 617 }));
    bytes[0] = 14;
    assert_eq!(open(&bytes.into()).map(Result::unwrap).count(), 5);
}

#[test]
fn an_announcement_without_its_amount_is_not_lost() {
    let whole = store("regtest-simple.store").to_vec();
    let mut uncompleted = whole.clone();
    uncompleted[445] &= !0x20;
    let mut store = open(&uncompleted.into());
    let records: Vec<_> = store.by_ref().map(Result::unwrap).collect();
    assert_eq!(capacities(&records), [None]);
    assert_eq!(store.end(), Some(End::Incomplete { at: 445 }));

    let mut broken = whole.clone();
    broken[466] ^= 1;
    let mut store = open(&broken.into());
    let record = store.next().unwrap().unwrap();
    assert_eq!(capacities(&[record]), [None]);
    assert_eq!(store.next().unwrap().unwrap_err().at(), 445);

    let without = [&whole[..445], &whole[467..]].concat();
    let records: Vec<_> = open(&without.into()).map(Result::unwrap).collect();
    assert_eq!((records.len(), capacities(&records)), (5, vec![None]));
    let records: Vec<_> = open(&whole.into()).map(Result::unwrap).collect();
    assert!(matches!(capacities(&records)[..], [Some(1..)]));
}

fn capacities(records: &[Record]) -> Vec<Option<u64>> {
    let of = |record: &Record| match record.entry {
        Entry::ChannelAnnouncement { capacity_sat, .. } => Some(capacity_sat),
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

#[test]
fn other_versions_are_refused() {
    assert_eq!(
        GossipStore::new(Bytes::new()).unwrap_err(),
        StoreError::Empty
    );
    for (version, major, minor) in [(0x11, 0, 17), (0x2f, 1, 15)] {
        assert_eq!(
            GossipStore::new(vec![version].into()).unwrap_err(),
            StoreError::Version { major, minor }
        );
    }
    assert!(GossipStore::new(vec![16].into()).is_ok());
}

/// Appends a record with a right checksum.
fn append(store: &mut Vec<u8>, flags: u16, timestamp: u32, message: &[u8]) {
    let crc = crc32c::crc32c_append(timestamp, message);
    store.extend(flags.to_be_bytes());
    store.extend((message.len() as u16).to_be_bytes());
    store.extend(crc.to_be_bytes());
    store.extend(timestamp.to_be_bytes());
    store.extend(message);
}

fn message(msg_type: u16, parts: &[&[u8]]) -> Vec<u8> {
    [&msg_type.to_be_bytes()[..], &parts.concat()].concat()
}

#[test]
fn the_store_s_own_records_are_known() {
    let scid = ShortChannelId::new(900_000, 1, 0).unwrap();
    let mut store = vec![16];
    append(&mut store, 0x2000, 0, &message(4107, &[&[7; 32]]));
    append(
        &mut store,
        0x2000,
        0,
        &message(4101, &[&5_u64.to_be_bytes()]),
    );
    append(
        &mut store,
        0x2800,
        0,
        &message(4103, &[&scid.0.to_be_bytes()]),
    );
    append(
        &mut store,
        0x2000,
        0,
        &message(4106, &[&scid.0.to_be_bytes(), &[0, 0, 0, 9]]),
    );
    append(&mut store, 0x2000, 0, &message(5000, &[b"?"]));
    let at = store.len();
    append(
        &mut store,
        0x2000,
        0,
        &message(4105, &[&77_u64.to_be_bytes(), &[8; 32]]),
    );
    append(&mut store, 0x2000, 0, &message(4101, &[]));

    let mut store = open(&store.into());
    let records: Vec<_> = store.by_ref().map(Result::unwrap).collect();
    assert!(records[2].flags.is_dying() && !records[1].flags.is_dying());
    let entries: Vec<_> = records.into_iter().map(|r| r.entry).collect();
    assert_eq!(
        entries,
        [
            Entry::Uuid([7; 32]),
            Entry::StrayAmount(5),
            Entry::DeleteChannel(scid),
            Entry::ChannelDying {
                short_channel_id: scid,
                deadline: lnwire::BlockHeight(9)
            },
            Entry::Other(message(5000, &[b"?"]).into()),
        ]
    );
    assert_eq!(
        store.end(),
        Some(End::Replaced {
            at,
            equivalent_offset: 77,
            uuid: [8; 32]
        })
    );
}

#[test]
fn a_message_that_does_not_decode_is_an_error_at_its_record() {
    for broken in [message(258, &[b"short"]), message(4103, &[]), vec![1]] {
        let mut store = vec![16];
        append(&mut store, 0x2000, 0, &message(4107, &[&[7; 32]]));
        let at = store.len();
        append(&mut store, 0x2000, 1, &broken);
        let error = open(&store.into()).last().unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Message { .. }), "{error}");
        assert_eq!(error.at(), at);
    }
}
