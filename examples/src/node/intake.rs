//! Takes what peers send: gossip to the ingest, questions and answers to whom they are for.

use std::collections::VecDeque;

use gossip_sync::{
    answerer,
    ingest::{self, Checked, Standing, VerifiedGossip},
    manager,
    relay::{self, Key},
    routemap as glue,
};
use lnwire::{Message, NodeId, ShortChannelId, Timestamp, bolt7::ChannelUpdate};

use super::{
    core::Core,
    links::Peer,
    received::{Gossip, Received},
    stats::Stats,
};

impl Core {
    pub(super) fn checked(&mut self, batch: Vec<Checked>) {
        let now = self.now;
        for checked in batch {
            Stats::add(&self.stats.signatures, checked.signatures());
            self.ingest
                .handle_input(now, ingest::Input::Checked(checked));
            self.pump_ingest();
        }
    }

    /// Takes messages of peers that have room, one of each in turn, and leaves the rest where it is.
    pub(super) fn resume_deferred(&mut self) {
        let waiting = |(peer, p): (&NodeId, &Peer)| (!p.deferred.is_empty()).then_some(*peer);
        let mut turns: VecDeque<_> = self.peers.iter().filter_map(waiting).collect();
        // Those behind the last one go first.
        let behind = turns.partition_point(|peer| Some(*peer) <= self.last_turn);
        turns.rotate_left(behind);
        while let Some(peer) = turns.pop_front() {
            if !self.ingest.has_room(peer) {
                continue;
            }
            if let Some(message) = self.peers.get_mut(&peer).and_then(Peer::next_deferred) {
                self.last_turn = Some(peer);
                self.received(peer, message);
                turns.push_back(peer);
            }
        }
    }

    fn received(&mut self, peer: NodeId, received: Received) {
        match received {
            Received::Gossip(message) => self.gossip(peer, message),
            Received::Other(message) => self.message(peer, *message),
            Received::Fault(error) => {
                Stats::add(&self.stats.dropped, 1);
                Stats::add(&self.stats.faults, 1);
                self.complain(peer, error.to_string());
            }
        }
    }

    fn message(&mut self, peer: NodeId, message: Message) {
        match message {
            Message::ReplyChannelRange(reply) => {
                self.sync(peer, manager::Input::RangeReply(reply));
            }
            Message::ReplyShortChannelIdsEnd(end) => {
                self.sync(peer, manager::Input::ScidsEnd(end));
            }
            Message::QueryChannelRange(query) => {
                self.answer(peer, answerer::Input::QueryRange(query));
            }
            Message::QueryShortChannelIds(query) => {
                self.answer(peer, answerer::Input::QueryScids(query));
            }
            Message::GossipTimestampFilter(filter) => {
                // What is known is the answerer's to send, what will be new the relay's.
                let input = relay::Input::Filter {
                    peer,
                    filter: filter.clone(),
                };
                self.relay.handle_input(self.now, input);
                self.answer(peer, answerer::Input::Filter(filter));
            }
            Message::Warning(warning) => {
                self.complain(peer, format!("it warns us: {}", warning.text()));
            }
            Message::Error(error) => {
                self.complain(peer, format!("it sent an error: {}", error.text()));
            }
            // Messages about channels: this node has none.
            // Gossip of the second version has no place in this graph.
            _ => {}
        }
    }

    fn gossip(&mut self, peer: NodeId, message: Gossip) {
        let graph = self.knowledge.graph();
        let (announced, held, input) = match message {
            Gossip::Channel(message) => {
                let id = message.short_channel_id();
                let channel = glue::standing(graph, id);
                let is_known = matches!(channel, Standing::Known(_));
                let input = ingest::Input::ChannelAnnouncement {
                    peer,
                    message,
                    channel,
                };
                let held = is_known.then_some((Key::Channel(id), None));
                (Some(id), held, input)
            }
            Gossip::Update(message) => {
                let channel = glue::standing(graph, message.short_channel_id());
                let held = held(channel, &message);
                let input = ingest::Input::ChannelUpdate {
                    peer,
                    message,
                    channel,
                };
                (None, held, input)
            }
            Gossip::Node(message) => {
                let node = glue::known_node(graph, &message.node_id());
                let at = Some(message.timestamp());
                let is_held = node.is_some_and(|node| node.timestamp == at);
                let held = is_held.then_some((Key::Node(message.node_id()), at));
                let input = ingest::Input::NodeAnnouncement {
                    peer,
                    message,
                    node,
                };
                (None, held, input)
            }
        };
        let now = self.now;
        if let Some((key, timestamp)) = held {
            let input = relay::Input::Has {
                peer,
                key,
                timestamp,
            };
            self.relay.handle_input(now, input);
        }
        self.ingest.handle_input(now, input);
        self.pump_ingest();
        self.sync(peer, manager::Input::Gossip(announced));
    }

    pub(super) fn pump_ingest(&mut self) {
        while let Some(output) = self.ingest.poll_output() {
            match output {
                ingest::Output::Check(job) => self.pool.push(job),
                ingest::Output::Accept {
                    peer,
                    message,
                    relay,
                    ..
                } => self.accept(peer, message, relay),
                // This node has no chain to ask.
                ingest::Output::Lookup { id, .. } => {
                    let answer = ingest::Answer::Unavailable;
                    let input = ingest::Input::LookedUp { id, answer };
                    self.ingest.handle_input(self.now, input);
                }
                ingest::Output::Revived { update, .. } => {
                    // It is announced again in the next round.
                    let (now, wall_clock) = (self.now, self.clock.wall_clock());
                    self.knowledge.revive(now, wall_clock, &update);
                }
                ingest::Output::Version2 { .. } => {}
                ingest::Output::Drop { peer, reason } => {
                    Stats::add(&self.stats.dropped, 1);
                    if reason.is_fault() {
                        Stats::add(&self.stats.faults, 1);
                        self.complain(peer, format!("gossip dropped: {reason}"));
                    }
                    if let Some(offence) = reason.offence() {
                        self.offence(peer, offence);
                    }
                }
            }
        }
    }

    fn accept(&mut self, peer: NodeId, message: VerifiedGossip, relay: bool) {
        let now = self.now;
        if self.knowledge.insert(now, &message).is_err() {
            Stats::add(&self.stats.dropped, 1);
            let channels = self.knowledge.graph().channel_count();
            self.ingest.set_channel_count(channels);
            return;
        }
        if let Some(p) = self.peers.get_mut(&peer) {
            p.accepted = p.accepted.saturating_add(1);
        }
        if relay {
            let input = relay::Input::Gossip {
                from: peer,
                message,
            };
            self.relay.handle_input(now, input);
        }
    }
}

/// What a sender of this update need not be told, if that is what is known.
fn held(channel: Standing, update: &ChannelUpdate) -> Option<(Key, Option<Timestamp>)> {
    let Standing::Known(known) = channel else {
        return None;
    };
    let (id, direction): (ShortChannelId, u8) = (update.short_channel_id(), update.direction());
    let at = Some(update.timestamp());
    let is_held = known.timestamps()[usize::from(direction)] == at;
    is_held.then_some((Key::Update(id, direction), at))
}
