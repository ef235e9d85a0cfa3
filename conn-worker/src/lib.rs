//! One Lightning peer's connection life, sans-IO.
//!
//! - [`Session`] is one established connection, from the first act of BOLT 8 to the last byte: handshake,
//!   `init`, pings and pongs, deadlines, and what is sent in which order.
//! - [`Worker`] is one persistent peer: when to dial which address, and what becomes of each result.
//!
//! Both are machines without sockets, clocks, threads or logs. Events come in by `handle_…` and commands, what
//! is to be done comes out by `poll_…`; a `handle_…` changes state, a `poll_…` only hands out. Time is
//! [`lnwire::Instant`], which the embedder counts from an epoch of its own. The node's secret key stays with the
//! embedder, or with a signer far away: a session asks for one multiplication and waits for the answer.
//!
//! # Example
//!
//! Two sessions, in place of sockets two buffers, and one message.
//!
//! ```
//! use conn_worker::brontide::{EphemeralKey, LocalSigner, secp256k1::SecretKey};
//! use conn_worker::bytes::BytesMut;
//! use conn_worker::lnwire::{Instant, bolt1::Warning};
//! use conn_worker::session::{Event, Input, Lane, Output};
//! use conn_worker::{Session, SessionConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Instant::ZERO; // in real life, and below, what a monotonic clock says
//! let alice = LocalSigner::new(SecretKey::from_slice(&[0x11; 32])?);
//! let bob = LocalSigner::new(SecretKey::from_slice(&[0x21; 32])?);
//! // Ephemeral keys are fresh random bytes, for each connection others.
//! let (a, b) = (EphemeralKey::from_bytes([0x12; 32])?, EphemeralKey::from_bytes([0x22; 32])?);
//! let dialled = Session::outbound(now, SessionConfig::new(alice.public_key()), bob.public_key(), a);
//! let accepted = Session::inbound(now, SessionConfig::new(bob.public_key()), b);
//!
//! let mut ends = [(dialled, alice, BytesMut::new()), (accepted, bob, BytesMut::new())];
//! let mut heard = Vec::new();
//! for turn in 0..10 {
//!     let (session, signer, received) = &mut ends[turn % 2];
//!     session.handle_bytes(now, received);
//!     while let Some(output) = session.poll_output() {
//!         match output {
//!             Output::Ecdh(point) => session.handle_input(now, Input::Ecdh(signer.ecdh(&point))),
//!             Output::Event(Event::Up { .. }) => {
//!                 session.send(now, Lane::Control, &Warning::about_all("hello"))?;
//!             }
//!             Output::Event(_) | Output::Store(_) => {}
//!             Output::Message(message) => heard.push(message),
//!             Output::Close(reason) => panic!("{reason}"),
//!         }
//!     }
//!     let mut wire = BytesMut::new();
//!     session.poll_transmit(now, &mut wire, 65536);
//!     ends[(turn + 1) % 2].2.extend_from_slice(&wire);
//! }
//! assert_eq!(heard, [Warning::about_all("hello").into(), Warning::about_all("hello").into()]);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! `std` (default) is only forwarded to the dependencies. Without it the crate is `no_std` with `alloc`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub use brontide;
pub use bytes;
pub use lnwire;

mod error;
pub mod pool;
mod random;
pub mod session;
pub mod worker;

pub use error::{EndReason, SendError};
pub use pool::{Pool, PoolConfig};
pub use session::{Session, config::SessionConfig};
pub use worker::{Worker, config::WorkerConfig};
