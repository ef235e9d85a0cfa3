//! Where the channels are: an arena of what they are known by, and beside it, under the same handles, what they are to
//! payments, and their limits.

use alloc::vec;
use core::time::Duration;

use lnwire::{Instant, ShortChannelId, Timestamp};

use super::{
    Channel, ChannelRef, Direction, Policy,
    edge::Edge,
    head::Head,
    limits::{Amounts, Limits},
};
use crate::{
    arena::{Arena, ChannelHandle, Handle, chunks::Chunks},
    memory::Memory,
};

/// All channels.
///
/// 1. There are as many edges and limits as slots of heads, and of those two as many chunks.
/// 2. Edges are marked as heads and limits say: free, or closed to payments.
/// 3. There is no timestamp and no limit for terms that an edge does not have.
#[derive(Debug)]
pub(super) struct Channels {
    heads: Arena<ChannelHandle, Head>,
    edges: Chunks<Edge>,
    limits: Chunks<Limits>,
}

impl Channels {
    /// See [`Arena::new`].
    pub(super) fn new(memory: Memory, limit: u32, quarantine: Duration) -> Self {
        Self {
            heads: Arena::new(memory.clone(), limit, quarantine),
            edges: Chunks::new(memory.clone()),
            limits: Chunks::new(memory),
        }
    }

    /// Returns what the channels are known by.
    #[inline]
    pub(super) const fn heads(&self) -> &Arena<ChannelHandle, Head> {
        &self.heads
    }

    /// See [`Arena::insert`].
    #[inline(always)]
    pub(super) fn insert(
        &mut self,
        now: Instant,
        head: Head,
        edge: Edge,
    ) -> Option<(ChannelHandle, u32)> {
        let (handle, generation) = self.heads.insert(now, head)?;
        if handle.index() == self.edges.len() as usize {
            self.edges.reserve_row();
            self.limits.reserve_row();
            self.edges.grow();
            self.limits.grow();
        } else {
            self.limits
                .write(handle.index(), |slot| *slot = Limits::NONE);
        }
        match self.edges.on_heap(handle.index()) {
            Some(slot) => *slot = edge,
            None => self.write_edge(handle, |slot| *slot = edge),
        }
        Some((handle, generation))
    }

    /// Frees a slot and returns what was in it.
    pub(super) fn remove(&mut self, now: Instant, handle: ChannelHandle) -> Option<Channel> {
        let channel = self.get(handle)?.copied();
        self.heads.remove(now, handle);
        self.write_edge(handle, Edge::set_free);
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
        let mut heads = vec![Head::default(); channels.len()];
        let mut edges = vec![Edge::default(); channels.len()];
        let mut limits = vec![Limits::default(); channels.len()];
        let (mut dying, mut policies) = (0, 0);
        let slots = heads.iter_mut().zip(&mut edges).zip(&mut limits);
        for (((head, edge), limits), channel) in slots.zip(channels) {
            Channel {
                head: *head,
                edge: *edge,
                limits: *limits,
            } = channel?;
            if !edge.is_free() {
                dying += usize::from(head.is_dying());
                policies += edge.policy_count();
            }
        }
        self.heads.restore_chunk(heads);
        self.edges.push_chunk(edges);
        self.limits.push_chunk(limits);
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
            limits: self.limits.get(index).unwrap_or(&Limits::NONE),
        }
    }

    /// See [`Arena::freed`].
    pub(super) fn freed(&self, handle: ChannelHandle, generation: u32) -> Option<ChannelRef<'_>> {
        let head = self.heads.freed(handle, generation)?;
        Some(self.beside(head, handle))
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

    /// Changes what a channel is known by, and returns it; see [`Arena::write`].
    ///
    /// # Panics
    /// If the slot was never taken.
    pub(super) fn write(&mut self, handle: ChannelHandle, change: impl FnOnce(&mut Head)) -> Head {
        let head = self.heads.write(handle, |head| {
            change(head);
            *head
        });
        let channel = self.beside(&head, handle);
        if !channel.edge.is_marked_for(&head, channel.limits) {
            let limits = *channel.limits;
            self.write_edge(handle, |edge| edge.mark_both(&head, &limits));
        }
        head
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
        policy: impl Fn() -> Policy,
    ) {
        let (index, side) = (handle.index(), direction.side());
        match (
            self.heads.on_heap(handle),
            self.edges.on_heap(index),
            self.limits.on_heap(index),
        ) {
            (Some(head), Some(edge), Some(limits)) => {
                let policy = policy();
                head.set_timestamp(direction, policy.timestamp);
                edge.set_fees(head, side, policy.fees, policy.amounts);
                limits.set(side, policy.amounts);
            }
            _ => self.set_shared_policy(handle, direction, policy),
        }
    }

    // The terms are made once more, so that they do not lie in memory for those that are on the heap.
    #[cold]
    fn set_shared_policy(
        &mut self,
        handle: ChannelHandle,
        direction: Direction,
        policy: impl Fn() -> Policy,
    ) {
        let side = direction.side();
        let policy = policy();
        let head = self.heads.write(handle, |head| {
            head.set_timestamp(direction, policy.timestamp);
            *head
        });
        self.limits.write(handle.index(), |limits| {
            limits.set(side, policy.amounts);
        });
        self.write_edge(handle, |edge| {
            edge.set_fees(&head, side, policy.fees, policy.amounts);
        });
    }

    #[cold]
    fn write_edge(&mut self, handle: ChannelHandle, change: impl FnOnce(&mut Edge)) {
        self.edges.write(handle.index(), change);
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
        let runs = heads.zip(edges).zip(self.limits.runs_from(first));
        // A loop over each three slices. Who looks at edges only reads nothing else.
        runs.flat_map(|(((begin, heads), (_, edges)), (_, limits))| {
            let channels = heads.iter().zip(edges).zip(limits);
            (begin..)
                .zip(channels)
                .map(|(index, ((head, edge), limits))| {
                    let channel = ChannelRef { head, edge, limits };
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
    pub(super) fn limits_places(&self) -> impl ExactSizeIterator<Item = Option<u64>> {
        self.limits.places()
    }

    /// Looks whether heads and edges are as promised.
    ///
    /// # Panics
    /// If they are not.
    pub(super) fn check(&self) {
        let slots = self.heads.slots_in_use().0;
        assert_eq!([self.edges.len(), self.limits.len()], [slots; 2]);
        assert_eq!(self.edges.capacity(), self.limits.capacity());
        for channel in self.all_slots() {
            assert!(channel.edge.is_marked_for(channel.head, channel.limits));
            for direction in Direction::BOTH {
                let side = direction.side();
                let is_absent = !channel.fees_at(side).is_present();
                let timestamp = channel.head.timestamp(direction);
                let is_empty =
                    timestamp == Timestamp(0) && channel.limits.at(side) == Amounts::NONE;
                assert!(is_empty || !is_absent);
            }
        }
    }

    /// Returns the bytes that slots and quarantine hold.
    pub(super) fn heap_bytes(&self) -> usize {
        self.heads.heap_bytes() + self.edges.heap_bytes() + self.limits.heap_bytes()
    }
}
