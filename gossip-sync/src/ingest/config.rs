//! What an [`Ingest`](super::Ingest) is told once.

use core::time::Duration;

use lnwire::{ChainHash, NodeId};

/// What an [`Ingest`](super::Ingest) is told once. All bounds are in force at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain whose gossip is taken.
    pub chain_hash: ChainHash,
    /// This node, if it has announced channels: what others say about it is ignored, it knows better.
    pub own_node: Option<NodeId>,
    /// Whether channels are looked up in the chain. Default [`Funding::AssumeValid`].
    pub funding: Funding,

    /// Messages of one peer under way at once. Default 4096.
    pub max_messages_per_peer: usize,
    /// Bytes of one peer under way at once, exceeded by at most the last message taken. Default 2 MiB.
    pub max_bytes_per_peer: usize,
    /// Messages of all peers under way at once. Beyond that, peers with less than
    /// [`min_messages_per_peer`](Self::min_messages_per_peer) and 8 KiB under way are still taken from. Default
    /// 16,384: a second or two of work for one thread, so that no job waits for as long as its timeout.
    pub max_messages: usize,
    /// Bytes of all peers under way at once, with the same exception. Default 32 MiB.
    pub max_bytes: usize,
    /// Messages that every peer may have under way, however busy the others keep us. Default 16.
    pub min_messages_per_peer: usize,
    /// Signature jobs handed out and not yet answered, of all peers. Default 1024.
    pub max_jobs: usize,
    /// How long a signature job may take, from when it is ready to be run. Default 60 s. Jobs that wait longer
    /// than that in a queue of the embedder's need not be run any more.
    pub job_timeout: Duration,
    /// Look-ups of funding outputs handed out and not yet answered, of all peers. Default 32.
    pub max_lookups: usize,
    /// How long a channel may wait for its look-up, all attempts together. Default 10 min.
    pub lookup_timeout: Duration,
    /// How long to wait before an unavailable chain is asked again. Default 15 s.
    pub lookup_retry: Duration,

    /// Updates older than this are dropped, and whatever claims to be made further ahead than this. Default
    /// two weeks, the age at which BOLT 7 lets channels be pruned. Announcements of nodes do not age.
    pub max_age: Duration,
    /// Confirmations that a funding transaction needs, at least 1. Default 6 (BOLT 7).
    pub confirmations: u32,
    /// Channels this many blocks or more above the tip are refused. Default 144, a day of blocks.
    pub max_blocks_ahead: u32,
    /// Channels in the graph at which every further one is refused. From three quarters of it on, the peer that
    /// has brought the most channels nobody looked up may bring no more of them. Default 1,000,000, twenty
    /// times the network of 2026.
    pub max_channels: usize,

    /// Bytes that one peer may have parked: messages before their channel, above the tip, or delayed by the rate
    /// limit. At the bound the peer's oldest ones go. Default 256 KiB.
    pub max_parked_bytes_per_peer: usize,
    /// Bytes that all peers may have parked. At the bound the oldest of the peer that has most go. Default 8 MiB.
    pub max_parked_bytes: usize,
    /// How long a message waits for its channel or its block. Default 2 h, some twelve blocks.
    pub parked_for: Duration,

    /// Updates of a channel's direction that are taken at once after a long silence. Default 10.
    pub update_burst: u32,
    /// The time in which one more may come. Updates that come faster are delayed, and only the newest is kept.
    /// Default 60 s.
    pub update_interval: Duration,
    /// An update that changes nothing but its timestamp is passed on only if it is this much later than the one
    /// before. Default 24 h.
    pub keep_alive: Duration,

    /// Invalid messages remembered, at least; up to twice as many take some 40 bytes each. Default 65,536.
    pub max_seen: usize,
    /// How long they are remembered, at least; at most twice as long. Default 24 h.
    pub seen_for: Duration,
}

/// How a channel's funding is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// Not at all: four signatures suffice. For wallets without a source of chain data; whoever has keys can
    /// then announce channels that do not exist.
    AssumeValid,
    /// By [`Output::Lookup`](super::Output::Lookup).
    LookUp,
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub const fn new(chain_hash: ChainHash) -> Self {
        Self {
            chain_hash,
            own_node: None,
            funding: Funding::AssumeValid,
            max_messages_per_peer: 4096,
            max_bytes_per_peer: 2 << 20,
            max_messages: 16_384,
            max_bytes: 32 << 20,
            min_messages_per_peer: 16,
            max_jobs: 1024,
            job_timeout: Duration::from_secs(60),
            max_lookups: 32,
            lookup_timeout: Duration::from_secs(600),
            lookup_retry: Duration::from_secs(15),
            max_age: Duration::from_secs(14 * DAY),
            confirmations: 6,
            max_blocks_ahead: 144,
            max_channels: 1_000_000,
            max_parked_bytes_per_peer: 256 << 10,
            max_parked_bytes: 8 << 20,
            parked_for: Duration::from_secs(2 * HOUR),
            update_burst: 10,
            update_interval: Duration::from_secs(60),
            keep_alive: Duration::from_secs(DAY),
            max_seen: 65_536,
            seen_for: Duration::from_secs(DAY),
        }
    }
}
