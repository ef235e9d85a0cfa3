//! `splice_locked` (77), `splice_init` (80) and `splice_ack` (81): another funding transaction for a channel in use.

use crate::{
    message_macro::message,
    types::{ChannelId, FeeratePerKw, Point, Txid},
};

message! {
    /// Says that a splice transaction is deep enough to replace the funding transaction.
    ///
    /// BOLT 2, [the `splice_locked` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-splice_locked-message).
    SpliceLocked = 77 {
        /// The channel.
        channel_id: ChannelId,
        /// The splice transaction.
        splice_txid: Txid,
    }
}

message! {
    /// Asks for a splice. The channel must be quiescent, and the sender the one who asked for that.
    ///
    /// BOLT 2, [the `splice_init` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-splice_init-message).
    SpliceInit = 80 {
        /// The channel.
        channel_id: ChannelId,
        /// What the sender adds to its balance, in satoshi; negative for what it takes out of the channel.
        funding_contribution_satoshis: i64,
        /// The fee rate of the splice transaction, in satoshi per 1000 units of weight.
        funding_feerate_perkw: FeeratePerKw,
        /// The lock time of the splice transaction, as Bitcoin has it.
        locktime: u32,
        /// The sender's key in the new funding output, best another one than before.
        funding_pubkey: Point,
    }
    "splice_init_tlvs" {
        /// There if the sender wants the receiver's inputs confirmed.
        2 => require_confirmed_inputs: (),
    }
}

message! {
    /// Agrees to a splice.
    ///
    /// BOLT 2, [the `splice_ack` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-splice_ack-message).
    SpliceAck = 81 {
        /// The channel.
        channel_id: ChannelId,
        /// What the sender adds to its balance, in satoshi; negative for what it takes out, 0 for neither.
        funding_contribution_satoshis: i64,
        /// The sender's key in the new funding output, best another one than before.
        funding_pubkey: Point,
    }
    "splice_ack_tlvs" {
        /// There if the sender wants the receiver's inputs confirmed.
        2 => require_confirmed_inputs: (),
    }
}
