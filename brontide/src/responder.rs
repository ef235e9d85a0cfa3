//! The three acts from the side that is dialled.
//!
//! [`AwaitActOne`] → [`NeedEcdh`] → [`AwaitActThree`] → [`Transport`]. Each step consumes the one before. Two
//! multiplications on the curve are done here, besides the one that is asked for.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use brontide::secp256k1::PublicKey;
//! use brontide::{ACT_ONE_LEN, ACT_THREE_LEN, EphemeralKey, LocalSigner, Transport, responder};
//!
//! fn answer(
//!     socket: &mut (impl Read + Write),
//!     node: &LocalSigner,
//!     random: [u8; 32],
//! ) -> Result<(PublicKey, Transport), Box<dyn core::error::Error>> {
//!     let mut act_one = [0; ACT_ONE_LEN];
//!     socket.read_exact(&mut act_one)?;
//!     let state = responder::AwaitActOne::new(node.public_key()).read(&act_one)?;
//!     let ecdh = node.ecdh(&state.point());
//!     let (act_two, state) = state.finish(ecdh, EphemeralKey::from_bytes(random)?)?;
//!     socket.write_all(&act_two)?;
//!     let mut act_three = [0; ACT_THREE_LEN];
//!     socket.read_exact(&mut act_three)?;
//!     Ok(state.read(&act_three)?)
//! }
//! ```
//!
//! BOLT 8, [Handshake Exchange](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-exchange).

use core::fmt;

use secp256k1::PublicKey;

use crate::act::{
    Act, ActOne, ActThree, ActTwo, join_key_act, parse_key, split_act_three, split_key_act,
};
use crate::aead::{Aead, TAG_LEN};
use crate::error::HandshakeError;
use crate::keys::{EphemeralKey, SharedSecret};
use crate::symmetric::Symmetric;
use crate::transport::Transport;

/// Somebody has connected; its first act is awaited.
pub struct AwaitActOne {
    symmetric: Symmetric,
}

impl AwaitActOne {
    /// Begins with our own node key.
    pub fn new(local: PublicKey) -> Self {
        Self {
            symmetric: Symmetric::new(&local),
        }
    }

    /// Reads the initiator's ephemeral key.
    ///
    /// The tag is only checked in [`NeedEcdh::finish`], because that takes our node key.
    ///
    /// # Errors
    /// [`BadVersion`](HandshakeError::BadVersion) or [`BadPubkey`](HandshakeError::BadPubkey) of [`Act::One`].
    /// Close the connection and write nothing.
    ///
    /// BOLT 8, [Act One](https://github.com/lightning/bolts/blob/master/08-transport.md#act-one).
    pub fn read(self, act: &ActOne) -> Result<NeedEcdh, HandshakeError> {
        let Self { mut symmetric } = self;
        let (point, re, tag) = split_key_act(Act::One, act)?;
        symmetric.mix_hash(&re);
        Ok(NeedEcdh {
            symmetric,
            point,
            tag,
        })
    }
}

impl fmt::Debug for AwaitActOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitActOne").finish_non_exhaustive()
    }
}

/// Act one has arrived; our key has to be multiplied with [`point`](Self::point) to tell whether it is for us.
pub struct NeedEcdh {
    symmetric: Symmetric,
    point: PublicKey,
    tag: [u8; TAG_LEN],
}

impl NeedEcdh {
    /// The point to multiply with our node's secret key: the initiator's ephemeral key.
    pub fn point(&self) -> PublicKey {
        self.point
    }

    /// Checks act one with the answer and gives act two, which is to be written at once.
    ///
    /// `e` must be fresh: see [`EphemeralKey`].
    ///
    /// # Errors
    /// [`BadTag`](HandshakeError::BadTag) of [`Act::One`], also if the answer is wrong. Close the connection and
    /// write nothing.
    ///
    /// BOLT 8, [Act Two](https://github.com/lightning/bolts/blob/master/08-transport.md#act-two).
    pub fn finish(
        self,
        ecdh: SharedSecret,
        e: EphemeralKey,
    ) -> Result<(ActTwo, AwaitActThree), HandshakeError> {
        let Self {
            mut symmetric,
            point,
            mut tag,
        } = self;
        let temp_k1 = symmetric.mix_key(ecdh);
        symmetric
            .open(&temp_k1, 0, &mut tag)
            .map_err(|_| HandshakeError::BadTag { act: Act::One })?;
        let public = e.public_key().serialize();
        symmetric.mix_hash(&public);
        let temp_k2 = symmetric.mix_key(e.ecdh(&point));
        let tag = symmetric.seal(&temp_k2, 0, &mut []);
        Ok((
            join_key_act(&public, &tag),
            AwaitActThree {
                symmetric,
                e,
                temp_k2,
            },
        ))
    }
}

impl fmt::Debug for NeedEcdh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NeedEcdh")
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}

/// Act two is out; the initiator has to say who it is.
///
/// It reads one act and is gone:
///
/// ```compile_fail,E0382
/// # use brontide::{ActThree, responder::AwaitActThree};
/// fn twice(state: AwaitActThree, first: &ActThree, second: &ActThree) {
///     let _ = state.read(first);
///     let _ = state.read(second);
/// }
/// ```
pub struct AwaitActThree {
    symmetric: Symmetric,
    e: EphemeralKey,
    temp_k2: Aead,
}

impl AwaitActThree {
    /// Reads the initiator's static key, its node's identity, proved to be its own.
    ///
    /// Frames may follow act three in the same segment.
    ///
    /// # Errors
    /// Any [`HandshakeError`] of [`Act::Three`]. Close the connection and write nothing.
    ///
    /// BOLT 8, [Act Three](https://github.com/lightning/bolts/blob/master/08-transport.md#act-three).
    pub fn read(self, act: &ActThree) -> Result<(PublicKey, Transport), HandshakeError> {
        let Self {
            mut symmetric,
            e,
            temp_k2,
        } = self;
        let (mut sealed, mut last) = split_act_three(act)?;
        // The key of act two again: its nonce 0 was act two's tag.
        let rs = symmetric
            .open(&temp_k2, 1, &mut sealed)
            .ok()
            .and_then(|text| text.first_chunk())
            .ok_or(HandshakeError::BadCiphertext { act: Act::Three })?;
        let rs = parse_key(Act::Three, rs)?;
        let temp_k3 = symmetric.mix_key(e.ecdh(&rs));
        symmetric
            .open(&temp_k3, 0, &mut last)
            .map_err(|_| HandshakeError::BadTag { act: Act::Three })?;
        Ok((rs, Transport::of_responder(symmetric)))
    }
}

impl fmt::Debug for AwaitActThree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitActThree").finish_non_exhaustive()
    }
}
