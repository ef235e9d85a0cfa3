//! A new file without what is dead.

use lnwire::{Verified, bolt7::ChannelUpdate};

use super::{
    batch::Batch,
    record::{Entry, Record},
    writer::{InsertError, Store},
};
use crate::{ChannelRef, Direction, Graph};

/// Writes what still counts of a store to a new file, which takes the old one's place.
///
/// Any version of the format can be read; ours is written. Nothing is checked again but the checksums, and
/// amounts are those that the graph knows by now.
///
/// 1. [`new`](Self::new) begins a file of another name; [`copy`](Self::copy) every record of the old one, and
///    carry the batches out.
/// 2. [`finish`](Self::finish) takes over what waits, and gives the store of the new file.
/// 3. Sync the new file, rename it over the old, and carry out, on the old one, what [`Store::end`] says: whoever
///    follows goes over. Whoever has the old file open or mapped reads on what was there.
///
/// No message is written between the first step and the last. The public network takes a tenth of a second.
#[derive(Debug)]
pub struct Compaction {
    new: Store,
}

impl Compaction {
    /// Begins the new file. `uuid` is random.
    #[must_use]
    pub fn new(uuid: [u8; 32], batch: &mut Batch) -> Self {
        Self {
            new: Store::create(uuid, batch),
        }
    }

    /// Copies a record of the old file, if it counts: the graph has what it says, and it is not deleted.
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn copy(
        &mut self,
        graph: &Graph,
        record: &Record,
        batch: &mut Batch,
    ) -> Result<(), InsertError> {
        if record.flags.is_deleted() {
            return Ok(());
        }
        match record.entry() {
            Ok(Entry::ChannelAnnouncement(message)) => {
                let Some(handle) = graph.channel_by_scid(message.short_channel_id()) else {
                    return Ok(());
                };
                let message = Verified::trust_without_checking(message, ());
                self.new.insert_channel(graph, handle, &message, batch)
            }
            Ok(Entry::ChannelUpdate(message)) => self.update(graph, message, batch),
            Ok(Entry::NodeAnnouncement(message)) => {
                let handle = graph.node_by_id(&message.node_id());
                let announced_at = handle.and_then(|h| graph.node(h)?.announced_at());
                let (Some(handle), true) = (handle, announced_at == Some(message.timestamp()))
                else {
                    return Ok(());
                };
                let message = Verified::trust_without_checking(message, ());
                self.new.insert_node(graph, handle, &message, batch)
            }
            Ok(Entry::ChannelDying {
                short_channel_id,
                deadline,
            }) => match graph.channel_by_scid(short_channel_id) {
                Some(handle) => self.new.mark_dying(graph, handle, deadline, batch),
                None => Ok(()),
            },
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Ends the copying; `old` is what wrote the old file, if something did.
    ///
    /// Channels that were in the old file without an update are in the new one, too.
    ///
    /// # Errors
    /// [`InsertError::Full`].
    pub fn finish(
        mut self,
        graph: &Graph,
        old: Option<&mut Store>,
        batch: &mut Batch,
    ) -> Result<Store, InsertError> {
        self.new.check_room()?;
        self.new.flush_channels(graph, batch);
        if let Some(old) = old {
            for (handle, channel) in old.waiting.take_channels() {
                self.new.waiting.insert_channel(handle, channel);
            }
            for (handle, node) in old.waiting.take_nodes() {
                self.new.waiting.insert_node(handle, node);
            }
        }
        Ok(self.new)
    }

    fn update(
        &mut self,
        graph: &Graph,
        message: ChannelUpdate,
        batch: &mut Batch,
    ) -> Result<(), InsertError> {
        let direction = Direction::from_bit(message.direction());
        let Some(handle) = graph.channel_by_scid(message.short_channel_id()) else {
            return Ok(());
        };
        let channel = graph.channel(handle);
        let policy = channel.and_then(|c| c.policy(direction));
        let signer = channel.map(|c: ChannelRef<'_>| c.from_node(direction));
        let signer = signer.and_then(|node| graph.node(node));
        let (Some(policy), Some(signer)) = (policy, signer) else {
            return Ok(());
        };
        if policy.timestamp() != message.timestamp() {
            return Ok(());
        }
        let message = Verified::trust_without_checking(message, signer.id());
        match self.new.insert_update(graph, handle, &message, batch) {
            Err(InsertError::UnknownChannel(_)) => Ok(()),
            other => other,
        }
    }
}
