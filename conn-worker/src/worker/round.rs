//! One round of dials: each address once, staggered, a few at a time.

use alloc::vec::Vec;

use lnwire::{Address, Instant};

use super::output::AttemptId;

/// The dials that are out, in the order in which they began, and when another may begin beside them.
#[derive(Debug)]
pub(super) struct Round {
    dials: Vec<Dial>,
    next_at: Instant,
    /// Whether a dial could begin and waits to be granted.
    pub(super) asks: bool,
    /// The back-off that a new address interrupted; it goes on if the round leads nowhere.
    pub(super) resume: Option<Instant>,
}

/// A dial that is out.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) attempt: AttemptId,
    pub(super) address: Address,
    pub(super) deadline: Instant,
}

impl Round {
    pub(super) const fn new(now: Instant, resume: Option<Instant>) -> Self {
        Self {
            dials: Vec::new(),
            next_at: now,
            asks: false,
            resume,
        }
    }

    /// Returns whether another dial may begin.
    pub(super) fn has_room(&self, max_dials: usize) -> bool {
        self.dials.len() < max_dials.max(1)
    }

    /// Returns when the next dial may begin: at once if none is out.
    pub(super) const fn next_at(&self) -> Instant {
        self.next_at
    }

    pub(super) fn begin(&mut self, dial: Dial, next_at: Instant) {
        self.dials.push(dial);
        self.next_at = next_at;
        self.asks = false;
    }

    /// Takes the dial out, which has come to nothing: there is no reason to wait with the next one.
    pub(super) fn failed(&mut self, now: Instant, attempt: AttemptId) -> Option<Dial> {
        let dial = self.remove(attempt)?;
        self.next_at = self.next_at.min(now);
        Some(dial)
    }

    pub(super) fn remove(&mut self, attempt: AttemptId) -> Option<Dial> {
        let index = self.dials.iter().position(|d| d.attempt == attempt)?;
        Some(self.dials.remove(index))
    }

    /// Takes out one whose time is over.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<AttemptId> {
        let dial = self.dials.iter().find(|dial| dial.deadline <= now)?;
        Some(dial.attempt)
    }

    /// Returns one that the list no longer has.
    pub(super) fn vanished(&self, is_known: impl Fn(&Address) -> bool) -> Option<AttemptId> {
        let dial = self.dials.iter().find(|dial| !is_known(&dial.address))?;
        Some(dial.attempt)
    }

    pub(super) fn attempts(&self) -> impl Iterator<Item = AttemptId> + '_ {
        self.dials.iter().map(|dial| dial.attempt)
    }

    pub(super) fn len(&self) -> usize {
        self.dials.len()
    }

    /// Returns when something is due, if `more` addresses are to be tried.
    pub(super) fn deadline(&self, more: bool, max_dials: usize) -> Option<Instant> {
        let next = (more && !self.asks && self.has_room(max_dials)).then_some(self.next_at);
        let timeouts = self.dials.iter().map(|dial| dial.deadline);
        timeouts.chain(next).min()
    }
}
