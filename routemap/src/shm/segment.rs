//! Pieces of shared memory: one for each step of growth.

use core::{
    ptr::NonNull,
    sync::atomic::{Ordering, fence},
};
use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd},
};

use rustix::fs::{
    MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate,
    memfd_create, open,
};

use super::map::{Access, Map};

/// The owner's side of a piece of shared memory: a fixed number of words, zero at first.
///
/// It is anonymous: when the owner and all readers are gone, or dead, it is gone, too. Nobody else can write it,
/// shrink it, grow it or change that.
///
/// ```
/// use routemap::shm::{Segment, SegmentReader};
/// let segment = Segment::create(1000)?;
/// let reader = SegmentReader::map(&segment.share()?)?;
/// segment.set(999, 7).expect("there are as many");
/// assert_eq!((reader.get(999), reader.get(1000)), (Some(7), None));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Segment {
    file: OwnedFd,
    map: Map,
}

/// A reader's side of a [`Segment`]. What is in it may change at any time, to anything: it is another process's.
#[derive(Debug)]
pub struct SegmentReader {
    map: Map,
}

/// Why what was handed over is not mapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The owner could take the memory away, or others could write to it.
    #[error("not sealed against shrinking, growing, writing and further sealing")]
    Unsealed,
    /// It is empty, no whole number of words, or longer than [`Segment::MAX_WORDS`].
    #[error("{bytes} bytes are no segment")]
    Size {
        /// How long it is.
        bytes: u64,
    },
    /// The system does not map it.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<SegmentError> for io::Error {
    fn from(error: SegmentError) -> Self {
        match error {
            SegmentError::Io(error) => error,
            other => Self::new(io::ErrorKind::InvalidData, other),
        }
    }
}

/// Nobody may write but who has it mapped, which is the owner; nobody may change the size, or this.
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::FUTURE_WRITE)
    .union(SealFlags::SEAL);

impl Segment {
    /// The longest segment: 8 GiB. A reader maps no more at a time, whatever it is told.
    pub const MAX_WORDS: usize = 1 << 30;

    /// Makes a segment of `words` words, 1 to [`MAX_WORDS`](Self::MAX_WORDS). Memory is taken when it is first
    /// written.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for another size; what the system says.
    pub fn create(words: usize) -> io::Result<Self> {
        if words == 0 || words > Self::MAX_WORDS {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("routemap", flags)?;
        ftruncate(&file, words as u64 * 8)?;
        let map = Map::new(file.as_fd(), words, Access::ReadWrite)?;
        fcntl_add_seals(&file, SEALS)?;
        Ok(Self { file, map })
    }

    /// Opens it again, for reading only: a descriptor for a reader. Closed on exec.
    ///
    /// # Errors
    /// What the system says, such as that `/proc` is not there.
    pub fn share(&self) -> io::Result<OwnedFd> {
        let path = std::format!("/proc/self/fd/{}", self.file.as_raw_fd());
        Ok(open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
    }

    /// Returns how many words there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it has a word at least")]
    pub const fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns a word; `None` past the end.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<u64> {
        self.map.get(index)
    }

    /// Writes a word; `None` past the end. Readers see words in no particular order.
    #[must_use]
    pub fn set(&self, index: usize, value: u64) -> Option<()> {
        self.map.set(index, value)
    }

    /// Returns where so many words begin, if there are as many.
    pub(super) fn start_of(&self, index: usize, len: usize) -> Option<NonNull<u64>> {
        self.map.start_of(index, len)
    }

    /// Writes a word such that who sees any word written after also sees this one, if it reads that
    /// [behind](SegmentReader::get_after) the other.
    ///
    /// So the epoch is raised.
    #[must_use]
    pub fn set_before(&self, index: usize, value: u64) -> Option<()> {
        self.map.set(index, value)?;
        fence(Ordering::Release);
        Some(())
    }
}

impl SegmentReader {
    /// Maps a segment, if it is one: sealed, and of a sensible size. The descriptor is not needed after.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn map(file: &OwnedFd) -> Result<Self, SegmentError> {
        let seals = fcntl_get_seals(file).map_err(|_| SegmentError::Unsealed)?;
        if !seals.contains(SEALS) {
            return Err(SegmentError::Unsealed);
        }
        let size = fstat(file).map_err(io::Error::from)?.st_size;
        let bytes = u64::try_from(size).unwrap_or(0);
        let words = usize::try_from(bytes / 8).unwrap_or(usize::MAX);
        if bytes % 8 != 0 || words == 0 || words > Segment::MAX_WORDS {
            return Err(SegmentError::Size { bytes });
        }
        let map = Map::new(file.as_fd(), words, Access::ReadOnly)?;
        Ok(Self { map })
    }

    /// Returns how many words there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it has a word at least")]
    pub const fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns a word as it is now; `None` past the end.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<u64> {
        self.map.get(index)
    }

    /// Returns a word as it is after all that was read before.
    ///
    /// See [`Segment::set_before`].
    #[must_use]
    pub fn get_after(&self, index: usize) -> Option<u64> {
        fence(Ordering::Acquire);
        self.map.get(index)
    }
}

impl AsFd for Segment {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
