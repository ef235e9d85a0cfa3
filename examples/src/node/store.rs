//! The messages behind the graph, kept whole so that they can be served as they were signed.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use gossip_sync::{
    answerer::{ListedChannel, StoredChannel},
    ingest::VerifiedGossip,
};
use lnwire::{
    BlockHeight, NodeId, ShortChannelId, Timestamp, WireMessage, bolt7::NodeAnnouncement,
    bytes::Bytes,
};

use super::{
    message_file::{MessageFile, Span},
    shelf::Shelf,
};

/// Public channels and nodes with their messages, in the order in which they are served.
///
/// Messages that are in the node's file are read from there when they are asked for, so that they take no memory; those
/// that are not are kept in memory. What the file does not give back any more is as if it was never there.
#[derive(Debug, Default)]
pub struct MessageStore {
    channels: BTreeMap<ShortChannelId, Channel>,
    nodes: BTreeMap<NodeId, Place>,
    memory: Shelf,
    file: Option<MessageFile>,
}

#[derive(Debug)]
struct Channel {
    announcement: Place,
    updates: [Option<Update>; 2],
}

#[derive(Clone, Copy, Debug)]
struct Update {
    place: Place,
    timestamp: Timestamp,
    checksum: u32,
}

/// Where a message is.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u32,
    len: u16,
    /// Or else in memory.
    is_in_file: bool,
}

/// Where in its file a store has the messages of a channel: see [`Places`](routemap::store::Places).
pub(super) type ChannelPlaces = [Option<u64>; 3];

/// Behind the end of the longest file.
const NOWHERE: u32 = u32::MAX;
/// Bytes before the message in its record.
const RECORD_HEADER: u64 = 12;

impl Place {
    const fn len(self) -> usize {
        self.len as usize
    }

    const fn span(self) -> Span {
        Span {
            at: self.at as u64 + RECORD_HEADER,
            len: self.len(),
        }
    }
}

impl MessageStore {
    /// Keeps a message that the graph has accepted; it replaces the one of the same channel, direction or
    /// node.
    pub fn insert(&mut self, message: &VerifiedGossip) {
        self.insert_at(message, None);
    }

    /// Keeps a message, which is in the file, if it is, at this place.
    pub(super) fn insert_at(&mut self, message: &VerifiedGossip, at: Option<u64>) {
        let old = match message {
            VerifiedGossip::Channel(m) => {
                let channel = Channel {
                    announcement: self.put(m.as_bytes(), at),
                    updates: [None, None],
                };
                let old = self.channels.insert(m.short_channel_id(), channel);
                old.into_iter().flat_map(|old| old.places()).collect()
            }
            VerifiedGossip::Update(m) => {
                if !self.channels.contains_key(&m.short_channel_id()) {
                    return;
                }
                let update = Update {
                    place: self.put(m.as_bytes(), at),
                    timestamp: m.timestamp(),
                    checksum: m.checksum(),
                };
                let channel = self.channels.get_mut(&m.short_channel_id());
                let side = usize::from(m.direction());
                let old = channel.and_then(|channel| channel.updates[side].replace(update));
                old.iter().map(|old| old.place).collect()
            }
            VerifiedGossip::Node(m) => {
                let place = self.put(m.as_bytes(), at);
                let old = self.nodes.insert(m.node_id(), place);
                Vec::from_iter(old)
            }
        };
        for place in old {
            self.forget(place);
        }
        self.close_holes();
    }

    fn put(&mut self, bytes: &[u8], at: Option<u64>) -> Place {
        let at_in_file = at.and_then(|at| u32::try_from(at).ok());
        Place {
            at: at_in_file.unwrap_or_else(|| self.memory.put(bytes)),
            len: bytes.len() as u16,
            is_in_file: at_in_file.is_some(),
        }
    }

    fn forget(&mut self, place: Place) {
        if !place.is_in_file {
            self.memory.remove(place.at, place.len());
        }
    }

    /// Has messages in the file that waited in memory until now: a channel's announcement is written with its first
    /// update, and that of a node with its first channel. Returns whether this was news.
    pub(super) fn channel_was_written(&mut self, id: ShortChannelId, at: Option<u64>) -> bool {
        let place = self.channels.get_mut(&id).map(|c| &mut c.announcement);
        was_written(place, at, &mut self.memory)
    }

