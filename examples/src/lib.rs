//! What the example nodes share: where a network to serve comes from.
//!
//! A [`Topology`](topology::Topology) describes a network; it is read from a file ([`gossmap`]) or made up
//! ([`synthetic`]), and [`network::sign`] turns it into gossip messages with valid signatures. A
//! [`gossip_store`] holds messages as their nodes signed them.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod gossip_store;
pub mod gossmap;
pub mod gzip;
pub mod network;
pub mod node_list;
mod split_mix;
pub mod synthetic;
pub mod topology;
