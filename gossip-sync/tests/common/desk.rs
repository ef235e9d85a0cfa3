//! An ingest with the graph behind it: looks up, applies, and keeps a log.

use std::collections::BTreeMap;

use gossip_sync::ingest::{
    Answer, Config, DropReason, FundingOutput, Gone, Ingest, Input, KnownChannel, KnownNode,
    KnownUpdate, LookupId, Output, SignatureJob, Standing, Terms, VerifiedGossip, Version2,
};
use lnwire::bytes::Bytes;
use lnwire::{Instant, Message, NodeId, ShortChannelId, Timestamp};

use super::signed::{NOW, run};
use super::{CHAIN, at};

/// The seed of every ingest here.
const SEED: u64 = 7;

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
    /// What the chain is asked.
    pub(crate) lookups: Vec<(LookupId, ShortChannelId)>,
    /// What became of messages, since it was last looked at.
    log: Vec<End>,
    /// Frames that were accepted, and are not to be passed on.
    pub(crate) kept_back: Vec<Bytes>,
    pub(crate) fundings: Vec<(ShortChannelId, Option<FundingOutput>)>,
    pub(crate) revived: Vec<(NodeId, ShortChannelId)>,
    pub(crate) version2: Vec<(NodeId, Version2)>,
    channels: BTreeMap<ShortChannelId, KnownChannel>,
    /// Channels that the graph remembers to have had.
    pub(crate) gone: BTreeMap<ShortChannelId, Gone>,
    nodes: BTreeMap<NodeId, KnownNode>,
    /// Channels that the graph refuses.
    pub(crate) refused: Vec<Bytes>,
}

impl Desk {
    /// One that parks nothing: what comes before its channel is dropped at once.
    pub(crate) fn new() -> Self {
        Self::with(Config {
            max_parked_bytes_per_peer: 0,
            ..Config::new(CHAIN)
        })
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            ingest: Ingest::new(config, Timestamp(NOW), SEED),
            now: at(0),
            jobs: Vec::new(),
            lookups: Vec::new(),
            log: Vec::new(),
            kept_back: Vec::new(),
            fundings: Vec::new(),
            revived: Vec::new(),
            version2: Vec::new(),
            channels: BTreeMap::new(),
            gone: BTreeMap::new(),
            nodes: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    pub(crate) fn offer(&mut self, peer: NodeId, message: impl Into<Message>) {
        let input = match message.into() {
            Message::ChannelAnnouncement(message) => Input::ChannelAnnouncement {
                peer,
                channel: self.standing(message.short_channel_id()),
                message,
            },
            Message::ChannelUpdate(message) => Input::ChannelUpdate {
                peer,
                channel: self.standing(message.short_channel_id()),
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

    /// Answers the oldest question to the chain.
    pub(crate) fn answer(&mut self, answer: Answer) {
        let (id, channel) = self.lookups.remove(0);
        if answer == Answer::Spent {
            self.gone.insert(channel, Gone::Closed);
        }
        self.answer_to(id, answer);
    }

    pub(crate) fn answer_to(&mut self, id: LookupId, answer: Answer) {
        self.input(Input::LookedUp { id, answer });
    }

    /// Hands something in.
    pub(crate) fn input(&mut self, input: Input) {
        self.ingest.handle_input(self.now, input);
        self.drain();
    }

    pub(crate) fn time_out(&mut self) {
        self.now = self.ingest.poll_timeout().unwrap();
        self.ingest.handle_timeout(self.now);
        self.drain();
    }

    /// Lets time pass, with every timer in it.
    pub(crate) fn wait(&mut self, seconds: u64) {
        let end = self.now + core::time::Duration::from_secs(seconds);
        while let Some(next) = self.ingest.poll_timeout().filter(|next| *next <= end) {
            assert!(next >= self.now, "a timer that was due before");
            self.now = next;
            self.ingest.handle_timeout(next);
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn set_tip(&mut self, height: u32) {
        self.ingest.set_tip(self.now, lnwire::BlockHeight(height));
        self.drain();
    }

    /// Takes a channel out of the graph.
    pub(crate) fn remove(&mut self, id: ShortChannelId, gone: Option<Gone>) {
        let removed = self.channels.remove(&id);
        for node_id in removed.expect("a channel of the graph").node_ids {
            let has_others = self
                .channels
                .values()
                .any(|c| c.node_ids.contains(&node_id));
            if !has_others {
                self.nodes.remove(&node_id);
            }
        }
        self.gone.extend(gone.map(|gone| (id, gone)));
        self.ingest.set_channel_count(self.channels.len());
    }

    /// What the graph has of a channel, or had.
    pub(crate) fn standing(&self, id: ShortChannelId) -> Standing {
        match (self.channels.get(&id), self.gone.get(&id)) {
            (Some(known), _) => Standing::Known(*known),
            (None, Some(gone)) => Standing::Gone(*gone),
            (None, None) => Standing::Unknown,
        }
    }

    pub(crate) fn known(&self, id: ShortChannelId) -> Option<KnownChannel> {
        self.channels.get(&id).copied()
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
        for empty in [
            "hashes: {}",
            "numbers: {}",
            "turns: []",
            "lookups: {}",
            "resting: {}",
            "entries: {}",
            "places: {}",
            "owners: {}",
            "deadlines: {}",
            "weights: {}",
            "heaviest: {}",
            " channels: {}",
            "nodes: {}",
            "outputs: []",
            "jobs_out: 0",
            "asked: 0",
        ] {
            assert!(inside.contains(empty), "{empty}: {inside}");
        }
        assert!(!inside.contains("purpose: "), "a job: {inside}");
        assert_eq!((ingest.parked_messages(), ingest.parked_bytes()), (0, 0));
    }

    fn drain(&mut self) {
        while let Some(output) = self.ingest.poll_output() {
            match output {
                Output::Check(job) => self.jobs.push(job),
                Output::Drop { peer, reason } => self.log.push(End::Dropped(peer, reason)),
                Output::Lookup {
                    id,
                    short_channel_id,
                } => self.lookups.push((id, short_channel_id)),
                Output::Accept {
                    peer,
                    message,
                    relay,
                    funding,
                } => {
                    if let VerifiedGossip::Channel(channel) = &message {
                        self.fundings.push((channel.short_channel_id(), funding));
                    }
                    let frame = self.apply(message);
                    if !relay {
                        self.kept_back.push(frame.clone());
                    }
                    self.log.push(End::Accepted(peer, frame));
                }
                Output::Revived { peer, update } => {
                    let id = update.short_channel_id();
                    self.gone.remove(&id);
                    self.revived.push((peer, id));
                }
                Output::Version2 { peer, message } => self.version2.push((peer, message)),
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
                        updates: [None; 2],
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
                let stored = &mut channel.updates[side];
                if stored.is_none_or(|stored| stored.timestamp < message.timestamp()) {
                    *stored = Some(KnownUpdate {
                        timestamp: message.timestamp(),
                        terms: Some(Terms::from(&*message)),
                    });
                }
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
