//! Real stores are read and their messages are as they were signed; broken stores say where.

mod raw_store;

use std::{collections::HashMap, env, fs, path::PathBuf};

use lnwire::{
    NodeId, ShortChannelId, WireMessage,
    bytes::{Bytes, BytesMut},
    secp256k1::Secp256k1,
};
use raw_store::{append, message};
use routemap::store::{End, Entry, Next, Reader, Record, Records, Replaced, StoreError};

/// Reads a store from `LIGHTNING_TEST_DATA`, or the copy that is checked in.
fn store(name: &str) -> Bytes {
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let folder = env::var_os("LIGHTNING_TEST_DATA").unwrap_or_else(|| checked_in.into());
    fs::read(PathBuf::from(folder).join(name)).unwrap().into()
}

fn open(bytes: &Bytes) -> Records {
    Records::new(bytes.clone()).unwrap()
}

fn entry(record: &Record) -> Entry {
    record.entry().unwrap()
}

/// Checks that every message encodes to the bytes it came from, and its signatures; returns how many there
/// were in announcements of channels, of nodes, and in updates.
fn verify(bytes: &Bytes, records: &[Record]) -> [usize; 3] {
    let mut signers: HashMap<ShortChannelId, [NodeId; 2]> = HashMap::new();
    let mut signatures = [0; 3];
    let secp = Secp256k1::new();
    for record in records {
        match &entry(record) {
            Entry::ChannelAnnouncement(message) => {
                assert_same_bytes(bytes, record, message);
                let message = message.clone().verify(&secp).unwrap();
                let nodes = [message.node_id_1(), message.node_id_2()];
                signers.insert(message.short_channel_id(), nodes);
                signatures[0] += 4;
            }
            Entry::NodeAnnouncement(message) => {
                assert_same_bytes(bytes, record, message);
                assert_eq!(record.timestamp, message.timestamp());
                message.clone().verify(&secp).unwrap();
                signatures[1] += 1;
            }
            Entry::ChannelUpdate(message) => {
                assert_same_bytes(bytes, record, message);
                assert_eq!(record.timestamp, message.timestamp());
                let signer = signers[&message.short_channel_id()][usize::from(message.direction())];
                message.clone().verify(&secp, signer).unwrap();
                signatures[2] += 1;
            }
            Entry::Amount {
                sat: 1..,
                is_estimate: false,
            } => {}
            other => panic!("{other:?}"),
        }
    }
    signatures
}

fn assert_same_bytes(bytes: &Bytes, record: &Record, message: &impl WireMessage) {
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    assert_eq!(out, bytes[record.offset as usize + 12..][..out.len()]);
    assert_eq!(out, record.message);
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
    // It is the last one: behind it the file ends well.
    store.skip_record();
    assert!(store.next().is_none());
    assert_eq!(store.end(), Some(End::Complete));

    let records: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    let count = |kind: fn(&Entry) -> bool| {
        let all = records.iter().filter(|r| kind(&entry(r)));
        let deleted = all.clone().filter(|r| r.flags.is_deleted()).count();
        (all.count(), deleted)
    };
    assert_eq!(count(|e| matches!(e, Entry::Amount { .. })), (88, 1));
    let announcements = count(|e| matches!(e, Entry::ChannelAnnouncement(_)));
    assert_eq!(announcements, (89, 1));
    assert_eq!(count(|e| matches!(e, Entry::ChannelUpdate(_))), (8, 4));
    assert_eq!(records.len(), 185);
    assert_eq!(verify(&bytes, &records), [356, 0, 8]);
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
        assert_eq!(store.end(), Some(End::Complete));
        assert_eq!(store.offset(), bytes.len() as u64);
    }
}

#[test]
fn pieces_of_any_size_give_the_same_records() {
    let bytes = store("regtest-mesh-3x3.store");
    let whole: Vec<_> = open(&bytes).map(Result::unwrap).collect();
    for size in [1, 7, 500, bytes.len()] {
        let (mut reader, mut buffer, mut records) = (Reader::new(), BytesMut::new(), Vec::new());
        for piece in bytes.chunks(size) {
            buffer.extend_from_slice(piece);
            while let Next::Record(record) = reader.read(&mut buffer).unwrap() {
                records.push(record);
            }
        }
        assert_eq!(reader.read(&mut buffer), Ok(Next::NeedsMore));
        assert!(buffer.is_empty());
        assert_eq!(records, whole, "{size} bytes each");
    }
}

#[test]
fn a_cut_tail_ends_the_store() {
    let bytes = store("regtest-simple.store");
    for len in 1..=bytes.len() {
        let mut store = open(&bytes.slice(..len));
        let read = store.by_ref().map(Result::unwrap).count();
        let at = *BEGINS.iter().rfind(|begin| **begin <= len).unwrap();
        assert_eq!(BEGINS[read], at, "{len} bytes");
        let complete = at == len;
        let expected = [End::Incomplete, End::Complete][usize::from(complete)];
        assert_eq!(store.end(), Some(expected), "{len} bytes");
        assert_eq!(store.offset(), at as u64);
    }
}

