//! Verdicts come back, and what waited for them moves on.

use alloc::vec::Vec;

use hashbrown::hash_map::Entry;
use lnwire::{
    Instant, NodeId, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate},
};

use super::{
    Checked, DropReason, Funding, FundingOutput, Ingest, JobId, KnownChannel, KnownUpdate, Output,
    VerifiedGossip,
    checks::{Announced, Job, Purpose},
    held::Ticket,
    parked::{self, Message, Place},
    rules::is_keep_alive,
    waiting::Waiting,
};

impl Ingest {
    /// Takes a verdict. One that comes too late finds no job.
    pub(super) fn checked(&mut self, now: Instant, checked: Checked) {
        let Some(job) = self.end_job(checked.id) else {
            return;
        };
        match (checked.result, job.purpose) {
            (Err(error), _) => {
                let reason = DropReason::Signature(error);
                self.seen.insert(now, job.ticket.hash, reason);
                self.rejected(now, checked.id, &job, reason);
            }
            (Ok(VerifiedGossip::Channel(message)), Purpose::Announce(announced)) => {
                if self.config.funding == Funding::LookUp {
                    self.look_up(now, job.ticket, checked.id, announced, message);
                } else {
                    self.channel_right(now, checked.id, job.ticket, message, announced, None);
                }
            }
            (Ok(VerifiedGossip::Update(message)), Purpose::Update(stored)) => {
                self.update_right(now, job.ticket, message, stored);
            }
            (Ok(VerifiedGossip::Update(message)), Purpose::Revive) => {
                self.revived(now, job.ticket, message);
            }
            (Ok(message), _) => {
                let relay = match &message {
                    // BOLT 7: the first DNS name is used, and the message not passed on.
                    VerifiedGossip::Node(node) => node.addresses().dns_names() <= 1,
                    _ => true,
                };
                self.accept(job.ticket, message, relay, None);
            }
        }
    }

    pub(super) fn rejected(&mut self, now: Instant, id: JobId, job: &Job, reason: DropReason) {
        self.end_held(job.ticket, reason);
        if let Purpose::Announce(announced) = job.purpose {
            self.candidate_ended(now, id, announced, reason);
        }
    }

    /// A channel's signatures hold, and its funding, if that was asked for.
    pub(super) fn channel_right(
        &mut self,
        now: Instant,
        id: JobId,
        ticket: Ticket,
        message: Verified<ChannelAnnouncement>,
        announced: Announced,
        funding: Option<FundingOutput>,
    ) {
        let scid = announced.short_channel_id;
        let is_full = self.channel_count >= self.config.max_channels;
        let pending = self.channels.entry(scid).or_default();
        if pending.settled {
            self.end_held(ticket, DropReason::Known);
        } else if is_full {
            self.end_held(ticket, DropReason::GraphFull);
        } else {
            pending.settled = true;
            let updates = pending.take();
            self.channel_count += 1;
            if funding.is_none() {
                self.sources.add(self.held.owner(ticket));
            }
            self.accept(ticket, VerifiedGossip::Channel(message), true, funding);
            let channel = KnownChannel {
                node_ids: announced.node_ids,
                updates: [None; 2],
            };
            for (ticket, update) in updates {
                self.check_update(now, ticket, update, &channel);
            }
            for entry in self.parked.take(Place::Channel(scid)) {
                if let Message::Update(update) = entry.message {
                    self.held.charge(entry.ticket);
                    self.check_update(now, entry.ticket, update, &channel);
                }
            }
            for node_id in announced.node_ids {
                self.node_appeared(now, node_id);
            }
        }
        self.candidate_ended(now, id, announced, DropReason::Known);
    }

    fn node_appeared(&mut self, now: Instant, node_id: NodeId) {
        let waiting = self.nodes.get_mut(&node_id).map(Waiting::take);
        for (ticket, node) in waiting.into_iter().flatten() {
            self.check_node(now, ticket, node);
        }
        for entry in self.parked.take(Place::Node(node_id)) {
            if let Message::Node(node) = entry.message {
                self.held.charge(entry.ticket);
                self.check_node(now, entry.ticket, node);
            }
        }
    }

