//! One strategy for each type of message, and for what goes wrong with its bytes.

use lnwire::bytes::Bytes;
use lnwire::{
    Addresses, Alias, BigSize, BlockHeight, ChainHash, ChannelId, Color, Features, Message, Msat,
    NodeId, Point, ShortChannelId, Signature, Timestamp,
    bolt1::{ChainHashes, ErrorMessage, Init, Ping, Pong, Warning},
    bolt7::{
        AnnouncementSignatures, Checksums, GossipTimestampFilter, QueryChannelRange, QueryFlags,
        QueryShortChannelIds, ReplyChannelRange, ReplyShortChannelIdsEnd, ShortChannelIds,
        Timestamps, channel_announcement, channel_update, node_announcement,
    },
    tlv::UnknownRecords,
};
use proptest::{
    array::{uniform3, uniform32},
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, SizeRange},
};

fn blob(size: impl Into<SizeRange>) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), size).prop_map(Bytes::from)
}

fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

fn chain() -> impl Strategy<Value = ChainHash> {
    uniform32(any::<u8>()).prop_map(ChainHash)
}

fn features() -> impl Strategy<Value = Features> {
    blob(0..40).prop_map(Features::from_bytes)
}

fn extra() -> impl Strategy<Value = Bytes> {
    prop_oneof![Just(Bytes::new()), blob(1..50)]
}

fn scid() -> impl Strategy<Value = ShortChannelId> {
    any::<u64>().prop_map(ShortChannelId)
}

/// Records of odd types from 7 on, which no stream here knows.
pub(crate) fn unknown() -> impl Strategy<Value = UnknownRecords> {
    let tlv_type = prop_oneof![3..6_u64, 3..200_u64, 3..=u64::MAX / 2 - 1].prop_map(|n| n * 2 + 1);
    let records = btree_map(tlv_type, vec(any::<u8>(), 0..300), 0..4);
    records.prop_map(|records| {
        let mut bytes = Vec::new();
        for (tlv_type, value) in records {
            BigSize(tlv_type).write(&mut bytes);
            BigSize::from(value.len()).write(&mut bytes);
            bytes.extend(value);
        }
        UnknownRecords::from_bytes(&bytes.into()).unwrap()
    })
}

fn init() -> impl Strategy<Value = Message> {
    let networks = option::of(vec(chain(), 0..4));
    (
        features(),
        features(),
        networks,
        option::of(blob(0..40)),
        unknown(),
    )
        .prop_map(
            |(global_features, features, networks, remote_addr, unknown)| {
                let networks = networks.map(|chains| ChainHashes::new(&chains));
                Init {
                    global_features,
                    features,
                    networks,
                    remote_addr,
                    unknown,
                }
                .into()
            },
        )
}

fn complaints() -> impl Strategy<Value = Message> {
    (uniform32(any::<u8>()), blob(0..80), extra(), any::<bool>()).prop_map(
        |(channel_id, data, extra, warning)| {
            let channel_id = ChannelId(channel_id);
            if warning {
                Warning {
                    channel_id,
                    data,
                    extra,
                }
                .into()
            } else {
                ErrorMessage {
                    channel_id,
                    data,
                    extra,
                }
                .into()
            }
        },
    )
}

fn pings() -> impl Strategy<Value = Message> {
    (option::of(any::<u16>()), blob(0..80), extra()).prop_map(|(pong, ignored, extra)| match pong {
        Some(num_pong_bytes) => Ping {
            num_pong_bytes,
            ignored,
            extra,
        }
        .into(),
        None => Pong { ignored, extra }.into(),
    })
}

fn channel_announcement() -> impl Strategy<Value = Message> {
    let nodes = (array::<33>(), array::<33>());
    let keys = (array::<33>(), array::<33>());
    let signatures = vec(array::<64>(), 4);
    (features(), chain(), scid(), nodes, keys, signatures).prop_map(
        |(features, chain_hash, short_channel_id, nodes, keys, signatures)| {
            let contents = channel_announcement::Contents {
                features,
                chain_hash,
                short_channel_id,
                node_id_1: NodeId(nodes.0),
                node_id_2: NodeId(nodes.1),
                bitcoin_key_1: Point(keys.0),
                bitcoin_key_2: Point(keys.1),
            };
            let signatures: Vec<_> = signatures.into_iter().map(Signature).collect();
            let signatures = signatures.try_into().unwrap();
            contents.unsigned().unwrap().sign(&signatures).into()
        },
    )
}

