//! A graph as plain maps, which does everything the slow and obvious way.

mod check;
mod op;
mod rules;

use alloc::collections::BTreeMap;
use std::collections::HashMap;

pub(crate) use op::{Op, op};
use routemap::{
    BlockHeight, ChannelHandle, Component, Config, Cursor, Graph, Kind, NodeHandle, Reason,
    ShortChannelId, What,
};

pub(crate) const SCIDS: u64 = 12;
pub(crate) const NODES: u32 = 7;
/// Changes that the graph keeps.
pub(crate) const HISTORY: u32 = 16;
pub(crate) const MAX_ZOMBIES: usize = 3;
pub(crate) const BLOCKS_UNTIL_FORGOTTEN: u32 = 3;
pub(crate) const ZOMBIE_EXPIRY: u64 = 20 * DAY;
pub(crate) const DAY: u64 = 24 * 60 * 60;
/// The wall clock at the embedder's epoch.
const EPOCH: u64 = 1_700_000_000;

/// The short channel id with this number; three in each block.
pub(crate) fn scid(number: u64) -> ShortChannelId {
    ShortChannelId::new(100 + number as u32 / 3, number as u32, 0).unwrap()
}

#[derive(Clone, Debug)]
pub(crate) struct ModelChannel {
    handle: ChannelHandle,
    nodes: [u32; 2],
    capacity: Option<u64>,
    /// Timestamp, fee and whether it is disabled, of each direction.
    policies: [Option<(u32, u32, bool)>; 2],
    arrived: u64,
    dying: Option<(u32, Reason)>,
    tag: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelZombie {
    reason: Reason,
    since: u64,
    nodes: Option<[u32; 2]>,
    may_revive: [bool; 2],
    block: Option<u32>,
}

/// The model, and those who follow the graph.
#[derive(Debug)]
pub(crate) struct Model {
    strict: bool,
    unroute: bool,
    now: u64,
    latest: Option<u32>,
    tip: Option<u32>,
    own: Option<u32>,
    channels: BTreeMap<u64, ModelChannel>,
    zombies: BTreeMap<u64, ModelZombie>,
    announced_at: BTreeMap<u32, u32>,
    node_handles: BTreeMap<u32, NodeHandle>,
    node_tags: BTreeMap<u32, u64>,
    /// Of every handle that was ever given.
    channel_generations: HashMap<ChannelHandle, u32>,
    node_generations: HashMap<NodeHandle, u32>,
    channels_freed_at: HashMap<ChannelHandle, u64>,
    nodes_freed_at: HashMap<NodeHandle, u64>,
    /// All changes: when, at which block, what.
    changes: Vec<(u64, Option<u32>, What)>,
    /// Those before were in a graph that is gone.
    oldest_change: usize,
    cursor: Cursor,
    channel_tags: [Component<ChannelHandle, u64>; 3],
    tags_of_nodes: Component<NodeHandle, u64>,
}

impl Model {
    pub(crate) fn new(strict: bool, unroute: bool) -> (Self, Graph) {
        let graph = Graph::new(Config {
            history: HISTORY,
            strict_pruning: strict,
            unroute_dying: unroute,
            max_zombies: MAX_ZOMBIES as u32,
            blocks_until_forgotten: BLOCKS_UNTIL_FORGOTTEN,
            zombie_expiry: core::time::Duration::from_secs(ZOMBIE_EXPIRY),
            ..Config::new(lnwire::ChainHash::REGTEST, crate::common::SEED)
        });
        let kinds = [Kind::Dense, Kind::Paged, Kind::Sparse];
        let model = Self {
            strict,
            unroute,
            now: 0,
            latest: None,
            tip: None,
            own: None,
            channels: BTreeMap::new(),
            zombies: BTreeMap::new(),
            announced_at: BTreeMap::new(),
            node_handles: BTreeMap::new(),
            node_tags: BTreeMap::new(),
            channel_generations: HashMap::new(),
            node_generations: HashMap::new(),
            channels_freed_at: HashMap::new(),
            nodes_freed_at: HashMap::new(),
            changes: Vec::new(),
            oldest_change: 0,
            cursor: graph.cursor(),
            channel_tags: kinds.map(|kind| Component::new(&graph, kind)),
            tags_of_nodes: Component::new(&graph, Kind::Paged),
        };
        (model, graph)
    }

    fn wall(&self) -> u32 {
        (EPOCH + self.now) as u32
    }

    /// The timestamp of a message made so many days before now; negative for the future.
    fn timestamp(&self, days: i64) -> u32 {
        (i64::from(self.wall()) - days * DAY as i64) as u32
    }

    fn tell(&mut self, what: What) {
        self.changes.push((self.now, self.tip, what));
    }
}

fn height(height: u32) -> BlockHeight {
    BlockHeight(height)
}
