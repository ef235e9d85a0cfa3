//! Vectors of our own making: every message of BOLT 1 and BOLT 7, addresses, features, checksums.

mod common;

use common::{bytes, vectors};
use lnwire::bytes::Bytes;
use lnwire::{
    Address, AddressError, Addresses, DecodeError, Feature, Features, Message, Reader, WireMessage,
    bolt1::Init,
    bolt7::{ChannelUpdate, ReplyChannelRange},
    tlv::UnknownRecords,
    truncated::{read_tu16, read_tu32, read_tu64, tu64_len, write_tu64},
};
use serde_json::{Map, Value, json};

#[test]
fn truncated_integers() {
    for vector in vectors("derived/truncated_ints") {
        let bytes = bytes(&vector["bytes"]);
        let mut reader = Reader::new(&bytes);
        let found = match vector["type"].as_str().unwrap() {
            "tu16" => read_tu16("x", &mut reader).map(u64::from),
            "tu32" => read_tu32("x", &mut reader).map(u64::from),
            "tu64" => read_tu64("x", &mut reader),
            other => panic!("{other}"),
        };
        match vector["why"].as_str() {
            None => {
                let value = vector["value"].as_u64().unwrap();
                assert_eq!(found, Ok(value));
                let mut out = Vec::new();
                write_tu64(value, &mut out);
                assert_eq!(out, bytes);
                assert_eq!(out.len(), tu64_len(value));
            }
            Some("leading zero" | "zero must be empty") => {
                assert_eq!(found, Err(DecodeError::NotMinimal { field: "x" }));
            }
            Some("too long") => assert_eq!(
                found,
                Err(DecodeError::TrailingBytes {
                    field: "x",
                    extra: 1
                })
            ),
            Some(other) => panic!("{other}"),
        }
    }
}

#[test]
fn address_lists() {
    for vector in vectors("derived/address_descriptors") {
        let name = vector["name"].as_str().unwrap();
        let list = Addresses::from_bytes(bytes(&vector["addresses"]));
        let mut read = Vec::new();
        let mut written = Vec::new();
        let mut error = None;
        for address in list.iter() {
            match address {
                Ok(address) => {
                    let before = written.len();
                    address.write(&mut written);
                    assert_eq!(written.len() - before, address.encoded_len());
                    read.push(address);
                }
                Err(fault) => error = Some(fault),
            }
        }
        if vector["malformed"] == true {
            assert!(
                matches!(
                    error,
                    Some(AddressError::Truncated(DecodeError::Truncated { .. }))
                ),
                "{name}: {error:?}"
            );
            continue;
        }
        let parsed: Value = read.iter().map(fields_of_address).collect();
        assert_eq!(parsed, vector["parsed"], "{name}");
        let tail = bytes(&vector["ignored_tail"]);
        match tail.first() {
            // Padding, not an error.
            None | Some(0) => assert_eq!(error, None, "{name}"),
            Some(&descriptor) => {
                assert_eq!(
                    error,
                    Some(AddressError::UnknownType { descriptor }),
                    "{name}"
                );
            }
        }
        assert_eq!(
            [&written[..], &tail[..]].concat(),
            *list.as_bytes(),
            "{name}"
        );
        let usable: Vec<_> = list.usable().map(|address| address.to_string()).collect();
        let (v4, v6) = ("192.0.2.1:9735", "[2001:db8::1]:9735");
        let dns = "example.com:9735";
        // Five bytes of 0xbb.
        let tor = format!("{}.onion:9735", "xo53xo53".repeat(7));
        match name {
            "all types ascending" => assert_eq!(usable, [v4, v6, tor.as_str(), dns]),
            "two dns" => {
                assert_eq!(list.dns_names(), 2);
                assert_eq!(usable, [dns]);
            }
            "empty" | "port 0" | "dns empty hostname" | "dns non-ascii" => {
                assert!(usable.is_empty(), "{name}");
            }
            "dns 255" => assert_eq!(usable, [format!("{}:9735", "a".repeat(255))]),
            "descending order" => assert_eq!(usable, [v6, v4]),
            "duplicate ipv4" => assert_eq!(usable, [v4, v4]),
            _ => assert_eq!(usable, [v4], "{name}"),
        }
    }
}

