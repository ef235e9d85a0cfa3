//! What a node knows: the graph, the messages behind it, and the file in which both survive a restart.

use std::path::Path;

use gossip_sync::{ingest::VerifiedGossip, routemap::apply};
use lnwire::{ChainHash, Instant, ShortChannelId, Timestamp, Verified, bolt7::ChannelUpdate};
use routemap::{ApplyError, ChannelHandle, Graph, store::Report};

use super::{
    graph_file::{GraphFile, GraphFileError},
    home::Home,
    signer::random_seed,
    store::MessageStore,
};

/// What a node knows.
#[derive(Debug)]
pub struct Knowledge {
    home: Home,
    /// The messages behind them, for serving. If there is a file, what was inserted is to be [written](Self::flush) to it
    /// before it is read here.
    pub store: MessageStore,
    file: Option<GraphFile>,
    /// Why the file is not written any more.
    file_error: Option<GraphFileError>,
}

impl Knowledge {
    /// Knows nothing of a chain.
    #[must_use]
    pub fn new(chain_hash: ChainHash) -> Self {
        let seed = random_seed();
        Self {
            home: Home::Own(Box::new(Graph::new(routemap::Config::new(
                chain_hash, seed,
            )))),
            store: MessageStore::default(),
            file: None,
            file_error: None,
        }
    }

    /// Knows nothing of a chain, and lets other processes read the graph: they connect in `folder`. See
    /// [`Owner`](routemap::shm::Owner).
    ///
    /// # Errors
    /// [`HostError`](routemap::shm::HostError)
    ///
    /// # Panics
    /// If there is no tokio runtime.
    #[cfg(target_os = "linux")]
    pub fn shared(
        chain_hash: ChainHash,
        folder: &Path,
        leases: routemap::shm::lease::Config,
    ) -> Result<Self, routemap::shm::HostError> {
        let config = routemap::Config::new(chain_hash, random_seed());
        let shared = super::shared::Shared::bind(folder, config, leases)?;
        Ok(Self {
            home: Home::Shared(Box::new(shared)),
            ..Self::new(chain_hash)
        })
    }

