//! What goes into a session and comes out of it, bytes aside.

use brontide::SharedSecret;
use brontide::secp256k1::PublicKey;
use bytes::Bytes;
use lnwire::bolt1::Init;
use lnwire::{Message, MessageError, NodeId};

use super::lanes::Lane;
use crate::error::EndReason;

/// Something happened.
#[derive(Debug)]
pub enum Input {
    /// The answer to [`Output::Ecdh`]. One that nobody asked for is ignored.
    Ecdh(SharedSecret),
    /// The connection is gone: the peer closed it, or reading or writing failed. Hand in what was received
    /// before, and go through the pauses; what is left in the buffer is lost.
    Closed,
}

/// What is to be done, in this order.
#[expect(
    clippy::large_enum_variant,
    reason = "messages are values: decoding one allocates nothing"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Multiply this point by the node's secret key and answer with [`Input::Ecdh`], whenever the signer is
    /// done; the handshake's deadline goes on. Asked once in a session.
    Ecdh(PublicKey),
    /// A message of the peer's, of any type but `init`, `ping` and `pong`. Odd ones that [`lnwire`] does not know
    /// are here too, as [`Message::Unknown`].
    ///
    /// It shares the received bytes and keeps them alive: copy what is to be kept for long.
    Message(Message),
    /// Keep this blob for the peer, in the place of an earlier one, and give it back with
    /// [`send_backup`](crate::Session::send_backup) when it connects again. At most once a minute, the last one counts;
    /// only if [`peer_storage`](crate::SessionConfig::peer_storage) is on. It holds no more memory than its own, at most
    /// 65531 bytes.
    Store(Bytes),
    /// Something worth knowing.
    Event(Event),
    /// The end, always the last output. Write what [`poll_transmit`](crate::Session::poll_transmit) still
    /// gives (at most one warning that tells the peer why) if the socket takes it at once, then close the
    /// socket.
    Close(EndReason),
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The handshake is complete: the peer has proved its key. Now is the time to refuse it, before anything
    /// was said. Once in a session.
    Authenticated {
        /// Who it is.
        peer: NodeId,
    },
    /// Both can talk. Once in a session, after [`Self::Authenticated`] and before the first message.
    Up {
        /// Who it is.
        peer: NodeId,
        /// What it said first: features, chains, our address. It holds no more memory than its own.
        init: Init,
    },
    /// The first byte since [`probe`](crate::Session::probe) has come: the peer is there.
    Heard,
    /// A lane that was full when something was to be sent has room again: half of its bound is free. Told once, however
    /// often that was so.
    Room {
        /// The lane.
        lane: Lane,
    },
    /// The peer sent gossip that does not decode. It was dropped, and the peer is told with a `warning`, at
    /// most one in ten seconds.
    BadMessage {
        /// What is wrong with it.
        error: MessageError,
    },
}
