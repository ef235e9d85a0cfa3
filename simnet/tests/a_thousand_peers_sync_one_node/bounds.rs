//! How much the node may hold.

use gossip_sync::{ingest, manager, relay, scores};

use super::{
    network::CHAIN,
    subject::{Subject, WINDOW},
};

/// Bounds that are reached here.
pub(crate) fn ingest_config() -> ingest::Config {
    ingest::Config {
        funding: ingest::Funding::LookUp,
        max_messages: 1000,
        max_messages_per_peer: 200,
        min_messages_per_peer: 2,
        max_jobs: 64,
        max_lookups: 8,
        max_parked_bytes: 256 << 10,
        max_parked_bytes_per_peer: 16 << 10,
        max_seen: 2000,
        ..ingest::Config::new(CHAIN)
    }
}

pub(crate) fn relay_config() -> relay::Config {
    relay::Config {
        max_bytes: 4 << 20,
        ..relay::Config::new(CHAIN)
    }
}

impl Subject {
    /// Panics if anything is larger than its documentation says.
    pub(crate) fn assert_bounds(&self, peers: usize, is_thorough: bool) {
        let (config, ingest) = (ingest_config(), &self.ingest);
        let all = config.max_messages + config.min_messages_per_peer * peers;
        // What was parked goes under way all at once when its channel comes.
        let parked = config.max_parked_bytes / 400;
        assert!(ingest.held_messages() <= all + parked);
        assert!(ingest.parked_bytes() <= config.max_parked_bytes);
        assert!(self.jobs.len() <= config.max_jobs);
        assert!(self.lookups.len() <= config.max_lookups);
        assert!(self.relay.held_bytes() <= relay_config().max_bytes);
        if !is_thorough {
            return;
        }
        let directions = 2 * self.network.channels() + 1024;
        assert!(ingest.remembered() <= 2 * config.max_seen + directions);
        let lists = manager::Config::new(CHAIN);
        assert!(self.manager.tasks() <= lists.parallel_peers);
        let bytes = lists.parallel_peers * lists.syncer.max_listed * (40 + 8 + 16);
        assert!(self.manager.held_bytes() <= bytes);
        for (peer, link) in &self.links {
            assert!(ingest.held_messages_of(*peer) <= config.max_messages_per_peer + parked);
            assert!(ingest.parked_bytes_of(*peer) <= config.max_parked_bytes_per_peer);
            assert!(link.received.len() <= WINDOW);
            assert!(link.answerer.held_bytes() <= 8186 * 16 + 64 * 5 * 500);
        }
        assert!(self.scores.len() <= scores::Config::default().max_peers);
    }
}
