//! Reads the `gossip_store` of Core Lightning: gossip messages in the order in which a node accepted them.
//!
//! The file begins with a version byte: three bits of major version, which must be 0, and five of minor
//! version, up to 16. Then come records: flags and length (two bytes each), checksum and timestamp (four bytes
//! each), all big endian, and `length` bytes of message with its type. The checksum is the CRC-32C of the
//! message, *continued from* the timestamp: the timestamp stands where the checksum of earlier bytes would.
//! Flags are not part of it, as they change later.
//!
//! Records are only ever appended and flagged. A writer that is not done leaves an incomplete record, or from
//! minor version 15 on one without the completed flag; [`GossipStore`] ends before it and
//! [says so](GossipStore::end). A checksum that does not hold is an error at that record.

use bytes::Bytes;
use lnwire::{
    BlockHeight, DecodeError, MessageError, Reader, ShortChannelId, Timestamp, WireMessage,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

/// Iterates over the records of a store. Messages share the store's bytes.
///
/// Deleted records are checked and counted, but left out unless [asked for](Self::with_deleted). After an
/// error the iterator is at its end.
///
/// ```
/// use examples::gossip_store::{Entry, GossipStore};
/// # let bytes: &[u8] = include_bytes!("../tests/data/regtest-simple.store");
/// let mut store = GossipStore::new(bytes.into())?;
/// for record in store.by_ref() {
///     if let Entry::ChannelAnnouncement { message, capacity_sat } = record?.entry {
///         println!("{} holds {capacity_sat:?} sat", message.short_channel_id());
///     }
/// }
/// assert_eq!(store.deleted(), 0);
/// # Ok::<(), examples::gossip_store::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GossipStore {
    bytes: Bytes,
    minor: u8,
    with_deleted: bool,
    deleted: usize,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The next record begins here.
    At(usize),
    Ended(End),
    Failed,
}

/// Why there are no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The last record ends where the file does, at this byte.
    Complete {
        /// The length of the file.
        at: usize,
    },
    /// The writer was not done with the record at this byte: it is cut short, or its completed flag is not
    /// set. If it is an amount, its announcement came without.
    Incomplete {
        /// Where the record begins.
        at: usize,
    },
    /// The writer went on in a new file of the same name (type 4105).
    Replaced {
        /// Where the record that says so begins.
        at: usize,
        /// The place in the new file that corresponds to this one.
        equivalent_offset: u64,
        /// The identifier at the beginning of the new file.
        uuid: [u8; 32],
    },
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins in the file.
    pub offset: usize,
    /// What the writer noted about it.
    pub flags: Flags,
    /// The timestamp in its header: that of the message, 0 for entries that have none; for an announcement
    /// that of one of its updates.
    pub timestamp: Timestamp,
    /// What it holds.
    pub entry: Entry,
}

/// What the writer noted about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    /// Returns whether the record no longer counts.
    #[must_use]
    pub const fn is_deleted(self) -> bool {
        self.0 & DELETED != 0
    }

    /// Returns whether the writer was done with the record. Older minor versions than 15 do not tell.
    #[must_use]
    pub const fn is_completed(self) -> bool {
        self.0 & COMPLETED != 0
    }

    /// Returns whether the channel's funding output was spent a short time ago.
    #[must_use]
    pub const fn is_dying(self) -> bool {
        self.0 & DYING != 0
    }
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// 256: a channel, with the amount from the record behind it (4101).
    ChannelAnnouncement {
        /// The message as its nodes signed it.
        message: ChannelAnnouncement,
        /// The value of its funding output in satoshi; `None` if the next record is no amount or is broken.
        capacity_sat: Option<u64>,
    },
    /// 257: a node.
    NodeAnnouncement(NodeAnnouncement),
    /// 258: the terms of a direction.
    ChannelUpdate(ChannelUpdate),
    /// 4101: an amount in satoshi that follows no announcement.
    StrayAmount(u64),
    /// 4103: the channel is gone.
    DeleteChannel(ShortChannelId),
    /// 4106: the channel's funding output is spent.
    ChannelDying {
        /// The channel.
        short_channel_id: ShortChannelId,
        /// When to forget it.
        deadline: BlockHeight,
    },
    /// 4107: the file's identifier.
    Uuid([u8; 32]),
    /// A type that is not known here.
    Other(Bytes),
}

