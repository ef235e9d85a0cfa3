//! How a peer is dialled, with the numbers chosen when the embedder chooses none.

use core::time::Duration;

/// How a persistent peer is dialled.
///
/// ```
/// use core::time::Duration;
/// use conn_worker::WorkerConfig;
///
/// // Over Tor a circuit takes its time.
/// let config = WorkerConfig { dial_timeout: Duration::from_secs(120), ..WorkerConfig::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerConfig {
    /// How long one dial may take, until the socket is connected. Default 30 s.
    pub dial_timeout: Duration,
    /// How long an adopted connection may take until its session is up. It is a safety net beneath the
    /// session's own deadlines and should exceed their sum. Default 60 s.
    pub session_timeout: Duration,
    /// How long after a dial the next address is tried beside it. Default 250 ms, as browsers do (RFC 8305).
    pub stagger: Duration,
    /// The same after a dial to an onion service, which takes its time. Default 10 s.
    pub tor_stagger: Duration,
    /// How many dials may be out at once, at least 1. Default 3.
    pub max_dials: usize,
    /// Whether a parent grants each dial, see [`wants_dial`](crate::Worker::wants_dial). Default: no.
    pub gated: bool,
    /// The first back-off. Default 1 s.
    pub min_backoff: Duration,
    /// The longest back-off, jitter included. Default 1 h.
    pub max_backoff: Duration,
    /// How long a session must have been up to halve the back-off once. Default 10 min.
    pub stable_time: Duration,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            dial_timeout: Duration::from_secs(30),
            session_timeout: Duration::from_secs(60),
            stagger: Duration::from_millis(250),
            tor_stagger: Duration::from_secs(10),
            max_dials: 3,
            gated: false,
            min_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(3600),
            stable_time: Duration::from_secs(600),
        }
    }
}
