//! What the messages of proposals say.

use lnwire::{
    BigSize, DecodeError, Message, WireMessage,
    extra::{
        AnnouncementSignatures2, ChannelAnnouncement2, ChannelUpdate2, NodeAnnouncement2, PureTlv,
        SignedTlv, is_signed,
    },
};

use crate::lnwire_message::{look_at_features, look_at_records, printable};

/// Looks at everything in a message of a proposal.
pub(crate) fn look_at(message: &Message) {
    match message {
        Message::DynPropose(m) => m.channel_type.iter().for_each(look_at_features),
        Message::DynReject(m) => {
            let rejected = &m.update_rejections;
            look_at_features(&rejected.0);
            assert!(rejected.0.iter().all(|bit| rejected.contains(bit)));
        }
        Message::DynCommit(m) => m.channel_type.iter().for_each(look_at_features),
        Message::AnnouncementSignatures2(m) => look_at_signatures(m),
        Message::ChannelAnnouncement2(m) => look_at_channel(m),
        Message::NodeAnnouncement2(m) => look_at_node(m),
        Message::ChannelUpdate2(m) => look_at_update(m),
        _ => {}
    }
}

fn look_at_signatures(m: &AnnouncementSignatures2) {
    let _ = (m.channel_id(), m.short_channel_id(), m.partial_signature());
    look_at_records(&m.unknown());
    records(m);
    same(m, &m.contents().message());
    assert_eq!(m.detached(), *m);
}

fn look_at_channel(m: &ChannelAnnouncement2) {
    let _ = (m.chain_hash(), m.short_channel_id(), m.capacity_satoshis());
    let _ = (m.node_id_1(), m.node_id_2(), m.outpoint());
    let _ = (m.bitcoin_key_1(), m.bitcoin_key_2());
    let _ = (m.merkle_root_hash(), m.signature());
    m.features().iter().for_each(look_at_features);
    look_at_records(&m.unknown());
    signed(m);
    same(m, &m.contents().message());
    assert_eq!(m.detached(), *m);
}

fn look_at_node(m: &NodeAnnouncement2) {
    let _ = (m.color(), m.block_height(), m.node_id(), m.signature());
    let _ = m.dns_hostnames();
    m.features().iter().for_each(look_at_features);
    let alias = m.alias().map(|alias| alias.alias().to_string());
    assert!(alias.is_none_or(|alias| !alias.contains(char::is_control)));
    let addresses = [
        m.ipv4_addrs().map(|all| all.iter().collect::<Vec<_>>()),
        m.ipv6_addrs().map(|all| all.iter().collect()),
        m.tor_v3_addrs().map(|all| all.iter().collect()),
    ];
    for address in addresses.into_iter().flatten().flatten() {
        printable(&address.to_string());
    }
    look_at_records(&m.unknown());
    signed(m);
    same(m, &m.contents().message());
    assert_eq!(m.detached(), *m);
}

fn look_at_update(m: &ChannelUpdate2) {
    let _ = (m.chain_hash(), m.short_channel_id(), m.block_height());
    let _ = (m.is_disabled(), m.cltv_expiry_delta(), m.inbound_fee());
    let _ = (m.htlc_minimum_msat(), m.htlc_maximum_msat());
    let _ = (m.fee_base_msat(), m.fee_proportional_millionths());
    let _ = m.signature();
    assert!(m.direction() <= 1);
    look_at_records(&m.unknown());
    signed(m);
    same(m, &m.contents().message());
    assert_eq!(m.detached(), *m);
}

/// What is said makes the same message again.
fn same<T: WireMessage + PartialEq + core::fmt::Debug>(m: &T, again: &Result<T, DecodeError>) {
    assert_eq!(again.as_ref(), Ok(m));
}

/// The records are the message, and ascend.
fn records(m: &impl PureTlv) {
    let mut bytes = m.as_bytes()[..2].to_vec();
    for (tlv_type, value) in m.records() {
        put(tlv_type, &value, &mut bytes);
    }
    assert_eq!(bytes, m.as_bytes()[..]);
    assert!(m.records().is_sorted_by(|a, b| a.0 < b.0));
}

/// What is signed are the records of the signed ranges.
fn signed(m: &impl SignedTlv) {
    records(m);
    let mut expected = Vec::new();
    for (tlv_type, value) in m.records().filter(|(tlv_type, _)| is_signed(*tlv_type)) {
        put(tlv_type, &value, &mut expected);
    }
    let mut bytes = Vec::new();
    m.write_signed(&mut bytes);
    assert_eq!(bytes, expected);
    assert_eq!(m.signed_len(), expected.len());
    let _ = m.digest();
}

fn put(tlv_type: u64, value: &[u8], out: &mut Vec<u8>) {
    BigSize(tlv_type).write(out);
    BigSize::from(value.len()).write(out);
    out.extend(value);
}
