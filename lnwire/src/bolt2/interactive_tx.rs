//! `tx_add_input` (66) to `tx_signatures` (71), `tx_abort` (74): building one transaction together.

use core::fmt;

use super::witnesses::Witnesses;
use bytes::Bytes;

use crate::{
    message_macro::message,
    types::{ChannelId, Sat, Signature, Txid},
};

message! {
    /// Adds an input to the transaction.
    ///
    /// BOLT 2, [the `tx_add_input` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_add_input-message).
    TxAddInput = 66 {
        /// The channel.
        channel_id: ChannelId,
        /// The sender's name for the input, among the inputs that are there: even from the initiator, odd from the other
        /// side. The transaction has its inputs in this order.
        serial_id: u64,
        /// The whole transaction that has the output to spend, serialized as Bitcoin does; empty for the shared input,
        /// which is the funding output that is being replaced. Not parsed.
        prevtx: Bytes,
        /// The index of the output to spend.
        prevtx_vout: u32,
        /// The sequence number of the input: at most 0xfffffffd, so that the transaction can be replaced.
        sequence: u32,
    }
    "tx_add_input_tlvs" {
        /// The transaction that has the shared input's output, in place of `prevtx`.
        0 => shared_input_txid: Txid,
    }
}

message! {
    /// Adds an output to the transaction.
    ///
    /// BOLT 2, [the `tx_add_output` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_add_output-message).
    TxAddOutput = 67 {
        /// The channel.
        channel_id: ChannelId,
        /// The sender's name for the output, among the outputs that are there: even from the initiator, odd from the other
        /// side. The transaction has its outputs in this order.
        serial_id: u64,
        /// The output's amount in satoshi: from the dust limit to [`Sat::MAX_MONEY`].
        sats: Sat,
        /// The output's `scriptPubKey`, without a length of its own.
        script: Bytes,
    }
}

message! {
    /// Takes an input out again that the sender has added.
    ///
    /// BOLT 2, [the `tx_remove_input` and `tx_remove_output` messages](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_remove_input-and-tx_remove_output-messages).
    TxRemoveInput = 68 {
        /// The channel.
        channel_id: ChannelId,
        /// That of the `tx_add_input`.
        serial_id: u64,
    }
}

message! {
    /// Takes an output out again that the sender has added.
    ///
    /// BOLT 2, [the `tx_remove_input` and `tx_remove_output` messages](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_remove_input-and-tx_remove_output-messages).
    TxRemoveOutput = 69 {
        /// The channel.
        channel_id: ChannelId,
        /// That of the `tx_add_output`.
        serial_id: u64,
    }
}

message! {
    /// Says that the sender has nothing to add or to remove. The transaction is built when both say so in succession.
    ///
    /// BOLT 2, [the `tx_complete` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_complete-message).
    TxComplete = 70 {
        /// The channel.
        channel_id: ChannelId,
    }
}

message! {
    /// Signs the transaction: the witnesses of the sender's inputs.
    ///
    /// BOLT 2, [the `tx_signatures` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_signatures-message).
    TxSignatures = 71 {
        /// The channel.
        channel_id: ChannelId,
        /// The transaction.
        txid: Txid,
        /// A witness for each input that the sender has added, in the order of their `serial_id`.
        witnesses: Witnesses,
    }
    "tx_signatures_tlvs" {
        /// The sender's signature for the shared input of a splice, which has no witness above.
        0 => shared_input_signature: Signature,
    }
}

message! {
    /// Gives the transaction up, or answers that the other side has. The channel, if there is one, stays.
    ///
    /// BOLT 2, [the `tx_abort` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_abort-message).
    TxAbort = 74 {
        /// The channel.
        channel_id: ChannelId,
        /// Text for people, hostile: [`text`](Self::text) shows it escaped.
        data: Bytes,
    }
}

impl TxAbort {
    /// Returns the text with everything outside printable ASCII escaped, and quotes and backslashes too.
    #[must_use]
    pub fn text(&self) -> impl fmt::Display + '_ {
        self.data.escape_ascii()
    }
}
