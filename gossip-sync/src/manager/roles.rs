//! Who sends new gossip.

use alloc::vec::Vec;

use lnwire::{Instant, NodeId, Timestamp, bolt7::GossipTimestampFilter, bytes::Bytes};

use super::{
    Event, Output, SyncManager,
    peer::{Filter, Peer},
};

impl SyncManager {
    /// Makes as many peers active as there should be, and tells all whose tasks allow it.
    pub(super) fn fill_active(&mut self, now: Instant) {
        let target = match self.timers.is_live {
            true => self.config.active_peers,
            false => 0,
        };
        // What is new since the round began was told by nobody, if nobody was active.
        let since = match self.active.is_empty() {
            true => self.began,
            false => self.wall_clock(now),
        };
        while self.active.len() > target {
            let Some(peer) = self.any_active() else {
                break;
            };
            self.set_active(peer, false);
        }
        while self.active.len() < target {
            let Some(peer) = self.candidate(now) else {
                break;
            };
            self.set_active(peer, true);
            if let Some(p) = self.peers.get_mut(&peer) {
                p.since = since;
            }
        }
        if !self.active.is_empty() && self.timers.rotation.is_none() {
            let interval = self.random.spread(self.config.rotation_interval);
            self.timers.rotation = Some(now + interval);
        }
        self.send_filters();
    }

    /// One active peer makes place for another, if there is one.
    pub(super) fn rotate(&mut self, now: Instant) {
        let interval = self.random.spread(self.config.rotation_interval);
        self.timers.rotation = (!self.active.is_empty()).then(|| now + interval);
        if self.active.len() < self.config.active_peers {
            return;
        }
        if let (Some(old), Some(new)) = (self.any_active(), self.candidate(now)) {
            self.set_active(old, false);
            self.set_active(new, true);
            let since = self.wall_clock(now);
            if let Some(p) = self.peers.get_mut(&new) {
                p.since = since;
            }
        }
    }

    /// A peer that failed is active no more; it may be again when nobody else is left.
    pub(super) fn replace_active(&mut self, peer: NodeId) {
        if self.active.contains(&peer) {
            self.set_active(peer, false);
        }
    }

    fn set_active(&mut self, peer: NodeId, active: bool) {
        if active {
            self.active.insert(peer);
        } else {
            self.active.remove(&peer);
        }
        self.touched.insert(peer);
        self.event(peer, Event::Active(active));
    }

    fn any_active(&mut self) -> Option<NodeId> {
        let len = u64::try_from(self.active.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.random.below(len)).unwrap_or(0);
        self.active.iter().nth(at).copied()
    }

    /// Picks a peer that could become active.
    fn candidate(&mut self, now: Instant) -> Option<NodeId> {
        let may = |(id, p): &(&NodeId, &Peer)| {
            let is_wanted = p.info.may_be_active && !p.info.pinned;
            is_wanted && p.is_fit(now) && !self.active.contains(*id)
        };
        let candidates: Vec<_> = self.peers.iter().filter(may).collect();
        let weights: Vec<_> = candidates
            .iter()
            .map(|(_, p)| p.score.weight(now))
            .collect();
        let at = self.random.pick(&weights)?;
        candidates.get(at).map(|(id, _)| **id)
    }

    /// New gossip waits for nothing any more.
    pub(super) fn go_live(&mut self) {
        self.timers.live_anyway = None;
        if !core::mem::replace(&mut self.timers.is_live, true) {
            self.touched.extend(&self.pinned);
        }
    }

    /// Tells peers what they are to send. Who is being asked for something is told when that is over.
    fn send_filters(&mut self) {
        for peer in core::mem::take(&mut self.touched) {
            let is_pinned_live = |p: &Peer| p.info.pinned && (self.timers.is_live || p.is_complete);
            let Some(p) = self.peers.get_mut(&peer).filter(|p| p.task.is_none()) else {
                continue;
            };
            let wanted = match p.filter {
                _ if is_pinned_live(p) || self.active.contains(&peer) => Filter::Everything,
                Filter::Never => Filter::Never,
                Filter::Everything | Filter::Nothing => Filter::Nothing,
            };
            if core::mem::replace(&mut p.filter, wanted) == wanted {
                continue;
            }
            let (first_timestamp, timestamp_range) = match wanted {
                Filter::Everything => {
                    let since = p.since.0.saturating_sub(self.config.filter_margin);
                    (Timestamp(since), u32::MAX)
                }
                Filter::Nothing | Filter::Never => (Timestamp(u32::MAX), 0),
            };
            let filter = GossipTimestampFilter {
                chain_hash: self.config.syncer.chain_hash,
                first_timestamp,
                timestamp_range,
                extra: Bytes::new(),
            };
            self.output(peer, Output::Send(filter.into()));
        }
    }
}
