//! Where the channels are: an arena of what they are known by, and beside it, under the same handles, what they are to
//! payments.

use alloc::vec;
use core::time::Duration;

use lnwire::{Instant, ShortChannelId, Timestamp};

use super::{Channel, ChannelRef, Direction, edge::Edge, head::Head, terms::Terms};
use crate::{
    arena::{Arena, ChannelHandle, Handle, chunks::Chunks},
    memory::Memory,
};

/// All channels.
///
/// 1. There are as many edges as slots of heads.
/// 2. Edges are marked as their heads are: free, or closed to payments.
/// 3. A head has no timestamp for terms that its edge does not have.
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
        let (mut dying, mut policies) = (0, 0);
        for ((head, edge), channel) in heads.iter_mut().zip(&mut edges).zip(channels) {
            Channel {
                head: *head,
                edge: *edge,
            } = channel?;
            if !edge.is_free() {
                dying += usize::from(head.is_dying());
                policies += edge.policy_count();
            }
        }
        self.heads.restore_chunk(heads);
        self.edges.push_chunk(edges);
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

    /// Sets the terms of a direction, which are made where they go, if they lie on the heap.
    ///
    /// # Panics
    /// If the slot was never taken.
    #[inline(always)]
    pub(super) fn set_terms(
        &mut self,
        handle: ChannelHandle,
        direction: Direction,
        timestamp: Timestamp,
        terms: impl Fn() -> Terms,
    ) {
        match (
            self.heads.on_heap(handle),
            self.edges.on_heap(handle.index()),
        ) {
            (Some(head), Some(edge)) => {
                head.set_timestamp(direction, timestamp);
                edge.set_terms(head, direction, terms());
            }
            _ => self.set_shared_terms(handle, direction, timestamp, terms),
        }
    }

    // The terms are made once more, so that they do not lie in memory for those that are on the heap.
    #[cold]
    fn set_shared_terms(
        &mut self,
        handle: ChannelHandle,
        direction: Direction,
        timestamp: Timestamp,
        terms: impl Fn() -> Terms,
    ) {
        let head = self.heads.write(handle, |head| {
            head.set_timestamp(direction, timestamp);
            *head
        });
        self.write_edge(handle, |edge| edge.set_terms(&head, direction, terms()));
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
        let runs = heads.zip(self.edges.runs_from(first));
        // A loop over each two slices. Who looks at edges only does not read the heads.
        runs.flat_map(|((begin, heads), (_, edges))| {
            let channels = heads.iter().zip(edges);
            (begin..).zip(channels).map(|(index, (head, edge))| {
                (ChannelHandle::from_index(index), ChannelRef { head, edge })
            })
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
            for direction in Direction::BOTH {
                let is_present = channel.terms_at(direction.side()).is_present();
                assert!(is_present || channel.head.timestamp(direction) == Timestamp(0));
            }
        }
    }

    /// Returns the bytes that slots and quarantine hold.
    pub(super) fn heap_bytes(&self) -> usize {
        self.heads.heap_bytes() + self.edges.heap_bytes()
    }
}
