//! Counters that a node keeps, and anybody may read while it runs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a node has done so far.
#[derive(Debug, Default)]
pub struct Stats {
    /// Messages received.
    pub messages: AtomicU64,
    /// Bytes received from sockets.
    pub bytes_in: AtomicU64,
    /// Bytes written to sockets.
    pub bytes_out: AtomicU64,
    /// Signatures checked.
    pub signatures: AtomicU64,
    /// Messages dropped, for whatever reason.
    pub dropped: AtomicU64,
    /// Messages dropped because of a fault of their sender, such as an invalid signature.
    pub faults: AtomicU64,
    /// Channels in the graph.
    pub channels: AtomicU64,
    /// Directions of channels with known terms.
    pub updates: AtomicU64,
    /// Nodes that have announced themselves.
    pub nodes: AtomicU64,
    /// Channels taken out because nobody updated them for two weeks.
    pub pruned: AtomicU64,
    /// Channels that peers listed and that were missing here.
    pub wanted: AtomicU64,
    /// Messages passed on to peers, each once for each peer.
    pub relayed: AtomicU64,
}

impl Stats {
    pub(crate) fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Relaxed);
    }

    pub(crate) fn set(counter: &AtomicU64, n: usize) {
        counter.store(n as u64, Relaxed);
    }

    /// Reads a counter.
    #[must_use]
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }
}
