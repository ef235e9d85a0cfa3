//! Ranges of blocks, and which part of one was answered for.

use alloc::vec::Vec;

use lnwire::{BlockHeight, ShortChannelId, bolt7::QueryChannelRange};

/// Blocks from `first` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blocks {
    /// The first block.
    pub first: BlockHeight,
    /// The block behind the last one.
    pub end: BlockHeight,
}

impl Blocks {
    /// Blocks from `first` up to, not including, `end`; the block `first` alone if that is none.
    #[must_use]
    pub const fn new(first: BlockHeight, end: BlockHeight) -> Self {
        let least = first.0.saturating_add(1);
        let end = if end.0 > least {
            end
        } else {
            BlockHeight(least)
        };
        Self { first, end }
    }

    /// Returns how many blocks they are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.end.0.saturating_sub(self.first.0)
    }

    /// Returns whether a channel's funding transaction is in one of them.
    #[must_use]
    pub const fn contains(self, channel: ShortChannelId) -> bool {
        let block = channel.block().0;
        self.first.0 <= block && block < self.end.0
    }
}

/// The most separate pieces remembered. Honest answers come in order, in one piece that grows; what is forgotten counts as
/// not covered and is asked for again.
const MAX_PIECES: usize = 32;

/// Which blocks replies covered: ascending pieces that do not touch.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pieces: Vec<Blocks>,
}

impl Covered {
    /// Adds the blocks of a reply. No blocks stand for one; past the last height they end there.
    pub(super) fn add(&mut self, first: BlockHeight, number_of_blocks: u32) {
        let end = BlockHeight(first.0.saturating_add(number_of_blocks));
        let mut new = Blocks::new(first, end);
        self.pieces.retain(|old| {
            let apart = old.end < new.first || new.end < old.first;
            if !apart {
                new.first = new.first.min(old.first);
                new.end = new.end.max(old.end);
            }
            apart
        });
        if self.pieces.len() < MAX_PIECES {
            let at = self.pieces.partition_point(|old| old.first < new.first);
            self.pieces.insert(at, new);
        }
    }

    /// Returns what of `whole` is not covered, ascending.
    pub(super) fn gaps(&self, whole: Blocks) -> Vec<Blocks> {
        let mut gaps = Vec::new();
        let mut next = whole.first;
        for piece in &self.pieces {
            let end = piece.first.min(whole.end);
            if next < end {
                gaps.push(Blocks { first: next, end });
            }
            next = next.max(piece.end);
        }
        if next < whole.end {
            gaps.push(Blocks {
                first: next,
                end: whole.end,
            });
        }
        gaps
    }
}

impl From<&QueryChannelRange> for Blocks {
    fn from(query: &QueryChannelRange) -> Self {
        let end = u32::try_from(query.end_blocknum()).unwrap_or(u32::MAX);
        Self::new(query.first_blocknum, BlockHeight(end))
    }
}
