//! The terms at which a node forwards into one of its channels.

use lnwire::{Msat, Timestamp, bolt7::ChannelUpdate};

use crate::path::cost;

/// The terms of one direction of a channel: the latest `channel_update` of the node that sets them.
///
/// BOLT 7, [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Policy {
    htlc_minimum_msat: u64,
    htlc_maximum_msat: u64,
    fee_base_msat: u32,
    fee_proportional_millionths: u32,
    timestamp: u32,
    cltv_expiry_delta: u16,
    flags: u8,
    /// Zero; keeps the record free of padding.
    spare: u8,
}

/// There was an update; all other fields mean nothing without.
const PRESENT: u8 = 1;
const DISABLED: u8 = 2;

impl Policy {
    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate) -> Self {
        let disabled = if update.is_disabled() { DISABLED } else { 0 };
        Self {
            htlc_minimum_msat: update.htlc_minimum_msat().as_msat(),
            htlc_maximum_msat: update.htlc_maximum_msat().as_msat(),
            fee_base_msat: update.fee_base_msat(),
            fee_proportional_millionths: update.fee_proportional_millionths(),
            timestamp: update.timestamp().as_secs(),
            cltv_expiry_delta: update.cltv_expiry_delta(),
            flags: PRESENT | disabled,
            spare: 0,
        }
    }

    /// Returns the terms as four words, which [`from_words`](Self::from_words) takes.
    pub(crate) const fn to_words(self) -> [u64; 4] {
        [
            self.htlc_minimum_msat,
            self.htlc_maximum_msat,
            (self.fee_base_msat as u64) << 32 | self.fee_proportional_millionths as u64,
            (self.timestamp as u64) << 32
                | (self.cltv_expiry_delta as u64) << 16
                | self.flags as u64,
        ]
    }

    pub(crate) const fn from_words(words: [u64; 4]) -> Self {
        Self {
            htlc_minimum_msat: words[0],
            htlc_maximum_msat: words[1],
            fee_base_msat: (words[2] >> 32) as u32,
            fee_proportional_millionths: words[2] as u32,
            timestamp: (words[3] >> 32) as u32,
            cltv_expiry_delta: (words[3] >> 16) as u16,
            flags: words[3] as u8,
            spare: 0,
        }
    }

    /// As [`from_words`](Self::from_words); `None` if no update, nor that there was none, can have given these terms.
    pub(super) const fn from_sound_words(words: [u64; 4]) -> Option<Self> {
        let [a, b, c, d] = words;
        let policy = Self::from_words(words);
        let is_empty = a | b | c | d == 0;
        let has_known_flags = d as u16 <= (PRESENT | DISABLED) as u16;
        if has_known_flags && (policy.is_present() || is_empty) {
            Some(policy)
        } else {
            None
        }
    }

    pub(crate) const fn is_present(&self) -> bool {
        self.flags & PRESENT != 0
    }

    /// Returns whether payments may be sent this way at all.
    #[inline]
    pub(crate) const fn is_enabled(&self) -> bool {
        self.flags & (PRESENT | DISABLED) == PRESENT
    }

    /// Returns when the node claims to have set these terms.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        Timestamp(self.timestamp)
    }

    /// Returns whether the channel cannot be used in this direction for now.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.flags & DISABLED != 0
    }

    /// Returns the number of blocks that the node adds to the expiry of what it forwards.
    #[must_use]
    pub const fn cltv_expiry_delta(&self) -> u16 {
        self.cltv_expiry_delta
    }

    /// Returns the least amount forwarded.
    #[must_use]
    pub const fn htlc_minimum_msat(&self) -> Msat {
        Msat(self.htlc_minimum_msat)
    }

    /// Returns the greatest amount forwarded.
    #[must_use]
    pub const fn htlc_maximum_msat(&self) -> Msat {
        Msat(self.htlc_maximum_msat)
    }

    /// Returns the part of the fee that does not depend on the amount, in msat.
    #[must_use]
    pub const fn fee_base_msat(&self) -> u32 {
        self.fee_base_msat
    }

    /// Returns the part of the fee that does, in millionths of the amount.
    #[must_use]
    pub const fn fee_proportional_millionths(&self) -> u32 {
        self.fee_proportional_millionths
    }

    /// Returns what the node earns when it forwards `amount`, rounded down to whole msat; `None` past
    /// 2^64 − 1 msat.
    ///
    /// BOLT 7, [HTLC fees](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#htlc-fees).
    #[must_use]
    #[inline]
    pub fn fee(&self, amount: Msat) -> Option<Msat> {
        cost::fee(amount, self.fee_base_msat, self.fee_proportional_millionths)
    }
}
