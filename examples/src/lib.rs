//! The parts that the example programs share.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![expect(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "programs have the standard library"
)]

pub mod node;