    /// As [`channel_was_written`](Self::channel_was_written), for a node.
    pub(super) fn node_was_written(&mut self, id: &NodeId, at: Option<u64>) -> bool {
        was_written(self.nodes.get_mut(id), at, &mut self.memory)
    }

    /// Has a node's announcement at another place in the file.
    pub(super) fn node_was_moved(&mut self, id: &NodeId, at: Option<u64>) {
        if let Some(place) = self.nodes.get_mut(id).filter(|place| place.is_in_file) {
            place.at = at.and_then(|at| u32::try_from(at).ok()).unwrap_or(NOWHERE);
        }
    }

    /// Reads from a file from now on, in which nothing of it is so far.
    pub(super) fn read_from(&mut self, file: MessageFile) {
        self.file = Some(file);
    }

    /// Reads from another file from now on, in which everything has another place. What is not in it is taken over into
    /// memory.
    pub(super) fn move_to(
        &mut self,
        file: MessageFile,
        channel_at: impl Fn(ShortChannelId) -> ChannelPlaces,
        node_at: impl Fn(&NodeId) -> Option<u64>,
    ) {
        let old = self.file.replace(file);
        let memory = &mut self.memory;
        let mut settle = |place: &mut Place, at: Option<u64>| match at {
            Some(at) if place.is_in_file => place.at = at as u32,
            Some(_) => {
                was_written(Some(place), at, memory);
            }
            None if place.is_in_file => {
                let bytes = old.as_ref().map(|old| old.read(&[place.span()]));
                match bytes.and_then(|mut bytes| bytes.pop().flatten()) {
                    Some(bytes) => {
                        place.at = memory.put(&bytes);
                        place.is_in_file = false;
                    }
                    None => place.at = NOWHERE,
                }
            }
            None => {}
        };
        for (id, channel) in &mut self.channels {
            let [announcement, updates @ ..] = channel_at(*id);
            settle(&mut channel.announcement, announcement);
            for (update, at) in channel.updates.iter_mut().zip(updates) {
                if let Some(update) = update {
                    settle(&mut update.place, at);
                }
            }
        }
        for (id, place) in &mut self.nodes {
            settle(place, node_at(id));
        }
    }

    /// Forgets a channel with its updates.
    pub fn remove_channel(&mut self, id: ShortChannelId) {
        let removed = self.channels.remove(&id);
        let places = removed.iter().flat_map(Channel::places);
        places.for_each(|place| self.forget(place));
        self.close_holes();
    }

    /// Forgets a node.
    pub fn remove_node(&mut self, id: &NodeId) {
        if let Some(place) = self.nodes.remove(id) {
            self.forget(place);
            self.close_holes();
        }
    }

