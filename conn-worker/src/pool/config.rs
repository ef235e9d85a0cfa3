//! How a pool behaves, with the numbers chosen when the embedder chooses none.

use core::time::Duration;

use crate::worker::config::WorkerConfig;

/// How a [`Pool`](crate::Pool) behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// How each peer is dialled. Whether it is [gated](WorkerConfig::gated) is not looked at: the pool grants dials.
    pub worker: WorkerConfig,
    /// How many dials may be out at once, of all peers. Default 16.
    pub max_dials: usize,
    /// How many dials may begin in a second, after as many as `max_dials` at once. Default 4.
    pub dials_per_second: u32,
    /// How many peers are dialled at once at the start; the others follow over `startup_spread`. Default 10.
    pub startup_peers: usize,
    /// Over how long the dials of the start are spread, and how long the start lasts. Default 30 s.
    pub startup_spread: Duration,
    /// How many inbound connections there may be of peers that have proved their key, of all kinds. Those that have not,
    /// come on top; and when all places are taken, a peer that needs no slot takes that of one that has one: so strangers
    /// cannot take the places of others. Default 200.
    pub max_inbound: usize,
    /// How many inbound connections there may be of peers that we share no channel with and do not dial. Default 100, as
    /// lnd has it.
    pub restricted_slots: usize,
    /// How many of these may go to peers from nowhere in particular: Tor, proxies, this machine. Among them nobody can be
    /// told from an attacker, so none of them makes way for another. Default 50.
    pub ungrouped_slots: usize,
    /// How many inbound handshakes may be under way. Default 64.
    pub max_pending: usize,
    /// How many of them from one /24 or /48. Default 4.
    pub max_pending_of_group: usize,
    /// How many of them from nowhere in particular: Tor, proxies, this machine. Default 16.
    pub max_pending_ungrouped: usize,
    /// How many inbound connections may begin in a second, after as many as `max_pending` at once. Default 32.
    pub accepts_per_second: u32,
    /// How many of them from one /16 or /32, after a quarter of `max_pending` at once. Default 2.
    pub accepts_per_second_of_network: u32,
    /// How many may begin in a second besides, from nowhere in particular, after as many as `max_pending_ungrouped` at
    /// once. Default 8.
    pub accepts_per_second_ungrouped: u32,
    /// How long an inbound handshake may take in all. It is a safety net beneath the session's own deadline. Default
    /// 30 s.
    pub pending_timeout: Duration,
    /// Connections of both sides that authenticated within so long of each other were dialled at once. Default 10 s.
    pub race_window: Duration,
    /// How long the one that is given up in a race stays at least, after the other is up. Default 5 s.
    pub race_grace: Duration,
    /// How long a connection has to show that it lives when the peer comes again, and after a race. No longer than
    /// `race_grace`, and the same at both ends, lest these keep different ones. Default 5 s.
    pub probe_timeout: Duration,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            worker: WorkerConfig::default(),
            max_dials: 16,
            dials_per_second: 4,
            startup_peers: 10,
            startup_spread: Duration::from_secs(30),
            max_inbound: 200,
            restricted_slots: 100,
            ungrouped_slots: 50,
            max_pending: 64,
            max_pending_of_group: 4,
            max_pending_ungrouped: 16,
            accepts_per_second: 32,
            accepts_per_second_of_network: 2,
            accepts_per_second_ungrouped: 8,
            pending_timeout: Duration::from_secs(30),
            race_window: Duration::from_secs(10),
            race_grace: Duration::from_secs(5),
            probe_timeout: Duration::from_secs(5),
        }
    }
}
