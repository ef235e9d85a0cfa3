//! Records at the end of a store, and what is marked there as deleted.

use lnwire::{
    Timestamp,
    bytes::{BufMut, Bytes},
};

use super::{
    batch::Batch,
    format::{CHANNEL_AMOUNT, ESTIMATE, Flags, HEADER_LEN},
    writer::{InsertError, Store},
};
use crate::{ChannelHandle, ChannelRef, Direction, Graph, NodeHandle, Removed};

impl Store {
    /// Writes the channels that wait, and the nodes that wait for those.
    pub(super) fn flush_channels(&mut self, graph: &Graph, batch: &mut Batch) {
        for (handle, announcement) in self.waiting.take_channels() {
            let timestamp = graph.channel(handle).map_or(Timestamp(0), latest_update);
            self.write_channel(graph, handle, announcement.as_bytes(), timestamp, batch);
        }
    }

    pub(super) fn flush(&mut self, graph: &Graph, batch: &mut Batch) {
        self.flush_channels(graph, batch);
        for (handle, node) in self.waiting.take_nodes() {
            self.write_node(handle, node.timestamp(), node.as_bytes(), batch);
        }
    }

    /// Returns whether a reader knows the node when it comes to this place in the file.
    pub(super) fn has_channel_before(&self, graph: &Graph, node: NodeHandle, end: u64) -> bool {
        graph
            .channels_of(node)
            .filter_map(|(channel, _)| self.index.channel(channel).announcement())
            .any(|at| at < end)
    }

    /// Deletes the records of a channel that the graph no longer has, and of the nodes that went with it.
    pub(super) fn forget(&mut self, removed: &Removed, batch: &mut Batch) {
        self.waiting.take_channel(removed.handle);
        let places = self.index.take_channel(removed.handle);
        for at in [places.announcement, places.amount, places.dying] {
            self.delete(at, batch);
        }
        for at in places.updates {
            self.delete(at, batch);
        }
        for (node, _) in removed.nodes.iter().flatten() {
            self.waiting.take_node(*node);
            let at = self.index.take_node(*node);
            self.delete(at, batch);
        }
    }

    /// Marks the record at `at`, if that is one, as deleted.
    pub(super) fn delete(&mut self, at: u32, batch: &mut Batch) {
        if at != 0 {
            batch.patch(at.into(), Flags::DELETED);
            self.live = self.live.saturating_sub(1);
            self.dead += 1;
        }
    }

    pub(super) fn bound_waiting(&mut self, graph: &Graph, batch: &mut Batch) {
        if self.waiting.bytes() > Self::WAITING_BYTES {
            self.flush(graph, batch);
        }
    }

    pub(super) fn write_channel(
        &mut self,
        graph: &Graph,
        handle: ChannelHandle,
        announcement: &[u8],
        timestamp: Timestamp,
        batch: &mut Batch,
    ) {
        let channel = graph.channel(handle);
        let (sat, mark) = match channel.and_then(ChannelRef::capacity_sat) {
            Some(sat) => (sat, Timestamp(0)),
            None => (channel.map_or(0, estimate), ESTIMATE),
        };
        let at = self.append(timestamp, announcement, batch);
        let amount = self.append(mark, &message(CHANNEL_AMOUNT, &sat.to_be_bytes()), batch);
        let places = self.index.channel_mut(handle);
        places.announcement = at;
        places.amount = amount;
        let nodes = channel.map(ChannelRef::nodes);
        for node in nodes.iter().flatten() {
            if let Some(waiting) = self.waiting.take_node(*node) {
                self.write_node(*node, waiting.timestamp(), waiting.as_bytes(), batch);
            }
        }
    }

    pub(super) fn write_node(
        &mut self,
        handle: NodeHandle,
        timestamp: Timestamp,
        announcement: &[u8],
        batch: &mut Batch,
    ) {
        let at = self.append(timestamp, announcement, batch);
        let old = self.index.set_node(handle, at);
        self.delete(old, batch);
    }

    /// Appends a record; [`check_room`](Self::check_room) has been asked.
    pub(super) fn append(
        &mut self,
        timestamp: Timestamp,
        message: &[u8],
        batch: &mut Batch,
    ) -> u32 {
        let at = self.end;
        batch.append(at, timestamp, message);
        self.end += (HEADER_LEN + message.len()) as u64;
        self.live += 1;
        at as u32
    }

    /// Checks that whatever a call may append begins within [`MAX_LEN`](Self::MAX_LEN).
    pub(super) fn check_room(&self) -> Result<(), InsertError> {
        let most = self.waiting.bytes() + 4 * (HEADER_LEN + usize::from(u16::MAX));
        if self.end + most as u64 > Self::MAX_LEN {
            return Err(InsertError::Full);
        }
        Ok(())
    }
}

/// Returns the greatest amount that a direction forwards, in satoshi, but no more than there are.
fn estimate(channel: ChannelRef<'_>) -> u64 {
    let maxima = Direction::BOTH.map(|d| channel.policy(d).map_or(0, |p| p.htlc_maximum_msat().0));
    (maxima[0].max(maxima[1]) / 1000).min(ALL_SAT)
}

pub(super) fn latest_update(channel: ChannelRef<'_>) -> Timestamp {
    let timestamps = Direction::BOTH.map(|d| channel.policy(d).map(|p| p.timestamp()));
    timestamps.into_iter().flatten().max().unwrap_or_default()
}

pub(super) fn message(msg_type: u16, body: &[u8]) -> Bytes {
    let mut message = alloc::vec::Vec::with_capacity(2 + body.len());
    message.put_u16(msg_type);
    message.put_slice(body);
    message.into()
}

/// Twenty-one million bitcoin.
const ALL_SAT: u64 = 2_100_000_000_000_000;
