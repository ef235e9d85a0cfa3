//! The graph as another process finds it in the owner's memory.

use core::{fmt, time::Duration};

use lnwire::{ChainHash, NodeId, ShortChannelId};

use super::{
    header::{HEADER_AT, Header, LEN, Table},
    pool::split,
    run::{self, AnyBits},
    segment::SegmentReader,
};
use crate::{
    Channel, ChannelHandle, Cursor, Missed, Node, NodeHandle,
    arena::{Handle, Record as _, chunks},
    change::{self, Change, ring},
    graph::{
        ChannelRef, edge::Edge, hasher::Hasher, head::Head, index, line::Line, lists, tail::Tail,
    },
    source::{self, Source},
};

/// Reads the graph in an owner's memory; a [`View`](super::View) or a [`LockFreeView`](super::LockFreeView) lends one.
///
/// Records are copied out, word by word. They are what the owner wrote if the read counts afterwards, which the
/// view sees to; before that they may be anything. Whatever is in the memory, nothing here panics, reads beside
/// it or walks further than it has room for: what does not fit is not there.
pub struct Reader<'a> {
    segments: &'a [SegmentReader],
    header: Header,
    hasher: Hasher,
}

/// No table that the owner made has so many lines between the home of a hash and its entry.
const MOST_LINES: usize = 1 << 12;

/// Why no graph is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// There is none of this version.
    Graph,
    /// It has grown into a segment that is not mapped.
    Segment,
}

impl<'a> Reader<'a> {
    /// Finds a graph in these segments; `None` if there is none, or one of another version of this crate, or one that
    /// has grown into more segments.
    #[must_use]
    pub fn new(segments: &'a [SegmentReader]) -> Option<Self> {
        Self::open(segments).ok()
    }

    /// As [`new`](Self::new); says what is amiss.
    pub(super) fn open(segments: &'a [SegmentReader]) -> Result<Self, Missing> {
        let first = segments.first().ok_or(Missing::Graph)?;
        let mut words = [0; LEN];
        for (at, word) in (HEADER_AT..).zip(&mut words) {
            *word = first.get(at).ok_or(Missing::Graph)?;
        }
        let header = Header::from_words(words).ok_or(Missing::Graph)?;
        if header.segments as usize > segments.len() {
            return Err(Missing::Segment);
        }
        let hasher = Hasher::new(header.seed);
        let reader = Self {
            segments,
            header,
            hasher,
        };
        reader.is_sound().then_some(reader).ok_or(Missing::Graph)
    }

    /// Returns how long the slot of what was removed rests before something else takes it: the owner's
    /// [quarantine](crate::Config::quarantine), in whole milliseconds.
    #[must_use]
    pub const fn quarantine(&self) -> Duration {
        Duration::from_millis(self.header.quarantine_millis)
    }

    /// Returns the chain that holds the channels.
    #[must_use]
    pub const fn chain_hash(&self) -> ChainHash {
        ChainHash(self.header.chain_hash)
    }

    /// Returns how many channels there are.
    #[must_use]
    pub const fn channel_count(&self) -> usize {
        self.header.channels as usize
    }

