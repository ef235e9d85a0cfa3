//! One newtype a file: values that have a unit or a rule.

mod address;
mod alias;
mod chain_hash;
mod hash;
mod hex_bytes;
mod msat;
mod node_id;
mod onion;
mod sciddir_or_pubkey;
mod secret;
mod short_channel_id;
mod txid;

pub use address::ParseAddressError;
pub use address::{Address, AddressError, Addresses, Hostname};
pub use alias::{Alias, Color};
pub use chain_hash::ChainHash;
pub use hash::{PaymentHash, Sha256};
pub use hex_bytes::ParseHexError;
pub use msat::{BlockHeight, FeeratePerKw, Msat, Sat};
pub use node_id::{ChannelId, NodeId, Point, Signature};
pub use sciddir_or_pubkey::SciddirOrPubkey;
pub use secret::{PaymentPreimage, PerCommitmentSecret};
pub use short_channel_id::{ParseShortChannelIdError, ShortChannelId};
pub use txid::Txid;
