//! A small file made here is read back, broken ones say where, and mainnet has the facts it should have.

mod common;

use std::io::Write;

use bytes::BufMut;
use common::gossmap_file::{encode, fixture, number};
use examples::{
    gossmap::{self, Gossmap, GossmapChannel, GossmapError, HtlcMaximum},
    gzip::GzipError,
    node_list::NodeList,
    topology::{Policy, Topology},
};
use flate2::{Compression, write::GzEncoder};
use lnwire::Msat;

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The file's header and then these numbers.
fn file(numbers: &[u64]) -> Vec<u8> {
    let mut out = b"GOSSMAP_COMPRESSv1\0".to_vec();
    numbers.iter().for_each(|value| number(&mut out, *value));
    out
}

#[test]
fn round_trip() {
    let bytes = encode(&fixture());
    assert_eq!(Gossmap::read(&bytes).unwrap().channels(), fixture());
    let packed = Gossmap::read(&pack(&bytes)).unwrap();
    assert_eq!(packed.channels(), fixture());
    assert_eq!(packed.node_count(), 3);
}

#[test]
fn an_empty_network_is_one() {
    let gossmap = Gossmap::read(&encode(&[])).unwrap();
    assert_eq!(gossmap, Gossmap::default());
    assert_eq!(gossmap.topology(None).unwrap(), Topology::default());
}

#[test]
fn a_cut_at_any_byte_says_where() {
    let bytes = encode(&fixture());
    for len in 0..bytes.len() {
        let error = Gossmap::read(&bytes[..len]).unwrap_err();
        // A number that is cut short begins at most eight bytes before the end.
        assert!(
            error.at() <= len && error.at() + 8 >= len,
            "{len} bytes: {error}"
        );
        assert!(
            error.to_string().contains(&format!("byte {}", error.at())),
            "{error}"
        );
    }
}

#[test]
fn a_cut_at_any_packed_byte_is_an_error() {
    let bytes = encode(&fixture());
    let packed = pack(&bytes);
    for len in 0..packed.len() {
        let error = Gossmap::read(&packed[..len]).unwrap_err();
        assert!(error.at() <= bytes.len(), "{len} bytes: {error}");
    }
}

#[test]
fn a_changed_byte_never_panics() {
    let bytes = encode(&fixture());
    for at in 0..bytes.len() {
        for value in 0..=255 {
            let mut changed = bytes.clone();
            changed[at] = value;
            if let Ok(gossmap) = Gossmap::read(&changed) {
                let topology = gossmap.topology(None).unwrap();
                assert!(topology.node_names.len() <= 6, "byte {at} = {value}");
            }
        }
    }
}

#[test]
fn hostile_numbers_are_refused_where_they_are() {
    let error = |numbers: &[u64]| Gossmap::read(&file(numbers)).unwrap_err();
    let range = |at, field, value, max| GossmapError::Range {
        at,
        field,
        value,
        max,
    };
    // A count of channels that no file has.
    assert_eq!(error(&[u64::MAX]), range(19, "channel count", u64::MAX, 28));
    // One channel has two nodes at most, and not the same one twice.
    assert_eq!(error(&[1, 2]), range(20, "start node", 2, 1));
    assert_eq!(error(&[1, 0, 2]), range(21, "end node", 2, 1));
    assert_eq!(
        error(&[1, 1, 1]),
        GossmapError::SelfChannel { at: 21, node: 1 }
    );
    // More values than the file has bytes for: the first missing one is at fault.
    let count = u64::from(u32::MAX);
    assert_eq!(error(&[1, 0, 1, 2, count, 7]).at(), 29);
    assert_eq!(
        error(&[1, 0, 1, 2, count + 1]),
        range(23, "capacity", count + 1, count)
    );
    // A table without values, and an index behind the last one.
    assert_eq!(
        error(&[1, 0, 1, 2, 0, 0]),
        GossmapError::EmptyTable {
            at: 24,
            field: "capacity"
        }
    );
    assert_eq!(error(&[1, 0, 1, 2, 1, 7, 1]), range(25, "capacity", 1, 0));
    // Numbers that their fields do not hold.
    let capacity = 2_100_000_000_000_001;
    assert_eq!(
        error(&[1, 0, 1, 2, 1, capacity, 0]),
        range(24, "capacity", capacity, capacity - 1)
    );
    let before_cltv = [
        1, 0, 1, 2, 1, 7, 0, 1, 7, 0, 0, 1, 7, 0, 0, 1, 7, 0, 0, 1, 7, 0, 0,
    ];
    let at = file(&before_cltv).len() + 1;
    let cltv = [&before_cltv[..], &[1, 65536, 0, 0]].concat();
    assert_eq!(error(&cltv), range(at, "cltv_expiry_delta", 65536, 65535));
    let whole = [&before_cltv[..], &[1, 65535, 0, 0]].concat();
    assert!(Gossmap::read(&file(&whole)).is_ok());
    let more = [&whole[..], &[0]].concat();
    let at = file(&whole).len();
    assert_eq!(error(&more), GossmapError::TrailingBytes { at, extra: 1 });
}

#[test]
fn a_longer_form_of_a_number_is_refused() {
    let mut bytes = b"GOSSMAP_COMPRESSv1\0".to_vec();
    bytes.put_u8(0xfd);
    bytes.put_u16(0);
    let error = Gossmap::read(&bytes).unwrap_err();
    assert!(matches!(error, GossmapError::Number { at: 19, .. }));
}

