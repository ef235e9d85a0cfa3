//! `tx_init_rbf` (72) and `tx_ack_rbf` (73): replacing a transaction that pays too little.

use crate::{
    message_macro::message,
    types::{ChannelId, FeeratePerKw},
};

message! {
    /// Asks for another transaction in place of the one that was built, at a higher fee.
    ///
    /// BOLT 2, [the `tx_init_rbf` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_init_rbf-message).
    TxInitRbf = 72 {
        /// The channel.
        channel_id: ChannelId,
        /// The lock time of the new transaction, as Bitcoin has it.
        locktime: u32,
        /// The fee rate of the new transaction, in satoshi per 1000 units of weight: at least 25/24 of the one before,
        /// rounded down.
        feerate: FeeratePerKw,
    }
    "tx_init_rbf_tlvs" {
        /// What the sender puts into the funding output in all, in satoshi; negative if it takes out in a splice. Nothing
        /// if the record is missing.
        0 => funding_output_contribution: i64,
        /// There if the sender wants the receiver's inputs confirmed.
        2 => require_confirmed_inputs: (),
    }
}

message! {
    /// Agrees to another transaction.
    ///
    /// BOLT 2, [the `tx_ack_rbf` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-tx_ack_rbf-message).
    TxAckRbf = 73 {
        /// The channel.
        channel_id: ChannelId,
    }
    "tx_ack_rbf_tlvs" {
        /// What the sender puts into the funding output in all, in satoshi; negative if it takes out in a splice. Nothing
        /// if the record is missing.
        0 => funding_output_contribution: i64,
        /// There if the sender wants the receiver's inputs confirmed.
        2 => require_confirmed_inputs: (),
    }
}
