//! What the embedder has to say: messages on their way into the lanes.

use bytes::{Bytes, BytesMut};
use lnwire::bolt1::{Init, PeerStorageRetrieval, Ping, Pong};
use lnwire::{Instant, MAX_MESSAGE_LEN, WireMessage};

use super::Session;
use super::lanes::{Lane, Ticket};
use super::state::State;
use crate::error::SendError;

impl Session {
    /// Queues a message. The ticket tells later whether it was [handed to the wire](Self::has_left).
    ///
    /// # Errors
    /// [`SendError`]; nothing changed then. [`SendError::LaneFull`] is the one to expect: [`Event::Room`](super::Event::Room) follows when
    /// half of the lane is free.
    pub fn send<M: WireMessage>(
        &mut self,
        now: Instant,
        lane: Lane,
        message: &M,
    ) -> Result<Ticket, SendError> {
        let len = message.encoded_len();
        self.check_send(lane, M::TYPE, len)?;
        let mut encoded = BytesMut::with_capacity(len);
        message.write(&mut encoded);
        Ok(self.out.message(now, lane, encoded.freeze()))
    }

    /// Queues a message that is encoded already, such as gossip to be relayed: whole, with its two-byte type.
    ///
    /// The bytes are shared until they are sealed. A slice of something larger keeps all of it alive so long,
    /// and only its own length is counted.
    ///
    /// # Errors
    /// [`SendError`]; nothing changed then. [`SendError::LaneFull`] is the one to expect.
    pub fn send_frame(
        &mut self,
        now: Instant,
        lane: Lane,
        message: Bytes,
    ) -> Result<Ticket, SendError> {
        let len = message.len();
        let Some(msg_type) = message.first_chunk().copied().map(u16::from_be_bytes) else {
            return Err(SendError::TooShort { len });
        };
        self.check_send(lane, msg_type, len)?;
        Ok(self.out.message(now, lane, message))
    }

    /// Returns whether the message has been taken by [`poll_transmit`](Self::poll_transmit): from then on it cannot be
    /// overtaken or dropped, though it may never arrive.
    #[must_use]
    pub const fn has_left(&self, ticket: Ticket) -> bool {
        self.out.lanes().has_left(ticket)
    }

    /// Gives the peer back what it had us keep: the last [`Output::Store`](super::Output::Store) of an earlier session. To be called when
    /// [`Event::Authenticated`](super::Event::Authenticated) is polled and before anything is sent, because BOLT 1 wants it right behind `init`.
    ///
    /// # Errors
    /// [`SendError::NotUp`] before that event and after the end, [`SendError::TooLong`] for more than 65531 bytes.
    pub fn send_backup(&mut self, now: Instant, blob: Bytes) -> Result<(), SendError> {
        let message = PeerStorageRetrieval {
            blob,
            extra: Bytes::new(),
        };
        let len = message.encoded_len();
        if len > MAX_MESSAGE_LEN {
            return Err(SendError::TooLong { len });
        }
        match &mut self.state {
            State::AwaitingInit { backup, .. } => *backup = Some(message.blob),
            _ => {
                self.send(now, Lane::Control, &message)?;
            }
        }
        Ok(())
    }

    /// Returns how many bytes on the wire wait in the lane: for each message its length and 34.
    #[must_use]
    pub const fn queued_bytes(&self, lane: Lane) -> usize {
        self.out.lanes().queued(lane)
    }

    /// Returns how many more bytes on the wire the lane takes; a message takes its length and 34.
    #[must_use]
    pub const fn room(&self, lane: Lane) -> usize {
        self.out.lanes().room(lane)
    }

    fn check_send(&mut self, lane: Lane, msg_type: u16, len: usize) -> Result<(), SendError> {
        if !self.state.is_up() {
            return Err(SendError::NotUp);
        }
        if matches!(msg_type, Init::TYPE | Ping::TYPE | Pong::TYPE) {
            return Err(SendError::Reserved { msg_type });
        }
        if len > MAX_MESSAGE_LEN {
            return Err(SendError::TooLong { len });
        }
        self.out.check(lane, len)
    }
}
