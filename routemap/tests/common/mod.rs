//! Messages for tests, vouched for instead of signed.
#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

use lnwire::{
    ChainHash, Color, Features, Instant, Msat, NodeId, Point, ShortChannelId, Signature, Timestamp,
    Verified,
    bolt7::{
        ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, channel_announcement, channel_update,
        node_announcement,
    },
};
use routemap::{ChannelHandle, Config, Direction, Graph, NodeHandle};

/// The same for all tests: they shall fail every time or never.
pub(crate) const SEED: u64 = 0x5eed;

pub(crate) fn graph() -> Graph {
    Graph::new(Config::new(ChainHash::REGTEST, SEED))
}

pub(crate) fn at(seconds: u64) -> Instant {
    Instant::from_epoch(core::time::Duration::from_secs(seconds))
}

/// The id of the node with this number; ids are in the order of the numbers.
pub(crate) fn node_id(number: u32) -> NodeId {
    let mut id = [2; 33];
    id[1..5].copy_from_slice(&number.to_be_bytes());
    NodeId(id)
}

pub(crate) fn announcement(scid: u64, node_1: u32, node_2: u32) -> Verified<ChannelAnnouncement> {
    let contents = channel_announcement::Contents {
        features: Features::default(),
        chain_hash: ChainHash::REGTEST,
        short_channel_id: ShortChannelId(scid),
        node_id_1: node_id(node_1),
        node_id_2: node_id(node_2),
        bitcoin_key_1: Point([2; 33]),
        bitcoin_key_2: Point([3; 33]),
    };
    let signatures = [Signature([0; 64]); 4];
    Verified::trust_without_checking(contents.unsigned().unwrap().sign(&signatures), ())
}

/// An update without fees, delay or limits.
pub(crate) fn terms(scid: u64, direction: Direction, timestamp: u32) -> channel_update::Contents {
    channel_update::Contents {
        chain_hash: ChainHash::REGTEST,
        short_channel_id: ShortChannelId(scid),
        timestamp: Timestamp(timestamp),
        dont_forward: false,
        direction: direction.bit(),
        disabled: false,
        cltv_expiry_delta: 0,
        htlc_minimum_msat: Msat(0),
        fee_base_msat: 0,
        fee_proportional_millionths: 0,
        htlc_maximum_msat: Msat(u64::MAX),
    }
}

pub(crate) fn update(contents: channel_update::Contents, signer: u32) -> Verified<ChannelUpdate> {
    let update = contents.unsigned().unwrap().sign(&[Signature([0; 64])]);
    Verified::trust_without_checking(update, node_id(signer))
}

pub(crate) fn node_announcement(node: u32, timestamp: u32) -> Verified<NodeAnnouncement> {
    let contents = node_announcement::Contents {
        features: Features::default(),
        timestamp: Timestamp(timestamp),
        node_id: node_id(node),
        rgb_color: Color([0; 3]),
        alias: lnwire::Alias([0; 32]),
        addresses: lnwire::Addresses::default(),
    };
    let announcement = contents.unsigned().unwrap().sign(&[Signature([0; 64])]);
    Verified::trust_without_checking(announcement, ())
}

/// Adds a channel between two nodes, in any order, and the terms of those of its directions that have some;
/// the first is from `a` to `b`.
pub(crate) fn connect(
    graph: &mut Graph,
    scid: u64,
    [a, b]: [u32; 2],
    capacity_sat: Option<u64>,
    terms_of: [Option<channel_update::Contents>; 2],
) -> ChannelHandle {
    let announcement = announcement(scid, a.min(b), a.max(b));
    let handle = graph
        .apply_channel(at(0), &announcement, capacity_sat)
        .unwrap();
    for (from, to, contents) in [(a, b, terms_of[0]), (b, a, terms_of[1])] {
        let Some(contents) = contents else { continue };
        let contents = channel_update::Contents {
            short_channel_id: ShortChannelId(scid),
            direction: direction(from, to).bit(),
            ..contents
        };
        graph.apply_update(at(0), &update(contents, from)).unwrap();
    }
    handle
}

pub(crate) fn direction(from: u32, to: u32) -> Direction {
    Direction::from_bit(u8::from(from > to))
}

pub(crate) fn node(graph: &Graph, number: u32) -> NodeHandle {
    graph.node_by_id(&node_id(number)).unwrap()
}

/// A small generator (splitmix64) for graphs that look random and are the same each time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The messages of a network in which few nodes have many channels, as in the public one: channels, then
/// two updates for each, then the nodes' announcements.
pub(crate) struct Network {
    pub(crate) channels: Vec<Verified<ChannelAnnouncement>>,
    pub(crate) updates: Vec<Verified<ChannelUpdate>>,
    pub(crate) nodes: Vec<Verified<NodeAnnouncement>>,
}

impl Network {
    /// Three channels per node, as in the public network of 2025.
    pub(crate) fn new(channels: u32) -> Self {
        let mut random = Random(1);
        let nodes = channels / 3;
        let (mut announced, mut updates) = (Vec::new(), Vec::new());
        for i in 0..channels {
            // Every node has a channel; other ends are hubs with a probability like 1/rank.
            let a = i % nodes;
            let b = loop {
                let exponent = random.below(1 << 20) as f64 / f64::from(1 << 20);
                let b = (f64::from(nodes).powf(exponent)) as u32 - 1;
                if a != b && b < nodes {
                    break b;
                }
            };
            // Ranks are spread over the ids.
            let spread = |rank: u32| rank.wrapping_mul(0x9e37_79b1);
            let (a, b) = (spread(a), spread(b));
            let scid =
                (u64::from(500_000 + i / 4) << 40) | (random.below(3000) << 16) | u64::from(i % 4);
            announced.push(announcement(scid, a.min(b), a.max(b)));
            for (from, to) in [(a, b), (b, a)] {
                let contents = channel_update::Contents {
                    disabled: random.below(20) == 0,
                    cltv_expiry_delta: [34, 40, 80, 144][random.below(4) as usize],
                    htlc_minimum_msat: Msat(1000),
                    fee_base_msat: [0, 1, 1000][random.below(3) as usize],
                    fee_proportional_millionths: random.below(2000) as u32,
                    htlc_maximum_msat: Msat(10_000_000 << random.below(10)),
                    ..terms(scid, direction(from, to), 1)
                };
                updates.push(update(contents, from));
            }
        }
        let spread = |rank: u32| rank.wrapping_mul(0x9e37_79b1);
        let nodes = (0..nodes).map(|rank| node_announcement(spread(rank), 1));
        Self {
            channels: announced,
            updates,
            nodes: nodes.collect(),
        }
    }

    pub(crate) fn apply(&self, graph: &mut Graph) {
        for channel in &self.channels {
            graph.apply_channel(at(0), channel, None).unwrap();
        }
        for update in &self.updates {
            graph.apply_update(at(0), update).unwrap();
        }
        for node in &self.nodes {
            graph.apply_node(at(0), node).unwrap();
        }
    }
}