/// Why bytes are not a store. Offsets are those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is not even a version.
    #[error("gossip store, byte 0: empty file")]
    Empty,
    /// The version is not one that can be read here.
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
        at: usize,
        /// The checksum of the bytes that are there.
        expected: u32,
        /// The checksum in the record's header.
        found: u32,
    },
    /// The checksum holds, but the message does not decode.
    #[error("gossip store, byte {at}: {error}")]
    Message {
        /// Where the record begins.
        at: usize,
        /// What is wrong with it.
        error: MessageError,
    },
}

impl StoreError {
    /// Returns where the record at fault begins.
    #[must_use]
    pub const fn at(&self) -> usize {
        match *self {
            Self::Empty | Self::Version { .. } => 0,
            Self::Checksum { at, .. } | Self::Message { at, .. } => at,
        }
    }
}

impl GossipStore {
    /// Starts at the first record.
    ///
    /// # Errors
    /// [`StoreError::Empty`] or [`StoreError::Version`].
    pub fn new(bytes: Bytes) -> Result<Self, StoreError> {
        let version = *bytes.first().ok_or(StoreError::Empty)?;
        let (major, minor) = (version >> 5, version & 0x1f);
        if major != 0 || minor > NEWEST_MINOR {
            return Err(StoreError::Version { major, minor });
        }
        Ok(Self {
            bytes,
            minor,
            with_deleted: false,
            deleted: 0,
            state: State::At(1),
        })
    }

    /// Includes the deleted records.
    #[must_use]
    pub fn with_deleted(self) -> Self {
        Self {
            with_deleted: true,
            ..self
        }
    }

    /// Returns the minor version of the file's format.
    #[must_use]
    pub const fn minor_version(&self) -> u8 {
        self.minor
    }

    /// Returns how many deleted entries have been met. An announcement and its amount are one.
    #[must_use]
    pub const fn deleted(&self) -> usize {
        self.deleted
    }

    /// Returns why there are no more records; `None` before the end, and after an error.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        match self.state {
            State::Ended(end) => Some(end),
            State::At(_) | State::Failed => None,
        }
    }

    /// Moves past the record at `at`, and past its amount if it is an announcement. `None` without a record
    /// when reading has come to its end.
    fn step(&mut self, at: usize) -> Result<Option<Record>, StoreError> {
        let raw = match self.raw(at)? {
            Ok(raw) => raw,
            Err(end) => {
                self.state = State::Ended(end);
                return Ok(None);
            }
        };
        let mut next = raw.next;
        let mut entry = match raw.parse() {
            Ok(Parsed::Entry(entry)) => entry,
            Ok(Parsed::Replaced {
                equivalent_offset,
                uuid,
            }) => {
                self.state = State::Ended(End::Replaced {
                    at,
                    equivalent_offset,
                    uuid,
                });
                return Ok(None);
            }
            Err(error) => {
                let msg_type = raw.msg_type().unwrap_or_default();
                let error = MessageError { msg_type, error };
                return Err(StoreError::Message { at, error });
            }
        };
        if let Entry::ChannelAnnouncement { capacity_sat, .. } = &mut entry {
            // What is wrong with the record behind, if anything, is reported when its turn comes.
            if let Ok(Ok(behind)) = self.raw(next) {
                if let Ok(Parsed::Entry(Entry::StrayAmount(amount))) = behind.parse() {
                    *capacity_sat = Some(amount);
                    next = behind.next;
                }
            }
        }
        self.state = State::At(next);
        Ok(Some(Record {
            offset: at,
            flags: raw.flags,
            timestamp: raw.timestamp,
            entry,
        }))
    }

    /// Takes the record at `at` apart and checks it.
    fn raw(&self, at: usize) -> Result<Result<RawRecord, End>, StoreError> {
        let rest = self.bytes.slice(at..);
        if rest.is_empty() {
            return Ok(Err(End::Complete { at }));
        }
        let Ok((flags, crc, timestamp, message)) = split(&rest) else {
            return Ok(Err(End::Incomplete { at }));
        };
        if self.minor >= FIRST_MINOR_WITH_COMPLETED && !flags.is_completed() {
            return Ok(Err(End::Incomplete { at }));
        }
        let expected = crc32c::crc32c_append(timestamp.as_secs(), &message);
        if crc != expected {
            return Err(StoreError::Checksum {
                at,
                expected,
                found: crc,
            });
        }
        Ok(Ok(RawRecord {
            flags,
            timestamp,
            next: at + HEADER_LEN + message.len(),
            message,
        }))
    }
}

