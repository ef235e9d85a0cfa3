//! Where the channels are: an arena of what they are known by, and beside it, under the same handles, what they are to
//! payments.

use alloc::vec::Vec;
use core::time::Duration;

use lnwire::{Instant, ShortChannelId};

use super::{Channel, ChannelRef, Direction, Policy, edge::Edge, head::Head};
use crate::{
    arena::{
        Arena, ChannelHandle, Handle,
        chunks::{CHUNK, Chunks},
    },
    memory::Memory,
};

/// All channels.
///
/// 1. There are as many edges as slots of heads.
/// 2. Edges are marked as their heads are: free, or closed to payments.
#[derive(Debug)]
pub(super) struct Channels {
    heads: Arena<ChannelHandle, Head>,
    edges: Chunks<Edge>,
}

impl Channels {
    /// See [`Arena::new`].
    pub(super) fn new(memory: Memory, limit: u32, quarantine: Duration) -> Self {
        Self {
            heads: Arena::new(memory.clone(), limit, quarantine),
            edges: Chunks::new(memory),
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
            self.edges.grow();
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

    /// Puts channels into slots, of which there are none so far, with the generations and marks that they have.
    pub(super) fn restore(&mut self, mut channels: impl Iterator<Item = (Head, Edge)>) {
        loop {
            let mut heads = Vec::with_capacity(CHUNK);
            let mut edges = Vec::with_capacity(CHUNK);
            for (head, edge) in channels.by_ref().take(CHUNK) {
                heads.push(head);
                edges.push(edge);
            }
            let is_last = heads.len() < CHUNK;
            self.heads.restore_chunk(heads);
            self.edges.push_chunk(edges);
            if is_last {
                return;
            }
        }
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
        let edge = self.edges.get(handle.index())?;
        Some(ChannelRef { head, edge })
    }

    /// Returns what lies in a slot, taken or not, without reading it; `None` if there is no such slot.
    #[inline]
    pub(super) fn slot(&self, handle: ChannelHandle) -> Option<ChannelRef<'_>> {
        let head = self.heads.slot(handle)?;
        let edge = self.edges.get(handle.index())?;
        Some(ChannelRef { head, edge })
    }

    /// See [`Arena::freed`].
    pub(super) fn freed(&self, handle: ChannelHandle, generation: u32) -> Option<ChannelRef<'_>> {
        let head = self.heads.freed(handle, generation)?;
        let edge = self.edges.get(handle.index())?;
        Some(ChannelRef { head, edge })
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
        if self
            .edges
            .get(handle.index())
            .is_some_and(|edge| !edge.is_marked_for(&head))
        {
            self.write_edge(handle, |edge| edge.mark_both(&head));
        }
        head
    }

    /// Sets the terms of a direction of the channel with this head, which are made where they go, if they lie on the heap.
    #[inline(always)]
    pub(super) fn set_policy(
        &mut self,
        handle: ChannelHandle,
        head: &Head,
        direction: Direction,
        policy: impl Fn() -> Policy,
    ) {
        match self.edges.on_heap(handle.index()) {
            Some(edge) => edge.set_policy(head, direction, policy()),
            None => self.set_shared_policy(handle, head, direction, policy),
        }
    }

    // The terms are made once more, so that they do not lie in memory for those that are on the heap.
    #[cold]
    fn set_shared_policy(
        &mut self,
        handle: ChannelHandle,
        head: &Head,
        direction: Direction,
        policy: impl Fn() -> Policy,
    ) {
        self.write_edge(handle, |edge| edge.set_policy(head, direction, policy()));
    }

    #[cold]
    fn write_edge(&mut self, handle: ChannelHandle, change: impl FnOnce(&mut Edge)) {
        self.edges.write(handle.index(), change);
    }

    /// Returns every channel, in the order of the handles.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ChannelHandle, ChannelRef<'_>)> {
        self.edges(None).map(|(handle, edge)| {
            let head = self.heads.at(handle);
            (handle, ChannelRef { head, edge })
        })
    }

    /// Returns what every channel is to payments, in the order of the handles, after one of them.
    pub(super) fn edges(
        &self,
        after: Option<ChannelHandle>,
    ) -> impl Iterator<Item = (ChannelHandle, &Edge)> {
        let first = after.map_or(0, |handle| handle.index() + 1);
        self.edges
            .iter_from(first)
            .filter(|(_, edge)| !edge.is_free())
            .map(|(index, edge)| (ChannelHandle::from_index(index), edge))
    }

    /// Returns what lies in every slot, taken or not, in the order of the handles.
    pub(super) fn all_slots(&self) -> impl Iterator<Item = ChannelRef<'_>> {
        self.edges.iter().map(|(index, edge)| {
            let head = self.heads.at(ChannelHandle::from_index(index));
            ChannelRef { head, edge }
        })
    }

    /// Returns the chunks of edges.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(super) fn edge_blocks(&self) -> &[crate::memory::Block<Edge>] {
        self.edges.blocks()
    }

    /// Looks whether heads and edges are as promised.
    ///
    /// # Panics
    /// If they are not.
    pub(super) fn check(&self) {
        assert_eq!(self.edges.len(), self.heads.slots_in_use().0);
        for channel in self.all_slots() {
            assert!(channel.edge.is_marked_for(channel.head));
        }
    }

    /// Returns the bytes that slots and quarantine hold.
    pub(super) fn heap_bytes(&self) -> usize {
        self.heads.heap_bytes() + self.edges.heap_bytes()
    }
}
