//! The three acts as bytes: their sizes, the version byte, and how an act falls into fields.
//!
//! ```text
//! acts one and two   version (1)  ephemeral key (33)              tag (16)   50 bytes
//! act three          version (1)  encrypted static key (33 + 16)  tag (16)   66 bytes
//! ```

use core::fmt;

use bytes::{Buf, BytesMut};
use secp256k1::PublicKey;
use secp256k1::constants::PUBLIC_KEY_SIZE;

use crate::aead::TAG_LEN;
use crate::error::HandshakeError;

/// Names one of the three acts, in errors.
///
/// ```
/// assert_eq!(brontide::Act::Two.to_string(), "act two");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// From the initiator: its ephemeral key.
    One,
    /// From the responder: its ephemeral key.
    Two,
    /// From the initiator: its static key, encrypted.
    Three,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "act one",
            Self::Two => "act two",
            Self::Three => "act three",
        })
    }
}

/// Size of act one, in bytes.
///
/// BOLT 8, [Act One](https://github.com/lightning/bolts/blob/master/08-transport.md#act-one).
pub const ACT_ONE_LEN: usize = 50;
/// Size of act two, in bytes.
///
/// BOLT 8, [Act Two](https://github.com/lightning/bolts/blob/master/08-transport.md#act-two).
pub const ACT_TWO_LEN: usize = 50;
/// Size of act three, in bytes.
///
/// BOLT 8, [Act Three](https://github.com/lightning/bolts/blob/master/08-transport.md#act-three).
pub const ACT_THREE_LEN: usize = 66;

/// Act one as it travels.
pub type ActOne = [u8; ACT_ONE_LEN];
/// Act two as it travels.
pub type ActTwo = [u8; ACT_TWO_LEN];
/// Act three as it travels.
pub type ActThree = [u8; ACT_THREE_LEN];

/// Takes one whole act off the front of `buf`; `None` if fewer bytes than that have arrived.
///
/// It takes exactly the act, because the peer's first frames may follow act three in the same segment; they
/// stay in `buf` for the [`Decryptor`](crate::Decryptor). The size comes from the type that is asked for.
///
/// ```
/// use brontide::bytes::BytesMut;
/// use brontide::{ActThree, take_act};
///
/// let mut received = BytesMut::from(&[0; 65][..]);
/// assert_eq!(take_act(&mut received), None::<ActThree>);
/// received.extend_from_slice(&[0, 7, 7]);
/// assert_eq!(take_act(&mut received), Some([0; 66]));
/// assert_eq!(&received[..], &[7, 7]);
/// ```
///
/// BOLT 8, [Handshake Exchange](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-exchange).
pub fn take_act<const N: usize>(buf: &mut BytesMut) -> Option<[u8; N]> {
    let act = *buf.first_chunk()?;
    buf.advance(N);
    Some(act)
}

/// A compressed public key as it travels.
pub(crate) type KeyBytes = [u8; PUBLIC_KEY_SIZE];
/// A compressed public key, encrypted, and its tag.
pub(crate) const SEALED_KEY_LEN: usize = 49;
const _: () = assert!(SEALED_KEY_LEN == PUBLIC_KEY_SIZE + TAG_LEN);

const VERSION: u8 = 0;

/// Joins acts one and two from their fields.
pub(crate) fn join_key_act(key: &KeyBytes, tag: &[u8; TAG_LEN]) -> ActOne {
    let mut act = [VERSION; ACT_ONE_LEN];
    join(&mut act, key.iter().chain(tag));
    act
}

/// Joins act three from its fields.
pub(crate) fn join_act_three(
    key: &KeyBytes,
    key_tag: &[u8; TAG_LEN],
    tag: &[u8; TAG_LEN],
) -> ActThree {
    let mut act = [VERSION; ACT_THREE_LEN];
    join(&mut act, key.iter().chain(key_tag).chain(tag));
    act
}

/// Splits acts one and two: the key, parsed and as sent, and the tag.
pub(crate) fn split_key_act(
    act: Act,
    bytes: &ActOne,
) -> Result<(PublicKey, KeyBytes, [u8; TAG_LEN]), HandshakeError> {
    let (key, tag) = split(act, bytes)?;
    Ok((parse_key(act, &key)?, key, tag))
}

/// Splits act three: the sealed key and the tag.
pub(crate) fn split_act_three(
    bytes: &ActThree,
) -> Result<([u8; SEALED_KEY_LEN], [u8; TAG_LEN]), HandshakeError> {
    split(Act::Three, bytes)
}

/// Parses a compressed key: 33 bytes beginning with 2 or 3, on the curve.
pub(crate) fn parse_key(act: Act, bytes: &KeyBytes) -> Result<PublicKey, HandshakeError> {
    // The length of the array rules out every form but the compressed one.
    PublicKey::from_slice(bytes).map_err(|_| HandshakeError::BadPubkey { act })
}

/// Writes `fields` behind the version byte.
fn join<'a>(act: &mut [u8], fields: impl Iterator<Item = &'a u8>) {
    for (to, from) in act.iter_mut().skip(1).zip(fields) {
        *to = *from;
    }
}

fn split<const N: usize, const K: usize>(
    act: Act,
    bytes: &[u8; N],
) -> Result<([u8; K], [u8; TAG_LEN]), HandshakeError> {
    const { assert!(N == 1 + K + TAG_LEN) };
    let (mut version, mut key, mut tag) = ([0; 1], [0; K], [0; TAG_LEN]);
    let mut rest = &bytes[..];
    rest.copy_to_slice(&mut version);
    rest.copy_to_slice(&mut key);
    rest.copy_to_slice(&mut tag);
    match version {
        [VERSION] => Ok((key, tag)),
        [version] => Err(HandshakeError::BadVersion { act, version }),
    }
}
