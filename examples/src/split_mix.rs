//! A small generator for choices that need no secrecy: the same numbers on every machine.

/// SplitMix64: one 64-bit state, one multiply chain per number.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Returns a number in `0..bound`; 0 for a `bound` of 0.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }

    /// Returns an index into a list of `len` elements.
    pub(crate) const fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Returns whether something of this probability in thousandths happens.
    pub(crate) const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// Returns an element of a table of (element, weight) pairs, whose weights sum to 1000.
    pub(crate) fn pick<T: Copy>(&mut self, table: &[(T, u64)]) -> T {
        let mut rest = self.below(1000);
        for &(element, weight) in table {
            if rest < weight {
                return element;
            }
            rest -= weight;
        }
        table.last().expect("a table has elements").0
    }
}

/// Spreads the bits of `value` evenly: neighbours give unrelated numbers.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// 2^64 divided by the golden ratio, the step that the generator's author chose.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
