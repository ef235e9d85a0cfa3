//! What peers send.

use lnwire::{
    Message, MessageError,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

/// What a peer sent. Nearly all of it is gossip, which is small; many of these are moved and kept at once.
#[derive(Debug)]
pub(super) enum Received {
    Gossip(Gossip),
    Other(Box<Message>),
    /// It did not decode, and the peer was warned.
    Fault(MessageError),
}

/// Gossip of which nothing is known.
#[derive(Debug)]
pub(super) enum Gossip {
    Channel(ChannelAnnouncement),
    Update(ChannelUpdate),
    Node(NodeAnnouncement),
}

impl From<Message> for Received {
    fn from(message: Message) -> Self {
        match message {
            Message::ChannelAnnouncement(message) => Self::Gossip(Gossip::Channel(message)),
            Message::ChannelUpdate(message) => Self::Gossip(Gossip::Update(message)),
            Message::NodeAnnouncement(message) => Self::Gossip(Gossip::Node(message)),
            other => Self::Other(Box::new(other)),
        }
    }
}