fn node_announcement() -> impl Strategy<Value = Message> {
    let looks = (uniform3(any::<u8>()), uniform32(any::<u8>()));
    (
        features(),
        any::<u32>(),
        array::<33>(),
        looks,
        blob(0..60),
        array::<64>(),
    )
        .prop_map(
            |(features, timestamp, node_id, (color, alias), addresses, signature)| {
                let contents = node_announcement::Contents {
                    features,
                    timestamp: Timestamp(timestamp),
                    node_id: NodeId(node_id),
                    rgb_color: Color(color),
                    alias: Alias(alias),
                    addresses: Addresses::from_bytes(addresses),
                };
                contents
                    .unsigned()
                    .unwrap()
                    .sign(&[Signature(signature)])
                    .into()
            },
        )
}

fn channel_update() -> impl Strategy<Value = Message> {
    let flags = (any::<bool>(), 0..=1_u8, any::<bool>());
    let terms = (
        any::<u16>(),
        any::<u64>(),
        any::<u32>(),
        any::<u32>(),
        any::<u64>(),
    );
    (chain(), scid(), any::<u32>(), flags, terms, array::<64>()).prop_map(
        |(chain_hash, short_channel_id, timestamp, flags, terms, signature)| {
            let contents = channel_update::Contents {
                chain_hash,
                short_channel_id,
                timestamp: Timestamp(timestamp),
                dont_forward: flags.0,
                direction: flags.1,
                disabled: flags.2,
                cltv_expiry_delta: terms.0,
                htlc_minimum_msat: Msat(terms.1),
                fee_base_msat: terms.2,
                fee_proportional_millionths: terms.3,
                htlc_maximum_msat: Msat(terms.4),
            };
            contents
                .unsigned()
                .unwrap()
                .sign(&[Signature(signature)])
                .into()
        },
    )
}

fn announcement_signatures() -> impl Strategy<Value = Message> {
    (
        uniform32(any::<u8>()),
        scid(),
        array::<64>(),
        array::<64>(),
        extra(),
    )
        .prop_map(|(channel_id, short_channel_id, node, bitcoin, extra)| {
            AnnouncementSignatures {
                channel_id: ChannelId(channel_id),
                short_channel_id,
                node_signature: Signature(node),
                bitcoin_signature: Signature(bitcoin),
                extra,
            }
            .into()
        })
}

fn query_short_channel_ids() -> impl Strategy<Value = Message> {
    let flag = prop_oneof![0..32_u64, any::<u64>()];
    let ids = vec((any::<u64>(), flag), 0..20);
    (chain(), ids, any::<bool>(), unknown()).prop_map(|(chain_hash, ids, with_flags, unknown)| {
        let flags = with_flags.then(|| QueryFlags::new(ids.iter().map(|(_, flag)| *flag)));
        QueryShortChannelIds {
            chain_hash,
            short_channel_ids: ShortChannelIds::new(ids.iter().map(|(id, _)| ShortChannelId(*id))),
            query_flags: flags,
            unknown,
        }
        .into()
    })
}

fn query_channel_range() -> impl Strategy<Value = Message> {
    let option = option::of(prop_oneof![0..4_u64, any::<u64>()]);
    (chain(), any::<u32>(), any::<u32>(), option, unknown()).prop_map(
        |(chain_hash, first, number_of_blocks, query_option, unknown)| {
            let first_blocknum = BlockHeight(first);
            QueryChannelRange {
                chain_hash,
                first_blocknum,
                number_of_blocks,
                query_option,
                unknown,
            }
            .into()
        },
    )
}

