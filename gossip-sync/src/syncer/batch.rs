//! What is wanted of a peer, asked for in batches, and what of it has arrived.

use alloc::vec::Vec;

use lnwire::{
    ChainHash, ShortChannelId,
    bolt7::{QueryFlags, QueryShortChannelIds, ShortChannelIds},
    tlv::UnknownRecords,
};

use super::{Failure, Outcome, Wanted, range::Page};

/// The most channels in one query: with flags they take 9 bytes each of a message's 65,535.
const MAX_PER_QUERY: usize = 7_000;

const ANNOUNCEMENT: u8 = QueryFlags::CHANNEL_ANNOUNCEMENT as u8;
const EVERYTHING: u8 = QueryFlags::EVERYTHING as u8;

/// Channels to ask for, ascending: `[..open]` is answered, `[open..asked]` is asked, the rest waits.
#[derive(Debug)]
pub(super) struct Wants {
    page: Page,
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
    /// Its announcement came. Where only updates are asked for that comes from a dump alone, and only the
    /// end of the answer tells that they came.
    arrived: bool,
}

impl Wants {
    pub(super) fn new(page: Page, mut wanted: Vec<Wanted>) -> Self {
        wanted.iter_mut().for_each(|w| w.flags &= EVERYTHING);
        wanted.retain(|w| w.flags != 0);
        wanted.sort_unstable();
        wanted.dedup_by(|again, kept| {
            let same = again.short_channel_id == kept.short_channel_id;
            if same {
                kept.flags |= again.flags;
            }
            same
        });
        let wanted = wanted.into_iter().map(|w| Want {
            short_channel_id: w.short_channel_id,
            flags: w.flags,
            arrived: false,
        });
        Self {
            page,
            wanted: wanted.collect(),
            open: 0,
            asked: 0,
            outstanding: 0,
            any_arrived: false,
        }
    }

    /// Returns whether all have been asked for.
    pub(super) fn all_asked(&self) -> bool {
        self.asked >= self.wanted.len()
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.wanted.len() * size_of::<Want>()
    }

    /// Makes the query for the next `batch` channels.
    pub(super) fn next_query(
        &mut self,
        chain_hash: ChainHash,
        batch: usize,
    ) -> QueryShortChannelIds {
        let rest = self.wanted.get(self.asked..).unwrap_or_default();
        let next = rest.get(..batch.clamp(1, MAX_PER_QUERY)).unwrap_or(rest);
        self.asked += next.len();
        self.outstanding = next.len();
        let everything = next.iter().all(|w| w.flags == EVERYTHING);
        QueryShortChannelIds {
            chain_hash,
            short_channel_ids: ShortChannelIds::new(next.iter().map(|w| w.short_channel_id)),
            // Peers exist that ignore flags, or want them negotiated: none are sent where none are needed.
            query_flags: (!everything)
                .then(|| QueryFlags::new(next.iter().map(|w| u64::from(w.flags)))),
            unknown: UnknownRecords::default(),
        }
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

    /// Takes note of a channel's announcement; returns whether it was waited for.
    pub(super) fn arrived(&mut self, short_channel_id: ShortChannelId) -> bool {
        let open = self
            .wanted
            .get_mut(self.open..self.asked)
            .unwrap_or_default();
        let at = open.binary_search_by_key(&short_channel_id, |w| w.short_channel_id);
        let want = at.ok().and_then(|at| open.get_mut(at));
        let Some(want) = want.filter(|want| !want.arrived) else {
            return false;
        };
        want.arrived = true;
        self.outstanding -= 1;
        self.any_arrived = true;
        true
    }

    /// Returns whether the first query was not answered by anything.
    pub(super) const fn is_unanswered(&self) -> bool {
        self.open == 0 && !self.any_arrived
    }

    /// Returns whether everything asked for has arrived.
    pub(super) const fn all_arrived(&self) -> bool {
        self.outstanding == 0
    }

    /// Everything was asked for and answered.
    pub(super) fn into_answered(self) -> Outcome {
        let announced = |want: &&Want| want.flags & ANNOUNCEMENT != 0;
        let withheld = not_arrived(self.wanted.iter().filter(announced));
        match self.page.unlisted {
            None => Outcome::Complete {
                listed: self.page.listed,
                asked: self.asked,
                withheld,
            },
            Some((reason, unlisted)) => Outcome::Partial {
                reason,
                missing: withheld,
                unlisted,
            },
        }
    }

    /// Some was not answered, or not even asked for.
    pub(super) fn into_partial(self, reason: Failure) -> Outcome {
        Outcome::Partial {
            reason,
            missing: not_arrived(self.wanted.iter().skip(self.open)),
            unlisted: self.page.unlisted.map_or_else(Vec::new, |(_, u)| u),
        }
    }

    fn open_wants(&self) -> &[Want] {
        self.wanted.get(self.open..self.asked).unwrap_or_default()
    }
}

fn not_arrived<'a>(wants: impl Iterator<Item = &'a Want>) -> Vec<ShortChannelId> {
    wants
        .filter(|want| !want.arrived)
        .map(|want| want.short_channel_id)
        .collect()
}
