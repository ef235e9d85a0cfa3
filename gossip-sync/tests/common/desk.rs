//! An ingest with the graph behind it: looks up, applies, and keeps a log.

use std::collections::BTreeMap;

use gossip_sync::ingest::{
    Config, DropReason, Ingest, Input, KnownChannel, KnownNode, Output, SignatureJob,
    VerifiedGossip,
};
use lnwire::bytes::Bytes;
use lnwire::{Instant, Message, NodeId, ShortChannelId, Timestamp};

use super::signed::{NOW, run};
use super::{CHAIN, at};

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    Accepted(NodeId, Bytes),
    Dropped(NodeId, DropReason),
}

pub(crate) struct Desk {
    pub(crate) ingest: Ingest,
    pub(crate) now: Instant,
    /// What is to be checked.
    pub(crate) jobs: Vec<SignatureJob>,
    /// What became of messages, since it was last looked at.
    log: Vec<End>,
    channels: BTreeMap<ShortChannelId, KnownChannel>,
    nodes: BTreeMap<NodeId, KnownNode>,
    /// Channels that the graph refuses.
    pub(crate) refused: Vec<Bytes>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Config::new(CHAIN))
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            ingest: Ingest::new(config, Timestamp(NOW)),
            now: at(0),
            jobs: Vec::new(),
            log: Vec::new(),
            channels: BTreeMap::new(),
            nodes: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    pub(crate) fn offer(&mut self, peer: NodeId, message: impl Into<Message>) {
        let input = match message.into() {
            Message::ChannelAnnouncement(message) => Input::ChannelAnnouncement {
                peer,
                known: self.channels.contains_key(&message.short_channel_id()),
                message,
            },
            Message::ChannelUpdate(message) => Input::ChannelUpdate {
                peer,
                channel: self.channels.get(&message.short_channel_id()).copied(),
                message,
            },
            Message::NodeAnnouncement(message) => Input::NodeAnnouncement {
                peer,
                node: self.nodes.get(&message.node_id()).copied(),
                message,
            },
            other => panic!("{other:?}"),
        };
        self.ingest.handle_input(self.now, input);
        self.drain();
    }

    /// Runs one of the jobs that are out.
    pub(crate) fn check(&mut self, job: usize) {
        let checked = run(self.jobs.remove(job));
        self.ingest.handle_input(self.now, Input::Checked(checked));
        self.drain();
    }

    /// Runs all jobs, the oldest first, and those that come of them.
    pub(crate) fn check_all(&mut self) {
        while !self.jobs.is_empty() {
            self.check(0);
        }
    }

    pub(crate) fn time_out(&mut self) {
        self.now = self.ingest.poll_timeout().unwrap();
        self.ingest.handle_timeout(self.now);
        self.drain();
    }

    pub(crate) fn log(&mut self) -> Vec<End> {
        core::mem::take(&mut self.log)
    }

    pub(crate) fn graph_has(&self, id: ShortChannelId) -> bool {
        self.channels.contains_key(&id)
    }

    /// Panics unless nothing is left over.
    pub(crate) fn assert_empty(&self) {
        let ingest = &self.ingest;
        assert!(ingest.is_idle() && ingest.poll_timeout().is_none());
        assert_eq!((ingest.held_messages(), ingest.held_bytes()), (0, 0));
        // No queue, set or map inside that still holds a thing.
        let inside = format!("{ingest:?}");
        let held = inside.split("jobs: ").nth(1).unwrap();
        assert!(
            held.starts_with("{}, held: Held { frames: {}, usages: {}, "),
            "{held}"
        );
        assert!(
            held.ends_with("channels: {}, nodes: {}, outputs: [] }"),
            "{held}"
        );
    }

    fn drain(&mut self) {
        while let Some(output) = self.ingest.poll_output() {
            match output {
                Output::Check(job) => self.jobs.push(job),
                Output::Drop { peer, reason } => self.log.push(End::Dropped(peer, reason)),
                Output::Accept { peer, message } => {
                    let frame = self.apply(message);
                    self.log.push(End::Accepted(peer, frame));
                }
            }
        }
    }

    fn apply(&mut self, message: VerifiedGossip) -> Bytes {
        match message {
            VerifiedGossip::Channel(message) => {
                let node_ids = [message.node_id_1(), message.node_id_2()];
                if !self.refused.contains(message.as_bytes()) {
                    let channel = KnownChannel {
                        node_ids,
                        timestamps: [None; 2],
                    };
                    let before = self.channels.insert(message.short_channel_id(), channel);
                    assert_eq!(before, None, "accepted twice");
                    for id in node_ids {
                        self.nodes
                            .entry(id)
                            .or_insert(KnownNode { timestamp: None });
                    }
                }
                message.as_bytes().clone()
            }
            VerifiedGossip::Update(message) => {
                let channel = self.channels.get_mut(&message.short_channel_id());
                let channel = channel.expect("an update before its channel");
                let side = usize::from(message.direction());
                assert_eq!(message.signer(), channel.node_ids[side]);
                channel.timestamps[side] = channel.timestamps[side].max(Some(message.timestamp()));
                message.as_bytes().clone()
            }
            VerifiedGossip::Node(message) => {
                let node = self
                    .nodes
                    .get_mut(&message.node_id())
                    .expect("a node before its channel");
                node.timestamp = node.timestamp.max(Some(message.timestamp()));
                message.as_bytes().clone()
            }
        }
    }
}
