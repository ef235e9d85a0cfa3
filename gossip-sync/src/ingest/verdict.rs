//! Jobs go out, verdicts come back, and what waited for them moves on.

use lnwire::{
    Instant, NodeId, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    bytes::Bytes,
};

use super::{
    Checked, DropReason, Ingest, JobId, Output, SignatureJob, VerifiedGossip,
    job::Unverified,
    pending::{Announced, Job},
};

impl Ingest {
    /// Sends a channel's announcement, which is held already, out to be checked.
    pub(super) fn check_channel(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: ChannelAnnouncement,
    ) {
        let announced = Announced::by(&message);
        let frame = message.as_bytes().clone();
        let message = Unverified::Channel(message);
        let id = self.check(now, peer, frame, Some(announced), message);
        let pending = self.channels.entry(announced.short_channel_id).or_default();
        pending.add_candidate(id);
        pending.settled = false;
        for node_id in announced.node_ids {
            self.nodes.entry(node_id).or_default().add_candidate(id);
        }
    }

    /// Sends an update, which is held already, out to be checked.
    pub(super) fn check_update(
        &mut self,
        now: Instant,
        peer: NodeId,
        message: ChannelUpdate,
        node_ids: [NodeId; 2],
    ) {
        let signer = node_ids[usize::from(message.direction())];
        let frame = message.as_bytes().clone();
        self.check(now, peer, frame, None, Unverified::Update(message, signer));
    }

    /// Sends a node's announcement, which is held already, out to be checked.
    pub(super) fn check_node(&mut self, now: Instant, peer: NodeId, message: NodeAnnouncement) {
        let frame = message.as_bytes().clone();
        self.check(now, peer, frame, None, Unverified::Node(message));
    }

    fn check(
        &mut self,
        now: Instant,
        peer: NodeId,
        frame: Bytes,
        announced: Option<Announced>,
        message: Unverified,
    ) -> JobId {
        self.last_job += 1;
        let id = JobId(self.last_job);
        let deadline = now + self.config.job_timeout;
        self.jobs.insert(
            id,
            Job {
                peer,
                frame,
                deadline,
                announced,
            },
        );
        self.outputs
            .push_back(Output::Check(SignatureJob { id, message }));
        id
    }

    /// Takes a verdict. One that comes too late finds no job.
    pub(super) fn checked(&mut self, now: Instant, checked: Checked) {
        let Some(job) = self.jobs.remove(&checked.id) else {
            return;
        };
        match (checked.result, job.announced) {
            (Ok(VerifiedGossip::Channel(message)), Some(announced)) => {
                self.channel_verified(now, checked.id, &job, message, announced);
            }
            (Ok(message), _) => self.accept(&job, message),
            (Err(error), _) => self.rejected(checked.id, &job, DropReason::Signature(error)),
        }
    }

    pub(super) fn rejected(&mut self, id: JobId, job: &Job, reason: DropReason) {
        self.drop_held(job.peer, &job.frame, reason);
        if let Some(announced) = job.announced {
            self.candidate_ended(id, announced);
        }
    }

    fn channel_verified(
        &mut self,
        now: Instant,
        id: JobId,
        job: &Job,
        message: Verified<ChannelAnnouncement>,
        announced: Announced,
    ) {
        let pending = self.channels.entry(announced.short_channel_id).or_default();
        if pending.settled {
            self.drop_held(job.peer, &job.frame, DropReason::Known);
        } else {
            pending.settled = true;
            let updates = pending.take();
            self.accept(job, VerifiedGossip::Channel(message));
            for (peer, update) in updates {
                self.check_update(now, peer, update, announced.node_ids);
            }
            for node_id in announced.node_ids {
                let waiting = self.nodes.entry(node_id).or_default().take();
                for (peer, node) in waiting {
                    self.check_node(now, peer, node);
                }
            }
        }
        self.candidate_ended(id, announced);
    }

    /// Forgets a candidate, and what waited for it and for no other: that is of no known channel.
    fn candidate_ended(&mut self, id: JobId, announced: Announced) {
        let scid = announced.short_channel_id;
        if let Some(mut channel) = self.channels.remove(&scid) {
            channel.end_candidate(id);
            while let Some((peer, update)) = channel.pop_hopeless() {
                self.drop_held(peer, update.as_bytes(), DropReason::UnknownChannel);
            }
            if !channel.is_over() {
                self.channels.insert(scid, channel);
            }
        }
        for node_id in announced.node_ids {
            let Some(mut node) = self.nodes.remove(&node_id) else {
                continue;
            };
            node.end_candidate(id);
            while let Some((peer, message)) = node.pop_hopeless() {
                self.drop_held(peer, message.as_bytes(), DropReason::UnknownChannel);
            }
            if !node.is_over() {
                self.nodes.insert(node_id, node);
            }
        }
    }

    fn accept(&mut self, job: &Job, message: VerifiedGossip) {
        self.held.remove(job.peer, &job.frame);
        let peer = job.peer;
        self.outputs.push_back(Output::Accept { peer, message });
    }

    fn drop_held(&mut self, peer: NodeId, frame: &Bytes, reason: DropReason) {
        self.held.remove(peer, frame);
        self.drop(peer, reason);
    }
}
