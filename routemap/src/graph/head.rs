//! What a channel is known by.

use lnwire::{Msat, ShortChannelId};

use crate::{arena::Record, memory::Plain, prefetch::prefetch};

/// Where a channel is and what it holds: what look-ups read.
///
/// A quarter of a line of the cache, and never parts of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub(crate) struct Head {
    short_channel_id: u64,
    /// The capacity in satoshi, 0 if nobody told, in the lower bits, and flags above.
    capacity_and_flags: u64,
}

const _: () = assert!(size_of::<Head>() == 2 * 8, "no padding");

const CAPACITY_BITS: u32 = 56;
const CAPACITY: u64 = (1 << CAPACITY_BITS) - 1;
/// The funding output is gone, or not there yet.
const DYING: u64 = 1 << CAPACITY_BITS;
/// No payment shall be sent this way.
const UNROUTED: u64 = 2 << CAPACITY_BITS;
const DYING_UNROUTED: u64 = DYING | UNROUTED;
/// The slot is not free.
const TAKEN: u64 = 4 << CAPACITY_BITS;

impl Plain for Head {}

impl Record for Head {
    #[inline]
    fn is_taken(&self) -> bool {
        self.capacity_and_flags & TAKEN != 0
    }

    #[inline]
    fn take(&mut self, new: Self) {
        self.short_channel_id = new.short_channel_id;
        self.capacity_and_flags = new.capacity_and_flags | TAKEN;
    }

    fn free(&mut self) {
        self.capacity_and_flags &= !TAKEN;
    }
}

impl Head {
    #[inline]
    pub(super) fn new(short_channel_id: ShortChannelId, capacity_sat: Option<u64>) -> Self {
        let mut head = Self {
            short_channel_id: short_channel_id.0,
            capacity_and_flags: 0,
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
        self.capacity_and_flags &= !DYING_UNROUTED;
        if dying {
            self.capacity_and_flags |= DYING | if unrouted { UNROUTED } else { 0 };
        }
    }

    /// Marks a channel that is dying as out of use for payments, or not.
    pub(super) fn set_unrouted(&mut self, unrouted: bool) {
        self.set_dying(self.is_dying(), unrouted);
    }

    /// Makes a head of [these words](Self::to_words), in a slot that is taken or not; `None` if no channel is like this.
    #[inline]
    pub(super) const fn from_words(
        [short_channel_id, capacity_and_flags]: [u64; 2],
        is_taken: bool,
    ) -> Option<Self> {
        match capacity_and_flags & !CAPACITY {
            0 | DYING | DYING_UNROUTED => Some(Self {
                short_channel_id,
                capacity_and_flags: capacity_and_flags | if is_taken { TAKEN } else { 0 },
            }),
            _ => None,
        }
    }

    /// Returns the head as words, without whether its slot is taken.
    pub(super) const fn to_words(self) -> [u64; 2] {
        [self.short_channel_id, self.capacity_and_flags & !TAKEN]
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
        self.capacity_and_flags & !TAKEN == 0
            || self.capacity_and_flags & UNROUTED == 0 && self.capacity_sat().is_none_or(is_there)
    }
}
