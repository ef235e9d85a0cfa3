//! `shutdown` (38) and `closing_signed` (39): closing a channel together.

use bytes::Bytes;

use crate::{
    message_macro::message,
    record_macro::record,
    types::{ChannelId, Sat, Signature},
};

message! {
    /// Says that the sender wants to close the channel and adds no HTLC any more.
    ///
    /// BOLT 2, [closing initiation: `shutdown`](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#closing-initiation-shutdown).
    Shutdown = 38 {
        /// The channel.
        channel_id: ChannelId,
        /// The `scriptPubKey` that the sender wants to be paid to: a segwit one, or `OP_RETURN` with simple closing.
        scriptpubkey: Bytes,
    }
}

message! {
    /// Offers a fee for the closing transaction and signs it.
    ///
    /// BOLT 2, [legacy closing negotiation: `closing_signed`](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#legacy-closing-negotiation-closing_signed).
    ClosingSigned = 39 {
        /// The channel.
        channel_id: ChannelId,
        /// The fee of the closing transaction, in satoshi.
        fee_satoshis: Sat,
        /// The sender's signature for the closing transaction with that fee.
        signature: Signature,
    }
    "closing_signed_tlvs" {
        /// The fees that the sender would agree to.
        1 => fee_range: FeeRange,
    }
}

record! {
    /// The fees for a closing transaction that the sender of a `closing_signed` would agree to.
    FeeRange {
        /// The least fee, in satoshi.
        min_fee_satoshis: Sat,
        /// The greatest fee, in satoshi.
        max_fee_satoshis: Sat,
    }
}
