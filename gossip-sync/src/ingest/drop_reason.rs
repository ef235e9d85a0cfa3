//! Why a message was dropped, and whether that is its sender's fault.

use lnwire::SignatureError;

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// It says nothing new.
    #[error("known already")]
    Known,
    /// It speaks of another chain.
    #[error("of another chain")]
    ForeignChain,
    /// The two nodes of a channel are not in the order of their ids.
    #[error("nodes not in ascending order")]
    NodeOrder,
    /// No channel that it could belong to is known.
    #[error("of no known channel")]
    UnknownChannel,
    /// It is too old.
    #[error("too old")]
    Stale,
    /// It claims to be made too far in the future.
    #[error("too far in the future")]
    Future,
    /// It is not meant to be passed on.
    #[error("not to be forwarded")]
    DontForward,
    /// A signature does not hold.
    #[error(transparent)]
    Signature(SignatureError),
    /// The peer has too much under way: it was read from although [`Ingest::has_room`](super::Ingest::has_room) said no.
    #[error("too much under way")]
    Overloaded,
    /// The signature job was not run in time.
    #[error("not checked in time")]
    NotChecked,
}

impl DropReason {
    /// Returns whether the sender is to blame. Old, unknown and repeated gossip is what honest peers relay,
    /// and our own clock may be wrong; so only what no honest relay passes on counts.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Signature(_) | Self::ForeignChain | Self::NodeOrder
        )
    }
}
