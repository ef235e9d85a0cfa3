//! Instants as whole milliseconds.

use core::time::Duration;

use lnwire::Instant;

/// Returns the whole milliseconds since the epoch, as many as fit.
#[inline]
pub(crate) const fn to_millis(at: Instant) -> u64 {
    let since = at.since_epoch();
    since
        .as_secs()
        .saturating_mul(1000)
        .saturating_add(since.subsec_millis() as u64)
}

pub(crate) const fn from_millis(millis: u64) -> Instant {
    Instant::from_epoch(Duration::from_millis(millis))
}
