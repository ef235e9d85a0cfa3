//! A node starts again from its own store.

use alloc::{collections::BTreeMap, vec::Vec};

use lnwire::{
    BlockHeight, Instant,
    bytes::{Bytes, BytesMut},
};

use super::{
    batch::{Batch, Patch},
    format::{DELETE_CHANNEL, Flags, UUID, VERSION},
    reader::{Input, Next, Reader, StoreError},
    replay::{Replay, Replayed},
    writer::Store,
};
use crate::{ApplyError, ChannelHandle, Graph, NodeHandle};

/// Reads one's own store into a graph, **without checking any signature** (they were checked before it was
/// written; see [`Replay`]), and finds out where everything is, so that writing goes on.
///
/// Whatever a crash or a disk has done to the file, what can be read is: a record that is not what was written is
/// left out, and the next one read. Only if the rest of the file has no good record is it cut off. Two records of
/// the same thing, the older of which a crash kept from being deleted, are no trouble: the newer counts.
///
/// The bytes come in any pieces; [`load`] does it in one go.
///
/// ```
/// use lnwire::bytes::BytesMut;
/// use routemap::store::Loader;
/// use routemap::{ChainHash, Config, Graph, Instant};
/// # let mut file: &[u8] = include_bytes!("../../tests/data/regtest-mesh-3x3.store");
/// let mut graph = Graph::new(Config::new(ChainHash::REGTEST, 0x5eed));
/// let (mut loader, mut buffer) = (Loader::new(), BytesMut::new());
/// for piece in file.chunks(4096) {
///     buffer.extend_from_slice(piece);
///     loader.read(&mut graph, Instant::ZERO, &mut buffer)?;
/// }
/// let loaded = loader.finish();
/// assert_eq!((graph.channel_count(), graph.policy_count()), (12, 24));
/// assert_eq!(loaded.len, file.len() as u64);
/// assert!(loaded.store.is_none()); // of version 0.15: `Compaction` makes a new one of it
/// # Ok::<(), routemap::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct Loader {
    reader: Reader,
    replay: Replay,
    store: Store,
    uuid: Option<[u8; 32]>,
    /// Flags to be set.
    repairs: Batch,
    /// Bad records since the last good one, oldest first; at most [`MOST_BAD`].
    bad: Vec<u64>,
    has_given_up: bool,
    has_ended: bool,
    report: Report,
}

/// What came of reading a store.
#[derive(Debug)]
pub struct Loaded {
    /// Goes on writing; `None` if nobody may append to the file, because it has an older version, no identifier,
    /// an end or no byte at all: [`Compaction`](super::Compaction) makes a new one of it.
    pub store: Option<Store>,
    /// Where the last good record ends: what is behind must be cut off before anything is written.
    pub len: u64,
    /// Flags to be set, so that others read what was read here.
    pub repairs: Vec<Patch>,
    /// What was there.
    pub report: Report,
}

/// Counts what was in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Channels that were added to the graph.
    pub channels: usize,
    /// Updates that were.
    pub updates: usize,
    /// Announcements of nodes that were.
    pub nodes: usize,
    /// Messages that the graph did not take, or that are not what their type says.
    pub refused: usize,
    /// Records whose checksum does not hold, or that are no records.
    pub damaged: usize,
    /// Channels that are dying, and the height at which each is to be removed.
    pub dying: BTreeMap<ChannelHandle, BlockHeight>,
}

/// Reads a whole file into a graph: see [`Loader`], and mind that **nothing is verified**.
///
/// A file that is mapped comes as [`Bytes::from_owner`].
///
/// # Errors
/// [`StoreError::Version`], and no other: then nothing was read.
pub fn load(graph: &mut Graph, now: Instant, mut file: Bytes) -> Result<Loaded, StoreError> {
    let mut loader = Loader::new();
    loader.read_from(graph, now, &mut file)?;
    Ok(loader.finish())
}

