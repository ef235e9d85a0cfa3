//! Channels: opening, using, splicing and closing them.
//!
//! What the messages *mean* is the channel state machine's business, which is not here; this is their layout.
//! Amounts, heights and points are taken as they come: whether they make sense is for the channel to say.
//!
//! ```
//! use lnwire::{ChannelId, Message, Sat, Signature, WireMessage};
//! use lnwire::bolt2::{ClosingSigned, FeeRange};
//!
//! let offer = ClosingSigned {
//!     channel_id: ChannelId([7; 32]),
//!     fee_satoshis: Sat(600),
//!     signature: Signature([1; 64]),
//!     fee_range: Some(FeeRange { min_fee_satoshis: Sat(500), max_fee_satoshis: Sat(900) }),
//!     unknown: Default::default(),
//! };
//! let mut out = Vec::new();
//! offer.encode(&mut out)?;
//! let Message::ClosingSigned(read) = Message::decode(out.into())? else { panic!() };
//! assert_eq!(read, offer);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! BOLT 2, [peer protocol for channel management](https://github.com/lightning/bolts/blob/master/02-peer-protocol.md).

mod attribution_data;
mod close;
mod commitment;
mod funding;
mod htlc;
mod interactive_tx;
mod onion_packet;
mod open;
mod open2;
mod quiescence;
mod rbf;
mod ready;
mod reestablish;
mod signatures;
mod simple_close;
mod splice;
mod witnesses;

pub use attribution_data::AttributionData;
pub use close::{ClosingSigned, FeeRange, Shutdown};
pub use commitment::{CommitmentSigned, RevokeAndAck, StartBatch, UpdateFee};
pub use funding::{FundingCreated, FundingSigned};
pub use htlc::{UpdateAddHtlc, UpdateFailHtlc, UpdateFailMalformedHtlc, UpdateFulfillHtlc};
pub use interactive_tx::{
    TxAbort, TxAddInput, TxAddOutput, TxComplete, TxRemoveInput, TxRemoveOutput, TxSignatures,
};
pub use onion_packet::OnionPacket;
pub use open::{AcceptChannel, OpenChannel};
pub use open2::{AcceptChannel2, OpenChannel2};
pub use quiescence::Stfu;
pub use rbf::{TxAckRbf, TxInitRbf};
pub use ready::ChannelReady;
pub use reestablish::{ChannelReestablish, MyCurrentFundingLocked, NextFunding};
pub use signatures::Signatures;
pub use simple_close::{ClosingComplete, ClosingSig};
pub use splice::{SpliceAck, SpliceInit, SpliceLocked};
pub use witnesses::Witnesses;
