//! What a direction of a channel costs, as it lies in an edge.

use lnwire::{Msat, bolt7::ChannelUpdate};

use super::{
    policy::{pair, unpair},
    tail::Amounts,
};
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
    /// Two flags, and above them in seven bits each how [long](bits) the least and the greatest amount are: so that who has an
    /// amount seldom has to look at these, which lie elsewhere.
    marks: u16,
}

const _: () = assert!(size_of::<Fees>() == 3 * 4, "no padding");

/// There was an update; nothing else of it means anything without.
const PRESENT: u16 = 1;
const DISABLED: u16 = 2;
const FLAGS: u16 = PRESENT | DISABLED;
const MINIMUM_AT: u32 = 2;
const MAXIMUM_AT: u32 = 9;
const LONGEST: u16 = 127;

impl Fees {
    /// Of a direction whose node has set no terms.
    pub(super) const NONE: Self = Self {
        base_msat: 0,
        proportional_millionths: 0,
        cltv_expiry_delta: 0,
        marks: 0,
    };

    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate, amounts: Amounts) -> Self {
        let disabled = if update.is_disabled() { DISABLED } else { 0 };
        Self {
            base_msat: update.fee_base_msat(),
            proportional_millionths: update.fee_proportional_millionths(),
            cltv_expiry_delta: update.cltv_expiry_delta(),
            marks: PRESENT | disabled | marks_of(amounts),
        }
    }

    /// Returns the fees as two words, of which the last has its upper half free.
    #[inline]
    pub(super) const fn to_words(self) -> [u64; 2] {
        [
            pair([self.base_msat, self.proportional_millionths]),
            self.cltv_expiry_delta as u64 | ((self.marks & FLAGS) as u64) << 16,
        ]
    }

    /// Makes the fees of such words, whatever else is in the last, beside these amounts.
    #[inline]
    pub(super) const fn from_words([fees, rest]: [u64; 2], amounts: Amounts) -> Self {
        let [base_msat, proportional_millionths] = unpair(fees);
        Self {
            base_msat,
            proportional_millionths,
            cltv_expiry_delta: rest as u16,
            marks: (rest >> 16) as u16 & FLAGS | marks_of(amounts),
        }
    }

    /// Returns whether the last of such words has the flags of an update; `None` if it has others.
    #[inline]
    pub(super) const fn are_present_in(last: u64) -> Option<bool> {
        match (last >> 16) as u16 {
            flags if flags <= FLAGS => Some(flags & PRESENT != 0),
            _ => None,
        }
    }

    #[inline]
    pub(super) const fn is_present(&self) -> bool {
        self.marks & PRESENT != 0
    }

    /// Returns whether payments may be sent this way at all.
    #[inline]
    pub(super) const fn is_enabled(&self) -> bool {
        self.marks & FLAGS == PRESENT
    }

    #[inline]
    pub(super) const fn is_disabled(&self) -> bool {
        self.marks & DISABLED != 0
    }

    /// Returns whether this amount is one of those beside these fees; `None` if only they tell.
    #[inline]
    pub(super) const fn admit(&self, amount: Msat) -> Option<bool> {
        let length = bits(amount.as_msat());
        let minimum = self.marks >> MINIMUM_AT & LONGEST;
        let maximum = self.marks >> MAXIMUM_AT;
        if minimum < length && length < maximum {
            Some(true)
        } else if length < minimum || maximum < length {
            Some(false)
        } else {
            None
        }
    }

    /// Returns whether these are the amounts that the marks are of.
    pub(super) const fn are_beside(&self, amounts: Amounts) -> bool {
        self.marks & !FLAGS == marks_of(amounts)
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

#[inline]
const fn marks_of(amounts: Amounts) -> u16 {
    bits(amounts.minimum) << MINIMUM_AT | bits(amounts.maximum) << MAXIMUM_AT
}

/// Returns in how many bits a number is written: 0 to 64.
#[inline]
const fn bits(number: u64) -> u16 {
    (u64::BITS - number.leading_zeros()) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_say_what_amounts_say_or_nothing() {
        let near = |bit: u32| [0, 1, 2].map(|more| (1_u64 << bit).wrapping_sub(1) + more);
        let all: alloc::vec::Vec<_> = [0, u64::MAX]
            .into_iter()
            .chain((0..64).flat_map(near))
            .collect();
        let mut known = 0;
        for (minimum, maximum) in all
            .iter()
            .flat_map(|min| all.iter().map(move |max| (*min, *max)))
        {
            let amounts = Amounts { minimum, maximum };
            let fees = Fees::from_words([7, 5 | 3 << 16], amounts);
            assert_eq!(fees.to_words(), [7, 5 | 3 << 16]);
            assert!(fees.are_beside(amounts) && fees.is_present() && fees.is_disabled());
            for amount in all.iter().map(|amount| Msat(*amount)) {
                let said = fees.admit(amount);
                assert!(said.is_none_or(|said| said == amounts.include(amount)));
                known += usize::from(said.is_some());
            }
        }
        let asked = all.len().pow(3);
        assert!(known > asked * 9 / 10, "{known} of {asked}");
    }
}
