//! What is seldom asked of a channel: what may go through it at once, and when everything came.

use core::time::Duration;

use lnwire::{Instant, Msat, Timestamp, bolt7::ChannelUpdate};

use super::Direction;
use crate::{memory::Plain, prefetch::prefetch};

/// The amounts that each side of a channel forwards, which a search reads of those ways only that are worth it; since when
/// the channel is there, when its terms were set, and how often its slot was taken and freed.
///
/// Three quarters of a line of the cache. What an update of one side touches lies side by side, and so seldom in two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub(crate) struct Tail {
    /// As `two`, means nothing without terms.
    one: Amounts,
    /// Odd while the slot is taken.
    generation: u32,
    /// Seconds since the embedder's epoch, modulo 2^32.
    arrived_at: u32,
    /// When the terms of each side were set, 0 if none were.
    timestamps: [u32; 2],
    two: Amounts,
}

/// The amounts that one side forwards, in msat: of a `channel_update`, those between `htlc_minimum_msat` and
/// `htlc_maximum_msat`, and both of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Amounts {
    pub(super) minimum: u64,
    pub(super) maximum: u64,
}

const _: () = assert!(size_of::<Tail>() == 4 * 8 + 4 * 4, "no padding");

impl Plain for Tail {}

impl Tail {
    /// Of a slot that is not there.
    pub(super) const NONE: Self = Self::new(0, 0);

    /// Of a channel without terms.
    #[inline]
    pub(super) const fn new(generation: u32, arrived_at: u32) -> Self {
        Self {
            one: Amounts::NONE,
            generation,
            arrived_at,
            timestamps: [0; 2],
            two: Amounts::NONE,
        }
    }

    /// Takes the slot of this for a channel that arrives.
    #[inline]
    pub(super) fn take(&mut self, now: Instant) {
        *self = Self::new(self.generation.wrapping_add(1), seconds(now));
    }

    /// Frees the slot of this.
    pub(super) const fn free(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// Takes note of which amounts a direction forwards, and when that was set.
    #[inline]
    pub(super) const fn set(
        &mut self,
        direction: Direction,
        amounts: Amounts,
        timestamp: Timestamp,
    ) {
        // A place that is chosen, and not which of two writes is done: a processor would guess every other one wrong.
        let place = match direction {
            Direction::OneToTwo => &mut self.one,
            Direction::TwoToOne => &mut self.two,
        };
        *place = amounts;
        self.timestamps[direction.side()] = timestamp.0;
    }

    pub(super) fn set_age(&mut self, now: Instant, age: Duration) {
        self.arrived_at = seconds(now).wrapping_sub(age.as_secs() as u32);
    }

    /// Returns which amounts a side forwards.
    #[inline]
    pub(super) const fn amounts(&self, side: usize) -> Amounts {
        *self.amounts_at(side)
    }

    #[inline]
    const fn amounts_at(&self, side: usize) -> &Amounts {
        if side % 2 == 0 { &self.one } else { &self.two }
    }

    /// Returns when the terms of a direction were set, if any were.
    #[inline]
    pub(super) const fn timestamp(&self, direction: Direction) -> Timestamp {
        Timestamp(self.timestamps[direction.side()])
    }

    /// Returns how often the slot was taken and freed.
    #[inline]
    pub(crate) const fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) const fn arrived_at(&self) -> u32 {
        self.arrived_at
    }

    pub(super) const fn age(&self, now: Instant) -> Duration {
        let age = seconds(now).wrapping_sub(self.arrived_at);
        Duration::from_secs(if age > u32::MAX / 2 { 0 } else { age as u64 })
    }

    /// Asks for what an update of a direction will touch.
    #[inline(always)]
    pub(super) fn prefetch(&self, direction: Direction) {
        prefetch(&self.generation);
        prefetch(self.amounts_at(direction.side()));
    }
}

impl Amounts {
    pub(super) const NONE: Self = Self {
        minimum: 0,
        maximum: 0,
    };

    #[inline]
    pub(super) fn from_update(update: &ChannelUpdate) -> Self {
        Self {
            minimum: update.htlc_minimum_msat().as_msat(),
            maximum: update.htlc_maximum_msat().as_msat(),
        }
    }

    /// Returns whether this is one of them.
    #[inline]
    pub(super) fn include(self, amount: Msat) -> bool {
        (self.minimum..=self.maximum).contains(&amount.as_msat())
    }
}

/// Returns whether a slot with this generation is taken.
#[inline]
pub(crate) const fn is_taken(generation: u32) -> bool {
    generation % 2 == 1
}

pub(super) const fn seconds(now: Instant) -> u32 {
    now.since_epoch().as_secs() as u32
}
