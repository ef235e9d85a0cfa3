//! The records of a file that is in memory as a whole.

use lnwire::bytes::Bytes;

use super::{
    reader::{Next, Reader, StoreError},
    record::{Record, Replaced},
};

/// Iterates over the records of a store, deleted ones included. Messages share the store's bytes.
///
/// After an error, the record at fault can be [skipped](Self::skip_record); otherwise the iterator is at its end.
///
/// ```
/// use routemap::store::{End, Entry, Records};
/// # let file: &'static [u8] = include_bytes!("../../tests/data/regtest-simple.store");
/// let mut records = Records::new(file.into())?;
/// for record in records.by_ref() {
///     if let Entry::ChannelAnnouncement(channel) = record?.entry()? {
///         assert_eq!(channel.short_channel_id().to_string(), "103x1x0");
///     }
/// }
/// assert_eq!(records.end(), Some(End::Complete));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Records {
    rest: Bytes,
    reader: Reader,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Reading,
    Ended(End),
    Failed,
}

/// Why there are no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The last record ends where the file does.
    Complete,
    /// The writer was not done with the record at [`offset`](Records::offset): it is cut short, or its completed
    /// flag is not set.
    Incomplete,
    /// The writer went on in a new file of the same name.
    Replaced(Replaced),
}

impl Records {
    /// Starts at the first record. Without any byte there is none.
    ///
    /// # Errors
    /// [`StoreError::Version`].
    pub fn new(file: Bytes) -> Result<Self, StoreError> {
        let (mut reader, mut rest) = (Reader::new(), file);
        let mut version = rest.split_to(rest.len().min(1));
        reader.read_shared(&mut version)?;
        Ok(Self {
            rest,
            reader,
            state: State::Reading,
        })
    }

    /// Returns the minor version of the file's format.
    #[must_use]
    pub const fn minor_version(&self) -> u8 {
        self.reader.minor_version()
    }

    /// Returns where the next record begins; at the end, where one would.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.reader.offset()
    }

    /// Returns why there are no more records; `None` before the end, and after an error.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        match self.state {
            State::Ended(end) => Some(end),
            State::Reading | State::Failed => None,
        }
    }

    /// Goes on behind the record that the last error was about.
    pub const fn skip_record(&mut self) {
        if let State::Failed = self.state {
            self.reader.skip_record();
            self.state = State::Reading;
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let State::Reading = self.state else {
            return None;
        };
        let end = match self.reader.read_shared(&mut self.rest) {
            Ok(Next::Record(record)) => return Some(Ok(record)),
            Ok(Next::Replaced(new)) => End::Replaced(new),
            Ok(Next::NeedsMore) if self.rest.is_empty() => End::Complete,
            Ok(_) => End::Incomplete,
            Err(error) => {
                self.state = State::Failed;
                return Some(Err(error));
            }
        };
        self.state = State::Ended(end);
        None
    }
}

impl core::iter::FusedIterator for Records {}
