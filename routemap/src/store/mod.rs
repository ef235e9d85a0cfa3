//! The graph survives a restart: Core Lightning's `gossip_store`, read, written, followed and compacted.
//!
//! The file begins with a version byte: three bits of major version, which must be 0, and five of minor version,
//! up to 16. Then come records: flags and length (two bytes each), checksum and timestamp (four bytes each), all
//! big endian, and `length` bytes of message with its type. The checksum is the CRC-32C of the message,
//! *continued from* the timestamp: the timestamp stands where the checksum of earlier bytes would. Flags are not
//! part of it, as they change later.
//!
//! Records are only ever appended and flagged, so a crash can harm no record but the last.
//!
//! - [`Reader`] takes records off bytes in any pieces, [`Records`] off a file in memory.
//! - [`Replay`] applies them to a graph, trusting the file. [`Loader`] and [`load`] do that with one's own store
//!   at start, and hand over a [`Store`], which knows where everything is and says what to write.
//! - [`Compaction`] leaves behind what is dead.
//!
//! No file is opened here: bytes come in, and [`Batch`]es of what to write go out.

mod append;
mod batch;
mod compaction;
mod format;
mod index;
mod load;
mod reader;
mod record;
mod records;
mod replay;
mod waiting;
mod writer;

pub use batch::{Batch, Patch};
pub use compaction::Compaction;
pub use format::Flags;
pub use index::Places;
pub use load::{Loaded, Loader, Report, load};
pub use reader::{Next, Reader, StoreError};
pub use record::{Entry, Record, Replaced};
pub use records::{End, Records};
pub use replay::{Replay, Replayed};
pub use writer::{InsertError, Store};
