//! Where the channels are: an arena of what they are known by, and beside it, under the same handles, what they are to
//! payments, and the rest.

use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{Instant, ShortChannelId, Timestamp};

use super::{
    Channel, ChannelRef, Direction, Policy,
    edge::Edge,
    head::Head,
    tail::{self, Amounts, Tail},
};
use crate::{
    arena::{Arena, ChannelHandle, Handle, Record as _, chunks::Chunks},
    memory::Memory,
};

/// All channels.
///
/// 1. There are as many edges and tails as slots of heads, and of those two as many chunks.
/// 2. Edges are marked as heads and tails say: free, or closed to payments. A tail's generation says as its head whether the
///    slot is taken.
/// 3. There is no timestamp and no limit for terms that an edge does not have.
#[derive(Debug)]
pub(super) struct Channels {
    heads: Arena<ChannelHandle, Head>,
    edges: Chunks<Edge>,
    tails: Chunks<Tail>,
}

impl Channels {
    /// See [`Arena::new`].
    pub(super) fn new(memory: Memory, limit: u32, quarantine: Duration) -> Self {
        Self {
            heads: Arena::new(memory.clone(), limit, quarantine),
            edges: Chunks::new(memory.clone()),
            tails: Chunks::new(memory),
        }
    }

    /// Returns what the channels are known by.
    #[inline]
    pub(super) const fn heads(&self) -> &Arena<ChannelHandle, Head> {
        &self.heads
    }

    /// See [`Arena::insert`].
    #[inline(always)]
    pub(super) fn insert(&mut self, now: Instant, head: Head, edge: Edge) -> Option<ChannelHandle> {
        let handle = self.heads.insert(now, head)?;
        let index = handle.index();
        if index == self.edges.len() as usize {
            self.edges.reserve_row();
            self.tails.reserve_row();
            self.edges.grow();
            self.tails.grow();
        }
        match (self.edges.on_heap(index), self.tails.on_heap(index)) {
            (Some(old), Some(tail)) => {
                *old = edge;
                tail.take(now);
            }
            _ => self.fill(now, handle, edge),
        }
        Some(handle)
    }

    #[cold]
    fn fill(&mut self, now: Instant, handle: ChannelHandle, edge: Edge) {
        self.edges.write(handle.index(), |old| *old = edge);
        self.tails.write(handle.index(), |tail| tail.take(now));
    }

    /// Frees a slot and returns what was in it.
    pub(super) fn remove(&mut self, now: Instant, handle: ChannelHandle) -> Option<Channel> {
        let channel = self.get(handle)?.copied();
        self.heads.remove(now, handle);
        self.edges.write(handle.index(), Edge::set_free);
        self.tails.write(handle.index(), Tail::free);
        Some(channel)
    }

    /// Puts channels into slots that follow all others, with the generations and marks that they have: a whole chunk of them,
    /// or the last ones. Returns how many of them are dying and how many directions have terms; `None`, and no more is put
    /// anywhere, as soon as one is none.
    #[inline]
    pub(super) fn restore(
        &mut self,
        channels: impl ExactSizeIterator<Item = Option<Channel>>,
    ) -> Option<(usize, u32)> {
        let mut heads = Vec::with_capacity(channels.len());
        let mut edges = Vec::with_capacity(channels.len());
        let mut tails = Vec::with_capacity(channels.len());
        let (mut dying, mut policies) = (0, 0);
        for channel in channels {
            let Channel { head, edge, tail } = channel?;
            if !edge.is_free() {
                dying += usize::from(head.is_dying());
                policies += edge.policy_count();
            }
            heads.push(head);
            edges.push(edge);
            tails.push(tail);
        }
        self.heads.restore_chunk(heads);
        self.edges.push_chunk(edges);
        self.tails.push_chunk(tails);
        Some((dying, policies))
    }

    /// See [`Arena::restore_resting`].
    pub(super) fn restore_resting(
        &mut self,
        now: Instant,
        handles: impl Iterator<Item = ChannelHandle>,
    ) -> bool {
        self.heads.restore_resting(now, handles)
    }

