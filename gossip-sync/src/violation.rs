//! What peers do that they must not.

/// A breach of BOLT 7 by a peer: a fact for the embedder, which decides what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A `reply_channel_range` that no query asked for.
    #[error("reply_channel_range without a query")]
    UnexpectedRangeReply,
    /// A `reply_short_channel_ids_end` that no query asked for, or for another chain.
    #[error("reply_short_channel_ids_end without a query")]
    UnexpectedScidsEnd,
    /// More queries than the one being answered and the one that may wait behind it.
    #[error("query while two are being answered")]
    TooManyQueries,
}
