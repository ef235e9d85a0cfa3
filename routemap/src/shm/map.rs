//! Memory that other processes see: the one place with `unsafe`.
#![expect(
    unsafe_code,
    reason = "mapping memory is; here is all of it, behind an interface that is not"
)]

use core::{
    ptr::NonNull,
    slice,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use std::{io, os::fd::BorrowedFd};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// What the mapping is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    ReadWrite,
    ReadOnly,
}

/// A shared mapping of a file, as words. Unmapped when dropped.
///
/// 1. `words` points to `len` 64-bit words, mapped by [`Map::new`] and by nothing else unmapped before the drop.
/// 2. Nothing reads or writes them but through `AtomicU64`, here and, by the same rule, in other processes.
/// 3. Words are written only if the mapping was made for that.
/// 4. The file is at least as long as the mapping, for as long as that exists: it is sealed against shrinking.
#[derive(Debug)]
pub(super) struct Map {
    words: NonNull<AtomicU64>,
    len: usize,
    access: Access,
}

impl Map {
    /// Maps the first `len` words, at least one, of a file that is sealed against shrinking, or will be before
    /// anybody else has it.
    pub(super) fn new(file: BorrowedFd<'_>, len: usize, access: Access) -> io::Result<Self> {
        let prot = match access {
            Access::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
            Access::ReadOnly => ProtFlags::READ,
        };
        let bytes = len.checked_mul(8).filter(|bytes| *bytes > 0);
        let bytes = bytes.ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: the kernel picks the place, so no memory that Rust knows of is replaced.
        let memory = unsafe {
            mmap(
                core::ptr::null_mut(),
                bytes,
                prot,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        // A page is aligned for any word, and never at address 0.
        let words = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { words, len, access })
    }

    /// Returns how many words there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Reads a word; `None` past the end.
    ///
    /// Relaxed loads of eight bytes are what may be done with atomics in memory that cannot be written
    /// (`core::sync::atomic`, "Atomic accesses to read-only memory").
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<u64> {
        self.words().get(index).map(|word| word.load(Relaxed))
    }

    /// Writes a word; `None` past the end, or if the mapping is for reading.
    #[inline]
    pub(super) fn set(&self, index: usize, value: u64) -> Option<()> {
        if self.access == Access::ReadOnly {
            return None;
        }
        self.words()
            .get(index)
            .map(|word| word.store(value, Relaxed))
    }

    fn words(&self) -> &[AtomicU64] {
        // SAFETY: (1) the words are there while `self` is, in one mapping; (2) all access is atomic, so others
        // may change them meanwhile; (4) they stay backed by the file. `get` and `set` see to (3).
        unsafe { slice::from_raw_parts(self.words.as_ptr(), self.len) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: (1) it is the mapping made by `new`, and references to it do not outlive `self`.
        let unmapped = unsafe { munmap(self.words.as_ptr().cast(), self.len * 8) };
        debug_assert!(unmapped.is_ok(), "it was mapped");
    }
}

// SAFETY: (2) access is atomic, so it does not matter from which thread.
unsafe impl Send for Map {}
// SAFETY: (2) access is atomic, so it does not matter from how many threads.
unsafe impl Sync for Map {}
