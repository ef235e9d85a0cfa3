//! Channels: opening, using, splicing and closing them.
//!
//! What the messages *mean* is the channel state machine's business, which is not here; this is their layout.
//!
//! BOLT 2, [peer protocol for channel management](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md).

mod quiescence;
mod ready;

pub use quiescence::Stfu;
pub use ready::ChannelReady;
