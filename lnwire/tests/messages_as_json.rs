//! serde: what people read, what comes back from it, and what does not.
#![cfg(feature = "serde")]

mod common;

use common::{GOSSIP, gossip, strategies::message};
use lnwire::bytes::Bytes;
use lnwire::serde::{Serialize, de::DeserializeOwned};
use lnwire::{
    Address, Addresses, Alias, BlockHeight, ChainHash, ChannelId, Color, Features, Message, Msat,
    NodeId, Point, ShortChannelId, Signature, Timestamp,
    bolt1::{ChainHashes, Init, Warning},
    bolt2::{ChannelReady, Stfu},
    bolt7::{ChannelUpdate, NodeAnnouncement, QueryShortChannelIds, ShortChannelIds},
    tlv::UnknownRecords,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The value as JSON and back, and through a format that nobody reads.
fn both_ways<T: Serialize + DeserializeOwned + PartialEq + core::fmt::Debug>(value: &T) -> Value {
    let json = serde_json::to_value(value).unwrap();
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(json.clone()).unwrap(), value);
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    let bytes = postcard::to_allocvec(value).unwrap();
    assert_eq!(&postcard::from_bytes::<T>(&bytes).unwrap(), value);
    json
}

#[test]
fn values() {
    assert_eq!(both_ways(&Msat(5)), 5);
    assert_eq!(both_ways(&BlockHeight(5)), 5);
    assert_eq!(both_ways(&Timestamp(5)), 5);
    assert_eq!(both_ways(&ShortChannelId::new(1, 2, 3).unwrap()), "1x2x3");
    assert_eq!(both_ways(&NodeId([2; 33])), "02".repeat(33));
    assert_eq!(both_ways(&Point([2; 33])), "02".repeat(33));
    assert_eq!(both_ways(&ChannelId([1; 32])), "01".repeat(32));
    assert_eq!(both_ways(&Signature([0xab; 64])), "ab".repeat(64));
    assert_eq!(
        both_ways(&ChainHash::MAINNET),
        ChainHash::MAINNET.to_string()
    );
    assert_eq!(both_ways(&Color([1, 2, 255])), "0102ff");
    assert_eq!(both_ways(&Alias([b'a'; 32])), "61".repeat(32));
    assert_eq!(both_ways(&Features::from_bits([1, 9])), "0202");
    assert_eq!(both_ways(&Features::EMPTY), "");
    let addresses = Addresses::from_bytes(Bytes::from_static(&[1, 2, 3]));
    assert_eq!(both_ways(&addresses), "010203");
    // A field of no byte is not the empty list.
    assert_eq!(both_ways(&ShortChannelIds::default()), json!([]));
    let nothing = ShortChannelIds::from_bytes(Bytes::new()).unwrap();
    assert_eq!(both_ways(&nothing), Value::Null);
}

#[test]
fn addresses() {
    let read = |bytes: &'static [u8]| {
        let list = Addresses::from_bytes(Bytes::from_static(bytes));
        list.iter().next().unwrap().unwrap()
    };
    let v4 = read(&[1, 192, 0, 2, 1, 0x26, 7]);
    assert_eq!(
        both_ways(&v4),
        json!({ "ipv4": { "ip": "192.0.2.1", "port": 9735 } })
    );
    let v6: Address = "[2001:db8::1]:1".parse().unwrap();
    assert_eq!(
        both_ways(&v6),
        json!({ "ipv6": { "ip": "2001:db8::1", "port": 1 } })
    );
    let v2 = Address::TorV2 {
        onion: [1; 10],
        port: 2,
    };
    assert_eq!(
        both_ways(&v2),
        json!({ "tor_v2": { "onion": "01".repeat(10), "port": 2 } })
    );
    let v3 = Address::TorV3 {
        onion: [1; 35],
        port: 2,
    };
    assert_eq!(
        both_ways(&v3),
        json!({ "tor_v3": { "onion": "01".repeat(35), "port": 2 } })
    );
    let dns: Address = "a.example:3".parse().unwrap();
    assert_eq!(
        both_ways(&dns),
        json!({ "dns": { "hostname": "a.example", "port": 3 } })
    );
    // What is no name comes through all the same.
    let dns = read(&[5, 2, 0xc3, 0xa9, 0, 3]);
    assert_eq!(
        both_ways(&dns),
        json!({ "dns": { "hostname": "hex:c3a9", "port": 3 } })
    );
    let long = format!("hex:{}", "00".repeat(256));
    for wrong in ["", "a b", "hex:0", "hex:zz", &long] {
        let json = json!({ "dns": { "hostname": wrong, "port": 3 } });
        assert!(serde_json::from_value::<Address>(json).is_err(), "{wrong}");
    }
}

