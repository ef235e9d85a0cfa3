//! What an answerer is told.

use alloc::vec::Vec;

use lnwire::{
    ShortChannelId, Timestamp,
    bolt7::{
        ChannelAnnouncement, ChannelUpdate, GossipTimestampFilter, NodeAnnouncement,
        QueryChannelRange, QueryShortChannelIds,
    },
};

use super::RequestId;

/// What an [`Answerer`](super::Answerer) is told. Every question is to be answered, even one that a new filter has overtaken:
/// until then nothing else is asked.
#[derive(Clone, Debug)]
pub enum Input {
    /// The peer asks which channels there are.
    QueryRange(QueryChannelRange),
    /// The peer asks for channels.
    QueryScids(QueryShortChannelIds),
    /// The peer says which gossip it wants. The last filter counts, and replaces an unfinished backlog.
    Filter(GossipTimestampFilter),
    /// The answer to [`Output::List`](super::Output::List).
    Listed {
        /// The question.
        request: RequestId,
        /// Ascending, at most as many as asked for; fewer mean that there are no more.
        channels: Vec<ListedChannel>,
    },
    /// The answer to [`Output::Fetch`](super::Output::Fetch) or [`Output::Walk`](super::Output::Walk).
    Fetched {
        /// The question.
        request: RequestId,
        /// What is known of the channels asked for, in the order asked; for a walk ascending, and fewer than
        /// asked for mean that there are no more.
        channels: Vec<StoredChannel>,
    },
    /// The answer to [`Output::WalkNodes`](super::Output::WalkNodes).
    FetchedNodes {
        /// The question.
        request: RequestId,
        /// Ascending by node id; fewer than asked for mean that there are no more.
        nodes: Vec<NodeAnnouncement>,
    },
    /// What was sent has left, if anything was; there is room for another page. Due after every page, see
    /// [`Answerer::awaits_ready`](crate::Answerer::awaits_ready).
    Ready,
}

/// A public channel, for a `reply_channel_range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedChannel {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// Of the updates of `node_id_1` and `node_id_2`; zero for none. A channel with two zeros is left out of
    /// replies.
    pub timestamps: [Timestamp; 2],
    /// [`ChannelUpdate::checksum`] of the same updates; zero for none. Only looked at if asked for.
    pub checksums: [u32; 2],
}

/// A public channel with everything that is sent about it. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChannel {
    /// The channel's announcement.
    pub announcement: ChannelAnnouncement,
    /// The newest updates of `node_id_1` and `node_id_2`.
    pub updates: [Option<ChannelUpdate>; 2],
    /// The newest announcements of `node_id_1` and `node_id_2`. Left out of a walk.
    pub nodes: [Option<NodeAnnouncement>; 2],
}
