//! What a syncer is told once.

use core::time::Duration;

use lnwire::ChainHash;

/// What a [`Syncer`](super::Syncer) is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain to ask about.
    pub chain_hash: ChainHash,
    /// Channels asked for in one query, 1 to 7000: more do not fit into a message. Default 500, which every
    /// peer that answers takes.
    pub channels_per_query: usize,
    /// Channels listed in one sync, at least 4; each takes 32 bytes meanwhile. What lies in higher blocks is handed back.
    /// Default 100,000. More than 23,255, which are as many outputs as can fund channels in one block, keep every block whole.
    pub max_listed: usize,
    /// The longest wait for the next range reply, for the embedder's [`Input::Missing`](super::Input::Missing), and for the next
    /// channel that was asked for while other gossip comes. Default 60 s.
    pub reply_timeout: Duration,
    /// The longest silence of gossip while channels are asked for. Default 20 s.
    pub gossip_timeout: Duration,
    /// The silence that ends a dump once all channels that were asked for are there: their last updates and
    /// all nodes come behind them. Default 3 s, in which a peer that sends on after each pong has had its
    /// pong, while other gossip, of which a message a second is usual, will leave such a gap soon.
    pub dump_silence: Duration,
    /// The longest time from the first query to the last answer. Default 30 minutes.
    pub total_timeout: Duration,
}

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub const fn new(chain_hash: ChainHash) -> Self {
        Self {
            chain_hash,
            channels_per_query: 500,
            max_listed: 100_000,
            reply_timeout: Duration::from_secs(60),
            gossip_timeout: Duration::from_secs(20),
            dump_silence: Duration::from_secs(3),
            total_timeout: Duration::from_secs(30 * 60),
        }
    }
}
