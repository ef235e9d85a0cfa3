//! Tests of the Lightning p2p crates against other implementations, over loopback: see `tests`.
//!
//! A crate of its own, so that no library depends on the others, not even for its tests.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
