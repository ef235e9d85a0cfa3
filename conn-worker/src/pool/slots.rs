//! Places for peers that we share no channel with: who has one, and who gives it up.

use alloc::collections::BTreeMap;

use super::group::{AddressGroup, Network};
use super::io::ConnId;

/// What a peer is to us, which decides whether its inbound connection needs a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Nobody in particular: needs one of [`restricted_slots`](super::PoolConfig::restricted_slots).
    #[default]
    Restricted,
    /// A channel is being opened, or we dial it: needs none.
    Temporary,
    /// There is or was a channel: needs none, and is not banned by its key.
    Protected,
}

/// The slots. One is taken when the peer has proved its key, and given back when the connection is gone: there is no
/// moment at which more connections than slots are on their way.
#[derive(Debug)]
pub(super) struct Slots {
    max: usize,
    max_ungrouped: usize,
    ungrouped: usize,
    taken: BTreeMap<ConnId, Holder>,
    of_network: BTreeMap<Network, usize>,
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    network: Option<Network>,
    score: u32,
}

/// Whether there is a slot for a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Free,
    /// If this connection goes.
    InPlaceOf(ConnId),
    None,
}

impl Slots {
    pub(super) const fn new(max: usize, max_ungrouped: usize) -> Self {
        Self {
            max,
            max_ungrouped,
            ungrouped: 0,
            taken: BTreeMap::new(),
            of_network: BTreeMap::new(),
        }
    }

    /// Looks for a slot for a newcomer from `group`.
    ///
    /// When all are taken the network with the most of them gives one up, if it has at least two more than the
    /// newcomer's would have then: the youngest that has been of the least use. Those without a network are never given up
    /// for it. One pass over the slots, only when they are full.
    pub(super) fn find(&self, group: Option<AddressGroup>) -> Slot {
        if group.is_none() && self.ungrouped >= self.max_ungrouped {
            return Slot::None;
        }
        if self.taken.len() < self.max {
            return Slot::Free;
        }
        let count = |network: Network| self.of_network.get(&network).copied().unwrap_or(0);
        let mine = group.map_or(0, |group| count(group.network()));
        let crowded = self.of_network.iter().max_by_key(|(_, count)| **count);
        let Some((network, _)) = crowded.filter(|(_, count)| **count > mine + 1) else {
            return Slot::None;
        };
        let conn = self.least(|holder| holder.network == Some(*network));
        conn.map_or(Slot::None, Slot::InPlaceOf)
    }

    /// Returns who goes if one has to: of the network with the most slots, else one without a network. One pass over the
    /// slots.
    pub(super) fn expendable(&self) -> Option<ConnId> {
        let crowded = self.of_network.iter().max_by_key(|(_, count)| **count);
        match crowded {
            Some((network, _)) => self.least(|holder| holder.network == Some(*network)),
            None => self.least(|_| true),
        }
    }

    /// Returns the youngest that has been of the least use, among some.
    fn least(&self, among: impl Fn(&Holder) -> bool) -> Option<ConnId> {
        let holders = self.taken.iter().rev().filter(|(_, holder)| among(holder));
        let least = holders.min_by_key(|(_, holder)| holder.score);
        least.map(|(conn, _)| *conn)
    }

    pub(super) fn take(&mut self, conn: ConnId, group: Option<AddressGroup>, score: u32) {
        let network = group.map(AddressGroup::network);
        match network {
            Some(network) => *self.of_network.entry(network).or_default() += 1,
            None => self.ungrouped += 1,
        }
        self.taken.insert(conn, Holder { network, score });
    }

    pub(super) fn set_score(&mut self, conn: ConnId, score: u32) {
        if let Some(holder) = self.taken.get_mut(&conn) {
            holder.score = score;
        }
    }

    pub(super) fn release(&mut self, conn: ConnId) {
        let Some(Holder { network, .. }) = self.taken.remove(&conn) else {
            return;
        };
        let Some(network) = network else {
            self.ungrouped -= 1;
            return;
        };
        if let Some(count) = self.of_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.of_network.remove(&network);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }
}
