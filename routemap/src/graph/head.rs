//! What a channel is known by.

use core::time::Duration;

use lnwire::{Instant, Msat, ShortChannelId, Timestamp};

use super::{
    Direction,
    policy::{pair, unpair},
};
use crate::{arena::Record, memory::Plain, prefetch::prefetch};

/// Where a channel is, what it holds, since when, and when its terms were set: what look-ups read.
///
/// Half a line of the cache, and never parts of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub(crate) struct Head {
    short_channel_id: u64,
    /// The capacity in satoshi, 0 if nobody told, in the lower bits, and flags above.
    capacity_and_flags: u64,
    generation: u32,
    /// Seconds since the embedder's epoch, modulo 2^32.
    arrived_at: u32,
    /// When the terms of each side were set, 0 if none were.
    timestamps: [u32; 2],
}

const _: () = assert!(size_of::<Head>() == 2 * 8 + 4 * 4, "no padding");

const CAPACITY_BITS: u32 = 56;
const CAPACITY: u64 = (1 << CAPACITY_BITS) - 1;
/// The funding output is gone, or not there yet.
const DYING: u64 = 1 << CAPACITY_BITS;
/// No payment shall be sent this way.
const UNROUTED: u64 = 2 << CAPACITY_BITS;
const DYING_UNROUTED: u64 = DYING | UNROUTED;

impl Plain for Head {}

impl Record for Head {
    #[inline]
    fn generation(&self) -> u32 {
        self.generation
    }

    #[inline]
    fn set_generation(&mut self, generation: u32) {
        self.generation = generation;
    }
}

impl Head {
    #[inline]
    pub(super) fn new(
        now: Instant,
        short_channel_id: ShortChannelId,
        capacity_sat: Option<u64>,
    ) -> Self {
        let mut head = Self {
            short_channel_id: short_channel_id.0,
            arrived_at: seconds(now),
            ..Self::default()
        };
        head.set_capacity_sat(capacity_sat.unwrap_or(0));
        head
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

    /// Marks a channel that is dying as out of use for payments, or not.
    pub(super) fn set_unrouted(&mut self, unrouted: bool) {
        self.set_dying(self.is_dying(), unrouted);
    }

    /// Takes note of when the terms of a direction were set.
    #[inline]
    pub(super) const fn set_timestamp(&mut self, direction: Direction, timestamp: Timestamp) {
        self.timestamps[direction.side()] = timestamp.0;
    }

    /// Returns when the terms of a direction were set, if any were.
    #[inline]
    pub(super) const fn timestamp(&self, direction: Direction) -> Timestamp {
        Timestamp(self.timestamps[direction.side()])
    }

    /// Makes a head of [these words](Self::to_words), that says `moved` seconds more for when the channel arrived; `None` if no
    /// channel is like this.
    #[inline]
    pub(super) fn from_words(
        [short_channel_id, capacity_and_flags, rest]: [u64; 3],
        moved: u32,
    ) -> Option<Self> {
        let [arrived_at, generation] = unpair(rest);
        let flags = capacity_and_flags & !CAPACITY;
        matches!(flags, 0 | DYING | DYING_UNROUTED).then_some(Self {
            short_channel_id,
            capacity_and_flags,
            generation,
            arrived_at: arrived_at.wrapping_add(moved),
            timestamps: [0; 2],
        })
    }

    /// Returns the head as words, without the timestamps.
    pub(super) const fn to_words(self) -> [u64; 3] {
        [
            self.short_channel_id,
            self.capacity_and_flags,
            pair([self.arrived_at, self.generation]),
        ]
    }

    #[inline(always)]
    pub(super) fn prefetch(&self) {
        prefetch(self);
    }

    #[inline]
    pub(crate) const fn short_channel_id(&self) -> ShortChannelId {
        ShortChannelId(self.short_channel_id)
    }

    #[inline]
    pub(super) const fn capacity_sat(&self) -> Option<u64> {
        match self.capacity_and_flags & CAPACITY {
            0 => None,
            sat => Some(sat),
        }
    }

    pub(super) const fn is_dying(&self) -> bool {
        self.capacity_and_flags & DYING != 0
    }

    /// Returns whether payments may go this way on terms with this maximum: it is not more than there is, and the channel is
    /// not out of use.
    #[inline]
    pub(super) fn lets_pay(&self, maximum: Msat) -> bool {
        let is_there = |sat| maximum <= Msat::from_sat(sat);
        self.capacity_and_flags == 0
            || self.capacity_and_flags & UNROUTED == 0 && self.capacity_sat().is_none_or(is_there)
    }

    pub(super) const fn age(&self, now: Instant) -> Duration {
        let age = seconds(now).wrapping_sub(self.arrived_at);
        Duration::from_secs(if age > u32::MAX / 2 { 0 } else { age as u64 })
    }
}

pub(super) const fn seconds(now: Instant) -> u32 {
    now.since_epoch().as_secs() as u32
}
