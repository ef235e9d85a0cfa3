//! Inbound handshakes: how many may be under way, and who makes way.
//!
//! Anybody can open sockets and say nothing. What keeps out others is not how many there are: each network has a few
//! places, and when all are taken the oldest that has said nothing goes.

use alloc::collections::BTreeMap;

use lnwire::Instant;

use super::config::PoolConfig;
use super::group::AddressGroup;
use super::io::{ConnId, Refused};
use super::rate::Rate;

#[derive(Debug)]
pub(super) struct Admission {
    max: usize,
    max_of_group: usize,
    max_ungrouped: usize,
    rate: Rate,
    /// Handshakes under way, oldest first, and whether anything has come of each.
    pending: BTreeMap<ConnId, (Option<AddressGroup>, bool)>,
    of_group: BTreeMap<AddressGroup, usize>,
    ungrouped: usize,
}

/// There is a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Whose place it was.
    pub(super) evicts: Option<ConnId>,
}

impl Admission {
    pub(super) fn new(config: &PoolConfig) -> Self {
        Self {
            max: config.max_pending.max(1),
            max_of_group: config.max_pending_of_group.max(1),
            max_ungrouped: config.max_pending_ungrouped.max(1),
            rate: Rate::new(config.accepts_per_second, config.max_pending),
            pending: BTreeMap::new(),
            of_group: BTreeMap::new(),
            ungrouped: 0,
        }
    }

    /// Looks for a place for a newcomer.
    pub(super) fn place(
        &mut self,
        now: Instant,
        group: Option<AddressGroup>,
    ) -> Result<Place, Refused> {
        let mine = match group {
            Some(group) => self.of_group.get(&group).copied().unwrap_or(0) >= self.max_of_group,
            None => self.ungrouped >= self.max_ungrouped,
        };
        // Whoever fills the places of its network makes way for itself alone.
        let evicts = if mine {
            Some(self.silent(|other| other == group).ok_or(Refused::Busy)?)
        } else if self.pending.len() - self.ungrouped >= self.max && group.is_some() {
            Some(self.silent(|other| other.is_some()).ok_or(Refused::Busy)?)
        } else {
            None
        };
        if !self.rate.take(now) {
            return Err(Refused::TooFast);
        }
        Ok(Place { evicts })
    }

    /// Returns the oldest that has said nothing, among some.
    fn silent(&self, among: impl Fn(Option<AddressGroup>) -> bool) -> Option<ConnId> {
        let mut pending = self.pending.iter();
        pending
            .find(|(_, (group, heard))| !heard && among(*group))
            .map(|(conn, _)| *conn)
    }

    pub(super) fn add(&mut self, conn: ConnId, group: Option<AddressGroup>) {
        self.pending.insert(conn, (group, false));
        match group {
            Some(group) => *self.of_group.entry(group).or_default() += 1,
            None => self.ungrouped += 1,
        }
    }

    pub(super) fn heard(&mut self, conn: ConnId) {
        if let Some((_, heard)) = self.pending.get_mut(&conn) {
            *heard = true;
        }
    }

    /// The handshake is over, one way or the other.
    pub(super) fn remove(&mut self, conn: ConnId) {
        let Some((group, _)) = self.pending.remove(&conn) else {
            return;
        };
        let Some(group) = group else {
            self.ungrouped -= 1;
            return;
        };
        if let Some(count) = self.of_group.get_mut(&group) {
            *count -= 1;
            if *count == 0 {
                self.of_group.remove(&group);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }
}
