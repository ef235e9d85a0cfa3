//! A node's record.

use core::cmp::Ordering;

use lnwire::{NodeId, Timestamp};

use super::lists::{self, List};
use crate::{arena::Record, memory::Plain, prefetch::prefetch};

/// A node that has a channel.
///
/// What its `node_announcement` says beside the timestamp is not kept here. It is a line of the cache; most nodes have so few
/// channels that these are in there, too.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Node {
    id: [u8; 33],
    /// 1 if there was a `node_announcement`: a timestamp of 0 is one, too.
    is_announced: u8,
    /// Of the list of its channels; see `lists`.
    list_class: u8,
    /// Zero; keeps the record free of padding.
    spare: u8,
    announced_at: u32,
    generation: u32,
    channel_count: u32,
    /// Of the list of its channels.
    list_words: [u32; lists::INLINE],
}

const _: () = assert!(
    size_of::<Node>() == 33 + 3 + 3 * 4 + 4 * lists::INLINE,
    "no padding"
);

/// Bytes that say all of a node but where the list of its channels is.
pub(super) const NODE_LEN: usize = 33 + 1 + 3 * 4;

impl Plain for Node {}

impl Record for Node {
    #[inline]
    fn is_taken(&self) -> bool {
        self.generation % 2 == 1
    }

    #[inline]
    fn take(&mut self, new: Self) {
        let generation = self.generation.wrapping_add(1);
        *self = Self { generation, ..new };
    }

    fn free(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }
}

impl Node {
    pub(super) const fn new(id: NodeId) -> Self {
        Self {
            id: id.0,
            is_announced: 0,
            list_class: 0,
            spare: 0,
            announced_at: 0,
            generation: 0,
            channel_count: 0,
            list_words: [0; lists::INLINE],
        }
    }

    /// Returns how often its slot was taken and freed; odd while it is taken.
    #[inline]
    pub(crate) const fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns all of the record but where the list of its channels is.
    pub(super) fn to_bytes(self) -> [u8; NODE_LEN] {
        let mut bytes = [0; NODE_LEN];
        bytes[..33].copy_from_slice(&self.id);
        bytes[33] = self.is_announced;
        let words = [self.announced_at, self.channel_count, self.generation];
        for (bytes, word) in bytes[34..].chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Makes the record again; its list has the length only. `None` if no node is like this.
    pub(super) fn from_bytes(bytes: &[u8; NODE_LEN]) -> Option<Self> {
        let word = |at: usize| {
            let word = bytes[at..].first_chunk().copied();
            word.map_or(0, u32::from_le_bytes)
        };
        let mut id = [0; 33];
        id.copy_from_slice(&bytes[..33]);
        let node = Self {
            is_announced: bytes[33],
            announced_at: word(34),
            channel_count: word(38),
            generation: word(42),
            ..Self::new(NodeId(id))
        };
        let is_announced = node.is_announced == 1;
        let is_sound = is_announced || node.is_announced == 0 && node.announced_at == 0;
        // A node goes with its last channel.
        let has_channels = node.channel_count > 0;
        (is_sound && has_channels == node.is_taken()).then_some(node)
    }

    #[inline(always)]
    pub(super) fn prefetch(&self) {
        prefetch(self);
    }

    pub(super) fn set_announced_at(&mut self, timestamp: Timestamp) {
        self.is_announced = 1;
        self.announced_at = timestamp.as_secs();
    }

    /// Returns where the list of its channels is.
    #[inline]
    pub(crate) const fn list(&self) -> List {
        List {
            words: self.list_words,
            len: self.channel_count,
            class: self.list_class,
        }
    }

    #[inline]
    pub(super) const fn set_list(&mut self, list: List) {
        self.list_words = list.words;
        self.channel_count = list.len;
        self.list_class = list.class;
    }

    /// Returns the list of its channels, if it is in the record itself.
    #[inline]
    pub(super) fn inline_list(&self) -> Option<&[u32]> {
        match self.list_class {
            0 => {
                let words = self.list_words.get(..self.channel_count as usize);
                Some(words.unwrap_or_default())
            }
            _ => None,
        }
    }

    /// Returns the node's key.
    #[must_use]
    #[inline]
    pub const fn id(&self) -> NodeId {
        NodeId(self.id)
    }

    /// Returns the timestamp of the node's latest announcement; `None` if there was none.
    #[must_use]
    pub const fn announced_at(&self) -> Option<Timestamp> {
        match self.is_announced {
            0 => None,
            _ => Some(Timestamp(self.announced_at)),
        }
    }

    /// Returns how many channels it has: never 0 for a node in the graph.
    #[must_use]
    pub const fn channel_count(&self) -> u32 {
        self.channel_count
    }

    pub(crate) const fn id_bytes(&self) -> &[u8; 33] {
        &self.id
    }

    /// Returns the first bytes of its key, as a number that orders nodes as these bytes do.
    #[inline]
    pub(super) fn prefix(&self) -> u64 {
        self.id
            .first_chunk()
            .map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// Returns whether its key is less than that of another.
    #[inline]
    pub(super) fn is_before(&self, other: &Self) -> bool {
        is_less(&self.id, &other.id)
    }

    /// Returns whether it is the node with this key: without the call that comparing arrays would be, and without a
    /// copy of the key, which could not be read before everything else that was written is in the cache.
    #[inline(always)]
    pub(super) fn is(&self, id: &NodeId) -> bool {
        let pairs = self.id[1..].chunks_exact(8).zip(id.0[1..].chunks_exact(8));
        let word = |bytes: &[u8]| u64::from_ne_bytes(bytes.try_into().unwrap_or_default());
        let differ = pairs.fold(0, |differ, (a, b)| differ | (word(a) ^ word(b)));
        differ == 0 && self.id[0] == id.0[0]
    }
}

/// Returns whether a key is less than another, by the words that hashes are made of, too: who reads them so does not need
/// the bytes anywhere else.
#[inline(always)]
pub(super) fn is_less(one: &[u8; 33], other: &[u8; 33]) -> bool {
    let word =
        |id: &[u8; 33], at: usize| id[at..].first_chunk().map_or(0, |b| u64::from_be_bytes(*b));
    let first = |id: &[u8; 33]| u128::from(id[0]) << 64 | u128::from(word(id, 1));
    let rest = |id: &[u8; 33]| [word(id, 9), word(id, 17), word(id, 25)];
    match first(one).cmp(&first(other)) {
        Ordering::Equal => rest(one) < rest(other),
        order => order == Ordering::Less,
    }
}

impl Default for Node {
    /// Makes the record of an empty slot.
    fn default() -> Self {
        Self::new(NodeId([0; 33]))
    }
}

impl core::fmt::Debug for Node {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id())
            .field("announced_at", &self.announced_at())
            .field("channel_count", &self.channel_count)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_bytes() {
        // They differ in one byte or none, so that every byte decides once.
        let keys: alloc::vec::Vec<_> = (0..=33)
            .flat_map(|at| {
                [0x01, 0x80, 0xff].map(|byte| {
                    let mut key = [0x7f; 33];
                    key.iter_mut().skip(at).take(1).for_each(|b| *b = byte);
                    key
                })
            })
            .collect();
        for one in &keys {
            for other in &keys {
                assert_eq!(is_less(one, other), one < other, "{one:?} {other:?}");
                let [a, b] = [one, other].map(|id| Node::new(NodeId(*id)));
                assert_eq!(a.is(&b.id()), one == other);
            }
        }
    }
}
