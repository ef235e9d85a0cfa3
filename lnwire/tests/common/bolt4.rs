//! Strategies for onions, failures and proposals.

use lnwire::bytes::Bytes;
use lnwire::{
    BigSize, BlockHeight, ChainHash, ChannelId, Color, Features, Message, Msat, NodeId, Point,
    ShortChannelId, Signature,
    bolt4::{
        Failure, FailureCode, FailureMessage, FailureUpdate, OnionMessage, OnionMessagePacket,
        PaymentDetails, UnknownCode,
    },
    extra::{
        DynAck, DynCommit, DynPropose, DynReject, InboundFee, Ipv4Addrs, Ipv6Addrs, KickoffSig,
        MerkleRootHash, Outpoint, PartialSignature, PublicNonce, RejectedParameters,
        SchnorrSignature, TorV3Addrs, Utf8Alias, announcement_signatures_2, channel_announcement_2,
        channel_update_2, node_announcement_2,
    },
    tlv::UnknownRecords,
};
use proptest::{
    collection::{btree_map, vec},
    option::of,
    prelude::*,
};

fn blob(len: core::ops::Range<usize>) -> impl Strategy<Value = Bytes> + Clone {
    vec(any::<u8>(), len).prop_map(Bytes::from)
}

fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> + Clone {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

fn key() -> impl Strategy<Value = [u8; 33]> {
    (array::<33>(), 2..4_u8).prop_map(|(mut key, prefix)| {
        key[0] = prefix;
        key
    })
}

fn features() -> impl Strategy<Value = Features> {
    blob(0..20).prop_map(Features::from_bytes)
}

fn scid() -> impl Strategy<Value = ShortChannelId> {
    any::<u64>().prop_map(ShortChannelId)
}

fn height() -> impl Strategy<Value = BlockHeight> {
    any::<u32>().prop_map(BlockHeight)
}

fn msat() -> impl Strategy<Value = Msat> {
    any::<u64>().prop_map(Msat)
}

fn channel() -> impl Strategy<Value = ChannelId> {
    array::<32>().prop_map(ChannelId)
}

/// Records of odd types behind all that messages here know but 55555, in signed ranges and beside them.
fn unknown() -> impl Strategy<Value = UnknownRecords> {
    let tlv_type = prop_oneof![
        80..200_u64,
        30_000..40_000_u64,
        499_999_990..500_000_010_u64,
        1_499_999_990..1_500_000_010_u64,
        200..=u64::MAX / 2
    ];
    btree_map(
        tlv_type.prop_map(|n| 2 * n + 1),
        vec(any::<u8>(), 0..40),
        0..5,
    )
    .prop_map(|records| {
        let mut bytes = Vec::new();
        for (tlv_type, value) in records {
            BigSize(tlv_type).write(&mut bytes);
            BigSize::from(value.len()).write(&mut bytes);
            bytes.extend(value);
        }
        UnknownRecords::from_bytes(&bytes.into()).unwrap()
    })
    .prop_filter("known", |unknown| unknown.iter().all(|(n, _)| n != 55555))
}

pub(crate) fn onion_message() -> impl Strategy<Value = Message> {
    (array::<33>(), blob(0..100), blob(0..10)).prop_map(|(path_key, packet, extra)| {
        OnionMessage {
            path_key: Point(path_key),
            onion_message_packet: OnionMessagePacket(packet),
            extra,
        }
        .into()
    })
}

fn announcement_signatures_2() -> impl Strategy<Value = Message> {
    (of(channel()), of(scid()), of(array::<32>()), unknown()).prop_map(
        |(channel_id, short_channel_id, signature, unknown)| {
            let contents = announcement_signatures_2::Contents {
                channel_id,
                short_channel_id,
                partial_signature: signature.map(PartialSignature),
                unknown,
            };
            let message = contents.message().unwrap();
            assert_eq!(message.contents(), contents);
            message.into()
        },
    )
}

fn channel_announcement_2() -> impl Strategy<Value = Message> {
    let place = (
        of(array::<32>()),
        of(scid()),
        of((array::<32>(), any::<u16>())),
    );
    let keys = (of(key()), of(key()), of(key()), of(key()));
    let rest = (of(any::<u64>()), of(array::<32>()), of(array::<64>()));
    (place, of(features()), keys, rest, unknown()).prop_map(
        |(place, features, keys, rest, unknown)| {
            let contents = channel_announcement_2::Contents {
                chain_hash: place.0.map(ChainHash),
                features,
                short_channel_id: place.1,
                capacity_satoshis: rest.0,
                node_id_1: keys.0.map(NodeId),
                node_id_2: keys.1.map(NodeId),
                bitcoin_key_1: keys.2.map(Point),
                bitcoin_key_2: keys.3.map(Point),
                merkle_root_hash: rest.1.map(MerkleRootHash),
                outpoint: place.2.map(|(txid, index)| Outpoint {
                    txid: lnwire::Txid(txid),
                    index,
                }),
                signature: rest.2.map(SchnorrSignature),
                unknown,
            };
            let message = contents.message().unwrap();
            assert_eq!(message.contents(), contents);
            message.into()
        },
    )
}

fn node_announcement_2() -> impl Strategy<Value = Message> {
    let looks = (of(array::<3>()), of("[a-zé]{0,16}"));
    let node = (of(key()), of(height()), of(array::<64>()), of(features()));
    let addresses = (
        of(vec((any::<[u8; 4]>(), any::<u16>()), 0..3)),
        of(vec((any::<[u8; 16]>(), any::<u16>()), 0..3)),
        of(vec((array::<35>(), any::<u16>()), 0..3)),
        of(blob(0..20)),
    );
    (looks, node, addresses, unknown()).prop_map(|(looks, node, addresses, unknown)| {
        let contents = node_announcement_2::Contents {
            features: node.3,
            color: looks.0.map(Color),
            block_height: node.1,
            alias: looks.1.map(|name| Utf8Alias::new(&name).unwrap()),
            node_id: node.0.map(NodeId),
            ipv4_addrs: addresses
                .0
                .map(|list| Ipv4Addrs::new(list.into_iter().map(|(ip, port)| (ip.into(), port)))),
            ipv6_addrs: addresses
                .1
                .map(|list| Ipv6Addrs::new(list.into_iter().map(|(ip, port)| (ip.into(), port)))),
            tor_v3_addrs: addresses.2.map(TorV3Addrs::new),
            dns_hostnames: addresses.3,
            signature: node.2.map(SchnorrSignature),
            unknown,
        };
        let message = contents.message().unwrap();
        assert_eq!(message.contents(), contents);
        message.into()
    })
}

fn channel_update_2() -> impl Strategy<Value = Message> {
    let place = (of(array::<32>()), of(scid()), of(height()));
    let flags = (of(any::<u8>()), of(Just(())), of(any::<u16>()));
    let terms = (
        of(msat()),
        of(msat()),
        of(any::<u32>()),
        of(any::<u32>()),
        of((any::<i32>(), any::<i32>())),
    );
    (place, flags, terms, of(array::<64>()), unknown()).prop_map(
        |(place, flags, terms, signature, unknown)| {
            let contents = channel_update_2::Contents {
                chain_hash: place.0.map(ChainHash),
                short_channel_id: place.1,
                block_height: place.2,
                disable_flags: flags.0,
                second_peer: flags.1,
                cltv_expiry_delta: flags.2,
                htlc_minimum_msat: terms.0,
                htlc_maximum_msat: terms.1,
                fee_base_msat: terms.2,
                fee_proportional_millionths: terms.3,
                signature: signature.map(SchnorrSignature),
                inbound_fee: terms.4.map(|(base, rate)| InboundFee {
                    base_fee_msat: base,
                    fee_proportional_millionths: rate,
                }),
                unknown,
            };
            let message = contents.message().unwrap();
            assert_eq!(message.contents(), contents);
            message.into()
        },
    )
}

pub(crate) fn pure_tlv_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        announcement_signatures_2(),
        channel_announcement_2(),
        node_announcement_2(),
        channel_update_2(),
    ]
}

