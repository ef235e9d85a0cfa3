//! A reader's way to the owner's graph.

use core::time::Duration;
use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Lease, Reader};

/// Where an owner is found, and how long to wait for it.
///
/// Nothing is held between two reads, so a view costs the owner nothing while it does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    folder: PathBuf,
    patience: Duration,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// There is no owner, it does not answer, or it hands over something else; see [`Lease::connect`].
    #[error("{0}")]
    Connect(#[from] io::Error),
    /// The memory has no graph in it, or one for another version of this crate.
    #[error("no graph of this version in the shared memory")]
    NoGraph,
    /// The owner wrote while we read, so what was read means nothing. Read again, and for a shorter time.
    #[error("the owner wrote meanwhile")]
    Revoked,
}

impl View {
    /// Looks for an owner that listens in `folder`, each time for as long as `patience`, which is not zero.
    ///
    /// A write may take as long as the owner likes, and readers queue meanwhile: a few seconds are sensible.
    #[must_use]
    pub fn new(folder: &Path, patience: Duration) -> Self {
        Self {
            folder: folder.to_path_buf(),
            patience,
        }
    }

    /// Reads under a lease, and returns what `read` made of it, if that counts.
    ///
    /// Until this returns, what was read may be torn; so `read` does nothing with it that cannot be undone. The
    /// owner waits for a second, by default, and then writes all the same.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn read<R>(&self, read: impl FnOnce(&Reader<'_>) -> R) -> Result<R, ViewError> {
        let lease = Lease::connect(&self.folder, self.patience)?;
        let made = Reader::new(lease.segments()).map(|reader| read(&reader));
        if !lease.counts() {
            return Err(ViewError::Revoked);
        }
        made.ok_or(ViewError::NoGraph)
    }
}
