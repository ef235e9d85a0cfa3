//! One peer's place in what is passed on.

use core::ops::Range;

use lnwire::{NodeId, bytes::Bytes};

use super::{Bucket, Config, item::Item, log::Log};

#[derive(Debug)]
pub(super) struct Peer {
    /// Its mark among those that have a message.
    holder: u64,
    /// The timestamps that it wants; nothing before it says so.
    pub(super) filter: Option<Range<u64>>,
    pub(super) place: u64,
    own_place: u64,
    /// Bytes that may be handed out before it has to be ready again.
    pub(super) page_left: usize,
    /// Bytes that are left of its turn.
    pub(super) turn_left: usize,
    pub(super) bucket: Option<Bucket>,
    /// It is among those whose turn comes.
    pub(super) is_queued: bool,
    /// It waits for its bucket to fill.
    pub(super) is_slowed: bool,
}

impl Peer {
    pub(super) fn new(holder: u64, config: &Config) -> Self {
        Self {
            holder,
            filter: None,
            place: 0,
            own_place: 0,
            page_left: config.page,
            turn_left: config.quantum,
            bucket: config.peer_rate.map(Bucket::new),
            is_queued: false,
            is_slowed: false,
        }
    }

    /// Returns whether it may be lined up for its turn.
    pub(super) const fn may_go(&self) -> bool {
        self.page_left > 0 && !self.is_queued && !self.is_slowed
    }

    /// Returns the next message for it, and moves behind it.
    pub(super) fn next(&mut self, peer: NodeId, own: &Log, log: &Log) -> Option<Bytes> {
        while let Some((number, item)) = own.after(self.own_place) {
            self.own_place = number;
            if item.only.is_none_or(|only| only == peer) && !self.has(item) {
                return Some(item.frame.clone());
            }
        }
        let filter = self.filter.clone()?;
        while let Some((number, item)) = log.after(self.place) {
            self.place = number;
            let at = item.timestamp.map(|at| u64::from(at.as_secs()));
            if at.is_some_and(|at| filter.contains(&at)) && !self.has(item) {
                return Some(item.frame.clone());
            }
        }
        None
    }

    fn has(&self, item: &Item) -> bool {
        item.holders.contains(&self.holder)
    }
}
