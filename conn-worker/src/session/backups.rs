//! Peer storage: a blob that we keep for the peer, and give back when it comes again.
//!
//! BOLT 1, [peer storage](https://github.com/lightning/bolts/blob/master/01-messaging.md#peer-storage).

use core::mem;
use core::time::Duration;

use bytes::Bytes;
use lnwire::Instant;

/// What the peer has asked us to keep and we have not handed out yet: the last counts.
#[derive(Debug, Default)]
pub(super) enum Backups {
    /// We keep nothing for anybody.
    #[default]
    Off,
    /// None came for a while.
    Ready,
    /// One was handed out; what comes before `until` waits.
    Resting {
        until: Instant,
        /// A copy of the blob, as long as it is and no longer.
        waiting: Option<Bytes>,
    },
}

impl Backups {
    /// Takes a blob of the peer's; returns it if it is to be stored now.
    pub(super) fn offer(&mut self, now: Instant, blob: &Bytes) -> Option<Bytes> {
        let blob = Bytes::copy_from_slice(blob);
        match self {
            Self::Off => None,
            Self::Resting { until, waiting } if now < *until => {
                *waiting = Some(blob);
                None
            }
            Self::Ready | Self::Resting { .. } => {
                self.rest(now);
                Some(blob)
            }
        }
    }

    /// Returns the blob whose time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<Bytes> {
        match mem::take(self) {
            Self::Resting {
                until,
                waiting: Some(blob),
            } if until <= now => {
                self.rest(now);
                Some(blob)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// Ends it: returns the blob that waits, for there will be no other moment to store it.
    pub(super) fn end(&mut self) -> Option<Bytes> {
        match mem::take(self) {
            Self::Resting { waiting, .. } => waiting,
            Self::Off | Self::Ready => None,
        }
    }

    /// When [`due`](Self::due) has something.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Resting {
                until,
                waiting: Some(_),
            } => Some(*until),
            _ => None,
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    fn rest(&mut self, now: Instant) {
        *self = Self::Resting {
            until: now + INTERVAL,
            waiting: None,
        };
    }
}

/// BOLT 1 allows a peer to be heard once a minute.
const INTERVAL: Duration = Duration::from_secs(60);
