//! The whole graph as bytes, from which it is ready at once.
//!
//! A store of messages is the record of what was told; a snapshot is the graph that came of it, for the next start.
//! It is read by whoever has the file, and therefore as carefully as what comes from a peer:
//!
//! 1. Nothing is taken before magic, version, lengths and checksum are right.
//! 2. Nothing is allocated that is not in proportion to bytes that are there.
//! 3. What follows from the records is not in the file but made again: indexes, lists of channels, counts. So
//!    they fit the records, whatever the bytes say, and the seed of the hashes stays out of the file.
//! 4. What is left is checked: each handle names something that is there, each node has as many channels as it says, ids
//!    differ, free slots rest, and what is kept beside a record has one.

mod layout;
mod read;
mod write;

use lnwire::ChainHash;

/// Why a snapshot is not taken: read the [store](crate::store) instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It does not begin as snapshots do.
    #[error("not a snapshot")]
    NotASnapshot,
    /// It was written by an older or a newer version of this crate, in another format.
    #[error("a snapshot of version {found}, not {expected}")]
    Version {
        /// The version that is read.
        expected: u32,
        /// The version of the snapshot.
        found: u32,
    },
    /// It is cut off, or something follows.
    #[error("{found} bytes, not {expected}")]
    Length {
        /// The bytes that the snapshot says it has, or the least that any has.
        expected: u64,
        /// The bytes that there are.
        found: u64,
    },
    /// Something was changed since it was written.
    #[error("checksum {found:08x}, not {expected:08x}")]
    Checksum {
        /// The checksum that the snapshot has.
        expected: u32,
        /// The checksum of its bytes.
        found: u32,
    },
    /// It is about another chain.
    #[error("another chain: {found}")]
    WrongChain {
        /// The chain of the snapshot.
        found: ChainHash,
    },
    /// It has more channels than [`Config::max_channels`](crate::Config::max_channels), or than may rest beside them.
    #[error("more than {limit} channels, or more at rest")]
    TooManyChannels {
        /// The most channels allowed.
        limit: u32,
    },
    /// The checksum is right, but no graph is like this: whoever wrote it was not this crate, or had a defect.
    #[error("no graph has such {0:?}")]
    Inconsistent(SnapshotPart),
}

/// A part of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SnapshotPart {
    /// The latest block, and the number of changes.
    Header,
    /// Nodes, and the slots of those that went.
    Nodes,
    /// Channels, and the slots of those that went.
    Channels,
    /// Nodes' slots in quarantine.
    RestingNodes,
    /// Channels' slots in quarantine.
    RestingChannels,
    /// Channels whose funding output is gone.
    Dying,
    /// Removed channels.
    Zombies,
    /// Funding outputs.
    Outpoints,
    /// Where channels' messages are in a store.
    ChannelOffsets,
    /// Where nodes' messages are in a store.
    NodeOffsets,
    /// Nodes of the embedder's own.
    OwnNodes,
}
