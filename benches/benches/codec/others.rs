//! Every other message that both know.

use benches::messages::frame;
use criterion::Criterion;
use lightning::ln::msgs;
use lnwire::{
    WireMessage, bolt1, bolt2, bolt4,
    bolt7::{
        AnnouncementSignatures, GossipTimestampFilter, QueryChannelRange, QueryShortChannelIds,
        ReplyShortChannelIdsEnd,
    },
};

use crate::measure::both_ways;

/// Measures each message of a list: its name, our type, LDK's, and its fields as [`frame`] takes them.
macro_rules! messages {
    ($c:ident; $($name:literal $ours:ty, $theirs:ident: $layout:literal;)*) => {
        $(both_ways::<$ours, msgs::$theirs>($c, $name, &frame(<$ours>::TYPE, $layout));)*
    };
}

pub(crate) fn others(c: &mut Criterion) {
    messages! { c;
        "warning" bolt1::Warning, WarningMessage: "32 =0010 =6e6f20737563682068746c6320796574";
        "error" bolt1::ErrorMessage, ErrorMessage: "32 =0010 =6e6f20737563682068746c6320796574";
        "ping" bolt1::Ping, Ping: "2 =0020 z32";
        "pong" bolt1::Pong, Pong: "=0020 z32";
        "peer_storage" bolt1::PeerStorage, PeerStorage: "=0400 1024";
        "peer_storage_retrieval" bolt1::PeerStorageRetrieval, PeerStorageRetrieval: "=0400 1024";
        "stfu" bolt2::Stfu, Stfu: "32 =01";
        "accept_channel" bolt2::AcceptChannel, AcceptChannel:
            "32 8 8 8 8 4 2 2 p p p p p p =00160014 20 =01021000";
        "funding_created" bolt2::FundingCreated, FundingCreated: "32 32 2 s";
        "funding_signed" bolt2::FundingSigned, FundingSigned: "32 s";
        "channel_ready" bolt2::ChannelReady, ChannelReady: "32 p =0108 8";
        "shutdown" bolt2::Shutdown, Shutdown: "32 =00160014 20";
        "closing_signed" bolt2::ClosingSigned, ClosingSigned: "32 8 s =0110 8 8";
        "closing_complete" bolt2::ClosingComplete, ClosingComplete:
            "32 =00160014 20 =00160014 20 8 4 =0140 s =0240 s =0340 s";
        "closing_sig" bolt2::ClosingSig, ClosingSig: "32 =00160014 20 =00160014 20 8 4 =0340 s";
        "open_channel2" bolt2::OpenChannel2, OpenChannelV2:
            "32 32 4 4 8 8 8 8 2 2 4 p p p p p p p 1 =00160014 20 =01021000 =0200";
        "accept_channel2" bolt2::AcceptChannel2, AcceptChannelV2:
            "32 8 8 8 8 4 2 2 p p p p p p p =00160014 20 =01021000 =0200";
        // A whole transaction with an input and an output.
        "tx_add_input" bolt2::TxAddInput, TxAddInput:
            "32 8 =0052 =02000000 =01 32 4 =00 4 =01 8 =160014 20 4 4 4";
        "tx_add_output" bolt2::TxAddOutput, TxAddOutput: "32 8 8 =00160014 20";
        "tx_remove_input" bolt2::TxRemoveInput, TxRemoveInput: "32 8";
        "tx_remove_output" bolt2::TxRemoveOutput, TxRemoveOutput: "32 8";
        "tx_complete" bolt2::TxComplete, TxComplete: "32";
        // Two witnesses, each with a key's signature.
        "tx_signatures" bolt2::TxSignatures, TxSignatures: "32 32 =0002 =00420140 s =00420140 s =0040 s";
        "tx_init_rbf" bolt2::TxInitRbf, TxInitRbf: "32 4 4 =0008 8";
        "tx_ack_rbf" bolt2::TxAckRbf, TxAckRbf: "32 =0008 8";
        "tx_abort" bolt2::TxAbort, TxAbort: "32 =0010 16";
        "splice_locked" bolt2::SpliceLocked, SpliceLocked: "32 32";
        "splice_init" bolt2::SpliceInit, SpliceInit: "32 8 4 4 p =0200";
        "splice_ack" bolt2::SpliceAck, SpliceAck: "32 8 p =0200";
        "start_batch" bolt2::StartBatch, StartBatch: "32 =0002 =01020084";
        "update_fulfill_htlc" bolt2::UpdateFulfillHtlc, UpdateFulfillHTLC: "32 8 32";
        "update_fail_htlc" bolt2::UpdateFailHtlc, UpdateFailHTLC: "32 8 =0124 292";
        "update_fail_malformed_htlc" bolt2::UpdateFailMalformedHtlc, UpdateFailMalformedHTLC: "32 8 32 =c005";
        "revoke_and_ack" bolt2::RevokeAndAck, RevokeAndACK: "32 32 p";
        "update_fee" bolt2::UpdateFee, UpdateFee: "32 4";
        "channel_reestablish" bolt2::ChannelReestablish, ChannelReestablish: "32 8 8 32 p =0121 32 =01";
        "announcement_signatures" AnnouncementSignatures, AnnouncementSignatures: "32 8 s s";
        "query_short_channel_ids" QueryShortChannelIds, QueryShortChannelIds: "32 =0321 z1 800";
        "reply_short_channel_ids_end" ReplyShortChannelIdsEnd, ReplyShortChannelIdsEnd: "32 =01";
        "query_channel_range" QueryChannelRange, QueryChannelRange: "32 =000c3500 =000003e8";
        "gossip_timestamp_filter" GossipTimestampFilter, GossipTimestampFilter: "32 4 4";
        "onion_message" bolt4::OnionMessage, OnionMessage: "p =0556 =00 p 1300 32";
    }
}
