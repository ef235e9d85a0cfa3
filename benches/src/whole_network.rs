//! All messages of a network, unsigned, in an order in which they might arrive: for what checks no signatures.

use std::{
    env,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use examples::{gossmap, node_list::NodeList, synthetic, topology::Topology};
use gossip_sync::ingest::VerifiedGossip;
use lnwire::{
    Addresses, Alias, ChainHash, Color, Features, NodeId, Point, ShortChannelId, Signature,
    Timestamp, Verified,
    bolt7::{channel_announcement, channel_update, node_announcement},
};

/// A network's messages.
#[derive(Debug)]
pub struct WholeNetwork {
    /// All messages, shuffled, each after those that it depends on. Their bytes lie in memory in this order,
    /// as those of messages that just arrived do.
    pub messages: Vec<VerifiedGossip>,
    /// The short channel ids, in no order.
    pub short_channel_ids: Vec<ShortChannelId>,
    /// The nodes, in no order.
    pub node_ids: Vec<NodeId>,
}

impl WholeNetwork {
    /// Reads the topology from the files that the environment variables `ROUTEMAP_GOSSMAP` and
    /// `ROUTEMAP_NODES` name; makes up one of mainnet's size and shape if they name none.
    ///
    /// # Panics
    /// If the files cannot be read.
    #[must_use]
    pub fn of_mainnet() -> Self {
        let path = |name| env::var_os(name).map(PathBuf::from);
        let Some(file) = path("ROUTEMAP_GOSSMAP") else {
            return Self::made_up(MAINNET_CHANNELS);
        };
        let nodes = path("ROUTEMAP_NODES");
        let topology = gossmap::load(&file, nodes.as_deref()).expect("a topology");
        let ids = nodes.map(|path| {
            let file = std::fs::read(path).expect("a list of nodes");
            let list = NodeList::read(&file).expect("a list of nodes");
            list.nodes().iter().map(|node| node.node_id).collect()
        });
        let ids = ids.unwrap_or_else(|| made_up_ids(&topology));
        Self::new(&topology, ids)
    }

    /// Makes up a network of so many channels in mainnet's shape.
    #[must_use]
    pub fn made_up(channels: usize) -> Self {
        let topology = synthetic::mainnet_like(channels, 1);
        let ids = made_up_ids(&topology);
        Self::new(&topology, ids)
    }

    fn new(topology: &Topology, mut ids: Vec<NodeId>) -> Self {
        let mut random = Random(1);
        // When each arrives: a channel any time, the others any time after what they depend on.
        let mut arrivals = Vec::new();
        let mut first_channel = vec![u64::MAX; ids.len()];
        for (i, channel) in topology.channels.iter().enumerate() {
            let at = random.next();
            arrivals.push((at, Arrival::Channel(i)));
            for side in [0, 1] {
                arrivals.push((random.after(at), Arrival::Update(i, side)));
                let first = &mut first_channel[channel.nodes[side] as usize];
                *first = at.min(*first);
            }
        }
        for (i, at) in first_channel.iter().enumerate() {
            if *at != u64::MAX {
                arrivals.push((random.after(*at), Arrival::Node(i)));
            }
        }
        arrivals.sort_by_key(|(at, _)| *at);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let timestamp = Timestamp(since_1970.map_or(0, |d| d.as_secs() as u32 - 3600));
        let messages = arrivals
            .iter()
            .filter_map(|(_, arrival)| message(topology, &ids, timestamp, *arrival));
        let messages = messages.collect();

        let mut scids: Vec<_> = topology
            .channels
            .iter()
            .map(|c| c.short_channel_id)
            .collect();
        scids.sort_unstable_by_key(|id| Random(id.0).next());
        let mut has_channel = first_channel.iter();
        ids.retain(|_| has_channel.next() != Some(&u64::MAX));
        ids.sort_by_cached_key(|_| random.next());
        Self {
            messages,
            short_channel_ids: scids,
            node_ids: ids,
        }
    }
}

/// Channels of mainnet in February 2026.
pub const MAINNET_CHANNELS: usize = 50_808;

#[derive(Clone, Copy, Debug)]
enum Arrival {
    Channel(usize),
    /// Of the node on that side of the topology's channel.
    Update(usize, usize),
    Node(usize),
}

fn message(
    topology: &Topology,
    ids: &[NodeId],
    timestamp: Timestamp,
    arrival: Arrival,
) -> Option<VerifiedGossip> {
    let small = "it fits into a message";
    let (chain_hash, features) = (ChainHash::REGTEST, Features::default());
    Some(match arrival {
        Arrival::Channel(i) => {
            let channel = &topology.channels[i];
            let mut pair = channel.nodes.map(|node| ids[node as usize]);
            pair.sort_unstable();
            let contents = channel_announcement::Contents {
                features,
                chain_hash,
                short_channel_id: channel.short_channel_id,
                node_id_1: pair[0],
                node_id_2: pair[1],
                bitcoin_key_1: Point(pair[0].0),
                bitcoin_key_2: Point(pair[1].0),
            };
            let message = contents.unsigned().expect(small).sign(&[ONES; 4]);
            VerifiedGossip::Channel(Verified::trust_without_checking(message, ()))
        }
        Arrival::Update(i, side) => {
            let channel = &topology.channels[i];
            let policy = channel.policies[side]?;
            let [from, to] = [side, 1 - side].map(|side| ids[channel.nodes[side] as usize]);
            let contents = channel_update::Contents {
                chain_hash,
                short_channel_id: channel.short_channel_id,
                timestamp,
                dont_forward: false,
                direction: u8::from(from > to),
                disabled: policy.disabled,
                cltv_expiry_delta: policy.cltv_expiry_delta,
                htlc_minimum_msat: policy.htlc_minimum_msat,
                fee_base_msat: policy.fee_base_msat,
                fee_proportional_millionths: policy.fee_proportional_millionths,
                htlc_maximum_msat: policy.htlc_maximum_msat,
            };
            let message = contents.unsigned().expect(small).sign(&[ONES]);
            VerifiedGossip::Update(Verified::trust_without_checking(message, from))
        }
        Arrival::Node(i) => {
            let contents = node_announcement::Contents {
                features,
                timestamp,
                node_id: ids[i],
                rgb_color: Color([0; 3]),
                alias: Alias([0; 32]),
                addresses: Addresses::default(),
            };
            let message = contents.unsigned().expect(small).sign(&[ONES]);
            VerifiedGossip::Node(Verified::trust_without_checking(message, ()))
        }
    })
}

/// Of the form of a signature, and nobody's.
const ONES: Signature = Signature([1; 64]);

/// Ids that look like keys.
fn made_up_ids(topology: &Topology) -> Vec<NodeId> {
    let mut random = Random(2);
    let id = |_| {
        let mut id = [2; 33];
        for bytes in id[1..].chunks_exact_mut(8) {
            bytes.copy_from_slice(&random.next().to_le_bytes());
        }
        NodeId(id)
    };
    topology.node_names.iter().map(id).collect()
}

/// Splitmix64, by Sebastiano Vigna.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number that is greater than `number`, if there is one.
    const fn after(&mut self, number: u64) -> u64 {
        let room = (u64::MAX - number) as u128;
        number + ((self.next() as u128 * room) >> 64) as u64 + (number != u64::MAX) as u64
    }
}
