//! Takes messages in: the rules first, then a place among what is under way, or parked.

use lnwire::{
    Instant, NodeId,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{
    DropReason, Ingest, KnownNode, Standing,
    held::Ticket,
    parked::{Message, Place},
    rules::Homeless,
};

impl Ingest {
    pub(super) fn channel_announcement(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &ChannelAnnouncement,
        channel: Standing,
    ) {
        let hash = self.salt.of_bytes(message.as_bytes());
        let looked = self.look_at_channel(peer, hash, message, channel);
        let Some(ticket) = self.admit(peer, hash, message.as_bytes().len(), looked) else {
            return;
        };
        let message = message.detached();
        match self.confirmed_at(message.short_channel_id()) {
            Some(height) => {
                let message = Message::Channel(message);
                self.park(now, ticket, Place::Tip(height), message);
            }
            None => {
                self.held.charge(ticket);
                self.check_channel(now, ticket, message);
            }
        }
    }

    pub(super) fn channel_update(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &ChannelUpdate,
        channel: Standing,
    ) {
        let hash = self.salt.of_bytes(message.as_bytes());
        let len = message.as_bytes().len();
        if let Standing::Known(channel) = channel {
            let looked = self.look_at_update(hash, message, &channel);
            if let Some(ticket) = self.admit(peer, hash, len, looked) {
                self.held.charge(ticket);
                self.check_update(now, ticket, message.detached(), &channel);
            }
            return;
        }
        let (looked, homeless) = match self.look_at_homeless(hash, message, channel) {
            Ok(homeless) => (Ok(()), homeless),
            Err(reason) => (Err(reason), Homeless::Early),
        };
        let Some(ticket) = self.admit(peer, hash, len, looked) else {
            return;
        };
        let message = message.detached();
        let scid = message.short_channel_id();
        match homeless {
            Homeless::Early => {
                self.park(now, ticket, Place::Channel(scid), Message::Update(message))
            }
            Homeless::Waits => {
                self.held.charge(ticket);
                let pending = self.channels.entry(scid).or_default();
                // If an announcement was accepted, and yet the graph has no channel, then it was refused
                // there, and another one may be the right one.
                pending.settled = false;
                pending.push(ticket, message);
            }
            Homeless::Revives(zombie) => {
                self.held.charge(ticket);
                self.check_revival(now, ticket, message, &zombie);
            }
        }
    }

    pub(super) fn node_announcement(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: &NodeAnnouncement,
        node: Option<KnownNode>,
    ) {
        let hash = self.salt.of_bytes(message.as_bytes());
        let looked = self.look_at_node(hash, message, node);
        let Some(ticket) = self.admit(peer, hash, message.as_bytes().len(), looked) else {
            return;
        };
        let node_id = message.node_id();
        let message = message.detached();
        if node.is_some() {
            self.held.charge(ticket);
            return self.check_node(now, ticket, message);
        }
        match self.nodes.get_mut(&node_id) {
            Some(pending) => {
                self.held.charge(ticket);
                pending.push(ticket, message);
            }
            None => self.park(now, ticket, Place::Node(node_id), Message::Node(message)),
        }
    }

    /// Takes a message that passed the rules, if its peer has room.
    fn admit(
        &mut self,
        peer: NodeId,
        hash: u64,
        len: usize,
        looked: Result<(), DropReason>,
    ) -> Option<Ticket> {
        if let Err(reason) = looked {
            self.drop(peer, reason);
            return None;
        }
        if !self.has_room(peer) {
            self.drop(peer, DropReason::Overloaded);
            return None;
        }
        Some(self.held.take(peer, hash, len))
    }
}
