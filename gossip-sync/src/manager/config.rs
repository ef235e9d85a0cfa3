//! What a sync manager is told once.

use core::time::Duration;

use lnwire::{BlockHeight, ChainHash};

use crate::syncer;

/// What a [`SyncManager`](super::SyncManager) is told once. Intervals are spread by up to 10 % either way, so that nodes
/// which started together do not act together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What the syncer of each peer is told. [`max_listed`](syncer::Config::max_listed) is 32,768 here, a megabyte for each
    /// peer that is being asked, and [`total_timeout`](syncer::Config::total_timeout) ten minutes, as it is for a shard.
    pub syncer: syncer::Config,
    /// Peers that send live gossip, besides pinned ones. With 0 nobody is asked for anything but pinned peers. Default 3.
    pub active_peers: usize,
    /// Peers asked for parts of the history at once, besides pinned ones, until every block was listed by enough of them.
    /// Default 8. Later rounds ask one at a time.
    pub parallel_peers: usize,
    /// How long a peer may leave a question for a list unanswered before another one is asked, too. Default 5 s.
    pub hedge_after: Duration,
    /// How often an active peer makes place for another. Default 20 minutes.
    pub rotation_interval: Duration,
    /// How often the whole history is listed again. Default an hour.
    pub historical_interval: Duration,
    /// How long after a full listing the graph counts as fresh. Default 3 hours.
    pub stale_after: Duration,
    /// How long live gossip waits for the history. Default 10 minutes after the first peer came.
    pub live_anyway_after: Duration,
    /// The longest wait for [`Input::Confirmed`](super::Input::Confirmed). Default 10 minutes.
    pub confirm_timeout: Duration,
    /// How many seconds before the beginning of a sync live gossip begins. Default 600.
    pub filter_margin: u32,
    /// The first block of those with many channels; what is below is one shard. Default 500,000 on mainnet.
    pub busy_from: BlockHeight,
    /// Into how many shards the blocks from there to the tip are cut at first. Default 16.
    pub shards: u32,
    /// The channels in a shard from which on it is cut into smaller ones. Default 16,384, half of what a list may hold.
    pub channels_per_shard: usize,
}

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub fn new(chain_hash: ChainHash) -> Self {
        let is_mainnet = chain_hash == ChainHash::MAINNET;
        Self {
            syncer: syncer::Config {
                max_listed: 32_768,
                total_timeout: Duration::from_secs(10 * 60),
                ..syncer::Config::new(chain_hash)
            },
            active_peers: 3,
            parallel_peers: 8,
            hedge_after: Duration::from_secs(5),
            rotation_interval: Duration::from_secs(20 * 60),
            historical_interval: Duration::from_secs(60 * 60),
            stale_after: Duration::from_secs(3 * 60 * 60),
            live_anyway_after: Duration::from_secs(10 * 60),
            confirm_timeout: Duration::from_secs(10 * 60),
            filter_margin: 600,
            busy_from: BlockHeight(if is_mainnet { 500_000 } else { 0 }),
            shards: 16,
            channels_per_shard: 16_384,
        }
    }
}
