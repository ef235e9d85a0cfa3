//! The beginning of the first segment: from here a reader finds everything.
//!
//! | word | what |
//! |---|---|
//! | 0 | the [epoch](super::EPOCH) |
//! | 1 | magic; 0 while there is nothing to read |
//! | 2 | the layout's version, 16 bits; the sizes of a channel's head, edge and tail, of a node and of a change, 8 bits each |
//! | 3 to 6 | the chain's hash |
//! | 7 | the seed of the hashes |
//! | 8 | slots of channels and of nodes that were ever taken, 32 bits each |
//! | 9 | channels and nodes |
//! | 10 | depth of the ring of changes, and how many long lists there are |
//! | 11 | changes so far |
//! | 12, 13 | place of the table of short channel ids; lines that are home to hashes, and all lines |
//! | 14, 15 | the same of node ids |
//! | 16 | place of the directory |
//! | 17 | blocks of channels' heads, and of nodes |
//! | 18 | blocks of lists, and of changes |
//! | 19 | blocks of channels' edges, of which there are as many as of their tails, and segments |
//! | 20 | how long a slot rests before it is taken again, in milliseconds |
//! | 24 | the number that is odd while any of this changes, the epoch excepted |
//!
//! The directory has one word for each block, its place: blocks of channels' heads, of their edges and tails, of nodes,
//! of lists, long lists, of changes, in this order. A place is the number of a segment in the upper half of a word
//! and of a word in it in the lower; 0, where this is, is none. What is not named here is for the owner alone.

use crate::{
    arena::chunks,
    change::{Record, ring},
    graph::{Node, edge::Edge, head::Head, lists, tail::Tail},
};

/// What the owner keeps free for it: four lines of the cache.
pub(super) const HEADER_WORDS: usize = 32;
/// Where [`Header::to_words`] goes.
pub(super) const HEADER_AT: usize = 1;
pub(super) const LEN: usize = 20;
/// Where the number of the changes is: on a line of its own, for readers that wait for it.
pub(super) const SEQUENCE: usize = 24;

const MAGIC: u64 = u64::from_be_bytes(*b"routemap");
/// Changes with the meaning of any word that a reader follows.
const VERSION: u64 = 7;
const LAYOUT: u64 = VERSION << 48
    | (size_of::<Head>() as u64) << 32
    | (size_of::<Edge>() as u64) << 24
    | (size_of::<Tail>() as u64) << 16
    | (size_of::<Node>() as u64) << 8
    | size_of::<Record>() as u64;

const _: () = assert!(
    size_of::<Record>() < 256 && size_of::<Node>() < 256,
    "8 bits each"
);
const _: () = assert!(HEADER_AT + LEN <= SEQUENCE && SEQUENCE < HEADER_WORDS);
const _: () = assert!(
    chunks::CHUNK == 1024 && lists::CHUNK == 1024 && ring::CHUNK == 256,
    "a reader of this version counts on it"
);

/// The header, without the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) chain_hash: [u8; 32],
    pub(crate) seed: u64,
    pub(crate) channel_slots: u32,
    pub(crate) node_slots: u32,
    pub(crate) channels: u32,
    pub(crate) nodes: u32,
    pub(crate) change_depth: u32,
    pub(crate) changes: u64,
    pub(crate) by_short_channel_id: Table,
    pub(crate) by_node_id: Table,
    pub(crate) directory: u64,
    pub(crate) channel_blocks: u32,
    pub(crate) edge_blocks: u32,
    pub(crate) node_blocks: u32,
    pub(crate) list_blocks: u32,
    pub(crate) long_lists: u32,
    pub(crate) change_blocks: u32,
    pub(crate) segments: u32,
    pub(crate) quarantine_millis: u64,
}

/// Where a table of hashes and handles is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) place: u64,
    /// Lines that are home to hashes.
    pub(crate) homes: u32,
    /// All lines.
    pub(crate) lines: u32,
}

impl Header {
    pub(super) fn to_words(&self) -> [u64; LEN] {
        let mut chain = [0; 4];
        for (word, bytes) in chain.iter_mut().zip(self.chain_hash.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        }
        let [c0, c1, c2, c3] = chain;
        let table = |table: &Table| [table.place, pair(table.homes, table.lines)];
        let [scids, scid_lens] = table(&self.by_short_channel_id);
        let [ids, id_lens] = table(&self.by_node_id);
        [
            MAGIC,
            LAYOUT,
            c0,
            c1,
            c2,
            c3,
            self.seed,
            pair(self.channel_slots, self.node_slots),
            pair(self.channels, self.nodes),
            pair(self.change_depth, self.long_lists),
            self.changes,
            scids,
            scid_lens,
            ids,
            id_lens,
            self.directory,
            pair(self.channel_blocks, self.node_blocks),
            pair(self.list_blocks, self.change_blocks),
            pair(self.edge_blocks, self.segments),
            self.quarantine_millis,
        ]
    }

    /// Reads it; `None` if it is not one of this version.
    pub(super) fn from_words(words: [u64; LEN]) -> Option<Self> {
        let [magic, layout, c0, c1, c2, c3, seed, rest @ ..] = words;
        if magic != MAGIC || layout != LAYOUT {
            return None;
        }
        let [slots, counts, depth, changes, rest @ ..] = rest;
        let [scids, scid_lens, ids, id_lens, directory, rest @ ..] = rest;
        let [records, others, edges, quarantine_millis] = rest;
        let mut chain_hash = [0; 32];
        for (bytes, word) in chain_hash.chunks_exact_mut(8).zip([c0, c1, c2, c3]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let table = |place, lens| Table {
            place,
            homes: upper(lens),
            lines: lower(lens),
        };
        Some(Self {
            chain_hash,
            seed,
            channel_slots: upper(slots),
            node_slots: lower(slots),
            channels: upper(counts),
            nodes: lower(counts),
            change_depth: upper(depth),
            long_lists: lower(depth),
            changes,
            by_short_channel_id: table(scids, scid_lens),
            by_node_id: table(ids, id_lens),
            directory,
            channel_blocks: upper(records),
            node_blocks: lower(records),
            list_blocks: upper(others),
            change_blocks: lower(others),
            edge_blocks: upper(edges),
            segments: lower(edges),
            quarantine_millis,
        })
    }
}

const fn pair(upper: u32, lower: u32) -> u64 {
    (upper as u64) << 32 | lower as u64
}

const fn upper(word: u64) -> u32 {
    (word >> 32) as u32
}

const fn lower(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was() {
        let table = |n: u64| Table {
            place: n << 32 | 5,
            homes: 7,
            lines: 9,
        };
        let mut chain_hash = [0; 32];
        chain_hash.iter_mut().zip(1..).for_each(|(b, i)| *b = i);
        let header = Header {
            chain_hash,
            seed: 1 << 63,
            channel_slots: 2,
            node_slots: 3,
            channels: 4,
            nodes: 5,
            change_depth: 6,
            changes: 1 << 40,
            by_short_channel_id: table(1),
            by_node_id: table(2),
            directory: 10,
            channel_blocks: 11,
            edge_blocks: 18,
            node_blocks: 12,
            list_blocks: 13,
            long_lists: 14,
            change_blocks: 15,
            segments: 16,
            quarantine_millis: 17,
        };
        let words = header.to_words();
        assert_eq!(Header::from_words(words), Some(header));
        for at in [0, 1] {
            let mut other = words;
            other[at] ^= 1;
            assert_eq!(Header::from_words(other), None);
        }
    }
}
