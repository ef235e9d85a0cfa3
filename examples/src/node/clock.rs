//! The one place that reads clocks.

use std::{
    ops::RangeInclusive,
    time::{SystemTime, UNIX_EPOCH},
};

use lnwire::{Instant, Timestamp};

/// The node's clocks: a monotonic one for waiting, and the time of day for judging gossip by its age.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: tokio::time::Instant,
    fixed_wall_clock: Option<Timestamp>,
}

impl Clock {
    /// Starts now. A `fixed_wall_clock` stands still, for replaying old gossip.
    #[must_use]
    pub fn new(fixed_wall_clock: Option<Timestamp>) -> Self {
        Self {
            epoch: tokio::time::Instant::now(),
            fixed_wall_clock,
        }
    }

    /// Returns the time since the clock was made.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_epoch(self.epoch.elapsed())
    }

    /// Waits until `deadline`, or for ever if there is none.
    pub async fn sleep_until(self, deadline: Option<Instant>) {
        let at = deadline.and_then(|at| self.epoch.checked_add(at.since_epoch()));
        match at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Returns the timestamps of gossip worth having: two weeks ago at the earliest, as BOLT 7 has it, and as far ahead.
    #[must_use]
    pub fn fresh_gossip(&self) -> RangeInclusive<Timestamp> {
        const TWO_WEEKS: u32 = 14 * 24 * 60 * 60;
        let now = self.wall_clock().as_secs();
        Timestamp(now.saturating_sub(TWO_WEEKS))..=Timestamp(now.saturating_add(TWO_WEEKS))
    }

    /// Returns the time of day.
    #[must_use]
    pub fn wall_clock(&self) -> Timestamp {
        self.fixed_wall_clock.unwrap_or_else(|| {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
            let seconds = since_1970.map_or(0, |d| d.as_secs());
            Timestamp(u32::try_from(seconds).unwrap_or(u32::MAX))
        })
    }
}
