//! Arbitrary bytes as a message.

use std::sync::LazyLock;

use lnwire::bytes::Bytes;
use lnwire::secp256k1::{Secp256k1, VerifyOnly};
use lnwire::{
    Addresses, Features, Message,
    bolt1::Init,
    bolt7::{
        ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, QueryShortChannelIds,
        ReplyChannelRange, ShortChannelIds,
    },
    extra::inbound_fee,
    tlv::UnknownRecords,
};

use crate::{channels, onions, proposals};

static SECP: LazyLock<Secp256k1<VerifyOnly>> = LazyLock::new(Secp256k1::verification_only);

/// Decodes `input`. If it is a message, it encodes to the same bytes, and everything in it can be looked at.
///
/// # Panics
/// If it encodes to something else, or an accessor panics.
pub fn lnwire_message(input: &[u8]) {
    let message = match Message::decode(Bytes::copy_from_slice(input)) {
        Ok(message) => message,
        Err(fault) => {
            let _ = (fault.to_string(), fault.advice());
            return;
        }
    };
    let mut out = Vec::new();
    message
        .encode(&mut out)
        .expect("it was no longer than a message may be");
    assert_eq!(out, input);
    assert_eq!(message.encoded_len(), input.len());
    assert_eq!(message.msg_type().to_be_bytes(), input[..2]);
    let _ = format!("{message:?}");
    look_at(message);
}

fn look_at(message: Message) {
    match message {
        Message::Init(m) => look_at_init(&m),
        Message::Warning(m) => printable(&m.text().to_string()),
        Message::Error(m) => printable(&m.text().to_string()),
        Message::Ping(m) => assert!(m.pong_len().is_none_or(|len| len <= 65531)),
        Message::ChannelAnnouncement(m) => look_at_channel(m),
        Message::NodeAnnouncement(m) => look_at_node(m),
        Message::ChannelUpdate(m) => look_at_update(m),
        Message::QueryShortChannelIds(m) => look_at_query(&m),
        Message::QueryChannelRange(m) => {
            assert!(m.end_blocknum() >= m.first_blocknum.0.into());
            look_at_records(&m.unknown);
        }
        Message::ReplyChannelRange(m) => look_at_reply(&m),
        Message::GossipTimestampFilter(m) => {
            assert_eq!(m.contains(m.first_timestamp), m.timestamp_range > 0);
        }
        Message::OnionMessage(m) => onions::look_at(&m),
        other => {
            channels::look_at(&other);
            proposals::look_at(&other);
        }
    }
}

fn look_at_init(m: &Init) {
    let all = m.all_features();
    for bit in m.features.iter().chain(m.global_features.iter()) {
        assert!(all.is_set(bit));
    }
    look_at_features(&all);
    if let Some(chains) = &m.networks {
        assert!(chains.iter().all(|chain| chains.contains(chain)));
    }
    if let Some(address) = m.remote_address() {
        let mut out = Vec::new();
        address.write(&mut out);
        assert_eq!(Some(out), m.remote_addr.as_deref().map(<[u8]>::to_vec));
        printable(&address.to_string());
    }
    look_at_records(&m.unknown);
}

fn look_at_channel(m: ChannelAnnouncement) {
    look_at_features(&m.features());
    let _ = (m.chain_hash(), m.short_channel_id().to_string());
    let _ = (m.node_id_1().public_key(), m.node_id_2().public_key());
    let _ = (
        m.bitcoin_key_1().public_key(),
        m.bitcoin_key_2().public_key(),
    );
    assert_eq!(m.detached(), m);
    let _ = m.verify(&*SECP);
}

fn look_at_node(m: NodeAnnouncement) {
    look_at_features(&m.features());
    look_at_addresses(&m.addresses());
    let _ = (m.timestamp(), m.rgb_color(), m.node_id().public_key());
    assert!(!m.alias().to_string().contains(char::is_control));
    assert_eq!(m.detached(), m);
    let _ = m.verify(&*SECP);
}

pub(crate) fn look_at_update(m: ChannelUpdate) {
    let _ = (m.chain_hash(), m.short_channel_id(), m.timestamp());
    assert!(m.direction() <= 1);
    let _ = (m.is_disabled(), m.dont_forward(), m.cltv_expiry_delta());
    let _ = (m.fee_base_msat(), m.fee_proportional_millionths());
    let _ = (m.htlc_minimum_msat(), m.htlc_maximum_msat(), m.checksum());
    let _ = inbound_fee(&m);
    assert_eq!(m.detached(), m);
    let _ = m.verify(&*SECP, lnwire::NodeId([2; 33]));
}

fn look_at_query(m: &QueryShortChannelIds) {
    look_at_ids(&m.short_channel_ids);
    if let Some(flags) = &m.query_flags {
        assert_eq!(flags.iter().count(), m.short_channel_ids.len());
    }
    look_at_records(&m.unknown);
}

fn look_at_reply(m: &ReplyChannelRange) {
    look_at_ids(&m.short_channel_ids);
    let ids = m.short_channel_ids.len();
    if let Some(timestamps) = &m.timestamps {
        assert_eq!(timestamps.iter().count(), ids);
    }
    if let Some(checksums) = &m.checksums {
        assert_eq!(checksums.iter().count(), ids);
    }
    look_at_records(&m.unknown);
}

pub(crate) fn look_at_ids(ids: &ShortChannelIds) {
    assert_eq!(ids.iter().count(), ids.len());
    for id in ids.iter() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

pub(crate) fn look_at_features(features: &Features) {
    assert!(features.iter().is_sorted());
    assert!(features.iter().all(|bit| features.is_set(bit)));
    let _ = (features.required_unknown(), features.missing_dependency());
}

pub(crate) fn look_at_addresses(addresses: &Addresses) {
    let list: Vec<_> = addresses.iter().collect();
    let errors = list.iter().filter(|address| address.is_err()).count();
    assert!(errors == 0 || errors == 1 && list.last().is_some_and(Result::is_err));
    let len: usize = list
        .iter()
        .flatten()
        .map(lnwire::Address::encoded_len)
        .sum();
    assert!(len <= addresses.as_bytes().len());
    assert!(addresses.usable().count() <= list.len());
    assert!(addresses.dns_names() <= list.len());
    list.iter()
        .flatten()
        .for_each(|address| printable(&address.to_string()));
}

/// Types ascend and are odd, and no byte belongs to nothing.
pub(crate) fn look_at_records(records: &UnknownRecords) {
    assert!(records.iter().is_sorted_by(|a, b| a.0 < b.0));
    assert!(records.iter().all(|(tlv_type, _)| tlv_type % 2 == 1));
    let lens = records
        .iter()
        .map(|(tlv_type, value)| lnwire::tlv::record_len(tlv_type, value.len()));
    assert_eq!(lens.sum::<usize>(), records.encoded_len());
}

pub(crate) fn printable(text: &str) {
    assert!(
        text.bytes().all(|byte| (32..127).contains(&byte)),
        "{text:?}"
    );
}