fn reply_channel_range() -> impl Strategy<Value = Message> {
    let ids = vec((any::<u64>(), any::<[u32; 2]>(), any::<[u32; 2]>()), 0..20);
    let range = (any::<u32>(), any::<u32>(), any::<u8>());
    (chain(), range, ids, any::<[bool; 2]>(), unknown()).prop_map(
        |(chain_hash, (first, number_of_blocks, sync_complete), ids, with, unknown)| {
            let timestamps = ids.iter().map(|(_, t, _)| t.map(Timestamp));
            let checksums = ids.iter().map(|(_, _, c)| *c);
            ReplyChannelRange {
                chain_hash,
                first_blocknum: BlockHeight(first),
                number_of_blocks,
                sync_complete,
                short_channel_ids: ShortChannelIds::new(
                    ids.iter().map(|(id, _, _)| ShortChannelId(*id)),
                ),
                timestamps: with[0].then(|| Timestamps::new(timestamps)),
                checksums: with[1].then(|| Checksums::new(checksums)),
                unknown,
            }
            .into()
        },
    )
}

fn reply_short_channel_ids_end() -> impl Strategy<Value = Message> {
    (chain(), any::<u8>(), extra()).prop_map(|(chain_hash, full_information, extra)| {
        ReplyShortChannelIdsEnd {
            chain_hash,
            full_information,
            extra,
        }
        .into()
    })
}

fn gossip_timestamp_filter() -> impl Strategy<Value = Message> {
    (chain(), any::<u32>(), any::<u32>(), extra()).prop_map(
        |(chain_hash, first, timestamp_range, extra)| {
            let first_timestamp = Timestamp(first);
            GossipTimestampFilter {
                chain_hash,
                first_timestamp,
                timestamp_range,
                extra,
            }
            .into()
        },
    )
}

fn of_unknown_type() -> impl Strategy<Value = Message> {
    let is_unknown = |n: &u16| {
        let decoded = Message::decode(n.to_be_bytes().to_vec().into());
        matches!(decoded, Ok(Message::Unknown(_)))
    };
    let msg_type = any::<u16>().prop_filter("known", is_unknown);
    (msg_type, vec(any::<u8>(), 0..50)).prop_map(|(msg_type, payload)| {
        let frame = [&msg_type.to_be_bytes()[..], &payload].concat();
        Message::decode(frame.into()).unwrap()
    })
}

/// A message of any type.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        14 => super::bolt2::message(),
        1 => init(),
        1 => complaints(),
        1 => pings(),
        1 => channel_announcement(),
        1 => node_announcement(),
        1 => channel_update(),
        1 => announcement_signatures(),
        1 => query_short_channel_ids(),
        1 => query_channel_range(),
        1 => reply_channel_range(),
        1 => reply_short_channel_ids_end(),
        1 => gossip_timestamp_filter(),
        1 => super::bolt4::onion_message(),
        4 => super::bolt4::proposal(),
        1 => of_unknown_type(),
    ]
}

/// One thing that goes wrong with the bytes of a message.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Flip(Index, u8),
    Overwrite(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Truncate(Index),
    Append(Vec<u8>),
    /// A whole record of an odd type at the end.
    Record(u64, Vec<u8>),
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let bytes = || vec(prop_oneof![any::<u8>(), 0..4_u8, 0xfd..=0xff_u8], 1..10);
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Damage::Overwrite(at, bytes)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        any::<Index>().prop_map(Damage::Truncate),
        bytes().prop_map(Damage::Append),
        (prop_oneof![0..8_u64, 0..3000_u64], vec(any::<u8>(), 0..10))
            .prop_map(|(n, value)| Damage::Record(n | 1, value)),
    ]
}

impl Damage {
    pub(crate) fn apply(&self, frame: &mut Vec<u8>) {
        match self {
            Self::Flip(at, bit) => {
                let at = at.index(frame.len().max(1));
                if let Some(byte) = frame.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Overwrite(at, bytes) => {
                let at = at.index(frame.len() + 1);
                frame
                    .iter_mut()
                    .skip(at)
                    .zip(bytes)
                    .for_each(|(to, from)| *to = *from);
            }
            Self::Insert(at, bytes) => {
                let at = at.index(frame.len() + 1);
                frame.splice(at..at, bytes.iter().copied());
            }
            Self::Truncate(at) => frame.truncate(at.index(frame.len() + 1)),
            Self::Append(bytes) => frame.extend(bytes),
            Self::Record(tlv_type, value) => {
                BigSize(*tlv_type).write(frame);
                BigSize::from(value.len()).write(frame);
                frame.extend(value);
            }
        }
    }
}
