//! Collects the replies to one range query, and to those that ask again for what these left out.
//!
//! Deployed peers answer out of order, beyond the range, with overlaps; what counts is which ids they list
//! inside the range that was *asked*, which of its blocks they speak for, and that they say when they are done.

use alloc::vec::Vec;

use lnwire::{BlockHeight, ChainHash, ShortChannelId, Timestamp, bolt7::ReplyChannelRange};

use super::{
    Failure,
    blocks::{Blocks, Covered},
};

/// The most replies in one sync: as many as list a million channels in parts of 200.
pub const MAX_REPLIES: usize = 5_000;
/// The most queries that ask again for blocks which the replies left out.
pub const MAX_GAP_QUERIES: usize = 4;

/// A channel that a peer listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// When the updates of `node_id_1` and `node_id_2` were made; zero for none. `None` if the peer did not
    /// say. The peer's word, unsigned.
    pub timestamps: Option<[Timestamp; 2]>,
    /// The checksums of those updates; zero for none. `None` if the peer did not say. Unsigned, too.
    pub checksums: Option<[u32; 2]>,
}

/// A list in the making.
#[derive(Debug)]
pub(super) struct RangeReplies {
    chain_hash: ChainHash,
    /// What the present query asks for.
    asked: Blocks,
    /// What is listed: what was asked for at first, less at the top once that was too much.
    kept: Blocks,
    whole: Blocks,
    covered: Covered,
    gap_queries: usize,
    max_listed: usize,
    replies: usize,
    listed: Vec<Listed>,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// More replies.
    Reply,
    /// These blocks were left out: ask again.
    AskAgain(Blocks),
    /// The list is there.
    List,
}

/// A list, with what it lacks.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) listed: usize,
    /// Why, and which blocks are not listed.
    pub(super) unlisted: Option<(Failure, Vec<Blocks>)>,
}

impl RangeReplies {
    pub(super) fn new(chain_hash: ChainHash, blocks: Blocks, max_listed: usize) -> Self {
        Self {
            chain_hash,
            asked: blocks,
            kept: blocks,
            whole: blocks,
            covered: Covered::default(),
            gap_queries: 0,
            max_listed,
            replies: 0,
            listed: Vec::new(),
        }
    }

    /// Takes a reply in.
    pub(super) fn add(&mut self, reply: &ReplyChannelRange) -> Result<Next, Failure> {
        self.replies += 1;
        let complete = reply.sync_complete != 0;
        if reply.chain_hash != self.chain_hash || self.echoes_emptily(reply) {
            return Err(Failure::ChainNotServed);
        }
        if self.replies >= MAX_REPLIES && !complete {
            return Err(Failure::TooMuch);
        }
        let mut timestamps = reply.timestamps.as_ref().map(|t| t.iter());
        let mut checksums = reply.checksums.as_ref().map(|c| c.iter());
        for short_channel_id in reply.short_channel_ids.iter() {
            let listed = Listed {
                short_channel_id,
                timestamps: timestamps.as_mut().and_then(Iterator::next),
                checksums: checksums.as_mut().and_then(Iterator::next),
            };
            if !self.kept.contains(short_channel_id) {
                continue;
            }
            if self.listed.len() >= self.max_listed {
                self.make_room()?;
                if !self.kept.contains(short_channel_id) {
                    continue;
                }
            }
            self.listed.push(listed);
        }
        self.covered
            .add(reply.first_blocknum, reply.number_of_blocks);
        Ok(if complete { self.next() } else { Next::Reply })
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.listed.len() * size_of::<Listed>()
    }

    /// Hands over what was listed, ascending, each channel once.
    pub(super) fn take_page(&mut self) -> (Vec<Listed>, Page) {
        self.sort();
        let gaps = self.covered.gaps(self.kept);
        let mut unlisted = (!gaps.is_empty()).then_some((Failure::Gaps, gaps));
        if self.kept.end < self.whole.end {
            let rest = Blocks::new(self.kept.end, self.whole.end);
            let (reason, blocks) = unlisted.get_or_insert((Failure::TooMuch, Vec::new()));
            *reason = Failure::TooMuch;
            blocks.push(rest);
        }
        let page = Page {
            listed: self.listed.len(),
            unlisted,
        };
        (core::mem::take(&mut self.listed), page)
    }

    fn next(&mut self) -> Next {
        let gap = self.covered.gaps(self.kept).first().copied();
        match gap.filter(|_| self.gap_queries < MAX_GAP_QUERIES) {
            None => Next::List,
            Some(gap) => {
                self.gap_queries += 1;
                self.asked = gap;
                Next::AskAgain(gap)
            }
        }
    }

    /// Keeps the lower three quarters of a full list, cut at the border of a block. A list that holds one
    /// block's channels alone cannot be cut.
    fn make_room(&mut self) -> Result<(), Failure> {
        self.sort();
        let keep = self.max_listed / 4 * 3;
        let Some(border) = self.listed.get(keep).map(|l| l.short_channel_id.block()) else {
            return Ok(());
        };
        let below = |end: BlockHeight| {
            let is_below = |l: &Listed| l.short_channel_id.block() < end;
            self.listed.partition_point(is_below)
        };
        let behind = BlockHeight(border.0.saturating_add(1));
        let (end, len) = match below(border) {
            0 => (behind, below(behind)),
            len => (border, len),
        };
        if len >= self.max_listed {
            return Err(Failure::TooMuch);
        }
        self.listed.truncate(len);
        self.kept.end = end;
        Ok(())
    }

    /// Of two entries for a channel the one with the later timestamps is kept: it sorts last.
    fn sort(&mut self) {
        self.listed.sort_unstable_by(|a, b| b.cmp(a));
        self.listed.dedup_by_key(|l| l.short_channel_id);
        self.listed.reverse();
    }

    /// How peers that do not keep a chain answer: the whole range, no ids, and not complete.
    fn echoes_emptily(&self, reply: &ReplyChannelRange) -> bool {
        let first = u64::from(reply.first_blocknum.0);
        let end = first + u64::from(reply.number_of_blocks);
        self.replies == 1
            && reply.sync_complete == 0
            && reply.short_channel_ids.is_empty()
            && reply.first_blocknum == self.asked.first
            && end >= u64::from(self.asked.end.0)
    }
}
