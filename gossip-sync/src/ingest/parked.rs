//! Messages that cannot be judged yet: before their channel, above the tip, or faster than the rate limit.
//!
//! A peer's bytes here are bounded, and all peers' together. At a bound the oldest of the peer that is over it
//! go, or of the one that has most: one peer's junk does not push another's messages out.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use lnwire::{
    Instant, NodeId, ShortChannelId, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{Config, DropReason, Ingest, Output, VerifiedGossip, held::Ticket};

/// What a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The tip to reach this height.
    Tip(u32),
    /// The channel to be announced.
    Channel(ShortChannelId),
    /// A channel of this node to be announced.
    Node(NodeId),
    /// Another update of this direction to be allowed.
    Side(ShortChannelId, u8),
}

impl Place {
    const fn reason(self) -> DropReason {
        match self {
            Self::Tip(_) => DropReason::Unconfirmed,
            Self::Channel(_) | Self::Node(_) => DropReason::UnknownChannel,
            Self::Side(..) => DropReason::RateLimited,
        }
    }
}

#[derive(Debug)]
pub(super) enum Message {
    Channel(ChannelAnnouncement),
    Update(ChannelUpdate),
    Node(NodeAnnouncement),
    /// An update that is right and waits for its turn.
    Delayed(Verified<ChannelUpdate>),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) peer: NodeId,
    pub(super) ticket: Ticket,
    pub(super) place: Place,
    pub(super) message: Message,
    pub(super) deadline: Instant,
}

impl Entry {
    pub(super) const fn reason(&self) -> DropReason {
        self.place.reason()
    }

    /// What it takes in memory, all indexes included.
    const fn weight(&self) -> usize {
        self.ticket.len + OVERHEAD
    }
}

/// Bytes for a message's place in the indexes.
pub(super) const OVERHEAD: usize = 400;

#[derive(Debug, Default)]
pub(super) struct Parked {
    /// By age.
    entries: BTreeMap<u64, Entry>,
    last: u64,
    places: BTreeSet<(Place, u64)>,
    owners: BTreeSet<(NodeId, u64)>,
    deadlines: BTreeSet<(Instant, u64)>,
    /// Peers with nothing parked have no entry.
    weights: BTreeMap<NodeId, usize>,
    heaviest: BTreeSet<(usize, NodeId)>,
    total: usize,
}

impl Parked {
    /// Adds a message and returns what had to go for it, itself perhaps.
    pub(super) fn park(&mut self, config: &Config, entry: Entry) -> Vec<Entry> {
        let peer = entry.peer;
        self.last += 1;
        let number = self.last;
        self.places.insert((entry.place, number));
        self.owners.insert((peer, number));
        self.deadlines.insert((entry.deadline, number));
        self.weigh(peer, |weight| weight + entry.weight());
        self.total += entry.weight();
        self.entries.insert(number, entry);

        let mut evicted = Vec::new();
        while self.of(peer) > config.max_parked_bytes_per_peer {
            evicted.extend(self.oldest_of(peer));
        }
        while self.total > config.max_parked_bytes {
            let Some((_, heaviest)) = self.heaviest.last().copied() else {
                break;
            };
            evicted.extend(self.oldest_of(heaviest));
        }
        evicted
    }

    /// Takes everything out that waits at a place, in the order of arrival.
    pub(super) fn take(&mut self, place: Place) -> Vec<Entry> {
        let mut taken = Vec::new();
        while let Some((found, number)) = self.places.range((place, 0)..).next().copied() {
            if found != place {
                break;
            }
            taken.extend(self.remove(number));
        }
        taken
    }

    /// Takes everything out that waits for a tip up to `height`.
    pub(super) fn take_up_to(&mut self, height: u32) -> Vec<Entry> {
        let mut taken = Vec::new();
        while let Some((Place::Tip(found), number)) = self.places.first().copied() {
            if found > height {
                break;
            }
            taken.extend(self.remove(number));
        }
        taken
    }

    /// Takes out the next one whose time is over.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Entry> {
        let (deadline, number) = *self.deadlines.first()?;
        if now < deadline {
            return None;
        }
        self.remove(number)
    }

    /// Returns the first message at a place.
    pub(super) fn at(&self, place: Place) -> Option<&Entry> {
        let (found, number) = self.places.range((place, 0)..).next()?;
        (*found == place).then(|| self.entries.get(number))?
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) const fn total(&self) -> usize {
        self.total
    }

    pub(super) fn of(&self, peer: NodeId) -> usize {
        self.weights.get(&peer).copied().unwrap_or_default()
    }

    fn oldest_of(&mut self, peer: NodeId) -> Option<Entry> {
        let (owner, number) = *self.owners.range((peer, 0)..).next()?;
        (owner == peer).then(|| self.remove(number))?
    }

    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.entries.remove(&number)?;
        let peer = entry.peer;
        self.places.remove(&(entry.place, number));
        self.owners.remove(&(peer, number));
        self.deadlines.remove(&(entry.deadline, number));
        self.weigh(peer, |weight| weight - entry.weight());
        self.total -= entry.weight();
        Some(entry)
    }

    fn weigh(&mut self, peer: NodeId, change: impl FnOnce(usize) -> usize) {
        let before = self.of(peer);
        let after = change(before);
        self.heaviest.remove(&(before, peer));
        if after == 0 {
            self.weights.remove(&peer);
        } else {
            self.weights.insert(peer, after);
            self.heaviest.insert((after, peer));
        }
    }
}

impl Ingest {
    /// Ends what waited for long enough: in the graph, if it only came too fast.
    pub(super) fn parked_timed_out(&mut self, now: Instant) {
        while let Some(entry) = self.parked.take_due(now) {
            match entry.message {
                Message::Delayed(update) => {
                    // The time was told by the limiter, so there is a token, unless another update took it.
                    let side = (update.short_channel_id(), update.direction());
                    match self.limiter.take(now, side) {
                        Ok(()) => {
                            self.held.end(entry.ticket);
                            self.outputs.push_back(Output::Accept {
                                peer: entry.peer,
                                message: VerifiedGossip::Update(update),
                                relay: true,
                                funding: None,
                            });
                        }
                        Err(deadline) => self.park_entry(Entry {
                            message: Message::Delayed(update),
                            deadline,
                            ..entry
                        }),
                    }
                }
                _ => self.end_parked(entry.ticket, entry.reason()),
            }
        }
    }

    /// Lets a message wait that is not under way.
    pub(super) fn park(&mut self, now: Instant, ticket: Ticket, place: Place, message: Message) {
        self.park_entry(Entry {
            peer: self.held.owner(ticket),
            ticket,
            place,
            message,
            deadline: now + self.config.parked_for,
        });
    }

    pub(super) fn park_entry(&mut self, entry: Entry) {
        for evicted in self.parked.park(&self.config, entry) {
            self.end_parked(evicted.ticket, evicted.reason());
        }
    }
}
