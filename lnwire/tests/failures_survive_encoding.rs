//! Failures of payments: every code of BOLT 4 and all others, whole and in their padded packet.

mod common;

use common::{
    bolt4::failure_message,
    bytes,
    strategies::{Damage, damage},
    vectors,
};
use lnwire::bytes::Bytes;
use lnwire::{
    BlockHeight, ChainHash, DecodeError, Msat, ShortChannelId, Signature, Timestamp, WireMessage,
    bolt4::{
        Failure, FailureCode, FailureMessage, FailurePacket, FailurePacketError, FailureUpdate,
        PaymentDetails, UnknownCode,
    },
    bolt7::{ChannelUpdate, channel_update},
};
use proptest::{collection::vec, prelude::*};

fn encode(message: &FailureMessage) -> Vec<u8> {
    let mut out = Vec::new();
    message.write(&mut out);
    assert_eq!(out.len(), message.encoded_len());
    out
}

fn packet_bytes(packet: &FailurePacket) -> Vec<u8> {
    let mut out = Vec::new();
    packet.write(&mut out);
    assert_eq!(out.len(), packet.encoded_len());
    out
}

fn check(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(message) = FailureMessage::decode(Bytes::copy_from_slice(bytes)) else {
        return Ok(false);
    };
    prop_assert_eq!(&encode(&message), bytes);
    let _any = message.tlvs();
    if let Some(update) = message.failure.channel_update() {
        let _any = update.message();
    }
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_failure_survives(message in failure_message()) {
        let bytes = encode(&message);
        prop_assert_eq!(&bytes[..2], &message.code().0.to_be_bytes());
        prop_assert_eq!(FailureMessage::decode(bytes.into()), Ok(message.clone()));
        let packet = FailurePacket::new(&message).unwrap();
        prop_assert_eq!(packet.code(), Ok(message.code()));
        prop_assert_eq!(packet.message(), Ok(message));
        let bytes = packet_bytes(&packet);
        prop_assert_eq!(bytes.len(), 4 + packet.failuremsg().len().max(256));
        prop_assert_eq!(FailurePacket::decode(bytes.into()), Ok(packet));
    }

    #[test]
    fn damaged_failures(message in failure_message(), damages in vec(damage(), 1..4)) {
        let mut bytes = encode(&message);
        damages.iter().for_each(|damage: &Damage| damage.apply(&mut bytes));
        check(&bytes)?;
    }

    #[test]
    fn damaged_packets(message in failure_message(), damages in vec(damage(), 0..4)) {
        let mut bytes = packet_bytes(&FailurePacket::new(&message).unwrap());
        damages.iter().for_each(|damage: &Damage| damage.apply(&mut bytes));
        if let Ok(packet) = FailurePacket::decode(Bytes::copy_from_slice(&bytes)) {
            prop_assert_eq!(packet_bytes(&packet), bytes);
            let _any = (packet.code(), packet.message());
        }
    }

    #[test]
    fn any_code_and_data(code in any::<u16>(), data in vec(any::<u8>(), 0..300)) {
        let known = FailureCode(code).name().is_some();
        prop_assert!(check(&[&code.to_be_bytes()[..], &data].concat())? || known);
    }

    #[test]
    fn every_prefix(message in failure_message()) {
        let bytes = encode(&message);
        for end in 0..bytes.len() {
            if !check(&bytes[..end])? {
                let fault = FailureMessage::decode(Bytes::copy_from_slice(&bytes[..end]));
                prop_assert!(matches!(fault, Err(DecodeError::Truncated { .. })), "{:?}", fault);
            }
        }
    }
}

#[test]
fn onion_error_of_bolt_4() {
    for vector in vectors("bolt04/onion_error") {
        let payload = bytes(&vector["payload"]);
        let packet = FailurePacket::decode(payload.clone()).unwrap();
        assert_eq!(packet.failuremsg(), &bytes(&vector["failure_message"]));
        assert_eq!(packet.pad().len(), 254);
        assert_eq!(packet.code(), Ok(FailureCode::TEMPORARY_NODE_FAILURE));
        let message = packet.message().unwrap();
        assert_eq!(message, Failure::TemporaryNodeFailure.into());
        assert_eq!(packet_bytes(&packet), payload);
        assert_eq!(FailurePacket::new(&message), Ok(packet));
        // The packet on its way has the authentication code in front.
        assert_eq!(bytes(&vector["errorpacket"]).len(), 32 + payload.len());
    }
}

