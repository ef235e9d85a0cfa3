//! What a syncer is told.

use alloc::vec::Vec;

use lnwire::{
    ShortChannelId,
    bolt7::{ReplyChannelRange, ReplyShortChannelIdsEnd},
};

/// What a [`Syncer`](super::Syncer) is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The peer answered the range query, or a part of it.
    RangeReply(ReplyChannelRange),
    /// The peer ended its answer to a query for channels.
    ScidsEnd(ReplyShortChannelIdsEnd),
    /// The peer sent gossip; the channel, if it was an announcement of one.
    Gossip(Option<ShortChannelId>),
    /// The answer to [`Output::FindMissing`](super::Output::FindMissing): what to ask for, in any order.
    Missing(Vec<Wanted>),
}

/// A channel to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// What of it: a sum of the constants of [`QueryFlags`](lnwire::bolt7::QueryFlags).
    pub flags: u8,
}
