//! `start_batch` (127), `commitment_signed` (132), `revoke_and_ack` (133) and `update_fee` (134): from one state of a
//! channel to the next.

use super::signatures::Signatures;
use crate::{
    message_macro::message,
    types::{ChannelId, FeeratePerKw, PerCommitmentSecret, Point, Signature, Txid},
};

message! {
    /// Says that the next messages belong together: one `commitment_signed` for each funding transaction of a splice.
    ///
    /// BOLT 2, [batching channel messages](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#batching-channel-messages).
    StartBatch = 127 {
        /// The channel, which all messages of the batch are about.
        channel_id: ChannelId,
        /// The number of messages that follow: 2 to 20.
        batch_size: u16,
    }
    "start_batch_tlvs" {
        /// The type of the messages that follow: 132. Without it, or with another one, there is no batch.
        1 => message_type: u16,
    }
}

message! {
    /// Signs the receiver's next commitment transaction and its HTLC transactions.
    ///
    /// BOLT 2, [committing updates so far: `commitment_signed`](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#committing-updates-so-far-commitment_signed).
    CommitmentSigned = 132 {
        /// The channel.
        channel_id: ChannelId,
        /// The sender's signature for the commitment transaction.
        signature: Signature,
        /// The sender's signatures for the HTLC transactions, in the order of the outputs they spend: at most 966.
        htlc_signatures: Signatures,
    }
    "commitment_signed_tlvs" {
        /// The funding transaction that the commitment transaction spends. There are several during a splice.
        1 => funding_txid: Txid,
    }
}

message! {
    /// Revokes the sender's commitment transaction before the one that it got a signature for.
    ///
    /// BOLT 2, [completing the transition to the updated state: `revoke_and_ack`](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#completing-the-transition-to-the-updated-state-revoke_and_ack).
    RevokeAndAck = 133 {
        /// The channel.
        channel_id: ChannelId,
        /// The secret of the commitment transaction that is revoked.
        per_commitment_secret: PerCommitmentSecret,
        /// The sender's per-commitment point for its next commitment transaction.
        next_per_commitment_point: Point,
    }
}

message! {
    /// Sets the fee rate of commitment and HTLC transactions. Only the side that pays for them sends it.
    ///
    /// BOLT 2, [updating fees: `update_fee`](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#updating-fees-update_fee).
    UpdateFee = 134 {
        /// The channel.
        channel_id: ChannelId,
        /// The fee rate, in satoshi per 1000 units of weight.
        feerate_per_kw: FeeratePerKw,
    }
}
