//! Everything that is to be written, in the order in which it goes.
//!
//! Acts are first, then our `init`, then a warning or a ping of the session's own. Owed pongs and the control
//! lane take turns, and the gossip lane gets what is left. Nothing is sealed before the embedder takes it, so
//! what waits can still be overtaken, and only whole frames are taken.

use alloc::string::ToString;
use core::fmt::Display;
use core::time::Duration;

use brontide::Encryptor;
use bytes::{BufMut, Bytes, BytesMut};
use lnwire::bolt1::{Ping, Pong, Warning};
use lnwire::{ChannelId, Instant, WireMessage};

use super::config::SessionConfig;
use super::keepalive::PONG_BYTES;
use super::lanes::{FRAME_OVERHEAD, Lane, Lanes, Ticket};
use super::pongs::{PONG_HEAD, Pongs, Verdict};
use crate::error::SendError;

#[derive(Debug)]
pub(super) struct Outgoing {
    act: Option<Bytes>,
    init: Option<Bytes>,
    warning: Option<Warning>,
    ping: bool,
    pongs: Pongs,
    lanes: Lanes,
    /// Whether a pong goes before the next control message; it changes with each of either.
    pong_turn: bool,
    /// Since when something waits without anything being taken; `None` if nothing waits.
    waits_since: Option<Instant>,
}

/// What goes next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Init,
    Warning,
    Ping,
    Pong(u16),
    Message(Lane),
}

impl Outgoing {
    pub(super) fn new(now: Instant, config: &SessionConfig) -> Self {
        Self {
            act: None,
            init: None,
            warning: None,
            ping: false,
            pongs: Pongs::new(now),
            lanes: Lanes::new(config),
            pong_turn: true,
            waits_since: None,
        }
    }

    pub(super) fn act(&mut self, now: Instant, act: Bytes) {
        self.act = Some(act);
        self.touch(now);
    }

    pub(super) fn init(&mut self, now: Instant, init: Bytes) {
        self.init = Some(init);
        self.touch(now);
    }

    pub(super) fn ping(&mut self, now: Instant) {
        self.ping = true;
        self.touch(now);
    }

    pub(super) fn pong(&mut self, now: Instant, len: u16) -> Verdict {
        let verdict = self.pongs.owe(now, len);
        self.touch(now);
        verdict
    }

    /// Queues a warning; one that still waits is replaced.
    pub(super) fn warn(&mut self, now: Instant, text: &impl Display) {
        self.warning = Some(Warning {
            channel_id: ChannelId::ALL,
            data: Bytes::from(text.to_string()),
            extra: Bytes::new(),
        });
        self.touch(now);
    }

    pub(super) fn check(&mut self, lane: Lane, len: usize) -> Result<(), SendError> {
        self.lanes.check(lane, len)
    }

    pub(super) fn message(&mut self, now: Instant, lane: Lane, message: Bytes) -> Ticket {
        self.touch(now);
        self.lanes.push(lane, message)
    }

    /// Returns whether a lane that was found full has room again; once.
    pub(super) fn has_news(&mut self, lane: Lane) -> bool {
        self.lanes.has_news(lane)
    }

    pub(super) const fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub(super) fn is_pong_limit_reached(&self) -> bool {
        self.pongs.is_full()
    }

    pub(super) const fn has_act(&self) -> bool {
        self.act.is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.act.is_none()
            && self.init.is_none()
            && self.warning.is_none()
            && !self.ping
            && self.pongs.is_empty()
            && self.lanes.is_empty()
    }

    /// When the peer has not read for too long.
    pub(super) fn deadline(&self, write_timeout: Duration) -> Option<Instant> {
        self.waits_since.map(|since| since + write_timeout)
    }

    /// Drops all but what leads up to, and is, a last warning.
    pub(super) fn keep_last_words(&mut self) {
        self.ping = false;
        self.pongs.clear();
        self.lanes.clear();
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.act = None;
        self.init = None;
        self.warning = None;
        self.keep_last_words();
        self.waits_since = None;
    }

    /// Gives back memory that is not in use.
    pub(super) fn release(&mut self) {
        self.lanes.release();
    }

    /// Appends the act that waits; returns how many bytes that were.
    pub(super) fn take_act(&mut self, now: Instant, buf: &mut BytesMut) -> usize {
        let Some(act) = self.act.take() else {
            return 0;
        };
        buf.extend_from_slice(&act);
        self.progress(now);
        act.len()
    }

    /// Seals whole frames into `buf`, until `taken` would exceed `max`, but one if it is 0; returns what it has
    /// become, and whether our ping is among the frames.
    pub(super) fn take_frames(
        &mut self,
        now: Instant,
        tx: &mut Encryptor,
        buf: &mut BytesMut,
        mut taken: usize,
        max: usize,
    ) -> (usize, bool) {
        let mut pinged = false;
        while let Some((next, len)) = self.next() {
            let frame = len + FRAME_OVERHEAD;
            if taken > 0 && taken + frame > max {
                break;
            }
            buf.reserve(frame);
            self.seal(next, tx, buf);
            pinged |= matches!(next, Next::Ping);
            taken += frame;
        }
        if taken > 0 {
            self.progress(now);
        }
        (taken, pinged)
    }

    /// Says what goes next, and how long the message is.
    fn next(&self) -> Option<(Next, usize)> {
        if let Some(init) = &self.init {
            return Some((Next::Init, init.len()));
        }
        if let Some(warning) = &self.warning {
            return Some((Next::Warning, warning.encoded_len()));
        }
        if self.ping {
            return Some((Next::Ping, own_ping().encoded_len()));
        }
        let pong = self
            .pongs
            .front()
            .map(|len| (Next::Pong(len), usize::from(len) + PONG_HEAD));
        let message = |lane| {
            let message = self.lanes.front(lane)?;
            Some((Next::Message(lane), message.len()))
        };
        let control = message(Lane::Control);
        let urgent = if self.pong_turn {
            pong.or(control)
        } else {
            control.or(pong)
        };
        urgent.or_else(|| message(Lane::Gossip))
    }

    /// Seals what [`next`](Self::next) said and takes it off its queue.
    fn seal(&mut self, next: Next, tx: &mut Encryptor, buf: &mut BytesMut) {
        match next {
            Next::Init => {
                let init = self.init.take();
                tx.encrypt(&init.unwrap_or_default(), buf)
            }
            Next::Warning => {
                let warning = self.warning.take();
                tx.encrypt_with(buf, |buf| warning.iter().for_each(|w| w.write(buf)))
            }
            Next::Ping => {
                self.ping = false;
                tx.encrypt_with(buf, |buf| own_ping().write(buf))
            }
            Next::Pong(len) => {
                self.pongs.pop();
                self.pong_turn = false;
                tx.encrypt_with(buf, |buf| {
                    buf.put_u16(Pong::TYPE);
                    buf.put_u16(len);
                    buf.put_bytes(0, usize::from(len));
                })
            }
            Next::Message(lane) => {
                let message = self.lanes.pop(lane);
                self.pong_turn = true;
                tx.encrypt(&message.unwrap_or_default(), buf)
            }
        }
        .expect("lengths are checked before a message is queued");
    }

    fn touch(&mut self, now: Instant) {
        self.waits_since.get_or_insert(now);
    }

    fn progress(&mut self, now: Instant) {
        self.waits_since = (!self.is_empty()).then_some(now);
    }
}

const fn own_ping() -> Ping {
    Ping {
        num_pong_bytes: PONG_BYTES,
        ignored: Bytes::new(),
        extra: Bytes::new(),
    }
}
