//! What is wanted of a peer, asked for in batches, and what of it has arrived.

use alloc::vec::Vec;

use lnwire::{
    ChainHash, ShortChannelId,
    bolt7::{QueryFlags, QueryShortChannelIds, ShortChannelIds},
    tlv::UnknownRecords,
};

use super::{Outcome, Wanted};

/// Channels to ask for, ascending: `[..open]` is answered, `[open..asked]` is asked, the rest waits.
#[derive(Debug)]
pub(super) struct Wants {
    listed: usize,
    wanted: Vec<Want>,
    open: usize,
    asked: usize,
    /// Wants in `[open..asked]` that have not arrived.
    outstanding: usize,
    any_arrived: bool,
}

#[derive(Clone, Copy, Debug)]
struct Want {
    short_channel_id: ShortChannelId,
    flags: u8,
    /// Its announcement came, or was not asked for.
    arrived: bool,
}

impl Want {
    const fn new(wanted: Wanted) -> Self {
        Self {
            short_channel_id: wanted.short_channel_id,
            flags: wanted.flags,
            arrived: wanted.flags & ANNOUNCEMENT == 0,
        }
    }
}

const ANNOUNCEMENT: u8 = QueryFlags::CHANNEL_ANNOUNCEMENT as u8;

impl Wants {
    pub(super) fn new(listed: usize, mut wanted: Vec<Wanted>) -> Self {
        wanted.sort_unstable();
        wanted.dedup_by_key(|w| w.short_channel_id);
        let wanted = wanted.into_iter().map(Want::new).collect();
        Self {
            listed,
            wanted,
            open: 0,
            asked: 0,
            outstanding: 0,
            any_arrived: false,
        }
    }

    /// Makes the query for the next `batch` channels; `None` when all have been asked for.
    pub(super) fn next_query(
        &mut self,
        chain_hash: ChainHash,
        batch: usize,
    ) -> Option<QueryShortChannelIds> {
        let rest = self.wanted.get(self.asked..).unwrap_or_default();
        let next = rest.get(..batch.clamp(1, 8000)).unwrap_or(rest);
        if next.is_empty() {
            return None;
        }
        self.asked += next.len();
        self.outstanding = next.iter().filter(|w| !w.arrived).count();
        let everything = next
            .iter()
            .all(|w| u64::from(w.flags) == QueryFlags::EVERYTHING);
        Some(QueryShortChannelIds {
            chain_hash,
            short_channel_ids: ShortChannelIds::new(next.iter().map(|w| w.short_channel_id)),
            // Peers exist that ignore flags, or want them negotiated: none are sent where none are needed.
            query_flags: (!everything)
                .then(|| QueryFlags::new(next.iter().map(|w| u64::from(w.flags)))),
            unknown: UnknownRecords::default(),
        })
    }

    /// Takes note that the open query is answered.
    pub(super) const fn end_query(&mut self) {
        self.open = self.asked;
        self.outstanding = 0;
    }

    /// Opens everything that is not answered: a dump answers all at once, in any order.
    pub(super) fn ask_for_all(&mut self) {
        self.asked = self.wanted.len();
        self.outstanding = self.open_wants().iter().filter(|w| !w.arrived).count();
    }

    /// Takes note of gossip, and of the channel if it announces one.
    pub(super) fn arrived(&mut self, announced: Option<ShortChannelId>) {
        self.any_arrived = true;
        let Some(short_channel_id) = announced else {
            return;
        };
        let open = self
            .wanted
            .get_mut(self.open..self.asked)
            .unwrap_or_default();
        if let Ok(at) = open.binary_search_by_key(&short_channel_id, |w| w.short_channel_id) {
            if let Some(want) = open.get_mut(at).filter(|want| !want.arrived) {
                want.arrived = true;
                self.outstanding -= 1;
            }
        }
    }

    /// Returns whether no gossip at all came since the first query.
    pub(super) const fn nothing_arrived(&self) -> bool {
        !self.any_arrived
    }

    /// Returns whether everything asked for has arrived.
    pub(super) const fn all_arrived(&self) -> bool {
        self.outstanding == 0
    }

    /// Everything was asked for and answered.
    pub(super) fn into_complete(self) -> Outcome {
        let withheld = self.not_arrived(0);
        Outcome::Complete {
            listed: self.listed,
            asked: self.asked,
            withheld,
        }
    }

    /// What was not answered, or not even asked for.
    pub(super) fn into_missing(self) -> Vec<ShortChannelId> {
        self.not_arrived(self.open)
    }

    fn open_wants(&self) -> &[Want] {
        self.wanted.get(self.open..self.asked).unwrap_or_default()
    }

    fn not_arrived(&self, from: usize) -> Vec<ShortChannelId> {
        self.wanted
            .get(from..)
            .unwrap_or_default()
            .iter()
            .filter(|w| !w.arrived)
            .map(|w| w.short_channel_id)
            .collect()
    }
}
