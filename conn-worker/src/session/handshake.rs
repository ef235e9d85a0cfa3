//! The three acts, from either side, and the question to whoever holds the node key.

use brontide::secp256k1::PublicKey;
use brontide::{
    EphemeralKey, HandshakeError, SharedSecret, Transport, initiator, responder, take_act,
};
use bytes::{Bytes, BytesMut};

/// Where the handshake stands. Each variant owns what its next step consumes.
#[derive(Debug)]
pub(super) enum Handshake {
    AwaitActTwo(initiator::AwaitActTwo, PublicKey),
    DialledEcdh(initiator::NeedEcdh, PublicKey),
    AwaitActOne(responder::AwaitActOne, EphemeralKey),
    AcceptedEcdh(responder::NeedEcdh, EphemeralKey),
    AwaitActThree(responder::AwaitActThree),
}

/// What a step led to.
pub(super) enum Step {
    /// The act has not arrived whole.
    Incomplete(Handshake),
    /// The point has to be multiplied with the node key.
    Ask(Handshake, PublicKey),
    /// An act is to be written, another awaited.
    Write(Bytes, Handshake),
    /// All is done, after the act, if any, is written.
    Done {
        act: Option<Bytes>,
        peer: PublicKey,
        transport: Transport,
    },
}

impl Handshake {
    /// Begins as the side that dialled; the bytes are act one.
    pub(super) fn outbound(
        local: PublicKey,
        remote: PublicKey,
        ephemeral: EphemeralKey,
    ) -> (Bytes, Self) {
        let (act, waits) = initiator::start(local, remote, ephemeral);
        (
            Bytes::copy_from_slice(&act),
            Self::AwaitActTwo(waits, remote),
        )
    }

    /// Begins as the side that was dialled.
    pub(super) fn inbound(local: PublicKey, ephemeral: EphemeralKey) -> Self {
        Self::AwaitActOne(responder::AwaitActOne::new(local), ephemeral)
    }

    /// Reads one act, if one is awaited and there.
    pub(super) fn read(self, buf: &mut BytesMut) -> Result<Step, HandshakeError> {
        Ok(match self {
            Self::AwaitActTwo(waits, remote) => match take_act(buf) {
                Some(act) => {
                    let need = waits.read(&act)?;
                    let point = need.point();
                    Step::Ask(Self::DialledEcdh(need, remote), point)
                }
                None => Step::Incomplete(Self::AwaitActTwo(waits, remote)),
            },
            Self::AwaitActOne(waits, ephemeral) => match take_act(buf) {
                Some(act) => {
                    let need = waits.read(&act)?;
                    let point = need.point();
                    Step::Ask(Self::AcceptedEcdh(need, ephemeral), point)
                }
                None => Step::Incomplete(Self::AwaitActOne(waits, ephemeral)),
            },
            Self::AwaitActThree(waits) => match take_act(buf) {
                Some(act) => {
                    let (peer, transport) = waits.read(&act)?;
                    Step::Done {
                        act: None,
                        peer,
                        transport,
                    }
                }
                None => Step::Incomplete(Self::AwaitActThree(waits)),
            },
            asking @ (Self::DialledEcdh(..) | Self::AcceptedEcdh(..)) => Step::Incomplete(asking),
        })
    }

    /// Goes on with the answer to the question, if one was asked.
    pub(super) fn answer(self, ecdh: SharedSecret) -> Result<Step, HandshakeError> {
        Ok(match self {
            Self::DialledEcdh(need, peer) => {
                let (act, transport) = need.finish(ecdh);
                Step::Done {
                    act: Some(Bytes::copy_from_slice(&act)),
                    peer,
                    transport,
                }
            }
            Self::AcceptedEcdh(need, ephemeral) => {
                let (act, waits) = need.finish(ecdh, ephemeral)?;
                Step::Write(Bytes::copy_from_slice(&act), Self::AwaitActThree(waits))
            }
            not_asking => Step::Incomplete(not_asking),
        })
    }

    /// Returns whether the answer to a question is awaited.
    pub(super) const fn is_asking(&self) -> bool {
        matches!(self, Self::DialledEcdh(..) | Self::AcceptedEcdh(..))
    }

    /// Returns whom we dialled.
    pub(super) const fn remote(&self) -> Option<&PublicKey> {
        match self {
            Self::AwaitActTwo(_, remote) | Self::DialledEcdh(_, remote) => Some(remote),
            _ => None,
        }
    }

    /// Returns whether the peer has proved to be who we dialled.
    pub(super) const fn is_remote_proved(&self) -> bool {
        matches!(self, Self::DialledEcdh(..))
    }
}
