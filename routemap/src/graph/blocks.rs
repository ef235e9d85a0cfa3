//! What blocks do to channels: funding outputs are spent, and leave the chain with their block.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use lnwire::{BlockHeight, Instant, ShortChannelId};

use super::{Graph, Outpoint};
use crate::{
    arena::ChannelHandle,
    change::{Reason, What},
};

/// A funding output that a block spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The output. One that no channel is known to have is no error: all outputs that a block spends may be
    /// told.
    pub output: SpentOutput,
    /// The channel that the spending transaction funds, if it is a splice.
    pub spliced_to: Option<ShortChannelId>,
}

/// Names an output in either of two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpentOutput {
    /// By its place in the chain.
    Channel(ShortChannelId),
    /// By its transaction, for channels whose [outpoint](Graph::set_outpoint) was told.
    Outpoint(Outpoint),
}

/// The block is not the one that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block {found}, where {expected:?} was expected")]
pub struct BlockError {
    /// The height that is due; `None` if there is no block to disconnect.
    pub expected: Option<BlockHeight>,
    /// The height told.
    pub found: BlockHeight,
}

/// The latest block, and the channels that are dying.
///
/// Invariant: `by_height` has exactly the channels of `dying`, by the block that made them die.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    tip: Option<BlockHeight>,
    dying: BTreeMap<ShortChannelId, (BlockHeight, Reason)>,
    by_height: BTreeSet<(BlockHeight, ShortChannelId)>,
}

impl Blocks {
    #[inline]
    pub(super) const fn tip(&self) -> Option<BlockHeight> {
        self.tip
    }

    /// Returns whether a channel is dying because its output was spent.
    pub(super) fn is_spent(&self, id: ShortChannelId) -> bool {
        matches!(self.dying.get(&id), Some((_, reason)) if *reason != Reason::ReorganisedOut)
    }

    /// Forgets that a channel is dying; returns whether it was.
    #[inline]
    pub(super) fn forget(&mut self, id: ShortChannelId) -> bool {
        if self.dying.is_empty() {
            return false;
        }
        let entry = self.dying.remove(&id);
        entry.is_some_and(|(height, _)| self.by_height.remove(&(height, id)))
    }

    pub(super) fn reason(&self, id: ShortChannelId) -> Option<Reason> {
        self.dying.get(&id).map(|(_, reason)| *reason)
    }

    /// Returns the block that made a channel die, if it is dying.
    pub(super) fn since(&self, id: ShortChannelId) -> Option<BlockHeight> {
        self.dying.get(&id).map(|(height, _)| *height)
    }

    pub(super) fn len(&self) -> usize {
        self.dying.len()
    }

    pub(super) fn is_consistent(&self) -> bool {
        let mut dying = self.dying.iter();
        self.dying.len() == self.by_height.len()
            && dying.all(|(id, (height, _))| self.by_height.contains(&(*height, *id)))
    }

    /// Returns about how many bytes the trees hold: they are three quarters full on average.
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = size_of::<(ShortChannelId, BlockHeight, Reason)>()
            + size_of::<(BlockHeight, ShortChannelId)>();
        self.dying.len() * entry * 4 / 3
    }

    /// Returns every channel that is dying, by id: since which block, and why.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ShortChannelId, BlockHeight, Reason)> + '_ {
        let entries = self.dying.iter();
        entries.map(|(id, (height, reason))| (*id, *height, *reason))
    }

    /// Sets the latest block.
    pub(super) const fn set_tip(&mut self, tip: Option<BlockHeight>) {
        self.tip = tip;
    }

    /// Takes note that a channel has been dying since a block.
    pub(super) fn insert(&mut self, id: ShortChannelId, height: BlockHeight, reason: Reason) {
        self.forget(id);
        self.dying.insert(id, (height, reason));
        self.by_height.insert((height, id));
    }
}

impl Graph {
    /// Returns the height of the latest block that the graph was told of.
    #[must_use]
    pub const fn block_height(&self) -> Option<BlockHeight> {
        self.blocks.tip()
    }

    /// Takes note of a block, and which funding outputs it spends.
    ///
    /// Their channels are [dying](crate::ChannelRef::is_dying): not to be relayed, and for payments only as
    /// [`unroute_dying`](crate::Config::unroute_dying) says. They go when
    /// [`blocks_until_forgotten`](crate::Config::blocks_until_forgotten) more blocks have come.
    ///
    /// # Errors
    /// [`BlockError`] if another height is due: the one after the latest, or any for the first block told of.
    /// Nothing has changed then, and the embedder fetches the blocks between.
    ///
    /// BOLT 7, [the `channel_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_announcement-message).
    pub fn connect_block(
        &mut self,
        now: Instant,
        height: BlockHeight,
        spent: &[Spent],
    ) -> Result<(), BlockError> {
        let expected = self
            .blocks
            .tip
            .map(|tip| BlockHeight(tip.0.saturating_add(1)));
        if expected.is_some_and(|expected| expected != height) {
            return Err(BlockError {
                expected,
                found: height,
            });
        }
        self.blocks.tip = Some(height);
        for spent in spent {
            let Some(handle) = self.find_output(&spent.output) else {
                continue;
            };
            let reason = spent.spliced_to.map_or(Reason::Closed, Reason::Spliced);
            if !self.blocks.is_spent(self.channels.id_at(handle)) {
                self.set_dying(now, handle, height, reason);
            }
        }
        self.forget_dead(now, height);
        Ok(())
    }

