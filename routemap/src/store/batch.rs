//! What to do to the file.

use alloc::vec::Vec;

use lnwire::Timestamp;

use super::format::{Flags, HEADER_LEN, Header};

/// Changes to a store's file, for the embedder to carry out and [clear](Self::clear).
///
/// First [`appended`](Self::appended) is written at [`at`](Self::at), then each of [`patches`](Self::patches) in
/// order. All of it may be done again after a failure; if it is cut off anywhere, the file is as before, or has
/// some of the new records beside the old ones that they replace, which the next
/// [load](super::Loader) sorts out. To be safe from the loss of power and not only of the process, sync the file
/// between the two steps.
///
/// Other processes see nothing of what is appended before the first patch, which sets the first record's
/// completed flag: readers stop before it.
///
/// The embedder decides how much it gathers; a call of [`Store`](super::Store) adds the message it was given and
/// 100 bytes at most, or what [waited](super::Store::WAITING_BYTES).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    at: u64,
    appended: Vec<u8>,
    patches: Vec<Patch>,
}

/// A byte to be overwritten: the first of a record's two with flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where in the file.
    pub at: u64,
    /// With what.
    pub byte: u8,
}

impl Batch {
    /// Returns where [`appended`](Self::appended) belongs: at the end of the file.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Returns the new records.
    #[must_use]
    pub fn appended(&self) -> &[u8] {
        &self.appended
    }

    /// Returns what to overwrite when the new records are written.
    #[must_use]
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    /// Returns whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.appended.is_empty() && self.patches.is_empty()
    }

    /// Forgets the changes, which are done, and keeps the memory.
    pub fn clear(&mut self) {
        self.appended.clear();
        self.patches.clear();
    }

    /// Carries the changes out on a file that is in memory.
    ///
    /// # Panics
    /// If the changes are not for a file of this length.
    pub fn apply_to(&self, file: &mut Vec<u8>) {
        if !self.appended.is_empty() {
            file.truncate(self.at as usize);
            assert_eq!(
                file.len() as u64,
                self.at,
                "the file ends where the batch begins"
            );
            file.extend_from_slice(&self.appended);
        }
        for patch in &self.patches {
            file[patch.at as usize] = patch.byte;
        }
    }

    /// Begins a new file.
    pub(super) fn begin(&mut self, version: u8) {
        self.at = 0;
        self.appended.push(version);
    }

    /// Adds a record that begins at `at`; `parts` make up its message, which fits.
    pub(super) fn append(&mut self, at: u64, timestamp: Timestamp, message: &[u8]) {
        let is_first = self.appended.is_empty();
        if is_first {
            self.at = at;
        }
        debug_assert_eq!(
            self.at + self.appended.len() as u64,
            at,
            "batches are for one file"
        );
        let flags = if is_first { Flags(0) } else { Flags::COMPLETED };
        let header = Header::new(flags, timestamp, message);
        let header = header.expect("a message is shorter than 64 KiB");
        self.appended.reserve(HEADER_LEN + message.len());
        self.appended.extend_from_slice(&header.encode());
        self.appended.extend_from_slice(message);
        if is_first {
            self.patch(at, Flags::COMPLETED);
        }
    }

    /// Sets the flags of a record that is completed, or will be by an earlier patch.
    pub(super) fn patch(&mut self, at: u64, flags: Flags) {
        let byte = flags.with(Flags::COMPLETED).first_byte();
        self.patches.push(Patch { at, byte });
    }
}