#[test]
fn codes_and_flags() {
    assert_eq!(FailureCode::ALL.len(), 22);
    let numbers = [
        0x2002, 0x6002, 0x6003, 0xc004, 0xc005, 0xc006, 0x1007, 0x4008, 0x4009, 0x400a, 0x100b,
        0x100c, 0x100d, 0x100e, 0x400f, 18, 19, 0x1014, 21, 0x4016, 23, 0xc018,
    ];
    assert!(FailureCode::ALL.iter().map(|code| code.0).eq(numbers));
    for code in FailureCode::ALL {
        let brings_update = [7, 11, 12, 13, 14, 20].contains(&(code.0 & 0xff));
        assert_eq!(code.is_update(), brings_update, "{code}");
        let of_the_onion = [4, 5, 6, 24].contains(&(code.0 & 0xff));
        assert_eq!(code.is_bad_onion(), of_the_onion, "{code}");
        assert_eq!(UnknownCode::new(*code), None);
        assert!(!code.to_string().contains("0x"));
    }
    let bad = FailureCode::PERMANENT_NODE_FAILURE;
    assert!(bad.is_permanent() && bad.is_node() && !bad.is_update());
    assert_eq!(FailureCode(1).to_string(), "failure 0x0001");
}

/// Who failed is known from the packet's key; what failed must not get lost because the code is not known.
#[test]
fn unknown_codes_are_kept() {
    // A code of nobody's, and those that BOLT 4 once had.
    for code in [0x4abc_u16, 0x8001, 0x4001, 0x4010, 17, 0] {
        let mut bytes = code.to_be_bytes().to_vec();
        bytes.extend([0, 2, 9]);
        let message = FailureMessage::decode(bytes.clone().into()).unwrap();
        let unknown = UnknownCode::new(FailureCode(code)).unwrap();
        assert_eq!(unknown.code(), message.code());
        assert_eq!(message.failure, Failure::Unknown(unknown));
        assert_eq!(message.tail[..], [0, 2, 9]);
        assert_eq!(encode(&message), bytes);
    }
}

#[test]
fn a_tail_is_kept_and_may_be_a_stream() {
    let decode = |tail: &[u8]| {
        let bytes = [&[0, 18, 0, 0, 0, 9][..], tail].concat();
        let message = FailureMessage::decode(bytes.clone().into()).unwrap();
        assert_eq!(encode(&message), bytes);
        let cltv_expiry = BlockHeight(9);
        assert_eq!(
            message.failure,
            Failure::FinalIncorrectCltvExpiry { cltv_expiry }
        );
        message
    };
    let tlvs = decode(&[3, 1, 7, 0xfd, 1, 1, 0]).tlvs().unwrap();
    let types: Vec<_> = tlvs.iter().map(|(tlv_type, _)| tlv_type).collect();
    assert_eq!(types, [3, 257]);
    assert!(decode(&[]).tlvs().unwrap().is_empty());
    assert!(matches!(
        decode(&[2, 0]).tlvs(),
        Err(DecodeError::TlvUnknownEven { .. })
    ));
    assert!(matches!(
        decode(&[3, 9]).tlvs(),
        Err(DecodeError::Truncated { .. })
    ));
}

/// The amount was added to this failure, and later the height; nodes from before send it without.
#[test]
fn payment_details_of_older_nodes() {
    let decode = |data: &[u8]| {
        let bytes = [&[0x40, 15][..], data].concat();
        let message = FailureMessage::decode(bytes.clone().into())?;
        assert_eq!(encode(&message), bytes);
        match message.failure {
            Failure::IncorrectOrUnknownPaymentDetails { details } => Ok((details, message.tail)),
            other => panic!("{other:?}"),
        }
    };
    let htlc_msat = Msat(7);
    let details = |height| Some(PaymentDetails { htlc_msat, height });
    assert_eq!(decode(&[]), Ok((None, Bytes::new())));
    let amount = [0, 0, 0, 0, 0, 0, 0, 7];
    assert_eq!(decode(&amount), Ok((details(None), Bytes::new())));
    let all = [&amount[..], &[0, 0, 1, 0]].concat();
    let height = Some(BlockHeight(256));
    assert_eq!(decode(&all), Ok((details(height), Bytes::new())));
    let more = [&all[..], &[1, 0]].concat();
    assert_eq!(
        decode(&more),
        Ok((details(height), Bytes::from_static(&[1, 0])))
    );
    for (len, field, needed, available) in [(7, "htlc_msat", 8, 7), (11, "height", 4, 3)] {
        let error = DecodeError::Truncated {
            field,
            needed,
            available,
        };
        assert_eq!(decode(&all[..len]), Err(error));
    }
}

