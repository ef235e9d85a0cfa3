//! The owner's side of a store: what is where, and what to write.

use lnwire::{
    BlockHeight, Timestamp, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{
    append::{latest_update, message},
    batch::Batch,
    format::{CHANNEL_DYING, DELETE_CHANNEL, ENDED, Flags, UUID, VERSION},
    index::{Index, Places},
    waiting::Waiting,
};
use crate::{ChannelHandle, Direction, Graph, NodeHandle, Removed};

/// Writes what a [`Graph`] accepts to a `gossip_store`, and knows where in the file everything is.
///
/// It does no I/O: each call adds to a [`Batch`] what is to be done to the file. A message is applied to the graph
/// first, then inserted here under the handle it got.
///
/// The format wants an amount behind each channel. If the graph does not know the capacity, it is the greatest
/// `htlc_maximum_msat` known, marked as an estimate: other programs find their amount, and the next
/// [load](super::Loader) does not take it for a fact. So a channel is written with its first update, and
/// [waits](Self::WAITING_BYTES) for that in memory; the announcement of a node waits for its first channel to be
/// written, because readers leave out those of nodes that they do not know.
///
/// ```
/// use routemap::{ChainHash, Config, Graph, Instant};
/// use routemap::store::{Batch, Store, load};
/// // A new store: 32 random bytes tell it from the next one.
/// let (mut batch, mut file) = (Batch::default(), Vec::new());
/// let store = Store::create([7; 32], &mut batch);
/// batch.apply_to(&mut file); // or: write to a disk
/// batch.clear();
///
/// let mut graph = Graph::new(Config::new(ChainHash::MAINNET, 0x5eed));
/// let loaded = load(&mut graph, Instant::ZERO, file.into())?;
/// assert_eq!(loaded.store.map(|again| again.len()), Some(store.len()));
/// # Ok::<(), routemap::store::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) uuid: [u8; 32],
    pub(super) end: u64,
    pub(super) index: Index,
    pub(super) waiting: Waiting,
    pub(super) live: u64,
    pub(super) dead: u64,
}

/// Why a message is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InsertError {
    /// The file would be longer than [`Store::MAX_LEN`]: [compact](super::Compaction) it.
    #[error("the store is full")]
    Full,
    /// The channel was not inserted.
    #[error("unknown channel {0}")]
    UnknownChannel(ChannelHandle),
}

impl Store {
    /// How many bytes of announcements wait for an update or a channel; 64 bytes are added to each for what it
    /// takes to keep it. When there are more, all are written: channels with an amount of zero, if none is known.
    pub const WAITING_BYTES: usize = 16 << 20;

    /// The longest file, so that four bytes say where something is. A hundred times what the public network
    /// fills.
    pub const MAX_LEN: u64 = u32::MAX as u64;

    /// Begins a new file. `uuid` is random: it tells readers this file from others.
    #[must_use]
    pub fn create(uuid: [u8; 32], batch: &mut Batch) -> Self {
        let mut store = Self::at(uuid, 1);
        batch.begin(VERSION);
        store.append(Timestamp(0), &message(UUID, &uuid), batch);
        store
    }

    pub(super) fn at(uuid: [u8; 32], end: u64) -> Self {
        Self {
            uuid,
            end,
            index: Index::default(),
            waiting: Waiting::default(),
            live: 0,
            dead: 0,
        }
    }

