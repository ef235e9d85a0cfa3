//! Messages that will never be right, by their hash.

use core::{mem, time::Duration};

use hashbrown::HashMap;
use lnwire::Instant;

use super::DropReason;
use crate::salt::Salt;

/// Remembers final verdicts of "invalid" by a salted hash of all bytes: the message before, in its place, and
/// what the peer sends next are other messages. What was accepted is not in here: the graph says so itself, by
/// the timestamps that come with each message, and may forget it and want it again.
///
/// Two generations: when the younger one is full or old, the older one goes.
#[derive(Debug)]
pub(super) struct Seen {
    young: HashMap<u64, Verdict, Salt>,
    old: HashMap<u64, Verdict, Salt>,
    max: usize,
    lasts: Duration,
    began: Instant,
}

impl Seen {
    pub(super) fn new(max: usize, lasts: Duration, salt: &Salt) -> Self {
        Self {
            young: HashMap::with_hasher(salt.clone()),
            old: HashMap::with_hasher(salt.clone()),
            max: max.max(1),
            lasts,
            began: Instant::ZERO,
        }
    }

    /// Returns why a copy is dropped.
    pub(super) fn get(&self, hash: u64) -> Option<DropReason> {
        let verdict = self.young.get(&hash).or_else(|| self.old.get(&hash))?;
        Some(match verdict {
            Verdict::InvalidSignature => DropReason::InvalidCopy,
            Verdict::NoFunding => DropReason::FundingNotFound,
            Verdict::OtherScript => DropReason::FundingScript,
        })
    }

    /// Remembers the message if it was dropped for what it is.
    pub(super) fn insert(&mut self, now: Instant, hash: u64, reason: DropReason) {
        let verdict = match reason {
            DropReason::Signature(_) => Verdict::InvalidSignature,
            DropReason::FundingNotFound => Verdict::NoFunding,
            DropReason::FundingScript => Verdict::OtherScript,
            _ => return,
        };
        self.turn(now);
        self.young.insert(hash, verdict);
    }

    /// Lets the older generation go when it is time.
    pub(super) fn turn(&mut self, now: Instant) {
        if self.young.len() >= self.max || now.saturating_since(self.began) >= self.lasts {
            let empty = HashMap::with_hasher(self.young.hasher().clone());
            self.old = mem::replace(&mut self.young, empty);
            self.began = now;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    InvalidSignature,
    NoFunding,
    OtherScript,
}
