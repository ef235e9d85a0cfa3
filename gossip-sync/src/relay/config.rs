//! What a [`Relay`](super::Relay) is told once.

use core::time::Duration;

use lnwire::ChainHash;

/// What a [`Relay`](super::Relay) is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain whose gossip is passed on.
    pub chain_hash: ChainHash,
    /// Gossip is collected for this long, and then passed on. Default 60 s (BOLT 7).
    pub flush_every: Duration,
    /// What was collected goes out in parts, this long apart, so that traffic is even. Default 5 s.
    pub part_every: Duration,
    /// The least messages in a part but the last. Default 10.
    pub min_part: usize,
    /// What others sent is passed on after this time, though nobody said that the graph is
    /// [complete](super::Input::Complete). Default 10 min.
    pub open_after: Duration,
    /// Bytes of others' gossip held for all peers together. At the bound the oldest goes: peers that were too
    /// slow for it learn it when they sync. Default 16 MiB.
    pub max_bytes: usize,
    /// Bytes of this node's own gossip held. At the bound the oldest goes. Default 16 MiB.
    pub max_own_bytes: usize,
    /// Peers remembered as having a message, for each of them. Default 1024.
    pub max_holders: usize,
    /// Bytes handed out for a peer before it has to be [ready](super::Input::Ready) again, exceeded by the last
    /// message at most. Default 32 KiB.
    pub page: usize,
    /// Bytes handed out for one peer before it is the next one's turn. Default 4 KiB.
    pub quantum: usize,
    /// Own gossip of this age is to be made anew, or others take the channels for dead. Default 24 h.
    pub refresh_after: Duration,
    /// How often its age is looked at. Default 30 min.
    pub refresh_every: Duration,
    /// How fast one peer is sent to. Default `None`: as fast as it is ready.
    pub peer_rate: Option<Rate>,
    /// How fast all peers are sent to. Default `None`.
    pub total_rate: Option<Rate>,
}

/// How fast something may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bytes a second on the wire, seals included, at least 1.
    pub bytes_per_second: u32,
    /// Bytes that may go at once after a rest. A larger message goes too, and is waited for afterwards.
    pub burst: u32,
}

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub const fn new(chain_hash: ChainHash) -> Self {
        Self {
            chain_hash,
            flush_every: Duration::from_secs(60),
            part_every: Duration::from_secs(5),
            min_part: 10,
            open_after: Duration::from_secs(600),
            max_bytes: 16 << 20,
            max_own_bytes: 16 << 20,
            max_holders: 1024,
            page: 32 << 10,
            quantum: 4 << 10,
            refresh_after: Duration::from_secs(24 * 60 * 60),
            refresh_every: Duration::from_secs(30 * 60),
            peer_rate: None,
            total_rate: None,
        }
    }
}
