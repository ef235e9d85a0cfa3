//! A relay and what it sent, in virtual time.

use gossip_sync::Relay;
use gossip_sync::ingest::VerifiedGossip;
use gossip_sync::relay::{Config, Input, Key, Output};
use lnwire::bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement};
use lnwire::bytes::Bytes;
use lnwire::{Instant, NodeId, ShortChannelId, Signature, Timestamp, Verified};

use super::{about, announcement, at, filter, node, update};

/// A relay does not look at signatures: these have none.
pub(crate) fn channel(id: ShortChannelId) -> VerifiedGossip {
    let message: ChannelAnnouncement = announcement(id, [node(1), node(2)])
        .unsigned()
        .unwrap()
        .sign(&[Signature([0; 64]); 4]);
    VerifiedGossip::Channel(Verified::trust_without_checking(message, ()))
}

pub(crate) fn terms(id: ShortChannelId, side: u8, time: u32) -> VerifiedGossip {
    let message: ChannelUpdate = update(id, side, time)
        .unsigned()
        .unwrap()
        .sign(&[Signature([0; 64])]);
    VerifiedGossip::Update(Verified::trust_without_checking(message, node(1)))
}

pub(crate) fn named(n: u16, time: u32) -> VerifiedGossip {
    let message: NodeAnnouncement = about(node(n), time)
        .unsigned()
        .unwrap()
        .sign(&[Signature([0; 64])]);
    VerifiedGossip::Node(Verified::trust_without_checking(message, ()))
}

pub(crate) fn frame(message: &VerifiedGossip) -> Bytes {
    match message {
        VerifiedGossip::Channel(message) => message.as_bytes().clone(),
        VerifiedGossip::Update(message) => message.as_bytes().clone(),
        VerifiedGossip::Node(message) => message.as_bytes().clone(),
    }
}

pub(crate) struct Hub {
    pub(crate) relay: Relay,
    pub(crate) now: Instant,
    /// When, to whom, what.
    pub(crate) sent: Vec<(u64, NodeId, Bytes)>,
    pub(crate) refreshes: Vec<Key>,
    /// Peers that take what they are sent at once.
    pub(crate) fast: Vec<NodeId>,
}

impl Hub {
    /// One whose graph is complete.
    pub(crate) fn with(config: Config) -> Self {
        let mut hub = Self {
            relay: Relay::new(config, at(0), 7),
            now: at(0),
            sent: Vec::new(),
            refreshes: Vec::new(),
            fast: Vec::new(),
        };
        hub.input(Input::Complete);
        hub
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.relay.handle_input(self.now, input);
        self.drain();
    }

    /// Peers that are up, want everything and take it at once.
    pub(crate) fn add(&mut self, peers: &[u16]) {
        for peer in peers.iter().map(|n| node(*n)) {
            self.fast.push(peer);
            self.input(Input::PeerUp(peer));
            let filter = filter(0, u32::MAX);
            self.input(Input::Filter { peer, filter });
        }
    }

    pub(crate) fn gossip(&mut self, from: u16, message: VerifiedGossip) {
        let from = node(from);
        self.input(Input::Gossip { from, message });
    }

    pub(crate) fn own(&mut self, message: VerifiedGossip) {
        self.input(Input::Own {
            message,
            only: None,
        });
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        let end = self.now + core::time::Duration::from_secs(seconds);
        while let Some(next) = self.relay.poll_timeout().filter(|next| *next <= end) {
            assert!(next >= self.now, "a timer that was due before");
            self.now = next;
            self.relay.handle_timeout(next);
            self.drain();
        }
        self.now = end;
    }

    /// What went to a peer, since it was last looked at.
    pub(crate) fn sent_to(&mut self, peer: u16) -> Vec<Bytes> {
        let mut frames = Vec::new();
        self.sent.retain(|(_, to, frame)| {
            if *to == node(peer) {
                frames.push(frame.clone());
            }
            *to != node(peer)
        });
        frames
    }

    pub(crate) fn set_wall_clock(&mut self, time: u32) {
        self.relay.set_wall_clock(Timestamp(time));
    }

    fn drain(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Send { peer, message } => {
                    let seconds = self.now.since_epoch().as_secs();
                    self.sent.push((seconds, peer, message));
                    if self.fast.contains(&peer) {
                        self.relay.handle_input(self.now, Input::Ready(peer));
                    }
                }
                Output::Refresh(key) => self.refreshes.push(key),
            }
        }
    }
}
