//! Inbound handshakes: how many may be under way, and who makes way.
//!
//! Anybody can open sockets and say nothing, or a byte and no more. What keeps out others is not how many there are: each
//! network has a few places and a rate of its own, and when all places are taken the oldest that has said nothing goes, or the
//! oldest of the network that holds the most. Those without a network have places and a rate apart from all others.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;

use lnwire::Instant;

use super::config::PoolConfig;
use super::group::{AddressGroup, Network};
use super::io::{ConnId, Refused};
use super::rate::Rate;

#[derive(Debug)]
pub(super) struct Admission {
    max: usize,
    max_of_group: usize,
    max_ungrouped: usize,
    /// For all that have a network, for all that have none, and for each network.
    rate: Rate,
    rate_ungrouped: Rate,
    rates: Rates,
    /// Handshakes under way, oldest first, and whether anything has come of each.
    pending: BTreeMap<ConnId, (Option<AddressGroup>, bool)>,
    of_group: BTreeMap<AddressGroup, usize>,
    of_network: BTreeMap<Network, usize>,
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
            rate_ungrouped: Rate::new(
                config.accepts_per_second_ungrouped,
                config.max_pending_ungrouped,
            ),
            rates: Rates::new(Rate::new(
                config.accepts_per_second_of_network,
                config.max_pending / 4,
            )),
            pending: BTreeMap::new(),
            of_group: BTreeMap::new(),
            of_network: BTreeMap::new(),
            ungrouped: 0,
        }
    }

    /// Looks for a place for a newcomer.
    pub(super) fn place(
        &mut self,
        now: Instant,
        group: Option<AddressGroup>,
    ) -> Result<Place, Refused> {
        let is_full = match group {
            Some(group) => self.of_group.get(&group).copied().unwrap_or(0) >= self.max_of_group,
            None => self.ungrouped >= self.max_ungrouped,
        };
        // Whoever fills the places of its group makes way for itself alone.
        let evicts = if is_full {
            Some(self.silent(|other| other == group).ok_or(Refused::Busy)?)
        } else {
            match group {
                Some(group) if self.pending.len() - self.ungrouped >= self.max => {
                    let silent = self.silent(|other| other.is_some());
                    let conn = silent.or_else(|| self.crowded(group.network()));
                    Some(conn.ok_or(Refused::Busy)?)
                }
                _ => None,
            }
        };
        if self.take_rate(now, group.map(AddressGroup::network)) {
            Ok(Place { evicts })
        } else {
            Err(Refused::TooFast)
        }
    }

    /// Who comes too fast uses up its own rate, and nothing of the others'.
    fn take_rate(&mut self, now: Instant, network: Option<Network>) -> bool {
        match network {
            None => self.rate_ungrouped.take(now),
            Some(network) => {
                self.rate.next() <= now && self.rates.take(now, network) && self.rate.take(now)
            }
        }
    }

    /// Returns the oldest that has said nothing, among some.
    fn silent(&self, among: impl Fn(Option<AddressGroup>) -> bool) -> Option<ConnId> {
        let mut pending = self.pending.iter();
        pending
            .find(|(_, (group, heard))| !heard && among(*group))
            .map(|(conn, _)| *conn)
    }

    /// Returns the oldest of the network that holds the most, if that has at least two more than the newcomer's will have.
    fn crowded(&self, newcomer: Network) -> Option<ConnId> {
        let mine = self.of_network.get(&newcomer).copied().unwrap_or(0);
        let crowded = self.of_network.iter().max_by_key(|(_, count)| **count);
        let (network, _) = crowded.filter(|(_, count)| **count > mine + 1)?;
        let mut pending = self.pending.iter();
        pending
            .find(|(_, (group, _))| group.is_some_and(|group| group.network() == *network))
            .map(|(conn, _)| *conn)
    }

    pub(super) fn add(&mut self, conn: ConnId, group: Option<AddressGroup>) {
        self.pending.insert(conn, (group, false));
        match group {
            Some(group) => {
                *self.of_group.entry(group).or_default() += 1;
                *self.of_network.entry(group.network()).or_default() += 1;
            }
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
        take_one(&mut self.of_group, group);
        take_one(&mut self.of_network, group.network());
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) {
    if let Entry::Occupied(mut entry) = counts.entry(key) {
        *entry.get_mut() -= 1;
        if *entry.get() == 0 {
            entry.remove();
        }
    }
}

/// A rate for each network. Only those are remembered that came in the last seconds, until their rate is all theirs again:
/// as many as the rate for all lets in meanwhile, or twice that.
#[derive(Debug)]
struct Rates {
    /// That of a network that has not come yet.
    fresh: Rate,
    used: BTreeMap<Network, Rate>,
    /// When there are so many, those that are as good as fresh are forgotten.
    sweep_at: usize,
}

impl Rates {
    const fn new(fresh: Rate) -> Self {
        Self {
            fresh,
            used: BTreeMap::new(),
            sweep_at: MIN_SWEEP,
        }
    }

    fn take(&mut self, now: Instant, network: Network) -> bool {
        if self.used.len() >= self.sweep_at {
            self.used.retain(|_, rate| !rate.is_full(now));
            self.sweep_at = MIN_SWEEP.max(2 * self.used.len());
        }
        let rate = self.used.entry(network);
        rate.or_insert_with(|| self.fresh.clone()).take(now)
    }
}

const MIN_SWEEP: usize = 64;
