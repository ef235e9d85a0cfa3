//! Who lists which blocks, and what comes of it.

use alloc::vec::Vec;

use lnwire::{Instant, Message, NodeId};

use super::{
    Coverage, Event, Output, Reason, Status, SyncManager, TaskId,
    peer::{Filter, Peer, Task, Unconfirmed},
    shards::{List, Shards},
};
use crate::syncer::{self, Blocks, Failure, Outcome};

/// Less than one true channel in so many is a list of nonsense.
const TRUE_OF: usize = 8;

impl SyncManager {
    /// The first peer begins the first round.
    pub(super) fn first_peer(&mut self, now: Instant) {
        let wanted = self.config.active_peers > 0 || !self.pinned.is_empty();
        if self.round.is_none() && self.status == Status::Never && wanted {
            self.shards = Shards::new(&self.config, self.tip);
            self.round = Some(Reason::Initial);
            self.began = self.wall_clock(now);
            self.timers.live_anyway = Some(now + self.config.live_anyway_after);
        }
    }

    pub(super) fn begin_round(&mut self, now: Instant, reason: Reason) {
        if self.status == Status::Never {
            // Nobody was asked for anything: they are cut anew, now that the tip may be known.
            self.shards = Shards::new(&self.config, self.tip);
        } else {
            self.shards.begin_round(&self.config, self.tip);
        }
        self.peers.values_mut().for_each(|p| p.listed.clear());
        self.round = Some(reason);
        self.began = self.wall_clock(now);
    }

    pub(super) fn timers_timeout(&mut self, now: Instant) {
        let is_due = |timer: Option<Instant>| timer.is_some_and(|at| at <= now);
        if is_due(self.timers.historical) {
            let interval = self.random.spread(self.config.historical_interval);
            self.timers.historical = Some(now + interval);
            if self.round.is_none() && (self.config.active_peers > 0 || !self.pinned.is_empty()) {
                self.begin_round(now, Reason::Routine);
            }
        }
        if is_due(self.timers.stale) {
            self.timers.stale = None;
            self.status = Status::Stale { since: now };
        }
        if is_due(self.timers.live_anyway) {
            self.go_live();
        }
        if is_due(self.timers.rotation) {
            self.rotate(now);
        }
    }

