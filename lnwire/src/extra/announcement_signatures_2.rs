//! `announcement_signatures_2` (260): one side's half of a `channel_announcement_2`.

use super::{PartialSignature, pure_tlv::pure_tlv};
use crate::types::{ChannelId, ShortChannelId};

pure_tlv! {
    /// Gives the channel's other node the partial signature that it needs to announce the channel.
    ///
    /// Its type is even: a node that has not negotiated it should treat it like an unknown one.
    ///
    /// Proposal [1059](https://github.com/lightning/bolts/pull/1059).
    AnnouncementSignatures2 = 260, "announcement_signatures_2" {
        /// The channel.
        0 => channel_id: ChannelId,
        /// Its place in the chain.
        2 => short_channel_id: ShortChannelId,
        /// The sum of the sender's partial signatures, by its node key and its funding key, over the digest of
        /// the announcement.
        4 => partial_signature: PartialSignature,
    }
}
