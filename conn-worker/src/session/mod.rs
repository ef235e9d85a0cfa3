//! One connection, from the first act to the last byte.
//!
//! [`Session`] is a machine of four methods, and two more for bytes. See there.

mod backups;
mod budget;
pub(crate) mod config;
mod hand_through;
mod handshake;
mod init;
mod keepalive;
mod lanes;
mod outgoing;
mod output;
mod pongs;
mod receive;
mod send;
mod state;
mod status;

use alloc::collections::VecDeque;
use core::mem;

use brontide::EphemeralKey;
use brontide::secp256k1::PublicKey;
use bytes::BytesMut;
use lnwire::Instant;

pub use budget::ByteBudget;
pub use hand_through::Permission;
pub use lanes::{Lane, Ticket};
pub use output::{Event, Input, Output};

use self::backups::Backups;
use self::config::SessionConfig;
use self::hand_through::HandThrough;
use self::handshake::Handshake;
use self::init::Hello;
use self::keepalive::Due;
use self::outgoing::Outgoing;
use self::state::{Limits, State};
use crate::error::EndReason;

/// One connection, from the first act to the last byte.
///
/// It does what BOLT 8 and BOLT 1 ask of every connection: the acts, `init`, pings and pongs, the order of
/// what is sent, and the end when the peer breaks a rule. Everything else is handed out as messages.
///
/// # Driving it
///
/// ```text
/// loop {
///     session.handle_bytes(now, &mut received);
///     let paused = session.is_paused();
///     while let Some(output) = session.poll_output() { … }      // Close: write the rest, close, leave the loop
///     session.poll_transmit(now, &mut to_write, 64 KiB);        // if to_write is empty; then write it
///     if paused && !session.is_paused() { continue }            // more may be waiting in `received`
///     wait for: bytes to read (not while paused), room to write, poll_timeout, answers and commands
/// }
/// ```
///
/// - **Bytes in.** [`handle_bytes`](Self::handle_bytes) takes whole acts and frames off the front of the
///   embedder's buffer, opens them in place and leaves what is incomplete. New bytes go behind that.
/// - **Pauses.** It takes no more while [32](Self::MAX_OUTPUTS) outputs wait to be polled, while 16 pongs wait
///   to be transmitted, or while the ECDH question is open: [`is_paused`](Self::is_paused). An embedder that
///   wants to hear less just polls less; the peer is not blamed for silence meanwhile.
/// - **Bytes out.** [`poll_transmit`](Self::poll_transmit) seals straight into the embedder's buffer. What was
///   handed out must be written, whole and in order; write it in any pieces, and ask for more once it is gone.
/// - **The node key** stays outside: [`Output::Ecdh`] asks, [`Input::Ecdh`] answers, at any later time.
/// - **The end** is [`Output::Close`], whoever wanted it. From then on the session is inert: it takes nothing,
///   holds nothing but perhaps one last warning to transmit, and has no timer.
///
/// # Bounds
///
/// | what | bound |
/// |---|---|
/// | received bytes | none are held; at most one incomplete frame, 65,569 bytes, stays in the embedder's buffer |
/// | outputs that wait | 32, and at most 4 more that one input leads to |
/// | messages to be sent | [`control_bytes`](SessionConfig::control_bytes) and [`gossip_bytes`](SessionConfig::gossip_bytes), then [`SendError::LaneFull`](crate::SendError::LaneFull) |
/// | pongs owed | 16 lengths; their bytes on the wire 1 MiB and 16 KiB a second, then a warning, at twice that the end |
/// | onion messages | by default 64 kB a second and 256 KiB at once, what exceeds that is dropped; messages of unknown types 128 KiB and 1 MiB |
/// | a backup for the peer | one, 65,531 bytes |
/// | own ping, warning | one of each |
///
/// After [`ping_interval`](SessionConfig::ping_interval) of quiet, queues that are empty give their memory back.
///
/// BOLT 1, [Base Protocol](https://github.com/lightning/bolts/blob/master/01-messaging.md);
/// BOLT 8, [Encrypted and Authenticated Transport](https://github.com/lightning/bolts/blob/master/08-transport.md).
#[derive(Debug)]
pub struct Session {
    state: State,
    out: Outgoing,
    outputs: VecDeque<Output>,
    /// How many bytes the last call left in the embedder's buffer: more is news, and news is a sign of life.
    left: usize,
    /// Whether it left them because of a pause: silence was ours then.
    was_paused: bool,
    limits: Limits,
    hand_through: HandThrough,
    backups: Backups,
    /// Since when a frame has been incomplete.
    partial_since: Option<Instant>,
    /// Whether the next byte is news.
    is_probed: bool,
}

impl Session {
    /// How many outputs may wait before no more input is taken.
    pub const MAX_OUTPUTS: usize = 32;

