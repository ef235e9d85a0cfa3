//! Records that were checked before go into a graph.

use alloc::{
    boxed::Box,
    collections::{BTreeMap, btree_map},
    vec::Vec,
};

use lnwire::{
    BlockHeight, DecodeError, Instant, NodeId, ShortChannelId, Timestamp, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{
    record::{Entry, Record},
    writer::Store,
};
use crate::{ApplyError, ChannelHandle, Direction, Graph, NodeHandle, Removed};

/// Applies the records of a store to a graph, **without checking any signature**.
///
/// The store is trusted: whoever can write to it can put any channel into the graph. It must be one's own, or
/// that of a node which one trusts, and which checked what it wrote. (Of a stranger's, take the
/// [entries](Record::entry) and verify them.)
///
/// A graph follows another process's store with this and a [`Reader`](super::Reader). One's own store is read
/// by a [`Loader`](super::Loader).
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Whose amount the next record may be.
    announced: Option<ChannelHandle>,
    early: Early,
    /// Announcements of nodes that the last record brought the channel for, and where they begin.
    placed: Vec<(u64, NodeHandle)>,
}

/// Announcements of nodes whose channels come later in the file: those that came before were deleted since.
///
/// At most [`Store::WAITING_BYTES`] of them.
#[derive(Clone, Debug, Default)]
struct Early {
    nodes: BTreeMap<NodeId, (u64, Verified<NodeAnnouncement>)>,
    bytes: usize,
}

/// What a record did to the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replayed {
    /// Added a channel.
    Channel(ChannelHandle),
    /// Set what the channel holds, unless it is an estimate: that is not for the graph.
    Amount(ChannelHandle),
    /// Set the terms of a direction.
    Update(ChannelHandle, Direction),
    /// Took note of a node's announcement.
    Node(NodeHandle),
    /// Removed a channel.
    Removed(Box<Removed>),
    /// Nothing: the channel is dying, and to be removed at the height; that is for the embedder to do.
    Dying(ChannelHandle, BlockHeight),
    /// Nothing yet: the node has no channel so far.
    Early,
    /// Nothing: the record is deleted, is the store's own, is about a channel that is not there, or of an unknown
    /// type.
    Nothing,
    /// Nothing: the graph does not take it.
    Refused(ApplyError),
    /// Nothing: it is not what its type says.
    Malformed(DecodeError),
}

impl Replay {
    /// Starts with a record that is no amount.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            announced: None,
            early: Early {
                nodes: BTreeMap::new(),
                bytes: 0,
            },
            placed: Vec::new(),
        }
    }

    /// Applies the next record.
    pub fn apply(&mut self, graph: &mut Graph, now: Instant, record: Record) -> Replayed {
        let announced = self.announced.take();
        self.placed.clear();
        let at = record.offset;
        if record.flags.is_deleted() {
            return Replayed::Nothing;
        }
        let entry = match record.into_entry() {
            Ok(entry) => entry,
            Err(error) => return Replayed::Malformed(error),
        };
        let done = match entry {
            Entry::ChannelAnnouncement(message) => self.channel(graph, now, message),
            Entry::ChannelUpdate(message) => update(graph, now, &message),
            Entry::NodeAnnouncement(message) => self.node(graph, now, at, message),
            Entry::Amount { sat, is_estimate } => Ok(match announced {
                Some(handle) => {
                    if !is_estimate {
                        graph.set_capacity(now, handle, sat);
                    }
                    Replayed::Amount(handle)
                }
                None => Replayed::Nothing,
            }),
            Entry::DeleteChannel(id) => Ok(remove(graph, now, id)),
            Entry::ChannelDying {
                short_channel_id,
                deadline,
            } => Ok(match graph.channel_by_scid(short_channel_id) {
                Some(handle) => Replayed::Dying(handle, deadline),
                None => Replayed::Nothing,
            }),
            Entry::Uuid(_) | Entry::Other(_) => Ok(Replayed::Nothing),
        };
        done.unwrap_or_else(Replayed::Refused)
    }

    fn channel(
        &mut self,
        graph: &mut Graph,
        now: Instant,
        message: ChannelAnnouncement,
    ) -> Result<Replayed, ApplyError> {
        let message = Verified::trust_without_checking(message, ());
        let handle = graph.apply_channel(now, &message, None)?;
        self.announced = Some(handle);
        if !self.early.nodes.is_empty() {
            for id in [message.node_id_1(), message.node_id_2()] {
                if let Some((at, message)) = self.early.take(&id) {
                    let node = graph.apply_node(now, &message);
                    self.placed.extend(node.ok().map(|node| (at, node)));
                }
            }
        }
        Ok(Replayed::Channel(handle))
    }

    fn node(
        &mut self,
        graph: &mut Graph,
        now: Instant,
        at: u64,
        message: NodeAnnouncement,
    ) -> Result<Replayed, ApplyError> {
        let message = Verified::trust_without_checking(message, ());
        match graph.apply_node(now, &message) {
            Ok(handle) => Ok(Replayed::Node(handle)),
            Err(ApplyError::UnknownNode(id)) => self.early.insert(id, at, &message),
            Err(error) => Err(error),
        }
    }

    /// Takes the announcements that the last record brought a channel for.
    pub(super) fn take_placed(&mut self) -> Vec<(u64, NodeHandle)> {
        core::mem::take(&mut self.placed)
    }

    /// Ends the reading: says where the announcements are that no channel came for.
    pub(super) fn into_early(self) -> impl Iterator<Item = u64> {
        self.early.nodes.into_values().map(|(at, _)| at)
    }
}

impl Early {
    fn insert(
        &mut self,
        id: NodeId,
        at: u64,
        message: &Verified<NodeAnnouncement>,
    ) -> Result<Replayed, ApplyError> {
        let len = message.as_bytes().len();
        if self.bytes + len > Store::WAITING_BYTES {
            return Err(ApplyError::UnknownNode(id));
        }
        let copy = Verified::trust_without_checking(message.detached(), ());
        match self.nodes.entry(id) {
            btree_map::Entry::Vacant(place) => {
                place.insert((at, copy));
            }
            btree_map::Entry::Occupied(mut place) => {
                let old = place.get().1.timestamp();
                check_newer(old, message.timestamp())?;
                self.bytes -= place.insert((at, copy)).1.as_bytes().len();
            }
        }
        self.bytes += len;
        Ok(Replayed::Early)
    }

    fn take(&mut self, id: &NodeId) -> Option<(u64, Verified<NodeAnnouncement>)> {
        let (at, message) = self.nodes.remove(id)?;
        self.bytes -= message.as_bytes().len();
        Some((at, message))
    }
}

fn check_newer(stored: Timestamp, offered: Timestamp) -> Result<(), ApplyError> {
    if offered > stored {
        Ok(())
    } else {
        Err(ApplyError::NotNewer { stored, offered })
    }
}

fn update(
    graph: &mut Graph,
    now: Instant,
    message: &ChannelUpdate,
) -> Result<Replayed, ApplyError> {
    // Whoever wrote the store checked it against the right key: the channel is the one announced there.
    let handle = graph.apply_stored_update(now, message)?;
    let direction = Direction::from_bit(message.direction());
    Ok(Replayed::Update(handle, direction))
}

fn remove(graph: &mut Graph, now: Instant, id: ShortChannelId) -> Replayed {
    let handle = graph.channel_by_scid(id);
    match handle.and_then(|handle| graph.remove_channel(now, handle)) {
        Some(removed) => Replayed::Removed(Box::new(removed)),
        None => Replayed::Nothing,
    }
}
