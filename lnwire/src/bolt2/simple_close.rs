//! `closing_complete` (40) and `closing_sig` (41): each side closes at its own expense.

use bytes::Bytes;

use crate::{
    message_macro::message,
    types::{ChannelId, Sat, Signature},
};

message! {
    /// Offers a closing transaction that the sender, the closer, pays for. Each signature is for one choice of outputs.
    ///
    /// BOLT 2, [closing negotiation](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#closing-negotiation-closing_complete-and-closing_sig).
    ClosingComplete = 40 {
        /// The channel.
        channel_id: ChannelId,
        /// The `scriptPubKey` that the closer wants to be paid to.
        closer_scriptpubkey: Bytes,
        /// The `scriptPubKey` that the closee last asked to be paid to.
        closee_scriptpubkey: Bytes,
        /// The fee, in satoshi: at most the closer's balance.
        fee_satoshis: Sat,
        /// The lock time of the closing transaction, as Bitcoin has it.
        locktime: u32,
    }
    "closing_tlvs" {
        /// The closer's signature for a transaction with the closer's output alone.
        1 => closer_output_only: Signature,
        /// The closer's signature for a transaction with the closee's output alone.
        2 => closee_output_only: Signature,
        /// The closer's signature for a transaction with both outputs.
        3 => closer_and_closee_outputs: Signature,
    }
}

message! {
    /// Signs the closing transaction that the receiver, the closer, has offered. Exactly one signature is there.
    ///
    /// BOLT 2, [closing negotiation](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#closing-negotiation-closing_complete-and-closing_sig).
    ClosingSig = 41 {
        /// The channel.
        channel_id: ChannelId,
        /// That of the `closing_complete`.
        closer_scriptpubkey: Bytes,
        /// That of the `closing_complete`.
        closee_scriptpubkey: Bytes,
        /// That of the `closing_complete`, in satoshi.
        fee_satoshis: Sat,
        /// That of the `closing_complete`.
        locktime: u32,
    }
    "closing_tlvs" {
        /// The closee's signature for a transaction with the closer's output alone.
        1 => closer_output_only: Signature,
        /// The closee's signature for a transaction with the closee's output alone.
        2 => closee_output_only: Signature,
        /// The closee's signature for a transaction with both outputs.
        3 => closer_and_closee_outputs: Signature,
    }
}
