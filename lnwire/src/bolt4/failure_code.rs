//! Failure codes: a number and four flags.

use core::fmt;

/// Why a payment failed: a number with flags in its top bits. The named codes are those of BOLT 4; any other
/// number is a code too.
///
/// BOLT 4, [failure messages](https://github.com/lightning/bolts/blob/master/04-onion-routing.md#failure-messages).
///
/// ```
/// use lnwire::bolt4::FailureCode;
/// let code = FailureCode(0x400f);
/// assert_eq!(code, FailureCode::INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS);
/// assert!(code.is_permanent() && !code.is_node());
/// assert_eq!(code.to_string(), "incorrect_or_unknown_payment_details");
/// assert_eq!(FailureCode(0x4010).to_string(), "failure 0x4010");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FailureCode(pub u16);

impl FailureCode {
    /// The flag of failures to make sense of the onion, which the node *before* reports: its bytes were not
    /// an onion for the one that failed.
    pub const BADONION: u16 = 0x8000;
    /// The flag of permanent failures; without it the failure is passing.
    pub const PERM: u16 = 0x4000;
    /// The flag of failures of the node; without it the failure is one of a channel.
    pub const NODE: u16 = 0x2000;
    /// The flag of payments that do not suit the terms of a channel, which the failure may bring along.
    pub const UPDATE: u16 = 0x1000;

    /// Returns whether the flag [`BADONION`](Self::BADONION) is set.
    #[must_use]
    pub const fn is_bad_onion(self) -> bool {
        self.0 & Self::BADONION != 0
    }

    /// Returns whether the flag [`PERM`](Self::PERM) is set.
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        self.0 & Self::PERM != 0
    }

    /// Returns whether the flag [`NODE`](Self::NODE) is set.
    #[must_use]
    pub const fn is_node(self) -> bool {
        self.0 & Self::NODE != 0
    }

    /// Returns whether the flag [`UPDATE`](Self::UPDATE) is set.
    #[must_use]
    pub const fn is_update(self) -> bool {
        self.0 & Self::UPDATE != 0
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "failure {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FailureCode({self})")
    }
}
