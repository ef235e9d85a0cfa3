//! How fast a channel's updates are taken.

use alloc::collections::BTreeMap;
use core::time::Duration;

use lnwire::{Instant, ShortChannelId};

/// A bucket for each direction of a channel. A full one has no entry, so there are at most twice as many
/// entries as directions with an update in the last `burst` × `interval`, and 1024.
#[derive(Debug)]
pub(super) struct Limiter {
    /// When the bucket will be full again.
    full_at: BTreeMap<(ShortChannelId, u8), Instant>,
    interval: Duration,
    /// Without the last one.
    burst: Duration,
    /// How many entries there are when full ones are looked for next.
    sweep_at: usize,
}

const SWEEP_AT: usize = 1024;

impl Limiter {
    pub(super) fn new(burst: u32, interval: Duration) -> Self {
        Self {
            full_at: BTreeMap::new(),
            interval,
            burst: interval.saturating_mul(burst.saturating_sub(1)),
            sweep_at: SWEEP_AT,
        }
    }

    /// Takes a token, or returns when there will be one.
    pub(super) fn take(&mut self, now: Instant, side: (ShortChannelId, u8)) -> Result<(), Instant> {
        let full_at = self.full_at.get(&side).copied().unwrap_or(now).max(now);
        if full_at - now > self.burst {
            let at = full_at.since_epoch().saturating_sub(self.burst);
            return Err(Instant::from_epoch(at));
        }
        self.full_at.insert(side, full_at + self.interval);
        if self.full_at.len() > self.sweep_at {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.sweep_at = SWEEP_AT.max(2 * self.full_at.len());
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.full_at.len()
    }
}
