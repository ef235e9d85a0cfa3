//! What is offered, what was taken, and how it ends.

use gossip_sync::ingest::DropReason;
use lnwire::bytes::Bytes;
use lnwire::{Instant, Message, NodeId, ShortChannelId};

/// What a message speaks of.
#[derive(Clone, Debug)]
pub(crate) enum About {
    Channel(ShortChannelId, [NodeId; 2]),
    Update(ShortChannelId, usize, u32),
    Node(NodeId, u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) message: Message,
    pub(crate) frame: Bytes,
    pub(crate) about: About,
    pub(crate) is_valid: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// Its signatures are to be checked; the number is its place in the order of its peer.
    Queued(u64),
    Out,
    /// Its funding is to be looked up.
    ToAsk,
    Asked,
    Rests(Instant),
    /// For these announcements, by their numbers.
    Waits(Vec<usize>),
    /// In the order of this number.
    Parked(u64),
}

/// A message that was taken and has no end yet.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) number: usize,
    pub(crate) peer: NodeId,
    pub(crate) item: Item,
    pub(crate) state: State,
    pub(crate) until: Instant,
    /// It is to show that a channel lives.
    pub(crate) revives: bool,
    /// It was parked for want of confirmations.
    pub(crate) unconfirmed: bool,
}

impl Taken {
    pub(crate) const fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Parked(_))
    }

    pub(crate) const fn is_being_checked(&self) -> bool {
        !matches!(self.state, State::Parked(_) | State::Waits(_))
    }

    pub(crate) fn weight(&self) -> usize {
        self.item.frame.len() + 400
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Accepted(NodeId, Bytes),
    /// With the reason as it is written.
    Dropped(NodeId, String),
}

pub(crate) fn dropped(peer: NodeId, reason: DropReason) -> End {
    let reason = match reason {
        DropReason::Signature(_) => "invalid signature".to_owned(),
        reason => reason.to_string(),
    };
    End::Dropped(peer, reason)
}