    /// Returns how many nodes there are.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.header.nodes as usize
    }

    /// Returns a length for arrays with an entry per channel: greater than the index of every handle.
    #[must_use]
    pub const fn channel_slots(&self) -> usize {
        self.header.channel_slots as usize
    }

    /// Returns a length for arrays with an entry per node.
    #[must_use]
    pub const fn node_slots(&self) -> usize {
        self.header.node_slots as usize
    }

    /// Returns the channel at this place in the chain.
    #[must_use]
    pub fn channel_by_scid(&self, short_channel_id: ShortChannelId) -> Option<ChannelHandle> {
        let hash = self.hasher.number(short_channel_id.0);
        self.find(&self.header.by_short_channel_id, hash, |handle| {
            let head = self.head(handle).filter(Head::is_taken);
            head.is_some_and(|head| head.short_channel_id() == short_channel_id)
        })
    }

    /// Returns the node with this key.
    #[must_use]
    pub fn node_by_id(&self, id: &NodeId) -> Option<NodeHandle> {
        let hash = self.hasher.node_id(id);
        self.find(&self.header.by_node_id, hash, |handle| {
            self.node(handle).is_some_and(|node| node.id() == *id)
        })
    }

    /// Returns the channel that `handle` names.
    #[must_use]
    pub fn channel(&self, handle: ChannelHandle) -> Option<Channel> {
        self.channel_slot(handle).filter(|c| c.head.is_taken())
    }

    /// Returns the node that `handle` names.
    #[must_use]
    pub fn node(&self, handle: NodeHandle) -> Option<Node> {
        let index = handle.index();
        if index >= self.node_slots() {
            return None;
        }
        let block = self.nodes_begin() + index / chunks::CHUNK;
        let node: Node = self.item(self.block(block)?, index % chunks::CHUNK)?;
        Some(node).filter(|node| node.generation() % 2 == 1)
    }

    /// Returns the generation of the channel that `handle` names; see
    /// [`Graph::channel_generation`](crate::Graph::channel_generation).
    #[must_use]
    pub fn channel_generation(&self, handle: ChannelHandle) -> Option<u32> {
        let channel = self.channel(handle)?;
        Some(channel.by_ref().generation())
    }

    /// Returns the generation of the node that `handle` names.
    #[must_use]
    pub fn node_generation(&self, handle: NodeHandle) -> Option<u32> {
        self.node(handle).map(|node| node.generation())
    }

    /// Returns a removed channel as it was; see [`Graph::freed_channel`](crate::Graph::freed_channel).
    #[must_use]
    pub fn freed_channel(&self, handle: ChannelHandle, generation: u32) -> Option<Channel> {
        let channel = self.channel_slot(handle)?;
        let is_it = channel.by_ref().generation() == generation.wrapping_add(1);
        Some(channel).filter(|channel| is_it && !channel.head.is_taken())
    }

    /// Returns every channel, in the order of the handles.
    pub fn channels(&self) -> impl Iterator<Item = (ChannelHandle, Channel)> {
        let handles = (0..self.header.channel_slots).map(ChannelHandle::from_index);
        handles.filter_map(|handle| Some((handle, self.channel(handle)?)))
    }

    /// Returns every node, in the order of the handles.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeHandle, Node)> {
        let handles = (0..self.header.node_slots).map(NodeHandle::from_index);
        handles.filter_map(|handle| Some((handle, self.node(handle)?)))
    }

    /// Returns the channels of a node, in the order of [`Graph::channels_of`](crate::Graph::channels_of); none for
    /// a handle that names no node.
    pub fn channels_of(&self, node: NodeHandle) -> impl Iterator<Item = (ChannelHandle, Channel)> {
        let list = self.node(node).map(|node| node.list()).unwrap_or_default();
        let words =
            (0..list.len.min(self.header.channels)).map_while(move |at| self.word(list, at));
        words.filter_map(move |index| {
            let handle = ChannelHandle::from_index(index);
            let channel = self.channel(handle)?;
            let is_its = channel.by_ref().nodes().contains(&node);
            is_its.then_some((handle, channel))
        })
    }

    /// Returns the cursor before the next change.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor::new(self.header.changes)
    }

    /// Returns the change at `cursor` and moves the cursor on; `None` if there is none yet. Cursors are good
    /// for as long as the owner lives.
    ///
    /// # Errors
    /// [`Missed`] if the change was overwritten; see [`Graph::next_change`](crate::Graph::next_change).
    pub fn next_change(&self, cursor: &mut Cursor) -> Result<Option<Change>, Missed> {
        let depth = u64::from(self.header.change_depth);
        let oldest = self.header.changes.saturating_sub(depth);
        let number = cursor.number();
        if number < oldest {
            *cursor = Cursor::new(oldest);
            return Err(Missed {
                count: oldest - number,
            });
        }
        // The depth is a power of two, or zero, and then the oldest is the next.
        if number >= self.header.changes {
            return Ok(None);
        }
        let place = (number & depth.wrapping_sub(1)) as usize;
        let before = self.lists_end() + self.header.long_lists as usize;
        let block = self.block(before + place / ring::CHUNK);
        let record = block.and_then(|block| self.item(block, place % ring::CHUNK));
        *cursor = Cursor::new(number + 1);
        Ok(record.map(|record: change::Record| record.change()))
    }

    /// Returns whether all that the header says fits into the memory.
    fn is_sound(&self) -> bool {
        let header = &self.header;
        let fits = |slots: u32, blocks: u32| slots.div_ceil(chunks::CHUNK as u32) <= blocks;
        let channel = size_of::<Head>() + size_of::<Edge>() + size_of::<Tail>();
        let channels = u64::from(header.channel_slots) * channel as u64;
        let nodes = u64::from(header.node_slots) * size_of::<Node>() as u64;
        let mapped: usize = self.segments.iter().map(SegmentReader::len).sum();
        let blocks = [
            header.channel_blocks,
            header.edge_blocks,
            header.edge_blocks,
            header.node_blocks,
            header.list_blocks,
            header.long_lists,
            header.change_blocks,
        ];
        let blocks: u64 = blocks.into_iter().map(u64::from).sum();
        let depth = header.change_depth;
        header.channels <= header.channel_slots
            && header.nodes <= header.node_slots
            && channels + nodes <= mapped as u64 * 8
            && fits(header.channel_slots, header.channel_blocks)
            && fits(header.channel_slots, header.edge_blocks)
            && fits(header.node_slots, header.node_blocks)
            && (depth == 0 || depth.is_power_of_two())
            && self.has_words(header.directory, blocks)
            && [header.by_short_channel_id, header.by_node_id]
                .into_iter()
                .all(|table| {
                    let words = u64::from(table.lines) * size_of::<Line>() as u64 / 8;
                    table.homes <= table.lines && self.has_words(table.place, words)
                })
    }

    /// Returns whether so many words are at a place.
    fn has_words(&self, place: u64, words: u64) -> bool {
        let (segment, offset) = split(place);
        let len = self.segments.get(segment).map(SegmentReader::len);
        words == 0 || len.is_some_and(|len| offset as u64 + words <= len as u64)
    }

    /// Returns what a slot is known by.
    fn head(&self, handle: ChannelHandle) -> Option<Head> {
        let index = handle.index();
        if index >= self.channel_slots() {
            return None;
        }
        let block = self.block(index / chunks::CHUNK)?;
        self.item(block, index % chunks::CHUNK)
    }

    /// Returns what lies in a slot.
    fn channel_slot(&self, handle: ChannelHandle) -> Option<Channel> {
        let (chunk, at) = (
            handle.index() / chunks::CHUNK,
            handle.index() % chunks::CHUNK,
        );
        let edges = self.header.channel_blocks as usize + chunk;
        let tails = edges + self.header.edge_blocks as usize;
        Some(Channel {
            head: self.head(handle)?,
            edge: self.item(self.block(edges)?, at)?,
            tail: self.item(self.block(tails)?, at)?,
        })
    }

    /// Returns a word of a node's list.
    fn word(&self, list: lists::List, at: u32) -> Option<u32> {
        let place = list.place() as usize;
        let at = at as usize;
        let first = self.lists_end() - self.header.list_blocks as usize;
        match list.class {
            0 => list.words.get(at).copied(),
            1..=lists::CHUNK_CLASS => {
                let (block, from) = (place / lists::CHUNK, place % lists::CHUNK);
                let is_in = block < self.header.list_blocks as usize && from + at < lists::CHUNK;
                self.item(self.block(first + block).filter(|_| is_in)?, from + at)
            }
            _ => {
                let is_in = place < self.header.long_lists as usize;
                self.item(self.block(self.lists_end() + place).filter(|_| is_in)?, at)
            }
        }
    }

    /// Returns the number of the first block of nodes.
    const fn nodes_begin(&self) -> usize {
        self.header.channel_blocks as usize + 2 * self.header.edge_blocks as usize
    }

    /// Returns the number of the first block behind those of lists.
    const fn lists_end(&self) -> usize {
        let header = &self.header;
        self.nodes_begin() + header.node_blocks as usize + header.list_blocks as usize
    }

    /// Returns the handle that `is_it`, among those with this hash.
    fn find<H: Handle>(&self, table: &Table, hash: u32, is_it: impl Fn(H) -> bool) -> Option<H> {
        let home = index::home(hash, table.homes);
        for number in (home..table.lines as usize).take(MOST_LINES) {
            let line: Line = self.item(table.place, number)?;
            let found = line.find(hash, &is_it);
            if found.is_some() || line.has_room() {
                return found;
            }
        }
        None
    }

    /// Returns the place of a block.
    fn block(&self, number: usize) -> Option<u64> {
        self.item(self.header.directory, number)
    }

    /// Returns an item of those that begin at a place; `None` if nothing is there, or they end before.
    #[inline]
    fn item<T: AnyBits>(&self, place: u64, number: usize) -> Option<T> {
        let (segment, offset) = split(place);
        let segment = self.segments.get(segment).filter(|_| place != 0)?;
        run::load(number, |at| segment.get(offset.checked_add(at)?))
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("chain_hash", &self.chain_hash())
            .field("channels", &self.channel_count())
            .field("nodes", &self.node_count())
            .finish_non_exhaustive()
    }
}

