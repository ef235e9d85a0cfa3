//! Bytes in, records out.

use lnwire::{
    DecodeError,
    bytes::{Buf, Bytes, BytesMut},
};

use super::{
    format::{FIRST_MINOR_WITH_COMPLETED, HEADER_LEN, Header, UUID, VERSION, checksum},
    record::{Record, Replaced},
};

/// Takes the records of a store off the front of bytes that come in any pieces.
///
/// The embedder reads the file from [`offset`](Self::offset) into a buffer and hands that over; whole records
/// leave it at the front. The buffer need never hold more than one record, 65,547 bytes, and a piece of the next.
///
/// To follow a store that another process writes: at the end of the file, and after [`Next::Unfinished`], throw
/// away what is in the buffer (flags in it may change yet), and later read on from [`offset`](Self::offset).
/// After [`Next::Replaced`], open the file of that name again, call [`follow`](Self::follow), and go on with an
/// empty buffer at byte 0.
///
/// ```
/// use lnwire::bytes::BytesMut;
/// use routemap::store::{Next, Reader};
/// # let file: &[u8] = include_bytes!("../../tests/data/regtest-simple.store");
/// let (mut reader, mut buffer, mut records) = (Reader::new(), BytesMut::new(), 0);
/// for piece in file.chunks(100) {
///     buffer.extend_from_slice(piece);
///     while let Next::Record(_) = reader.read(&mut buffer)? {
///         records += 1;
///     }
/// }
/// assert_eq!((records, reader.offset()), (6, file.len() as u64));
/// # Ok::<(), routemap::store::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    state: State,
    minor: u8,
    /// Where the bytes that come next belong.
    offset: u64,
    /// Whether records count that hold but for the completed flag.
    is_recovering: bool,
    /// Whether the record at `offset` is left out, whatever is wrong with it.
    skips: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// At byte 0.
    Version,
    Records,
    /// At the end of a file that was replaced.
    Ended(Replaced),
    /// At byte 0 of a file which should be this one.
    FollowVersion(Replaced),
    /// At its first record.
    FollowUuid(Replaced),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A record.
    Record(Record),
    /// More bytes are needed. If there are none, the file ends here: whole, if the buffer is empty.
    NeedsMore,
    /// The writer is at work on the record at [`offset`](Reader::offset).
    Unfinished,
    /// The writer went on in a new file of the same name.
    Replaced(Replaced),
    /// The new file is the one that the old one named: empty the buffer, and read from
    /// [`offset`](Reader::offset). Whatever stands before was in the old file.
    Seek,
    /// The new file is another one: forget what the old one told. The records follow from the first on.
    Restart,
}

/// Why bytes are not a store, or not at this place. Offsets are those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The version is not one that can be read here. There is no going on.
    #[error("gossip store, byte 0: version {major}.{minor} where at most 0.16 can be read")]
    Version {
        /// The major version.
        major: u8,
        /// The minor version.
        minor: u8,
    },
    /// The checksum of a record does not hold.
    #[error("gossip store, byte {at}: checksum {found:08x} where {expected:08x} was expected")]
    Checksum {
        /// Where the record begins.
        at: u64,
        /// The checksum of the bytes that are there.
        expected: u32,
        /// The checksum in the record's header.
        found: u32,
    },
    /// A record has no message, or one that is too short for its type.
    #[error("gossip store, byte {at}: {error}")]
    Message {
        /// Where the record begins.
        at: u64,
        /// What is wrong with it.
        error: DecodeError,
    },
}

impl StoreError {
    /// Returns where the record at fault begins.
    #[must_use]
    pub const fn at(&self) -> u64 {
        match *self {
            Self::Version { .. } => 0,
            Self::Checksum { at, .. } | Self::Message { at, .. } => at,
        }
    }
}

