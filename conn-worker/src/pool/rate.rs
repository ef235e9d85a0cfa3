//! So many at once, and so many a second after that.

use core::time::Duration;

use lnwire::Instant;

#[derive(Clone, Debug)]
pub(super) struct Rate {
    /// How long one takes to come back.
    interval: Duration,
    burst: u32,
    /// When the bucket will be full again. Each that is taken moves it by an interval.
    full_at: Instant,
}

impl Rate {
    pub(super) fn new(per_second: u32, burst: usize) -> Self {
        Self {
            interval: Duration::from_secs(1) / per_second.max(1),
            burst: u32::try_from(burst).unwrap_or(u32::MAX).max(1),
            full_at: Instant::ZERO,
        }
    }

    /// When the next may be taken.
    pub(super) fn next(&self) -> Instant {
        let ahead = self.interval * (self.burst - 1);
        let since = self.full_at.since_epoch().saturating_sub(ahead);
        Instant::from_epoch(since)
    }

    /// Returns whether it is as if none had been taken.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    /// Takes one, if one is there.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let is_there = self.next() <= now;
        if is_there {
            self.full_at = self.full_at.max(now) + self.interval;
        }
        is_there
    }
}
