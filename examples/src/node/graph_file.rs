//! The file in which the graph survives a restart, with the messages behind it.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use gossip_sync::ingest::VerifiedGossip;
use lnwire::{Instant, NodeId, ShortChannelId, Verified, bytes::BytesMut};
use routemap::{
    Direction, Graph, Node, Removed,
    store::{
        Batch, Compaction, Entry, InsertError, Loader, Next, Reader, Record, Report, Store,
        StoreError,
    },
};

use super::{
    message_file::MessageFile,
    signer::random_bytes,
    store::{ChannelPlaces, MessageStore},
};

/// A `gossip_store` that this node alone writes. What it holds was checked before it was written, and is not checked again.
#[derive(Debug)]
pub(super) struct GraphFile {
    path: PathBuf,
    file: File,
    store: Store,
    batch: Batch,
}

/// Why the graph is not kept in a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphFileError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// It is a store that another program wrote, or has ended: nobody may go on writing it.
    #[error("not a store that can be gone on with")]
    Foreign,
    /// It would become too long.
    #[error("{0}")]
    Insert(#[from] InsertError),
}

/// Bytes of the file that are looked at at once.
const PIECE: usize = 256 * 1024;
/// Records that only take room, below which it is not worth while to leave them behind.
const FEW_DEAD: u64 = 10_000;

