//! From a graph to bytes.

use alloc::vec::Vec;

use lnwire::{Instant, Timestamp, bytes::BufMut as _};

use super::layout::{Header, from_height};
use crate::{change::Reason, crc32c, graph::Graph, instant};

impl Graph {
    /// Appends a snapshot of the graph to `out`, from which [`from_snapshot`](Self::from_snapshot) makes it again
    /// without a message to read: about 112 bytes a channel, and 32 more if the offsets of its messages in a store are
    /// known.
    ///
    /// `now` and `wall` are the time by both clocks. All of the graph is in it but the history of changes, of which
    /// the number stays, and the [configuration](crate::Config), of which the chain stays: a graph may be made
    /// again with other bounds and with another seed. The same graph gives the same bytes.
    ///
    /// To replace a file, write another one beside it, sync it, and rename it.
    ///
    /// ```
    /// use routemap::{ChainHash, Config, Graph, Instant, SnapshotError, Timestamp};
    ///
    /// let graph = Graph::new(Config::new(ChainHash::MAINNET, 0x5eed));
    /// let (now, wall) = (Instant::ZERO, Timestamp(1_700_000_000));
    /// let mut file = Vec::new();
    /// graph.write_snapshot(now, wall, &mut file);
    ///
    /// // A day later, by a clock that began anew.
    /// let (now, wall) = (Instant::ZERO, Timestamp(1_700_086_400));
    /// let config = Config::new(ChainHash::MAINNET, 0xd1ce);
    /// let graph = Graph::from_snapshot(config.clone(), now, wall, &file)?;
    /// assert_eq!(graph.channel_count(), 0);
    ///
    /// file[20] ^= 1;
    /// let refused = Graph::from_snapshot(config, now, wall, &file);
    /// assert!(matches!(refused, Err(SnapshotError::Checksum { .. })));
    /// # Ok::<(), SnapshotError>(())
    /// ```
    pub fn write_snapshot(&self, now: Instant, wall: Timestamp, out: &mut Vec<u8>) {
        let begin = out.len();
        let header = self.snapshot_header(now, wall);
        out.reserve(header.snapshot_len() as usize);
        header.encode(out);
        self.write_slots(out);
        self.write_dying_and_dead(out);
        for (index, outpoint) in self.funding.iter() {
            out.put_u32_le(index);
            out.put_slice(&outpoint.txid);
            out.put_u32_le(outpoint.index);
        }
        for (index, offsets) in self.stored.channels() {
            out.put_u32_le(index);
            for offset in offsets {
                out.put_u64_le(*offset);
            }
        }
        for (index, offset) in self.stored.nodes() {
            out.put_u32_le(index);
            out.put_u64_le(offset);
        }
        for id in &self.own_nodes {
            out.put_slice(id.as_bytes());
        }
        let checksum = crc32c::append(0, &out[begin..]);
        out.put_u32_le(checksum);
        debug_assert_eq!((out.len() - begin) as u64, header.snapshot_len());
    }

    fn snapshot_header(&self, now: Instant, wall: Timestamp) -> Header {
        let (nodes, resting_nodes) = self.nodes.slots_in_use();
        let (channels, resting_channels) = self.channels.heads().slots_in_use();
        let [outpoints, _] = self.funding.counts();
        let counts = [
            nodes as usize,
            channels as usize,
            resting_nodes,
            resting_channels,
            self.blocks.len(),
            self.zombies.len(),
            outpoints,
            self.stored.channels().count(),
            self.stored.nodes().count(),
            self.own_nodes.len(),
        ];
        Header {
            chain_hash: self.config.chain_hash,
            saved_at: instant::to_millis(now),
            wall,
            tip: from_height(self.blocks.tip()),
            changes: self.cursor().number(),
            counts: counts.map(|count| count as u32),
        }
    }

    fn write_slots(&self, out: &mut Vec<u8>) {
        for node in self.nodes.all_slots() {
            out.put_slice(&node.to_bytes());
        }
        for channel in self.channels.all_slots() {
            for word in channel.to_words() {
                out.put_u64_le(word);
            }
        }
        for handle in self.nodes.resting() {
            out.put_u32_le(handle.index() as u32);
        }
        for handle in self.channels.heads().resting() {
            out.put_u32_le(handle.index() as u32);
        }
    }

    fn write_dying_and_dead(&self, out: &mut Vec<u8>) {
        for (id, height, reason) in self.blocks.iter() {
            out.put_u64_le(id.0);
            out.put_u32_le(height.0);
            put_reason(out, reason);
        }
        for (id, zombie, block) in self.zombies.iter() {
            out.put_u64_le(id.0);
            out.put_u64_le(instant::to_millis(zombie.since));
            out.put_u64_le(from_height(block));
            for id in zombie.node_ids {
                out.put_slice(id.as_bytes());
            }
            out.put_slice(&zombie.may_revive.map(u8::from));
            put_reason(out, zombie.reason);
        }
    }
}

fn put_reason(out: &mut Vec<u8>, reason: Reason) {
    let (code, spliced_to) = reason.to_code();
    out.put_u8(code);
    out.put_u64_le(spliced_to);
}
