//! `stfu` (2): stop, so that something can be changed.

use crate::{message_macro::message, types::ChannelId};

message! {
    /// Says that the sender sends no more updates for now.
    ///
    /// BOLT 2, [channel quiescence](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md#channel-quiescence).
    Stfu = 2 {
        /// The channel.
        channel_id: ChannelId,
        /// 1 if the sender asked first, 0 if it answers; kept as received.
        initiator: u8,
    }
}
