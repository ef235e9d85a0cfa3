//! Gossip: announcements of channels and nodes, and the queries for them.
//!
//! BOLT 7, [P2P node and channel discovery](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md).

mod announcement_signatures;
pub mod channel_announcement;
pub mod channel_update;
mod frame;
pub mod node_announcement;
mod query_channel_range;
mod query_short_channel_ids;
mod scid_list;
mod timestamp_filter;

pub use announcement_signatures::AnnouncementSignatures;
pub use channel_announcement::ChannelAnnouncement;
pub use channel_update::ChannelUpdate;
#[cfg(feature = "verify")]
pub(crate) use frame::digest;
pub use frame::{SignedFrame, Unsigned};
pub use node_announcement::NodeAnnouncement;
pub use query_channel_range::{Checksums, QueryChannelRange, ReplyChannelRange, Timestamps};
pub use query_short_channel_ids::{QueryFlags, QueryShortChannelIds, ReplyShortChannelIdsEnd};
pub use scid_list::ShortChannelIds;
pub use timestamp_filter::GossipTimestampFilter;
