//! Where the peer may be reached, and what of that was tried in this round.

use alloc::vec::Vec;

use lnwire::Address;

/// At most this many addresses are kept; those of the user stay, then the first ones told.
pub(super) const MAX_ADDRESSES: usize = 16;

/// The addresses, in the order in which they are dialled. Invariant: no two are equal, at most
/// [`MAX_ADDRESSES`].
#[derive(Debug, Default)]
pub(super) struct AddressList(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    address: Address,
    source: Source,
    tried: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    User,
    Announced,
}

impl AddressList {
    /// Puts the user's addresses in front; the others stay behind.
    pub(super) fn prefer(&mut self, addresses: Vec<Address>) {
        let known = core::mem::take(&mut self.0);
        let was_tried = |address: &Address| known.iter().any(|e| e.address == *address && e.tried);
        let mut list = Vec::with_capacity(MAX_ADDRESSES);
        add(&mut list, addresses, Source::User, was_tried);
        for entry in known {
            if list.len() < MAX_ADDRESSES && !contains(&list, &entry.address) {
                list.push(entry);
            }
        }
        self.0 = list;
    }

    /// Replaces the announced addresses; the user's stay. New ones are to be tried in this round if
    /// `in_this_round`, else from the next on. Returns whether there is a new one.
    pub(super) fn announce(&mut self, addresses: Vec<Address>, in_this_round: bool) -> bool {
        let known = core::mem::take(&mut self.0);
        let was_tried = |address: &Address| match known.iter().find(|e| e.address == *address) {
            Some(entry) => entry.tried,
            None => !in_this_round,
        };
        let mut list = Vec::with_capacity(MAX_ADDRESSES);
        let mut announced = Vec::with_capacity(MAX_ADDRESSES);
        add(&mut announced, addresses, Source::Announced, was_tried);
        let is_new = announced.iter().any(|e| !contains(&known, &e.address));
        // The order stays: who was reached last is in front.
        for entry in known {
            if entry.source == Source::User || contains(&announced, &entry.address) {
                list.push(entry);
            }
        }
        for entry in announced {
            if list.len() < MAX_ADDRESSES && !contains(&list, &entry.address) {
                list.push(entry);
            }
        }
        self.0 = list;
        is_new
    }

    /// Puts the address in front: it worked.
    pub(super) fn worked(&mut self, address: &Address) {
        if let Some(index) = self.0.iter().position(|entry| entry.address == *address) {
            let entry = self.0.remove(index);
            self.0.insert(0, entry);
        }
    }

    /// Begins a round: all are to be tried.
    pub(super) fn begin_round(&mut self) {
        self.0.iter_mut().for_each(|entry| entry.tried = false);
    }

    /// Takes the next address of the round; `None` once all were tried.
    pub(super) fn next(&mut self) -> Option<Address> {
        let entry = self.0.iter_mut().find(|entry| !entry.tried)?;
        entry.tried = true;
        Some(entry.address.clone())
    }

    pub(super) fn contains(&self, address: &Address) -> bool {
        contains(&self.0, address)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn contains(list: &[Entry], address: &Address) -> bool {
    list.iter().any(|entry| entry.address == *address)
}

fn add(
    list: &mut Vec<Entry>,
    addresses: Vec<Address>,
    source: Source,
    tried: impl Fn(&Address) -> bool,
) {
    for address in addresses {
        if list.len() < MAX_ADDRESSES && address.is_usable() && !contains(list, &address) {
            list.push(Entry {
                tried: tried(&address),
                address,
                source,
            });
        }
    }
}