impl GraphFile {
    /// Opens a file and reads it into `graph` and `messages`, or makes it.
    ///
    /// # Errors
    /// [`GraphFileError`]; the graph may have some of it then.
    pub(super) fn open(
        path: &Path,
        graph: &mut Graph,
        messages: &mut MessageStore,
    ) -> Result<(Self, Report), GraphFileError> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path)?;
        let path = path.to_owned();
        let mut batch = Batch::default();
        if file.metadata()?.len() == 0 {
            let store = Store::create(random_bytes(), &mut batch);
            let mut this = Self {
                path,
                file,
                store,
                batch,
            };
            this.flush()?;
            messages.read_from(this.messages()?);
            return Ok((this, Report::default()));
        }
        let mut loader = Loader::new();
        let mut buffer = BytesMut::new();
        while read_more(&mut file, &mut buffer)? {
            loader.read(graph, Instant::ZERO, &mut buffer)?;
        }
        let loaded = loader.finish();
        let store = loaded.store.ok_or(GraphFileError::Foreign)?;
        // What a crash left behind the last good record.
        file.set_len(loaded.len)?;
        let mut this = Self {
            path,
            file,
            store,
            batch,
        };
        for patch in &loaded.repairs {
            this.write_at(patch.at, &[patch.byte])?;
        }
        messages.read_from(this.messages()?);
        this.hand_out(graph, messages)?;
        Ok((this, loaded.report))
    }

    /// Tells where the messages are that stand behind the graph.
    fn hand_out(&self, graph: &Graph, messages: &mut MessageStore) -> Result<(), GraphFileError> {
        self.for_each_record(|record| {
            let at = Some(record.offset);
            let message = match record.entry() {
                Ok(Entry::ChannelAnnouncement(m)) => {
                    VerifiedGossip::Channel(Verified::trust_without_checking(m, ()))
                }
                Ok(Entry::ChannelUpdate(m)) => {
                    let channel = graph.channel_by_scid(m.short_channel_id());
                    let channel = channel.and_then(|handle| graph.channel(handle));
                    let direction = Direction::from_bit(m.direction());
                    let signer = channel.and_then(|c| graph.node(c.from_node(direction)));
                    let Some(signer) = signer else { return Ok(()) };
                    VerifiedGossip::Update(Verified::trust_without_checking(m, signer.id()))
                }
                Ok(Entry::NodeAnnouncement(m)) => {
                    VerifiedGossip::Node(Verified::trust_without_checking(m, ()))
                }
                _ => return Ok(()),
            };
            if self.place_of(graph, &message) == at {
                messages.insert_at(&message, at);
            }
            Ok(())
        })
    }

    /// Returns where a message is, or another one of the same channel, direction or node; `None` if it is not in the file.
    pub(super) fn place_of(&self, graph: &Graph, message: &VerifiedGossip) -> Option<u64> {
        match message {
            VerifiedGossip::Channel(m) => self.channel(graph, m.short_channel_id())[0],
            VerifiedGossip::Update(m) => {
                let places = self.channel(graph, m.short_channel_id());
                places[1 + usize::from(m.direction())]
            }
            VerifiedGossip::Node(m) => self.node(graph, &m.node_id()),
        }
    }

    /// Returns where a channel's announcement and updates are.
    pub(super) fn channel(&self, graph: &Graph, id: ShortChannelId) -> ChannelPlaces {
        let places = graph
            .channel_by_scid(id)
            .map(|handle| self.store.channel(handle));
        places.map_or([None; 3], |places| {
            let [one, two] = Direction::BOTH.map(|direction| places.update(direction));
            [places.announcement(), one, two]
        })
    }

    /// Returns where a node's announcement is.
    pub(super) fn node(&self, graph: &Graph, id: &NodeId) -> Option<u64> {
        self.store.node(graph.node_by_id(id)?)
    }

    /// Opens the file for those who read messages from it.
    pub(super) fn messages(&self) -> io::Result<MessageFile> {
        File::open(&self.path).map(MessageFile::new)
    }

    /// Hands out all records, but those that are not what was written.
    fn for_each_record(
        &self,
        mut each: impl FnMut(&Record) -> Result<(), GraphFileError>,
    ) -> Result<(), GraphFileError> {
        let mut file = File::open(&self.path)?;
        let (mut reader, mut buffer) = (Reader::new(), BytesMut::new());
        loop {
            match reader.read(&mut buffer) {
                Ok(Next::Record(record)) => each(&record)?,
                Ok(Next::NeedsMore) if read_more(&mut file, &mut buffer)? => {}
                Ok(_) => return Ok(()),
                Err(error @ StoreError::Version { .. }) => return Err(error.into()),
                Err(_) => reader.skip_record(),
            }
        }
    }

    /// Adds a message that the graph has taken. It is in the file after the next [`flush`](Self::flush).
    pub(super) fn insert(
        &mut self,
        graph: &Graph,
        message: &VerifiedGossip,
    ) -> Result<(), InsertError> {
        let (store, batch) = (&mut self.store, &mut self.batch);
        match message {
            VerifiedGossip::Channel(m) => match graph.channel_by_scid(m.short_channel_id()) {
                Some(handle) => store.insert_channel(graph, handle, m, batch),
                None => Ok(()),
            },
            VerifiedGossip::Update(m) => match graph.channel_by_scid(m.short_channel_id()) {
                Some(handle) => store.insert_update(graph, handle, m, batch),
                None => Ok(()),
            },
            VerifiedGossip::Node(m) => match graph.node_by_id(&m.node_id()) {
                Some(handle) => store.insert_node(graph, handle, m, batch),
                None => Ok(()),
            },
        }
    }

    /// Takes out what went from the graph, and writes announcements anew that stand before all channels of their nodes now.
    pub(super) fn remove(
        &mut self,
        graph: &Graph,
        removed: &Removed,
        messages: &mut MessageStore,
    ) -> Result<(), InsertError> {
        let (store, batch) = (&mut self.store, &mut self.batch);
        let misplaced = store.remove_channel(graph, removed, batch)?;
        for handle in misplaced.into_iter().flatten() {
            let Some(id) = graph.node(handle).map(Node::id) else {
                continue;
            };
            if let Some(message) = messages.node(&id) {
                let message = Verified::trust_without_checking(message, ());
                store.insert_node(graph, handle, &message, batch)?;
                messages.node_was_moved(&id, store.node(handle));
            }
        }
        Ok(())
    }

    /// Writes what was added: from then on it survives the end of the process, though not of the machine.
    pub(super) fn flush(&mut self) -> Result<(), GraphFileError> {
        Ok(self.write_batch()?)
    }

    /// Returns how many bytes the next [`flush`](Self::flush) appends.
    pub(super) fn unwritten_bytes(&self) -> usize {
        self.batch.appended().len()
    }

    /// Returns whether most of the file only takes room, so that it should be [written anew](Self::compact).
    pub(super) fn is_sparse(&self) -> bool {
        self.store.dead_records() > self.store.live_records().max(FEW_DEAD)
    }

    /// Writes everything, also what waits for something else, and has it survive a loss of power.
    pub(super) fn close(&mut self, graph: &Graph) -> Result<(), GraphFileError> {
        self.store.write_waiting(graph, &mut self.batch)?;
        self.write_batch()?;
        Ok(self.file.sync_all()?)
    }

    /// Leaves behind what is dead, in a new file that takes the place of the old one.
    pub(super) fn compact(&mut self, graph: &Graph) -> Result<(), GraphFileError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let mut new = File::create(&name)?;
        let mut batch = Batch::default();
        let mut compaction = Compaction::new(random_bytes(), &mut batch);
        self.for_each_record(|record| {
            compaction.copy(graph, record, &mut batch)?;
            Ok(carry_out(&mut new, &mut batch)?)
        })?;
        let store = compaction.finish(graph, Some(&mut self.store), &mut batch)?;
        carry_out(&mut new, &mut batch)?;
        new.sync_all()?;
        fs::rename(&name, &self.path)?;
        let old = std::mem::replace(&mut self.store, store);
        old.end(&self.store, &mut self.batch);
        self.write_batch()?;
        self.file = new;
        Ok(())
    }

    fn write_batch(&mut self) -> io::Result<()> {
        carry_out(&mut self.file, &mut self.batch)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        write_at(&mut self.file, at, bytes)
    }
}

fn carry_out(file: &mut File, batch: &mut Batch) -> io::Result<()> {
    if !batch.appended().is_empty() {
        write_at(file, batch.at(), batch.appended())?;
    }
    for patch in batch.patches() {
        write_at(file, patch.at, &[patch.byte])?;
    }
    batch.clear();
    Ok(())
}

fn write_at(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

/// Reads some more of a file; returns whether there was more.
fn read_more(file: &mut File, buffer: &mut BytesMut) -> io::Result<bool> {
    let had = buffer.len();
    buffer.resize(had + PIECE, 0);
    let read = file.read(&mut buffer[had..]);
    buffer.truncate(had + *read.as_ref().unwrap_or(&0));
    Ok(read? > 0)
}
