//! `dyn_propose` (111) to `dyn_commit` (117) and `kickoff_sig` (777): other terms for a channel in use.

use bytes::BufMut;

use super::PublicNonce;
use crate::{
    big_size::BigSize,
    error::DecodeError,
    features::{Features, put_u16_prefixed},
    field::{Field, made_of_part},
    message_macro::message,
    reader::Reader,
    types::{ChannelId, Msat, Signature},
};

message! {
    /// Proposes other terms for a channel; what has no record stays as it is.
    ///
    /// Proposal [1117](https://github.com/lightning/bolts/pull/1117), as in lnd.
    DynPropose = 111 {
        /// The channel.
        channel_id: ChannelId,
    }
    "dyn_propose_tlvs" {
        /// The sender's dust limit, in satoshi.
        0 => dust_limit_satoshis: BigSize,
        /// The most that the sender lets be in flight towards it.
        2 => max_htlc_value_in_flight_msat: Msat,
        /// The least amount of a payment that the sender takes.
        4 => htlc_minimum_msat: Msat,
        /// What the receiver has to keep as its reserve, in satoshi.
        6 => channel_reserve_satoshis: BigSize,
        /// The delay of the receiver's own outputs, in blocks.
        8 => to_self_delay: u16,
        /// How many payments the sender lets be in flight towards it.
        10 => max_accepted_htlcs: u16,
        /// The channel's type, as feature bits.
        12 => channel_type: Features,
    }
}

message! {
    /// Agrees to a [`DynPropose`].
    ///
    /// Proposal [1117](https://github.com/lightning/bolts/pull/1117), as in lnd.
    DynAck = 113 {
        /// The channel.
        channel_id: ChannelId,
        /// The signature over the terms that were proposed.
        signature: Signature,
    }
    "dyn_ack_tlvs" {
        /// The nonce for the sender's first commitment transaction, if the channel becomes a taproot one.
        14 => local_nonce: PublicNonce,
    }
}

message! {
    /// Declines a [`DynPropose`].
    ///
    /// Proposal [1117](https://github.com/lightning/bolts/pull/1117), as in lnd.
    DynReject = 115 {
        /// The channel.
        channel_id: ChannelId,
        /// Which of the proposed terms are not wanted; none if it is the proposal as a whole.
        update_rejections: RejectedParameters,
    }
}

message! {
    /// Puts the terms of a [`DynPropose`] into force, and repeats them and the signature of the [`DynAck`].
    ///
    /// Proposal [1117](https://github.com/lightning/bolts/pull/1117), as in lnd.
    DynCommit = 117 {
        /// The channel.
        channel_id: ChannelId,
        /// The signature of the [`DynAck`].
        signature: Signature,
    }
    "dyn_commit_tlvs" {
        /// The proposer's dust limit, in satoshi.
        0 => dust_limit_satoshis: BigSize,
        /// The most that the proposer lets be in flight towards it.
        2 => max_htlc_value_in_flight_msat: Msat,
        /// The least amount of a payment that the proposer takes.
        4 => htlc_minimum_msat: Msat,
        /// What the other node has to keep as its reserve, in satoshi.
        6 => channel_reserve_satoshis: BigSize,
        /// The delay of the other node's own outputs, in blocks.
        8 => to_self_delay: u16,
        /// How many payments the proposer lets be in flight towards it.
        10 => max_accepted_htlcs: u16,
        /// The channel's type, as feature bits.
        12 => channel_type: Features,
        /// The nonce of the [`DynAck`].
        14 => local_nonce: PublicNonce,
    }
}

message! {
    /// Signs the transaction that moves a channel's funds to an output of another kind.
    ///
    /// Proposal [1117](https://github.com/lightning/bolts/pull/1117), as in lnd.
    KickoffSig = 777 {
        /// The channel.
        channel_id: ChannelId,
        /// The signature for that transaction.
        signature: Signature,
    }
}

/// Which records of a [`DynPropose`] are not wanted: a vector of bits like [`Features`], with a record's type as
/// the bit's number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RejectedParameters(pub Features);

impl RejectedParameters {
    /// Makes the shortest vector for these types of records.
    #[must_use]
    pub fn new(tlv_types: impl IntoIterator<Item = u32> + Clone) -> Self {
        Self(Features::from_bits(tlv_types))
    }

    /// Returns whether the record of this type is not wanted.
    #[must_use]
    pub fn contains(&self, tlv_type: u32) -> bool {
        self.0.is_set(tlv_type)
    }
}

made_of_part!(RejectedParameters, |bytes| Self(Features::from_bytes(
    bytes
)));

impl Field for RejectedParameters {
    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        reader.u16_prefixed_slice(field)
    }

    fn field_len(&self) -> usize {
        self.0.as_bytes().len().saturating_add(2)
    }

    fn write_field<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(self.0.as_bytes(), out);
    }
}