#[test]
fn channel_updates_with_and_without_their_type() {
    let contents = channel_update::Contents {
        chain_hash: ChainHash::REGTEST,
        short_channel_id: ShortChannelId::new(1, 2, 3).unwrap(),
        timestamp: Timestamp(5),
        dont_forward: false,
        direction: 1,
        disabled: false,
        cltv_expiry_delta: 6,
        htlc_minimum_msat: Msat(7),
        fee_base_msat: 8,
        fee_proportional_millionths: 9,
        htlc_maximum_msat: Msat(10),
    };
    let update = |byte| contents.unsigned().unwrap().sign(&[Signature([byte; 64])]);
    let with_type = update(0xaa);
    let frame = with_type.as_bytes();
    let tailed = [&frame[..], &[1, 1, 1]].concat();
    for (field, expected) in [
        (frame.slice(..), &frame[..]),
        (frame.slice(2..), frame),
        (tailed.clone().into(), &tailed),
        (tailed[2..].to_vec().into(), &tailed),
    ] {
        let message: FailureMessage = Failure::FeeInsufficient {
            htlc_msat: Msat(1),
            channel_update: FailureUpdate(field.clone()),
        }
        .into();
        let decoded = FailureMessage::decode(encode(&message).into()).unwrap();
        let kept = decoded.failure.channel_update().unwrap();
        assert_eq!(kept.0, field);
        assert_eq!(kept.message().unwrap().unwrap().as_bytes(), expected);
    }
    assert_eq!(FailureUpdate::from(&with_type).0, frame);

    // A signature that begins like the type, in an update without it.
    let mut signature = [0xaa; 64];
    signature[..2].copy_from_slice(&ChannelUpdate::TYPE.to_be_bytes());
    let likely = contents.unsigned().unwrap().sign(&[Signature(signature)]);
    let bare = FailureUpdate(likely.as_bytes().slice(2..));
    assert_eq!(bare.message(), Some(Ok(likely)));

    assert_eq!(FailureUpdate::default().message(), None);
    for short in [&frame[..135], &frame[2..137], &[1, 2], &[0]] {
        let short = FailureUpdate(Bytes::copy_from_slice(short));
        assert!(matches!(
            short.message(),
            Some(Err(DecodeError::Truncated { .. }))
        ));
    }
}

#[test]
fn strict_packets() {
    let packet = |failure_len: u16, failure: usize, pad_len: u16, pad: usize| {
        let mut bytes = failure_len.to_be_bytes().to_vec();
        bytes.resize(2 + failure, 0);
        bytes.extend(pad_len.to_be_bytes());
        bytes.resize(4 + failure + pad, 0);
        FailurePacket::decode(bytes.into())
    };
    let truncated = |field, needed, available| {
        Err(FailurePacketError::Layout(DecodeError::Truncated {
            field,
            needed,
            available,
        }))
    };
    assert!(packet(2, 2, 254, 254).is_ok());
    assert!(packet(0, 0, 256, 256).is_ok());
    assert!(packet(300, 300, 0, 0).is_ok());
    assert!(packet(100, 100, 500, 500).is_ok());
    assert_eq!(
        packet(2, 2, 253, 253),
        Err(FailurePacketError::TooShort {
            failure_len: 2,
            pad_len: 253
        })
    );
    assert_eq!(
        packet(2, 2, 254, 255),
        Err(FailurePacketError::Layout(DecodeError::TrailingBytes {
            field: "pad",
            extra: 1
        }))
    );
    assert_eq!(packet(2, 2, 254, 253), truncated("pad", 254, 253));
    assert_eq!(packet(400, 2, 254, 254), truncated("failuremsg", 400, 258));
    assert_eq!(
        FailurePacket::decode(Bytes::new()),
        truncated("failuremsg", 2, 0)
    );
    assert_eq!(
        FailurePacket::decode(vec![0, 1, 7, 0].into()),
        truncated("pad", 2, 1)
    );

    // Packets of which only the message makes no sense are packets.
    let empty = packet(0, 0, 256, 256).unwrap();
    assert!(matches!(empty.code(), Err(DecodeError::Truncated { .. })));
    assert!(matches!(
        empty.message(),
        Err(DecodeError::Truncated { .. })
    ));

    let tail = |len: usize| FailureMessage {
        failure: Failure::MppTimeout,
        tail: vec![0; len].into(),
    };
    let longest = FailurePacket::new(&tail(65533)).unwrap();
    assert_eq!(
        (longest.failuremsg().len(), longest.pad().len()),
        (65535, 0)
    );
    let failure_len = 65536;
    assert_eq!(
        FailurePacket::new(&tail(65534)),
        Err(FailurePacketError::TooLong { failure_len })
    );
}

#[test]
fn invalid_onion_payload_wants_minimal_types() {
    let decode = |data: &[u8]| FailureMessage::decode([&[0x40, 22][..], data].concat().into());
    assert!(decode(&[0xfd, 1, 0, 0, 5]).is_ok());
    let field = "tlv_type";
    assert_eq!(
        decode(&[0xfd, 0, 1, 0, 5]),
        Err(DecodeError::NotMinimal { field })
    );
}