    /// Begins on a socket that we connected to the node with the key `remote`. Act one waits to be transmitted.
    ///
    /// `ephemeral` must be made for this session: see [`EphemeralKey`].
    ///
    /// # Panics
    /// If the configured features and chains do not fit into one message of 65535 bytes.
    #[must_use]
    pub fn outbound(
        now: Instant,
        config: SessionConfig,
        remote: PublicKey,
        ephemeral: EphemeralKey,
    ) -> Self {
        let (act, handshake) = Handshake::outbound(config.local, remote, ephemeral);
        let mut session = Self::new(now, config, handshake);
        session.out.act(now, act);
        session
    }

    /// Begins on a socket that somebody connected to us.
    ///
    /// `ephemeral` must be made for this session: see [`EphemeralKey`].
    ///
    /// # Panics
    /// If the configured features and chains do not fit into one message of 65535 bytes.
    #[must_use]
    pub fn inbound(now: Instant, config: SessionConfig, ephemeral: EphemeralKey) -> Self {
        let handshake = Handshake::inbound(config.local, ephemeral);
        Self::new(now, config, handshake)
    }

    fn new(now: Instant, config: SessionConfig, handshake: Handshake) -> Self {
        Self {
            out: Outgoing::new(now, &config),
            outputs: VecDeque::new(),
            left: 0,
            was_paused: false,
            limits: Limits::new(&config),
            hand_through: HandThrough::new(now, &config),
            backups: if config.peer_storage {
                Backups::Ready
            } else {
                Backups::Off
            },
            partial_since: None,
            is_probed: false,
            state: State::Handshaking {
                handshake,
                deadline: now + config.handshake_timeout,
                hello: Hello {
                    message: init::hello(&config),
                    networks: config.networks,
                },
            },
        }
    }

    /// Takes what the peer has sent: whole acts and frames are split off the front of `buf` and opened in place,
    /// the rest stays.
    ///
    /// `buf` holds what the last call left in it and, behind that, what has been received since, in pieces of any
    /// size. It is to be the same buffer for the whole session. Calling it with nothing new is harmless, and is
    /// what to do after a pause. After the end, `buf` is emptied.
    pub fn handle_bytes(&mut self, now: Instant, buf: &mut BytesMut) {
        let has_news = buf.len() > self.left;
        match &mut self.state {
            State::Up { keepalive, .. } if has_news || (self.was_paused && !buf.is_empty()) => {
                keepalive.heard(now);
                // What waited through a pause says nothing about now.
                if has_news && mem::take(&mut self.is_probed) {
                    self.outputs.push_back(Output::Event(Event::Heard));
                }
            }
            _ => {}
        }
        while !self.is_paused() && self.step(now, buf) {
            self.partial_since = None;
        }
        self.partial_since = match &self.state {
            State::Up { link, .. } if !self.is_paused() && link.rx.is_mid_frame(buf) => {
                self.partial_since.or(Some(now))
            }
            _ => None,
        };
        if self.state.is_closed() {
            buf.clear();
        }
        self.left = buf.len();
        self.was_paused = self.is_paused();
    }

