//! Proposals and dialects: messages and records that no BOLT has (yet), but a large node speaks.
//!
//! **Not stable.** What stands here follows proposals, which change: types, names and layouts of this module may
//! change in any release, without the notice that the rest of this crate gives.
//!
//! - Gossip for taproot channels ("gossip 1.75", "gossip v2"), the open proposal
//!   [1059](https://github.com/lightning/bolts/pull/1059): [`AnnouncementSignatures2`],
//!   [`ChannelAnnouncement2`], [`NodeAnnouncement2`], [`ChannelUpdate2`]. Where the text and lnd, the node that
//!   speaks it, differ, this follows lnd and says so.
//! - Dynamic commitments, the closed proposal [1117](https://github.com/lightning/bolts/pull/1117), as lnd has
//!   it: [`DynPropose`], [`DynAck`], [`DynReject`], [`DynCommit`], [`KickoffSig`].
//! - Fees for what comes in through a channel, which lnd puts behind a `channel_update`: [`inbound_fee()`].
//!
//! [`Message::decode`](crate::Message::decode) knows these types. All of them are odd, so that a node that does
//! not care can drop them, but [`AnnouncementSignatures2`] (260): by BOLT 1, a node that has not negotiated that
//! message should treat it like one of an unknown even type and close the connection. One that does not decode is an
//! error like that of any other message; who does not take part in a proposal can ignore those of its odd types.

pub mod announcement_signatures_2;
pub mod channel_announcement_2;
pub mod channel_update_2;
mod dynamic_commitments;
mod inbound_fee;
pub mod node_announcement_2;
mod pure_tlv;
mod values;

pub use announcement_signatures_2::AnnouncementSignatures2;
pub use channel_announcement_2::ChannelAnnouncement2;
pub use channel_update_2::ChannelUpdate2;
pub use dynamic_commitments::{
    DynAck, DynCommit, DynPropose, DynReject, KickoffSig, RejectedParameters,
};
pub use inbound_fee::{InboundFee, inbound_fee};
pub use node_announcement_2::NodeAnnouncement2;
pub use pure_tlv::{PureTlv, SignedTlv, is_signed};
pub use values::{
    Ipv4Addrs, Ipv6Addrs, MerkleRootHash, Outpoint, PartialSignature, PublicNonce,
    SchnorrSignature, TorV3Addrs, Utf8Alias,
};
