//! Other processes read the owner's memory. Linux only.
//!
//! - [`Segment`]: anonymous shared memory of a fixed size, one for each step of growth, sealed. A
//!   [`SegmentReader`] maps it after it has looked at the seals and the size.
//! - [`lease::Leases`] decides who may read and when the owner writes; it does no I/O.
//! - [`Host`] and [`Lease`] are the two ends of a socket over which readers get their descriptors. The open
//!   connection is the read lock.
//!
//! The first word of the first segment is the epoch: the owner raises it, with
//! [`set_before`](Segment::set_before) and when [`RaiseEpoch`](lease::Output::RaiseEpoch) says so, before it writes
//! anything that somebody may be reading.

mod grant;
mod guest;
mod host;
pub mod lease;
mod map;
mod segment;

pub use guest::Lease;
pub use host::{Host, HostError};
pub use segment::{Segment, SegmentError, SegmentReader};

/// Where in the first segment the epoch is.
pub const EPOCH: usize = 0;
