//! Where the peer may be reached, what became of each address, and what of that was tried in this round.

use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{Address, Instant, Timestamp};

/// At most this many addresses are kept; those of the user stay, then the first ones told.
pub(super) const MAX_ADDRESSES: usize = 16;
/// Of these so many may be guesses.
const MAX_OBSERVED: usize = 4;

/// The addresses, in the order in which they are dialled. Invariant: no two are equal, at most
/// [`MAX_ADDRESSES`].
#[derive(Debug, Default)]
pub(super) struct AddressBook(Vec<Entry>);

/// An address, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) address: Address,
    pub(super) source: Source,
    /// When a session over it was up last.
    pub(super) worked_at: Option<When>,
    /// How often in a row it has failed.
    pub(super) fails: u32,
    /// Before this moment others are tried instead, if there are any.
    rests_until: Instant,
    tried: bool,
}

/// A moment of this process, or of one before it, whose clock is gone.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    Here(Instant),
    Before(Timestamp),
}

/// Who told the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Source {
    /// The application's user, with [`connect`](crate::Worker::connect).
    User,
    /// The peer's node announcement, with [`update_addresses`](crate::Worker::update_addresses).
    Announced,
    /// The embedder, which has seen the peer there, with [`observe`](crate::Worker::observe).
    Observed,
}

impl AddressBook {
    /// Puts the user's addresses in front; the others stay behind.
    pub(super) fn prefer(&mut self, addresses: Vec<Address>) {
        let mut known = core::mem::take(&mut self.0);
        let mut list = Vec::with_capacity(known.len().min(MAX_ADDRESSES));
        add(&mut list, addresses, Source::User, &mut known, false);
        known.truncate(MAX_ADDRESSES - list.len());
        list.append(&mut known);
        list.shrink_to_fit();
        self.0 = list;
    }

    /// Replaces the announced addresses; the user's stay. New ones are to be tried in this round if
    /// `in_this_round`, else from the next on. Returns whether there is a new one.
    pub(super) fn announce(&mut self, mut addresses: Vec<Address>, in_this_round: bool) -> bool {
        // A connection without Tor is there sooner.
        addresses.sort_by_key(is_onion);
        addresses.retain(|address| !self.contains(address) || !self.is_users(address));
        let mut known = core::mem::take(&mut self.0);
        // The order stays: who was reached last is in front.
        known.retain(|entry| {
            entry.source != Source::Announced || addresses.contains(&entry.address)
        });
        for entry in &mut known {
            if entry.source == Source::Observed && addresses.contains(&entry.address) {
                entry.source = Source::Announced;
            }
        }
        addresses.retain(|address| !known.iter().any(|entry| entry.address == *address));
        let before = known.len();
        add(
            &mut known,
            addresses,
            Source::Announced,
            &mut Vec::new(),
            !in_this_round,
        );
        let is_new = known.len() > before;
        // A guess comes after what the peer says itself, unless it was right.
        known.sort_by_key(|e| e.source == Source::Observed && e.worked_at.is_none());
        known.shrink_to_fit();
        self.0 = known;
        is_new
    }

    /// Puts an address behind all others, from the next round on. The one that was observed last before makes way if there
    /// are many.
    pub(super) fn observe(&mut self, address: Address) {
        if self.contains(&address) || !address.is_usable() {
            return;
        }
        let observed = self.0.iter().filter(|e| e.source == Source::Observed);
        if observed.count() >= MAX_OBSERVED {
            let last = self.0.iter().rposition(|e| e.source == Source::Observed);
            last.map(|index| self.0.remove(index));
        }
        let new = [address].into();
        add(&mut self.0, new, Source::Observed, &mut Vec::new(), true);
        self.0.shrink_to_fit();
    }

    /// A session over the address is up: it goes first from now on.
    pub(super) fn worked(&mut self, now: Instant, address: &Address) {
        if let Some(index) = self.0.iter().position(|entry| entry.address == *address) {
            let mut entry = self.0.remove(index);
            entry.worked_at = Some(When::Here(now));
            entry.fails = 0;
            entry.rests_until = now;
            self.0.insert(0, entry);
        }
    }

    /// Nobody was reached at the address: it rests, for longer each time.
    pub(super) fn failed(&mut self, now: Instant, address: &Address) {
        if let Some(entry) = self.0.iter_mut().find(|e| e.address == *address) {
            entry.fails = entry.fails.saturating_add(1);
            let rest = MIN_REST.saturating_mul(1 << entry.fails.min(20));
            entry.rests_until = now + rest.min(MAX_REST);
        }
    }

    /// Begins a round: all are to be tried that do not rest, or all if all of them rest.
    pub(super) fn begin_round(&mut self, now: Instant) {
        let awake = self.0.iter().any(|entry| entry.rests_until <= now);
        for entry in &mut self.0 {
            entry.tried = awake && entry.rests_until > now;
        }
    }

    /// Nothing is known any more of what can be reached.
    pub(super) fn wake(&mut self, now: Instant) {
        self.0.iter_mut().for_each(|e| e.rests_until = now);
    }

    /// Takes the next address of the round; `None` once all were tried.
    pub(super) fn next(&mut self) -> Option<Address> {
        let entry = self.0.iter_mut().find(|entry| !entry.tried)?;
        entry.tried = true;
        Some(entry.address.clone())
    }

    /// Returns whether there is a next address.
    pub(super) fn has_next(&self) -> bool {
        self.0.iter().any(|entry| !entry.tried)
    }

    pub(super) fn contains(&self, address: &Address) -> bool {
        self.0.iter().any(|entry| entry.address == *address)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Appends one that was saved, unless it is there or there are too many.
    pub(super) fn restore(
        &mut self,
        address: Address,
        source: Source,
        worked_at: Option<Timestamp>,
        fails: u32,
    ) {
        let before = self.0.len();
        add(
            &mut self.0,
            [address].into(),
            source,
            &mut Vec::new(),
            false,
        );
        if let Some(entry) = self.0.get_mut(before) {
            entry.worked_at = worked_at.map(When::Before);
            entry.fails = fails;
        }
    }

    fn is_users(&self, address: &Address) -> bool {
        let mut entries = self.0.iter();
        entries.any(|e| e.address == *address && e.source == Source::User)
    }
}

/// Appends usable addresses that are not in the list; what was `known` of them is taken along.
fn add(
    list: &mut Vec<Entry>,
    addresses: Vec<Address>,
    source: Source,
    known: &mut Vec<Entry>,
    tried: bool,
) {
    for address in addresses {
        let is_there = list.iter().any(|entry| entry.address == address);
        if list.len() >= MAX_ADDRESSES || !address.is_usable() || is_there {
            continue;
        }
        let entry = match known.iter().position(|entry| entry.address == address) {
            Some(index) => Entry {
                source,
                ..known.remove(index)
            },
            None => Entry {
                address,
                source,
                worked_at: None,
                fails: 0,
                rests_until: Instant::ZERO,
                tried,
            },
        };
        list.push(entry);
    }
}

pub(super) const fn is_onion(address: &Address) -> bool {
    matches!(address, Address::TorV2 { .. } | Address::TorV3 { .. })
}

/// Half of what an address rests after it has failed once.
const MIN_REST: Duration = Duration::from_secs(1);
/// The longest rest of an address.
const MAX_REST: Duration = Duration::from_secs(3600);
