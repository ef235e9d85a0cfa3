//! A number of bytes that refills as time passes.

use core::time::Duration;

use lnwire::Instant;

/// A token bucket: so many bytes at once, and so many a second after that.
///
/// It is plain data. A peer's outlives its session if it is taken out of one and put into the next, so that to connect
/// anew wins nothing; one for the whole node is the embedder's to ask beside.
///
/// ```
/// use core::time::Duration;
/// use conn_worker::lnwire::Instant;
/// use conn_worker::session::ByteBudget;
///
/// let start = Instant::ZERO;
/// let mut budget = ByteBudget::new(start, 1000, 2000);
/// assert!(budget.take(start, 1500) && !budget.take(start, 1500));
/// assert!(budget.take(start + Duration::from_secs(1), 1500));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteBudget {
    per_second: u32,
    burst: u32,
    /// What is left. Invariant: at most `burst`.
    left: u32,
    /// Until when it has been refilled.
    at: Instant,
}

impl ByteBudget {
    /// Makes a full one: `burst` bytes, refilled with `per_second` bytes a second.
    #[must_use]
    pub const fn new(now: Instant, per_second: u32, burst: u32) -> Self {
        Self {
            per_second,
            burst,
            left: burst,
            at: now,
        }
    }

    /// What lnd grants one peer for onion messages: 512 kbit a second, 256 KiB at once.
    #[must_use]
    pub const fn for_onions(now: Instant) -> Self {
        Self::new(now, 64_000, 256 * 1024)
    }

    /// Takes `bytes` if they are there; returns whether they were.
    pub fn take(&mut self, now: Instant, bytes: usize) -> bool {
        self.refill(now);
        let left = u32::try_from(bytes)
            .ok()
            .and_then(|bytes| self.left.checked_sub(bytes));
        if let Some(left) = left {
            self.left = left;
        }
        left.is_some()
    }

    /// Refills for the time that has passed; what is less than a byte stays to be counted.
    fn refill(&mut self, now: Instant) {
        let passed = (now - self.at).as_nanos();
        let bytes = passed.saturating_mul(self.per_second.into()) / NANOS;
        let Some(spent) = (bytes * NANOS).checked_div(self.per_second.into()) else {
            return;
        };
        self.left = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .saturating_add(self.left)
            .min(self.burst);
        let spent = Duration::from_nanos(u64::try_from(spent).unwrap_or(u64::MAX));
        self.at = self.at + spent;
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is asked for and when: never more than the burst and what the time is worth.
        #[test]
        fn no_window_sees_more_than_its_due(
            per_second in 0_u32..10_000,
            burst in 0_u32..10_000,
            asks in prop::collection::vec((0_u64..3000, 0_usize..3000), 0..100),
        ) {
            let mut budget = ByteBudget::new(Instant::ZERO, per_second, burst);
            let (mut now, mut taken) = (Duration::ZERO, 0);
            for (millis, bytes) in asks {
                now += Duration::from_millis(millis);
                if budget.take(Instant::from_epoch(now), bytes) {
                    taken += bytes as u128;
                }
                let due = u128::from(burst) + now.as_millis() * u128::from(per_second) / 1000;
                prop_assert!(taken <= due);
            }
            // And after a rest it is full.
            if per_second > 0 {
                let later = Instant::from_epoch(now + Duration::from_secs(u64::from(burst) + 1));
                prop_assert!(budget.take(later, burst as usize));
            }
        }
    }
}
