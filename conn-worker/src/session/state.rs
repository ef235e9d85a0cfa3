//! The states of a session. Each owns what it needs and its deadline.

use alloc::vec::Vec;
use core::time::Duration;

use brontide::secp256k1::PublicKey;
use brontide::{Decryptor, Encryptor, Transport};
use bytes::Bytes;
use lnwire::{ChainHash, Instant, Message, NodeId};

use super::config::SessionConfig;
use super::handshake::Handshake;
use super::init::Hello;
use super::keepalive::Keepalive;
use crate::error::EndReason;

#[derive(Debug)]
pub(super) enum State {
    /// From the start to the last act.
    Handshaking {
        handshake: Handshake,
        deadline: Instant,
        hello: Hello,
    },
    /// The handshake is done, the peer's `init` is not here.
    AwaitingInit {
        link: Link,
        deadline: Instant,
        networks: Vec<ChainHash>,
        /// What the peer had us keep, to be given back first of all.
        backup: Option<Bytes>,
    },
    /// Messages flow.
    Up {
        link: Link,
        keepalive: Keepalive,
        /// Before this moment no further warning is sent.
        silent_until: Instant,
    },
    /// Nothing flows; a last warning may wait to be sealed.
    Closed { last_words: Option<Encryptor> },
}

/// A sealed pipe and who is at its other end.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: NodeId,
    pub(super) tx: Encryptor,
    pub(super) rx: Decryptor,
}

impl Link {
    pub(super) fn new(peer: &PublicKey, transport: Transport) -> Self {
        let Transport { tx, rx } = transport;
        Self {
            peer: node_id(peer),
            tx,
            rx,
        }
    }
}

impl State {
    pub(super) const CLOSED: Self = Self::Closed { last_words: None };

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }

    /// Returns whether input has to wait for the answer of the signer.
    pub(super) const fn is_asking(&self) -> bool {
        matches!(self, Self::Handshaking { handshake, .. } if handshake.is_asking())
    }

    /// Returns who is, or who is to be, at the other end.
    pub(super) fn peer(&self) -> Option<NodeId> {
        match self {
            Self::Handshaking { handshake, .. } => handshake.remote().map(node_id),
            Self::AwaitingInit { link, .. } | Self::Up { link, .. } => Some(link.peer),
            Self::Closed { .. } => None,
        }
    }

    /// Returns the sealing half, once there is one.
    pub(super) const fn tx(&mut self) -> Option<&mut Encryptor> {
        match self {
            Self::AwaitingInit { link, .. } | Self::Up { link, .. } => Some(&mut link.tx),
            Self::Closed { last_words } => last_words.as_mut(),
            Self::Handshaking { .. } => None,
        }
    }

    /// Returns what it means that the connection is gone.
    pub(super) const fn closed_by_peer(&self) -> EndReason {
        match self {
            Self::Handshaking { handshake, .. } if !handshake.is_remote_proved() => {
                EndReason::ClosedInHandshake
            }
            Self::Handshaking { .. } | Self::AwaitingInit { .. } => EndReason::ClosedBeforeInit,
            Self::Up { .. } | Self::Closed { .. } => EndReason::RemoteClosed,
        }
    }

    /// Ends the state. The sealing half stays if the peer may and should be told the reason.
    pub(super) fn into_closed(self, reason: &EndReason) -> Self {
        let last_words = match (self, reason) {
            (
                Self::AwaitingInit { link, .. },
                EndReason::UnknownFeature { .. }
                | EndReason::MissingDependency { .. }
                | EndReason::NoCommonChain,
            )
            | (
                Self::Up { link, .. },
                EndReason::UndecodableMessage(_)
                | EndReason::UnknownMessage { .. }
                | EndReason::PingFlood,
            ) => Some(link.tx),
            _ => None,
        };
        Self::Closed { last_words }
    }
}

/// What of the configuration is needed after the start.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) init_timeout: Duration,
    pub(super) ping_interval: Duration,
    pub(super) pong_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) frame_timeout: Duration,
    accept_custom: bool,
    accept_types: Vec<u16>,
}

impl Limits {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self {
            init_timeout: config.init_timeout,
            ping_interval: config.ping_interval,
            pong_timeout: config.pong_timeout,
            write_timeout: config.write_timeout,
            frame_timeout: config.frame_timeout,
            accept_custom: config.accept_custom,
            accept_types: config.accept_types.clone(),
        }
    }

    /// Returns whether a message may be handed out that `lnwire` does not know, or knows only from a proposal:
    /// even types have to be understood, and no feature that we offer says that these are.
    pub(super) fn accepts(&self, message: &Message) -> bool {
        match message {
            Message::Unknown(unknown) => {
                !unknown.is_required()
                    || (unknown.is_custom() && self.accept_custom)
                    || self.accept_types.contains(&unknown.msg_type())
            }
            Message::AnnouncementSignatures2(_) => false,
            _ => true,
        }
    }
}

pub(super) fn node_id(key: &PublicKey) -> NodeId {
    NodeId(key.serialize())
}
