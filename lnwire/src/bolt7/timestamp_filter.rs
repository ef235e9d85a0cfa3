//! `gossip_timestamp_filter` (265): which gossip a peer wants to be sent.

use bytes::{BufMut, Bytes};

use crate::{
    codec::{WireMessage, open, sum},
    error::DecodeError,
    time::Timestamp,
    types::ChainHash,
};

/// Asks for gossip with `first_timestamp <= timestamp < first_timestamp + timestamp_range`, from now on.
///
/// BOLT 7, [the `gossip_timestamp_filter` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-gossip_timestamp_filter-message).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GossipTimestampFilter {
    /// The chain.
    pub chain_hash: ChainHash,
    /// The earliest timestamp wanted.
    pub first_timestamp: Timestamp,
    /// Seconds from there on; 0 wants nothing.
    pub timestamp_range: u32,
    /// Bytes behind the fields, kept.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
    pub extra: Bytes,
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

impl WireMessage for GossipTimestampFilter {
    const TYPE: u16 = 265;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        Ok(Self {
            chain_hash: ChainHash::read("chain_hash", &mut reader)?,
            first_timestamp: Timestamp(reader.u32("first_timestamp")?),
            timestamp_range: reader.u32("timestamp_range")?,
            extra: reader.rest(),
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        sum(&[2, 32, 4, 4, self.extra.len()])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(Self::TYPE);
        out.put_slice(self.chain_hash.as_bytes());
        out.put_u32(self.first_timestamp.as_secs());
        out.put_u32(self.timestamp_range);
        out.put_slice(&self.extra);
    }
}
