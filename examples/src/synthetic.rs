//! Makes up a network in mainnet's shape, of any size and without any file.
//!
//! The proportions are those of mainnet in February 2026 (50,808 channels, 17,324 nodes). Only integers are
//! used, so a seed gives the same network on every machine.

use lnwire::Msat;

use crate::{
    split_mix::SplitMix,
    topology::{Policy, Topology, TopologyChannel, short_channel_ids},
};

/// Describes a network of `channels` channels that looks like mainnet.
///
/// - About 0.34 nodes for each channel, all connected; 55 % of them have one channel.
/// - A few hubs, the largest with 4 % of all channels (in a network large enough to tell); the others by
///   preferential attachment.
/// - Capacities from 10,000 satoshi to five bitcoin, a tenth of a bitcoin on average.
/// - Fees, limits and delays in mainnet's most common values, and 35 % of the directions disabled, mostly in
///   pairs.
///
/// The same `channels` and `seed` give the same network. Takes a second for a million channels.
///
/// ```
/// let topology = examples::synthetic::mainnet_like(1000, 1);
/// assert_eq!(topology.channels.len(), 1000);
/// assert_eq!(topology.node_names.len(), 340);
/// ```
///
/// # Panics
/// If there would be more than 2^32 nodes, or [short channel ids](short_channel_ids) do not suffice.
#[must_use]
pub fn mainnet_like(channels: usize, seed: u64) -> Topology {
    if channels == 0 {
        return Topology::default();
    }
    let mut random = SplitMix::new(seed);
    // Every channel of a tree but the first adds one node.
    let nodes = (channels * NODES.0 / NODES.1).clamp(2, channels + 1);
    let mut pairs = pairs(channels, nodes, &mut random);
    shuffle(&mut pairs, &mut random);
    let channels = pairs
        .into_iter()
        .zip(short_channel_ids(channels))
        .map(|(nodes, scid)| {
            let capacity_sat = capacity(&mut random);
            TopologyChannel {
                short_channel_id: scid,
                nodes,
                capacity_sat,
                policies: policies(capacity_sat, &mut random).map(Some),
            }
        });
    Topology {
        channels: channels.collect(),
        node_names: vec![None; nodes],
    }
}

/// Decides who has channels with whom: a network that grows by one channel after the other, each of which
/// brings a new node or joins two that are there, the new nodes coming evenly.
///
/// This is H. A. Simon's model of 1955, but for the hubs. It has one parameter, the nodes for each channel; at
/// mainnet's ratio it gives mainnet's shares of nodes with one, two, three … channels.
fn pairs(channels: usize, nodes: usize, random: &mut SplitMix) -> Vec<[u32; 2]> {
    let mut network = Growing {
        ends: Vec::new(),
        nodes: 1,
    };
    let settlers = (nodes / SETTLERS).max(FEWEST_SETTLERS);
    let pair = |i: usize| {
        let due = (i + 1) * (nodes - 1) / channels;
        let due = due.max(settlers.min(i + 1)).min(nodes - 1);
        let node = if network.nodes <= due {
            network.nodes += 1;
            network.nodes - 1
        } else {
            network.popular(random)
        };
        network.join(node, random)
    };
    (0..channels).map(pair).collect()
}

struct Growing {
    /// The nodes that are no hubs, each as often as it has channels.
    ends: Vec<u32>,
    /// How many there are. The first ones are the hubs.
    nodes: usize,
}

impl Growing {
    /// Gives `node` a channel with some other node.
    fn join(&mut self, node: usize, random: &mut SplitMix) -> [u32; 2] {
        let mut peer = self.hub_or_popular(random);
        if peer == node {
            // Somebody else: 1 to n − 1 places further, round the end.
            peer = (node + 1 + random.index(self.nodes - 1)) % self.nodes;
        }
        let mut pair = [node as u32, peer as u32];
        if random.chance(500) {
            pair.reverse();
        }
        let ends = pair.into_iter().filter(|end| *end as usize >= HUBS.len());
        self.ends.extend(ends);
        pair
    }

    fn hub_or_popular(&self, random: &mut SplitMix) -> usize {
        let mut rest = random.below(1000);
        for (hub, per_mille) in HUBS.into_iter().enumerate() {
            if rest < per_mille {
                return hub % self.nodes;
            }
            rest -= per_mille;
        }
        self.popular(random)
    }

