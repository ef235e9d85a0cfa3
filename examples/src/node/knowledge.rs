//! What a node knows: the graph, the messages behind it, and the file in which both survive a restart.

use std::path::Path;

use gossip_sync::{ingest::VerifiedGossip, routemap::apply};
use lnwire::{ChainHash, Instant, ShortChannelId, Timestamp};
use routemap::{ApplyError, Graph, store::Report};

use super::{
    graph_file::{GraphFile, GraphFileError},
    signer::random_seed,
    store::MessageStore,
};

/// What a node knows.
#[derive(Debug)]
pub struct Knowledge {
    /// Channels, nodes and terms, for finding routes.
    pub graph: Graph,
    /// The messages behind them, for serving.
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
            graph: Graph::new(routemap::Config::new(chain_hash, seed)),
            store: MessageStore::default(),
            file: None,
            file_error: None,
        }
    }

    /// Adds what a file holds, and keeps in it what is [inserted](Self::insert) from now on. No signature is checked: they
    /// were before they were written. The file is made if it is not there; one process at a time may write it.
    ///
    /// # Errors
    /// [`GraphFileError`]: some of the file may have been added then, and nothing is kept in it.
    pub fn keep_in(&mut self, path: &Path) -> Result<Report, GraphFileError> {
        let (file, report) = GraphFile::open(path, &mut self.graph, &mut self.store)?;
        self.file = Some(file);
        Ok(report)
    }

    /// Writes to the file what was inserted, if there is a file.
    ///
    /// # Errors
    /// [`GraphFileError`], once: nothing is written any more then.
    pub fn flush(&mut self) -> Result<(), GraphFileError> {
        if let Some(error) = self.file_error.take() {
            return Err(error);
        }
        let graph = &self.graph;
        let flushed = self.file.as_mut().map_or(Ok(()), |file| file.flush(graph));
        if flushed.is_err() {
            self.file = None;
        }
        flushed
    }

    /// Writes all that is not written so far, and has it survive a loss of power.
    ///
    /// # Errors
    /// [`GraphFileError`].
    pub fn close(&mut self) -> Result<(), GraphFileError> {
        self.flush()?;
        let graph = &self.graph;
        self.file
            .take()
            .map_or(Ok(()), |mut file| file.close(graph))
    }

    /// Takes out channels that nobody has updated for two weeks, and returns them. To be called every hour or so.
    ///
    /// BOLT 7, [recommendation on pruning stale entries](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#recommendation-on-pruning-stale-entries).
    pub fn prune(&mut self, now: Instant, wall_clock: Timestamp) -> Vec<ShortChannelId> {
        if self.graph.prune(now, wall_clock) == 0 {
            return Vec::new();
        }
        // The file knows channels by handles, which will name others: it is written anew before they do.
        let graph = &self.graph;
        if let Some(Err(error)) = self.file.as_mut().map(|file| file.compact(graph)) {
            self.file = None;
            self.file_error = Some(error);
        }
        self.store.keep(
            |id| graph.channel_by_scid(id).is_some(),
            |id| graph.node_by_id(id).is_some(),
        )
    }

    /// Adds a message, in graph, store and file alike.
    ///
    /// # Errors
    /// [`ApplyError`] if the graph does not take it; nothing has changed then.
    pub fn insert(&mut self, now: Instant, message: VerifiedGossip) -> Result<(), ApplyError> {
        apply(&mut self.graph, now, &message, None)?;
        if let Some(file) = &mut self.file {
            if let Err(error) = file.insert(&self.graph, &message) {
                self.file = None;
                self.file_error = Some(error.into());
            }
        }
        self.store.insert(message);
        Ok(())
    }
}
