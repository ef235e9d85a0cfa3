//! One newtype a file: values that have a unit or a rule.

mod address;
mod alias;
mod chain_hash;
mod hex_bytes;
mod msat;
mod node_id;
mod onion;
mod short_channel_id;

pub use address::ParseAddressError;
pub use address::{Address, AddressError, Addresses, Hostname};
pub use alias::{Alias, Color};
pub use chain_hash::ChainHash;
pub use hex_bytes::ParseHexError;
pub use msat::{BlockHeight, Msat};
pub use node_id::{ChannelId, NodeId, Point, Signature};
pub use short_channel_id::{ParseShortChannelIdError, ShortChannelId};
