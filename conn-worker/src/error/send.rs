//! Why a message was not queued.

use crate::session::Lane;

/// Why a message was not queued. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Nothing may be sent before the peer's `init` has arrived (BOLT 1), nor after the end.
    #[error("the session is not up")]
    NotUp,
    /// The lane has no room; try again once some of it has been transmitted.
    #[error("{lane:?} lane: {needed} bytes needed, {room} free")]
    LaneFull {
        /// The lane.
        lane: Lane,
        /// What the message needs, in bytes on the wire.
        needed: usize,
        /// What is free, in bytes on the wire.
        room: usize,
    },
    /// No message is longer than 65535 bytes with its type.
    #[error("message of {len} bytes is longer than 65535")]
    TooLong {
        /// Its length, in bytes with its type.
        len: usize,
    },
    /// No message is shorter than its type, which has two bytes.
    #[error("message of {len} bytes is shorter than its type")]
    TooShort {
        /// Its length, in bytes.
        len: usize,
    },
    /// `init`, `ping` and `pong` are the session's own to send.
    #[error("messages of type {msg_type} are sent by the session itself")]
    Reserved {
        /// The message's type.
        msg_type: u16,
    },
}
