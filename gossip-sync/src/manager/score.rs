//! What a peer was good for so far.

use core::time::Duration;

use lnwire::Instant;

/// The past counts half as much after a day.
const HALF_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Counts are kept in 256ths.
const UNIT: u64 = 256;
/// The rest after the first failure; it doubles with each.
const FIRST_REST: Duration = Duration::from_secs(10);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// What a peer delivered and how often it failed, both fading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    /// As of when the counts are.
    at: Instant,
    delivered: u64,
    failures: u64,
    /// Not to be asked before.
    pub(super) rests_until: Instant,
}

impl Score {
    pub(super) fn delivered(&mut self, now: Instant, messages: u32) {
        self.fade(now);
        self.delivered = self.delivered.saturating_add(u64::from(messages) * UNIT);
    }

    /// Takes note of a failure: the peer rests, the longer the more often it failed.
    pub(super) fn failed(&mut self, now: Instant) {
        self.offended(now);
        let doublings = u32::try_from(self.failures / UNIT).unwrap_or(u32::MAX);
        let rest = FIRST_REST * 2_u32.pow(doublings.saturating_sub(1).min(6));
        self.rests_until = self.rests_until.max(now + rest.min(LONGEST_REST));
    }

    /// Takes note of a breach of the protocol.
    pub(super) fn offended(&mut self, now: Instant) {
        self.fade(now);
        self.failures = self.failures.saturating_add(UNIT);
    }

    /// Rests without having failed.
    pub(super) fn rest(&mut self, now: Instant) {
        self.rests_until = self.rests_until.max(now + FIRST_REST);
    }

    pub(super) fn rests(&self, now: Instant) -> bool {
        now < self.rests_until
    }

    /// How likely the peer is to be chosen: 16 for one nobody knows, more the more it delivered, by orders of magnitude lest
    /// the first one be the only one for ever; half for each failure.
    pub(super) fn weight(mut self, now: Instant) -> u64 {
        self.fade(now);
        let orders = (self.delivered / UNIT + 1).ilog2();
        let failures = u32::try_from(self.failures / UNIT).unwrap_or(u32::MAX);
        (16 * u64::from(1 + orders)) >> failures.min(63)
    }

    /// How much would be forgotten with it.
    pub(super) const fn worth(&self) -> u64 {
        self.delivered.saturating_add(self.failures)
    }

    fn fade(&mut self, now: Instant) {
        let age = now.saturating_since(self.at);
        self.at = self.at.max(now);
        self.delivered = faded(self.delivered, age);
        self.failures = faded(self.failures, age);
    }
}

/// Halves for each half-life, and in a straight line between.
fn faded(count: u64, age: Duration) -> u64 {
    let half_lives = age.as_millis() / HALF_LIFE.as_millis();
    let rest = age.as_millis() % HALF_LIFE.as_millis();
    let halvings = u32::try_from(half_lives).unwrap_or(u32::MAX).min(63);
    let halved = u128::from(count >> halvings);
    let whole = 2 * HALF_LIFE.as_millis();
    u64::try_from(halved * (whole - rest) / whole).unwrap_or(u64::MAX)
}