fn dynamic_commitments() -> impl Strategy<Value = Message> {
    let amounts = (of(any::<u64>()), of(msat()), of(msat()), of(any::<u64>()));
    let counts = (of(any::<u16>()), of(any::<u16>()), of(features()));
    let ack = of((array::<64>(), of(array::<66>())));
    (channel(), amounts, counts, ack, unknown()).prop_map(
        |(channel_id, amounts, counts, ack, unknown)| match ack {
            None => DynPropose {
                channel_id,
                dust_limit_satoshis: amounts.0.map(BigSize),
                max_htlc_value_in_flight_msat: amounts.1,
                htlc_minimum_msat: amounts.2,
                channel_reserve_satoshis: amounts.3.map(BigSize),
                to_self_delay: counts.0,
                max_accepted_htlcs: counts.1,
                channel_type: counts.2,
                unknown,
            }
            .into(),
            Some((signature, local_nonce)) => DynCommit {
                channel_id,
                signature: Signature(signature),
                dust_limit_satoshis: amounts.0.map(BigSize),
                max_htlc_value_in_flight_msat: amounts.1,
                htlc_minimum_msat: amounts.2,
                channel_reserve_satoshis: amounts.3.map(BigSize),
                to_self_delay: counts.0,
                max_accepted_htlcs: counts.1,
                channel_type: counts.2,
                local_nonce: local_nonce.map(PublicNonce),
                unknown,
            }
            .into(),
        },
    )
}

