//! A channel: what it is known by, and what it is to payments.

use core::time::Duration;

use lnwire::{Instant, Msat, ShortChannelId};

use super::{Policy, edge::Edge, head::Head};
use crate::arena::{NodeHandle, Record as _};

/// Which way a payment goes through a channel; also, which of its nodes sets the terms for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From `node_id_1` to `node_id_2`, on terms of `node_id_1`: 0 in a `channel_update`.
    OneToTwo,
    /// From `node_id_2` to `node_id_1`, on terms of `node_id_2`: 1 in a `channel_update`.
    TwoToOne,
}

impl Direction {
    /// Both directions.
    pub const BOTH: [Self; 2] = [Self::OneToTwo, Self::TwoToOne];

    /// Returns the direction bit of a `channel_update`: 0 or 1.
    #[must_use]
    pub const fn bit(self) -> u8 {
        self as u8
    }

    /// Returns the direction of the lowest bit.
    #[must_use]
    pub const fn from_bit(bit: u8) -> Self {
        if bit & 1 == 0 {
            Self::OneToTwo
        } else {
            Self::TwoToOne
        }
    }

    /// Returns the place of the node that sends in this direction, and of its terms.
    pub(crate) const fn side(self) -> usize {
        self as usize
    }

    pub(crate) const fn from_side(side: usize) -> Self {
        Self::from_bit((side % 2) as u8)
    }
}

/// A channel: where it is, its two nodes, what it holds, and the terms of both directions.
///
/// What it is known by and what it is to payments lie in two arrays, so that to look at the terms of all channels reads
/// little else. This names both places. Who wants to keep what is there [copies](Self::copied) it.
///
/// A channel is equal to another only if its slot and its places in the lists of its nodes are the same, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelRef<'a> {
    pub(super) head: &'a Head,
    pub(super) edge: &'a Edge,
}

/// A channel as it was at some time: a copy of what a [`ChannelRef`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    pub(crate) head: Head,
    pub(crate) edge: Edge,
}

/// Words that say all of a channel.
pub(super) const CHANNEL_WORDS: usize = 13;

impl Channel {
    /// Returns what reads it.
    #[must_use]
    #[inline]
    pub const fn by_ref(&self) -> ChannelRef<'_> {
        ChannelRef {
            head: &self.head,
            edge: &self.edge,
        }
    }
}

impl<'a> ChannelRef<'a> {
    /// Returns a copy.
    #[must_use]
    #[inline]
    pub const fn copied(self) -> Channel {
        Channel {
            head: *self.head,
            edge: *self.edge,
        }
    }

    /// Returns the place of the funding output.
    #[must_use]
    #[inline]
    pub const fn short_channel_id(self) -> ShortChannelId {
        self.head.short_channel_id()
    }

    /// Returns what the funding output holds, in satoshi, if the embedder told.
    #[must_use]
    #[inline]
    pub const fn capacity_sat(self) -> Option<u64> {
        self.head.capacity_sat()
    }

    /// Returns whether the funding output was spent or reorganised out, so that the channel is not to be
    /// relayed and soon goes; see [`Graph::connect_block`](crate::Graph::connect_block).
    #[must_use]
    #[inline]
    pub const fn is_dying(self) -> bool {
        self.head.is_dying()
    }

    /// Returns how long ago the channel's announcement was applied, in whole seconds: 0 if `now` is before.
    ///
    /// Right up to 68 years. See [`Graph::set_age`](crate::Graph::set_age).
    #[must_use]
    pub const fn age(self, now: Instant) -> Duration {
        self.head.age(now)
    }

    /// Returns `node_id_1` and `node_id_2`.
    #[must_use]
    #[inline]
    pub fn nodes(self) -> [NodeHandle; 2] {
        self.edge.nodes()
    }

    /// Returns the node that sends in this direction and sets its terms.
    #[must_use]
    #[inline]
    pub fn from_node(self, direction: Direction) -> NodeHandle {
        self.edge.node_at(direction.side())
    }

    /// Returns the node that receives in this direction.
    #[must_use]
    #[inline]
    pub fn to_node(self, direction: Direction) -> NodeHandle {
        self.edge.node_at(1 - direction.side())
    }

    /// Returns the terms of a direction, if its node has sent any.
    #[must_use]
    #[inline]
    pub fn policy(self, direction: Direction) -> Option<&'a Policy> {
        self.edge.policy(direction)
    }

    /// Returns whether a payment of `amount` can go in this direction, as far as is known: the node has set
    /// terms, the direction is not disabled, and limits and capacity allow it.
    ///
    /// Terms that contradict themselves or the capacity allow nothing (BOLT 7,
    /// [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message)).
    #[must_use]
    #[inline]
    pub fn carries(self, direction: Direction, amount: Msat) -> bool {
        self.edge.carries(direction, amount)
    }

    /// Returns the channel as words, of which [`Head::from_words`] and [`Edge::from_words`] make it again.
    pub(super) fn to_words(self) -> [u64; CHANNEL_WORDS] {
        let [id, capacity, positions, rest] = self.head.to_words();
        let [a, b, c, d, e, f, g, h, nodes] = self.edge.to_words();
        [id, capacity, a, b, c, d, e, f, g, h, nodes, positions, rest]
    }

    /// Returns how often its slot was taken and freed.
    #[inline]
    pub(crate) fn generation(self) -> u32 {
        self.head.generation()
    }

    /// Returns its places in the lists of its nodes.
    #[inline]
    pub(super) const fn positions(self) -> [u32; 2] {
        self.head.positions
    }

    /// Returns the node on a side.
    #[inline]
    pub(crate) fn node_at(self, side: usize) -> NodeHandle {
        self.edge.node_at(side)
    }

    /// Returns the terms set on a side, which may be absent.
    #[inline]
    pub(crate) const fn policy_at(self, side: usize) -> &'a Policy {
        self.edge.policy_at(side)
    }

    /// Returns the side that `node`, one of the two, is on.
    #[inline]
    pub(crate) fn side_of(self, node: NodeHandle) -> usize {
        self.edge.side_of(node)
    }
}
