//! `open_channel` (32) and `accept_channel` (33): the terms of a channel that one side funds.

use bytes::Bytes;

use crate::{
    features::Features,
    message_macro::message,
    types::{ChainHash, ChannelId, FeeratePerKw, Msat, Point, Sat},
};

/// The bit of `channel_flags` that asks to announce the channel.
pub(super) const ANNOUNCE_CHANNEL: u8 = 1;

message! {
    /// Asks for a channel that the sender funds.
    ///
    /// BOLT 2, [the `open_channel` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-open_channel-message).
    OpenChannel = 32 {
        /// The chain that will hold the channel.
        chain_hash: ChainHash,
        /// Names the channel until the funding transaction does.
        temporary_channel_id: ChannelId,
        /// The amount that the sender puts into the channel, in satoshi; below 2^24 unless both support large channels.
        funding_satoshis: Sat,
        /// The part of it that the sender gives away to the receiver, in millisatoshi.
        push_msat: Msat,
        /// Outputs below it, in satoshi, are left out of the sender's commitment transaction; at least 354.
        dust_limit_satoshis: Sat,
        /// How much the receiver may have in HTLCs on their way to the sender at once, in millisatoshi.
        max_htlc_value_in_flight_msat: Msat,
        /// What the receiver has to keep in the channel, in satoshi.
        channel_reserve_satoshis: Sat,
        /// The least HTLC that the sender takes, in millisatoshi.
        htlc_minimum_msat: Msat,
        /// The first fee rate of commitment and HTLC transactions, in satoshi per 1000 units of weight.
        feerate_per_kw: FeeratePerKw,
        /// How long the receiver's own outputs are delayed, in blocks.
        to_self_delay: u16,
        /// How many HTLCs the receiver may have on their way to the sender at once: at most 483.
        max_accepted_htlcs: u16,
        /// The sender's key in the funding output.
        funding_pubkey: Point,
        /// The sender's base for the keys that punish a revoked commitment transaction.
        revocation_basepoint: Point,
        /// The sender's key for its outputs in the receiver's commitment transactions.
        payment_basepoint: Point,
        /// The sender's base for the keys of its delayed outputs.
        delayed_payment_basepoint: Point,
        /// The sender's base for the keys of HTLC outputs.
        htlc_basepoint: Point,
        /// The sender's per-commitment point for its first commitment transaction.
        first_per_commitment_point: Point,
        /// Bit 0 asks to announce the channel; the other bits are undefined, and kept as received.
        channel_flags: u8,
    }
    "open_channel_tlvs" {
        /// The script that the sender's funds will go to when the channel closes. An empty one leaves it open.
        0 => upfront_shutdown_script: Bytes,
        /// The features that the channel will have for its whole life. BOLT 2 demands the record.
        1 => channel_type: Features,
    }
}

impl OpenChannel {
    /// Returns whether the sender wants the channel announced to the network.
    #[must_use]
    pub const fn announce_channel(&self) -> bool {
        self.channel_flags & ANNOUNCE_CHANNEL != 0
    }
}

message! {
    /// Agrees to a channel that the receiver funds.
    ///
    /// BOLT 2, [the `accept_channel` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-accept_channel-message).
    AcceptChannel = 33 {
        /// That of the `open_channel` it answers.
        temporary_channel_id: ChannelId,
        /// Outputs below it, in satoshi, are left out of the sender's commitment transaction; at least 354.
        dust_limit_satoshis: Sat,
        /// How much the receiver may have in HTLCs on their way to the sender at once, in millisatoshi.
        max_htlc_value_in_flight_msat: Msat,
        /// What the receiver has to keep in the channel, in satoshi.
        channel_reserve_satoshis: Sat,
        /// The least HTLC that the sender takes, in millisatoshi.
        htlc_minimum_msat: Msat,
        /// How many blocks deep the sender wants the funding transaction before it uses the channel; 0 for a channel
        /// that is used unconfirmed.
        minimum_depth: u32,
        /// How long the receiver's own outputs are delayed, in blocks.
        to_self_delay: u16,
        /// How many HTLCs the receiver may have on their way to the sender at once: at most 483.
        max_accepted_htlcs: u16,
        /// The sender's key in the funding output.
        funding_pubkey: Point,
        /// The sender's base for the keys that punish a revoked commitment transaction.
        revocation_basepoint: Point,
        /// The sender's key for its outputs in the receiver's commitment transactions.
        payment_basepoint: Point,
        /// The sender's base for the keys of its delayed outputs.
        delayed_payment_basepoint: Point,
        /// The sender's base for the keys of HTLC outputs.
        htlc_basepoint: Point,
        /// The sender's per-commitment point for its first commitment transaction.
        first_per_commitment_point: Point,
    }
    "accept_channel_tlvs" {
        /// The script that the sender's funds will go to when the channel closes. An empty one leaves it open.
        0 => upfront_shutdown_script: Bytes,
        /// The features that the channel will have for its whole life. That of the `open_channel` it answers.
        1 => channel_type: Features,
    }
}
