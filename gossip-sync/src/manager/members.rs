//! Who is there, who was, and how many of them count as witnesses.

use lnwire::{Instant, NodeId};

use super::{PeerInfo, SyncManager, peer::Peer, score::Score, shards::Voice};

/// The most peers remembered that have gone. Those with the least to remember are forgotten first.
const MAX_REMEMBERED: usize = 1000;

impl SyncManager {
    pub(super) fn up(&mut self, now: Instant, peer: NodeId, info: PeerInfo) {
        match self.peers.get(&peer) {
            Some(p) if p.info.session >= info.session => return,
            Some(p) => {
                let session = p.info.session;
                self.remove(now, peer, session);
            }
            None => {}
        }
        if info.queries {
            let score = self.remembered.remove(&peer).unwrap_or_default();
            if info.pinned {
                self.pinned.insert(peer);
            }
            let since = self.wall_clock(now);
            let new = Peer::new(info, self.config.syncer.clone(), since, score);
            self.witness(new.voice(peer), true);
            self.peers.insert(peer, new);
            self.first_peer(now);
            self.schedule(now, peer);
        }
        self.settle(now);
    }

    pub(super) fn down(&mut self, now: Instant, peer: NodeId, session: u64) {
        self.remove(now, peer, session);
        self.settle(now);
    }

    pub(super) fn remove(&mut self, now: Instant, peer: NodeId, session: u64) {
        if self
            .peers
            .get(&peer)
            .is_none_or(|p| p.info.session != session)
        {
            return;
        }
        // What it was asked for is given to others.
        self.abandon(peer);
        let Some(p) = self.peers.remove(&peer) else {
            return;
        };
        if p.is_witness() {
            self.witness(p.voice(peer), false);
        }
        if let Some(deadline) = p.deadline {
            self.deadlines.remove(&(deadline, peer));
        }
        self.pinned.remove(&peer);
        self.active.remove(&peer);
        self.touched.remove(&peer);
        self.remember(now, peer, p.score);
    }

    pub(super) fn remember(&mut self, now: Instant, peer: NodeId, score: Score) {
        if score.worth() == 0 && !score.rests(now) {
            return;
        }
        self.remembered.insert(peer, score);
        if self.remembered.len() > MAX_REMEMBERED {
            let least = self.remembered.iter().min_by_key(|(_, s)| s.worth());
            if let Some(least) = least.map(|(id, _)| *id) {
                self.remembered.remove(&least);
            }
        }
    }

    pub(super) fn witness(&mut self, voice: Voice, comes: bool) {
        let count = self.witnesses.entry(voice).or_insert(0);
        *count = if comes {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
        if *count == 0 {
            self.witnesses.remove(&voice);
        }
    }

    /// How many should list each block.
    pub(super) fn quorum(&self) -> usize {
        self.witnesses.len().clamp(1, 2)
    }
}
