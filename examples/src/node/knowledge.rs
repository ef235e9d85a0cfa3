//! What a node knows: the graph, and the messages behind it.

use gossip_sync::{ingest::VerifiedGossip, routemap::apply};
use lnwire::{ChainHash, Instant};
use routemap::{ApplyError, Graph};

use super::{signer::random_seed, store::MessageStore};

/// What a node knows.
#[derive(Debug)]
pub struct Knowledge {
    /// Channels, nodes and terms, for finding routes.
    pub graph: Graph,
    /// The messages behind them, for serving.
    pub store: MessageStore,
}

impl Knowledge {
    /// Knows nothing of a chain.
    #[must_use]
    pub fn new(chain_hash: ChainHash) -> Self {
        let seed = random_seed();
        Self {
            graph: Graph::new(routemap::Config::new(chain_hash, seed)),
            store: MessageStore::default(),
        }
    }

    /// Adds a message, in graph and store alike.
    ///
    /// # Errors
    /// [`ApplyError`] if the graph does not take it; nothing has changed then.
    pub fn insert(&mut self, now: Instant, message: VerifiedGossip) -> Result<(), ApplyError> {
        apply(&mut self.graph, now, &message, None)?;
        self.store.insert(message);
        Ok(())
    }
}
