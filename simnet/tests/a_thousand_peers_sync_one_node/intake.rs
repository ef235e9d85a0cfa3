//! What the node does with gossip, and what comes of it.

use gossip_sync::{
    ingest::{self, Standing, VerifiedGossip},
    manager,
    relay::{self, Key},
    routemap as glue,
    scores::Offence,
};
use lnwire::{Message, NodeId, Timestamp, bolt7::ChannelUpdate};

use super::subject::Subject;

impl Subject {
    pub(crate) fn gossip(&mut self, peer: NodeId, message: Message) {
        let (announced, held, input) = match message {
            Message::ChannelAnnouncement(message) => {
                let id = message.short_channel_id();
                let channel = glue::standing(&self.graph, id);
                let is_known = matches!(channel, Standing::Known(_));
                let input = ingest::Input::ChannelAnnouncement {
                    peer,
                    message,
                    channel,
                };
                (
                    Some(id),
                    is_known.then_some((Key::Channel(id), None)),
                    input,
                )
            }
            Message::ChannelUpdate(message) => {
                let channel = glue::standing(&self.graph, message.short_channel_id());
                let held = held(channel, &message);
                let input = ingest::Input::ChannelUpdate {
                    peer,
                    message,
                    channel,
                };
                (None, held, input)
            }
            Message::NodeAnnouncement(message) => {
                let node = glue::known_node(&self.graph, &message.node_id());
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
            other => panic!("{other:?}"),
        };
        if let Some((key, timestamp)) = held {
            let input = relay::Input::Has {
                peer,
                key,
                timestamp,
            };
            self.relay.handle_input(self.now, input);
        }
        self.ingest.handle_input(self.now, input);
        self.pump_ingest();
        self.sync(peer, manager::Input::Gossip(announced));
    }

    pub(crate) fn pump_ingest(&mut self) {
        while let Some(output) = self.ingest.poll_output() {
            match output {
                ingest::Output::Check(job) => self.jobs.push_back(job),
                ingest::Output::Lookup {
                    id,
                    short_channel_id,
                } => self.lookups.push_back((id, short_channel_id)),
                ingest::Output::Accept {
                    peer,
                    message,
                    relay,
                    funding,
                } => {
                    glue::apply(&mut self.graph, self.now, &message, funding.as_ref())
                        .unwrap_or_else(|error| panic!("{error}: {message:?}"));
                    self.store.insert(&message);
                    let accepted = manager::Input::Accepted { messages: 1 };
                    self.manager.handle_input(self.now, peer, accepted);
                    if relay {
                        self.pass_on(peer, message);
                    }
                }
                ingest::Output::Drop { peer, reason } => {
                    if let Some(offence) = reason.offence() {
                        self.offence(peer, offence);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn pass_on(&mut self, from: NodeId, message: VerifiedGossip) {
        let input = relay::Input::Gossip { from, message };
        self.relay.handle_input(self.now, input);
    }

    pub(crate) fn offence(&mut self, peer: NodeId, offence: Offence) {
        let is_new = !self.scores.is_banned(self.now, peer);
        if self.scores.record(self.now, peer, offence) && is_new {
            self.banned.push(peer);
        }
    }
}

/// What a sender of this update need not be told, if that is what is known.
fn held(channel: Standing, update: &ChannelUpdate) -> Option<(Key, Option<Timestamp>)> {
    let Standing::Known(known) = channel else {
        return None;
    };
    let (id, direction) = (update.short_channel_id(), update.direction());
    let at = Some(update.timestamp());
    let is_held = known.timestamps()[usize::from(direction)] == at;
    is_held.then_some((Key::Update(id, direction), at))
}
