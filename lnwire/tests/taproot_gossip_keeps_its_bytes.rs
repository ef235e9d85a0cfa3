//! Pure-TLV gossip of proposal 1059: bytes, records, signed ranges.

mod common;

use common::bolt4::pure_tlv_message;
use lnwire::bytes::Bytes;
use lnwire::{
    Address, Advice, BigSize, BlockHeight, ChainHash, ChannelId, Color, DecodeError, Features,
    Message, Msat, NodeId, ShortChannelId, WireMessage,
    extra::{
        AnnouncementSignatures2, ChannelAnnouncement2, ChannelUpdate2, InboundFee, Ipv4Addrs,
        NodeAnnouncement2, PartialSignature, PureTlv, SchnorrSignature, SignedTlv, TorV3Addrs,
        Utf8Alias, announcement_signatures_2, channel_announcement_2, channel_update_2, is_signed,
        node_announcement_2,
    },
    tlv::UnknownRecords,
};
use proptest::prelude::*;

fn record(tlv_type: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    BigSize(tlv_type).write(&mut out);
    BigSize::from(value.len()).write(&mut out);
    out.extend(value);
    out
}

fn frame(msg_type: u16, records: &[(u64, &[u8])]) -> Bytes {
    let mut out = msg_type.to_be_bytes().to_vec();
    records
        .iter()
        .for_each(|(n, value)| out.extend(record(*n, value)));
    out.into()
}

