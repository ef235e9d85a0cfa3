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
    /// that they belong, or lately belonged, to. So the graph never holds more than about 1000 bytes times
    /// this number, however fast channels come and go; when few do, 150 bytes per channel.
    pub max_channels: u32,
    /// How many [changes](crate::Change) are kept for those who follow the graph, up to the next power of
    /// two; 64 bytes each. 0 keeps none.
    pub history: u32,
    /// How long a channel lives without news; see [`Graph::prune`](crate::Graph::prune).
    pub stale_after: Duration,
    /// Whether a channel goes when either of its sides is stale, not only when both are.
    pub strict_pruning: bool,
    /// Whether pruning takes out channels that both sides disabled, too: a guess that they were closed, for
    /// embedders without a chain source.
    pub prune_disabled: bool,
    /// How many blocks a channel stays after its funding output was spent or reorganised out.
    pub blocks_until_forgotten: u32,
    /// Whether payments keep off channels that are [dying](crate::ChannelRef::is_dying).
    pub unroute_dying: bool,
    /// The most channels remembered for having been removed; beyond, the oldest are forgotten. About 180
    /// bytes each.
    pub max_zombies: u32,
    /// How long a removed channel is remembered, unless its funding output was spent.
    pub zombie_expiry: Duration,
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

    /// With more channels the handles of their nodes might not fit into 30 bits.
    pub const MOST_CHANNELS: u32 = 1 << 28;

    /// As many as the public network of 2026 brings in a quarter of an hour, which is more than the
    /// [quarantine](Self::QUARANTINE); 64 KiB (our choice).
    pub const HISTORY: u32 = 1024;

    /// Two weeks (BOLT 7, [recommendation on pruning stale entries](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#recommendation-on-pruning-stale-entries)).
    pub const STALE_AFTER: Duration = Duration::from_secs(14 * DAY);

    /// BOLT 7, [the `channel_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_announcement-message).
    pub const BLOCKS_UNTIL_FORGOTTEN: u32 = 72;

    /// Twice the public network of 2026 (our choice).
    pub const MAX_ZOMBIES: u32 = 100_000;

    /// Three months (our choice).
    pub const ZOMBIE_EXPIRY: Duration = Duration::from_secs(90 * DAY);

    /// Takes the defaults for `chain_hash`; `seed` has none, because it must be secret.
    #[must_use]
    pub const fn new(chain_hash: ChainHash, seed: u64) -> Self {
        Self {
            chain_hash,
            quarantine: Self::QUARANTINE,
            max_channels: Self::MAX_CHANNELS,
            history: Self::HISTORY,
            stale_after: Self::STALE_AFTER,
            strict_pruning: false,
            prune_disabled: false,
            blocks_until_forgotten: Self::BLOCKS_UNTIL_FORGOTTEN,
            unroute_dying: false,
            max_zombies: Self::MAX_ZOMBIES,
            zombie_expiry: Self::ZOMBIE_EXPIRY,
            seed,
        }
    }

    /// Returns how many channels the graph holds at most.
    pub(crate) fn channel_limit(&self) -> u32 {
        self.max_channels.min(Self::MOST_CHANNELS)
    }
}

const DAY: u64 = 24 * 60 * 60;
