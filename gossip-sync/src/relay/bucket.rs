//! A bucket of bytes that refills with time.

use core::time::Duration;

use lnwire::Instant;

use super::Rate;

/// What a frame costs beside its message: the sealed length (18 bytes) and the tag (16 bytes) of BOLT 8.
pub const FRAME_OVERHEAD: usize = 18 + 16;

/// A bucket of bytes that refills with time and may go into debt: a message larger than the burst is sent, and
/// then waited for.
///
/// ```
/// use core::time::Duration;
/// use gossip_sync::relay::{Bucket, Rate};
/// use lnwire::Instant;
///
/// let mut bucket = Bucket::new(Rate { bytes_per_second: 100, burst: 200 });
/// bucket.take(Instant::ZERO, 1000);
/// // 800 bytes of debt, at 100 bytes a second.
/// assert_eq!(bucket.open_at(), Instant::from_epoch(Duration::from_secs(8)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    rate: Rate,
    /// When it will be full.
    full_at: Instant,
}

impl Bucket {
    /// Makes a full one.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_at: Instant::ZERO,
        }
    }

    /// Takes bytes out, more than there are if need be.
    pub fn take(&mut self, now: Instant, bytes: usize) {
        self.full_at = self.full_at.max(now) + self.time_for(bytes as u64);
    }

    /// Returns when it holds something again. Until then nothing should be taken.
    #[must_use]
    pub fn open_at(&self) -> Instant {
        let burst = self.time_for(self.rate.burst.into());
        Instant::from_epoch(self.full_at.since_epoch().saturating_sub(burst))
    }

    fn time_for(&self, bytes: u64) -> Duration {
        let rate = u64::from(self.rate.bytes_per_second.max(1));
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / rate)
    }
}