/// The signed bytes, put together record by record.
fn check_signed(message: &impl SignedTlv) -> Result<(), TestCaseError> {
    let mut expected = Vec::new();
    let mut all = message.as_bytes()[..2].to_vec();
    for (tlv_type, value) in message.records() {
        all.extend(record(tlv_type, &value));
        if is_signed(tlv_type) {
            expected.extend(record(tlv_type, &value));
        }
    }
    prop_assert_eq!(&all, message.as_bytes());
    let mut out = Vec::new();
    message.write_signed(&mut out);
    prop_assert_eq!(message.signed_len(), out.len());
    prop_assert_eq!(message.signed().concat(), &out[..]);
    prop_assert_eq!(out, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn signed_ranges(message in pure_tlv_message()) {
        match message {
            Message::ChannelAnnouncement2(message) => {
                check_signed(&message)?;
                prop_assert_eq!(message.contents().message(), Ok(message.detached()));
            }
            Message::NodeAnnouncement2(message) => {
                check_signed(&message)?;
                prop_assert_eq!(message.contents().message(), Ok(message.detached()));
            }
            Message::ChannelUpdate2(message) => {
                check_signed(&message)?;
                prop_assert_eq!(message.contents().message(), Ok(message.detached()));
            }
            Message::AnnouncementSignatures2(message) => {
                prop_assert_eq!(message.contents().message(), Ok(message.detached()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn where_the_ranges_end() {
    for (tlv_type, signed) in [
        (0, true),
        (159, true),
        (160, false),
        (999_999_999, false),
        (1_000_000_000, true),
        (2_999_999_999, true),
        (3_000_000_000, false),
        (u64::MAX, false),
    ] {
        assert_eq!(is_signed(tlv_type), signed, "{tlv_type}");
    }
    let types = [
        1,
        159,
        161,
        999_999_999,
        1_000_000_001,
        2_999_999_999,
        3_000_000_001,
    ];
    let records: Vec<_> = types.iter().map(|n| (*n, &b"value"[..])).collect();
    let message = ChannelUpdate2::decode(frame(271, &records)).unwrap();
    let [first, second] = message.signed();
    assert_eq!(first, [record(1, b"value"), record(159, b"value")].concat());
    let expected = [1_000_000_001, 2_999_999_999].map(|n| record(n, b"value"));
    assert_eq!(second, expected.concat());
    assert_eq!(message.unknown().iter().count(), types.len());

    let empty = ChannelUpdate2::decode(frame(271, &[])).unwrap();
    assert_eq!((empty.signed_len(), empty.records().count()), (0, 0));
}

#[test]
fn defaults() {
    let update = ChannelUpdate2::decode(frame(271, &[])).unwrap();
    assert_eq!(update.chain_hash(), ChainHash::MAINNET);
    assert_eq!(
        (update.short_channel_id(), update.block_height()),
        (None, None)
    );
    assert_eq!((update.disable_flags(), update.direction()), (0, 0));
    assert!(!update.is_disabled());
    assert_eq!(update.cltv_expiry_delta(), 80);
    assert_eq!(update.htlc_minimum_msat(), Msat(1));
    assert_eq!(update.htlc_maximum_msat(), None);
    assert_eq!(update.fee_base_msat(), 1000);
    assert_eq!(update.fee_proportional_millionths(), 1);
    assert_eq!((update.signature(), update.inbound_fee()), (None, None));
    assert_eq!(update.contents(), channel_update_2::Contents::default());

    let announcement = ChannelAnnouncement2::decode(frame(267, &[])).unwrap();
    assert_eq!(announcement.chain_hash(), ChainHash::MAINNET);
    assert_eq!(
        (announcement.node_id_1(), announcement.features()),
        (None, None)
    );
}

#[test]
fn what_a_channel_update_says() {
    let contents = channel_update_2::Contents {
        chain_hash: Some(ChainHash::REGTEST),
        short_channel_id: ShortChannelId::new(7, 8, 9),
        block_height: Some(BlockHeight(800_000)),
        disable_flags: Some(3),
        second_peer: Some(()),
        cltv_expiry_delta: Some(40),
        htlc_minimum_msat: Some(Msat(5)),
        htlc_maximum_msat: Some(Msat(6)),
        fee_base_msat: Some(0),
        fee_proportional_millionths: Some(100),
        signature: Some(SchnorrSignature([5; 64])),
        inbound_fee: Some(InboundFee {
            base_fee_msat: -1,
            fee_proportional_millionths: -100,
        }),
        unknown: UnknownRecords::from_bytes(&record(21, b"?").into()).unwrap(),
    };
    let message = contents.message().unwrap();
    assert_eq!(message.contents(), contents);
    assert_eq!(message.short_channel_id().unwrap().to_string(), "7x8x9");
    assert_eq!((message.disable_flags(), message.direction()), (3, 1));
    assert!(message.is_disabled());
    assert_eq!(message.signature(), Some(SchnorrSignature([5; 64])));
    assert_eq!(message.inbound_fee(), contents.inbound_fee);
    let types: Vec<_> = message.records().map(|(tlv_type, _)| tlv_type).collect();
    assert_eq!(types, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 21, 160, 55555]);

    // Neither the signature nor lnd's record is signed.
    let unsigned = channel_update_2::Contents {
        signature: None,
        inbound_fee: None,
        ..contents
    };
    assert_eq!(unsigned.message().unwrap().signed(), message.signed());
}

#[test]
fn what_a_node_announcement_says() {
    let ip = core::net::Ipv4Addr::new(192, 0, 2, 1);
    let contents = node_announcement_2::Contents {
        features: Some(Features::from_bits([71])),
        color: Some(Color([1, 2, 3])),
        alias: Utf8Alias::new("satoshi"),
        ipv4_addrs: Some(Ipv4Addrs::new([(ip, 9735), (ip, 1)])),
        tor_v3_addrs: Some(TorV3Addrs::new([([6; 35], 9)])),
        ..Default::default()
    };
    let message = contents.message().unwrap();
    assert_eq!(message.alias().unwrap().alias().to_string(), "satoshi");
    assert_eq!(message.alias().unwrap().as_bytes(), &b"satoshi"[..]);
    let addresses: Vec<_> = message.ipv4_addrs().unwrap().iter().collect();
    let expected = [9735, 1].map(|port| Address::Ipv4 { ip, port });
    assert_eq!(addresses, expected);
    let onion = [6; 35];
    assert!(
        message
            .tor_v3_addrs()
            .unwrap()
            .iter()
            .eq([Address::TorV3 { onion, port: 9 }])
    );
    assert!(message.features().unwrap().is_set(71));
    assert_eq!(Utf8Alias::new(&"a".repeat(33)), None);

    for (tlv_type, len, error) in [
        (
            3,
            33,
            DecodeError::TrailingBytes {
                field: "alias",
                extra: 1,
            },
        ),
        (
            5,
            7,
            DecodeError::Ragged {
                field: "ipv4_addrs",
                len: 7,
                element: 6,
            },
        ),
        (
            7,
            19,
            DecodeError::Ragged {
                field: "ipv6_addrs",
                len: 19,
                element: 18,
            },
        ),
        (
            9,
            36,
            DecodeError::Ragged {
                field: "tor_v3_addrs",
                len: 36,
                element: 37,
            },
        ),
        (
            1,
            4,
            DecodeError::TrailingBytes {
                field: "node_announcement_2",
                extra: 1,
            },
        ),
        (
            4,
            33,
            DecodeError::PointPrefix {
                field: "node_id",
                prefix: 0,
            },
        ),
    ] {
        let frame = frame(269, &[(tlv_type, &vec![0; len])]);
        assert_eq!(NodeAnnouncement2::decode(frame), Err(error));
    }
}

#[test]
fn faulty_streams() {
    let decode = |records: &[(u64, &[u8])]| ChannelUpdate2::decode(frame(271, records));
    let stream = "channel_update_2";
    assert_eq!(
        decode(&[(20, b"")]),
        Err(DecodeError::TlvUnknownEven {
            stream,
            tlv_type: 20
        })
    );
    for (previous, found) in [(21, 21), (23, 21)] {
        let error = DecodeError::TlvOrder {
            stream,
            previous,
            found,
        };
        assert_eq!(decode(&[(previous, b""), (found, b"")]), Err(error));
    }
    let error = DecodeError::TrailingBytes {
        field: stream,
        extra: 1,
    };
    assert_eq!(decode(&[(8, b"\x01")]), Err(error));
    assert_eq!(decode(&[(4, b"\0\0\0\0\0")]), Err(error));
    assert!(matches!(
        decode(&[(4, b"\0\0\0")]),
        Err(DecodeError::Truncated { .. })
    ));
    let fault = Message::decode(vec![1, 15, 4, 1, 0].into()).unwrap_err();
    assert_eq!(fault.advice(), Advice::Warn);
}

#[test]
fn contents_that_make_no_message() {
    let contents = channel_announcement_2::Contents {
        node_id_1: Some(NodeId([4; 33])),
        ..Default::default()
    };
    let error = DecodeError::PointPrefix {
        field: "node_id_1",
        prefix: 4,
    };
    assert_eq!(contents.message(), Err(error));
    let contents = channel_announcement_2::Contents {
        features: Some(Features::from_bytes(vec![0; 65535].into())),
        ..Default::default()
    };
    assert!(matches!(
        contents.message(),
        Err(DecodeError::TooLong { .. })
    ));
    // A record that the message itself knows, and is to have.
    let contents = channel_update_2::Contents {
        inbound_fee: Some(InboundFee::default()),
        unknown: UnknownRecords::from_bytes(&record(55555, &[0; 8]).into()).unwrap(),
        ..Default::default()
    };
    assert!(matches!(
        contents.message(),
        Err(DecodeError::TlvOrder { .. })
    ));
}

#[test]
fn announcement_signatures_are_of_an_even_type() {
    let contents = announcement_signatures_2::Contents {
        channel_id: Some(ChannelId([1; 32])),
        short_channel_id: Some(ShortChannelId(2)),
        partial_signature: Some(PartialSignature([3; 32])),
        unknown: UnknownRecords::default(),
    };
    let message: Message = contents.message().unwrap().into();
    assert_eq!(
        (message.msg_type(), message.encoded_len()),
        (260, 2 + 34 + 10 + 34)
    );
    let Message::AnnouncementSignatures2(message) = message else {
        panic!();
    };
    assert_eq!(message.channel_id(), contents.channel_id);
    assert_eq!(message.partial_signature(), contents.partial_signature);
    assert_eq!(AnnouncementSignatures2::NAME, "announcement_signatures_2");
}

#[cfg(feature = "verify")]
mod digests {
    use super::*;
    use lnwire::secp256k1::hashes::{Hash as _, HashEngine as _, sha256};

    fn sha(parts: &[&[u8]]) -> [u8; 32] {
        let mut engine = sha256::Hash::engine();
        parts.iter().for_each(|part| engine.input(part));
        sha256::Hash::from_engine(engine).to_byte_array()
    }

    /// BIP 340: SHA-256 of the tag's hash twice and the message.
    #[test]
    fn tagged_hash() {
        let frame = frame(269, &[(0, b"\x01"), (160, &[7; 64]), (1_000_000_001, b"?")]);
        let message = NodeAnnouncement2::decode(frame).unwrap();
        let tag = sha(&[b"lightningnode_announcement_2signature"]);
        let signed = [record(0, b"\x01"), record(1_000_000_001, b"?")].concat();
        assert_eq!(message.digest(), sha(&[&tag, &tag, &signed]));
    }
}
