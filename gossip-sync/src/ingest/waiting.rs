//! What waits for announcements that are being checked.

use alloc::{collections::VecDeque, vec::Vec};

use super::{held::Ticket, job::JobId};

/// What waits for announcements that are being checked: updates of their channel, or their nodes' own
/// announcements.
///
/// All candidates are checked at once: if one waited for another, a forged one could hold up the real one.
/// A message waits for those that were there when it came, and no longer, so that an endless row of forged
/// ones cannot keep it for ever.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    candidates: Candidates,
    /// Each with the last candidate that it waits for: ascending.
    queue: VecDeque<(Option<JobId>, Ticket, T)>,
    /// A candidate was accepted, and nothing since has shown that the graph refused it.
    pub(super) settled: bool,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            candidates: Candidates::default(),
            queue: VecDeque::new(),
            settled: false,
        }
    }
}

impl<T> Waiting<T> {
    /// Adds a candidate that is younger than all others.
    pub(super) fn add_candidate(&mut self, id: JobId) {
        self.candidates.push(id);
    }

    pub(super) fn push(&mut self, ticket: Ticket, message: T) {
        self.queue
            .push_back((self.candidates.last(), ticket, message));
    }

    /// Hands over all that waits, in the order of arrival.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (Ticket, T)> + use<T> {
        let queue = core::mem::take(&mut self.queue);
        queue
            .into_iter()
            .map(|(_, ticket, message)| (ticket, message))
    }

    /// Takes note that a candidate is not checked any more.
    pub(super) fn end_candidate(&mut self, id: JobId) {
        self.candidates.remove(id);
    }

    /// Takes the next message out that has nothing left to wait for.
    pub(super) fn pop_hopeless(&mut self) -> Option<(Ticket, T)> {
        let (last, _, _) = self.queue.front()?;
        if self.candidates.first.is_some() && self.candidates.first <= *last {
            return None;
        }
        let (_, ticket, message) = self.queue.pop_front()?;
        Some((ticket, message))
    }

    /// Returns whether no candidate is left.
    pub(super) fn is_over(&self) -> bool {
        self.candidates.first.is_none()
    }
}

/// Jobs, ascending. Nearly always there is one: that takes no memory of its own.
#[derive(Debug, Default)]
struct Candidates {
    first: Option<JobId>,
    others: Vec<JobId>,
}

impl Candidates {
    fn push(&mut self, id: JobId) {
        if self.first.is_none() {
            self.first = Some(id);
        } else {
            self.others.push(id);
        }
    }

    fn last(&self) -> Option<JobId> {
        self.others.last().copied().or(self.first)
    }

    fn remove(&mut self, id: JobId) {
        if self.first == Some(id) {
            let next = !self.others.is_empty();
            self.first = next.then(|| self.others.remove(0));
        } else if let Ok(at) = self.others.binary_search(&id) {
            self.others.remove(at);
        }
    }
}
