//! What runs a connection, behind one trait: bytes in, bytes out.

use brontide::{EphemeralKey, LocalSigner, secp256k1::PublicKey};
use conn_worker::{
    Session, SessionConfig,
    session::{Input, Lane, Output},
};
use lnwire::{
    Feature, Features, Instant,
    bytes::{Bytes, BytesMut},
};
use secp256k1::SecretKey;

/// One side of a connection.
pub trait Machine {
    /// Returns the node's key.
    fn key(&self) -> PublicKey;
    /// Takes bytes in and returns what is to be answered.
    fn receive(&mut self, bytes: BytesMut) -> BytesMut;
}

/// Makes a node's key.
///
/// # Panics
/// For 0.
#[must_use]
pub fn signer(n: u8) -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&[n; 32]).expect("not zero"))
}

/// Makes the key of a handshake; always the same, as nobody listens.
///
/// # Panics
/// For 0.
#[must_use]
pub fn ephemeral(n: u8) -> EphemeralKey {
    EphemeralKey::from_bytes([n; 32]).expect("not zero")
}

/// Returns what every peer wants to hear in `init`.
#[must_use]
pub fn features() -> Features {
    let assumed = Feature::ASSUMED.iter().map(|f| f.odd_bit());
    Features::from_bits(assumed.chain([Feature::GOSSIP_QUERIES.odd_bit()]))
}

/// Our session and its signer.
#[derive(Debug)]
pub struct Ours<'a> {
    session: Session,
    signer: &'a LocalSigner,
}

impl<'a> Ours<'a> {
    /// Dials `to`; the bytes are act one.
    #[must_use]
    pub fn outbound(signer: &'a LocalSigner, to: PublicKey) -> (Self, BytesMut) {
        let config = Self::config(signer);
        let session = Session::outbound(Instant::ZERO, config, to, ephemeral(3));
        let mut ours = Self { session, signer };
        let act_one = ours.receive(BytesMut::new());
        (ours, act_one)
    }

    /// Is dialled.
    #[must_use]
    pub fn inbound(signer: &'a LocalSigner) -> Self {
        let config = Self::config(signer);
        let session = Session::inbound(Instant::ZERO, config, ephemeral(4));
        Self { session, signer }
    }

    /// Returns whether both have said `init`.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.session.is_up()
    }

    /// Sends whole messages of types that nobody knows, as gossip.
    ///
    /// # Panics
    /// If they do not fit the lane.
    pub fn send(&mut self, messages: Vec<Bytes>) -> BytesMut {
        for message in messages {
            let queued = self
                .session
                .send_frame(Instant::ZERO, Lane::Gossip, message);
            queued.expect("the lane has room");
        }
        self.receive(BytesMut::new())
    }

    fn config(signer: &LocalSigner) -> SessionConfig {
        SessionConfig {
            features: features(),
            ..SessionConfig::new(signer.public_key())
        }
    }
}

impl Machine for Ours<'_> {
    fn key(&self) -> PublicKey {
        self.signer.public_key()
    }

    fn receive(&mut self, mut bytes: BytesMut) -> BytesMut {
        // It pauses while much waits to be polled.
        let mut pauses = true;
        while pauses {
            self.session.handle_bytes(Instant::ZERO, &mut bytes);
            pauses = self.session.is_paused();
            while let Some(output) = self.session.poll_output() {
                match output {
                    Output::Ecdh(point) => {
                        let secret = self.signer.ecdh(&point);
                        self.session
                            .handle_input(Instant::ZERO, Input::Ecdh(secret));
                    }
                    Output::Close(reason) => panic!("{reason}"),
                    _ => {}
                }
            }
        }
        let mut answer = BytesMut::new();
        self.session
            .poll_transmit(Instant::ZERO, &mut answer, 65_536);
        answer
    }
}
