//! What the embedder decides about a graph.

use core::time::Duration;

use lnwire::ChainHash;

/// Chain, bounds and secret of a [`Graph`](crate::Graph).
///
/// ```
/// use routemap::{ChainHash, Config, Graph};
/// let seed = 0x5eed; // from a source of randomness
/// let graph = Graph::new(Config { max_channels: 500_000, ..Config::new(ChainHash::MAINNET, seed) });
/// assert_eq!(graph.channel_count(), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain that holds the channels; messages about others are refused.
    pub chain_hash: ChainHash,
    /// How long the handle of a removed channel or node names nothing before it may name another one.
    ///
    /// Whoever keeps handles has this long to learn of the removal.
    pub quarantine: Duration,
    /// The most channels at once, at most [`MOST_CHANNELS`](Self::MOST_CHANNELS).
    ///
    /// Removed channels in quarantine come on top, as many again at most; nodes are bounded by the channels
    /// that they belong, or lately belonged, to. So the graph never holds more than about 800 bytes times
    /// this number, however fast channels come and go; when few do, 150 bytes per channel.
    pub max_channels: u32,
    /// What the hash tables are keyed with. Random and secret: who knows it can choose short channel ids
    /// and node ids which collide.
    pub seed: u64,
}

impl Config {
    /// Ten minutes: far longer than a path is looked for, shorter than it takes the network's churn to fill
    /// much memory (our choice).
    pub const QUARANTINE: Duration = Duration::from_secs(600);

    /// Twenty times the public network of 2025 (our choice).
    pub const MAX_CHANNELS: u32 = 1_000_000;

    /// With more channels the handles of their nodes might not fit into 32 bits.
    pub const MOST_CHANNELS: u32 = 1 << 29;

    /// Takes the defaults for `chain_hash`; `seed` has none, because it must be secret.
    #[must_use]
    pub const fn new(chain_hash: ChainHash, seed: u64) -> Self {
        Self {
            chain_hash,
            quarantine: Self::QUARANTINE,
            max_channels: Self::MAX_CHANNELS,
            seed,
        }
    }

    /// Returns how many channels the graph holds at most.
    pub(crate) fn channel_limit(&self) -> u32 {
        self.max_channels.min(Self::MOST_CHANNELS)
    }
}
