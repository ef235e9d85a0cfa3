//! How long to wait before the next try, with jitter.
//!
//! The base is `min·2ⁿ`, at most `max`. What is waited is a random time between half the base and the base, so
//! that many peers that failed together do not come back together, and `max` is never exceeded.

use core::time::Duration;

use super::config::WorkerConfig;
use crate::random::Random;

#[derive(Clone, Debug)]
pub(super) struct Backoff {
    /// The base of the next wait. Invariant: between the bounds of the configuration.
    base: Duration,
    random: Random,
}

impl Backoff {
    pub(super) fn new(config: &WorkerConfig, seed: u64) -> Self {
        Self {
            base: within(config, Duration::ZERO),
            random: Random::new(seed),
        }
    }

    /// Draws the next wait, and doubles the base for the one after.
    pub(super) fn next(&mut self, config: &WorkerConfig) -> Duration {
        let wait = self.again();
        self.base = within(config, self.base.saturating_mul(2));
        wait
    }

    /// Draws a wait and leaves the base as it is: the peer is not to blame.
    pub(super) fn again(&mut self) -> Duration {
        let half = self.base / 2;
        half + self.random.up_to(self.base - half)
    }

    /// A session has been up for so long: halves the base for each stable time in it.
    pub(super) fn stable(&mut self, config: &WorkerConfig, up: Duration) {
        let times = up
            .as_nanos()
            .checked_div(config.stable_time.as_nanos())
            .unwrap_or(u128::MAX);
        for _ in 0..times.min(64) {
            self.base = within(config, self.base / 2);
        }
    }

    /// The peer is there and does not want us: a minute at least, if the longest wait is no shorter.
    pub(super) fn unwelcome(&mut self, config: &WorkerConfig) {
        self.base = within(config, self.base.max(UNWELCOME));
    }

    /// Draws a time of at most `limit`, whatever the base.
    pub(super) fn jitter(&mut self, limit: Duration) -> Duration {
        self.random.up_to(limit)
    }

    /// Returns the base of the next wait.
    pub(super) const fn base(&self) -> Duration {
        self.base
    }

    /// Goes on where another worker left off.
    pub(super) fn set_base(&mut self, config: &WorkerConfig, base: Duration) {
        self.base = within(config, base);
    }

    /// Trying soon is of no use: goes to the longest wait.
    pub(super) const fn exhaust(&mut self, config: &WorkerConfig) {
        self.base = config.max_backoff;
    }
}

/// Brings a base between its bounds; the upper one wins.
fn within(config: &WorkerConfig, base: Duration) -> Duration {
    base.max(config.min_backoff).min(config.max_backoff)
}

/// How long a peer that closes before its `init` is left alone, at least: it is full, restarting, or has banned us.
const UNWELCOME: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_stay_between_half_the_base_and_the_base(seed: u64, stable in 0_u64..100_000) {
            let config = WorkerConfig::default();
            let mut backoff = Backoff::new(&config, seed);
            for n in 0..20 {
                let base = Duration::from_secs((1 << n).min(3600));
                let wait = backoff.next(&config);
                prop_assert!(base / 2 <= wait && wait <= base, "{:?} of {:?}", wait, base);
            }
            backoff.stable(&config, Duration::from_secs(stable));
            let base = (Duration::from_secs(3600) / (1 << (stable / 600).min(20))).max(Duration::from_secs(1));
            let wait = backoff.again();
            prop_assert!(base / 2 <= wait && wait <= base, "{:?} of {:?}", wait, base);
        }
    }

    #[test]
    fn seeds_differ() {
        let config = WorkerConfig::default();
        let wait = |seed| Backoff::new(&config, seed).next(&config);
        assert_ne!(wait(1), wait(2));
        assert_eq!(wait(1), wait(1));
    }

    #[test]
    fn odd_configurations_do_no_harm() {
        let config = WorkerConfig {
            min_backoff: Duration::from_secs(9),
            max_backoff: Duration::ZERO,
            stable_time: Duration::ZERO,
            ..WorkerConfig::default()
        };
        let mut backoff = Backoff::new(&config, 0);
        backoff.stable(&config, Duration::ZERO);
        assert_eq!(backoff.next(&config), Duration::ZERO);
        let config = WorkerConfig {
            max_backoff: Duration::MAX,
            ..config
        };
        let mut backoff = Backoff::new(&config, 0);
        backoff.exhaust(&config);
        let _ = (backoff.next(&config), backoff.next(&config));
    }
}