fn answers() -> impl Strategy<Value = Message> {
    let ack = (channel(), array::<64>(), of(array::<66>()), unknown());
    let reject = (channel(), features(), blob(0..10));
    let kickoff = (channel(), array::<64>(), blob(0..10));
    prop_oneof![
        ack.prop_map(|(channel_id, signature, nonce, unknown)| DynAck {
            channel_id,
            signature: Signature(signature),
            local_nonce: nonce.map(PublicNonce),
            unknown,
        }
        .into()),
        reject.prop_map(|(channel_id, bits, extra)| DynReject {
            channel_id,
            update_rejections: RejectedParameters(bits),
            extra,
        }
        .into()),
        kickoff.prop_map(|(channel_id, signature, extra)| KickoffSig {
            channel_id,
            signature: Signature(signature),
            extra,
        }
        .into()),
    ]
}

/// A message of a proposal.
pub(crate) fn proposal() -> impl Strategy<Value = Message> {
    prop_oneof![4 => pure_tlv_message(), 2 => dynamic_commitments(), 1 => answers()]
}

/// A failure of each code of BOLT 4, by its number in the list, or of an unknown code.
pub(crate) fn failure() -> impl Strategy<Value = Failure> {
    let code = prop_oneof![
        4 => proptest::sample::select(FailureCode::ALL),
        1 => any::<u16>().prop_map(FailureCode)
    ];
    let data = (msat(), height(), any::<u16>(), any::<u64>(), array::<32>());
    (code, data, blob(0..200), 0..3_u8).prop_map(
        |(code, (htlc_msat, height, small, tlv_type, hash), update, known)| {
            let channel_update = FailureUpdate(update);
            let (sha256_of_onion, cltv_expiry) = (hash, height);
            match code {
                FailureCode::TEMPORARY_NODE_FAILURE => Failure::TemporaryNodeFailure,
                FailureCode::PERMANENT_NODE_FAILURE => Failure::PermanentNodeFailure,
                FailureCode::REQUIRED_NODE_FEATURE_MISSING => Failure::RequiredNodeFeatureMissing,
                FailureCode::INVALID_ONION_VERSION => {
                    Failure::InvalidOnionVersion { sha256_of_onion }
                }
                FailureCode::INVALID_ONION_HMAC => Failure::InvalidOnionHmac { sha256_of_onion },
                FailureCode::INVALID_ONION_KEY => Failure::InvalidOnionKey { sha256_of_onion },
                FailureCode::TEMPORARY_CHANNEL_FAILURE => {
                    Failure::TemporaryChannelFailure { channel_update }
                }
                FailureCode::PERMANENT_CHANNEL_FAILURE => Failure::PermanentChannelFailure,
                FailureCode::REQUIRED_CHANNEL_FEATURE_MISSING => {
                    Failure::RequiredChannelFeatureMissing
                }
                FailureCode::UNKNOWN_NEXT_PEER => Failure::UnknownNextPeer,
                FailureCode::AMOUNT_BELOW_MINIMUM => Failure::AmountBelowMinimum {
                    htlc_msat,
                    channel_update,
                },
                FailureCode::FEE_INSUFFICIENT => Failure::FeeInsufficient {
                    htlc_msat,
                    channel_update,
                },
                FailureCode::INCORRECT_CLTV_EXPIRY => Failure::IncorrectCltvExpiry {
                    cltv_expiry,
                    channel_update,
                },
                FailureCode::EXPIRY_TOO_SOON => Failure::ExpiryTooSoon { channel_update },
                FailureCode::INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS => {
                    let height = (known > 1).then_some(height);
                    let details = PaymentDetails { htlc_msat, height };
                    Failure::IncorrectOrUnknownPaymentDetails {
                        details: (known > 0).then_some(details),
                    }
                }
                FailureCode::FINAL_INCORRECT_CLTV_EXPIRY => {
                    Failure::FinalIncorrectCltvExpiry { cltv_expiry }
                }
                FailureCode::FINAL_INCORRECT_HTLC_AMOUNT => Failure::FinalIncorrectHtlcAmount {
                    incoming_htlc_amt: htlc_msat,
                },
                FailureCode::CHANNEL_DISABLED => Failure::ChannelDisabled {
                    disabled_flags: small,
                    channel_update,
                },
                FailureCode::EXPIRY_TOO_FAR => Failure::ExpiryTooFar,
                FailureCode::INVALID_ONION_PAYLOAD => Failure::InvalidOnionPayload {
                    tlv_type: BigSize(tlv_type),
                    offset: small,
                },
                FailureCode::MPP_TIMEOUT => Failure::MppTimeout,
                FailureCode::INVALID_ONION_BLINDING => {
                    Failure::InvalidOnionBlinding { sha256_of_onion }
                }
                code => Failure::Unknown(UnknownCode::new(code).unwrap()),
            }
        },
    )
}

/// A failure with its tail. Behind data that end early there is none.
pub(crate) fn failure_message() -> impl Strategy<Value = FailureMessage> {
    (failure(), prop_oneof![Just(Bytes::new()), blob(1..100)]).prop_map(|(failure, tail)| {
        let ends_early = match &failure {
            Failure::IncorrectOrUnknownPaymentDetails { details } => {
                details.is_none_or(|details| details.height.is_none())
            }
            _ => false,
        };
        let tail = if ends_early { Bytes::new() } else { tail };
        FailureMessage { failure, tail }
    })
}
