//! What the example programs share.
//!
//! - Where a network to serve comes from: a [`Topology`](topology::Topology) describes one; it is read from a
//!   file ([`gossmap`]) or made up ([`synthetic`]), and [`network::sign`] turns it into gossip messages with
//!   valid signatures. A [`gossip_store`](routemap::store) holds messages as their nodes signed them.
//! - The [`node`] that serves it and syncs from others, on tokio.
//! - What people and programs are shown: [`progress`] and [`report`].
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![expect(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "programs have the standard library"
)]

pub mod address_book;
pub mod chain;
pub mod gossmap;
pub mod gzip;
pub mod load;
pub mod network;
pub mod node;
pub mod node_list;
pub mod peers;
pub mod progress;
pub mod report;
mod split_mix;
pub mod synthetic;
pub mod topology;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
