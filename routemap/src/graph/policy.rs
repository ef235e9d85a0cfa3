//! The terms at which a node forwards into one of its channels.

use lnwire::{Msat, Timestamp, bolt7::ChannelUpdate};

use super::{fees::Fees, tail::Amounts};

/// The terms of one direction of a channel: the latest `channel_update` of the node that sets them.
///
/// BOLT 7, [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub(super) timestamp: Timestamp,
    pub(super) fees: Fees,
    pub(super) amounts: Amounts,
}

impl Policy {
    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate) -> Self {
        Self {
            timestamp: update.timestamp(),
            fees: Fees::from_update(update),
            amounts: Amounts::from_update(update),
        }
    }

    /// Returns the terms as four words, which [`from_words`](Self::from_words) takes.
    #[inline]
    pub(crate) const fn to_words(self) -> [u64; 4] {
        let [fees, rest] = self.fees.to_words();
        let timestamp = (self.timestamp.0 as u64) << 32;
        [
            self.amounts.minimum,
            self.amounts.maximum,
            fees,
            rest | timestamp,
        ]
    }

    #[inline]
    pub(crate) const fn from_words([minimum, maximum, fees, rest]: [u64; 4]) -> Self {
        Self {
            timestamp: Timestamp((rest >> 32) as u32),
            fees: Fees::from_words([fees, rest]),
            amounts: Amounts { minimum, maximum },
        }
    }

    /// Returns whether these words are those of an update, or all zero.
    #[inline]
    pub(super) const fn are_sound([a, b, c, d]: [u64; 4]) -> bool {
        match Fees::are_present_in(d) {
            Some(are_present) => are_present || a | b | c | d == 0,
            None => false,
        }
    }

    /// Returns when the node claims to have set these terms.
    #[must_use]
    #[inline]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Returns whether the channel cannot be used in this direction for now.
    #[must_use]
    #[inline]
    pub const fn is_disabled(&self) -> bool {
        self.fees.is_disabled()
    }

    /// Returns the number of blocks that the node adds to the expiry of what it forwards.
    #[must_use]
    #[inline]
    pub const fn cltv_expiry_delta(&self) -> u16 {
        self.fees.cltv_expiry_delta()
    }

    /// Returns the least amount forwarded.
    #[must_use]
    #[inline]
    pub const fn htlc_minimum_msat(&self) -> Msat {
        Msat(self.amounts.minimum)
    }

    /// Returns the greatest amount forwarded.
    #[must_use]
    #[inline]
    pub const fn htlc_maximum_msat(&self) -> Msat {
        Msat(self.amounts.maximum)
    }

    /// Returns the part of the fee that does not depend on the amount, in msat.
    #[must_use]
    #[inline]
    pub const fn fee_base_msat(&self) -> u32 {
        self.fees.base_msat()
    }

    /// Returns the part of the fee that does, in millionths of the amount.
    #[must_use]
    #[inline]
    pub const fn fee_proportional_millionths(&self) -> u32 {
        self.fees.proportional_millionths()
    }

    /// Returns what the node earns when it forwards `amount`, rounded down to whole msat; `None` past
    /// 2^64 − 1 msat.
    ///
    /// BOLT 7, [HTLC fees](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#htlc-fees).
    #[must_use]
    #[inline]
    pub fn fee(&self, amount: Msat) -> Option<Msat> {
        self.fees.of(amount)
    }
}

/// Puts two numbers into a word, the first into the lower half.
#[inline]
pub(super) const fn pair([low, high]: [u32; 2]) -> u64 {
    (high as u64) << 32 | low as u64
}

#[inline]
pub(super) const fn unpair(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}