impl Reader {
    /// Starts at byte 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: State::Version,
            minor: 0,
            offset: 0,
            is_recovering: false,
            skips: false,
        }
    }

    /// Starts at byte 0 of a file that nobody writes to any more: its writer, after a crash, reads it back.
    ///
    /// A record whose checksum holds is whole, so it counts without the completed flag, too.
    #[must_use]
    pub const fn recovering() -> Self {
        Self {
            is_recovering: true,
            ..Self::new()
        }
    }

    /// Returns where in the file the first byte of the buffer belongs; equally, where the next record begins.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the minor version of the file's format; 0 before it is known.
    #[must_use]
    pub const fn minor_version(&self) -> u8 {
        self.minor
    }

    /// Takes the next record off the front of `input`.
    ///
    /// # Errors
    /// [`StoreError`] for the record at [`offset`](Self::offset), every time until it is
    /// [skipped](Self::skip_record). Nothing is taken then.
    pub fn read(&mut self, input: &mut BytesMut) -> Result<Next, StoreError> {
        self.read_from(input)
    }

    /// As [`read`](Self::read), from bytes that are shared: a file that is mapped, or read whole.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_shared(&mut self, input: &mut Bytes) -> Result<Next, StoreError> {
        self.read_from(input)
    }

    /// Leaves out the record that the last error was about: the next one begins where its length says. If the
    /// length is what is wrong, that is in the middle of something, and soon another error.
    pub const fn skip_record(&mut self) {
        self.skips = true;
    }

    /// Goes over to the new file after [`Next::Replaced`]; does nothing at other times.
    pub const fn follow(&mut self) {
        if let State::Ended(new) = self.state {
            self.state = State::FollowVersion(new);
            self.offset = 0;
        }
    }

    pub(super) fn read_from<I: Input>(&mut self, input: &mut I) -> Result<Next, StoreError> {
        if let State::Version | State::FollowVersion(_) = self.state {
            let Some(version) = input.as_ref().first() else {
                return Ok(Next::NeedsMore);
            };
            let (major, minor) = (version >> 5, version & 0x1f);
            if major != 0 || minor > VERSION {
                return Err(StoreError::Version { major, minor });
            }
            self.minor = minor;
            self.advance(input, 1);
            self.state = match self.state {
                State::FollowVersion(new) => State::FollowUuid(new),
                _ => State::Records,
            };
        }
        if let State::Ended(new) = self.state {
            return Ok(Next::Replaced(new));
        }
        if self.skips {
            let Some(header) = Header::decode(input.as_ref()) else {
                return Ok(Next::NeedsMore);
            };
            if input.as_ref().len() < header.record_len() {
                return Ok(Next::NeedsMore);
            }
            self.advance(input, header.record_len());
            self.skips = false;
        }
        let Some(header) = Header::decode(input.as_ref()) else {
            return Ok(Next::NeedsMore);
        };
        if !(self.is_recovering
            || self.minor < FIRST_MINOR_WITH_COMPLETED
            || header.flags.is_completed())
        {
            return Ok(Next::Unfinished);
        }
        let Some(message) = input.as_ref().get(HEADER_LEN..header.record_len()) else {
            return Ok(Next::NeedsMore);
        };
        self.check(header, message)?;
        if let State::FollowUuid(new) = self.state {
            return Ok(self.join(new, message));
        }
        if let Some(new) = Replaced::read(message) {
            self.advance(input, header.record_len());
            self.state = State::Ended(new);
            return Ok(Next::Replaced(new));
        }
        Ok(Next::Record(self.take(header, input)))
    }

    /// Decides, at the first record of a new file, whether it is the one that was named.
    fn join(&mut self, new: Replaced, message: &[u8]) -> Next {
        self.state = State::Records;
        let is_it = message.strip_prefix(&UUID.to_be_bytes()) == Some(&new.uuid);
        if is_it && new.equivalent_offset > self.offset {
            self.offset = new.equivalent_offset;
            Next::Seek
        } else {
            Next::Restart
        }
    }

    fn check(&self, header: Header, message: &[u8]) -> Result<(), StoreError> {
        let at = self.offset;
        let expected = checksum(header.timestamp, message);
        if header.crc != expected {
            let found = header.crc;
            return Err(StoreError::Checksum {
                at,
                expected,
                found,
            });
        }
        // Zeros, as a crash may leave them, have a checksum that holds.
        let available = message.len();
        if available < 2 {
            let error = DecodeError::Truncated {
                field: "type",
                needed: 2,
                available,
            };
            return Err(StoreError::Message { at, error });
        }
        Ok(())
    }

    fn take<I: Input>(&mut self, header: Header, input: &mut I) -> Record {
        let offset = self.offset;
        self.advance(input, HEADER_LEN);
        let message = input.take(header.len.into());
        self.offset = self.offset.saturating_add(header.len.into());
        Record {
            offset,
            flags: header.flags,
            timestamp: header.timestamp,
            message,
        }
    }

    fn advance<I: Input>(&mut self, input: &mut I, len: usize) {
        input.advance(len);
        self.offset = self.offset.saturating_add(len as u64);
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

/// Bytes that messages can share.
pub(super) trait Input: AsRef<[u8]> + Buf {
    /// Takes `len` bytes off the front; there are as many.
    fn take(&mut self, len: usize) -> Bytes;
}

impl Input for BytesMut {
    fn take(&mut self, len: usize) -> Bytes {
        self.split_to(len).freeze()
    }
}

impl Input for Bytes {
    fn take(&mut self, len: usize) -> Bytes {
        self.split_to(len)
    }
}
