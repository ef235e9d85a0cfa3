//! Lists of what lies in a range of blocks or of time, for serving peers.

use alloc::vec::Vec;
use core::ops::Range;

use lnwire::{BlockHeight, ShortChannelId, Timestamp};

use super::{ChannelRef, Direction, Graph, Node, Policy};
use crate::arena::{ChannelHandle, NodeHandle};

impl Graph {
    /// Returns the channels that were funded in these blocks and are not [dying](ChannelRef::is_dying), in the
    /// order of the chain. Looks at all channels.
    ///
    /// BOLT 7, [`query_channel_range`](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_channel_range-and-reply_channel_range-messages).
    #[must_use]
    pub fn channels_in_blocks(
        &self,
        blocks: Range<BlockHeight>,
    ) -> Vec<(ShortChannelId, ChannelHandle)> {
        let of = |(handle, channel): (ChannelHandle, ChannelRef<'_>)| {
            (channel.short_channel_id(), handle)
        };
        let mut listed: Vec<_> = self
            .channels()
            .filter(|(_, channel)| !channel.is_dying())
            .map(of)
            .filter(|(id, _)| blocks.contains(&id.block()))
            .collect();
        listed.sort_unstable();
        listed
    }

    /// Returns all terms, in the order of the handles. To look at all of them, this is the fastest way: who asks for fees and
    /// expiry only reads half a line of the cache for each channel, and two more halves for the amounts and the timestamps.
    ///
    /// ```
    /// use routemap::{Graph, Msat};
    ///
    /// fn count_usable(graph: &Graph, amount: Msat) -> usize {
    ///     let usable = graph.policies().filter(|(_, _, policy)| {
    ///         !policy.is_disabled() && policy.htlc_maximum_msat() >= amount
    ///     });
    ///     usable.count()
    /// }
    /// # let graph = Graph::new(routemap::Config::new(routemap::ChainHash::REGTEST, 1));
    /// # assert_eq!(count_usable(&graph, Msat(1)), 0);
    /// ```
    pub fn policies(&self) -> impl Iterator<Item = (ChannelHandle, Direction, Policy)> {
        self.policies_after(None)
    }

    /// Returns the terms that were set in this time, by their own timestamps, in the order of the handles.
    ///
    /// Whoever serves them in pages takes as many as a page has and goes on later with those `after` the last
    /// channel of the page; what arrives meanwhile is seen or not.
    pub fn policies_set_in(
        &self,
        time: Range<Timestamp>,
        after: Option<ChannelHandle>,
    ) -> impl Iterator<Item = (ChannelHandle, Direction, Policy)> {
        self.policies_after(after)
            .filter(move |(_, _, policy)| time.contains(&policy.timestamp()))
    }

    fn policies_after(
        &self,
        after: Option<ChannelHandle>,
    ) -> impl Iterator<Item = (ChannelHandle, Direction, Policy)> {
        let channels = self.channels.iter_after(after);
        channels.flat_map(|(handle, channel)| {
            let policy = move |direction| Some((handle, direction, channel.policy(direction)?));
            Direction::BOTH.into_iter().filter_map(policy)
        })
    }

    /// Returns the nodes whose announcement was made in this time; see
    /// [`policies_set_in`](Self::policies_set_in).
    pub fn nodes_announced_in(
        &self,
        time: Range<Timestamp>,
        after: Option<NodeHandle>,
    ) -> impl Iterator<Item = (NodeHandle, &Node)> {
        let is_in = move |timestamp| time.contains(&timestamp);
        self.nodes
            .iter_after(after)
            .filter(move |(_, node)| node.announced_at().is_some_and(&is_in))
    }
}
