//! placeholder
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub use brontide;
pub use bytes;
pub use lnwire;

mod config;
mod error;
pub mod session;

pub use config::{SessionConfig, WorkerConfig};
pub use error::{EndReason, SendError};
pub use session::Session;
