//! Collects the replies to one range query.
//!
//! Deployed peers answer out of order, beyond the range, with overlaps; what counts is which ids they list
//! inside the range that was *asked*, and that they say when they are done.

use alloc::vec::Vec;

use lnwire::{
    ChainHash, ShortChannelId, Timestamp,
    bolt7::{QueryChannelRange, ReplyChannelRange},
};

use super::Failure;

/// The most replies to one query: as many as list a million channels in parts of 200.
pub const MAX_REPLIES: usize = 5_000;

/// A channel that a peer listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// When the updates of `node_id_1` and `node_id_2` were made; zero for none. `None` if the peer did not
    /// say. The peer's word, unsigned.
    pub timestamps: Option<[Timestamp; 2]>,
}

#[derive(Debug)]
pub(super) struct RangeReplies {
    chain_hash: ChainHash,
    first: u64,
    end: u64,
    max_listed: usize,
    replies: usize,
    listed: Vec<Listed>,
}

impl RangeReplies {
    pub(super) fn new(query: &QueryChannelRange, max_listed: usize) -> Self {
        Self {
            chain_hash: query.chain_hash,
            first: u64::from(query.first_blocknum.0),
            end: query.end_blocknum(),
            max_listed,
            replies: 0,
            listed: Vec::new(),
        }
    }

    /// Takes a reply in; `true` when it was the last one.
    pub(super) fn add(&mut self, reply: &ReplyChannelRange) -> Result<bool, Failure> {
        self.replies += 1;
        let complete = reply.sync_complete != 0;
        if reply.chain_hash != self.chain_hash || self.echoes_emptily(reply) {
            return Err(Failure::ChainNotServed);
        }
        if self.replies >= MAX_REPLIES && !complete {
            return Err(Failure::TooMuch);
        }
        let mut timestamps = reply.timestamps.as_ref().map(|t| t.iter());
        for short_channel_id in reply.short_channel_ids.iter() {
            let listed = Listed {
                short_channel_id,
                timestamps: timestamps.as_mut().and_then(Iterator::next),
            };
            if !(self.first..self.end).contains(&u64::from(short_channel_id.block().0)) {
                continue;
            }
            if self.listed.len() >= self.max_listed {
                return Err(Failure::TooMuch);
            }
            self.listed.push(listed);
        }
        Ok(complete)
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.listed.len() * size_of::<Listed>()
    }

    /// Hands over what was listed, ascending, each channel once.
    pub(super) fn take_sorted(&mut self) -> Vec<Listed> {
        let mut listed = core::mem::take(&mut self.listed);
        // Of two entries for a channel the one with the later timestamps is kept: it sorts last.
        listed.sort_unstable_by(|a, b| b.cmp(a));
        listed.dedup_by_key(|l| l.short_channel_id);
        listed.reverse();
        listed
    }

    /// How peers that do not keep a chain answer: the whole range, no ids, and not complete.
    fn echoes_emptily(&self, reply: &ReplyChannelRange) -> bool {
        let first = u64::from(reply.first_blocknum.0);
        let end = first + u64::from(reply.number_of_blocks);
        self.replies == 1
            && reply.sync_complete == 0
            && reply.short_channel_ids.is_empty()
            && first == self.first
            && end >= self.end
    }
}
