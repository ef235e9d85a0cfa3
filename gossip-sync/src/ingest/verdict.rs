//! Jobs go out, verdicts come back, and what waited for them moves on.

use lnwire::{
    Instant, NodeId, ShortChannelId,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    bytes::Bytes,
};

use super::{
    Checked, DropReason, Ingest, JobId, KnownChannel, KnownNode, Output, SignatureJob,
    VerifiedGossip,
    job::Unverified,
    pending::{Job, Key, PendingChannel},
};

impl Ingest {
    /// Sends a job out. The message is charged to the peer already.
    pub(super) fn check(
        &mut self,
        now: Instant,
        peer: NodeId,
        key: Key,
        frame: Bytes,
        message: Unverified,
    ) {
        self.last_job += 1;
        let id = JobId(self.last_job);
        self.in_flight.insert(key, id, frame.clone());
        let deadline = now + self.config.job_timeout;
        self.jobs.insert(
            id,
            Job {
                peer,
                key,
                frame,
                deadline,
            },
        );
        self.outputs
            .push_back(Output::Check(SignatureJob { id, message }));
    }

    /// Sends a channel's announcement out to be checked, with what waits for it.
    pub(super) fn check_channel(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: ChannelAnnouncement,
        pending: PendingChannel,
    ) {
        for node_id in pending.node_ids {
            self.nodes.entry(node_id).or_default().channels += 1;
        }
        let scid = message.short_channel_id();
        let frame = pending.frame.clone();
        self.channels.insert(scid, pending);
        let job = Unverified::Channel(message);
        self.check(now, peer, Key::Channel(scid), frame, job);
    }

    /// Takes a verdict. One that comes too late finds no job.
    pub(super) fn checked(&mut self, now: Instant, checked: Checked) {
        let Some(job) = self.jobs.remove(&checked.id) else {
            return;
        };
        self.in_flight.remove(job.key, checked.id);
        match checked.result {
            Ok(message) => self.accepted(now, &job, message),
            Err(error) => self.rejected(now, &job, DropReason::Signature(error)),
        }
    }

    fn accepted(&mut self, now: Instant, job: &Job, message: VerifiedGossip) {
        self.usages.release(job.peer, &job.frame);
        let peer = job.peer;
        self.outputs.push_back(Output::Accept { peer, message });
        let Key::Channel(scid) = job.key else {
            return;
        };
        let Some(pending) = self.channels.remove(&scid) else {
            return;
        };
        for (peer, other) in pending.others {
            self.drop_charged(peer, other.as_bytes(), DropReason::Known);
        }
        let channel = KnownChannel {
            node_ids: pending.node_ids,
            timestamps: [None; 2],
        };
        for (peer, update) in pending.updates {
            self.retry_update(now, peer, &update, channel);
        }
        for node_id in pending.node_ids {
            self.channel_ended(node_id);
            let waiting = self.nodes.get_mut(&node_id).map(|n| &mut n.waiting);
            let waiting = waiting.map(core::mem::take).unwrap_or_default();
            for (peer, announcement) in waiting {
                self.retry_node(now, peer, &announcement);
            }
            self.forget_node(node_id);
        }
    }

    pub(super) fn rejected(&mut self, now: Instant, job: &Job, reason: DropReason) {
        self.drop_charged(job.peer, &job.frame, reason);
        if let Key::Channel(scid) = job.key {
            self.channel_rejected(now, scid);
        }
    }

    /// Tries the next announcement of the channel; without one, what waited for it is of no channel.
    fn channel_rejected(&mut self, now: Instant, scid: ShortChannelId) {
        let Some(mut pending) = self.channels.remove(&scid) else {
            return;
        };
        let node_ids = pending.node_ids;
        node_ids.into_iter().for_each(|id| self.channel_ended(id));
        if let Some((peer, other)) = pending.others.pop_front() {
            let next = PendingChannel {
                others: pending.others,
                updates: pending.updates,
                ..PendingChannel::new(&other)
            };
            self.check_channel(now, peer, other, next);
        } else {
            for (peer, update) in pending.updates {
                self.drop_charged(peer, update.as_bytes(), DropReason::UnknownChannel);
            }
        }
        node_ids.into_iter().for_each(|id| self.forget_node(id));
    }

    fn retry_update(
        &mut self,
        now: Instant,
        peer: NodeId,
        update: &ChannelUpdate,
        channel: KnownChannel,
    ) {
        self.usages.release(peer, update.as_bytes());
        self.channel_update(now, peer, update, Some(channel));
    }

    fn retry_node(&mut self, now: Instant, peer: NodeId, announcement: &NodeAnnouncement) {
        self.usages.release(peer, announcement.as_bytes());
        let node = KnownNode { timestamp: None };
        self.node_announcement(now, peer, announcement, Some(node));
    }

    fn channel_ended(&mut self, node_id: NodeId) {
        if let Some(node) = self.nodes.get_mut(&node_id) {
            node.channels -= 1;
        }
    }

    /// Forgets a node that no channel being checked has any more, and what waited for it.
    fn forget_node(&mut self, node_id: NodeId) {
        if self.nodes.get(&node_id).is_none_or(|n| n.channels > 0) {
            return;
        }
        let node = self.nodes.remove(&node_id);
        for (peer, announcement) in node.map(|n| n.waiting).unwrap_or_default() {
            self.drop_charged(peer, announcement.as_bytes(), DropReason::UnknownChannel);
        }
    }

    fn drop_charged(&mut self, peer: NodeId, frame: &Bytes, reason: DropReason) {
        self.usages.release(peer, frame);
        self.outputs.push_back(Output::Drop { peer, reason });
    }
}
