//! Ping, and when silence means that the peer is gone.
//!
//! Any byte that arrives is a sign of life. After [`ping_interval`](crate::SessionConfig::ping_interval) of
//! quiet a ping is queued; only when its last byte has been handed to the embedder does the clock for the answer
//! start. A ping stays under way until its pong arrives, so there is never more than one.

use core::time::Duration;

use lnwire::Instant;

/// The pong our pings ask for, in bytes.
pub(super) const PONG_BYTES: u16 = 8;

#[derive(Debug)]
pub(super) struct Keepalive {
    ping_interval: Duration,
    pong_timeout: Duration,
    heard_at: Instant,
    ping: Ping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ping {
    /// None is under way.
    None,
    /// It waits to be transmitted; how long it may is the write timeout's business.
    Queued,
    /// Its last byte was handed out then.
    Sent(Instant),
}

/// What has become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    Dead,
}

impl Keepalive {
    pub(super) const fn new(now: Instant, ping_interval: Duration, pong_timeout: Duration) -> Self {
        Self {
            ping_interval,
            pong_timeout,
            heard_at: now,
            ping: Ping::None,
        }
    }

    /// Bytes arrived.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = self.heard_at.max(now);
    }

    /// Asks for a ping now, unless one is under way.
    pub(super) fn probe(&mut self) -> bool {
        let asks = self.ping == Ping::None;
        if asks {
            self.ping = Ping::Queued;
        }
        asks
    }

    /// A pong arrived: whatever its length, the peer has answered, and may be asked again. One that nobody asked for is
    /// ignored.
    pub(super) fn pong(&mut self) {
        if matches!(self.ping, Ping::Sent(_)) {
            self.ping = Ping::None;
        }
    }

    /// The ping's last byte was handed out.
    pub(super) fn sent(&mut self, now: Instant) {
        self.ping = Ping::Sent(now);
    }

    /// Says what is due at `now`; a ping that is due counts as queued from then on.
    pub(super) fn check(&mut self, now: Instant) -> Due {
        match self.deadline() {
            Some(deadline) if deadline <= now => match self.ping {
                Ping::None => {
                    self.ping = Ping::Queued;
                    Due::Ping
                }
                Ping::Queued => Due::Nothing,
                Ping::Sent(_) => Due::Dead,
            },
            _ => Due::Nothing,
        }
    }

    /// When [`check`](Self::check) has something to say; `None` while a ping waits to be transmitted.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.ping {
            Ping::None => Some(self.heard_at + self.ping_interval),
            Ping::Queued => None,
            Ping::Sent(at) => Some(at.max(self.heard_at) + self.pong_timeout),
        }
    }
}
