//! Why a message was dropped, and whether that is its sender's fault.

use lnwire::SignatureError;

use crate::scores::Offence;

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// It says nothing new.
    #[error("known already")]
    Known,
    /// A later one took its place while the rate limit held it back.
    #[error("superseded")]
    Superseded,
    /// It speaks of another chain.
    #[error("of another chain")]
    ForeignChain,
    /// It speaks of this node, which knows better.
    #[error("about this node")]
    Own,
    /// The two nodes of a channel are not in the order of their ids.
    #[error("nodes not in ascending order")]
    NodeOrder,
    /// No channel that it could belong to is known, and none came in time.
    #[error("of no known channel")]
    UnknownChannel,
    /// The channel is closed.
    #[error("of a closed channel")]
    Closed,
    /// The channel was removed because it was silent; only a fresh update by its nodes revives it.
    #[error("of a channel that was silent for too long")]
    Zombie,
    /// The channel has not enough confirmations, and did not get them in time.
    #[error("not confirmed yet")]
    Unconfirmed,
    /// The channel's block is far above the tip.
    #[error("far above the tip")]
    FarAboveTip,
    /// The timestamp is 0.
    #[error("without a timestamp")]
    NoTimestamp,
    /// It is too old.
    #[error("too old")]
    Stale,
    /// It claims to be made too far in the future.
    #[error("too far in the future")]
    Future,
    /// It is not meant to be passed on.
    #[error("not to be forwarded")]
    DontForward,
    /// The list of addresses ends within one.
    #[error("broken addresses")]
    Addresses,
    /// A signature does not hold.
    #[error(transparent)]
    Signature(SignatureError),
    /// A signature does not hold: another copy of this message was checked before.
    #[error("copy of an invalid message")]
    InvalidCopy,
    /// The chain has no such output.
    #[error("no funding output")]
    FundingNotFound,
    /// The output is not one that the two funding keys own together.
    #[error("funded by another script")]
    FundingScript,
    /// The chain could not be asked in time.
    #[error("chain not available")]
    ChainUnavailable,
    /// The graph is full, or nearly so and this peer is the one that filled it.
    #[error("graph is full")]
    GraphFull,
    /// The channel's updates come too fast, and there was no room to keep this one until later.
    #[error("updated too often")]
    RateLimited,
    /// The peer has too much under way: it was read from although [`Ingest::has_room`](super::Ingest::has_room) said no.
    #[error("too much under way")]
    Overloaded,
    /// The signature job was not run in time.
    #[error("not checked in time")]
    NotChecked,
}

impl DropReason {
    /// Returns whether the sender is to blame: no honest relay passes such a message on. Old, unknown and
    /// repeated gossip is what honest peers relay, and our own clock and chain may be wrong.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        matches!(self, Self::NodeOrder) || self.offence().is_some()
    }

    /// Returns what to hold against the sender in [`Scores`](crate::Scores).
    #[must_use]
    pub const fn offence(self) -> Option<Offence> {
        match self {
            Self::Signature(_) | Self::InvalidCopy => Some(Offence::InvalidSignature),
            Self::ForeignChain => Some(Offence::ForeignChain),
            _ => None,
        }
    }
}
