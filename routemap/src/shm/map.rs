//! Memory that other processes see: with `run`, the one place with `unsafe`.
#![expect(
    unsafe_code,
    reason = "mapping memory is; an interface that is not lies before it"
)]

use core::{
    ptr::NonNull,
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
/// 2. Nothing writes them but through `AtomicU64`, nor reads them, here and, by the same rule, in other processes. Words
///    of the owner's that are handed out as a `Run` are the exception: its holder reads them as they are.
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
        self.word(index).map(|word| word.load(Relaxed))
    }

    /// Writes a word; `None` past the end, or if the mapping is for reading.
    #[inline]
    pub(super) fn set(&self, index: usize, value: u64) -> Option<()> {
        if self.access == Access::ReadOnly {
            return None;
        }
        self.word(index).map(|word| word.store(value, Relaxed))
    }

    /// Returns where so many words begin, if they are there and the mapping is for writing: for [`Run`].
    ///
    /// [`Run`]: super::run::Run
    pub(super) fn start_of(&self, index: usize, len: usize) -> Option<NonNull<u64>> {
        let is_there = index.checked_add(len).is_some_and(|end| end <= self.len);
        if !is_there || self.access == Access::ReadOnly {
            return None;
        }
        // SAFETY: (1) the words are there, in one mapping.
        let start = unsafe { self.words.add(index) };
        Some(start.cast())
    }

    /// Returns one word, so that it does not matter what the others are used for.
    #[inline]
    fn word(&self, index: usize) -> Option<&AtomicU64> {
        if index >= self.len {
            return None;
        }
        // SAFETY: (1) the word is there, in one mapping.
        let word = unsafe { self.words.add(index) };
        // SAFETY: (1) it is there while `self` is; (2) all access is atomic, so others may change it meanwhile;
        // (4) it stays backed by the file. `get` and `set` see to (3).
        Some(unsafe { word.as_ref() })
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
