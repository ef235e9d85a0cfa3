//! Keyed hashes of ids.
//!
//! The same key gives the same hash in every process and build, so that an index can be shared. Two rounds
//! of multiply-and-fold under secret keys, as in wyhash: who does not know the keys cannot choose ids that
//! collide.

use lnwire::NodeId;

/// The keys of a graph's hashes.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    keys: [u64; 4],
}

impl Hasher {
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = seed;
        // Words that depend on all of the seed (splitmix64, by Sebastiano Vigna).
        let mut word = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        // Every other one is a factor, and those are odd.
        Self {
            keys: [0, 1, 0, 1].map(|lowest| word() | lowest),
        }
    }

    /// Returns the hash of a number, such as a short channel id.
    #[inline]
    pub(crate) const fn number(&self, number: u64) -> u32 {
        let [a, b, c, d] = self.keys;
        fold(fold(number ^ a, b) ^ c, d) as u32
    }

    /// Returns the hash of a node's id.
    #[inline(always)]
    pub(crate) fn node_id(&self, id: &NodeId) -> u32 {
        let words = id.0[1..].chunks_exact(8);
        let mut words = words.map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
        let mut word = || words.next().unwrap_or_default();
        let [a, b, c, d] = self.keys;
        let parity = u64::from(id.0[0]);
        let first = fold(word() ^ a, word() ^ b);
        fold(first ^ word() ^ parity ^ c, word() ^ d) as u32
    }

    /// Returns the hash of a funding output: its transaction and its place there.
    pub(super) fn output(&self, transaction: &[u8; 32], index: u32) -> u32 {
        let words = transaction.chunks_exact(8);
        let words = words.map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
        let hash = words.fold(u64::from(index), |hash, word| {
            fold(hash ^ self.keys[0], word ^ self.keys[1])
        });
        self.number(hash)
    }
}

/// Multiplies to 128 bits and folds them into 64.
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ids_have_hashes_far_apart() {
        let hasher = Hasher::new(7);
        // The top says where an entry is at home, the lowest byte is its tag.
        let mut by_top_byte = [0_u32; 256];
        let mut by_tag = [0_u32; 256];
        for number in 0_u64..1 << 16 {
            let mut id = [2; 33];
            id[1..9].copy_from_slice(&number.to_le_bytes());
            let output = hasher.output(&[7; 32], number as u32);
            for hash in [
                hasher.number(number << 16),
                hasher.node_id(&NodeId(id)),
                output,
            ] {
                by_top_byte[(hash >> 24) as usize] += 1;
                by_tag[hash as u8 as usize] += 1;
            }
        }
        // 768 on average, with a standard deviation of 28.
        let mut counts = by_top_byte.iter().chain(&by_tag);
        assert!(counts.all(|count| (600..950).contains(count)));
    }

    #[test]
    fn every_byte_and_the_seed_count() {
        let (one, two) = (Hasher::new(1), Hasher::new(2));
        assert_ne!(one.number(5), two.number(5));
        let hash = one.node_id(&NodeId([2; 33]));
        for byte in 0..33 {
            let mut id = [2; 33];
            id[byte] = 3;
            assert_ne!(one.node_id(&NodeId(id)), hash, "{byte}");
        }
        let hash = one.output(&[0; 32], 0);
        assert_ne!(one.output(&[0; 32], 1), hash);
        for byte in 0..32 {
            let mut transaction = [0; 32];
            transaction[byte] = 1;
            assert_ne!(one.output(&transaction, 0), hash, "{byte}");
        }
    }
}