#[test]
fn messages() {
    let init = Init {
        features: Features::from_bits([1]),
        networks: Some(ChainHashes::new(&[ChainHash([7; 32])])),
        ..Init::default()
    };
    let expected = json!({
        "global_features": "",
        "features": "02",
        "networks": ["07".repeat(32)],
        "remote_addr": null,
        "unknown": "",
    });
    assert_eq!(both_ways(&init), expected);
    assert_eq!(both_ways(&Message::from(init)), json!({ "init": expected }));
    let expected = json!({ "channel_id": "00".repeat(32), "data": "6869", "extra": "" });
    assert_eq!(both_ways(&Warning::about_all("hi")), expected);
    let query = QueryShortChannelIds {
        chain_hash: ChainHash([7; 32]),
        short_channel_ids: ShortChannelIds::new([ShortChannelId(1)]),
        query_flags: None,
        unknown: UnknownRecords::default(),
    };
    let expected = json!({
        "chain_hash": "07".repeat(32),
        "short_channel_ids": ["0x0x1"],
        "query_flags": null,
        "unknown": "",
    });
    assert_eq!(both_ways(&query), expected);
    let unknown = Message::decode(Bytes::from_static(&[0xff, 0xff, 1])).unwrap();
    assert_eq!(both_ways(&unknown), json!({ "unknown": "ffff01" }));
}

/// Those that the macro declares.
#[test]
fn messages_of_the_table() {
    let stfu = Stfu {
        channel_id: ChannelId([1; 32]),
        initiator: 1,
        extra: Bytes::from_static(&[9]),
    };
    let expected = json!({ "channel_id": "01".repeat(32), "initiator": 1, "extra": "09" });
    assert_eq!(both_ways(&stfu), expected);
    let mut ready = ChannelReady {
        channel_id: ChannelId([1; 32]),
        second_per_commitment_point: Point([2; 33]),
        short_channel_id: Some(ShortChannelId(1)),
        unknown: UnknownRecords::from_bytes(&Bytes::from_static(&[9, 1, 5])).unwrap(),
    };
    let mut expected = json!({
        "channel_id": "01".repeat(32),
        "second_per_commitment_point": "02".repeat(33),
        "short_channel_id": "0x0x1",
        "unknown": "090105",
    });
    assert_eq!(both_ways(&ready), expected);
    ready.short_channel_id = None;
    expected["short_channel_id"] = Value::Null;
    assert_eq!(both_ways(&ready), expected);
    expected.as_object_mut().unwrap().remove("short_channel_id");
    assert_eq!(
        serde_json::from_value::<ChannelReady>(expected).unwrap(),
        ready
    );
}

/// The bytes alone count: they are what was signed.
#[test]
fn signed_messages_come_from_their_bytes() {
    for frame in GOSSIP.into_iter().flat_map(gossip) {
        let message = Message::decode(frame.clone()).unwrap();
        let json = both_ways(&message);
        let (_, object) = json.as_object().unwrap().iter().next().unwrap();
        assert_eq!(object["raw"], hex::encode(&frame));
        match &message {
            Message::ChannelUpdate(update) => {
                assert_eq!(object["timestamp"], update.timestamp().0);
                assert_eq!(
                    object["short_channel_id"],
                    update.short_channel_id().to_string()
                );
                let mut forged = object.clone();
                forged["timestamp"] = 0.into();
                assert_eq!(
                    &serde_json::from_value::<ChannelUpdate>(forged).unwrap(),
                    update
                );
            }
            Message::NodeAnnouncement(node) => {
                assert_eq!(object["node_id"], node.node_id().to_string());
                let raw = json!({ "raw": object["raw"] });
                assert_eq!(
                    &serde_json::from_value::<NodeAnnouncement>(raw).unwrap(),
                    node
                );
            }
            Message::ChannelAnnouncement(channel) => {
                assert_eq!(object["bitcoin_key_2"], channel.bitcoin_key_2().to_string());
                assert_eq!(object.as_object().unwrap().len(), 12);
            }
            other => panic!("{other:?}"),
        }
    }
    let short = json!({ "raw": "0102" });
    assert!(serde_json::from_value::<ChannelUpdate>(short).is_err());
}

#[test]
fn what_is_refused() {
    let node =
        |json: Value| serde_json::from_value::<NodeId>(json).map_err(|fault| fault.to_string());
    assert_eq!(
        node(json!("0202")).unwrap_err(),
        "33 bytes expected, 2 found"
    );
    assert!(node(json!("0g".repeat(33))).is_err() && node(json!("020")).is_err());
    assert!(node(json!(2)).is_err());
    assert!(serde_json::from_value::<ShortChannelId>(json!("1x2")).is_err());
    // An even type, and types that do not ascend.
    for wrong in ["0200", "03000100"] {
        assert!(
            serde_json::from_value::<UnknownRecords>(json!(wrong)).is_err(),
            "{wrong}"
        );
    }
    assert!(serde_json::from_value::<Message>(json!({ "unknown": "00" })).is_err());
}

#[cfg(feature = "verify")]
#[test]
fn a_verified_message_is_written_as_the_message() {
    use lnwire::secp256k1::Secp256k1;
    let message = gossip("small")
        .into_iter()
        .find_map(|frame| match Message::decode(frame) {
            Ok(Message::NodeAnnouncement(node)) => Some(node),
            _ => None,
        });
    let message = message.unwrap();
    let verified = message.clone().verify(&Secp256k1::new()).unwrap();
    assert_eq!(
        serde_json::to_value(verified).unwrap(),
        serde_json::to_value(message).unwrap()
    );
}

proptest! {
    #[test]
    fn any_message(message in message()) {
        both_ways(&message);
    }
}
