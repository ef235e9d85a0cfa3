//! The terms at which a node forwards into one of its channels.

use lnwire::{Msat, Timestamp};

use super::terms::Terms;

/// The terms of one direction of a channel: the latest `channel_update` of the node that sets them.
///
/// BOLT 7, [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    timestamp: Timestamp,
    terms: Terms,
}

impl Policy {
    #[inline]
    pub(super) const fn new(timestamp: Timestamp, terms: Terms) -> Self {
        Self { timestamp, terms }
    }

    /// Returns the terms as four words, which [`from_words`](Self::from_words) takes.
    #[inline]
    pub(crate) const fn to_words(self) -> [u64; 4] {
        let [a, b, c, d] = self.terms.to_words();
        [a, b, c, d | (self.timestamp.0 as u64) << 32]
    }

    #[inline]
    pub(crate) const fn from_words(words: [u64; 4]) -> Self {
        let timestamp = Timestamp((words[3] >> 32) as u32);
        Self::new(timestamp, Terms::from_words(words))
    }

    /// Returns when the node claims to have set these terms.
    #[must_use]
    #[inline]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Returns what an edge has of it.
    #[inline]
    pub(super) const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Returns whether the channel cannot be used in this direction for now.
    #[must_use]
    #[inline]
    pub const fn is_disabled(&self) -> bool {
        self.terms.is_disabled()
    }

    /// Returns the number of blocks that the node adds to the expiry of what it forwards.
    #[must_use]
    #[inline]
    pub const fn cltv_expiry_delta(&self) -> u16 {
        self.terms.cltv_expiry_delta()
    }

    /// Returns the least amount forwarded.
    #[must_use]
    #[inline]
    pub const fn htlc_minimum_msat(&self) -> Msat {
        self.terms.htlc_minimum_msat()
    }

    /// Returns the greatest amount forwarded.
    #[must_use]
    #[inline]
    pub const fn htlc_maximum_msat(&self) -> Msat {
        self.terms.htlc_maximum_msat()
    }

    /// Returns the part of the fee that does not depend on the amount, in msat.
    #[must_use]
    #[inline]
    pub const fn fee_base_msat(&self) -> u32 {
        self.terms.fee_base_msat()
    }

    /// Returns the part of the fee that does, in millionths of the amount.
    #[must_use]
    #[inline]
    pub const fn fee_proportional_millionths(&self) -> u32 {
        self.terms.fee_proportional_millionths()
    }

    /// Returns what the node earns when it forwards `amount`, rounded down to whole msat; `None` past
    /// 2^64 − 1 msat.
    ///
    /// BOLT 7, [HTLC fees](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#htlc-fees).
    #[must_use]
    #[inline]
    pub fn fee(&self, amount: Msat) -> Option<Msat> {
        self.terms.fee(amount)
    }
}
