//! Funding outputs by their place in a transaction, for embedders whose chain source tells of those.

use super::{Graph, hasher::Hasher, index::Index};
use crate::{
    arena::ChannelHandle,
    memory::Memory,
    side::{Kind, Table},
};

/// An output of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Outpoint {
    /// The transaction's id, in the order of the hash's bytes.
    pub txid: [u8; 32],
    /// The output's index.
    pub index: u32,
}

/// Which channel has which funding output, as far as was told: no memory for the others.
#[derive(Debug)]
pub(super) struct Funding {
    outpoints: Table<Outpoint>,
    by_outpoint: Index<ChannelHandle>,
}

impl Funding {
    pub(super) fn new() -> Self {
        Self {
            outpoints: Table::new(Kind::Paged),
            by_outpoint: Index::new(Memory::default()),
        }
    }

    pub(super) fn find(&self, hasher: &Hasher, outpoint: &Outpoint) -> Option<ChannelHandle> {
        let hash = hasher.output(&outpoint.txid, outpoint.index);
        self.by_outpoint
            .find(hash, &|handle| self.get(handle) == Some(outpoint))
    }

    pub(super) fn get(&self, handle: ChannelHandle) -> Option<&Outpoint> {
        self.outpoints.get(handle.index()).map(|(_, o)| o)
    }

    pub(super) fn set(
        &mut self,
        hasher: &Hasher,
        handle: ChannelHandle,
        generation: u32,
        outpoint: Outpoint,
    ) {
        self.remove(hasher, handle);
        let hash = hasher.output(&outpoint.txid, outpoint.index);
        self.outpoints.set(handle.index(), generation, outpoint);
        let outpoints = &self.outpoints;
        self.by_outpoint
            .insert(hash, handle, |h| hash_in(outpoints, hasher, h));
    }

    pub(super) fn remove(&mut self, hasher: &Hasher, handle: ChannelHandle) {
        if let Some((_, outpoint)) = self.outpoints.remove(handle.index()) {
            let hash = hasher.output(&outpoint.txid, outpoint.index);
            let outpoints = &self.outpoints;
            self.by_outpoint
                .remove(hash, handle, |h| hash_in(outpoints, hasher, h));
        }
    }

    /// Returns every outpoint that was told, with the index of its channel's slot, in the order of those.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Outpoint)> {
        let entries = self.outpoints.iter();
        entries.map(|(index, _, outpoint)| (index as u32, outpoint))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.outpoints.heap_bytes() + self.by_outpoint.heap_bytes()
    }

    /// Returns how many outpoints the table and the index have, for checks.
    pub(super) fn counts(&self) -> [usize; 2] {
        [self.outpoints.len(), self.by_outpoint.iter().count()]
    }
}

fn hash_in(outpoints: &Table<Outpoint>, hasher: &Hasher, handle: ChannelHandle) -> Option<u32> {
    let (_, outpoint) = outpoints.get(handle.index())?;
    Some(hasher.output(&outpoint.txid, outpoint.index))
}

impl Graph {
    /// Takes note of a channel's funding output, by which [`connect_block`](Self::connect_block) then knows
    /// it. Returns whether `handle` names a channel.
    ///
    /// About 60 bytes for each channel that has one.
    pub fn set_outpoint(&mut self, handle: ChannelHandle, outpoint: Outpoint) -> bool {
        let Some(generation) = self.channel_generation(handle) else {
            return false;
        };
        self.funding.set(&self.hasher, handle, generation, outpoint);
        true
    }

    /// Returns the channel's funding output, if it was told.
    #[must_use]
    pub fn outpoint(&self, handle: ChannelHandle) -> Option<Outpoint> {
        self.channels.get(handle)?;
        self.funding.get(handle).copied()
    }
}
