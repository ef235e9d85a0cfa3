//! What a direction of a channel costs, as it lies in an edge.

use lnwire::{Msat, bolt7::ChannelUpdate};

use super::policy::{pair, unpair};
use crate::path::cost;

/// What the latest `channel_update` of a direction asks for, and whether payments may go that way.
///
/// All of it in words of 32 bits, so that two of these and their nodes are half a line of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Fees {
    base_msat: u32,
    proportional_millionths: u32,
    cltv_expiry_delta: u16,
    flags: u8,
    /// Zero; keeps the record free of padding.
    spare: u8,
}

const _: () = assert!(size_of::<Fees>() == 3 * 4, "no padding");

/// There was an update; nothing else of it means anything without.
const PRESENT: u8 = 1;
const DISABLED: u8 = 2;

impl Fees {
    /// Of a direction whose node has set no terms.
    pub(super) const NONE: Self = Self {
        base_msat: 0,
        proportional_millionths: 0,
        cltv_expiry_delta: 0,
        flags: 0,
        spare: 0,
    };

    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate) -> Self {
        let disabled = if update.is_disabled() { DISABLED } else { 0 };
        Self {
            base_msat: update.fee_base_msat(),
            proportional_millionths: update.fee_proportional_millionths(),
            cltv_expiry_delta: update.cltv_expiry_delta(),
            flags: PRESENT | disabled,
            spare: 0,
        }
    }

    /// Returns the fees as two words, of which the last has its upper half free.
    #[inline]
    pub(super) const fn to_words(self) -> [u64; 2] {
        [
            pair([self.base_msat, self.proportional_millionths]),
            self.cltv_expiry_delta as u64 | (self.flags as u64) << 16,
        ]
    }

    /// Makes the fees of such words, whatever is in the upper half of the last.
    #[inline]
    pub(super) const fn from_words([fees, rest]: [u64; 2]) -> Self {
        let [base_msat, proportional_millionths] = unpair(fees);
        Self {
            base_msat,
            proportional_millionths,
            cltv_expiry_delta: rest as u16,
            flags: (rest >> 16) as u8,
            spare: (rest >> 24) as u8,
        }
    }

    /// Returns whether the last of such words has the flags of an update; `None` if it has others.
    #[inline]
    pub(super) const fn are_present_in(last: u64) -> Option<bool> {
        match (last >> 16) as u16 {
            flags if flags <= (PRESENT | DISABLED) as u16 => Some(flags as u8 & PRESENT != 0),
            _ => None,
        }
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
    pub(super) const fn base_msat(&self) -> u32 {
        self.base_msat
    }

    #[inline]
    pub(super) const fn proportional_millionths(&self) -> u32 {
        self.proportional_millionths
    }

    /// See [`Policy::fee`](super::Policy::fee).
    #[inline]
    pub(crate) fn of(&self, amount: Msat) -> Option<Msat> {
        cost::fee(amount, self.base_msat, self.proportional_millionths)
    }
}
