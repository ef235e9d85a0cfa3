//! The file in which the graph survives a restart, with the messages behind it.

use std::{
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use gossip_sync::ingest::VerifiedGossip;
use lnwire::{Instant, Message, Verified, bytes::Bytes};
use routemap::{
    Direction, Graph, Node, Removed,
    store::{Batch, Compaction, InsertError, Records, Report, Store, StoreError, load},
};

use super::{signer::random_bytes, store::MessageStore};

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
        let file = options.open(path)?;
        let bytes = Bytes::from(fs::read(path)?);
        let path = path.to_owned();
        let mut batch = Batch::default();
        if bytes.is_empty() {
            let store = Store::create(random_bytes(), &mut batch);
            let mut this = Self {
                path,
                file,
                store,
                batch,
            };
            this.flush(graph)?;
            return Ok((this, Report::default()));
        }
        let loaded = load(graph, Instant::ZERO, bytes.clone())?;
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
        this.hand_out(&bytes, graph, messages);
        Ok((this, loaded.report))
    }

    /// Hands out the messages that stand behind the graph.
    fn hand_out(&self, file: &Bytes, graph: &Graph, messages: &mut MessageStore) {
        let mut trust = |message| messages.insert(message);
        for (handle, channel) in graph.channels() {
            let places = self.store.channel(handle);
            if let Some(Message::ChannelAnnouncement(m)) = message_at(file, places.announcement()) {
                let m = Verified::trust_without_checking(m.detached(), ());
                trust(VerifiedGossip::Channel(m));
            }
            for direction in Direction::BOTH {
                let message = message_at(file, places.update(direction));
                let signer = graph.node(channel.from_node(direction));
                if let (Some(Message::ChannelUpdate(m)), Some(signer)) = (message, signer) {
                    let m = Verified::trust_without_checking(m.detached(), signer.id());
                    trust(VerifiedGossip::Update(m));
                }
            }
        }
        for (handle, _) in graph.nodes() {
            let message = message_at(file, self.store.node(handle));
            if let Some(Message::NodeAnnouncement(m)) = message {
                let m = Verified::trust_without_checking(m.detached(), ());
                trust(VerifiedGossip::Node(m));
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
        messages: &MessageStore,
    ) -> Result<(), InsertError> {
        let (store, batch) = (&mut self.store, &mut self.batch);
        let misplaced = store.remove_channel(graph, removed, batch)?;
        for handle in misplaced.into_iter().flatten() {
            let id = graph.node(handle).map(Node::id);
            if let Some(message) = id.and_then(|id| messages.node(&id)) {
                let message = Verified::trust_without_checking(message.clone(), ());
                store.insert_node(graph, handle, &message, batch)?;
            }
        }
        Ok(())
    }

    /// Writes what was added: from then on it survives the end of the process, though not of the machine.
    pub(super) fn flush(&mut self, graph: &Graph) -> Result<(), GraphFileError> {
        self.write_batch()?;
        if self.store.dead_records() > self.store.live_records().max(FEW_DEAD) {
            self.compact(graph)?;
        }
        Ok(())
    }

    /// Writes everything, also what waits for something else, and has it survive a loss of power.
    pub(super) fn close(&mut self, graph: &Graph) -> Result<(), GraphFileError> {
        self.store.write_waiting(graph, &mut self.batch)?;
        self.write_batch()?;
        Ok(self.file.sync_all()?)
    }

    /// Leaves behind what is dead, in a new file that takes the place of the old one.
    fn compact(&mut self, graph: &Graph) -> Result<(), GraphFileError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let mut new = File::create(&name)?;
        let mut batch = Batch::default();
        let mut compaction = Compaction::new(random_bytes(), &mut batch);
        for record in Records::new(fs::read(&self.path)?.into())? {
            compaction.copy(graph, &record?, &mut batch)?;
            carry_out(&mut new, &mut batch)?;
        }
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

/// Returns the message of the record at a place: behind a header of twelve bytes, its length in the third and fourth.
fn message_at(file: &Bytes, at: Option<u64>) -> Option<Message> {
    let at = usize::try_from(at?).ok()?;
    let len = file.get(at + 2..at + 4)?;
    let len = usize::from(u16::from_be_bytes([len[0], len[1]]));
    let begin = at + 12;
    let is_whole = begin + len <= file.len();
    Message::decode(is_whole.then(|| file.slice(begin..begin + len))?).ok()
}
