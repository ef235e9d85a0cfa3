//! `gossip_timestamp_filter` (265): which gossip a peer wants to be sent.

use crate::{message_macro::message, time::Timestamp, types::ChainHash};

message! {
    /// Asks for gossip with `first_timestamp <= timestamp < first_timestamp + timestamp_range`, from now on.
    ///
    /// ```
    /// use lnwire::{ChainHash, Timestamp, bolt7::GossipTimestampFilter, bytes::Bytes};
    ///
    /// let filter = GossipTimestampFilter {
    ///     chain_hash: ChainHash::MAINNET,
    ///     first_timestamp: Timestamp(1_790_000_000),
    ///     timestamp_range: u32::MAX,
    ///     extra: Bytes::new(),
    /// };
    /// assert!(filter.contains(Timestamp(1_790_000_000)));
    /// assert!(!filter.contains(Timestamp(1_789_999_999)));
    /// ```
    ///
    /// BOLT 7, [the `gossip_timestamp_filter` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-gossip_timestamp_filter-message).
    GossipTimestampFilter = 265 {
        /// The chain.
        chain_hash: ChainHash,
        /// The earliest timestamp wanted.
        first_timestamp: Timestamp,
        /// Seconds from there on; 0 wants nothing.
        timestamp_range: u32,
    }
}

impl GossipTimestampFilter {
    /// Returns whether a message with this timestamp is wanted.
    #[must_use]
    pub fn contains(&self, timestamp: Timestamp) -> bool {
        // In 64 bits: the sum passes 2^32 in filters that peers really send.
        let first = u64::from(self.first_timestamp.as_secs());
        let end = first.saturating_add(u64::from(self.timestamp_range));
        (first..end).contains(&u64::from(timestamp.as_secs()))
    }
}
