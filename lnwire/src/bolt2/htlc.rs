//! `update_add_htlc` (128), `update_fulfill_htlc` (130), `update_fail_htlc` (131), `update_fail_malformed_htlc` (135):
//! an HTLC's life.

use super::{attribution_data::AttributionData, onion_packet::OnionPacket};
use bytes::Bytes;

use crate::{
    message_macro::message,
    types::{BlockHeight, ChannelId, Msat, PaymentHash, PaymentPreimage, Point, Sha256},
};

message! {
    /// Offers an HTLC: an amount for the preimage of a hash, up to some height.
    ///
    /// BOLT 2, [adding an HTLC: `update_add_htlc`](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#adding-an-htlc-update_add_htlc).
    UpdateAddHtlc = 128 {
        /// The channel.
        channel_id: ChannelId,
        /// The HTLC's number, counted for each sender from 0.
        id: u64,
        /// The amount in millisatoshi, above 0.
        amount_msat: Msat,
        /// The hash whose preimage the amount is for. Several HTLCs may have the same.
        payment_hash: PaymentHash,
        /// The height from which on the sender can have the amount back: below 500000000.
        cltv_expiry: BlockHeight,
        /// Where the payment goes from here, for the receiver to decrypt.
        onion_routing_packet: OnionPacket,
    }
    "update_add_htlc_tlvs" {
        /// The key that decrypts the receiver's part of a blinded path (`path_key`).
        0 => blinded_path: Point,
    }
}

message! {
    /// Gives the preimage and so claims an HTLC.
    ///
    /// BOLT 2, [removing an HTLC](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#removing-an-htlc-update_fulfill_htlc-update_fail_htlc-and-update_fail_malformed_htlc).
    UpdateFulfillHtlc = 130 {
        /// The channel.
        channel_id: ChannelId,
        /// That of the `update_add_htlc`.
        id: u64,
        /// What hashes to the `payment_hash`.
        payment_preimage: PaymentPreimage,
    }
    "update_fulfill_htlc_tlvs" {
        /// How long each hop held the HTLC.
        1 => attribution_data: AttributionData,
    }
}

message! {
    /// Fails an HTLC.
    ///
    /// BOLT 2, [removing an HTLC](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#removing-an-htlc-update_fulfill_htlc-update_fail_htlc-and-update_fail_malformed_htlc).
    UpdateFailHtlc = 131 {
        /// The channel.
        channel_id: ChannelId,
        /// That of the `update_add_htlc`.
        id: u64,
        /// Why, encrypted hop by hop for the payment's sender (BOLT 4). There is no limit to its length but the
        /// message's.
        reason: Bytes,
    }
    "update_fail_htlc_tlvs" {
        /// Who failed the HTLC, and how long each hop held it.
        1 => attribution_data: AttributionData,
    }
}

message! {
    /// Fails an HTLC whose onion the sender could not parse.
    ///
    /// BOLT 2, [removing an HTLC](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#removing-an-htlc-update_fulfill_htlc-update_fail_htlc-and-update_fail_malformed_htlc).
    UpdateFailMalformedHtlc = 135 {
        /// The channel.
        channel_id: ChannelId,
        /// That of the `update_add_htlc`.
        id: u64,
        /// The SHA-256 of the onion that the sender received; may be all zero in a blinded path.
        sha256_of_onion: Sha256,
        /// What is wrong with it: a failure code of BOLT 4 with the bit `BADONION`, 0x8000.
        failure_code: u16,
    }
}
