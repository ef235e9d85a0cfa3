//! What a worker has learnt, to be kept over a restart.

use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{Address, Instant, NodeId, Timestamp};

use super::Worker;
use super::addresses::{Source, When};
use super::config::WorkerConfig;

/// What a worker has learnt about its peer. Plain data: the embedder stores it as it likes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SavedPeer {
    /// The peer.
    pub peer: NodeId,
    /// Its addresses, in the order in which they would be dialled.
    pub addresses: Vec<SavedAddress>,
    /// The base of the next back-off, in milliseconds.
    pub backoff_millis: u64,
}

/// An address, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SavedAddress {
    /// The address.
    pub address: Address,
    /// Who told it.
    pub source: Source,
    /// When a session over it was up last.
    pub last_success: Option<Timestamp>,
    /// How often in a row it has failed since.
    pub fails: u32,
}

impl Worker {
    /// Returns what was learnt. `wall_clock` is the time of day at `now`.
    #[must_use]
    pub fn save(&self, now: Instant, wall_clock: Timestamp) -> SavedPeer {
        let time_of_day = |at| match at {
            When::Here(at) => {
                let ago = u32::try_from((now - at).as_secs()).unwrap_or(u32::MAX);
                Timestamp(wall_clock.as_secs().saturating_sub(ago))
            }
            When::Before(at) => at,
        };
        let addresses = self.addresses.entries().iter().map(|entry| SavedAddress {
            address: entry.address.clone(),
            source: entry.source,
            last_success: entry.worked_at.map(time_of_day),
            fails: entry.fails,
        });
        SavedPeer {
            peer: self.peer,
            addresses: addresses.collect(),
            backoff_millis: u64::try_from(self.backoff.base().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Makes an idle worker that knows what another one has learnt. `wall_clock` is the time of day at `now`.
    ///
    /// Of more than 16 addresses the first are taken, and unusable ones are left out.
    #[must_use]
    pub fn restore(
        _now: Instant,
        wall_clock: Timestamp,
        saved: SavedPeer,
        config: WorkerConfig,
        seed: u64,
    ) -> Self {
        let mut worker = Self::new(saved.peer, config, seed);
        worker
            .backoff
            .set_base(&config, Duration::from_millis(saved.backoff_millis));
        worker.learn(wall_clock, saved.addresses);
        worker
    }

    /// Adds addresses that were saved, behind those known.
    pub(crate) fn learn(&mut self, wall_clock: Timestamp, addresses: Vec<SavedAddress>) {
        for saved in addresses {
            // None can have been later than now.
            let at = saved.last_success.map(|at| at.min(wall_clock));
            self.addresses
                .restore(saved.address, saved.source, at, saved.fails);
        }
    }
}
