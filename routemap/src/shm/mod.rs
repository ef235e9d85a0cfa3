//! Other processes read the owner's memory. Linux only.
//!
//! An [`Owner`] has a graph that readers in other processes see: each asks a [`View`], which lends it a [`Reader`]
//! under a lease; or a [`LockFreeView`], for which the owner never waits. They are made of:
//!
//! - [`Segment`]: anonymous shared memory of a fixed size, one for each step of growth, sealed. A
//!   [`SegmentReader`] maps it after it has looked at the seals and the size.
//! - [`lease::Leases`] decides who may read and when the owner writes; it does no I/O.
//! - [`Host`] and [`Lease`] are the two ends of a socket over which readers get their descriptors. The open
//!   connection is the read lock.
//! - A number in the header that is odd while the graph changes tells readers without a lease what to read again.
//!
//! The first word of the first segment is the epoch: the owner raises it, with
//! [`set_before`](Segment::set_before) and when [`RaiseEpoch`](lease::Output::RaiseEpoch) says so, before it writes
//! anything that somebody may be reading.

mod blocks;
mod grant;
mod guest;
mod header;
mod host;
pub mod lease;
mod lock_free;
mod map;
mod owner;
mod pool;
mod reader;
mod run;
mod segment;
mod sequence;
mod view;

pub use guest::Lease;
pub use host::{Host, HostError};
pub use lock_free::{LockFreeView, ReadError, Walk};
pub use owner::Owner;
pub use reader::Reader;
pub use segment::{Segment, SegmentError, SegmentReader};
pub use view::{View, ViewError};

pub(crate) use blocks::Blocks;
pub(crate) use header::{Header, Table};
pub(crate) use pool::SharedMemory;
pub(crate) use run::{AnyBits, Run};

/// Where in the first segment the epoch is.
pub const EPOCH: usize = 0;
