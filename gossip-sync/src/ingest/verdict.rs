//! Jobs go out, verdicts come back, and what waited for them moves on.

use lnwire::{
    Instant, NodeId, ShortChannelId, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{
    Checked, DropReason, Funding, FundingOutput, Gone, Ingest, JobId, KnownChannel, KnownUpdate,
    Output, SignatureJob, VerifiedGossip, Zombie,
    held::Ticket,
    job::Unverified,
    parked::{Entry, Message, Place},
    rules::is_keep_alive,
};

/// A message whose signatures are to be checked.
#[derive(Debug)]
pub(super) struct Job {
    ticket: Ticket,
    pub(super) deadline: Instant,
    purpose: Purpose,
    /// Until it is handed out.
    message: Option<Unverified>,
}

/// What the verdict decides.
#[derive(Clone, Copy, Debug)]
enum Purpose {
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
        self.last_job += 1;
        let id = JobId(self.last_job);
        self.job_turns.push(ticket.peer, id, message.signatures());
        let job = Job {
            ticket,
            deadline: now + self.config.job_timeout,
            purpose,
            message: Some(message),
        };
        self.jobs.insert(id, job);
        id
    }

    /// Hands out jobs while there may be more.
    pub(super) fn hand_out(&mut self) {
        while self.jobs_out < self.config.max_jobs.max(1) {
            let Some(id) = self.job_turns.pop() else {
                return;
            };
            // One whose time was over meanwhile is not there any more.
            let message = self.jobs.get_mut(&id).and_then(|job| job.message.take());
            if let Some(message) = message {
                self.jobs_out += 1;
                let job = SignatureJob { id, message };
                self.outputs.push_back(Output::Check(job));
            }
        }
    }

    /// Takes a verdict. One that comes too late finds no job.
    pub(super) fn checked(&mut self, now: Instant, checked: Checked) {
        let Some(job) = self.end_job(checked.id) else {
            return;
        };
        match (checked.result, job.purpose) {
            (Err(error), _) => {
                let reason = DropReason::Signature(error);
                self.seen.insert(now, job.ticket.hash, reason);
                self.rejected(now, checked.id, &job, reason);
            }
            (Ok(VerifiedGossip::Channel(message)), Purpose::Announce(announced)) => {
                if self.config.funding == Funding::LookUp {
                    self.look_up(now, job.ticket, checked.id, announced, message);
                } else {
                    self.channel_right(now, checked.id, job.ticket, message, announced, None);
                }
            }
            (Ok(VerifiedGossip::Update(message)), Purpose::Update(stored)) => {
                self.update_right(now, job.ticket, message, stored);
            }
            (Ok(VerifiedGossip::Update(message)), Purpose::Revive) => {
                self.revived(now, job.ticket, message.into_inner());
            }
            (Ok(message), _) => {
                let relay = match &message {
                    // BOLT 7: the first DNS name is used, and the message not passed on.
                    VerifiedGossip::Node(node) => node.addresses().dns_names() <= 1,
                    _ => true,
                };
                self.accept(job.ticket, message, relay, None);
            }
        }
    }

    fn end_job(&mut self, id: JobId) -> Option<Job> {
        let job = self.jobs.remove(&id)?;
        self.jobs_out -= usize::from(job.message.is_none());
        Some(job)
    }

    /// Gives up what took too long.
    pub(super) fn jobs_timed_out(&mut self, now: Instant) {
        while let Some((id, job)) = self.jobs.first_key_value() {
            if now < job.deadline {
                return;
            }
            let id = *id;
            if let Some(job) = self.end_job(id) {
                self.rejected(now, id, &job, DropReason::NotChecked);
            }
        }
    }

    fn rejected(&mut self, now: Instant, id: JobId, job: &Job, reason: DropReason) {
        self.end_held(job.ticket, reason);
        if let Purpose::Announce(announced) = job.purpose {
            self.candidate_ended(now, id, announced);
        }
    }

    /// A channel's signatures hold, and its funding, if that was asked for.
    pub(super) fn channel_right(
        &mut self,
        now: Instant,
        id: JobId,
        ticket: Ticket,
        message: Verified<ChannelAnnouncement>,
        announced: Announced,
        funding: Option<FundingOutput>,
    ) {
        let scid = announced.short_channel_id;
        let is_full = self.channel_count >= self.config.max_channels;
        let pending = self.channels.entry(scid).or_default();
        if pending.settled {
            self.end_held(ticket, DropReason::Known);
        } else if is_full {
            self.end_held(ticket, DropReason::GraphFull);
        } else {
            pending.settled = true;
            let updates = pending.take();
            self.channel_count += 1;
            if funding.is_none() {
                self.sources.add(ticket.peer);
            }
            self.accept(ticket, VerifiedGossip::Channel(message), true, funding);
            let channel = KnownChannel {
                node_ids: announced.node_ids,
                updates: [None; 2],
            };
            for (ticket, update) in updates {
                self.check_update(now, ticket, update, &channel);
            }
            for entry in self.parked.take(Place::Channel(scid)) {
                if let Message::Update(update) = entry.message {
                    self.held.charge(entry.ticket);
                    self.check_update(now, entry.ticket, update, &channel);
                }
            }
            for node_id in announced.node_ids {
                self.node_appeared(now, node_id);
            }
        }
        self.candidate_ended(now, id, announced);
    }

    fn node_appeared(&mut self, now: Instant, node_id: NodeId) {
        let waiting = self.nodes.entry(node_id).or_default().take();
        for (ticket, node) in waiting {
            self.check_node(now, ticket, node);
        }
        for entry in self.parked.take(Place::Node(node_id)) {
            if let Message::Node(node) = entry.message {
                self.held.charge(entry.ticket);
                self.check_node(now, entry.ticket, node);
            }
        }
    }

    /// Forgets a candidate. What waited for it and for no other is early.
    pub(super) fn candidate_ended(&mut self, now: Instant, id: JobId, announced: Announced) {
        let scid = announced.short_channel_id;
        let is_closed = self.gone(scid) == Some(Gone::Closed);
        if let Some(mut channel) = self.channels.remove(&scid) {
            channel.end_candidate(id);
            while let Some((ticket, update)) = channel.pop_hopeless() {
                if is_closed {
                    self.end_held(ticket, DropReason::Closed);
                    continue;
                }
                self.held.discharge(ticket);
                let message = Message::Update(update);
                self.park(now, ticket, Place::Channel(scid), message);
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
            while let Some((ticket, message)) = node.pop_hopeless() {
                self.held.discharge(ticket);
                let message = Message::Node(message);
                self.park(now, ticket, Place::Node(node_id), message);
            }
            if !node.is_over() {
                self.nodes.insert(node_id, node);
            }
        }
    }

    /// Accepts an update, or lets it wait when they come too fast.
    fn update_right(
        &mut self,
        now: Instant,
        ticket: Ticket,
        message: Verified<ChannelUpdate>,
        stored: Option<KnownUpdate>,
    ) {
        let gossip = VerifiedGossip::Update;
        let Some(stored) = stored else {
            // The first one of its direction.
            return self.accept(ticket, gossip(message), true, None);
        };
        if is_keep_alive(&message, &stored) {
            let later = message.timestamp().as_secs() - stored.timestamp.as_secs();
            let relay = u64::from(later) >= self.config.keep_alive.as_secs();
            return self.accept(ticket, gossip(message), relay, None);
        }
        let side = (message.short_channel_id(), message.direction());
        let place = Place::Side(side.0, side.1);
        let later_waits = |waits| message.timestamp() <= waits;
        if self.delayed(side.0, side.1).is_some_and(later_waits) {
            return self.end_held(ticket, DropReason::Superseded);
        }
        for entry in self.parked.take(place) {
            self.end_parked(entry.ticket, DropReason::Superseded);
        }
        match self.limiter.take(now, side) {
            Ok(()) => self.accept(ticket, gossip(message), true, None),
            Err(at) => {
                self.held.discharge(ticket);
                let entry = Entry {
                    ticket,
                    place,
                    message: Message::Delayed(message),
                    deadline: at,
                };
                self.park_entry(entry);
            }
        }
    }

    /// A silent channel lives. Its update waits for the announcement, which somebody has to be asked for.
    fn revived(&mut self, now: Instant, ticket: Ticket, message: ChannelUpdate) {
        let short_channel_id = message.short_channel_id();
        self.gone.remove(short_channel_id);
        self.outputs.push_back(Output::Revived {
            peer: ticket.peer,
            short_channel_id,
        });
        self.held.discharge(ticket);
        let message = Message::Update(message);
        self.park(now, ticket, Place::Channel(short_channel_id), message);
    }

    /// Ends what waited for long enough: in the graph, if it only came too fast.
    pub(super) fn parked_timed_out(&mut self, now: Instant) {
        while let Some(entry) = self.parked.take_due(now) {
            match entry.message {
                Message::Delayed(update) => {
                    // The time was told by the limiter, so there is a token, unless another update took it.
                    let side = (update.short_channel_id(), update.direction());
                    match self.limiter.take(now, side) {
                        Ok(()) => {
                            self.held.end(entry.ticket);
                            self.outputs.push_back(Output::Accept {
                                peer: entry.ticket.peer,
                                message: VerifiedGossip::Update(update),
                                relay: true,
                                funding: None,
                            });
                        }
                        Err(deadline) => self.park_entry(Entry {
                            message: Message::Delayed(update),
                            deadline,
                            ..entry
                        }),
                    }
                }
                _ => self.end_parked(entry.ticket, entry.reason()),
            }
        }
    }

    /// Lets a message wait that is not under way.
    pub(super) fn park(&mut self, now: Instant, ticket: Ticket, place: Place, message: Message) {
        self.park_entry(Entry {
            ticket,
            place,
            message,
            deadline: now + self.config.parked_for,
        });
    }

    fn park_entry(&mut self, entry: Entry) {
        for evicted in self.parked.park(&self.config, entry) {
            self.end_parked(evicted.ticket, evicted.reason());
        }
    }

    fn accept(
        &mut self,
        ticket: Ticket,
        message: VerifiedGossip,
        relay: bool,
        funding: Option<FundingOutput>,
    ) {
        self.held.discharge(ticket);
        self.held.end(ticket);
        self.outputs.push_back(Output::Accept {
            peer: ticket.peer,
            message,
            relay,
            funding,
        });
    }

    /// Drops a message that was under way.
    pub(super) fn end_held(&mut self, ticket: Ticket, reason: DropReason) {
        self.held.discharge(ticket);
        self.end_parked(ticket, reason);
    }

    fn end_parked(&mut self, ticket: Ticket, reason: DropReason) {
        self.held.end(ticket);
        self.drop(ticket.peer, reason);
    }
}
