//! Asks peers for what is missing, as the sync manager says.

use conn_worker::session::Lane;
use gossip_sync::{
    manager::{self, Output, TaskId},
    relay, routemap as glue,
    scores::Offence,
    syncer::{Failure, Outcome},
};
use lnwire::{NodeId, ShortChannelId};

use super::{core::Core, event::Event, links::Peer, stats::Stats};

/// The most channels remembered that a peer listed and did not send. One that lists and lists and is never done costs no
/// more.
const MAX_WITHHELD: usize = 100_000;

/// What a peer told so far, over all the parts that it was asked for.
#[derive(Debug, Default)]
pub(super) struct Tally {
    listed: usize,
    asked: usize,
    /// Of the part that it is being asked for.
    asked_now: usize,
    withheld: Vec<ShortChannelId>,
    /// Nothing is counted any more.
    is_over: bool,
}

impl Tally {
    /// A part was listed; not one that failed.
    fn add(&mut self, listed: usize) {
        if !self.is_over {
            self.listed += listed;
            self.asked += std::mem::take(&mut self.asked_now);
        }
    }

    fn withhold(&mut self, channels: &[ShortChannelId]) {
        let room = MAX_WITHHELD.saturating_sub(self.withheld.len());
        if !self.is_over {
            self.withheld.extend(channels.iter().take(room));
        }
    }

    fn complete(&mut self) -> Outcome {
        self.is_over = true;
        Outcome::Complete {
            listed: self.listed,
            asked: self.asked,
            withheld: std::mem::take(&mut self.withheld),
        }
    }
}

impl Core {
    /// Tells the manager what happened with a peer, and does what it says.
    pub(super) fn sync(&mut self, peer: NodeId, input: manager::Input) {
        self.manager.handle_input(self.now, peer, input);
        self.pump_manager();
    }

    pub(super) fn pump_manager(&mut self) {
        while let Some((peer, output)) = self.manager.poll_output() {
            // What it says of one that has gone is settled by its going.
            let Some(p) = self.peers.get_mut(&peer) else {
                continue;
            };
            match output {
                Output::Send(message) => p.send(Lane::Control, &message),
                Output::FindMissing { task, listed } => {
                    let fresh = self.clock.fresh_gossip();
                    let now = self.now;
                    let again = |id: &_| glue::is_in_turn(id, now);
                    let wanted = glue::missing(self.knowledge.graph(), &listed, &fresh, again);
                    Stats::add(&self.stats.wanted, wanted.len());
                    p.tally.asked_now = wanted.len();
                    let input = manager::Input::Missing { task, wanted };
                    self.manager.handle_input(now, peer, input);
                }
                Output::Confirm { task, listed } => {
                    p.tally.add(listed.len());
                    p.unconfirmed.push_back((task, listed));
                }
                Output::Event(event) => self.sync_event(peer, event),
            }
        }
    }

    fn sync_event(&mut self, peer: NodeId, event: manager::Event) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        match event {
            manager::Event::RangeDone { blocks, outcome } => {
                self.may_have_settled = true;
                let is_listed = match &outcome {
                    Outcome::Complete { withheld, .. } => {
                        p.tally.withhold(withheld);
                        true
                    }
                    Outcome::Partial {
                        reason: Failure::TooMuch,
                        missing,
                        ..
                    } => {
                        p.tally.withhold(missing);
                        true
                    }
                    _ => false,
                };
                if is_listed {
                    self.reporter.report(Event::Listed { peer, blocks });
                } else {
                    self.reporter.report(Event::Synced { peer, outcome });
                }
            }
            manager::Event::Complete => {
                let outcome = p.tally.complete();
                self.reporter.report(Event::Synced { peer, outcome });
            }
            manager::Event::Synced(coverage) => {
                // From here on, what is new here is news to others, too.
                let now = self.now;
                self.relay.handle_input(now, relay::Input::Complete);
                self.reporter.report(Event::Covered(coverage));
            }
            manager::Event::Doubtful(_) => {
                self.may_have_settled = true;
                self.reporter.report(Event::Doubtful { peer });
            }
            manager::Event::Violation(violation) => {
                self.complain(peer, violation.to_string());
                self.offence(peer, Offence::UselessReply);
            }
            manager::Event::Active(active) => {
                self.reporter.report(Event::Active { peer, active });
            }
            _ => {}
        }
    }

    /// Counts what is true of lists, once everything that came with them has its verdict. What others send meanwhile is
    /// not waited for.
    pub(super) fn confirm(&mut self) {
        for peer in self.peers_with(|p| p.accepted > 0) {
            if let Some(p) = self.peers.get_mut(&peer) {
                let messages = std::mem::take(&mut p.accepted);
                self.sync(peer, manager::Input::Accepted { messages });
            }
        }
        for peer in self.peers_with(|p| !p.unconfirmed.is_empty() && p.deferred.is_empty()) {
            if self.ingest.held_messages_of(peer) > 0 {
                continue;
            }
            while let Some((task, listed)) = self.next_unconfirmed(peer) {
                let channels = glue::count_known(self.knowledge.graph(), &listed);
                self.may_have_settled = true;
                self.sync(peer, manager::Input::Confirmed { task, channels });
            }
        }
        if self.may_have_settled && self.manager.is_settled() {
            self.may_have_settled = false;
            self.reporter.report(Event::Settled);
        }
    }

    fn peers_with(&self, wanted: impl Fn(&Peer) -> bool) -> Vec<NodeId> {
        let with = |(peer, p): (&NodeId, &Peer)| wanted(p).then_some(*peer);
        self.peers.iter().filter_map(with).collect()
    }

    fn next_unconfirmed(&mut self, peer: NodeId) -> Option<(TaskId, Vec<ShortChannelId>)> {
        self.peers.get_mut(&peer)?.unconfirmed.pop_front()
    }
}