impl Loader {
    /// Starts at the beginning of the file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            reader: Reader::recovering(),
            replay: Replay::new(),
            store: Store::at([0; 32], 0),
            uuid: None,
            repairs: Batch::default(),
            bad: Vec::new(),
            has_given_up: false,
            has_ended: false,
            report: Report::default(),
        }
    }

    /// Applies the records that are in `input` as a whole, and leaves the rest.
    ///
    /// # Errors
    /// [`StoreError::Version`], and no other: then nothing was read.
    pub fn read(
        &mut self,
        graph: &mut Graph,
        now: Instant,
        input: &mut BytesMut,
    ) -> Result<(), StoreError> {
        self.read_from(graph, now, input)
    }

    fn read_from<I: Input>(
        &mut self,
        graph: &mut Graph,
        now: Instant,
        input: &mut I,
    ) -> Result<(), StoreError> {
        while !self.has_given_up && !self.has_ended {
            match self.reader.read_from(input) {
                Ok(Next::Record(record)) => {
                    self.has_good_record();
                    let (at, flags, msg_type) = (record.offset, record.flags, record.msg_type());
                    if msg_type == UUID && self.uuid.is_none() {
                        self.uuid = record.message.get(2..).and_then(|id| id.try_into().ok());
                    }
                    if !flags.is_completed() && !flags.is_deleted() {
                        self.repairs.patch(at, flags);
                    }
                    let done = self.replay.apply(graph, now, record);
                    self.note(at as u32, flags, msg_type, done);
                    for (at, node) in self.replay.take_placed() {
                        self.place_node(node, at as u32);
                    }
                }
                Ok(Next::Replaced(_)) => self.has_ended = true,
                // The reader follows nothing and accepts what is not completed.
                Ok(_) => return Ok(()),
                Err(error @ StoreError::Version { .. }) => return Err(error),
                Err(error) => {
                    self.bad.push(error.at());
                    self.has_given_up = self.bad.len() >= MOST_BAD;
                    self.reader.skip_record();
                }
            }
        }
        input.advance(input.remaining());
        Ok(())
    }

    /// Ends the reading: there are no more bytes.
    #[must_use]
    pub fn finish(mut self) -> Loaded {
        self.report.damaged += self.bad.len();
        let len = self.good_end();
        for at in self.replay.into_early() {
            self.report.refused += 1;
            self.store.delete(at as u32, &mut self.repairs);
        }
        self.store.end = len;
        let may_append = self.reader.minor_version() == VERSION && !self.has_ended;
        let store = self.uuid.filter(|_| may_append && len <= Store::MAX_LEN);
        Loaded {
            store: store.map(|uuid| Store { uuid, ..self.store }),
            len,
            repairs: self.repairs.patches().to_vec(),
            report: self.report,
        }
    }

    fn good_end(&self) -> u64 {
        self.bad
            .first()
            .copied()
            .unwrap_or_else(|| self.reader.offset())
    }

    /// Bad records before a good one stay, and are marked as deleted so that others leave them out, too.
    fn has_good_record(&mut self) {
        self.report.damaged += self.bad.len();
        for at in self.bad.drain(..) {
            self.repairs.patch(at, Flags::DELETED);
            self.store.dead += 1;
        }
    }

    /// Takes note of where something is. Past [`Store::MAX_LEN`] that is wrong, and the store is not used.
    fn note(&mut self, at: u32, flags: Flags, msg_type: u16, done: Replayed) {
        let store = &mut self.store;
        if flags.is_deleted() || msg_type == DELETE_CHANNEL {
            store.dead += 1;
        } else {
            store.live += 1;
        }
        match done {
            Replayed::Channel(handle) => {
                store.index.channel_mut(handle).announcement = at;
                self.report.channels += 1;
            }
            Replayed::Amount(handle) => store.index.channel_mut(handle).amount = at,
            Replayed::Update(handle, direction) => {
                let place = &mut store.index.channel_mut(handle).updates[direction.side()];
                let old = core::mem::replace(place, at);
                store.delete(old, &mut self.repairs);
                self.report.updates += usize::from(old == 0);
            }
            Replayed::Node(handle) => self.place_node(handle, at),
            Replayed::Dying(handle, deadline) => {
                let old = core::mem::replace(&mut store.index.channel_mut(handle).dying, at);
                store.delete(old, &mut self.repairs);
                self.report.dying.insert(handle, deadline);
            }
            Replayed::Removed(removed) => {
                store.forget(&removed, &mut self.repairs);
                self.report.dying.remove(&removed.handle);
                self.report.channels -= 1;
            }
            Replayed::Refused(error) => {
                self.report.refused += 1;
                if let ApplyError::NotNewer { .. } = error {
                    store.delete(at, &mut self.repairs);
                }
            }
            Replayed::Malformed(_) => self.report.refused += 1,
            Replayed::Early | Replayed::Nothing => {}
        }
    }

    fn place_node(&mut self, handle: NodeHandle, at: u32) {
        let old = self.store.index.set_node(handle, at);
        self.store.delete(old, &mut self.repairs);
        self.report.nodes += usize::from(old == 0);
    }
}

impl Default for Loader {
    fn default() -> Self {
        Self::new()
    }
}

/// After so many bad records in a row there is nothing to be hoped for: a length that was changed leads into the
/// middle of a message, and from there to anything.
const MOST_BAD: usize = 1000;
