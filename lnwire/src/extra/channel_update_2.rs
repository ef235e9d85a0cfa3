//! `channel_update_2` (271): the terms of one direction of a channel.

use super::{InboundFee, SchnorrSignature, SignedTlv, pure_tlv::pure_tlv};
use crate::types::{BlockHeight, ChainHash, Msat, ShortChannelId};

pure_tlv! {
    /// Fees, limits and delay at which a node forwards payments into one of its channels, signed by its key.
    ///
    /// It *is* the received message, so that relaying it cannot change what was signed.
    ///
    /// Proposal [1059](https://github.com/lightning/bolts/pull/1059).
    ///
    /// ```
    /// use lnwire::{BlockHeight, extra::{SchnorrSignature, SignedTlv, channel_update_2::Contents}};
    /// let mut contents = Contents { block_height: Some(BlockHeight(900_000)), ..Contents::default() };
    /// let signed = contents.message()?.signed();
    /// contents.signature = Some(SchnorrSignature([7; 64]));
    /// let update = contents.message()?;
    /// assert_eq!(update.signed(), signed);
    /// assert_eq!(update.cltv_expiry_delta(), 80);
    /// # Ok::<(), lnwire::DecodeError>(())
    /// ```
    ChannelUpdate2 = 271, "channel_update_2" {
        /// The chain that holds the channel; Bitcoin's main network by default.
        0 => chain_hash: ChainHash = ChainHash::MAINNET,
        /// The channel.
        2 => short_channel_id: ShortChannelId,
        /// Takes the place of a timestamp: an update with a greater height replaces this one.
        4 => block_height: BlockHeight,
        /// Bits that say why the channel cannot be used; 0, the default, says that it can. In lnd 1 means
        /// incoming payments and 2 outgoing ones; in the proposal these are 2 and 4, and 1 means for good.
        6 => disable_flags: u8 = 0,
        /// There if `node_id_2` of the channel sets these terms; else `node_id_1` does.
        8 => second_peer: (),
        /// The number of blocks that the node adds to the expiry of what it forwards; 80 by default.
        10 => cltv_expiry_delta: u16 = 80,
        /// The least amount forwarded; 1 msat by default.
        12 => htlc_minimum_msat: Msat = Msat(1),
        /// The greatest amount forwarded; the proposal's default is half of the channel's capacity, lnd
        /// demands the record.
        14 => htlc_maximum_msat: Msat,
        /// The part of the fee that does not depend on the amount, in msat; 1000 by default.
        16 => fee_base_msat: u32 = 1000,
        /// The part of the fee that does, in millionths of the amount; 1 by default.
        18 => fee_proportional_millionths: u32 = 1,
        /// The signature over the signed ranges by the node that sets these terms.
        160 => signature: SchnorrSignature,
        /// What is added for payments that come in through this channel, a dialect of lnd. No range of
        /// signed types covers this record.
        55555 => inbound_fee: InboundFee,
    }
}

impl ChannelUpdate2 {
    /// Returns 0 if `node_id_1` of the channel sets these terms, for payments from it to `node_id_2`; 1 if
    /// it is the other way round.
    #[must_use]
    pub fn direction(&self) -> u8 {
        u8::from(self.second_peer().is_some())
    }

    /// Returns whether any of the [`disable_flags`](Self::disable_flags) is set.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.disable_flags() != 0
    }
}

impl SignedTlv for ChannelUpdate2 {}
