//! What can go wrong. Who was wrong is in the type: [`HandshakeError`] and [`DecryptError`] are the peer's
//! doing (or the network's), [`TooLong`] and [`InvalidKey`] are ours.

use thiserror::Error;

use crate::act::Act;

/// Why an act was refused.
///
/// The variants are the errors of BOLT 8's handshake; each is final. The connection has to be closed without
/// writing anything: an explanation would help only somebody who probes for keys.
///
/// ```
/// use brontide::secp256k1::SecretKey;
/// use brontide::{Act, HandshakeError, LocalSigner, responder};
///
/// let local = LocalSigner::new(SecretKey::from_slice(&[0x21; 32])?);
/// let noise = [0xff; 50];
/// let refused = responder::AwaitActOne::new(local.public_key()).read(&noise).err();
/// assert_eq!(refused, Some(HandshakeError::BadVersion { act: Act::One, version: 255 }));
/// # Ok::<(), brontide::secp256k1::Error>(())
/// ```
///
/// BOLT 8, [Handshake Exchange](https://github.com/lightning/bolts/blob/master/08-transport.md#handshake-exchange).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The first byte of the act is not 0: the peer speaks an unknown version of the handshake.
    #[error("{act}: unknown handshake version {version}")]
    BadVersion {
        /// The act that was read.
        act: Act,
        /// The version byte it began with; 0 is the only one known.
        version: u8,
    },
    /// The public key in the act is not a point of the curve in compressed form.
    ///
    /// In acts one and two this is the peer's ephemeral key, in act three its static key.
    #[error("{act}: not a compressed public key")]
    BadPubkey {
        /// The act that was read.
        act: Act,
    },
    /// The tag that ends the act is wrong.
    ///
    /// In act one this is most often a peer that dialled another node's key.
    #[error("{act}: wrong tag")]
    BadTag {
        /// The act that was read.
        act: Act,
    },
    /// The encrypted static key in act three could not be opened.
    #[error("{act}: static key cannot be decrypted")]
    BadCiphertext {
        /// The act that was read: always [`Act::Three`].
        act: Act,
    },
}

/// Why received bytes could not be opened.
///
/// It does not say whether the length or the message was at fault, on purpose. The connection has to be closed
/// without writing anything.
///
/// ```
/// # use brontide::{DecryptError, Decryptor, bytes::BytesMut};
/// /// What to do with a connection is the same for every error.
/// fn is_over(rx: &mut Decryptor, received: &mut BytesMut) -> bool {
///     matches!(rx.next(received), Err(DecryptError::BadTag | DecryptError::Poisoned))
/// }
/// ```
///
/// BOLT 8, [Receiving and Decrypting Messages](https://github.com/lightning/bolts/blob/master/08-transport.md#receiving-and-decrypting-messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// A tag is wrong: the bytes were altered, lost, repeated, or never came from the peer.
    #[error("wrong tag")]
    BadTag,
    /// An earlier call failed, which is final; the key is gone.
    #[error("an earlier frame could not be opened")]
    Poisoned,
}

/// The message does not fit into one frame.
///
/// Neither the buffer's contents nor the cipher's state changed; the next message is sealed as if this one had
/// never been tried.
///
/// ```
/// let error = brontide::TooLong { len: 65_536 };
/// assert_eq!(error.to_string(), "message of 65536 bytes, at most 65535 fit into a frame");
/// ```
///
/// BOLT 8, [Lightning Message Specification](https://github.com/lightning/bolts/blob/master/08-transport.md#lightning-message-specification).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("message of {len} bytes, at most {max} fit into a frame", max = crate::MAX_MESSAGE_LEN)]
pub struct TooLong {
    /// Length of the refused message, in bytes.
    pub len: usize,
}

/// The 32 bytes are not a secret key: zero, or not below the order of the curve.
///
/// Random bytes meet this about once in 2<sup>128</sup> draws; in practice it means a broken random generator.
///
/// ```
/// use brontide::{EphemeralKey, InvalidKey};
///
/// assert_eq!(EphemeralKey::from_bytes([0xff; 32]).err(), Some(InvalidKey));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a secret key of the curve")]
pub struct InvalidKey;