    /// Hands a message to the peer's syncer, and does what comes of it.
    pub(super) fn sync(&mut self, now: Instant, peer: NodeId, input: syncer::Input) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.syncer.handle_input(now, input);
        self.pump(now, peer);
    }

    pub(super) fn peer_timeout(&mut self, now: Instant, peer: NodeId) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.deadline = None;
        p.syncer.handle_timeout(now);
        if let Some(task) = &mut p.task {
            if task.hedge_at.is_some_and(|at| at <= now) {
                task.hedge_at = None;
                self.shards.share(&mut task.taken);
            }
        }
        // The embedder is at fault, so nobody is blamed.
        let is_late = |late: &Unconfirmed| late.deadline <= now;
        while p.unconfirmed.front().is_some_and(is_late) {
            if let Some(late) = p.unconfirmed.pop_front() {
                p.score.rest(now);
                self.shards.give_back(late.taken);
            }
        }
        self.pump(now, peer);
    }

    /// Does what the peer's syncer wants done.
    pub(super) fn pump(&mut self, now: Instant, peer: NodeId) {
        let mut is_done = false;
        while let Some(p) = self.peers.get_mut(&peer) {
            let Some(output) = p.syncer.poll_output() else {
                break;
            };
            match output {
                syncer::Output::Send(message) => {
                    if matches!(message, Message::GossipTimestampFilter(_)) {
                        p.dumps = true;
                        p.filter = Filter::Everything;
                    }
                    self.output(peer, Output::Send(message));
                }
                syncer::Output::FindMissing(listed) => {
                    if let Some(task) = &mut p.task {
                        task.listed = listed.iter().map(|l| l.short_channel_id).collect();
                        let task = task.id;
                        self.output(peer, Output::FindMissing { task, listed });
                    }
                }
                syncer::Output::Event(syncer::Event::Finished(outcome)) => {
                    self.finished(now, peer, outcome);
                    is_done = true;
                }
                syncer::Output::Event(syncer::Event::Violation(violation)) => {
                    p.score.offended(now);
                    self.event(peer, Event::Violation(violation));
                }
            }
        }
        self.schedule(now, peer);
        if is_done {
            self.settle(now);
        }
    }

    /// A peer's task has ended: what it listed is to be confirmed, or others are asked.
    fn finished(&mut self, now: Instant, peer: NodeId, outcome: Outcome) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        let Some(task) = p.task.take() else {
            return;
        };
        self.touched.insert(peer);
        self.busy -= usize::from(task.counts);
        let (taken, blocks) = (task.taken, task.taken.blocks);
        let rest = match &outcome {
            Outcome::Complete { .. } => Some(None),
            Outcome::Partial {
                reason: Failure::TooMuch,
                unlisted,
                ..
            } => unlisted
                .first()
                .map(|rest| Some(Blocks::new(rest.first, blocks.end))),
            _ => None,
        };
        let is_unwanted = matches!(outcome, Outcome::Complete { asked: 0, .. });
        let is_whole = match &outcome {
            Outcome::Complete { withheld, .. } => withheld.is_empty(),
            Outcome::Partial { missing, .. } => missing.is_empty(),
            Outcome::Failed(_) => false,
        };
        if let Some(rest) = rest {
            p.unconfirmed.push_back(Unconfirmed {
                id: task.id,
                taken,
                listed: task.listed.len(),
                is_whole,
                is_unwanted,
                rest,
                deadline: now + self.config.confirm_timeout,
            });
            let Task {
                id: task, listed, ..
            } = task;
            self.output(peer, Output::Confirm { task, listed });
        } else {
            self.shards.give_back(taken);
            self.blame(now, peer, &outcome);
        }
        self.event(peer, Event::RangeDone { blocks, outcome });
    }

    /// A peer did not deliver.
    fn blame(&mut self, now: Instant, peer: NodeId, outcome: &Outcome) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        let (Outcome::Failed(reason) | Outcome::Partial { reason, .. }) = outcome else {
            return;
        };
        if matches!(reason, Failure::NotLookedUp | Failure::Stopped) {
            return p.score.rest(now);
        }
        self.fails(now, peer, *reason == Failure::ChainNotServed);
    }

    fn fails(&mut self, now: Instant, peer: NodeId, is_for_good: bool) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.score.failed(now);
        let was_witness = p.is_witness();
        p.is_failing = true;
        p.is_useless |= is_for_good;
        if was_witness {
            let voice = p.voice(peer);
            self.witness(voice, false);
        }
        self.replace_active(peer);
    }

    pub(super) fn confirmed(&mut self, now: Instant, peer: NodeId, task: TaskId, channels: usize) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        let Some(at) = p.unconfirmed.iter().position(|u| u.id == task) else {
            return;
        };
        let Some(done) = p.unconfirmed.remove(at) else {
            return;
        };
        let channels = channels.min(done.listed);
        if !done.is_unwanted && channels < done.listed / TRUE_OF {
            self.shards.give_back(done.taken);
            self.fails(now, peer, false);
            self.event(peer, Event::Doubtful(done.taken.blocks));
        } else {
            let voice = p.voice(peer);
            p.listed.insert(done.taken.blocks.first);
            let was_witness = p.is_witness();
            p.is_failing = false;
            // One that is useless stays so, whatever it listed before.
            if p.is_witness() && !was_witness {
                self.witness(voice, true);
            }
            let list = List {
                voice,
                channels,
                is_whole: done.is_whole,
            };
            self.shards.listed(done.taken, done.rest, list);
            self.tell(now, peer);
        }
        self.schedule(now, peer);
        self.settle(now);
    }

    /// Tells what is complete now.
    fn tell(&mut self, now: Instant, peer: NodeId) {
        let mut has_all = false;
        if let Some(p) = self.peers.get_mut(&peer) {
            has_all = p.listed.len() >= self.shards.len()
                && self.shards.firsts().all(|first| p.listed.contains(&first));
            if has_all && !core::mem::replace(&mut p.is_complete, true) {
                self.touched.insert(peer);
                self.event(peer, Event::Complete);
            }
        }
        if !self.shards.are_done() {
            return;
        }
        let ended = self.round.take();
        if let Some(reason) = ended {
            self.last_reason = reason;
            self.go_live();
            self.timers.stale = Some(now + self.config.stale_after);
            if self.timers.historical.is_none() {
                let interval = self.random.spread(self.config.historical_interval);
                self.timers.historical = Some(now + interval);
            }
        }
        let coverage = Coverage {
            reason: self.last_reason,
            end: self.shards.end(),
            listed_by: self.shards.level(),
            quorum: self.quorum(),
            channels: self.shards.channels(),
        };
        // By more than before; or by one that knows more than twice as much as was told.
        let is_better = self.told.is_none_or(|told| {
            coverage.listed_by > told.listed_by
                || (has_all && coverage.channels > 2 * told.channels)
        });
        if ended.is_some() || is_better {
            self.told = Some(coverage);
            if !matches!(self.status, Status::Stale { .. }) || ended.is_some() {
                self.status = Status::Synced { at: now, coverage };
            }
            self.event(peer, Event::Synced(coverage));
        }
    }

    /// Nothing more is expected of a peer.
    pub(super) fn abandon(&mut self, peer: NodeId) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        if let Some(task) = p.task.take() {
            self.shards.give_back(task.taken);
            self.busy -= usize::from(task.counts);
        }
        for unconfirmed in p.unconfirmed.drain(..) {
            self.shards.give_back(unconfirmed.taken);
        }
    }

    /// Gives shards to peers that are free.
    pub(super) fn assign(&mut self, now: Instant) {
        let is_new = |id: &&NodeId| self.peers.get(*id).is_some_and(|p| !p.is_complete);
        let new: Vec<_> = self.pinned.iter().filter(is_new).copied().collect();
        for peer in new {
            self.give(now, peer, false);
        }
        let wanted = self.wanted_level(now);
        let is_covered = self.told.is_some_and(|told| told.listed_by >= wanted);
        let limit = if is_covered {
            1
        } else {
            self.config.parallel_peers
        };
        if self.busy >= limit || !self.shards.want_any(wanted) {
            return;
        }
        let all = self.config.active_peers > 0;
        let is_asked = |p: &Peer| if p.info.pinned { p.is_complete } else { all };
        let is_free = |(_, p): &(&NodeId, &Peer)| is_asked(p) && p.is_free(now);
        let free: Vec<_> = self.peers.iter().filter(is_free).collect();
        let [mut preferred, mut others] = [true, false].map(|may_be_active| {
            let of = free
                .iter()
                .filter(|(_, p)| p.info.may_be_active == may_be_active);
            of.map(|(id, p)| (**id, p.score.weight(now)))
                .collect::<Vec<_>>()
        });
        for candidates in [&mut preferred, &mut others] {
            let mut weights: Vec<_> = candidates.iter().map(|(_, weight)| *weight).collect();
            while self.busy < limit {
                let Some(at) = self.random.pick(&weights) else {
                    break;
                };
                weights.swap_remove(at);
                let (peer, _) = candidates.swap_remove(at);
                self.give(now, peer, true);
                if !self.shards.want_any(self.wanted_level(now)) {
                    return;
                }
            }
        }
    }

    /// By how many each block is to be listed: by everybody, once, while all that was told is that there is no channel.
    fn wanted_level(&self, now: Instant) -> usize {
        let is_void = self.told.is_some_and(|told| told.channels == 0);
        let may_know = |p: &Peer| !p.is_complete && p.is_free(now);
        if is_void && self.peers.values().any(may_know) {
            return usize::MAX;
        }
        self.quorum()
    }

    /// Gives a shard to a peer, if it is free and there is one for it. Pinned peers are asked for all when they come, and
    /// that does not count.
    fn give(&mut self, now: Instant, peer: NodeId, counts: bool) {
        let (quorum, wanted) = (self.quorum(), self.wanted_level(now));
        let Some(p) = self.peers.get_mut(&peer).filter(|p| p.is_free(now)) else {
            return;
        };
        let wanted = if p.is_complete { quorum } else { wanted };
        let voice = p.voice(peer);
        let has_listed = |first| p.listed.contains(&first);
        let Some(taken) = self.shards.take(voice, wanted, !counts, has_listed) else {
            return;
        };
        let blocks = taken.blocks;
        self.next_task += 1;
        p.task = Some(Task {
            id: TaskId(self.next_task),
            taken,
            hedge_at: Some(now + self.config.hedge_after),
            counts,
            listed: Vec::new(),
        });
        self.busy += usize::from(counts);
        p.syncer.sync(now, blocks.first, blocks.end);
        self.pump(now, peer);
    }
}
