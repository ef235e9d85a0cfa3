//! What a syncer wants done, and what it reports.

use alloc::vec::Vec;

use lnwire::{Message, ShortChannelId};

use super::{Blocks, Listed};
use crate::violation::Violation;

/// What a [`Syncer`](super::Syncer) wants done, in this order.
#[expect(
    clippy::large_enum_variant,
    reason = "messages are values: decoding one allocates nothing"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this to the peer.
    Send(Message),
    /// Compare these channels, ascending and each once, with what is known here, and answer with
    /// [`Input::Missing`](super::Input::Missing).
    FindMissing(Vec<Listed>),
    /// Something happened.
    Event(Event),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The sync that [`Syncer::sync`](super::Syncer::sync) began has ended, exactly once.
    Finished(Outcome),
    /// The peer broke the protocol.
    Violation(Violation),
}

/// How a sync ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Every channel that the peer listed and that was missing here was asked for and answered.
    Complete {
        /// Channels that the peer listed.
        listed: usize,
        /// Channels asked for.
        asked: usize,
        /// Channels that it listed, was asked for, and did not send: closed meanwhile, or withheld.
        withheld: Vec<ShortChannelId>,
    },
    /// Some channels never came, or some blocks were not listed.
    Partial {
        /// Why.
        reason: Failure,
        /// The channels that are left to ask of another peer.
        missing: Vec<ShortChannelId>,
        /// The blocks that are left to be listed, ascending.
        unlisted: Vec<Blocks>,
    },
    /// Not even the list of channels arrived.
    Failed(Failure),
}

/// Why a sync did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The peer fell silent.
    #[error("no answer in time")]
    TimedOut,
    /// The peer does not serve our chain.
    #[error("peer does not serve the chain")]
    ChainNotServed,
    /// The peer does not offer `gossip_queries`, so it was not asked. For embedders to report: a [`Syncer`] does
    /// not know what a peer offers.
    ///
    /// [`Syncer`]: super::Syncer
    #[error("peer does not offer gossip queries")]
    NoQueries,
    /// The peer says that it lacks information.
    #[error("peer does not keep full information")]
    NotFullInformation,
    /// The peer listed more channels than [`Config::max_listed`](super::Config::max_listed), or in too many replies. As the
    /// reason of a partial sync nobody's fault: the rest is to be asked for in another one.
    #[error("peer listed too much")]
    TooMuch,
    /// The peer did not speak for all blocks, not even when asked again.
    #[error("peer left out blocks")]
    Gaps,
    /// The embedder did not answer [`Output::FindMissing`].
    #[error("missing channels were not looked up in time")]
    NotLookedUp,
    /// [`Syncer::stop`](super::Syncer::stop) was called.
    #[error("stopped")]
    Stopped,
}