    /// Forgets a candidate. What waited for it and for no other is early, unless the chain said that the channel is closed.
    pub(super) fn candidate_ended(
        &mut self,
        now: Instant,
        id: JobId,
        announced: Announced,
        reason: DropReason,
    ) {
        let scid = announced.short_channel_id;
        let is_closed = reason == DropReason::Closed;
        let mut hopeless = Vec::new();
        if let Entry::Occupied(mut entry) = self.channels.entry(scid) {
            let channel = entry.get_mut();
            channel.end_candidate(id);
            while let Some((ticket, update)) = channel.pop_hopeless() {
                hopeless.push((ticket, Place::Channel(scid), Message::Update(update)));
            }
            if channel.is_over() {
                entry.remove();
            }
        }
        for node_id in announced.node_ids {
            let Entry::Occupied(mut entry) = self.nodes.entry(node_id) else {
                continue;
            };
            let node = entry.get_mut();
            node.end_candidate(id);
            while let Some((ticket, message)) = node.pop_hopeless() {
                hopeless.push((ticket, Place::Node(node_id), Message::Node(message)));
            }
            if node.is_over() {
                entry.remove();
            }
        }
        for (ticket, place, message) in hopeless {
            if is_closed && matches!(place, Place::Channel(_)) {
                self.end_held(ticket, DropReason::Closed);
            } else {
                self.held.discharge(ticket);
                self.park(now, ticket, place, message);
            }
        }
    }

    /// Accepts an update, or lets it wait when they come too fast.
    fn update_right(
        &mut self,
        now: Instant,
        ticket: Ticket,
        message: Verified<ChannelUpdate>,
        stored: Option<KnownUpdate>,
    ) {
        let gossip = VerifiedGossip::Update;
        let Some(stored) = stored else {
            // The first one of its direction.
            return self.accept(ticket, gossip(message), true, None);
        };
        if is_keep_alive(&message, &stored) {
            let later = message.timestamp().as_secs() - stored.timestamp.as_secs();
            let relay = u64::from(later) >= self.config.keep_alive.as_secs();
            return self.accept(ticket, gossip(message), relay, None);
        }
        let side = (message.short_channel_id(), message.direction());
        let place = Place::Side(side.0, side.1);
        let later_waits = |waits| message.timestamp() <= waits;
        if self.delayed(side.0, side.1).is_some_and(later_waits) {
            return self.end_held(ticket, DropReason::Superseded);
        }
        for entry in self.parked.take(place) {
            self.end_parked(entry.ticket, DropReason::Superseded);
        }
        match self.limiter.take(now, side) {
            Ok(()) => self.accept(ticket, gossip(message), true, None),
            Err(at) => {
                self.held.discharge(ticket);
                let entry = parked::Entry {
                    peer: self.held.owner(ticket),
                    ticket,
                    place,
                    message: Message::Delayed(message),
                    deadline: at,
                };
                self.park_entry(entry);
            }
        }
    }

    /// A silent channel lives. Its update waits for the announcement, which somebody has to be asked for.
    fn revived(&mut self, now: Instant, ticket: Ticket, message: Verified<ChannelUpdate>) {
        let short_channel_id = message.short_channel_id();
        self.outputs.push_back(Output::Revived {
            peer: self.held.owner(ticket),
            update: message.clone(),
        });
        self.held.discharge(ticket);
        let message = Message::Update(message.into_inner());
        self.park(now, ticket, Place::Channel(short_channel_id), message);
    }

    fn accept(
        &mut self,
        ticket: Ticket,
        message: VerifiedGossip,
        relay: bool,
        funding: Option<FundingOutput>,
    ) {
        self.held.discharge(ticket);
        let peer = self.held.end(ticket);
        self.outputs.push_back(Output::Accept {
            peer,
            message,
            relay,
            funding,
        });
    }

    /// Drops a message that was under way.
    pub(super) fn end_held(&mut self, ticket: Ticket, reason: DropReason) {
        self.held.discharge(ticket);
        self.end_parked(ticket, reason);
    }

    pub(super) fn end_parked(&mut self, ticket: Ticket, reason: DropReason) {
        let peer = self.held.end(ticket);
        self.drop(peer, reason);
    }
}
