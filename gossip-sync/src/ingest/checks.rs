//! Messages whose signatures are to be checked: lined up, handed out, given up.

use lnwire::{
    Instant, NodeId, ShortChannelId,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{
    DropReason, Ingest, JobId, KnownChannel, KnownUpdate, Output, SignatureJob, Zombie,
    held::Ticket, job::Unverified,
};

/// A message whose signatures are to be checked.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) ticket: Ticket,
    pub(super) deadline: Instant,
    pub(super) purpose: Purpose,
    /// Until it is handed out.
    pub(super) message: Option<Unverified>,
}

/// What the verdict decides.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// A channel.
    Announce(Announced),
    /// Other terms for a known channel. With the update that the graph had when this one came.
    Update(Option<KnownUpdate>),
    /// Whether a silent channel lives.
    Revive,
    /// What a node says about itself.
    Node,
}

/// The channel of a `channel_announcement`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced {
    pub(super) short_channel_id: ShortChannelId,
    pub(super) node_ids: [NodeId; 2],
}

impl Announced {
    fn by(message: &ChannelAnnouncement) -> Self {
        Self {
            short_channel_id: message.short_channel_id(),
            node_ids: [message.node_id_1(), message.node_id_2()],
        }
    }
}

impl Ingest {
    /// Lines a channel's announcement, which is under way, up to be checked.
    pub(super) fn check_channel(
        &mut self,
        now: Instant,
        ticket: Ticket,
        message: ChannelAnnouncement,
    ) {
        let announced = Announced::by(&message);
        let message = Unverified::Channel(message);
        let id = self.check(now, ticket, Purpose::Announce(announced), message);
        let pending = self.channels.entry(announced.short_channel_id).or_default();
        pending.add_candidate(id);
        // If an announcement was accepted before, and yet the graph has no channel, then it was refused there,
        // and this one may be the right one.
        pending.settled = false;
        for node_id in announced.node_ids {
            self.nodes.entry(node_id).or_default().add_candidate(id);
        }
    }

    /// Lines an update, which is under way, up to be checked.
    pub(super) fn check_update(
        &mut self,
        now: Instant,
        ticket: Ticket,
        message: ChannelUpdate,
        channel: &KnownChannel,
    ) {
        let side = usize::from(message.direction());
        if Some(channel.node_ids[side]) == self.config.own_node {
            return self.end_held(ticket, DropReason::Own);
        }
        let message = Unverified::Update(message, channel.node_ids[side]);
        self.check(now, ticket, Purpose::Update(channel.updates[side]), message);
    }

    /// Lines an update of a silent channel up to be checked.
    pub(super) fn check_revival(
        &mut self,
        now: Instant,
        ticket: Ticket,
        message: ChannelUpdate,
        zombie: &Zombie,
    ) {
        let signer = zombie.node_ids[usize::from(message.direction())];
        let message = Unverified::Update(message, signer);
        self.check(now, ticket, Purpose::Revive, message);
    }

    /// Lines a node's announcement, which is under way, up to be checked.
    pub(super) fn check_node(&mut self, now: Instant, ticket: Ticket, message: NodeAnnouncement) {
        self.check(now, ticket, Purpose::Node, Unverified::Node(message));
    }

    fn check(
        &mut self,
        now: Instant,
        ticket: Ticket,
        purpose: Purpose,
        message: Unverified,
    ) -> JobId {
        let cost = message.signatures();
        let job = Job {
            ticket,
            deadline: now + self.config.job_timeout,
            purpose,
            message: Some(message),
        };
        let id = self.jobs.add(job);
        self.job_turns.push(ticket.peer, id, cost);
        id
    }

    /// Hands out jobs while there may be more.
    pub(super) fn hand_out(&mut self) {
        while self.jobs_out < self.config.max_jobs.max(1) {
            // One whose time was over meanwhile is not there any more.
            let jobs = &self.jobs;
            let Some(id) = self.job_turns.pop(|id| !jobs.contains(*id)) else {
                return;
            };
            let message = self.jobs.get_mut(id).and_then(|job| job.message.take());
            if let Some(message) = message {
                self.jobs_out += 1;
                let job = SignatureJob { id, message };
                self.outputs.push_back(Output::Check(job));
            }
        }
    }

    pub(super) fn end_job(&mut self, id: JobId) -> Option<Job> {
        let job = self.jobs.end(id)?;
        self.jobs_out -= usize::from(job.message.is_none());
        Some(job)
    }

    /// Gives up what took too long.
    pub(super) fn jobs_timed_out(&mut self, now: Instant) {
        while let Some((id, job)) = self.jobs.first() {
            if now < job.deadline {
                return;
            }
            if let Some(job) = self.end_job(id) {
                self.rejected(now, id, &job, DropReason::NotChecked);
            }
        }
    }
}
