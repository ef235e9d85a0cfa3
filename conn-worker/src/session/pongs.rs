//! Pongs that are owed, as lengths only.
//!
//! Two bounds keep a peer from turning its small pings into our large pongs. At most [`MAX_OWED`] answers wait;
//! while so many do, no more input is taken. And the bytes of its answers fill a bucket that leaks: when it is
//! full the peer is warned, at twice that it is left.

use alloc::collections::VecDeque;
use core::time::Duration;

use lnwire::Instant;

use super::lanes::FRAME_OVERHEAD;

/// How many pongs may wait. No honest peer known has more than two pings under way.
pub(super) const MAX_OWED: usize = 16;
/// What the bucket holds, in bytes on the wire: a ping every 32 gossip messages, as LDK sends while it serves
/// the whole graph, stays far below.
const BURST: u64 = 1024 * 1024;
/// What leaks out of the bucket, in bytes a second.
const LEAK: u64 = 16 * 1024;
/// Type and length, in front of a pong's bytes.
pub(super) const PONG_HEAD: usize = 4;

/// What to do about one more ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    Warn,
    Flood,
}

#[derive(Debug)]
pub(super) struct Pongs {
    owed: VecDeque<u16>,
    level: u64,
    leaked_at: Instant,
}

impl Pongs {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            owed: VecDeque::new(),
            level: 0,
            leaked_at: now,
        }
    }

    /// Notes that a pong with `len` bytes is due.
    pub(super) fn owe(&mut self, now: Instant, len: u16) -> Verdict {
        self.leak(now);
        self.level += u64::from(len) + (PONG_HEAD + FRAME_OVERHEAD) as u64;
        if self.level > 2 * BURST {
            return Verdict::Flood;
        }
        self.owed.push_back(len);
        if self.level > BURST {
            Verdict::Warn
        } else {
            Verdict::Fine
        }
    }

    pub(super) fn front(&self) -> Option<u16> {
        self.owed.front().copied()
    }

    pub(super) fn pop(&mut self) -> Option<u16> {
        self.owed.pop_front()
    }

    pub(super) fn is_full(&self) -> bool {
        self.owed.len() >= MAX_OWED
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owed.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.owed = VecDeque::new();
    }

    /// Lets whole seconds leak, so that nothing is lost to rounding.
    fn leak(&mut self, now: Instant) {
        let seconds = (now - self.leaked_at).as_secs();
        self.leaked_at = self.leaked_at + Duration::from_secs(seconds);
        self.level = self.level.saturating_sub(seconds.saturating_mul(LEAK));
    }
}
