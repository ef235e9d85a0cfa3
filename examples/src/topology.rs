//! A network before anybody signs it: who has channels with whom, and on which terms.

use lnwire::{Msat, ShortChannelId};

use crate::split_mix::SplitMix;

/// A network as plain numbers. Nodes are known by their index.
///
/// Invariants that [`network::sign`](crate::network::sign) relies on: every node index is below
/// `node_names.len()`, no channel joins a node to itself, short channel ids are unique. Every source in this
/// crate keeps them, and lists the channels by ascending short channel id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The channels.
    pub channels: Vec<TopologyChannel>,
    /// For every node its name, where it is known. Names may be empty, or longer than an alias can be.
    pub node_names: Vec<Option<String>>,
}

/// One channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopologyChannel {
    /// Where its funding output stands, or pretends to.
    pub short_channel_id: ShortChannelId,
    /// Its two nodes, in no order that matters.
    pub nodes: [u32; 2],
    /// The value of its funding output, in satoshi.
    pub capacity_sat: u64,
    /// The terms that each of `nodes` sets, in the same order; `None` where it never sent any.
    pub policies: [Option<Policy>; 2],
}

/// The terms of one direction of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether the direction cannot be used for now.
    pub disabled: bool,
    /// The least amount forwarded.
    pub htlc_minimum_msat: Msat,
    /// The greatest amount forwarded.
    pub htlc_maximum_msat: Msat,
    /// The part of the fee that does not depend on the amount, in msat.
    pub fee_base_msat: u32,
    /// The part of the fee that does, in millionths of the amount.
    pub fee_proportional_millionths: u32,
    /// Blocks added to the expiry of what is forwarded.
    pub cltv_expiry_delta: u16,
}

impl Policy {
    /// Returns the terms of a direction of which nothing is known but that it is disabled: all zero, with the
    /// whole capacity as the greatest amount.
    #[must_use]
    pub const fn disabled(capacity_sat: u64) -> Self {
        Self {
            disabled: true,
            htlc_minimum_msat: Msat(0),
            htlc_maximum_msat: Msat::from_sat(capacity_sat),
            fee_base_msat: 0,
            fee_proportional_millionths: 0,
            cltv_expiry_delta: 0,
        }
    }
}

/// Makes up short channel ids for `count` channels: unique, ascending, the same on every call.
///
/// They look like mainnet's at the beginning of 2026: heights from 505,000 to 935,000, denser towards the
/// end, with a few channels in each block that has any (about three; more only when 300,000 channels or more
/// have to fit), scattered over the block's transactions.
///
/// ```
/// let scids = examples::topology::short_channel_ids(1000);
/// assert!(scids.is_sorted_by(|a, b| a < b));
/// assert!(scids.last().unwrap().block().0 <= 935_000);
/// ```
///
/// # Panics
/// If `count` is so large (above 10^9) that blocks and transaction indexes do not suffice.
#[must_use]
pub fn short_channel_ids(count: usize) -> Vec<ShortChannelId> {
    let mut random = SplitMix::new(0);
    let blocks = block_sizes(count, &mut random);
    let mut scids = Vec::with_capacity(count);
    let mut height = FIRST_HEIGHT;
    for (i, &channels) in blocks.iter().enumerate() {
        height = height_of_block(i, blocks.len()).max(height + 1);
        let gap = TRANSACTIONS_PER_BLOCK / (channels + 1);
        let mut transaction = 0;
        for _ in 0..channels {
            transaction += 1 + random.below(gap.max(1)) as u32;
            let output = random.pick(&OUTPUT_INDEXES);
            let scid = ShortChannelId::new(height, transaction, output);
            scids.push(scid.expect("height and transaction fit into 24 bits"));
        }
    }
    scids
}

/// Splits `count` channels into blocks.
fn block_sizes(count: usize, random: &mut SplitMix) -> Vec<u64> {
    let mean = (count as u64 / MOST_BLOCKS).max(CHANNELS_PER_BLOCK);
    let mut sizes = Vec::new();
    let mut left = count as u64;
    while left > 0 {
        // 1 to 2 × mean − 1, whose mean is `mean`.
        let size = (1 + random.below(2 * mean - 1)).min(left);
        sizes.push(size);
        left -= size;
    }
    sizes
}

/// Returns the height of the `i`th of `count` blocks. The square root makes late blocks the dense ones.
fn height_of_block(i: usize, count: usize) -> u32 {
    let share = (i as u128 + 1) * u128::from(HEIGHTS).pow(2) / count as u128;
    FIRST_HEIGHT + share.isqrt() as u32
}

/// Before it, mainnet has next to no channels.
const FIRST_HEIGHT: u32 = 505_000;
/// From there to 935,000, where mainnet stood in February 2026.
const HEIGHTS: u32 = 430_000;
/// Funding transactions tend to come in batches.
const CHANNELS_PER_BLOCK: u64 = 3;
/// With more blocks the last ones would not lie apart.
const MOST_BLOCKS: u64 = 100_000;
/// What a mainnet block holds, roughly.
const TRANSACTIONS_PER_BLOCK: u64 = 3000;
/// Output indexes and how many in a thousand channels have them: the change is the other output.
const OUTPUT_INDEXES: [(u16, u64); 5] = [(0, 480), (1, 420), (2, 50), (3, 30), (7, 20)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_channel_ids_ascend_at_any_count() {
        for count in [0, 1, 2, 3, 100, 50_808, 300_001, 1_000_000] {
            let scids = short_channel_ids(count);
            assert_eq!(scids.len(), count);
            assert!(scids.is_sorted_by(|a, b| a < b), "{count}");
            if let Some(last) = scids.last() {
                assert_eq!(last.block().0, 935_000, "{count}");
            }
        }
    }

    #[test]
    fn mainnet_has_a_few_channels_in_a_block() {
        let scids = short_channel_ids(50_808);
        let mut blocks: Vec<_> = scids.iter().map(|scid| scid.block()).collect();
        blocks.dedup();
        assert!((15_000..19_000).contains(&blocks.len()), "{}", blocks.len());
        assert!(scids[0].block().0 > 505_000);
    }
}
