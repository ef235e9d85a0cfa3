//! `announcement_signatures` (259): one side's half of a channel announcement.

use crate::{
    message_macro::message,
    types::{ChannelId, ShortChannelId, Signature},
};

message! {
    /// Gives the channel's other node the two signatures that it needs to announce the channel.
    ///
    /// BOLT 7, [the `announcement_signatures` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-announcement_signatures-message).
    AnnouncementSignatures = 259 {
        /// The channel.
        channel_id: ChannelId,
        /// Its place in the chain.
        short_channel_id: ShortChannelId,
        /// Signature by the node's key.
        node_signature: Signature,
        /// Signature by the funding key.
        bitcoin_signature: Signature,
    }
}
