//! Harmless choices: whom to ask, and when.

use core::time::Duration;

/// A small generator (SplitMix64): the same seed makes the same choices.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, 0 if that is 0.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        match self.next().checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }

    /// `interval`, up to a tenth shorter or longer.
    pub(super) fn spread(&mut self, interval: Duration) -> Duration {
        let tenth = interval / 10;
        let permille = u32::try_from(self.below(2001)).unwrap_or(0);
        interval - tenth + tenth * permille / 1000
    }

    /// Picks an index with a chance in proportion to its weight, any if all weigh nothing; `None` if there is none.
    pub(super) fn pick(&mut self, weights: &[u64]) -> Option<usize> {
        let total: u64 = weights.iter().sum();
        if total == 0 {
            let len = u64::try_from(weights.len()).unwrap_or(u64::MAX);
            let at = usize::try_from(self.below(len)).unwrap_or(0);
            return (!weights.is_empty()).then_some(at);
        }
        let mut at = self.below(total);
        weights.iter().position(|weight| {
            let is_it = at < *weight;
            at = at.saturating_sub(*weight);
            is_it
        })
    }
}
