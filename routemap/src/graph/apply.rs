//! Takes verified messages in.
//!
//! Each method checks everything first and changes the graph last: after an error it is as before.

use core::time::Duration;

use lnwire::{
    ChainHash, Instant, NodeId, ShortChannelId, Timestamp, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{Direction, Graph, Node, Policy, adjacency, edge::Edge, head::Head, node::is_less};
use crate::{
    arena::{ChannelHandle, NodeHandle},
    change::{Reason, What},
};

/// Why a verified message does not change the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The message is about another chain.
    #[error("another chain: {found}")]
    WrongChain {
        /// The chain that the message is about.
        found: ChainHash,
    },
    /// The first node id of a `channel_announcement` is not the lesser one.
    #[error("node_id_1 is not less than node_id_2")]
    NodeOrder,
    /// The channel is there, with the same nodes.
    #[error("known channel")]
    KnownChannel(ChannelHandle),
    /// The channel is there, with other nodes.
    ///
    /// One of the two announcements is by somebody who does not own the funding output; which one, only the
    /// chain tells.
    #[error("the channel was announced with other nodes")]
    Conflict(ChannelHandle),
    /// There are as many channels as [`Config::max_channels`](crate::Config::max_channels) allows.
    #[error("no more than {limit} channels")]
    TooManyChannels {
        /// The most channels allowed.
        limit: u32,
    },
    /// So many channels were removed of late that all room for others is in
    /// [quarantine](crate::Config::quarantine).
    #[error("no room until removed channels have rested")]
    Quarantine,
    /// The channel was removed, and is remembered for it; see [`Graph::zombie`].
    #[error("the channel was removed: {0:?}")]
    Zombie(Reason),
    /// The channel's funding output was spent, and the update does not disable it.
    #[error("the channel's funding output was spent")]
    Dying(ChannelHandle),
    /// The timestamp is more than two weeks ahead of the [clock](Graph::set_wall_clock).
    #[error("of {offered}, later than {limit}")]
    FromTheFuture {
        /// The latest timestamp that is taken.
        limit: Timestamp,
        /// The timestamp of the message.
        offered: Timestamp,
    },
    /// No `channel_announcement` for this channel was applied.
    #[error("unknown channel {0}")]
    UnknownChannel(ShortChannelId),
    /// The key that the update was checked against is not that of the node which sets the terms.
    #[error("signed by {found}, not by {expected}")]
    WrongSigner {
        /// The node that sets the terms of this direction.
        expected: NodeId,
        /// The node whose key the signature was checked against.
        found: NodeId,
    },
    /// The node has no channel.
    #[error("node {0} has no channel")]
    UnknownNode(NodeId),
    /// What is there is as new, or newer.
    #[error("of {offered}, not newer than {stored}")]
    NotNewer {
        /// The timestamp of what is there.
        stored: Timestamp,
        /// The timestamp of the message.
        offered: Timestamp,
    },
}

