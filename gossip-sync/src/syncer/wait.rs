//! When waiting ends.

use core::time::Duration;

use lnwire::Instant;

/// The deadlines of a state.
///
/// Gossip keeps a wait going, but any peer relays gossip that answers nothing. So there are three: the next
/// message at all, the next one that surely is an answer, and the end of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    progress: Instant,
    answer: Instant,
    total: Instant,
}

impl Wait {
    /// Begins with an answer due in `answer`, and the last in `total`.
    pub(super) fn new(now: Instant, answer: Duration, total: Duration) -> Self {
        Self {
            progress: now + answer,
            answer: now + answer,
            total: now + total,
        }
    }

    pub(super) fn deadline(self) -> Instant {
        self.progress.min(self.answer).min(self.total)
    }

    pub(super) fn is_over(self, now: Instant) -> bool {
        now >= self.total
    }

    /// Something came, perhaps an answer.
    pub(super) fn progressed(self, now: Instant, timeout: Duration) -> Self {
        Self {
            progress: now + timeout,
            ..self
        }
    }

    /// An answer came, or a question went out.
    pub(super) fn answered(self, now: Instant, progress: Duration, answer: Duration) -> Self {
        Self {
            progress: now + progress,
            answer: now + answer,
            ..self
        }
    }
}
