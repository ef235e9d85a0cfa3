//! What may go through a channel at once.

use lnwire::{Msat, bolt7::ChannelUpdate};

use crate::{memory::Plain, prefetch::prefetch};

/// The amounts that each side of a channel forwards: what a search reads of those ways only that are worth it, and a scan
/// not at all.
///
/// Half a line of the cache, and never parts of two. Nothing here means anything on a side without terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub(crate) struct Limits {
    sides: [Amounts; 2],
}

/// The amounts that one side forwards, in msat: of a `channel_update`, those between `htlc_minimum_msat` and
/// `htlc_maximum_msat`, and both of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Amounts {
    pub(super) minimum: u64,
    pub(super) maximum: u64,
}

const _: () = assert!(size_of::<Limits>() == 4 * 8, "no padding");

impl Plain for Limits {}

impl Limits {
    pub(super) const NONE: Self = Self::new([Amounts::NONE; 2]);

    #[inline]
    pub(super) const fn new(sides: [Amounts; 2]) -> Self {
        Self { sides }
    }

    #[inline]
    pub(super) const fn set(&mut self, side: usize, amounts: Amounts) {
        self.sides[side % 2] = amounts;
    }

    #[inline]
    pub(super) const fn at(&self, side: usize) -> Amounts {
        self.sides[side % 2]
    }

    #[inline(always)]
    pub(super) fn prefetch(&self) {
        prefetch(self);
    }
}

impl Amounts {
    pub(super) const NONE: Self = Self {
        minimum: 0,
        maximum: 0,
    };

    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate) -> Self {
        Self {
            minimum: update.htlc_minimum_msat().as_msat(),
            maximum: update.htlc_maximum_msat().as_msat(),
        }
    }

    /// Returns whether this is one of them.
    #[inline]
    pub(super) fn include(self, amount: Msat) -> bool {
        (self.minimum..=self.maximum).contains(&amount.as_msat())
    }
}
