//! Records of the wrong length, lists that promise more than there is, secrets in logs, and the longest messages.

mod common;

use common::{bolt2, bytes, vectors};
use lnwire::bytes::Bytes;
use lnwire::{
    Advice, ChannelId, DecodeError, FeeratePerKw, Message, MessageTooLong, Msat, PaymentPreimage,
    PerCommitmentSecret, Point, Sat, Signature, Txid, WireMessage,
    bolt1::PeerStorage,
    bolt2::{
        AttributionData, ChannelReestablish, ClosingSigned, CommitmentSigned, OnionPacket,
        OpenChannel, Shutdown, Signatures, SpliceInit, TxAbort, TxSignatures, UpdateAddHtlc,
        UpdateFailHtlc, Witnesses,
    },
};
use proptest::{collection::vec, prelude::*};

/// The error of a message of `fields` zero bytes, and behind them `tail`.
fn error<M: WireMessage + core::fmt::Debug>(fields: usize, tail: &[u8]) -> Option<DecodeError> {
    let frame = [&M::TYPE.to_be_bytes()[..], &vec![0; fields], tail].concat();
    M::decode(frame.into()).err()
}

/// A record with `len` zero bytes.
fn record(tlv_type: u8, len: u16) -> Vec<u8> {
    let mut record = vec![tlv_type, 0xfd];
    record.extend(len.to_be_bytes());
    if len < 0xfd {
        record = vec![tlv_type, u8::try_from(len).unwrap()];
    }
    record.resize(record.len() + usize::from(len), 0);
    record
}

#[test]
fn records_have_the_length_of_their_fields() {
    let truncated = |field, needed, available| {
        Some(DecodeError::Truncated {
            field,
            needed,
            available,
        })
    };
    let trailing = |field| Some(DecodeError::TrailingBytes { field, extra: 1 });

    let fee_range = |len| error::<ClosingSigned>(104, &record(1, len));
    assert_eq!(fee_range(7), truncated("min_fee_satoshis", 8, 7));
    assert_eq!(fee_range(15), truncated("max_fee_satoshis", 8, 7));
    assert_eq!(fee_range(16), None);
    assert_eq!(fee_range(17), trailing("closing_signed_tlvs"));

    let next_funding = |len| error::<ChannelReestablish>(113, &record(1, len));
    assert_eq!(next_funding(32), truncated("retransmit_flags", 1, 0));
    assert_eq!(next_funding(33), None);
    assert_eq!(next_funding(34), trailing("channel_reestablish_tlvs"));

    let attribution = |len| error::<UpdateFailHtlc>(42, &record(1, len));
    assert_eq!(attribution(919), truncated("attribution_data", 920, 919));
    assert_eq!(attribution(920), None);
    assert_eq!(attribution(921), trailing("update_fail_htlc_tlvs"));

    let confirmed = |len| error::<SpliceInit>(81, &record(2, len));
    assert_eq!(confirmed(0), None);
    assert_eq!(confirmed(1), trailing("splice_init_tlvs"));
}

#[test]
fn records_keep_their_order_and_parity() {
    let stream = "channel_reestablish_tlvs";
    let tail = [record(5, 33), record(1, 33)].concat();
    let order = DecodeError::TlvOrder {
        stream,
        previous: 5,
        found: 1,
    };
    assert_eq!(error::<ChannelReestablish>(113, &tail), Some(order));
    let even = DecodeError::TlvUnknownEven {
        stream,
        tlv_type: 2,
    };
    assert_eq!(error::<ChannelReestablish>(113, &record(2, 0)), Some(even));
    // Unknown odd ones survive between the known ones.
    let tail = [record(1, 33), record(3, 9), record(5, 33), record(7, 0)].concat();
    let frame = [&[0, 136][..], &[0; 113], &tail].concat();
    let message = ChannelReestablish::decode(frame.clone().into()).unwrap();
    assert!(message.next_funding.is_some() && message.my_current_funding_locked.is_some());
    assert_eq!(message.unknown.iter().count(), 2);
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    assert_eq!(out, frame);
}

/// A point in a record must look like one, a point in a field may be anything.
#[test]
fn the_path_key_is_a_compressed_point() {
    let fields = 32 + 8 + 8 + 32 + 4 + 1366;
    let fault = DecodeError::PointPrefix {
        field: "blinded_path",
        prefix: 0,
    };
    assert_eq!(error::<UpdateAddHtlc>(fields, &record(0, 33)), Some(fault));
    assert_eq!(error::<OpenChannel>(319, &[]), None);
}

