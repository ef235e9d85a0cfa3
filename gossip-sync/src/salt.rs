//! Hashes that a peer cannot foresee.

use core::hash::{BuildHasher, Hasher};

use ahash::RandomState;

/// Makes hashes that depend on a seed, which peers must not know: else they could make messages that meet.
#[derive(Clone, Debug)]
pub(crate) struct Salt(RandomState);

impl Salt {
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = seed;
        // Four words that depend on all of the seed (splitmix64, by Sebastiano Vigna).
        let mut word = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self(RandomState::with_seeds(word(), word(), word(), word()))
    }

    pub(crate) fn of_bytes(&self, bytes: &[u8]) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(bytes);
        hasher.finish()
    }
}

/// For the hash tables of the crate.
impl BuildHasher for Salt {
    type Hasher = <RandomState as BuildHasher>::Hasher;

    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}
