//! The graph: two arenas, two indexes, lists of channels, and the history of changes.
//!
//! 1. Every channel's two nodes are in the graph, differ, and have it in their lists.
//! 2. Every node has a channel.
//! 3. The indexes hold exactly the handles of what is in the arenas.
//! 4. What is kept beside a record (offsets, outpoints, that it is dying) goes with it.
//! 5. Every change of a record is in the history, in the order made.

mod adjacency;
mod ahead;
mod apply;
mod blocks;
mod channel;
mod channels;
mod config;
pub(crate) mod edge;
pub(crate) mod fees;
mod funding;
pub(crate) mod hasher;
pub(crate) mod head;
pub(crate) mod index;
mod invariants;
#[cfg(all(feature = "shm", target_os = "linux"))]
mod layout;
pub(crate) mod line;
mod linking;
mod listing;
pub(crate) mod lists;
mod look_up;
mod node;
mod policy;
mod prune;
mod remove;
mod snapshot;
mod stored;
pub(crate) mod tail;

mod zombies;

use alloc::collections::BTreeSet;
use core::fmt;

use blocks::Blocks;
use channels::Channels;
use funding::Funding;
use hasher::Hasher;
use index::Index;
use line::Sought;
use lists::Lists;
use lnwire::{Instant, NodeId, ShortChannelId, Timestamp};
use stored::Stored;
use zombies::Zombies;

pub(crate) use adjacency::Adjacent;
pub use ahead::Gossip;
pub use apply::ApplyError;
pub use blocks::{BlockError, Spent, SpentOutput};
pub use channel::{Channel, ChannelRef, Direction};
pub use config::Config;
pub use funding::Outpoint;
pub use node::Node;
pub use policy::Policy;
pub use remove::Removed;
pub use snapshot::{SnapshotError, SnapshotPart};
pub use zombies::{ReviveError, Zombie};

use crate::{
    arena::{Arena, ChannelHandle, NodeHandle},
    change::{Change, Cursor, Missed, Ring, What},
    memory::Memory,
};

/// The public channels, their nodes and terms, as far as verified messages told.
///
/// Handles stay valid until what they name is removed, and name nothing for the
/// [quarantine](Config::quarantine) after. Records never move.
pub struct Graph {
    config: Config,
    memory: Memory,
    hasher: Hasher,
    channels: Channels,
    nodes: Arena<NodeHandle, Node>,
    by_short_channel_id: Index<ChannelHandle>,
    by_node_id: Index<NodeHandle>,
    lists: Lists,
    changes: Ring,
    policy_count: u32,
    blocks: Blocks,
    zombies: Zombies,
    funding: Funding,
    stored: Stored,
    own_nodes: BTreeSet<NodeId>,
    /// Later timestamps are refused.
    latest: Option<Timestamp>,
    /// The channel of the next update, probably; see `ahead`.
    expected: Option<ChannelHandle>,
}

