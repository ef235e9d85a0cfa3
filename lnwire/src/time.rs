//! The two kinds of time, and why they never mix.
//!
//! [`Instant`] is for waiting: it only goes forward and its zero means nothing outside the process.
//! [`Timestamp`] is what gossip messages carry: seconds since 1970, set by whoever signed the message.
//! Nothing in these crates reads a clock, so both come from the embedder.

use core::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// A moment on a clock that never goes backward, as the time since an epoch that the embedder picks.
///
/// ```
/// use core::time::Duration;
/// use lnwire::Instant;
///
/// let start = Instant::ZERO;
/// let deadline = start + Duration::from_secs(30);
/// assert!(start < deadline);
/// assert_eq!(deadline - start, Duration::from_secs(30));
/// // Time that a clock lost is no time at all.
/// assert_eq!(start - deadline, Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(Duration);

impl Instant {
    /// The embedder's epoch itself.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// Makes the instant that lies `since_epoch` after the embedder's epoch.
    #[must_use]
    pub const fn from_epoch(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// Returns the time since the embedder's epoch.
    #[must_use]
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// Returns the time from `earlier` to `self`, zero if `earlier` is the later one.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    /// Saturates at the end of time.
    fn add(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(delay))
    }
}

impl Sub for Instant {
    type Output = Duration;
    /// Zero if `earlier` is the later one.
    fn sub(self, earlier: Self) -> Duration {
        self.saturating_since(earlier)
    }
}

/// Seconds since 1970-01-01 UTC, as gossip messages carry them: a claim of their signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timestamp(pub u32);

impl Timestamp {
    /// Returns the seconds since 1970.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