    /// Returns the channel that a handle names.
    #[inline]
    pub(super) fn get(&self, handle: ChannelHandle) -> Option<ChannelRef<'_>> {
        let head = self.heads.get(handle)?;
        Some(self.beside(head, handle))
    }

    /// Returns what lies in a slot, taken or not, without reading it; `None` if there is no such slot.
    #[inline]
    pub(super) fn slot(&self, handle: ChannelHandle) -> Option<ChannelRef<'_>> {
        let head = self.heads.slot(handle)?;
        Some(self.beside(head, handle))
    }

    /// Returns a head with what lies in the same slot beside it.
    // Nothing here can fail, so that what the caller does not look at is not even looked for.
    #[inline]
    fn beside<'a>(&'a self, head: &'a Head, handle: ChannelHandle) -> ChannelRef<'a> {
        let index = handle.index();
        ChannelRef {
            head,
            edge: self.edges.get(index).unwrap_or(&Edge::NONE),
            tail: self.tails.get(index).unwrap_or(&Tail::NONE),
        }
    }

    /// Returns what was in a slot when it was freed, if that ended this `generation` and nothing has taken it since.
    pub(super) fn freed(&self, handle: ChannelHandle, generation: u32) -> Option<ChannelRef<'_>> {
        let channel = self.beside(self.heads.freed(handle)?, handle);
        (channel.generation() == generation.wrapping_add(1)).then_some(channel)
    }

    /// See [`Arena::at`].
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline]
    pub(super) fn at(&self, handle: ChannelHandle) -> ChannelRef<'_> {
        let slot = self.slot(handle);
        slot.expect("the graph holds only handles of its own")
    }

    /// Returns the place in the chain of a channel that some other record of the graph holds.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline]
    pub(super) fn id_at(&self, handle: ChannelHandle) -> ShortChannelId {
        self.heads.at(handle).short_channel_id()
    }

    /// Changes what a channel is known by; see [`Arena::write`].
    ///
    /// # Panics
    /// If the slot was never taken.
    pub(super) fn write(&mut self, handle: ChannelHandle, change: impl FnOnce(&mut Head)) {
        let head = self.heads.write(handle, |head| {
            change(head);
            *head
        });
        let channel = self.beside(&head, handle);
        if !channel.edge.is_marked_for(&head, channel.tail) {
            let tail = *channel.tail;
            let mark = |edge: &mut Edge| edge.mark_both(&head, &tail);
            self.edges.write(handle.index(), mark);
        }
    }

    /// Says that a channel arrived so long ago.
    pub(super) fn set_age(&mut self, handle: ChannelHandle, now: Instant, age: Duration) {
        self.tails
            .write(handle.index(), |tail| tail.set_age(now, age));
    }

    /// Sets the terms of a direction, which are made where they go, if that is on the heap.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline(always)]
    pub(super) fn set_policy(
        &mut self,
        handle: ChannelHandle,
        direction: Direction,
        policy: impl FnOnce() -> Policy,
    ) {
        let (index, side) = (handle.index(), direction.side());
        let head = self.heads.at(handle);
        // The terms are made in either place, so that they do not lie in memory for those that are on the heap.
        match (self.edges.on_heap(index), self.tails.on_heap(index)) {
            (Some(edge), Some(tail)) => {
                let policy = policy();
                edge.set_fees(head, side, policy.fees, policy.amounts);
                tail.set(direction, policy.amounts, policy.timestamp);
            }
            _ => self.set_shared_policy(handle, direction, policy()),
        }
    }

    #[cold]
    fn set_shared_policy(&mut self, handle: ChannelHandle, direction: Direction, policy: Policy) {
        let (index, head) = (handle.index(), *self.heads.at(handle));
        self.tails.write(index, |tail| {
            tail.set(direction, policy.amounts, policy.timestamp);
        });
        self.edges.write(index, |edge| {
            edge.set_fees(&head, direction.side(), policy.fees, policy.amounts);
        });
    }

    /// Returns every channel, in the order of the handles.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ChannelHandle, ChannelRef<'_>)> {
        self.iter_after(None)
    }

    /// Returns every channel after one of them, in the order of the handles.
    pub(super) fn iter_after(
        &self,
        after: Option<ChannelHandle>,
    ) -> impl Iterator<Item = (ChannelHandle, ChannelRef<'_>)> {
        let first = after.map_or(0, |handle| handle.index() + 1);
        self.slots_from(first)
            .filter(|(_, channel)| !channel.edge.is_free())
    }

    /// Returns what lies in every slot, taken or not, in the order of the handles.
    pub(super) fn all_slots(&self) -> impl Iterator<Item = ChannelRef<'_>> {
        self.slots_from(0).map(|(_, channel)| channel)
    }

    /// Returns what lies in every slot from one on.
    fn slots_from(&self, first: usize) -> impl Iterator<Item = (ChannelHandle, ChannelRef<'_>)> {
        let heads = self.heads.runs_from(first);
        let edges = self.edges.runs_from(first);
        let runs = heads.zip(edges).zip(self.tails.runs_from(first));
        // A loop over each three slices. Who looks at edges only reads nothing else.
        runs.flat_map(|(((begin, heads), (_, edges)), (_, tails))| {
            let channels = heads.iter().zip(edges).zip(tails);
            (begin..)
                .zip(channels)
                .map(|(index, ((head, edge), tail))| {
                    let channel = ChannelRef { head, edge, tail };
                    (ChannelHandle::from_index(index), channel)
                })
        })
    }

    /// See [`Chunks::places`].
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) fn edge_places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        self.edges.places()
    }

    /// See [`Chunks::places`]; there are as many as of edges.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) fn tail_places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        self.tails.places()
    }

    /// Looks whether everything is as promised.
    ///
    /// # Panics
    /// If it is not.
    pub(super) fn check(&self) {
        let slots = self.heads.slots_in_use().0;
        assert_eq!([self.edges.len(), self.tails.len()], [slots; 2]);
        assert_eq!(self.edges.capacity(), self.tails.capacity());
        for ChannelRef { head, edge, tail } in self.all_slots() {
            assert!(edge.is_marked_for(head, tail));
            assert_eq!(tail::is_taken(tail.generation()), head.is_taken());
            for direction in Direction::BOTH {
                let side = direction.side();
                let amounts = tail.amounts(side);
                let is_empty =
                    tail.timestamp(direction) == Timestamp(0) && amounts == Amounts::NONE;
                assert!(is_empty || edge.fees_at(side).is_present());
            }
        }
    }

    /// Returns the bytes that slots and quarantine hold.
    pub(super) fn heap_bytes(&self) -> usize {
        self.heads.heap_bytes() + self.edges.heap_bytes() + self.tails.heap_bytes()
    }
}
