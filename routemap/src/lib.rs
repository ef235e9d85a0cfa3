//! The Lightning Network's graph as arenas with small-integer handles, and path finding on it.
#![no_std]
#![deny(missing_docs, unsafe_code)]

extern crate alloc;

mod arena;
mod graph;
mod path;

pub use arena::{ChannelHandle, NodeHandle};
pub use graph::{ApplyError, Channel, Config, Direction, Graph, Node, Policy, Removed};
pub use lnwire::{self, ChainHash, Instant, Msat, NodeId, ShortChannelId, Timestamp, Verified};
pub use path::{Hop, NoRoute, Query, Route, Scratch, find_path};