impl source::sealed::Sealed for Reader<'_> {}

impl Source for Reader<'_> {
    fn has_node(&self, node: NodeHandle) -> bool {
        self.node(node).is_some()
    }

    fn node_slots(&self) -> usize {
        Reader::node_slots(self)
    }

    fn channel_slots(&self) -> usize {
        Reader::channel_slots(self)
    }

    fn node_generation(&self, node: NodeHandle) -> Option<u32> {
        Reader::node_generation(self, node)
    }

    fn channel_generation(&self, channel: ChannelHandle) -> Option<u32> {
        Reader::channel_generation(self, channel)
    }

    fn show_channels_of(
        &self,
        node: NodeHandle,
        mut show: impl FnMut(ChannelHandle, ChannelRef<'_>, usize),
    ) {
        for (handle, channel) in self.channels_of(node) {
            let is_in = |node: NodeHandle| node.index() < self.node_slots();
            let channel = channel.by_ref();
            if channel.nodes().into_iter().all(is_in) {
                show(handle, channel, channel.side_of(node));
            }
        }
    }

    fn shown_channel(&self, handle: ChannelHandle) -> Option<Channel> {
        self.channel(handle)
    }

    fn cursor(&self) -> Cursor {
        Reader::cursor(self)
    }

    fn next_change(&self, cursor: &mut Cursor) -> Result<Option<Change>, Missed> {
        Reader::next_change(self, cursor)
    }
}
