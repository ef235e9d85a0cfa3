//! What is under way, and whose it is.

use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};
use lnwire::NodeId;

use crate::salt::Salt;

/// A message that was taken: whose it is, which it is, how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) peer: Peer,
    pub(super) hash: u64,
    pub(super) len: usize,
}

/// A peer, by the number that it has while a message of it has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer(u32);

impl Peer {
    #[cfg(test)]
    pub(super) const fn new(number: u32) -> Self {
        Self(number)
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What one peer has under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// Everything that was taken and has no end yet.
///
/// Invariants: a message's hash is in it from [`take`](Self::take) to [`end`](Self::end), whether it is under
/// way or parked. While it is under way it is charged to its peer, once. So the usages never run below zero.
/// Until its end its peer keeps its number: a ticket names an account.
#[derive(Debug)]
pub(super) struct Held {
    hashes: HashSet<u64, Salt>,
    /// Peers all of whose messages have ended have no number. So a message looks its peer up when it comes, and not at each
    /// step of its way.
    numbers: HashMap<NodeId, Peer, Salt>,
    /// By number: as many as ever had something here at once.
    peers: Vec<Account>,
    /// Numbers that nobody has.
    free: Vec<Peer>,
    total: Usage,
}

#[derive(Debug)]
struct Account {
    id: NodeId,
    /// Messages without an end.
    messages: usize,
    under_way: Usage,
}

impl Held {
    pub(super) fn new(salt: &Salt) -> Self {
        Self {
            hashes: HashSet::with_hasher(salt.clone()),
            numbers: HashMap::with_hasher(salt.clone()),
            peers: Vec::new(),
            free: Vec::new(),
            total: Usage::default(),
        }
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    pub(super) const fn total(&self) -> Usage {
        self.total
    }

    pub(super) fn of(&self, peer: NodeId) -> Usage {
        let number = self.numbers.get(&peer);
        number.map_or_else(Usage::default, |peer| self.peers[peer.index()].under_way)
    }

    /// Returns whose a message is that has no end yet.
    pub(super) fn owner(&self, ticket: Ticket) -> NodeId {
        self.peers[ticket.peer.index()].id
    }

    /// Takes note of a message that has no end yet.
    pub(super) fn take(&mut self, peer: NodeId, hash: u64, len: usize) -> Ticket {
        self.hashes.insert(hash);
        let Self {
            numbers,
            peers,
            free,
            ..
        } = self;
        let peer = *numbers.entry(peer).or_insert_with(|| {
            let account = Account {
                id: peer,
                messages: 0,
                under_way: Usage::default(),
            };
            let number = free.pop().unwrap_or(Peer(peers.len() as u32));
            match peers.get_mut(number.index()) {
                Some(place) => *place = account,
                None => peers.push(account),
            }
            number
        });
        peers[peer.index()].messages += 1;
        Ticket { peer, hash, len }
    }

    /// It is under way.
    pub(super) fn charge(&mut self, ticket: Ticket) {
        let account = &mut self.peers[ticket.peer.index()];
        for usage in [&mut account.under_way, &mut self.total] {
            usage.messages += 1;
            usage.bytes += ticket.len;
        }
    }

    /// It is not under way any more.
    pub(super) fn discharge(&mut self, ticket: Ticket) {
        let account = &mut self.peers[ticket.peer.index()];
        for usage in [&mut account.under_way, &mut self.total] {
            usage.messages -= 1;
            usage.bytes -= ticket.len;
        }
    }

    /// It was not under way, and has its end. Returns whose it was.
    pub(super) fn end(&mut self, ticket: Ticket) -> NodeId {
        self.hashes.remove(&ticket.hash);
        let account = &mut self.peers[ticket.peer.index()];
        account.messages -= 1;
        if account.messages == 0 {
            self.numbers.remove(&account.id);
            self.free.push(ticket.peer);
        }
        account.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_used_again_and_by_one_peer_at_a_time() {
        let mut held = Held::new(&Salt::new(1));
        let node = |n: u8| NodeId([n; 33]);
        let [a, b] = [held.take(node(1), 1, 10), held.take(node(1), 2, 20)];
        let c = held.take(node(2), 3, 30);
        assert!(a.peer == b.peer && a.peer != c.peer);
        [a, b, c].into_iter().for_each(|ticket| held.charge(ticket));
        assert_eq!((held.of(node(1)).bytes, held.total().bytes), (30, 60));

        held.discharge(a);
        assert_eq!(held.end(a), node(1));
        let d = held.take(node(3), 4, 40);
        assert!(
            d.peer != b.peer && d.peer != c.peer,
            "one of its messages has no end"
        );
        held.discharge(b);
        assert_eq!((held.end(b), held.of(node(1))), (node(1), Usage::default()));
        let e = held.take(node(4), 5, 50);
        assert_eq!((e.peer, held.owner(e)), (b.peer, node(4)));
        assert_eq!(held.of(node(1)), Usage::default());
        assert_eq!((held.peers.len(), held.numbers.len()), (3, 3));
    }
}
