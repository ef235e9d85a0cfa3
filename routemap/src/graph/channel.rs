//! A channel's record.

use core::time::Duration;

use lnwire::{Instant, Msat, ShortChannelId};

use super::Policy;
use crate::{
    arena::{Handle, NodeHandle, Record},
    memory::Plain,
    prefetch::prefetch,
};

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
/// A channel is equal to another only if its slot and its places in the lists of its nodes are the same, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Channel {
    short_channel_id: u64,
    /// The capacity in satoshi, 0 if nobody told, in the lower bits, and flags above.
    capacity_and_flags: u64,
    generation: u32,
    /// Seconds since the embedder's epoch, modulo 2^32.
    arrived_at: u32,
    /// Indexes of the nodes' slots.
    nodes: [u32; 2],
    /// Where it is in the lists of these nodes; see `adjacency`.
    pub(super) positions: [u32; 2],
    policies: [Policy; 2],
}

const _: () = assert!(size_of::<Channel>() == 2 * 8 + 2 * 32 + 6 * 4, "no padding");

const CAPACITY_BITS: u32 = 56;
const CAPACITY: u64 = (1 << CAPACITY_BITS) - 1;
/// The funding output is gone, or not there yet.
const DYING: u64 = 1 << CAPACITY_BITS;
/// No payment shall be sent this way.
const UNROUTED: u64 = 2 << CAPACITY_BITS;
const DYING_UNROUTED: u64 = DYING | UNROUTED;

/// Words that say all of a channel.
pub(super) const CHANNEL_WORDS: usize = size_of::<Channel>() / 8;

impl Plain for Channel {}

impl Record for Channel {
    #[inline]
    fn generation(&self) -> u32 {
        self.generation
    }

    #[inline]
    fn set_generation(&mut self, generation: u32) {
        self.generation = generation;
    }
}

impl Channel {
    #[inline]
    pub(super) fn new(
        now: Instant,
        short_channel_id: ShortChannelId,
        nodes: [NodeHandle; 2],
        capacity_sat: Option<u64>,
    ) -> Self {
        let mut channel = Self {
            short_channel_id: short_channel_id.0,
            nodes: nodes.map(|node| node.get().get() - 1),
            arrived_at: seconds(now),
            ..Self::default()
        };
        channel.set_capacity_sat(capacity_sat.unwrap_or(0));
        channel
    }

    pub(super) fn set_capacity_sat(&mut self, capacity_sat: u64) {
        let flags = self.capacity_and_flags & !CAPACITY;
        self.capacity_and_flags = flags | capacity_sat.min(CAPACITY);
    }

    /// Marks the channel as dying, and as out of use for payments, or neither.
    pub(super) fn set_dying(&mut self, dying: bool, unrouted: bool) {
        self.capacity_and_flags &= CAPACITY;
        if dying {
            self.capacity_and_flags |= DYING | if unrouted { UNROUTED } else { 0 };
        }
    }

    pub(super) fn set_age(&mut self, now: Instant, age: Duration) {
        self.arrived_at = seconds(now).wrapping_sub(age.as_secs() as u32);
    }

    pub(super) fn set_policy(&mut self, direction: Direction, policy: Policy) {
        self.policies[direction.side()] = policy;
    }

    /// Marks a channel that is dying as out of use for payments, or not.
    pub(super) fn set_unrouted(&mut self, unrouted: bool) {
        self.set_dying(self.is_dying(), unrouted);
    }

    /// Returns the record as words, of which [`from_words`](Self::from_words) makes it again.
    pub(super) fn to_words(self) -> [u64; CHANNEL_WORDS] {
        let [a, b] = self.policies.map(Policy::to_words);
        let pair = |[low, high]: [u32; 2]| u64::from(high) << 32 | u64::from(low);
        [
            self.short_channel_id,
            self.capacity_and_flags,
            a[0],
            a[1],
            a[2],
            a[3],
            b[0],
            b[1],
            b[2],
            b[3],
            pair(self.nodes),
            pair(self.positions),
            pair([self.arrived_at, self.generation]),
        ]
    }

    /// Makes a record that says `moved` seconds more for when it arrived; `None` if no channel is like this.
    #[inline]
    pub(super) fn from_words(words: &[u64; CHANNEL_WORDS], moved: u32) -> Option<Self> {
        let pair = |word: u64| [word as u32, (word >> 32) as u32];
        let [id, capacity_and_flags, a, b, c, d, e, f, g, h, ..] = *words;
        let [arrived_at, generation] = pair(words[12]);
        let channel = Self {
            short_channel_id: id,
            capacity_and_flags,
            policies: [
                Policy::from_sound_words([a, b, c, d])?,
                Policy::from_sound_words([e, f, g, h])?,
            ],
            nodes: pair(words[10]),
            positions: pair(words[11]),
            arrived_at: arrived_at.wrapping_add(moved),
            generation,
        };
        let flags = capacity_and_flags & !CAPACITY;
        matches!(flags, 0 | DYING | DYING_UNROUTED).then_some(channel)
    }

    /// Asks for all but the terms.
    #[inline(always)]
    pub(super) fn prefetch_head(&self) {
        prefetch(&self.short_channel_id);
        prefetch(&self.generation);
    }

    /// Asks for the record and the terms of a direction, which may be in another line of the cache.
    #[inline(always)]
    pub(super) fn prefetch(&self, direction: Direction) {
        prefetch(&self.short_channel_id);
        prefetch(self.policy_at(direction.side()));
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
        match self.capacity_and_flags & CAPACITY {
            0 => None,
            sat => Some(sat),
        }
    }

    /// Returns whether the funding output was spent or reorganised out, so that the channel is not to be
    /// relayed and soon goes; see [`Graph::connect_block`](crate::Graph::connect_block).
    #[must_use]
    pub const fn is_dying(&self) -> bool {
        self.capacity_and_flags & DYING != 0
    }

    /// Returns how long ago the channel's announcement was applied, in whole seconds: 0 if `now` is before.
    ///
    /// Right up to 68 years. See [`Graph::set_age`](crate::Graph::set_age).
    #[must_use]
    pub const fn age(&self, now: Instant) -> Duration {
        let age = seconds(now).wrapping_sub(self.arrived_at);
        Duration::from_secs(if age > u32::MAX / 2 { 0 } else { age as u64 })
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
            && self.capacity_and_flags & UNROUTED == 0
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

pub(super) const fn seconds(now: Instant) -> u32 {
    now.since_epoch().as_secs() as u32
}