impl Graph {
    /// Makes an empty graph.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::new_in(config, Memory::default())
    }

    /// Makes an empty graph whose blocks lie in this memory.
    pub(crate) fn new_in(config: Config, memory: Memory) -> Self {
        // As many channels again may rest. A node rests no longer than the channel that it went with, so there
        // are two nodes per channel, resting or not, at most: the nodes' own limit is never met first.
        let limit = config.channel_limit();
        Self {
            hasher: Hasher::new(config.seed),
            channels: Channels::new(memory.clone(), 2 * limit, config.quarantine),
            nodes: Arena::new(memory.clone(), 4 * limit, config.quarantine),
            by_short_channel_id: Index::new(memory.clone()),
            by_node_id: Index::new(memory.clone()),
            lists: Lists::new(memory.clone()),
            changes: Ring::new(memory.clone(), config.history),
            memory,
            policy_count: 0,
            blocks: Blocks::default(),
            zombies: Zombies::default(),
            funding: Funding::new(),
            stored: Stored::default(),
            own_nodes: BTreeSet::new(),
            latest: None,
            expected: None,
            config,
        }
    }

    /// Returns the memory that blocks lie in.
    #[cfg(all(feature = "shm", target_os = "linux"))]
    pub(crate) const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Returns what the graph was made with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the channel at this place in the chain.
    #[must_use]
    #[inline]
    pub fn channel_by_scid(&self, short_channel_id: ShortChannelId) -> Option<ChannelHandle> {
        self.find_channel(self.hasher.number(short_channel_id.0), short_channel_id)
    }

    /// Returns the node with this key.
    #[must_use]
    #[inline]
    pub fn node_by_id(&self, id: &NodeId) -> Option<NodeHandle> {
        let hash = self.hasher.node_id(id);
        self.find_node(hash, id)
    }

    /// Returns the channel that `handle` names, if it is still there.
    #[must_use]
    #[inline]
    pub fn channel(&self, handle: ChannelHandle) -> Option<ChannelRef<'_>> {
        self.channels.get(handle)
    }

    /// Returns the node that `handle` names, if it is still there.
    #[must_use]
    #[inline]
    pub fn node(&self, handle: NodeHandle) -> Option<&Node> {
        self.nodes.get(handle)
    }

    /// Returns a number that differs whenever `handle` names another channel than before; `None` if it
    /// names none.
    ///
    /// Who keeps a handle for longer than the quarantine keeps this number with it. It is odd, grows by two
    /// with each reuse, and wraps at 2^32.
    #[must_use]
    pub fn channel_generation(&self, handle: ChannelHandle) -> Option<u32> {
        self.channels.get(handle).map(ChannelRef::generation)
    }

    /// Returns a number that differs whenever `handle` names another node than before; `None` if it names
    /// none. See [`channel_generation`](Self::channel_generation).
    #[must_use]
    pub fn node_generation(&self, handle: NodeHandle) -> Option<u32> {
        self.nodes.get(handle).map(Node::generation)
    }

    /// Returns every channel, in the order of the handles.
    pub fn channels(&self) -> impl Iterator<Item = (ChannelHandle, ChannelRef<'_>)> {
        self.channels.iter()
    }

    /// Returns every node, in the order of the handles.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeHandle, &Node)> {
        self.nodes.iter()
    }

    /// Returns the channels of a node, in the order in which they came as far as none has gone, and in that of their handles
    /// after a start from a [snapshot](Self::from_snapshot); none for a handle that names no node.
    pub fn channels_of(
        &self,
        node: NodeHandle,
    ) -> impl Iterator<Item = (ChannelHandle, ChannelRef<'_>)> {
        self.adjacent(node).map(|a| (a.handle, a.channel))
    }

    /// Returns how many channels there are.
    #[must_use]
    pub const fn channel_count(&self) -> usize {
        self.channels.heads().len() as usize
    }

    /// Returns how many nodes there are.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.nodes.len() as usize
    }

    /// Returns how many directions of channels have terms.
    #[must_use]
    pub const fn policy_count(&self) -> usize {
        self.policy_count as usize
    }

    /// Returns the bytes of heap that the graph holds: records, lists, indexes, quarantine and history, used
    /// or not; and what the embedder told of beside gossip: offsets, outpoints, own nodes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.channels.heap_bytes()
            + self.nodes.heap_bytes()
            + self.by_short_channel_id.heap_bytes()
            + self.by_node_id.heap_bytes()
            + self.lists.heap_bytes()
            + self.changes.heap_bytes()
            + self.blocks.heap_bytes()
            + self.zombies.heap_bytes()
            + self.funding.heap_bytes()
            + self.stored.heap_bytes()
            + self.own_nodes.len() * 2 * size_of::<NodeId>()
    }

    /// Returns the cursor before the next change.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        self.changes.cursor()
    }

    /// Returns the change at `cursor` and moves the cursor on; `None` if there is none yet.
    ///
    /// # Errors
    /// [`Missed`] if the change was overwritten: the cursor now stands at the oldest change that is left, and
    /// the next call returns that.
    ///
    /// ```
    /// use routemap::{Change, Cursor, Graph, Missed};
    ///
    /// fn follow(graph: &Graph, cursor: &mut Cursor) {
    ///     loop {
    ///         match graph.next_change(cursor) {
    ///             Ok(Some(change)) => println!("{:?} at {:?}", change.what, change.at),
    ///             Ok(None) => break,
    ///             Err(Missed { count }) => println!("{count} changes missed: look at everything"),
    ///         }
    ///     }
    /// }
    /// # follow(&Graph::new(routemap::Config::new(routemap::ChainHash::REGTEST, 1)), &mut Cursor::START);
    /// ```
    pub fn next_change(&self, cursor: &mut Cursor) -> Result<Option<Change>, Missed> {
        self.changes.next(cursor)
    }

    /// Returns a removed channel as it was, if the handle was freed with this generation and its slot has not
    /// been taken again.
    #[must_use]
    pub fn freed_channel(&self, handle: ChannelHandle, generation: u32) -> Option<ChannelRef<'_>> {
        self.channels.freed(handle, generation)
    }

    /// Returns a removed node as it was; see [`freed_channel`](Self::freed_channel).
    #[must_use]
    pub fn freed_node(&self, handle: NodeHandle, generation: u32) -> Option<&Node> {
        let node = self.nodes.freed(handle)?;
        (node.generation() == generation.wrapping_add(1)).then_some(node)
    }

    /// Returns a length for arrays with an entry per node: greater than the index of every handle.
    ///
    /// It grows by steps, so that such arrays seldom have to.
    #[must_use]
    pub fn node_slots(&self) -> usize {
        self.nodes.slots()
    }

    /// Returns a length for arrays with an entry per channel. See [`node_slots`](Self::node_slots).
    #[must_use]
    pub fn channel_slots(&self) -> usize {
        self.channels.heads().slots()
    }

    // Whoever tells knows what changed: there, little is left of this.
    #[inline(always)]
    fn tell(&mut self, now: Instant, what: What) {
        let block = self.blocks.tip();
        self.changes.push(&Change {
            at: now,
            block,
            what,
        });
    }

    /// Enters a channel, which is in the arena, in the index.
    #[inline]
    fn index_channel(&mut self, hash: u32, handle: ChannelHandle) {
        let (channels, hasher) = (&self.channels, &self.hasher);
        let hash_of = |handle| hash_of_channel(channels, hasher, handle);
        self.by_short_channel_id.insert(hash, handle, hash_of);
    }

    /// Enters a node, which is in the arena, in the index.
    #[inline]
    fn index_node(&mut self, hash: u32, handle: NodeHandle) {
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        let hash_of = |handle| hash_of_node(nodes, hasher, handle);
        self.by_node_id.insert(hash, handle, hash_of);
    }

    /// Takes a channel, which is no longer in the arena, out of the index.
    fn unindex_channel(&mut self, id: ShortChannelId, handle: ChannelHandle) {
        let (channels, hasher) = (&self.channels, &self.hasher);
        let hash_of = |handle| hash_of_channel(channels, hasher, handle);
        let hash = hasher.number(id.0);
        self.by_short_channel_id.remove(hash, handle, hash_of);
    }

    /// Takes a node, which is no longer in the arena, out of the index.
    fn unindex_node(&mut self, id: &NodeId, handle: NodeHandle) {
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        let hash_of = |handle| hash_of_node(nodes, hasher, handle);
        self.by_node_id.remove(hasher.node_id(id), handle, hash_of);
    }

    #[inline(always)]
    fn find_channel(&self, hash: u32, id: ShortChannelId) -> Option<ChannelHandle> {
        let channels = &self.channels;
        self.by_short_channel_id
            .find(hash, &ChannelAt { channels, id })
    }

    // Part of the caller, who has the id in a message: it is compared where it lies.
    #[inline(always)]
    fn find_node(&self, hash: u32, id: &NodeId) -> Option<NodeHandle> {
        let nodes = &self.nodes;
        self.by_node_id.find(hash, &NodeWith { nodes, id })
    }
}