impl Graph {
    /// Adds a channel, and its nodes if they are new.
    ///
    /// `capacity_sat` is what the funding output holds, in satoshi, if known; 0 counts as unknown.
    ///
    /// # Errors
    /// [`WrongChain`](ApplyError::WrongChain), [`NodeOrder`](ApplyError::NodeOrder),
    /// [`KnownChannel`](ApplyError::KnownChannel), [`Conflict`](ApplyError::Conflict),
    /// [`Zombie`](ApplyError::Zombie),
    /// [`TooManyChannels`](ApplyError::TooManyChannels), [`Quarantine`](ApplyError::Quarantine).
    ///
    /// # Panics
    /// Never: room is checked for before it is taken.
    ///
    /// BOLT 7, [the `channel_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_announcement-message).
    pub fn apply_channel(
        &mut self,
        now: Instant,
        announcement: &Verified<ChannelAnnouncement>,
        capacity_sat: Option<u64>,
    ) -> Result<ChannelHandle, ApplyError> {
        self.check_chain(announcement.chain_hash())?;
        // Each key in a variable of its own: then it is read from the message, and not from a copy, for which the processor
        // would wait until everything written before is in its cache.
        let id_1 = announcement.node_id_1();
        let id_2 = announcement.node_id_2();
        if !is_less(&id_1.0, &id_2.0) {
            return Err(ApplyError::NodeOrder);
        }
        // Both look-ups before any change: it waits for both at once.
        let hash_1 = self.hasher.node_id(&id_1);
        let hash_2 = self.hasher.node_id(&id_2);
        let known = [self.find_node(hash_1, &id_1), self.find_node(hash_2, &id_2)];
        let short_channel_id = announcement.short_channel_id();
        let hash = self.hasher.number(short_channel_id.0);
        if let Some(channel) = self.find_channel(hash, short_channel_id) {
            let nodes = self.channels.at(channel).nodes();
            return Err(if known == nodes.map(Some) {
                ApplyError::KnownChannel(channel)
            } else {
                ApplyError::Conflict(channel)
            });
        }
        if let Some(zombie) = self.zombies.get(short_channel_id) {
            return Err(ApplyError::Zombie(zombie.reason));
        }
        let limit = self.config.channel_limit();
        if self.channels.heads().len() >= limit {
            return Err(ApplyError::TooManyChannels { limit });
        }
        if !(self.channels.heads().has_room(now, 1) && self.nodes.has_room(now, 2)) {
            return Err(ApplyError::Quarantine);
        }

        let node_1 = match known[0] {
            Some(known) => known,
            None => self.insert_node(now, hash_1, announcement.node_id_1()),
        };
        let node_2 = match known[1] {
            Some(known) => known,
            None => self.insert_node(now, hash_2, announcement.node_id_2()),
        };
        let head = Head::new(short_channel_id, capacity_sat);
        let edge = Edge::new([node_1, node_2]);
        let handle = self.channels.insert(now, head, edge).expect(ROOM);
        let generation = self.channels.at(handle).generation();
        self.index_channel(hash, handle);
        adjacency::append(&mut self.nodes, &mut self.lists, handle, node_1);
        adjacency::append(&mut self.nodes, &mut self.lists, handle, node_2);
        self.tell(
            now,
            What::ChannelAdded {
                channel: handle,
                generation,
                short_channel_id,
            },
        );
        Ok(handle)
    }

    /// Sets the terms of one direction of a channel.
    ///
    /// # Errors
    /// [`WrongChain`](ApplyError::WrongChain), [`UnknownChannel`](ApplyError::UnknownChannel),
    /// [`Zombie`](ApplyError::Zombie), [`WrongSigner`](ApplyError::WrongSigner),
    /// [`NotNewer`](ApplyError::NotNewer), [`FromTheFuture`](ApplyError::FromTheFuture),
    /// [`Dying`](ApplyError::Dying).
    ///
    /// BOLT 7, [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message).
    pub fn apply_update(
        &mut self,
        now: Instant,
        update: &Verified<ChannelUpdate>,
    ) -> Result<ChannelHandle, ApplyError> {
        self.update(now, update, |sender| check_signer(sender, update))
    }

    /// As [`apply_update`](Self::apply_update), for what was checked against the key of the node that sets the terms
    /// before it was stored.
    pub(crate) fn apply_stored_update(
        &mut self,
        now: Instant,
        update: &ChannelUpdate,
    ) -> Result<ChannelHandle, ApplyError> {
        self.update(now, update, |_| Ok(()))
    }

    #[inline]
    fn update(
        &mut self,
        now: Instant,
        update: &ChannelUpdate,
        check_sender: impl FnOnce(&Node) -> Result<(), ApplyError>,
    ) -> Result<ChannelHandle, ApplyError> {
        self.check_chain(update.chain_hash())?;
        let short_channel_id = update.short_channel_id();
        let Some(handle) = self.channel_of_update(short_channel_id) else {
            return Err(match self.zombies.get(short_channel_id) {
                Some(zombie) => ApplyError::Zombie(zombie.reason),
                None => ApplyError::UnknownChannel(short_channel_id),
            });
        };
        let channel = self.channels.at(handle);
        let direction = Direction::from_bit(update.direction());
        check_sender(self.nodes.at(channel.from_node(direction)))?;
        let replaced = channel.policy(direction);
        let stored = replaced.map(|policy| policy.timestamp());
        self.check_time(stored, update.timestamp())?;
        if channel.is_dying() && self.is_refused(update) {
            return Err(ApplyError::Dying(handle));
        }

        let generation = channel.generation();
        let policy = || Policy::from_update(update);
        self.channels.set_policy(handle, direction, policy);
        self.policy_count += u32::from(replaced.is_none());
        self.stored.forget_update(handle, direction);
        self.tell(
            now,
            What::PolicyChanged {
                channel: handle,
                generation,
                direction,
                replaced,
            },
        );
        Ok(handle)
    }