    /// Returns what a node said of itself.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<NodeAnnouncement> {
        let place = self.nodes.get(id)?;
        self.read(&[*place]).pop().and_then(decode)
    }

    fn close_holes(&mut self) {
        if !self.memory.is_sparse() {
            return;
        }
        let old = std::mem::take(&mut self.memory);
        let mut carry = |place: &mut Place| {
            if !place.is_in_file {
                place.at = self.memory.put(&old.get(place.at, place.len()));
            }
        };
        for channel in self.channels.values_mut() {
            carry(&mut channel.announcement);
            for update in channel.updates.iter_mut().flatten() {
                carry(&mut update.place);
            }
        }
        self.nodes.values_mut().for_each(carry);
    }

    /// Returns how many bytes the messages have, in the file or in memory. Looks at all of them.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        let channels = self.channels.values().flat_map(Channel::places);
        let places = channels.chain(self.nodes.values().copied());
        places.map(Place::len).sum()
    }

    /// Returns how many of these are in memory.
    #[must_use]
    pub const fn bytes_in_memory(&self) -> usize {
        self.memory.live_bytes()
    }

    /// Returns how many nodes have announced themselves.
    #[must_use]
    pub fn node_announcements(&self) -> usize {
        self.nodes.len()
    }

    /// Lists channels for a range query, with checksums, asked for or not: see
    /// [`List`](gossip_sync::answerer::Output::List).
    #[must_use]
    pub fn list(&self, from: ShortChannelId, end: BlockHeight, limit: usize) -> Vec<ListedChannel> {
        self.channels
            .range(from..)
            .take_while(|(id, _)| id.block() < end)
            .take(limit)
            .map(|(id, channel)| ListedChannel {
                short_channel_id: *id,
                timestamps: channel
                    .updates
                    .map(|u| u.map_or(Timestamp(0), |u| u.timestamp)),
                checksums: channel.updates.map(|u| u.map_or(0, |u| u.checksum)),
            })
            .collect()
    }

    /// Fetches channels with their nodes: see [`Fetch`](gossip_sync::answerer::Output::Fetch).
    #[must_use]
    pub fn fetch(&self, ids: &[ShortChannelId]) -> Vec<StoredChannel> {
        let channels = ids.iter().filter_map(|id| self.channels.get(id));
        let mut channels = self.read_channels(channels);
        let of = |channel: &StoredChannel| {
            let announcement = &channel.announcement;
            [announcement.node_id_1(), announcement.node_id_2()]
        };
        let ids = channels.iter().flat_map(of);
        let places: Vec<_> = ids.map(|id| self.nodes.get(&id).copied()).collect();
        let mut messages = self
            .read(&Vec::from_iter(places.iter().flatten().copied()))
            .into_iter();
        let mut nodes = places
            .iter()
            .map(|place| place.and_then(|_| decode(messages.next().flatten())));
        for channel in &mut channels {
            channel.nodes = [nodes.next().flatten(), nodes.next().flatten()];
        }
        channels
    }

    /// Fetches channels in order: see [`Walk`](gossip_sync::answerer::Output::Walk).
    #[must_use]
    pub fn walk(&self, from: ShortChannelId, limit: usize) -> Vec<StoredChannel> {
        let channels = self.channels.range(from..).take(limit);
        self.read_channels(channels.map(|(_, channel)| channel))
    }

    /// Fetches nodes in order: see [`WalkNodes`](gossip_sync::answerer::Output::WalkNodes).
    #[must_use]
    pub fn walk_nodes(&self, after: Option<NodeId>, limit: usize) -> Vec<NodeAnnouncement> {
        let from = after.map_or(Unbounded, Excluded);
        let nodes = self.nodes.range((from, Unbounded)).take(limit);
        let places: Vec<Place> = nodes.map(|(_, place)| *place).collect();
        self.read(&places).into_iter().filter_map(decode).collect()
    }

    fn read_channels<'a>(
        &self,
        channels: impl Iterator<Item = &'a Channel> + Clone,
    ) -> Vec<StoredChannel> {
        let places: Vec<Place> = channels.clone().flat_map(Channel::places).collect();
        let mut messages = self.read(&places).into_iter();
        let mut next = || messages.next().flatten();
        let mut stored = Vec::new();
        for channel in channels {
            let announcement = decode(next());
            let updates = channel
                .updates
                .map(|update| update.and_then(|_| decode(next())));
            stored.extend(announcement.map(|announcement| StoredChannel {
                announcement,
                updates,
                nodes: [None, None],
            }));
        }
        stored
    }

    /// Reads what is at these places, all that is in the file at once.
    fn read(&self, places: &[Place]) -> Vec<Option<Bytes>> {
        let in_file = places.iter().filter(|place| place.is_in_file);
        let spans: Vec<Span> = in_file.map(|place| place.span()).collect();
        let from_file = match &self.file {
            Some(file) if !spans.is_empty() => file.read(&spans),
            _ => Vec::new(),
        };
        let mut from_file = from_file.into_iter();
        let of = |place: &Place| match place.is_in_file {
            true => from_file.next().flatten(),
            false => Some(self.memory.get(place.at, place.len())),
        };
        places.iter().map(of).collect()
    }
}

impl Channel {
    fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let updates = self.updates.into_iter().flatten();
        core::iter::once(self.announcement).chain(updates.map(|update| update.place))
    }
}

/// Takes note of where in the file a message is, if it was in memory.
fn was_written(place: Option<&mut Place>, at: Option<u64>, memory: &mut Shelf) -> bool {
    let at = at.and_then(|at| u32::try_from(at).ok());
    let (Some(place), Some(at)) = (place.filter(|place| !place.is_in_file), at) else {
        return false;
    };
    memory.remove(place.at, place.len());
    place.at = at;
    place.is_in_file = true;
    true
}

fn decode<T: WireMessage>(bytes: Option<Bytes>) -> Option<T> {
    T::decode(bytes?).ok()
}
