//! A network for tests: hosts, streams of bytes and their faults, on virtual time and without any I/O.
//!
//! - [`Net`] carries bytes between hosts with latency, bandwidth and bounded buffers, and loses, stalls or half-opens
//!   connections when it is told to.
//! - [`Node`] is what an embedder of `conn-worker` writes: a [`Pool`](conn_worker::Pool), a
//!   [`Session`](conn_worker::Session) for each socket, and an application that sends numbered messages.
//! - [`World`] lets time pass for all of them, from one event to the next: a day takes as long as what happens in it.
//!
//! All choices follow from a seed. [`each_seed`] names the seed whose run fails, and `SIMNET_SEED` runs one again;
//! `SIMNET_SEEDS` runs so many instead of the few that a test runs by itself.
//!
//! ```
//! use lnwire::Instant;
//! use simnet::World;
//!
//! let mut world = World::new(7, 2);
//! world.want(0, 1);
//! world.run_until(Instant::from_epoch(core::time::Duration::from_secs(5)));
//! assert!(world.are_connected(0, 1));
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

mod conn;
mod net;
mod node;
mod random;
mod world;

pub use net::{Happening, Net, Read, SocketId};
pub use node::Node;
pub use random::Random;
pub use world::{World, each_seed};
