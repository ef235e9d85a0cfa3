//! Why a connection ended.

use brontide::{DecryptError, HandshakeError};
use lnwire::MessageError;

/// Why a session ended.
///
/// ```
/// use conn_worker::EndReason;
///
/// assert!(EndReason::ClosedInHandshake.is_before_up());
/// assert!(!EndReason::PongTimeout.is_before_up());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndReason {
    /// The peer sent an act that cannot be right.
    #[error("handshake failed: {0}")]
    Handshake(#[from] HandshakeError),
    /// The peer closed before it had proved who it is. A wrong key and an unwilling peer look alike: a responder
    /// that cannot read act one just closes.
    #[error("closed by the peer during the handshake")]
    ClosedInHandshake,
    /// The handshake took too long.
    #[error("handshake timed out")]
    HandshakeTimeout,
    /// The peer, known to be the right one, closed before its `init`: it is unwilling, full, or restarting.
    #[error("closed by the peer before its init")]
    ClosedBeforeInit,
    /// The peer's `init` did not come in time.
    #[error("no init in time")]
    InitTimeout,
    /// The first message was not `init`.
    #[error("first message is of type {msg_type}, not init")]
    NotInit {
        /// Type of the message that came instead.
        msg_type: u16,
    },
    /// The peer demands a feature that nobody here knows.
    #[error("the peer demands unknown feature bit {bit}")]
    UnknownFeature {
        /// The lowest such bit.
        bit: u32,
    },
    /// The peer's features contradict each other: one is set without another that it depends on.
    #[error("the peer offers {feature} without {needed}")]
    MissingDependency {
        /// The feature, as BOLT 9 names it.
        feature: &'static str,
        /// What it depends on.
        needed: &'static str,
    },
    /// The peer named the chains it serves, and none is ours.
    #[error("no common chain")]
    NoCommonChain,
    /// A message that does not decode and is not survivable.
    #[error("undecodable: {0}")]
    UndecodableMessage(#[from] MessageError),
    /// A message of an unknown even type, which has to be understood.
    #[error("unknown message of even type {msg_type}")]
    UnknownMessage {
        /// Its type.
        msg_type: u16,
    },
    /// What arrived was not sealed by the peer: altered, lost or repeated bytes.
    #[error("cannot be decrypted: {0}")]
    Decrypt(#[from] DecryptError),
    /// The peer sent an `error` about all channels; it was handed out just before.
    #[error("the peer sent an error about all channels")]
    PeerError,
    /// Not a byte came in [`pong_timeout`](crate::SessionConfig::pong_timeout) after a ping.
    #[error("the peer did not answer a ping")]
    PongTimeout,
    /// A message was begun and not finished within [`frame_timeout`](crate::SessionConfig::frame_timeout).
    #[error("the peer trickles a message")]
    FrameTimeout,
    /// The peer asked for more bytes of pongs than its budget, and went on when warned.
    #[error("the peer floods us with pings")]
    PingFlood,
    /// Nothing could be written for [`write_timeout`](crate::SessionConfig::write_timeout).
    #[error("the peer does not read")]
    WriteTimeout,
    /// The peer closed, or the connection broke.
    #[error("closed by the peer")]
    RemoteClosed,
    /// We closed.
    #[error("closed by us")]
    LocalClose,
}

impl EndReason {
    /// Returns whether it can only happen before the session is up. [`Self::LocalClose`],
    /// [`Self::UndecodableMessage`] and [`Self::Decrypt`] can happen before and after.
    #[must_use]
    pub const fn is_before_up(&self) -> bool {
        matches!(
            self,
            Self::Handshake(_)
                | Self::ClosedInHandshake
                | Self::HandshakeTimeout
                | Self::ClosedBeforeInit
                | Self::InitTimeout
                | Self::NotInit { .. }
                | Self::UnknownFeature { .. }
                | Self::MissingDependency { .. }
                | Self::NoCommonChain
        )
    }
}
