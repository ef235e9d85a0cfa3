//! The Lightning Network's wire messages: decode and encode, byte-exact, without allocation.
//!
//! A received message is a [`Bytes`](bytes::Bytes); [`Message::decode`] turns it into a value which shares
//! those bytes. Encoding appends to any [`BufMut`](bytes::BufMut). What this crate does not know (types, TLV
//! records, trailing bytes, feature bits) survives decode and encode byte for byte.
//!
//! ```
//! use lnwire::{ChainHash, Feature, Features, Message, WireMessage, bolt1::{ChainHashes, Init}};
//!
//! let init = Init {
//!     features: Features::offering(&[Feature::GOSSIP_QUERIES]),
//!     networks: Some(ChainHashes::new(&[ChainHash::MAINNET])),
//!     ..Init::default()
//! };
//! let mut out = Vec::with_capacity(init.encoded_len());
//! init.encode(&mut out)?;
//!
//! match Message::decode(out.into()) {
//!     Ok(Message::Init(init)) => {
//!         assert!(init.all_features().supports(Feature::GOSSIP_QUERIES));
//!         assert_eq!(init.features.required_unknown(), None);
//!     }
//!     Ok(other) => panic!("unexpected message {}", other.msg_type()),
//!     Err(fault) => panic!("{fault}; advice: {:?}", fault.advice()),
//! }
//! # Ok::<(), lnwire::MessageTooLong>(())
//! ```
//!
//! With the feature `verify`, gossip messages check their own signatures and become a `Verified<T>`, the
//! only thing that a graph should accept.
//!
//! With the feature `serde`, values and messages go to and from its formats. Where people read the format, bytes are
//! hex and a message is an object of its fields; a signed one also has `raw`, its bytes, and comes from those alone.
//! What has to be checked stays unchecked: a `Verified<T>` can be written but not read. The features `arbitrary` and
//! `proptest` make random values and messages for tests.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::unwrap_used
    )
)]

#[cfg(any(feature = "serde", feature = "arbitrary", feature = "verify"))]
extern crate alloc;

#[cfg(feature = "arbitrary")]
mod any;
pub mod big_size;
pub mod bolt1;
pub mod bolt10;
pub mod bolt2;
pub mod bolt4;
pub mod bolt7;
mod by_bytes;
mod codec;
mod error;
pub mod extra;
pub mod features;
pub mod field;
#[cfg(feature = "verify")]
mod key_cache;
mod message;
mod message_macro;
mod reader;
mod record_macro;
#[cfg(feature = "serde")]
mod serde_form;
#[cfg(feature = "proptest")]
pub mod strategy;
mod time;
pub mod tlv;
pub mod truncated;
mod types;
#[cfg(feature = "verify")]
mod verify;

#[cfg(feature = "arbitrary")]
pub use arbitrary;
pub use big_size::BigSize;
pub use bytes;
pub use codec::{MAX_MESSAGE_LEN, WireMessage};
pub use error::{Advice, DecodeError, MessageError, MessageTooLong};
pub use features::{Context, Feature, Features};
#[cfg(feature = "verify")]
pub use key_cache::KeyCache;
pub use message::{FIRST_CUSTOM_TYPE, Message, Unknown};
#[cfg(feature = "proptest")]
pub use proptest;
pub use reader::Reader;
#[cfg(feature = "verify")]
pub use secp256k1;
#[cfg(feature = "serde")]
pub use serde;
pub use time::{Instant, Timestamp};
pub use types::ParseAddressError;
pub use types::{
    Address, AddressError, Addresses, Alias, BlockHeight, ChainHash, ChannelId, Color, Hostname,
    Msat, NodeId, ParseHexError, ParseShortChannelIdError, Point, SciddirOrPubkey, ShortChannelId,
    Signature,
};
pub use types::{
    FeeratePerKw, PaymentHash, PaymentPreimage, PerCommitmentSecret, Sat, Sha256, Txid,
};
#[cfg(feature = "verify")]
pub use verify::{Gossip, SignatureError, Verified};
