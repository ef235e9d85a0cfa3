//! Amounts and heights.

use core::fmt;

/// An amount in millisatoshi, a thousandth of a satoshi.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Msat(pub u64);

impl Msat {
    /// Returns the amount of `sat` satoshi, saturating at the largest that fits.
    #[must_use]
    pub const fn from_sat(sat: u64) -> Self {
        Self(sat.saturating_mul(1000))
    }

    /// Returns the amount in millisatoshi.
    #[must_use]
    pub const fn as_msat(self) -> u64 {
        self.0
    }

    /// Returns the sum, or `None` past 2^64 − 1 msat.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

impl fmt::Display for Msat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} msat", self.0)
    }
}

/// The height of a block: how many blocks lie before it in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BlockHeight(pub u32);

impl fmt::Display for BlockHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