#[test]
fn a_changed_byte_is_found_and_the_record_can_be_skipped() {
    let bytes = store("regtest-simple.store");
    let whole = open(&bytes).map(Result::unwrap).count();
    for at in 1..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x10;
        let begin = *BEGINS.iter().rfind(|begin| **begin <= at).unwrap();
        let mut store = open(&changed.into());
        let result: Result<Vec<_>, _> = store.by_ref().collect();
        match (at - begin, result) {
            // Flags are not checked: bit 0x10 is no flag's in the lower byte, and an old one in the upper.
            (0 | 1, Ok(records)) => assert_eq!(records.len(), whole),
            // A length can point behind the end.
            (2 | 3, Ok(_)) => assert_eq!(store.end(), Some(End::Incomplete), "{at}"),
            (place, Err(error)) => {
                assert_eq!(error.at(), begin as u64, "byte {at}");
                store.skip_record();
                let left = BEGINS.iter().filter(|b| **b > begin).count() - 1;
                assert!(place < 4 || store.map(Result::unwrap).count() == left);
            }
            (_, Ok(_)) => panic!("byte {at} was changed and nobody noticed"),
        }
    }
}

#[test]
fn an_uncompleted_record_ends_the_store_since_minor_version_15() {
    let mut bytes = store("regtest-simple.store").to_vec();
    bytes[617] &= !0x20;
    let mut store = open(&bytes.clone().into());
    assert_eq!(store.by_ref().map(Result::unwrap).count(), 3);
    assert_eq!((store.end(), store.offset()), (Some(End::Incomplete), 617));
    bytes[0] = 14;
    assert_eq!(open(&bytes.into()).map(Result::unwrap).count(), 6);
}

#[test]
fn other_versions_are_refused() {
    for (version, major, minor) in [(0x11, 0, 17), (0x2f, 1, 15)] {
        assert_eq!(
            Records::new(vec![version].into()).unwrap_err(),
            StoreError::Version { major, minor }
        );
    }
    for file in [vec![], vec![16]] {
        let mut empty = Records::new(file.into()).unwrap();
        assert!(empty.next().is_none());
        assert_eq!(empty.end(), Some(End::Complete));
    }
}

#[test]
fn the_store_s_own_records_are_known() {
    let scid = ShortChannelId::new(900_000, 1, 0).unwrap();
    let id = scid.0.to_be_bytes();
    let mut store = vec![16];
    for (flags, timestamp, message) in [
        (0x2000, 0, message(4107, &[&[7; 32]])),
        (0x2000, 0, message(4101, &[&5_u64.to_be_bytes()])),
        (0x2000, 1, message(4101, &[&6_u64.to_be_bytes()])),
        (0x2800, 0, message(4103, &[&id])),
        (0x2000, 0, message(4106, &[&id, &[0, 0, 0, 9]])),
        (0x2000, 0, message(5000, &[b"?"])),
        // Not what ends a store: it does not say where to go on.
        (0x2000, 0, message(4105, &[&[8; 39]])),
    ] {
        append(&mut store, flags, timestamp, &message);
    }
    let at = store.len() as u64;
    let ended = message(4105, &[&77_u64.to_be_bytes(), &[8; 32]]);
    append(&mut store, 0x2000, 0, &ended);
    append(&mut store, 0x2000, 0, &message(4101, &[]));

    let mut store = open(&store.into());
    let records: Vec<_> = store.by_ref().map(Result::unwrap).collect();
    assert!(records[3].flags.is_dying() && !records[1].flags.is_dying());
    assert_eq!(records[6].end(), at);
    let entries: Vec<_> = records.iter().map(entry).collect();
    let amount = |sat, is_estimate| Entry::Amount { sat, is_estimate };
    assert_eq!(
        entries,
        [
            Entry::Uuid([7; 32]),
            amount(5, false),
            amount(6, true),
            Entry::DeleteChannel(scid),
            Entry::ChannelDying {
                short_channel_id: scid,
                deadline: lnwire::BlockHeight(9)
            },
            Entry::Other(message(5000, &[b"?"]).into()),
            Entry::Other(message(4105, &[&[8; 39]]).into()),
        ]
    );
    let new = Replaced {
        equivalent_offset: 77,
        uuid: [8; 32],
    };
    assert_eq!(store.end(), Some(End::Replaced(new)));
}

#[test]
fn what_does_not_decode_is_an_error_of_that_record_alone() {
    for broken in [message(258, &[b"short"]), message(4103, &[])] {
        let mut store = vec![16];
        append(&mut store, 0x2000, 1, &broken);
        let record = open(&store.into()).next().unwrap().unwrap();
        assert!(record.entry().is_err());
    }
}

#[test]
fn zeros_and_a_half_type_are_no_records() {
    // The checksum of nothing, begun with zero, is zero.
    let mut half = vec![16];
    append(&mut half, 0x2000, 1, &[1]);
    for file in [vec![14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], half] {
        let error = open(&file.into()).next().unwrap().unwrap_err();
        assert!(
            matches!(error, StoreError::Message { at: 1, .. }),
            "{error}"
        );
    }
}

/// Where the records of `regtest-simple.store` begin, and its end.
const BEGINS: [usize; 7] = [1, 445, 467, 617, 767, 928, 1175];
