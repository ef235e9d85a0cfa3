//! `peer_storage` (7) and `peer_storage_retrieval` (9): a backup that a peer keeps.

use bytes::Bytes;

use crate::message_macro::message;

message! {
    /// Asks the peer to keep a blob, in place of the one before.
    ///
    /// BOLT 1, [peer storage](https://github.com/lightning/bolts/blob/master/01-messaging.md#peer-storage).
    PeerStorage = 7 {
        /// The backup, encrypted and authenticated by its owner: 0 to 65531 bytes, best always padded to 65531.
        blob: Bytes,
    }
}

message! {
    /// Gives the blob back that the peer last asked to keep, after `init`.
    ///
    /// BOLT 1, [peer storage](https://github.com/lightning/bolts/blob/master/01-messaging.md#peer-storage).
    PeerStorageRetrieval = 9 {
        /// The backup as it was received: 0 to 65531 bytes. Only its owner can tell whether it is the latest.
        blob: Bytes,
    }
}
