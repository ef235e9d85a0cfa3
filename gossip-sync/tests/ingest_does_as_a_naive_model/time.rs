//! What time and blocks do to what was taken.

use gossip_sync::ingest::DropReason;
use lnwire::{BlockHeight, Instant};

use super::model::Model;
use super::taken::{About, State, Taken};

impl Model {
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let deadlines = self.taken.iter().filter_map(|t| match t.state {
            State::Waits(_) => None,
            State::Rests(at) => Some(at.min(t.until)),
            _ => Some(t.until),
        });
        deadlines.min()
    }

    /// Ends what is due now. Returns whether that was the end of a job that had not been handed out.
    pub(crate) fn time_out(&mut self, now: Instant) -> bool {
        self.now = now;
        let is_queued = |t: &Taken| t.until <= now && matches!(t.state, State::Queued(_));
        let was_queued = self.taken.iter().any(is_queued);
        let due = |t: &Taken, of: fn(&State) -> bool| t.until <= now && of(&t.state);
        let is_job: fn(&State) -> bool = |s| matches!(s, State::Queued(_) | State::Out);
        let is_lookup: fn(&State) -> bool =
            |s| matches!(s, State::ToAsk | State::Asked | State::Rests(_));
        let is_parked: fn(&State) -> bool = |s| matches!(s, State::Parked(_));
        while let Some(late) = self.taken.iter().find(|t| due(t, is_job)) {
            self.refused(late.number, DropReason::NotChecked);
        }
        while let Some(late) = self.taken.iter().find(|t| due(t, is_lookup)) {
            self.refused(late.number, DropReason::ChainUnavailable);
        }
        for taken in &mut self.taken {
            if matches!(taken.state, State::Rests(at) if at <= now) {
                taken.state = State::ToAsk;
            }
        }
        while let Some(late) = self.taken.iter().find(|t| due(t, is_parked)) {
            self.end_parked(late.number);
        }
        was_queued
    }

    pub(crate) fn set_tip(&mut self, tip: BlockHeight) {
        self.tip = tip.0;
        let is_due = |t: &&Taken| match t.item.about {
            About::Channel(id, _) => t.unconfirmed && id.block().0 + 5 <= tip.0,
            _ => false,
        };
        let height = |t: &Taken| match (&t.item.about, &t.state) {
            (About::Channel(id, _), State::Parked(order)) => (id.block().0, *order, t.number),
            _ => panic!("parked for its confirmations"),
        };
        let mut due: Vec<_> = self.taken.iter().filter(is_due).map(height).collect();
        due.sort_unstable();
        for (_, _, number) in due {
            let mut taken = self.take(number);
            taken.unconfirmed = false;
            self.check(taken);
        }
    }
}
