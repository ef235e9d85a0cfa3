//! `channel_reestablish` (136): what of a channel got lost with the connection.

use crate::{
    message_macro::message,
    record_macro::record,
    types::{ChannelId, PerCommitmentSecret, Point, Txid},
};

message! {
    /// Says where the sender stands, so that both sides can send again what the other did not get.
    ///
    /// BOLT 2, [message retransmission](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#message-retransmission).
    ChannelReestablish = 136 {
        /// The channel.
        channel_id: ChannelId,
        /// The number of the commitment that the sender expects in the next `commitment_signed`: 1 to 2^48 − 1.
        next_commitment_number: u64,
        /// The number of the commitment that the sender expects to be revoked by the next `revoke_and_ack`: 0 to
        /// 2^48 − 1.
        next_revocation_number: u64,
        /// The last secret that the sender got: proves its state. [`PerCommitmentSecret::ZERO`] if there was none yet.
        your_last_per_commitment_secret: PerCommitmentSecret,
        /// A valid point; that of the sender's commitment transaction in older versions of BOLT 2.
        my_current_per_commitment_point: Point,
    }
    "channel_reestablish_tlvs" {
        /// The transaction built together whose `tx_signatures` the sender waits for.
        1 => next_funding: NextFunding,
        /// The funding transaction that the sender has last called deep enough, if splicing was negotiated.
        5 => my_current_funding_locked: MyCurrentFundingLocked,
    }
}

record! {
    /// A transaction built together that is not fully signed yet.
    NextFunding {
        /// The transaction.
        next_funding_txid: Txid,
        /// Bit 0 asks for the `commitment_signed` of this transaction; kept as received.
        retransmit_flags: u8,
    }
}

impl NextFunding {
    /// The bit of `retransmit_flags` that asks for the `commitment_signed`.
    pub const COMMITMENT_SIGNED: u8 = 1;
}

record! {
    /// The funding transaction that the sender has last called deep enough.
    MyCurrentFundingLocked {
        /// The transaction.
        my_current_funding_locked_txid: Txid,
        /// Bit 0 asks for the `announcement_signatures` of this transaction; kept as received.
        retransmit_flags: u8,
    }
}

impl MyCurrentFundingLocked {
    /// The bit of `retransmit_flags` that asks for the `announcement_signatures`.
    pub const ANNOUNCEMENT_SIGNATURES: u8 = 1;
}