    /// Returns a node that is no hub, the more likely the more channels it has.
    fn popular(&self, random: &mut SplitMix) -> usize {
        if self.ends.is_empty() {
            return random.index(self.nodes);
        }
        self.ends[random.index(self.ends.len())] as usize
    }
}

fn shuffle<T>(list: &mut [T], random: &mut SplitMix) {
    for i in (1..list.len()).rev() {
        list.swap(i, random.index(i + 1));
    }
}

fn capacity(random: &mut SplitMix) -> u64 {
    let round: u64 = random.pick(&CAPACITIES_SAT);
    // Not all amounts are round.
    if random.chance(400) {
        round + random.below(round / 2)
    } else {
        round
    }
}

fn policies(capacity_sat: u64, random: &mut SplitMix) -> [Policy; 2] {
    let enabled = random.pick(&ENABLED);
    enabled.map(|enabled| {
        if enabled {
            policy(capacity_sat, random)
        } else {
            Policy::disabled(capacity_sat)
        }
    })
}

fn policy(capacity_sat: u64, random: &mut SplitMix) -> Policy {
    let htlc_maximum_msat = Msat(capacity_sat * random.pick(&MAXIMA_MSAT_PER_SAT));
    let htlc_minimum_msat = Msat(random.pick(&MINIMA_MSAT)).min(htlc_maximum_msat);
    Policy {
        disabled: false,
        htlc_minimum_msat,
        htlc_maximum_msat,
        fee_base_msat: random.pick(&BASE_FEES_MSAT),
        fee_proportional_millionths: random.pick(&PROPORTIONAL_FEES),
        cltv_expiry_delta: random.pick(&CLTV_EXPIRY_DELTAS),
    }
}

// What follows is mainnet in February 2026; tables are (value, how many in a thousand have it).

/// Nodes and channels.
const NODES: (usize, usize) = (17_324, 50_808);
/// In how many of a thousand channels the largest nodes are.
const HUBS: [u64; 17] = [
    39, 35, 25, 24, 23, 21, 18, 13, 13, 13, 12, 11, 10, 10, 10, 9, 9,
];
/// One node in so many comes before any two of them get another channel: the first ones would grow into hubs.
const SETTLERS: usize = 12;
/// But no less, so that some of them are no hubs in a small network, either.
const FEWEST_SETTLERS: usize = 60;
const ENABLED: [([bool; 2], u64); 4] = [
    ([true, true], 628),
    ([false, false], 333),
    ([true, false], 20),
    ([false, true], 19),
];
const CAPACITIES_SAT: [(u64, u64); 20] = [
    (10_000, 10),
    (20_000, 90),
    (50_000, 40),
    (100_000, 70),
    (200_000, 50),
    (300_000, 40),
    (500_000, 63),
    (1_000_000, 110),
    (1_500_000, 50),
    (2_000_000, 80),
    (3_000_000, 60),
    (5_000_000, 110),
    (7_000_000, 40),
    (10_000_000, 90),
    (16_777_215, 30),
    (20_000_000, 20),
    (50_000_000, 25),
    (100_000_000, 11),
    (250_000_000, 6),
    (500_000_000, 5),
];
/// The capacity, 0.99 of it, and less.
const MAXIMA_MSAT_PER_SAT: [(u64, u64); 4] = [(1000, 70), (990, 640), (450, 200), (100, 90)];
const MINIMA_MSAT: [(u64, u64); 6] = [
    (1000, 800),
    (1, 100),
    (0, 20),
    (10_000, 20),
    (100_000, 30),
    (1_000_000, 30),
];
const BASE_FEES_MSAT: [(u32, u64); 6] = [
    (0, 455),
    (1000, 410),
    (1, 35),
    (500, 30),
    (100, 30),
    (5000, 40),
];
const PROPORTIONAL_FEES: [(u32, u64); 10] = [
    (1, 260),
    (0, 70),
    (10, 80),
    (50, 90),
    (100, 100),
    (250, 100),
    (500, 110),
    (1000, 80),
    (2000, 60),
    (5000, 50),
];
const CLTV_EXPIRY_DELTAS: [(u16, u64); 7] = [
    (80, 400),
    (144, 180),
    (40, 170),
    (100, 120),
    (34, 70),
    (18, 30),
    (72, 30),
];