#[test]
fn lists_that_promise_more_than_there_is() {
    let signatures = |count: u16, there: usize| {
        let tail = [&count.to_be_bytes()[..], &vec![0; there]].concat();
        error::<CommitmentSigned>(96, &tail)
    };
    assert_eq!(signatures(0, 0), None);
    assert_eq!(signatures(2, 128), None);
    for (count, there) in [(1, 0), (2, 127), (65535, 640)] {
        let fault = DecodeError::Truncated {
            field: "htlc_signatures",
            needed: 64 * usize::from(count),
            available: there,
        };
        assert_eq!(signatures(count, there), Some(fault));
    }

    let witnesses = |list: &[u8]| error::<TxSignatures>(64, list);
    assert_eq!(witnesses(&[0, 2, 0, 0, 0, 1, 7]), None);
    let truncated = |needed, available| {
        Some(DecodeError::Truncated {
            field: "witnesses",
            needed,
            available,
        })
    };
    assert_eq!(witnesses(&[0, 1]), truncated(2, 0));
    assert_eq!(witnesses(&[0, 2, 0, 0, 0]), truncated(2, 1));
    assert_eq!(witnesses(&[0, 2, 0, 0, 0, 2, 7]), truncated(2, 1));
    assert_eq!(witnesses(&[255, 255, 0, 0]), truncated(2, 0));
}

#[test]
fn lists_that_are_too_long_to_send() {
    let commitment = |htlcs| CommitmentSigned {
        channel_id: ChannelId::ALL,
        signature: Signature([0; 64]),
        htlc_signatures: Signatures::new((0..htlcs).map(|_| Signature([7; 64]))),
        funding_txid: None,
        unknown: Default::default(),
    };
    let mut out = vec![1];
    // More than two peers can have in a channel at once.
    commitment(966).encode(&mut out).unwrap();
    assert_eq!(
        CommitmentSigned::decode(out.split_off(1).into()),
        Ok(commitment(966))
    );
    for htlcs in [1023, 65536, 70000] {
        let len = 100 + 64 * htlcs;
        let too_long = Err(MessageTooLong { len });
        assert_eq!(commitment(htlcs).encode(&mut out), too_long);
        assert_eq!(commitment(htlcs).htlc_signatures.len(), htlcs);
    }
    assert_eq!(out, [1]);

    assert_eq!(Witnesses::new([[0; 65535]]).unwrap().len(), 1);
    assert_eq!(
        Witnesses::new([vec![0; 10], vec![0; 65536]]),
        Err(MessageTooLong { len: 12 + 65536 })
    );
    assert_eq!(Witnesses::new(vec![[0; 0]; 65535]).unwrap().len(), 65535);
    assert!(Witnesses::new(vec![[0; 0]; 65536]).is_err());
    assert!(Witnesses::default().is_empty() && Signatures::default().is_empty());
}

#[test]
fn the_longest_backup() {
    let store = |len| PeerStorage {
        blob: vec![7; len].into(),
        extra: Bytes::new(),
    };
    let mut out = Vec::new();
    store(65531).encode(&mut out).unwrap();
    assert_eq!(out.len(), 65535);
    assert_eq!(PeerStorage::decode(out.into()), Ok(store(65531)));
    let too_long = Err(MessageTooLong { len: 65536 });
    assert_eq!(store(65532).encode(&mut Vec::new()), too_long);
}

#[test]
fn secrets_stay_out_of_logs() {
    let mut hidden = 0;
    for vector in vectors("derived/lnwire_bolt2_messages") {
        if vector["valid"] == false {
            continue;
        }
        let message = Message::decode(bytes(&vector["hex"])).unwrap();
        let shown = format!("{message:?}");
        for secret in [
            "payment_preimage",
            "per_commitment_secret",
            "your_last_per_commitment_secret",
        ] {
            if let Some(secret) = bolt2::fields(&message)[secret].as_str() {
                assert!(shown.contains("(..)") && !shown.contains(secret), "{shown}");
                hidden += 1;
            }
        }
    }
    assert_eq!(hidden, 9);
    let debug = format!("{:?}", PaymentPreimage([0xab; 32]));
    assert_eq!(debug, "PaymentPreimage(..)");
    assert_eq!(PaymentPreimage([1; 32]), PaymentPreimage([1; 32]));
    assert_ne!(PerCommitmentSecret::ZERO, PerCommitmentSecret([1; 32]));
}

#[test]
fn reasons_are_hostile_text() {
    let abort = TxAbort {
        channel_id: ChannelId::ALL,
        data: Bytes::from_static(b"no\n\x1b[31m"),
        extra: Bytes::new(),
    };
    assert_eq!(abort.text().to_string(), "no\\n\\x1b[31m");
}

