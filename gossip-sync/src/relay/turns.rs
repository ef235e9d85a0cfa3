//! Whose turn it is to be sent to, and what it may take.

use lnwire::NodeId;

use super::{FRAME_OVERHEAD, Relay};

impl Relay {
    pub(super) fn wake_all(&mut self) {
        for (peer, p) in &mut self.peers {
            if p.may_go() {
                p.is_queued = true;
                self.turns.push_back(*peer);
            }
        }
    }

    pub(super) fn wake(&mut self, peer: NodeId) {
        if let Some(p) = self.peers.get_mut(&peer).filter(|p| p.may_go()) {
            p.is_queued = true;
            self.turns.push_back(peer);
        }
    }

    /// Counts what is handed out for the peer whose turn it is.
    pub(super) fn charge(&mut self, peer: NodeId, len: usize) {
        let cost = len + FRAME_OVERHEAD;
        if let Some(total) = &mut self.total {
            total.take(self.now, cost);
        }
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.page_left = p.page_left.saturating_sub(cost);
        p.turn_left = p.turn_left.saturating_sub(cost);
        let slowed_until = p.bucket.as_mut().and_then(|bucket| {
            bucket.take(self.now, cost);
            Some(bucket.open_at()).filter(|at| self.now < *at)
        });
        let stays = p.page_left > 0 && slowed_until.is_none();
        if stays && p.turn_left > 0 {
            return;
        }
        p.turn_left = self.config.quantum;
        p.is_queued = stays;
        self.turns.pop_front();
        if stays {
            self.turns.push_back(peer);
        }
        if let Some(at) = slowed_until {
            p.is_slowed = true;
            self.slowed.insert((at, peer));
        }
    }
}
