//! `channel_ready` (36): the funding transaction is deep enough.

use crate::{
    message_macro::message,
    types::{ChannelId, Point, ShortChannelId},
};

message! {
    /// Says that the channel can be used.
    ///
    /// BOLT 2, [the `channel_ready` message](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#the-channel_ready-message).
    ChannelReady = 36 {
        /// The channel.
        channel_id: ChannelId,
        /// The sender's per-commitment point for its second commitment transaction.
        second_per_commitment_point: Point,
    }
    "channel_ready_tlvs" {
        /// A name by which the receiver is to know the channel.
        1 => short_channel_id: ShortChannelId,
    }
}
