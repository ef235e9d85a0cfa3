//! `funding_created` (34) and `funding_signed` (35): the first commitment transactions of a channel.

use crate::{
    message_macro::message,
    types::{ChannelId, Signature, Txid},
};

message! {
    /// Names the funding output and signs the receiver's first commitment transaction.
    ///
    /// BOLT 2, [the `funding_created` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-funding_created-message).
    FundingCreated = 34 {
        /// That of the `open_channel`. Nobody uses it any more after this message.
        temporary_channel_id: ChannelId,
        /// The funding transaction.
        funding_txid: Txid,
        /// The index of the funding output in it.
        funding_output_index: u16,
        /// The sender's signature for the receiver's first commitment transaction.
        signature: Signature,
    }
}

message! {
    /// Signs the receiver's first commitment transaction, after which it can publish the funding transaction.
    ///
    /// BOLT 2, [the `funding_signed` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-funding_signed-message).
    FundingSigned = 35 {
        /// The channel: the funding txid, with the output index mixed into its last two bytes.
        channel_id: ChannelId,
        /// The sender's signature for the receiver's first commitment transaction.
        signature: Signature,
    }
}