    /// Takes a block back that is no longer part of the chain.
    ///
    /// Channels that it made die live again. Those whose funding transaction it held are dying from now on,
    /// until the embedder finds the transaction again and says so by
    /// [`set_confirmed`](Self::set_confirmed).
    ///
    /// # Errors
    /// [`BlockError`] if it is not the latest block. Nothing has changed then.
    pub fn disconnect_block(
        &mut self,
        now: Instant,
        height: BlockHeight,
    ) -> Result<(), BlockError> {
        if self.blocks.tip != Some(height) {
            return Err(BlockError {
                expected: self.blocks.tip,
                found: height,
            });
        }
        let from = (height, ShortChannelId(0));
        let of_this_block = self.blocks.by_height.range(from..).map(|(_, id)| *id);
        let undone: Vec<_> = of_this_block
            .filter(|id| self.blocks.is_spent(*id))
            .filter_map(|id| self.channel_by_scid(id))
            .collect();
        for handle in undone {
            self.set_alive(now, handle);
        }
        self.zombies.disconnect_block(height);
        let confirmed_in_it: Vec<_> = self
            .channels()
            .filter(|(_, channel)| channel.short_channel_id().block() == height)
            .filter(|(_, channel)| self.blocks.reason(channel.short_channel_id()).is_none())
            .map(|(handle, _)| handle)
            .collect();
        self.blocks.tip = height.0.checked_sub(1).map(BlockHeight);
        for handle in confirmed_in_it {
            self.set_dying(now, handle, height, Reason::ReorganisedOut);
        }
        Ok(())
    }

    /// Takes note that the funding output of a channel that was reorganised out is in the chain again, at the
    /// same place. Returns whether the channel was dying for that reason, and no longer is.
    pub fn set_confirmed(&mut self, now: Instant, handle: ChannelHandle) -> bool {
        let Some(channel) = self.channels.get(handle) else {
            return false;
        };
        let reason = self.blocks.reason(channel.short_channel_id());
        let is_out = reason == Some(Reason::ReorganisedOut);
        if is_out {
            self.set_alive(now, handle);
        }
        is_out
    }

    /// Returns how many channels are dying.
    #[must_use]
    pub fn dying_count(&self) -> usize {
        self.blocks.len()
    }

    /// Returns why a channel is dying; `None` if it is not.
    #[must_use]
    pub fn dying_reason(&self, handle: ChannelHandle) -> Option<Reason> {
        let channel = self.channels.get(handle)?;
        self.blocks.reason(channel.short_channel_id())
    }

    fn find_output(&self, output: &SpentOutput) -> Option<ChannelHandle> {
        match output {
            SpentOutput::Channel(id) => self.channel_by_scid(*id),
            SpentOutput::Outpoint(outpoint) => self.funding.find(&self.hasher, outpoint),
        }
    }

    fn set_dying(
        &mut self,
        now: Instant,
        handle: ChannelHandle,
        height: BlockHeight,
        reason: Reason,
    ) {
        let unrouted = self.config.unroute_dying;
        self.channels
            .write(handle, |head| head.set_dying(true, unrouted));
        let channel = self.channels.at(handle);
        let (id, generation) = (channel.short_channel_id(), channel.generation());
        self.blocks.insert(id, height, reason);
        self.tell(
            now,
            What::ChannelDying {
                channel: handle,
                generation,
                reason,
            },
        );
    }

    fn set_alive(&mut self, now: Instant, handle: ChannelHandle) {
        self.channels
            .write(handle, |head| head.set_dying(false, false));
        let channel = self.channels.at(handle);
        let (id, generation) = (channel.short_channel_id(), channel.generation());
        self.blocks.forget(id);
        self.tell(
            now,
            What::ChannelAlive {
                channel: handle,
                generation,
            },
        );
    }

    /// Removes the channels that have been dying for long enough.
    fn forget_dead(&mut self, now: Instant, height: BlockHeight) {
        let blocks = self.config.blocks_until_forgotten;
        let Some(last) = height.0.checked_sub(blocks) else {
            return;
        };
        while let Some((since, id)) = self.blocks.by_height.first().copied() {
            if since.0 > last {
                break;
            }
            let reason = self.blocks.reason(id).unwrap_or(Reason::Closed);
            if let Some(handle) = self.channel_by_scid(id) {
                self.remove(now, handle, reason, [false; 2]);
            }
            self.blocks.forget(id);
        }
    }
}