#[test]
fn another_header_is_refused_at_its_first_byte() {
    let mut bytes = encode(&fixture());
    bytes[17] = b'2';
    assert_eq!(Gossmap::read(&bytes), Err(GossmapError::Header { at: 17 }));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = pack(&vec![0; gossmap::MAX_LEN + 1]);
    assert!(bomb.len() < 1 << 17);
    assert_eq!(
        Gossmap::read(&bomb),
        Err(GossmapError::Gzip(GzipError::TooLarge {
            limit: gossmap::MAX_LEN
        }))
    );
}

/// Node 0 has the greatest id, so both of its channels turn round.
fn node_list() -> NodeList {
    let ids = ["03", "02", "02"].map(|parity| parity.to_string() + &"11".repeat(31));
    let list = format!(
        "0:{}00:\n1:{}01:bob\n2:{}02:car:ol\n",
        ids[0], ids[1], ids[2]
    );
    NodeList::read(list.as_bytes()).unwrap()
}

#[test]
fn direction_0_belongs_to_the_lesser_id() {
    let gossmap = Gossmap::read(&encode(&fixture())).unwrap();
    let topology = gossmap.topology(Some(&node_list())).unwrap();
    let nodes: Vec<_> = topology.channels.iter().map(|c| c.nodes).collect();
    assert_eq!(nodes, [[1, 0], [2, 0], [1, 2]]);
    assert_eq!(
        topology.node_names,
        ["", "bob", "car:ol"].map(|name| Some(name.to_string()))
    );
    // Policies go with the directions.
    let base = topology.channels[0]
        .policies
        .map(|p| p.unwrap().fee_base_msat);
    assert_eq!(base, [0, 1]);
}

#[test]
fn without_ids_the_start_node_passes_for_the_lesser() {
    let gossmap = Gossmap::read(&encode(&fixture())).unwrap();
    let topology = gossmap.topology(None).unwrap();
    let nodes: Vec<_> = topology.channels.iter().map(|c| c.nodes).collect();
    assert_eq!(nodes, [[0, 1], [0, 2], [1, 2]]);
    assert_eq!(topology.node_names, [None, None, None]);
}

#[test]
fn maxima_are_resolved() {
    let gossmap = Gossmap::read(&encode(&fixture())).unwrap();
    let topology = gossmap.topology(None).unwrap();
    let [first, second, third] = &topology.channels[..] else {
        panic!("three channels");
    };
    let maxima = |policies: [Option<Policy>; 2]| policies.map(|p| p.unwrap().htlc_maximum_msat.0);
    assert_eq!(maxima(first.policies), [100_000, 99_000]);
    assert_eq!(maxima(second.policies), [5_000_000_000_000, 5_000_000_000]);
    assert_eq!(maxima(third.policies), [2, 300_000]);
    assert_eq!(
        second.policies[0],
        Some(Policy::disabled(second.capacity_sat))
    );
}

#[test]
fn a_short_list_is_refused() {
    let gossmap = Gossmap::read(&encode(&fixture())).unwrap();
    let error = gossmap.topology(Some(&NodeList::default())).unwrap_err();
    assert_eq!((error.listed, error.needed), (0, 3));
}

#[test]
fn mainnet_has_its_facts() {
    let Some(data) = common::test_data() else {
        return;
    };
    let file = std::fs::read(data.join("mainnet-2026-02.gossmap.gz")).unwrap();
    let list = std::fs::read(data.join("mainnet-2026-02.nodes.gz")).unwrap();
    let gossmap = Gossmap::read(&file).unwrap();
    let list = NodeList::read(&list).unwrap();

    assert_eq!(gossmap.channels().len(), 50_808);
    assert_eq!(gossmap.node_count(), 17_324);
    assert_eq!(list.nodes().len(), 17_324);
    let directions = || gossmap.channels().iter().flat_map(|c| c.directions);
    assert_eq!(directions().filter(Option::is_none).count(), 35_806);
    let shares = directions()
        .flatten()
        .filter(|t| !matches!(t.htlc_maximum, HtlcMaximum::Amount(_)));
    assert_eq!(shares.count(), 46_836);
    let id = |index: u32| list.nodes()[index as usize].node_id;
    let turned = |c: &&GossmapChannel| id(c.start) > id(c.end);
    assert_eq!(gossmap.channels().iter().filter(turned).count(), 25_479);

    let topology = gossmap.topology(Some(&list)).unwrap();
    let sat: u64 = topology.channels.iter().map(|c| c.capacity_sat).sum();
    assert_eq!(sat / 1_000_000, 536_168, "5,361.68 bitcoin");
    let degrees = common::degrees(&topology);
    assert_eq!(degrees.iter().max(), Some(&1_989));
    assert_eq!(degrees.iter().filter(|d| **d == 1).count(), 9_391);
    for channel in &topology.channels {
        let [first, second] = channel.nodes;
        assert!(id(first) < id(second));
        for policy in channel.policies.map(Option::unwrap) {
            assert!(policy.htlc_maximum_msat <= Msat::from_sat(channel.capacity_sat));
        }
    }
    let same = gossmap::load(
        &data.join("mainnet-2026-02.gossmap.gz"),
        Some(&data.join("mainnet-2026-02.nodes.gz")),
    );
    assert_eq!(same.unwrap(), topology);
}
