//! Decode and encode of messages, ours beside LDK's.
//!
//! - `decode`: a frame is moved in, decoded, and the message dropped. Our frames are `Bytes` that share one
//!   buffer, cloned outside the measured part; LDK reads from a slice. `drop` moves a frame in and drops it: nothing that
//!   owns its frame can be faster.
//! - `decode_and_read`: as before, and then every field is read. Our gossip keeps the received bytes and reads
//!   from them on demand; LDK's `decode` has taken them apart already.
//! - `encode`: the message is appended to a buffer that was used before and has room, with its type in front, behind each
//!   number of bytes below a line of the cache equally often. `memcpy` appends the same bytes.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

mod measure;
mod others;

use core::hint::black_box;

use benches::{
    messages::{bytes, frame, reply_channel_range},
    signed_network,
};
use criterion::{Criterion, criterion_group, criterion_main};
use lightning::ln::msgs;
use lnwire::{
    Signature, WireMessage as _, bolt1, bolt2,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, ReplyChannelRange},
};
use measure::{both_ways, decode_and_read};

/// Gossip with real signatures.
fn gossip(c: &mut Criterion) {
    let network = signed_network(1);
    let channel = &network.channels[0];
    let name = "channel_announcement";
    both_ways::<ChannelAnnouncement, msgs::ChannelAnnouncement>(
        c,
        name,
        &bytes(&channel.announcement),
    );
    decode_and_read(c, name, &channel.announcement, |m| {
        black_box::<[Signature; 4]>([
            m.node_signature_1(),
            m.node_signature_2(),
            m.bitcoin_signature_1(),
            m.bitcoin_signature_2(),
        ]);
        black_box((m.features(), m.chain_hash(), m.short_channel_id()));
        black_box((m.node_id_1(), m.node_id_2()));
        black_box((m.bitcoin_key_1(), m.bitcoin_key_2()));
    });
    let update = channel.updates[0].as_ref().expect("both sides have terms");
    let name = "channel_update";
    both_ways::<ChannelUpdate, msgs::ChannelUpdate>(c, name, &bytes(update));
    decode_and_read(c, name, update, |m| {
        black_box((m.signature(), m.chain_hash(), m.short_channel_id()));
        black_box((m.timestamp(), m.direction(), m.is_disabled()));
        black_box((m.cltv_expiry_delta(), m.htlc_minimum_msat()));
        black_box((m.fee_base_msat(), m.fee_proportional_millionths()));
        black_box(m.htlc_maximum_msat());
    });
    let node = &network.nodes[0];
    let name = "node_announcement";
    both_ways::<NodeAnnouncement, msgs::NodeAnnouncement>(c, name, &bytes(node));
    decode_and_read(c, name, node, |m| {
        black_box((m.signature(), m.features(), m.timestamp()));
        black_box((m.node_id(), m.rgb_color(), m.alias()));
        m.addresses().iter().for_each(|address| {
            let _address = black_box(address);
        });
    });
}

/// Messages that matter most for speed, besides gossip.
fn frequent(c: &mut Criterion) {
    // With an onion of the usual size.
    let add = frame(bolt2::UpdateAddHtlc::TYPE, "32 8 8 32 4 =00 p 1300 32");
    both_ways::<bolt2::UpdateAddHtlc, msgs::UpdateAddHTLC>(c, "update_add_htlc", &add);
    // With ten HTLCs.
    let signed = frame(
        bolt2::CommitmentSigned::TYPE,
        "32 s =000a s s s s s s s s s s",
    );
    both_ways::<bolt2::CommitmentSigned, msgs::CommitmentSigned>(c, "commitment_signed", &signed);
    // With a script to be paid to and a channel type.
    let open = frame(
        bolt2::OpenChannel::TYPE,
        "32 32 8 8 8 8 8 8 4 2 2 p p p p p p 1 =00160014 20 =01021000",
    );
    both_ways::<bolt2::OpenChannel, msgs::OpenChannel>(c, "open_channel", &open);
    // With a chain and the receiver's address.
    let init = frame(
        bolt1::Init::TYPE,
        "=00020269 =0005 =0800008269 =0120 32 =030701 4 2",
    );
    both_ways::<bolt1::Init, msgs::Init>(c, "init", &init);
    // 8000 channels do not fit with timestamps, which take as much again; and LDK does not read those.
    let reply = reply_channel_range(8000, false);
    both_ways::<ReplyChannelRange, msgs::ReplyChannelRange>(c, "reply_channel_range", &reply);
    let reply = reply_channel_range(4000, true);
    let name = "reply_channel_range_with_timestamps";
    both_ways::<ReplyChannelRange, msgs::ReplyChannelRange>(c, name, &reply);
}

criterion_group!(benches, gossip, frequent, others::others);
criterion_main!(benches);