    /// Takes an answer, or the news that the connection is gone.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Ecdh(ecdh) => self.answer(now, ecdh),
            Input::Closed => self.end(now, self.state.closed_by_peer()),
        }
    }

    /// Does what is due at `now`. Early calls are harmless; late ones cost only time.
    pub fn handle_timeout(&mut self, now: Instant) {
        let paused = self.is_paused();
        match &mut self.state {
            State::Handshaking { deadline, .. } if *deadline <= now => {
                self.end(now, EndReason::HandshakeTimeout);
            }
            State::AwaitingInit { deadline, .. } if *deadline <= now => {
                self.end(now, EndReason::InitTimeout);
            }
            State::Up { keepalive, .. } => {
                if paused {
                    keepalive.heard(now);
                }
                let due = keepalive.check(now);
                let stalled = self.out.deadline(self.limits.write_timeout);
                if stalled.is_some_and(|deadline| deadline <= now) {
                    self.end(now, EndReason::WriteTimeout);
                } else if due == Due::Dead {
                    self.end(now, EndReason::PongTimeout);
                } else if self
                    .frame_deadline()
                    .is_some_and(|deadline| deadline <= now)
                {
                    self.end(now, EndReason::FrameTimeout);
                } else if due == Due::Ping {
                    self.out.release();
                    self.outputs.shrink_to_fit();
                    self.out.ping(now);
                }
            }
            _ => {}
        }
        // After the end nothing waits any more.
        if let Some(blob) = self.backups.due(now) {
            self.outputs.push_back(Output::Store(blob));
        }
    }

    /// Returns the next thing to do, in order; `None` if there is nothing more.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front().or_else(|| self.news_of_room())
    }

    /// Returns the news that a lane which was found full has room again: once, however often that was so.
    fn news_of_room(&mut self) -> Option<Output> {
        if !self.is_up() {
            return None;
        }
        let mut lanes = [Lane::Control, Lane::Gossip].into_iter();
        let lane = lanes.find(|lane| self.out.has_news(*lane))?;
        Some(Output::Event(Event::Room { lane }))
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout): always something until the end, then
    /// `None`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Handshaking { deadline, .. } | State::AwaitingInit { deadline, .. } => {
                Some(*deadline)
            }
            State::Up { keepalive, .. } => {
                let stalled = self.out.deadline(self.limits.write_timeout);
                let (frame, backup) = (self.frame_deadline(), self.backups.deadline());
                let deadlines = [keepalive.deadline(), stalled, frame, backup];
                deadlines.into_iter().flatten().min()
            }
            State::Closed { .. } => None,
        }
    }

    /// Appends to `buf` what is to be written: whole acts and frames, at most `max` bytes, though always one if
    /// `max` is not 0; returns how many bytes that were.
    ///
    /// `buf` may hold unwritten bytes; they stay in front. Small steps (64 KiB, and only when `buf` is empty)
    /// keep urgent messages from waiting behind gossip. Our pings count as sent when they are taken here.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut BytesMut, max: usize) -> usize {
        if max == 0 || self.out.is_empty() {
            return 0;
        }
        let act = self.out.take_act(now, buf);
        let Some(tx) = self.state.tx() else {
            return act;
        };
        let (taken, pinged) = self.out.take_frames(now, tx, buf, act, max);
        match &mut self.state {
            State::Up { keepalive, .. } if pinged => keepalive.sent(now),
            State::Closed { .. } if self.out.is_empty() => self.state = State::CLOSED,
            _ => {}
        }
        taken
    }

    /// Finds out whether the peer is there: sends a ping now, unless one is under way, and reports the next byte that
    /// arrives as [`Event::Heard`]. How long to wait for it is the embedder's choice.
    pub fn probe(&mut self, now: Instant) {
        if let State::Up { keepalive, .. } = &mut self.state {
            self.is_probed = true;
            if keepalive.probe() {
                self.out.ping(now);
            }
        }
    }

    /// Says from now on whether the peer may send onion messages.
    pub const fn set_onion_permission(&mut self, permission: Permission) {
        self.hand_through.onions = permission;
    }

    /// Returns what is left of the peer's budget for onion messages, for
    /// [`SessionConfig::onion_budget`] of the next session with it.
    #[must_use]
    pub const fn onion_budget(&self) -> ByteBudget {
        self.hand_through.onion_budget
    }

    /// Returns how many onion messages and messages of unknown types were dropped: over the limit, or not permitted.
    #[must_use]
    pub const fn dropped_messages(&self) -> u32 {
        self.hand_through.dropped
    }

    /// Ends the session at once; what is queued is dropped. To let it out first, wait until
    /// [`has_transmit`](Self::has_transmit) is false.
    pub fn close(&mut self, now: Instant) {
        self.end(now, EndReason::LocalClose);
    }

    fn frame_deadline(&self) -> Option<Instant> {
        self.partial_since
            .map(|since| since + self.limits.frame_timeout)
    }

    fn end(&mut self, now: Instant, reason: EndReason) {
        if self.state.is_closed() {
            return;
        }
        if let Some(blob) = self.backups.end() {
            self.outputs.push_back(Output::Store(blob));
        }
        self.state = mem::replace(&mut self.state, State::CLOSED).into_closed(&reason);
        match &self.state {
            State::Closed {
                last_words: Some(_),
            } => {
                self.out.keep_last_words();
                self.out.warn(now, &reason);
            }
            _ => self.out.clear(),
        }
        self.outputs.push_back(Output::Close(reason));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// An idle session holds no buffers: what a burst took is given back when the ping is due.
    #[test]
    fn quiet_session_gives_memory_back() {
        let now = Instant::ZERO;
        let key = EphemeralKey::from_bytes([1; 32]).expect("a key");
        let config = SessionConfig::new(key.public_key());
        let mut lanes = lanes::Lanes::new(&config);
        (0..100).for_each(|_| {
            lanes.push(Lane::Gossip, Bytes::from_static(&[0xff; 9]));
        });
        while lanes.pop(Lane::Gossip).is_some() {}
        lanes.release();
        assert_eq!(lanes.capacity(), 0);
        let mut session = Session::inbound(now, config, key);
        session.end(now, EndReason::LocalClose);
        assert_eq!(session.out.lanes().capacity(), 0);
        assert!(session.out.is_empty());
    }

    #[test]
    fn sizes_for_thousands_of_peers() {
        assert!(size_of::<Session>() <= 1024, "{}", size_of::<Session>());
        assert!(size_of::<Output>() <= 512, "{}", size_of::<Output>());
    }
}
