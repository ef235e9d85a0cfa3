//! What an [`Ingest`](super::Ingest) wants done.

use lnwire::{NodeId, ShortChannelId, Verified, bolt7::ChannelUpdate, extra::Outpoint};

use super::{DropReason, SignatureJob, VerifiedGossip, Version2};

/// Names a question to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupId {
    pub(super) number: u64,
    pub(super) attempt: u32,
}

/// What an [`Ingest`](super::Ingest) wants done, in this order.
#[derive(Clone, Debug)]
pub enum Output {
    /// Run this job, now or later, on any thread, and hand the result in. At most [`Config::max_jobs`] are out
    /// at a time; which comes next goes round between the peers.
    ///
    /// [`Config::max_jobs`]: super::Config::max_jobs
    Check(SignatureJob),
    /// Ask the chain about this channel's funding output; answer with [`Input::LookedUp`]. At most
    /// [`Config::max_lookups`] are out at a time, and peers take turns.
    ///
    /// [`Input::LookedUp`]: super::Input::LookedUp
    /// [`Config::max_lookups`]: super::Config::max_lookups
    Lookup {
        /// Names the question.
        id: LookupId,
        /// The place of the output in the chain.
        short_channel_id: ShortChannelId,
    },
    /// The message is right: apply it before the next call.
    ///
    /// Verdicts come in any order, so an update or a node may be older than one accepted before: the graph
    /// keeps the newest.
    Accept {
        /// The peer that sent it.
        peer: NodeId,
        /// The message, which shares no buffer with others.
        message: VerifiedGossip,
        /// Whether it may be passed on: not an update that repeats the one before too early, nor a node with
        /// two DNS names.
        relay: bool,
        /// A channel's funding output, if the chain was asked.
        funding: Option<FundingOutput>,
    },
    /// The message was dropped.
    Drop {
        /// The peer that sent it.
        peer: NodeId,
        /// Why.
        reason: DropReason,
    },
    /// A fresh update by one of its nodes shows that this silent channel lives: let the graph forget that it is gone, and
    /// ask the peer for its announcement. The update waits for it.
    Revived {
        /// The peer that sent the update.
        peer: NodeId,
        /// The update.
        update: Verified<ChannelUpdate>,
    },
    /// The message is gossip of the second version, and has no effect here. It is not checked.
    Version2 {
        /// The peer that sent it.
        peer: NodeId,
        /// The message.
        message: Version2,
    },
}

/// A channel's funding output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingOutput {
    /// Its value in satoshi: the channel's capacity.
    pub value_sat: u64,
    /// Where it is: when it is spent, the channel is closed.
    pub outpoint: Outpoint,
}
