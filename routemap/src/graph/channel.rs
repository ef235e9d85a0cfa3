//! A channel's record.

use lnwire::{Msat, ShortChannelId};

use super::Policy;
use crate::arena::{ChannelHandle, Handle, NodeHandle};

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
/// Sides: 0 is `node_id_1`, 1 is `node_id_2`. What has two entries has one per side, and the terms are those
/// that the node on that side sets.
///
/// A channel is equal to another only if its neighbours in the lists of its nodes are the same, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Channel {
    short_channel_id: u64,
    /// 0 if nobody told.
    capacity_sat: u64,
    policies: [Policy; 2],
    /// Indexes of the nodes' slots.
    nodes: [u32; 2],
    /// The neighbours in the list of channels of the node on that side; see `adjacency`.
    pub(super) links: [Links; 2],
}

/// Neighbours in a doubly linked list of channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Links {
    pub(super) next: Option<ChannelHandle>,
    pub(super) previous: Option<ChannelHandle>,
}

impl Channel {
    pub(super) fn new(
        short_channel_id: ShortChannelId,
        nodes: [NodeHandle; 2],
        capacity_sat: Option<u64>,
    ) -> Self {
        Self {
            short_channel_id: short_channel_id.0,
            capacity_sat: capacity_sat.unwrap_or(0),
            nodes: nodes.map(|node| node.get().get() - 1),
            ..Self::default()
        }
    }

    pub(super) fn set_capacity_sat(&mut self, capacity_sat: u64) {
        self.capacity_sat = capacity_sat;
    }

    pub(super) fn set_policy(&mut self, direction: Direction, policy: Policy) {
        self.policies[direction.side()] = policy;
    }

    /// Returns the place of the funding output.
    #[must_use]
    #[inline]
    pub const fn short_channel_id(&self) -> ShortChannelId {
        ShortChannelId(self.short_channel_id)
    }

    /// Returns what the funding output holds, in satoshi, if the embedder told.
    #[must_use]
    pub const fn capacity_sat(&self) -> Option<u64> {
        match self.capacity_sat {
            0 => None,
            sat => Some(sat),
        }
    }

    /// Returns `node_id_1` and `node_id_2`.
    #[must_use]
    pub fn nodes(&self) -> [NodeHandle; 2] {
        self.nodes.map(NodeHandle::from_index)
    }

    /// Returns the node that sends in this direction and sets its terms.
    #[must_use]
    pub fn from_node(&self, direction: Direction) -> NodeHandle {
        self.node_at(direction.side())
    }

    /// Returns the node that receives in this direction.
    #[must_use]
    pub fn to_node(&self, direction: Direction) -> NodeHandle {
        self.node_at(1 - direction.side())
    }

    /// Returns the terms of a direction, if its node has sent any.
    #[must_use]
    pub fn policy(&self, direction: Direction) -> Option<&Policy> {
        let policy = &self.policies[direction.side()];
        policy.is_present().then_some(policy)
    }

    /// Returns whether a payment of `amount` can go in this direction, as far as is known: the node has set
    /// terms, the direction is not disabled, and limits and capacity allow it.
    ///
    /// Terms that contradict themselves or the capacity allow nothing (BOLT 7,
    /// [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message)).
    #[must_use]
    #[inline]
    pub fn carries(&self, direction: Direction, amount: Msat) -> bool {
        let policy = &self.policies[direction.side()];
        policy.is_enabled()
            && policy.htlc_minimum_msat() <= amount
            && amount <= policy.htlc_maximum_msat()
            && self
                .capacity_sat()
                .is_none_or(|sat| policy.htlc_maximum_msat() <= Msat::from_sat(sat))
    }

    /// Returns the number of directions that have terms.
    pub(super) fn policy_count(&self) -> u32 {
        self.policies
            .iter()
            .map(|p| u32::from(p.is_present()))
            .sum()
    }

    /// Returns the node on a side.
    #[inline]
    pub(crate) fn node_at(&self, side: usize) -> NodeHandle {
        NodeHandle::from_index(self.nodes[side % 2])
    }

    /// Returns the terms set on a side, which may be absent.
    #[inline]
    pub(crate) fn policy_at(&self, side: usize) -> &Policy {
        &self.policies[side % 2]
    }

    /// Returns the side that `node`, one of the two, is on.
    #[inline]
    pub(crate) fn side_of(&self, node: NodeHandle) -> usize {
        usize::from(self.nodes[1] as usize == node.index())
    }
}