fn fields_of_address(address: &Address) -> Value {
    match address {
        Address::Ipv4 { ip, port } => json!({ "type": 1, "ipv4": ip.to_string(), "port": port }),
        Address::Ipv6 { ip, port } => json!({ "type": 2, "ipv6": ip.to_string(), "port": port }),
        Address::TorV2 { onion, port } => {
            json!({ "type": 3, "torv2": hex::encode(onion), "port": port })
        }
        Address::TorV3 { onion, port } => {
            json!({ "type": 4, "torv3": hex::encode(onion), "port": port })
        }
        Address::Dns { hostname, port } => match core::str::from_utf8(hostname.as_bytes()) {
            Ok(name) if name.is_ascii() => {
                json!({ "type": 5, "hostname": name, "port": port })
            }
            _ => {
                json!({ "type": 5, "hostname_hex": hex::encode(hostname.as_bytes()), "port": port })
            }
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn feature_vectors() {
    for vector in vectors("derived/features") {
        let name = vector["name"].as_str().unwrap();
        let features = |key: &str| Features::from_bytes(bytes(&vector[key]));
        let bits = |key: &str| -> Vec<u32> { serde_json::from_value(vector[key].clone()).unwrap() };
        match vector["op"].as_str().unwrap() {
            "encode" => {
                let encoded = Features::from_bits(bits("bits"));
                assert_eq!(encoded, features("bytes"));
                assert!(encoded.iter().eq(bits("bits")));
            }
            "decode" => assert!(features("bytes").iter().eq(bits("bits"))),
            "init_combine" => {
                let init = Init {
                    global_features: features("globalfeatures"),
                    features: features("features"),
                    ..Init::default()
                };
                let all = init.all_features();
                assert_eq!(all, features("combined"));
                assert!(all.iter().eq(bits("combined_bits")));
                assert_eq!(all, init.global_features.union(&init.features));
            }
            "init_accept" => {
                let refused = features("theirs").required_unknown();
                assert_eq!(refused.is_none(), vector["accept"] == true, "{name}");
            }
            "init_dependencies" => {
                let theirs = features("theirs");
                assert!(theirs.iter().eq(bits("bits")));
                let missing = theirs.missing_dependency();
                match name {
                    // A feature that is assumed of every node is there without its bit.
                    "basic_mpp without payment_secret" => assert_eq!(missing, None),
                    "zeroconf without scid_alias" => {
                        assert_eq!(missing, Some((Feature::ZEROCONF, Feature::SCID_ALIAS)));
                    }
                    "simple_close without anysegwit" => assert_eq!(
                        missing,
                        Some((Feature::SIMPLE_CLOSE, Feature::SHUTDOWN_ANYSEGWIT))
                    ),
                    _ => {
                        assert_eq!(vector["accept"], true);
                        assert_eq!(missing, None, "{name}");
                    }
                }
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn checksums_of_updates() {
    for vector in vectors("derived/channel_update_checksum") {
        let update = ChannelUpdate::decode(bytes(&vector["message"])).unwrap();
        assert_eq!(vector["crc32c"], update.checksum());
        // Neither the signature nor the timestamp count.
        let mut other = vec![0; update.encoded_len()];
        other.copy_from_slice(update.as_bytes());
        for at in (2..66).chain(106..110) {
            other[at] ^= 0xff;
        }
        let other = ChannelUpdate::decode(other.into()).unwrap();
        assert_eq!(other.checksum(), update.checksum());
    }
}

#[test]
fn every_message() {
    let (mut accepted, mut unparsed, mut encodings) = (0, 0, 0);
    for vector in vectors("derived/lnwire_messages") {
        let frame = bytes(&vector["hex"]);
        let msg_type = u16::try_from(vector["type"].as_u64().unwrap()).unwrap();
        let kind = vector["kind"].as_str().unwrap();
        let what = format!("{} {kind}", vector["name"]);
        let decoded = Message::decode(frame.clone());
        if let Ok(message) = &decoded {
            let mut out = Vec::new();
            message.encode(&mut out).unwrap();
            assert_eq!(out, frame, "{what}");
            assert_eq!(message.encoded_len(), frame.len(), "{what}");
            assert_eq!(message.msg_type(), msg_type, "{what}");
        }
        let error = decoded.as_ref().err().map(|fault| {
            assert_eq!(fault.msg_type, msg_type);
            fault.error
        });
        let ids = vector["fields"]["encoded_short_ids"].as_str().unwrap_or("");
        match kind {
            "minimal" | "full" | "unknown_odd_extension" if !ids.is_empty() => {
                // These are random bytes, none of which begin with the only encoding there is.
                let encoding = u8::from_str_radix(&ids[..2], 16).unwrap();
                assert_ne!(encoding, 0);
                let field = "encoded_short_ids";
                assert_eq!(
                    error,
                    Some(DecodeError::UnsupportedEncoding { field, encoding }),
                    "{what}"
                );
                encodings += 1;
            }
            "minimal" | "full" | "unknown_odd_extension" => {
                assert_eq!(fields(&decoded.unwrap()), vector["fields"], "{what}");
                accepted += 1;
            }
            "truncated_by_one" => {
                assert!(
                    matches!(error, Some(DecodeError::Truncated { .. })),
                    "{what}: {error:?}"
                );
            }
            // Nobody asks for the extension of these messages, so it is kept and not looked at.
            _ if vector["may_ignore_extension"] == true => {
                assert_eq!(error, None, "{what}");
                unparsed += 1;
            }
            "unknown_even_extension" => {
                assert!(
                    matches!(error, Some(DecodeError::TlvUnknownEven { .. })),
                    "{what}: {error:?}"
                );
            }
            "extension_type_without_length" => {
                assert!(
                    matches!(error, Some(DecodeError::Truncated { .. })),
                    "{what}: {error:?}"
                );
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((accepted, unparsed, encodings), (38, 20, 4));
}

/// A list whose length is no whole number of ids, behind the right encoding byte.
#[test]
fn ragged_lists_are_refused() {
    let ragged = |len: usize, element, field| {
        Some(DecodeError::Ragged {
            field,
            len,
            element,
        })
    };
    for len in 1..24_usize {
        let mut frame = vec![1, 8];
        frame.extend([0; 32 + 4 + 4 + 1]);
        frame.extend([0, u8::try_from(len + 1).unwrap(), 0]);
        frame.extend(vec![0; len]);
        let expected = (len % 8 != 0).then(|| ragged(len, 8, "encoded_short_ids").unwrap());
        assert_eq!(ReplyChannelRange::decode(frame.into()).err(), expected);
        // The same for the pairs of timestamps, here for no channel at all.
        let mut frame = vec![1, 8];
        frame.extend([0; 32 + 4 + 4 + 1]);
        frame.extend([0, 1, 0, 1, u8::try_from(len + 1).unwrap(), 0]);
        frame.extend(vec![0; len]);
        let expected = if len % 8 == 0 {
            let (field, expected, found) = ("timestamps_tlv", 0, len / 8);
            Some(DecodeError::CountMismatch {
                field,
                expected,
                found,
            })
        } else {
            ragged(len, 8, "timestamps_tlv")
        };
        assert_eq!(ReplyChannelRange::decode(frame.into()).err(), expected);
        let mut frame = vec![0, 16, 0, 0, 0, 0, 1, u8::try_from(len).unwrap()];
        frame.extend(vec![0; len]);
        assert_eq!(
            Init::decode(frame.into()).err(),
            ragged(len, 32, "networks")
        );
    }
}

/// What a message says, in the words of the vectors.
fn fields(message: &Message) -> Value {
    let text = |value: &dyn core::fmt::Display| value.to_string();
    let mut extra = &Bytes::new();
    let mut fields = match message {
        Message::Warning(m) => {
            extra = &m.extra;
            json!({ "channel_id": text(&m.channel_id), "data": hex::encode(&m.data) })
        }
        Message::Error(m) => {
            extra = &m.extra;
            json!({ "channel_id": text(&m.channel_id), "data": hex::encode(&m.data) })
        }
        Message::Init(m) => {
            let mut tlvs = unknown(&m.unknown);
            if let Some(chains) = &m.networks {
                let chains: Value = chains.iter().map(|chain| chain.to_string()).collect();
                tlvs.insert("networks".into(), json!({ "chains": chains }));
            }
            if let Some(address) = &m.remote_addr {
                tlvs.insert(
                    "remote_addr".into(),
                    json!({ "data": hex::encode(address) }),
                );
            }
            json!({
                "globalfeatures": hex::encode(m.global_features.as_bytes()),
                "features": hex::encode(m.features.as_bytes()),
                "tlvs": tlvs,
            })
        }
        Message::Ping(m) => {
            extra = &m.extra;
            json!({ "num_pong_bytes": m.num_pong_bytes, "ignored": hex::encode(&m.ignored) })
        }
        Message::Pong(m) => {
            extra = &m.extra;
            json!({ "ignored": hex::encode(&m.ignored) })
        }
        Message::AnnouncementSignatures(m) => {
            extra = &m.extra;
            json!({
                "channel_id": text(&m.channel_id),
                "short_channel_id": text(&m.short_channel_id),
                "node_signature": text(&m.node_signature),
                "bitcoin_signature": text(&m.bitcoin_signature),
            })
        }
        Message::ChannelAnnouncement(_)
        | Message::NodeAnnouncement(_)
        | Message::ChannelUpdate(_) => return fields_of_gossip(message),
        Message::QueryShortChannelIds(m) => {
            assert_eq!(m.query_flags, None);
            json!({
                "chain_hash": text(&m.chain_hash),
                "encoded_short_ids": hex::encode(m.short_channel_ids.as_bytes()),
                "tlvs": unknown(&m.unknown),
            })
        }
        Message::ReplyShortChannelIdsEnd(m) => {
            extra = &m.extra;
            json!({ "chain_hash": text(&m.chain_hash), "full_information": m.full_information })
        }
        Message::QueryChannelRange(m) => {
            let mut tlvs = unknown(&m.unknown);
            if let Some(options) = m.query_option {
                let options = json!({ "query_option_flags": options });
                tlvs.insert("query_option".into(), options);
            }
            json!({
                "chain_hash": text(&m.chain_hash),
                "first_blocknum": m.first_blocknum.0,
                "number_of_blocks": m.number_of_blocks,
                "tlvs": tlvs,
            })
        }
        Message::ReplyChannelRange(m) => {
            assert_eq!((&m.timestamps, &m.checksums), (&None, &None));
            json!({
                "chain_hash": text(&m.chain_hash),
                "first_blocknum": m.first_blocknum.0,
                "number_of_blocks": m.number_of_blocks,
                "sync_complete": m.sync_complete,
                "encoded_short_ids": hex::encode(m.short_channel_ids.as_bytes()),
                "tlvs": unknown(&m.unknown),
            })
        }
        Message::GossipTimestampFilter(m) => {
            extra = &m.extra;
            json!({
                "chain_hash": text(&m.chain_hash),
                "first_timestamp": m.first_timestamp.0,
                "timestamp_range": m.timestamp_range,
            })
        }
        other => panic!("{other:?}"),
    };
    add_extension(&mut fields, extra);
    fields
}

fn fields_of_gossip(message: &Message) -> Value {
    let text = |value: &dyn core::fmt::Display| value.to_string();
    let (mut fields, fixed_len) = match message {
        Message::ChannelAnnouncement(m) => (
            json!({
                "node_signature_1": text(&m.node_signature_1()),
                "node_signature_2": text(&m.node_signature_2()),
                "bitcoin_signature_1": text(&m.bitcoin_signature_1()),
                "bitcoin_signature_2": text(&m.bitcoin_signature_2()),
                "features": hex::encode(m.features().as_bytes()),
                "chain_hash": text(&m.chain_hash()),
                "short_channel_id": text(&m.short_channel_id()),
                "node_id_1": text(&m.node_id_1()),
                "node_id_2": text(&m.node_id_2()),
                "bitcoin_key_1": text(&m.bitcoin_key_1()),
                "bitcoin_key_2": text(&m.bitcoin_key_2()),
            }),
            432 + m.features().as_bytes().len(),
        ),
        Message::NodeAnnouncement(m) => (
            json!({
                "signature": text(&m.signature()),
                "features": hex::encode(m.features().as_bytes()),
                "timestamp": m.timestamp().0,
                "node_id": text(&m.node_id()),
                "rgb_color": hex::encode(m.rgb_color().0),
                "alias": hex::encode(m.alias().0),
                "addresses": hex::encode(m.addresses().as_bytes()),
            }),
            142 + m.features().as_bytes().len() + m.addresses().as_bytes().len(),
        ),
        Message::ChannelUpdate(m) => (
            json!({
                "signature": text(&m.signature()),
                "chain_hash": text(&m.chain_hash()),
                "short_channel_id": text(&m.short_channel_id()),
                "timestamp": m.timestamp().0,
                "message_flags": m.message_flags(),
                "channel_flags": m.channel_flags(),
                "cltv_expiry_delta": m.cltv_expiry_delta(),
                "htlc_minimum_msat": m.htlc_minimum_msat().0,
                "fee_base_msat": m.fee_base_msat(),
                "fee_proportional_millionths": m.fee_proportional_millionths(),
                "htlc_maximum_msat": m.htlc_maximum_msat().0,
            }),
            138,
        ),
        other => panic!("{other:?}"),
    };
    let mut frame = Vec::new();
    message.write(&mut frame);
    add_extension(&mut fields, &frame.split_off(fixed_len).into());
    fields
}

fn add_extension(fields: &mut Value, extra: &Bytes) {
    if !extra.is_empty() {
        let records = UnknownRecords::from_bytes(extra).unwrap();
        fields["_extension"] = Value::Object(unknown(&records));
    }
}

fn unknown(records: &UnknownRecords) -> Map<String, Value> {
    let mut tlvs = Map::new();
    if !records.is_empty() {
        let records = records
            .iter()
            .map(|(tlv_type, value)| json!({ "type": tlv_type, "value": hex::encode(value) }));
        tlvs.insert("_unknown".into(), records.collect());
    }
    tlvs
}
