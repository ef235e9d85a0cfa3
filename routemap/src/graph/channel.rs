//! A channel: what it is known by, and what it is to payments.

use core::time::Duration;

use lnwire::{Instant, Msat, ShortChannelId};

use super::{
    Policy,
    edge::Edge,
    fees::Fees,
    head::Head,
    policy::{pair, unpair},
    tail::{self, Tail},
};
use crate::arena::NodeHandle;

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
/// What it is known by, what it is to payments, and the rest lie in three arrays, so that to look channels up, or at the fees of
/// all, reads little else. This names the three places. Who wants to keep what is there [copies](Self::copied) it.
///
/// A channel is equal to another only if the slots of its nodes, and how often its own was taken, are the same, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelRef<'a> {
    pub(super) head: &'a Head,
    pub(super) edge: &'a Edge,
    pub(super) tail: &'a Tail,
}

/// A channel as it was at some time: a copy of what a [`ChannelRef`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    pub(crate) head: Head,
    pub(crate) edge: Edge,
    pub(crate) tail: Tail,
}

/// Words that say all of a channel.
pub(super) const CHANNEL_WORDS: usize = 12;

impl Channel {
    /// Makes a channel of [its words](ChannelRef::to_words), that arrived `moved` seconds later; `None` if none is like this.
    /// One that is dying is out of use for payments or not, whatever the words say.
    #[inline]
    pub(super) fn from_words(
        words: &[u64; CHANNEL_WORDS],
        moved: u32,
        unrouted: bool,
    ) -> Option<Self> {
        let [id, capacity, a, b, c, d, e, f, g, h, nodes, rest] = *words;
        let [arrived_at, generation] = unpair(rest);
        let mut head = Head::from_words([id, capacity], tail::is_taken(generation))?;
        if head.is_dying() {
            head.set_unrouted(unrouted);
        }
        let both = [[a, b, c, d], [e, f, g, h]];
        if !both.into_iter().all(Policy::are_sound) {
            return None;
        }
        let both = both.map(Policy::from_words);
        let mut tail = Tail::new(generation, arrived_at.wrapping_add(moved));
        for (direction, policy) in Direction::BOTH.into_iter().zip(both) {
            tail.set(direction, policy.amounts, policy.timestamp);
        }
        let fees = both.map(|policy| policy.fees);
        let edge = Edge::with_fees(unpair(nodes), fees, &tail, &head)?;
        Some(Self { head, edge, tail })
    }

    /// Returns what reads it.
    #[must_use]
    #[inline]
    pub const fn by_ref(&self) -> ChannelRef<'_> {
        ChannelRef {
            head: &self.head,
            edge: &self.edge,
            tail: &self.tail,
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
            tail: *self.tail,
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
        self.tail.age(now)
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
    pub fn policy(self, direction: Direction) -> Option<Policy> {
        let fees = self.fees_at(direction.side());
        fees.is_present().then(|| self.terms(direction))
    }

    /// Returns whether a payment of `amount` can go in this direction, as far as is known: the node has set
    /// terms, the direction is not disabled, and limits and capacity allow it.
    ///
    /// Terms that contradict themselves or the capacity allow nothing (BOLT 7,
    /// [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message)).
    #[must_use]
    #[inline]
    pub fn carries(self, direction: Direction, amount: Msat) -> bool {
        self.is_open(direction.side()) && self.lets_through(direction.side(), amount)
    }

    /// Returns the channel as words, of which [`Channel::from_words`] makes it again.
    pub(super) fn to_words(self) -> [u64; CHANNEL_WORDS] {
        let [id, capacity] = self.head.to_words();
        let [[a, b, c, d], [e, f, g, h]] =
            Direction::BOTH.map(|direction| self.terms(direction).to_words());
        let rest = pair([self.tail.arrived_at(), self.tail.generation()]);
        let nodes = pair(self.nodes().map(|node| node.index() as u32));
        [id, capacity, a, b, c, d, e, f, g, h, nodes, rest]
    }

    /// Returns how often its slot was taken and freed.
    #[inline]
    pub(crate) fn generation(self) -> u32 {
        self.tail.generation()
    }

    /// Returns the node on a side.
    #[inline]
    pub(crate) fn node_at(self, side: usize) -> NodeHandle {
        self.edge.node_at(side)
    }

    /// Returns what a side asks for, which may be absent.
    #[inline]
    pub(crate) const fn fees_at(self, side: usize) -> &'a Fees {
        self.edge.fees_at(side)
    }

    /// Returns whether payments can be sent from a side, if it [lets](Self::lets_through) their amount.
    #[inline]
    pub(crate) const fn is_open(self, side: usize) -> bool {
        self.edge.is_open(side)
    }

    /// Returns whether a side forwards this amount.
    #[inline]
    pub(crate) fn lets_through(self, side: usize, amount: Msat) -> bool {
        self.tail.amounts(side).include(amount)
    }

    /// Returns the terms of a direction, which may be absent.
    #[inline]
    const fn terms(self, direction: Direction) -> Policy {
        Policy {
            timestamp: self.tail.timestamp(direction),
            fees: *self.fees_at(direction.side()),
            amounts: self.tail.amounts(direction.side()),
        }
    }

    /// Returns the side that `node`, one of the two, is on.
    #[inline]
    pub(crate) fn side_of(self, node: NodeHandle) -> usize {
        self.edge.side_of(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Handle as _;

    #[test]
    fn words_do_not_bring_marks_of_their_own() {
        let mut words = [0; CHANNEL_WORDS];
        words[10] = pair([1, 2]);
        let channel = Channel::from_words(&words, 0, false).unwrap();
        assert!(channel.edge.is_marked_for(&channel.head, &channel.tail) && channel.edge.is_free());
        assert_eq!(channel.by_ref().nodes(), [1, 2].map(NodeHandle::from_index));
        assert_eq!(channel.by_ref().to_words(), words);
        for bit in [30, 31, 62, 63] {
            let mut marked = words;
            marked[10] |= 1 << bit;
            assert_eq!(Channel::from_words(&marked, 0, false), None, "{bit}");
        }
    }
}
