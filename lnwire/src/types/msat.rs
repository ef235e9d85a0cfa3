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

/// An amount in satoshi.
///
/// ```
/// use lnwire::{Msat, Sat};
/// assert_eq!(Sat(3).to_msat(), Some(Msat(3000)));
/// assert_eq!(Sat(3).to_string(), "3 sat");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sat(pub u64);

impl Sat {
    /// Every satoshi that there will ever be: 21 million bitcoin. The wire can carry more, which is then no amount.
    pub const MAX_MONEY: Self = Self(2_100_000_000_000_000);

    /// Returns the amount in satoshi.
    #[must_use]
    pub const fn as_sat(self) -> u64 {
        self.0
    }

    /// Returns the amount in millisatoshi, or `None` past 2^64 − 1 msat.
    #[must_use]
    pub const fn to_msat(self) -> Option<Msat> {
        match self.0.checked_mul(1000) {
            Some(msat) => Some(Msat(msat)),
            None => None,
        }
    }

    /// Returns the sum, or `None` past 2^64 − 1 sat.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

impl fmt::Display for Sat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sat", self.0)
    }
}

/// A fee rate of a transaction in satoshi per 1000 units of weight, a quarter of satoshi per 1000 vbytes.
///
/// BOLT 3, [fee calculation](https://github.com/lightning/bolts/blob/master/03-transactions.md#fee-calculation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeeratePerKw(pub u32);

impl FeeratePerKw {
    /// Returns the rate in satoshi per 1000 units of weight.
    #[must_use]
    pub const fn as_sat_per_kw(self) -> u32 {
        self.0
    }
}

impl fmt::Display for FeeratePerKw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sat/kw", self.0)
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
