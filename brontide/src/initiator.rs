//! The three acts from the side that dials.
//!
//! [`start`] → [`AwaitActTwo`] → [`NeedEcdh`] → [`Transport`]. Each step consumes the one before. Two
//! multiplications on the curve are done here, besides the one that is asked for.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use brontide::secp256k1::PublicKey;
//! use brontide::{ACT_TWO_LEN, EphemeralKey, LocalSigner, Transport, initiator};
//!
//! fn dial(
//!     socket: &mut (impl Read + Write),
//!     node: &LocalSigner,
//!     remote: PublicKey,
//!     random: [u8; 32],
//! ) -> Result<Transport, Box<dyn core::error::Error>> {
//!     let (act_one, state) = initiator::start(node.public_key(), remote, EphemeralKey::from_bytes(random)?);
//!     socket.write_all(&act_one)?;
//!     let mut act_two = [0; ACT_TWO_LEN];
//!     socket.read_exact(&mut act_two)?;
//!     let state = state.read(&act_two)?;
//!     let ecdh = node.ecdh(&state.point());
//!     let (act_three, transport) = state.finish(ecdh);
//!     socket.write_all(&act_three)?;
//!     Ok(transport)
//! }
//! ```
//!
//! BOLT 8, [Handshake Exchange](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-exchange).

use core::fmt;

use secp256k1::PublicKey;

use crate::act::{
    Act, ActOne, ActThree, ActTwo, KeyBytes, join_act_three, join_key_act, split_key_act,
};
use crate::aead::Aead;
use crate::error::HandshakeError;
use crate::keys::{EphemeralKey, SharedSecret};
use crate::symmetric::Symmetric;
use crate::transport::Transport;

/// Begins a handshake with the node whose key is `remote`; act one is to be written at once.
///
/// `local` is our own node key. `e` must be fresh: see [`EphemeralKey`].
///
/// BOLT 8, [Act One](https://github.com/lightning/bolts/blob/master/08-transport.md#act-one).
pub fn start(local: PublicKey, remote: PublicKey, e: EphemeralKey) -> (ActOne, AwaitActTwo) {
    let mut symmetric = Symmetric::new(&remote);
    let public = e.public_key().serialize();
    symmetric.mix_hash(&public);
    let temp_k1 = symmetric.mix_key(e.ecdh(&remote));
    let tag = symmetric.seal(&temp_k1, 0, &mut []);
    (
        join_key_act(&public, &tag),
        AwaitActTwo {
            symmetric,
            local: local.serialize(),
            e,
        },
    )
}

/// Act one is out; the responder's answer is awaited.
///
/// It reads one act and is gone:
///
/// ```compile_fail,E0382
/// # use brontide::{ActTwo, initiator::AwaitActTwo};
/// fn twice(state: AwaitActTwo, first: &ActTwo, second: &ActTwo) {
///     let _ = state.read(first);
///     let _ = state.read(second);
/// }
/// ```
pub struct AwaitActTwo {
    symmetric: Symmetric,
    local: KeyBytes,
    e: EphemeralKey,
}

impl AwaitActTwo {
    /// Reads the responder's answer.
    ///
    /// # Errors
    /// [`BadVersion`](HandshakeError::BadVersion), [`BadPubkey`](HandshakeError::BadPubkey) or
    /// [`BadTag`](HandshakeError::BadTag) of [`Act::Two`]. Close the connection and write nothing.
    ///
    /// BOLT 8, [Act Two](https://github.com/lightning/bolts/blob/master/08-transport.md#act-two).
    pub fn read(self, act: &ActTwo) -> Result<NeedEcdh, HandshakeError> {
        let Self {
            mut symmetric,
            local,
            e,
        } = self;
        let (point, re, mut tag) = split_key_act(Act::Two, act)?;
        symmetric.mix_hash(&re);
        let temp_k2 = symmetric.mix_key(e.ecdh(&point));
        symmetric
            .open(&temp_k2, 0, &mut tag)
            .map_err(|_| HandshakeError::BadTag { act: Act::Two })?;
        Ok(NeedEcdh {
            symmetric,
            local,
            point,
            temp_k2,
        })
    }
}

impl fmt::Debug for AwaitActTwo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitActTwo").finish_non_exhaustive()
    }
}

/// The responder has proved that it holds its key; ours has to be multiplied with [`point`](Self::point).
pub struct NeedEcdh {
    symmetric: Symmetric,
    local: KeyBytes,
    point: PublicKey,
    temp_k2: Aead,
}

impl NeedEcdh {
    /// The point to multiply with our node's secret key: the responder's ephemeral key.
    pub fn point(&self) -> PublicKey {
        self.point
    }

    /// Ends the handshake with the answer: act three is to be written, frames may follow it at once.
    ///
    /// A wrong answer is not noticed here; the responder refuses act three and closes.
    ///
    /// BOLT 8, [Act Three](https://github.com/lightning/bolts/blob/master/08-transport.md#act-three).
    pub fn finish(self, ecdh: SharedSecret) -> (ActThree, Transport) {
        let Self {
            mut symmetric,
            local,
            temp_k2,
            ..
        } = self;
        let mut text = local;
        // The key of act two again: its nonce 0 was act two's tag.
        let tag = symmetric.seal(&temp_k2, 1, &mut text);
        let temp_k3 = symmetric.mix_key(ecdh);
        let last = symmetric.seal(&temp_k3, 0, &mut []);
        (
            join_act_three(&text, &tag, &last),
            Transport::of_initiator(symmetric),
        )
    }
}

impl fmt::Debug for NeedEcdh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NeedEcdh")
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}