/// The channel at a place in the chain.
struct ChannelAt<'a> {
    channels: &'a Channels,
    id: ShortChannelId,
}

impl Sought<ChannelHandle> for ChannelAt<'_> {
    #[inline(always)]
    fn is(&self, handle: ChannelHandle) -> bool {
        self.channels.id_at(handle) == self.id
    }
}

/// The node with a key.
struct NodeWith<'a> {
    nodes: &'a Arena<NodeHandle, Node>,
    id: &'a NodeId,
}

impl Sought<NodeHandle> for NodeWith<'_> {
    #[inline(always)]
    fn is(&self, handle: NodeHandle) -> bool {
        self.nodes.at(handle).is(self.id)
    }
}

fn hash_of_channel(channels: &Channels, hasher: &Hasher, handle: ChannelHandle) -> Option<u32> {
    let channel = channels.heads().get(handle)?;
    Some(hasher.number(channel.short_channel_id().0))
}

fn hash_of_node(
    nodes: &Arena<NodeHandle, Node>,
    hasher: &Hasher,
    handle: NodeHandle,
) -> Option<u32> {
    nodes.get(handle).map(|node| hasher.node_id(&node.id()))
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("chain_hash", &self.config.chain_hash)
            .field("channels", &self.channel_count())
            .field("nodes", &self.node_count())
            .field("policies", &self.policy_count())
            .finish_non_exhaustive()
    }
}
