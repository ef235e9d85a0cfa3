//! Onions: messages wrapped in them, and what comes back when a payment fails on its way.
//!
//! Nothing here opens or seals an onion: the bytes of a packet are handed over as they are.
//!
//! BOLT 4, [onion routing protocol](https://github.com/lightning/bolts/blob/master/04-onion-routing.md).

mod failure;
mod failure_code;
mod failure_packet;
mod onion_message;

pub use failure::{Failure, FailureMessage, FailureUpdate, PaymentDetails, UnknownCode};
pub use failure_code::FailureCode;
pub use failure_packet::{FailurePacket, FailurePacketError};
pub use onion_message::{OnionMessage, OnionMessagePacket};
