//! Messages that set a connection up and keep it alive.
//!
//! BOLT 1, [base protocol](https://github.com/lightning/bolts/blob/master/01-messaging.md).

mod error;
mod init;
mod peer_storage;
mod ping;

pub use error::{ErrorMessage, Warning};
pub use init::{ChainHashes, Init};
pub use peer_storage::{PeerStorage, PeerStorageRetrieval};
pub use ping::{MAX_PONG_BYTES, Ping, Pong};