    /// Takes note of a node's announcement.
    ///
    /// # Errors
    /// [`UnknownNode`](ApplyError::UnknownNode), [`NotNewer`](ApplyError::NotNewer),
    /// [`FromTheFuture`](ApplyError::FromTheFuture).
    ///
    /// BOLT 7, [the `node_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-node_announcement-message).
    pub fn apply_node(
        &mut self,
        now: Instant,
        announcement: &Verified<NodeAnnouncement>,
    ) -> Result<NodeHandle, ApplyError> {
        let id = announcement.node_id();
        let known = self.find_node(self.hasher.node_id(&id), &id);
        let handle = known.ok_or_else(|| ApplyError::UnknownNode(announcement.node_id()))?;
        let node = self.nodes.at(handle);
        let (generation, replaced) = (node.generation(), node.announced_at());
        self.check_time(replaced, announcement.timestamp())?;

        self.nodes.write(handle, |node| {
            node.set_announced_at(announcement.timestamp());
        });
        self.stored.forget_node(handle);
        self.tell(
            now,
            What::NodeAnnounced {
                node: handle,
                generation,
                replaced,
            },
        );
        Ok(handle)
    }

    /// Sets what a channel's funding output holds, in satoshi; 0 counts as unknown, more than 2^56 − 1 as
    /// that. Returns whether `handle` names a channel.
    pub fn set_capacity(&mut self, now: Instant, handle: ChannelHandle, capacity_sat: u64) -> bool {
        let Some(channel) = self.channels.get(handle) else {
            return false;
        };
        let (generation, replaced) = (channel.generation(), channel.capacity_sat());
        self.channels
            .write(handle, |head| head.set_capacity_sat(capacity_sat));
        self.tell(
            now,
            What::CapacityChanged {
                channel: handle,
                generation,
                replaced,
            },
        );
        true
    }

    /// Takes note of the present time: messages that claim to be more than two weeks younger are refused from
    /// now on. Until this is called, or [`prune`](Self::prune), none are.
    ///
    /// A message from the far future would keep all later ones of its node out.
    pub fn set_wall_clock(&mut self, wall: Timestamp) {
        let limit = wall.0.saturating_add(FUTURE.as_secs() as u32);
        self.latest = Some(Timestamp(limit));
    }

    /// Returns whether an update of a channel that is dying is not taken.
    // Apart, so that nobody guesses whether an update disables a channel before it is known to matter.
    #[cold]
    fn is_refused(&self, update: &ChannelUpdate) -> bool {
        !update.is_disabled() && self.blocks.is_spent(update.short_channel_id())
    }

    fn insert_node(&mut self, now: Instant, hash: u32, id: NodeId) -> NodeHandle {
        let handle = self.nodes.insert(now, Node::new(id)).expect(ROOM);
        let generation = self.nodes.at(handle).generation();
        self.index_node(hash, handle);
        self.tell(
            now,
            What::NodeAdded {
                node: handle,
                generation,
                id,
            },
        );
        handle
    }

    fn check_chain(&self, found: ChainHash) -> Result<(), ApplyError> {
        if found == self.config.chain_hash {
            Ok(())
        } else {
            Err(ApplyError::WrongChain { found })
        }
    }

    fn check_time(&self, stored: Option<Timestamp>, offered: Timestamp) -> Result<(), ApplyError> {
        match (stored, self.latest) {
            (Some(stored), _) if offered <= stored => Err(ApplyError::NotNewer { stored, offered }),
            (_, Some(limit)) if offered > limit => {
                Err(ApplyError::FromTheFuture { limit, offered })
            }
            _ => Ok(()),
        }
    }
}

/// Returns an error if the key that an update was checked against is not that of its sender.
#[inline(always)]
fn check_signer(sender: &Node, update: &Verified<ChannelUpdate>) -> Result<(), ApplyError> {
    if sender.is(&update.signer()) {
        Ok(())
    } else {
        Err(wrong_signer(sender, update))
    }
}

#[cold]
fn wrong_signer(sender: &Node, update: &Verified<ChannelUpdate>) -> ApplyError {
    ApplyError::WrongSigner {
        expected: sender.id(),
        found: update.signer(),
    }
}

const ROOM: &str = "room was checked for";

/// How far ahead of the clock timestamps may be: as far as they may be behind (our choice).
const FUTURE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
