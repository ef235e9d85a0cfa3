//! The terms of a direction as they lie in an edge.

use lnwire::{Msat, bolt7::ChannelUpdate};

use crate::path::cost;

/// What the latest `channel_update` of a direction says, but for its timestamp, of which no payment asks.
///
/// All of it in words of 32 bits, so that two of these and their nodes are one line of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Terms {
    htlc_minimum_msat: [u32; 2],
    htlc_maximum_msat: [u32; 2],
    fee_base_msat: u32,
    fee_proportional_millionths: u32,
    cltv_expiry_delta: u16,
    flags: u8,
    /// Zero; keeps the record free of padding.
    spare: u8,
}

const _: () = assert!(size_of::<Terms>() == 7 * 4, "no padding");

/// There was an update; all other fields mean nothing without.
const PRESENT: u8 = 1;
const DISABLED: u8 = 2;

impl Terms {
    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate) -> Self {
        let disabled = if update.is_disabled() { DISABLED } else { 0 };
        Self {
            htlc_minimum_msat: unpair(update.htlc_minimum_msat().as_msat()),
            htlc_maximum_msat: unpair(update.htlc_maximum_msat().as_msat()),
            fee_base_msat: update.fee_base_msat(),
            fee_proportional_millionths: update.fee_proportional_millionths(),
            cltv_expiry_delta: update.cltv_expiry_delta(),
            flags: PRESENT | disabled,
            spare: 0,
        }
    }

    /// Returns the terms as four words, of which the last has its upper half free. In memory they look the same, if the
    /// processor's lowest byte comes first, so that to make terms of words is to copy them.
    #[inline]
    pub(super) const fn to_words(self) -> [u64; 4] {
        [
            pair(self.htlc_minimum_msat),
            pair(self.htlc_maximum_msat),
            pair([self.fee_base_msat, self.fee_proportional_millionths]),
            self.cltv_expiry_delta as u64 | (self.flags as u64) << 16,
        ]
    }

    /// Makes the terms of such words, whatever is in the upper half of the last.
    #[inline]
    pub(super) const fn from_words([minimum, maximum, fees, rest]: [u64; 4]) -> Self {
        let [fee_base_msat, fee_proportional_millionths] = unpair(fees);
        Self {
            htlc_minimum_msat: unpair(minimum),
            htlc_maximum_msat: unpair(maximum),
            fee_base_msat,
            fee_proportional_millionths,
            cltv_expiry_delta: rest as u16,
            flags: (rest >> 16) as u8,
            spare: (rest >> 24) as u8,
        }
    }

    /// Returns whether these words are those of an update, or all zero.
    #[inline]
    pub(super) const fn are_sound([a, b, c, d]: [u64; 4]) -> bool {
        let flags = (d >> 16) as u16;
        let has_known_flags = flags <= (PRESENT | DISABLED) as u16;
        has_known_flags && (flags as u8 & PRESENT != 0 || a | b | c | d == 0)
    }

    #[inline]
    pub(super) const fn is_present(&self) -> bool {
        self.flags & PRESENT != 0
    }

    /// Returns whether payments may be sent this way at all.
    #[inline]
    pub(super) const fn is_enabled(&self) -> bool {
        self.flags & (PRESENT | DISABLED) == PRESENT
    }

    #[inline]
    pub(super) const fn is_disabled(&self) -> bool {
        self.flags & DISABLED != 0
    }

    #[inline]
    pub(crate) const fn cltv_expiry_delta(&self) -> u16 {
        self.cltv_expiry_delta
    }

    #[inline]
    pub(super) const fn htlc_minimum_msat(&self) -> Msat {
        Msat(pair(self.htlc_minimum_msat))
    }

    #[inline]
    pub(super) const fn htlc_maximum_msat(&self) -> Msat {
        Msat(pair(self.htlc_maximum_msat))
    }

    #[inline]
    pub(super) const fn fee_base_msat(&self) -> u32 {
        self.fee_base_msat
    }

    #[inline]
    pub(super) const fn fee_proportional_millionths(&self) -> u32 {
        self.fee_proportional_millionths
    }

    /// See [`Policy::fee`](super::Policy::fee).
    #[inline]
    pub(crate) fn fee(&self, amount: Msat) -> Option<Msat> {
        cost::fee(amount, self.fee_base_msat, self.fee_proportional_millionths)
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