    /// Returns channels, nodes and terms, for finding routes.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        self.home.graph()
    }

    /// Returns the bytes of shared memory; `None` if other processes cannot read the graph.
    #[must_use]
    pub fn shared_bytes(&self) -> Option<usize> {
        self.home.shared_bytes()
    }

    pub(super) const fn home(&mut self) -> &mut Home {
        &mut self.home
    }

    /// Sets what a channel holds, in satoshi.
    pub fn set_capacity(&mut self, now: Instant, channel: ChannelHandle, capacity_sat: u64) {
        self.home
            .change(now, |graph| graph.set_capacity(now, channel, capacity_sat));
    }

    /// A node has updated a channel that nobody had updated for long; it may be announced again.
    pub(super) fn revive(
        &mut self,
        now: Instant,
        wall_clock: Timestamp,
        update: &Verified<ChannelUpdate>,
    ) {
        // If the graph knows better, it stays gone.
        let _revived = self
            .home
            .change(now, |graph| graph.revive(wall_clock, update));
    }

    /// Adds what a file holds, and keeps in it what is [inserted](Self::insert) from now on. No signature is checked: they
    /// were before they were written. The file is made if it is not there; one process at a time may write it.
    ///
    /// # Errors
    /// [`GraphFileError`]: some of the file may have been added then, and nothing is kept in it.
    pub fn keep_in(&mut self, path: &Path) -> Result<Report, GraphFileError> {
        let store = &mut self.store;
        let opened = self
            .home
            .change(Instant::ZERO, |graph| GraphFile::open(path, graph, store));
        let (file, report) = opened?;
        self.file = Some(file);
        Ok(report)
    }

    /// Returns how many bytes were inserted and are not written to the file.
    #[must_use]
    pub fn unwritten_bytes(&self) -> usize {
        self.file.as_ref().map_or(0, GraphFile::unwritten_bytes)
    }

    /// Writes to the file what was inserted, if there is a file.
    ///
    /// # Errors
    /// [`GraphFileError`], once: nothing is written any more then.
    pub fn flush(&mut self) -> Result<(), GraphFileError> {
        if let Some(error) = self.file_error.take() {
            return Err(error);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut flushed = file.flush();
        if flushed.is_ok() && file.is_sparse() {
            flushed = self.compact();
        }
        if flushed.is_err() {
            self.file = None;
        }
        flushed
    }

    /// Writes the file anew, without what is dead in it, as a [`flush`](Self::flush) does when that is most of it.
    ///
    /// # Errors
    /// Whatever keeps the file from being written.
    pub fn compact(&mut self) -> Result<(), GraphFileError> {
        let graph = self.home.graph();
        if let Some(file) = &mut self.file {
            file.compact(graph)?;
            let messages = file.messages()?;
            let (channel_at, node_at) =
                (|id| file.channel(graph, id), |id: &_| file.node(graph, id));
            self.store.move_to(messages, channel_at, node_at);
        }
        Ok(())
    }

    /// Writes all that is not written so far, and has it survive a loss of power.
    ///
    /// # Errors
    /// [`GraphFileError`].
    pub fn close(&mut self) -> Result<(), GraphFileError> {
        self.flush()?;
        let graph = self.home.graph();
        self.file
            .take()
            .map_or(Ok(()), |mut file| file.close(graph))
    }

    /// Takes out channels that nobody has updated for two weeks, and returns them. To be called every hour or so.
    ///
    /// BOLT 7, [recommendation on pruning stale entries](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#recommendation-on-pruning-stale-entries).
    pub fn prune(&mut self, now: Instant, wall_clock: Timestamp) -> Vec<ShortChannelId> {
        // What is read back from the file below is in it.
        self.file_error = self.flush().err();
        let removed = self.home.change(now, |graph| graph.prune(now, wall_clock));
        let graph = self.home.graph();
        for removed in &removed {
            let nodes = removed.nodes.iter().flatten();
            self.store
                .remove_channel(removed.channel.by_ref().short_channel_id());
            nodes.for_each(|(_, node)| self.store.remove_node(&node.id()));
            let Some(file) = &mut self.file else { continue };
            if let Err(error) = file.remove(graph, removed, &mut self.store) {
                self.file = None;
                self.file_error = Some(error.into());
            }
        }
        let ids = removed.iter();
        ids.map(|removed| removed.channel.by_ref().short_channel_id())
            .collect()
    }

    /// Adds a message, in graph, store and file alike.
    ///
    /// # Errors
    /// [`ApplyError`] if the graph does not take it; nothing has changed then.
    pub fn insert(&mut self, now: Instant, message: &VerifiedGossip) -> Result<(), ApplyError> {
        self.home
            .change(now, |graph| apply(graph, now, message, None))?;
        let graph = self.home.graph();
        let written = self.file.as_mut().map(|file| file.insert(graph, message));
        if let Some(Err(error)) = written {
            self.file = None;
            self.file_error = Some(error.into());
        }
        let file = self.file.as_ref();
        let at = file.and_then(|file| file.place_of(graph, message));
        self.store.insert_at(message, at);
        if let (Some(file), VerifiedGossip::Update(update)) = (file, message) {
            // The first one of a channel has it written, and its nodes.
            let id = update.short_channel_id();
            if self
                .store
                .channel_was_written(id, file.channel(graph, id)[0])
            {
                let channel = graph.channel_by_scid(id).and_then(|id| graph.channel(id));
                let nodes = channel.map(|channel| channel.nodes().map(|node| graph.node(node)));
                for node in nodes.into_iter().flatten().flatten() {
                    let id = node.id();
                    self.store.node_was_written(&id, file.node(graph, &id));
                }
            }
        }
        Ok(())
    }
}
