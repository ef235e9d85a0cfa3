//! Messages that wait to be sent, bounded by bytes.
//!
//! What is counted is the frame on the wire (the message and 34 bytes), which is close to what a waiting message
//! takes in memory, so that many tiny messages count too.

use alloc::collections::VecDeque;

use brontide::{HEADER_LEN, TAG_LEN};
use bytes::Bytes;

use super::config::SessionConfig;
use crate::error::SendError;

/// Which queue a message waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Goes first: channel messages, `error`, `warning`, queries.
    Control,
    /// Goes when nothing else waits: announcements and what answers a query for them.
    Gossip,
}

/// A message that was queued. It has been handed to the wire once [`Session::has_left`](crate::Session::has_left) says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    pub(super) lane: Lane,
    /// How many the lane had taken before.
    pub(super) number: u64,
}

/// What a frame adds to its message, in bytes: header and tag.
pub(super) const FRAME_OVERHEAD: usize = HEADER_LEN + TAG_LEN;

/// Both lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    control: Queue,
    gossip: Queue,
}

impl Lanes {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self {
            control: Queue::new(config.control_bound()),
            gossip: Queue::new(config.gossip_bound()),
        }
    }

    /// Checks that a message of `len` bytes fits, before anybody encodes it.
    pub(super) fn check(&mut self, lane: Lane, len: usize) -> Result<(), SendError> {
        let needed = len.saturating_add(FRAME_OVERHEAD);
        let room = self.queue(lane).room();
        if needed > room {
            self.queue_mut(lane).is_awaited = true;
            return Err(SendError::LaneFull { lane, needed, room });
        }
        Ok(())
    }

    /// Queues a message that [`check`](Self::check) has let pass.
    pub(super) fn push(&mut self, lane: Lane, message: Bytes) -> Ticket {
        let queue = self.queue_mut(lane);
        queue.push(message);
        let number = queue.left + queue.messages.len() as u64 - 1;
        Ticket { lane, number }
    }

    /// Returns whether the message has been handed out.
    pub(super) const fn has_left(&self, ticket: Ticket) -> bool {
        ticket.number < self.queue(ticket.lane).left
    }

    /// Returns whether the lane was found full, and is half empty again; once.
    pub(super) fn has_news(&mut self, lane: Lane) -> bool {
        let queue = self.queue_mut(lane);
        let has_news = queue.is_awaited && queue.room() >= queue.bound / 2;
        if has_news {
            queue.is_awaited = false;
        }
        has_news
    }

    pub(super) fn front(&self, lane: Lane) -> Option<&Bytes> {
        self.queue(lane).messages.front()
    }

    pub(super) fn pop(&mut self, lane: Lane) -> Option<Bytes> {
        self.queue_mut(lane).pop()
    }

    pub(super) const fn queued(&self, lane: Lane) -> usize {
        self.queue(lane).bytes
    }

    pub(super) const fn room(&self, lane: Lane) -> usize {
        self.queue(lane).room()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.control.messages.is_empty() && self.gossip.messages.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.control.clear();
        self.gossip.clear();
    }

    /// Gives back memory that is not in use.
    pub(super) fn release(&mut self) {
        self.control.messages.shrink_to_fit();
        self.gossip.messages.shrink_to_fit();
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.control.messages.capacity() + self.gossip.messages.capacity()
    }

    const fn queue(&self, lane: Lane) -> &Queue {
        match lane {
            Lane::Control => &self.control,
            Lane::Gossip => &self.gossip,
        }
    }

    const fn queue_mut(&mut self, lane: Lane) -> &mut Queue {
        match lane {
            Lane::Control => &mut self.control,
            Lane::Gossip => &mut self.gossip,
        }
    }
}

/// One lane. Invariant: `bytes` is the sum of its frames' lengths and at most `bound`.
#[derive(Debug)]
struct Queue {
    messages: VecDeque<Bytes>,
    bytes: usize,
    bound: usize,
    /// How many messages were handed out.
    left: u64,
    /// Whether somebody found it full.
    is_awaited: bool,
}

impl Queue {
    const fn new(bound: usize) -> Self {
        Self {
            messages: VecDeque::new(),
            bytes: 0,
            bound,
            left: 0,
            is_awaited: false,
        }
    }

    const fn room(&self) -> usize {
        self.bound.saturating_sub(self.bytes)
    }

    fn push(&mut self, message: Bytes) {
        self.bytes += message.len() + FRAME_OVERHEAD;
        debug_assert!(self.bytes <= self.bound, "room was checked before");
        self.messages.push_back(message);
    }

    fn pop(&mut self) -> Option<Bytes> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.len() + FRAME_OVERHEAD;
        self.left += 1;
        Some(message)
    }

    fn clear(&mut self) {
        self.messages = VecDeque::new();
        self.bytes = 0;
        self.is_awaited = false;
    }
}