#[test]
fn parts_of_an_onion() {
    let mut onion: Vec<u8> = (0..1366_u16).map(|n| n.to_le_bytes()[0]).collect();
    onion[0] = 0;
    let packet = OnionPacket::new(onion.clone().into()).unwrap();
    assert_eq!(packet.version(), 0);
    assert_eq!(packet.public_key(), Point(onion[1..34].try_into().unwrap()));
    assert_eq!(packet.hop_payloads(), &onion[34..1334]);
    assert_eq!(packet.hmac(), onion[1334..]);
    assert_eq!(packet.as_bytes(), &onion);
    for (len, error) in [
        (
            1365,
            DecodeError::Truncated {
                field: "onion_routing_packet",
                needed: 1366,
                available: 1365,
            },
        ),
        (
            1367,
            DecodeError::TrailingBytes {
                field: "onion_routing_packet",
                extra: 1,
            },
        ),
    ] {
        assert_eq!(OnionPacket::new(vec![0; len].into()), Err(error));
    }
    assert!(AttributionData::new(vec![0; 919].into()).is_err());
    assert!(AttributionData::new(vec![0; 921].into()).is_err());
    assert_eq!(AttributionData::LEN, 920);
}

#[test]
fn amounts() {
    assert_eq!(Sat(3).to_msat(), Some(Msat(3000)));
    assert_eq!(Sat(u64::MAX).to_msat(), None);
    assert_eq!(Sat::MAX_MONEY.to_msat(), Some(Msat(0x1d24_b2df_ac52_0000)));
    assert_eq!(Sat(1).checked_add(Sat(2)), Some(Sat(3)));
    assert_eq!(Sat(1).checked_add(Sat(u64::MAX)), None);
    assert_eq!(Sat(5).to_string(), "5 sat");
    assert_eq!(FeeratePerKw(253).to_string(), "253 sat/kw");
}

#[test]
fn only_the_lowest_flag_announces() {
    for (channel_flags, announce) in [(0, false), (1, true), (0xfe, false), (0xff, true)] {
        let mut frame = vec![0; 321];
        frame[1] = 32;
        frame[320] = channel_flags;
        let open = OpenChannel::decode(frame.into()).unwrap();
        assert_eq!(open.announce_channel(), announce);
        assert_eq!(open.channel_flags, channel_flags);
    }
}

/// A channel's messages are no gossip: who cannot send them whole is not worth a connection.
#[test]
fn broken_messages_end_the_connection() {
    for msg_type in (2_u16..140).filter(|n| !matches!(n, 16..=19)) {
        match Message::decode(msg_type.to_be_bytes().to_vec().into()) {
            Ok(message) => assert!(matches!(message, Message::Unknown(_))),
            Err(fault) => {
                assert_eq!(
                    (fault.msg_type, fault.advice()),
                    (msg_type, Advice::Disconnect)
                );
            }
        }
    }
    let shutdown = Shutdown::decode(vec![0, 38, 1].into());
    assert!(matches!(shutdown, Err(DecodeError::Truncated { .. })));
}

proptest! {
    #[test]
    fn txids_look_as_everywhere(bytes in vec(any::<u8>(), 32)) {
        use bitcoin::hashes::Hash;
        let bytes: [u8; 32] = bytes.try_into().unwrap();
        let txid = Txid(bytes);
        prop_assert_eq!(txid.to_string(), bitcoin::Txid::from_byte_array(bytes).to_string());
        prop_assert_eq!(txid.to_string().parse(), Ok(txid));
        prop_assert_eq!(format!("{txid:?}"), format!("Txid({txid})"));
        prop_assert_eq!(txid.as_bytes(), &bytes);
    }

    #[test]
    fn lists_come_out_as_they_went_in(signatures in vec(vec(any::<u8>(), 64), 0..9),
                                      witnesses in vec(vec(any::<u8>(), 0..40), 0..9)) {
        let signatures: Vec<_> = signatures.into_iter().map(|s| Signature(s.try_into().unwrap())).collect();
        let list = Signatures::new(signatures.clone());
        prop_assert_eq!((list.len(), list.is_empty()), (signatures.len(), signatures.is_empty()));
        prop_assert!(list.iter().eq(signatures));
        let list = Witnesses::new(&witnesses).unwrap();
        prop_assert_eq!((list.len(), list.is_empty()), (witnesses.len(), witnesses.is_empty()));
        prop_assert!(list.iter().eq(witnesses));
    }
}
