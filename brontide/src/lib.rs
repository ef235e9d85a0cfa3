//! BOLT 8 of the Lightning Network: the Noise_XK handshake, transport encryption and key rotation, sans-IO.
//!
//! This crate turns two sockets' worth of bytes into a sealed pipe for messages. It knows nothing of what the
//! messages say, opens no socket, reads no clock and draws no randomness: bytes, the ephemeral key and the
//! answer of whoever holds the node key come in as values, bytes to write go out as values.
//!
//! - [`initiator`] and [`responder`] are the three acts from either side. Every step consumes the one before,
//!   so acts in the wrong order do not compile and a failed handshake leaves nothing behind.
//! - [`Transport`] is what a completed handshake yields: an [`Encryptor`] and a [`Decryptor`], which work on
//!   the caller's buffers in place and can be used apart.
//! - The node's static key never enters. Where the protocol needs it, a state asks for one Diffie-Hellman of a
//!   [`point`](initiator::NeedEcdh::point) and continues with the [`SharedSecret`]; [`LocalSigner`] answers in
//!   one line for those who do hold the key.
//!
//! Deadlines are the caller's: BOLT 8 gives none, yet a peer that trickles bytes must be cut off. After any
//! error the connection has to be closed and nothing more be written; no error is worth telling the peer.
//!
//! # Example
//!
//! A handshake, and one message each way. In real life the two sides sit in two processes, acts and frames
//! travel over a socket, and the 32 ephemeral bytes come fresh from a cryptographic random generator.
//!
//! ```
//! use brontide::bytes::BytesMut;
//! use brontide::secp256k1::SecretKey;
//! use brontide::{EphemeralKey, LocalSigner, initiator, responder};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let alice = LocalSigner::new(SecretKey::from_slice(&[0x11; 32])?);
//! let bob = LocalSigner::new(SecretKey::from_slice(&[0x21; 32])?);
//!
//! // Act one: Alice dials Bob, whose key she knows.
//! let ephemeral = EphemeralKey::from_bytes([0x12; 32])?;
//! let (act_one, alice_waits) = initiator::start(alice.public_key(), bob.public_key(), ephemeral);
//! // Act two: Bob answers.
//! let need = responder::AwaitActOne::new(bob.public_key()).read(&act_one)?;
//! let ecdh = bob.ecdh(&need.point());
//! let (act_two, bob_waits) = need.finish(ecdh, EphemeralKey::from_bytes([0x22; 32])?)?;
//! // Act three: Alice says who she is.
//! let need = alice_waits.read(&act_two)?;
//! let ecdh = alice.ecdh(&need.point());
//! let (act_three, mut alice_pipe) = need.finish(ecdh);
//! let (peer, mut bob_pipe) = bob_waits.read(&act_three)?;
//! assert_eq!(peer, alice.public_key());
//!
//! let mut wire = BytesMut::new();
//! alice_pipe.tx.encrypt(b"hello", &mut wire)?;
//! assert_eq!(bob_pipe.rx.next(&mut wire)?.as_deref(), Some(&b"hello"[..]));
//! bob_pipe.tx.encrypt(b"hello, Alice", &mut wire)?;
//! assert_eq!(alice_pipe.rx.next(&mut wire)?.as_deref(), Some(&b"hello, Alice"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! # Secrets
//!
//! Keys are wiped when they are dropped or replaced, hidden in `Debug`, and cannot be cloned. A frame that cannot be
//! opened is wiped. Out of reach are the copies a compiler leaves on the stack when values move, the inner state of
//! the hash functions while keys are derived, and without AWS-LC what `chacha20-poly1305` leaves on the stack of each
//! text shorter than 640 bytes, until later calls overwrite it.
//!
//! # Features
//!
//! - `aws-lc` (default): ChaCha20-Poly1305 is AWS-LC's assembly on x86-64 and AArch64 under Linux, macOS, Windows,
//!   Android, iOS and FreeBSD, which takes a C compiler to build and `std` to run. On other targets it changes nothing,
//!   and without it two crates in Rust alone do the same; a short message then takes three times as long.
//! - `std` (default) is only forwarded to the dependencies. Without both the crate is `no_std` with `alloc`.
//!
//! BOLT 8, [Encrypted and Authenticated Transport](https://github.com/lightning/bolts/blob/master/08-transport.md).
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::unwrap_used
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub use bytes;
pub use secp256k1;

mod act;
mod aead;
mod cipher;
mod deframer;
mod error;
pub mod initiator;
mod keys;
pub mod responder;
mod symmetric;
mod transport;

pub use act::{ACT_ONE_LEN, ACT_THREE_LEN, ACT_TWO_LEN, Act, ActOne, ActThree, ActTwo, take_act};
pub use deframer::Decryptor;
pub use error::{DecryptError, HandshakeError, InvalidKey, TooLong};
pub use keys::{EphemeralKey, LocalSigner, SharedSecret};
pub use transport::{Encryptor, HEADER_LEN, MAX_FRAME_LEN, MAX_MESSAGE_LEN, TAG_LEN, Transport};

#[cfg(test)]
mod tests;