impl Iterator for GossipStore {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let State::At(at) = self.state {
            match self.step(at) {
                Ok(Some(record)) if record.flags.is_deleted() => {
                    self.deleted += 1;
                    if self.with_deleted {
                        return Some(Ok(record));
                    }
                }
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => {}
                Err(error) => {
                    self.state = State::Failed;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl core::iter::FusedIterator for GossipStore {}

/// A record whose checksum holds.
struct RawRecord {
    flags: Flags,
    timestamp: Timestamp,
    message: Bytes,
    /// Where the next record begins.
    next: usize,
}

enum Parsed {
    Entry(Entry),
    Replaced {
        equivalent_offset: u64,
        uuid: [u8; 32],
    },
}

impl RawRecord {
    fn msg_type(&self) -> Result<u16, DecodeError> {
        Reader::new(&self.message).u16("type")
    }

    fn parse(&self) -> Result<Parsed, DecodeError> {
        let message = self.message.clone();
        let mut reader = Reader::new(&self.message);
        let entry = match reader.u16("type")? {
            ChannelAnnouncement::TYPE => Entry::ChannelAnnouncement {
                message: ChannelAnnouncement::decode(message)?,
                capacity_sat: None,
            },
            NodeAnnouncement::TYPE => Entry::NodeAnnouncement(NodeAnnouncement::decode(message)?),
            ChannelUpdate::TYPE => Entry::ChannelUpdate(ChannelUpdate::decode(message)?),
            CHANNEL_AMOUNT => Entry::StrayAmount(reader.u64("amount")?),
            DELETE_CHANNEL => Entry::DeleteChannel(ShortChannelId(reader.u64("scid")?)),
            ENDED => {
                return Ok(Parsed::Replaced {
                    equivalent_offset: reader.u64("equivalent_offset")?,
                    uuid: reader.array("uuid")?,
                });
            }
            CHANNEL_DYING => Entry::ChannelDying {
                short_channel_id: ShortChannelId(reader.u64("scid")?),
                deadline: BlockHeight(reader.u32("deadline")?),
            },
            UUID => Entry::Uuid(reader.array("uuid")?),
            _ => Entry::Other(message),
        };
        Ok(Parsed::Entry(entry))
    }
}

/// Splits the first record off `rest`: flags, checksum, timestamp, message.
fn split(rest: &Bytes) -> Result<(Flags, u32, Timestamp, Bytes), DecodeError> {
    let mut reader = Reader::new(rest);
    let flags = Flags(reader.u16("flags")?);
    let len = reader.u16("length")?;
    let crc = reader.u32("crc")?;
    let timestamp = Timestamp(reader.u32("timestamp")?);
    let message = reader.bytes("message", len.into())?;
    Ok((flags, crc, timestamp, message))
}

const HEADER_LEN: usize = 12;
const NEWEST_MINOR: u8 = 16;
/// Before, the completed flag meant something else or nothing.
const FIRST_MINOR_WITH_COMPLETED: u8 = 15;

const DELETED: u16 = 0x8000;
const COMPLETED: u16 = 0x2000;
const DYING: u16 = 0x0800;

const CHANNEL_AMOUNT: u16 = 4101;
const DELETE_CHANNEL: u16 = 4103;
const ENDED: u16 = 4105;
const CHANNEL_DYING: u16 = 4106;
const UUID: u16 = 4107;
