//! Who is kept out, and until when.

use alloc::collections::BTreeMap;

use lnwire::{Instant, NodeId};

use super::group::AddressGroup;

/// Whom a ban is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Banned {
    /// A node, which costs nothing to replace by another.
    Node(NodeId),
    /// All of a /24 or /48, before it costs us a handshake.
    Group(AddressGroup),
}

/// At most [`MAX`](Self::MAX); the one that ends first makes way for a longer one.
#[derive(Debug, Default)]
pub(super) struct Bans(BTreeMap<Banned, Instant>);

impl Bans {
    pub(super) const MAX: usize = 10_000;

    pub(super) fn add(&mut self, now: Instant, banned: Banned, until: Instant) {
        if self.0.len() >= Self::MAX && !self.0.contains_key(&banned) {
            self.0.retain(|_, until| *until > now);
            let first = self.0.iter().min_by_key(|(_, until)| **until);
            if let Some((first, end)) = first.map(|(banned, end)| (*banned, *end)) {
                if self.0.len() >= Self::MAX {
                    if end >= until {
                        return;
                    }
                    self.0.remove(&first);
                }
            }
        }
        self.0.insert(banned, until);
    }

    pub(super) fn lift(&mut self, banned: &Banned) {
        self.0.remove(banned);
    }

    /// Returns whether it is banned at `now`.
    pub(super) fn contains(&self, now: Instant, banned: &Banned) -> bool {
        self.0.get(banned).is_some_and(|until| *until > now)
    }
}