    /// Returns the length of the file once all batches are carried out.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a store has a version at least"
    )]
    pub const fn len(&self) -> u64 {
        self.end
    }

    /// Returns the identifier of the file.
    #[must_use]
    pub const fn uuid(&self) -> [u8; 32] {
        self.uuid
    }

    /// Returns how many records count.
    #[must_use]
    pub const fn live_records(&self) -> u64 {
        self.live
    }

    /// Returns how many records only take room. When they are more than the others, it is time to
    /// [compact](super::Compaction).
    #[must_use]
    pub const fn dead_records(&self) -> u64 {
        self.dead
    }

    /// Returns where the messages of a channel are; nowhere while it waits.
    #[must_use]
    pub fn channel(&self, handle: ChannelHandle) -> Places {
        self.index.channel(handle)
    }

    /// Returns where the announcement of a node is.
    #[must_use]
    pub fn node(&self, handle: NodeHandle) -> Option<u64> {
        self.index.node(handle)
    }

    /// Adds a channel, which the graph has under this handle; does nothing if it is there.
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn insert_channel(
        &mut self,
        graph: &Graph,
        handle: ChannelHandle,
        channel: &Verified<ChannelAnnouncement>,
        batch: &mut Batch,
    ) -> Result<(), InsertError> {
        self.check_room()?;
        if self.index.channel(handle).announcement == 0 {
            self.waiting.insert_channel(handle, channel.detached());
            self.bound_waiting(graph, batch);
        }
        Ok(())
    }

    /// Adds an update, which the graph has; the one before is deleted.
    ///
    /// # Errors
    /// [`InsertError::UnknownChannel`], [`InsertError::Full`].
    pub fn insert_update(
        &mut self,
        graph: &Graph,
        handle: ChannelHandle,
        update: &Verified<ChannelUpdate>,
        batch: &mut Batch,
    ) -> Result<(), InsertError> {
        self.check_room()?;
        if let Some(announcement) = self.waiting.take_channel(handle) {
            let timestamp = update.timestamp();
            self.write_channel(graph, handle, announcement.as_bytes(), timestamp, batch);
        }
        let places = self.index.channel(handle);
        if places.announcement == 0 {
            return Err(InsertError::UnknownChannel(handle));
        }
        let at = self.append(update.timestamp(), update.as_bytes(), batch);
        if places.dying != 0 {
            batch.patch(at.into(), Flags::DYING);
        }
        let side = Direction::from_bit(update.direction()).side();
        self.delete(places.updates[side], batch);
        self.index.channel_mut(handle).updates[side] = at;
        Ok(())
    }

    /// Adds the announcement of a node, which the graph has; the one before is deleted.
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn insert_node(
        &mut self,
        graph: &Graph,
        handle: NodeHandle,
        node: &Verified<NodeAnnouncement>,
        batch: &mut Batch,
    ) -> Result<(), InsertError> {
        self.check_room()?;
        if self.has_channel_before(graph, handle, self.end) {
            self.write_node(handle, node.timestamp(), node.as_bytes(), batch);
        } else {
            let old = self.index.take_node(handle);
            self.delete(old, batch);
            self.waiting.insert_node(handle, node.detached());
            self.bound_waiting(graph, batch);
        }
        Ok(())
    }

    /// Deletes a channel, and the nodes that went with it: `removed` is what the graph said.
    ///
    /// Returns those of its other nodes whose announcements stand now before all of their channels, where other
    /// programs do not read them: [insert](Self::insert_node) them again. If they are not at hand, they are in
    /// the file where [`node`](Self::node) says. (For one's own [load](super::load) they are good as they are.)
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn remove_channel(
        &mut self,
        graph: &Graph,
        removed: &Removed,
        batch: &mut Batch,
    ) -> Result<[Option<NodeHandle>; 2], InsertError> {
        self.check_room()?;
        if self.index.channel(removed.handle).announcement != 0 {
            // Those who follow learn of it from a record of its own; it is dead for everybody else.
            let id = removed.channel.by_ref().short_channel_id().0.to_be_bytes();
            self.append(Timestamp(0), &message(DELETE_CHANNEL, &id), batch);
            self.live -= 1;
            self.dead += 1;
        }
        self.forget(removed, batch);
        let is_misplaced = |node: &NodeHandle| {
            let at = self.index.node(*node);
            at.is_some_and(|at| !self.has_channel_before(graph, *node, at))
        };
        Ok(removed
            .channel
            .by_ref()
            .nodes()
            .map(|node| Some(node).filter(is_misplaced)))
    }

    /// Marks a channel as dying: its funding output is spent, and after `deadline` it is to be removed.
    ///
    /// A channel that waits is written first. Does nothing if the graph does not have the channel, it was not
    /// inserted, or is marked.
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn mark_dying(
        &mut self,
        graph: &Graph,
        handle: ChannelHandle,
        deadline: BlockHeight,
        batch: &mut Batch,
    ) -> Result<(), InsertError> {
        self.check_room()?;
        let Some(channel) = graph.channel(handle) else {
            return Ok(());
        };
        if let Some(announcement) = self.waiting.take_channel(handle) {
            let timestamp = latest_update(channel);
            self.write_channel(graph, handle, announcement.as_bytes(), timestamp, batch);
        }
        let places = self.index.channel(handle);
        if places.announcement == 0 || places.dying != 0 {
            return Ok(());
        }
        let mut body = [0; 12];
        body[..8].copy_from_slice(&channel.short_channel_id().0.to_be_bytes());
        body[8..].copy_from_slice(&deadline.0.to_be_bytes());
        let at = self.append(Timestamp(0), &message(CHANNEL_DYING, &body), batch);
        self.index.channel_mut(handle).dying = at;
        patch_messages(&places, Flags::DYING, batch);
        Ok(())
    }

    /// Takes [`mark_dying`](Self::mark_dying) back: the spending block is no longer in the chain.
    pub fn unmark_dying(&mut self, handle: ChannelHandle, batch: &mut Batch) {
        let places = self.index.channel(handle);
        if places.dying != 0 {
            self.delete(places.dying, batch);
            self.index.channel_mut(handle).dying = 0;
            patch_messages(&places, Flags(0), batch);
        }
    }

    /// Writes what waits, whether or not what it waits for has come: before a planned end.
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn write_waiting(&mut self, graph: &Graph, batch: &mut Batch) -> Result<(), InsertError> {
        self.check_room()?;
        self.flush(graph, batch);
        Ok(())
    }

    /// Ends this file in favour of another: what is appended sends those who follow over.
    ///
    /// For after the new file has taken the name of the old.
    pub fn end(mut self, new: &Self, batch: &mut Batch) {
        let mut body = [0; 40];
        body[..8].copy_from_slice(&new.end.to_be_bytes());
        body[8..].copy_from_slice(&new.uuid);
        self.append(Timestamp(0), &message(ENDED, &body), batch);
    }
}

/// Sets the flags of a channel's announcement and updates.
fn patch_messages(places: &Places, flags: Flags, batch: &mut Batch) {
    let [one, two] = places.updates;
    for at in [places.announcement, one, two] {
        if at != 0 {
            batch.patch(at.into(), flags);
        }
    }
}
