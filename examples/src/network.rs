//! Signs a [`Topology`]: every channel, direction and node becomes the message that a real network would
//! gossip about it, with keys that follow from a seed.
//!
//! The derived ids are in another order than the ids of the network that a topology was taken from, so about
//! half of the channels turn round: what a node says about a channel stays with the node, but whether that is
//! direction 0 or 1 depends on its new id. Ids, funding keys and policies move together, and the graph is the
//! same.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use bytes::BytesMut;
use lnwire::{
    Address, Addresses, Alias, ChainHash, Color, Feature, Features, Msat, NodeId, Point, Signature,
    Timestamp,
    bolt7::{
        ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, channel_announcement, channel_update,
        node_announcement,
    },
};
use secp256k1::{Message as Digest, PublicKey, SECP256K1, SecretKey};
use sha2::{Digest as _, Sha256};

use crate::{
    split_mix::mix,
    topology::{Policy, Topology, TopologyChannel},
};

/// What signing depends on beside the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignOptions {
    /// The chain that the channels claim to stand in.
    pub chain_hash: ChainHash,
    /// The latest timestamp of any message; the others lie up to a day before it.
    pub timestamp: Timestamp,
    /// All keys follow from it.
    pub seed: u64,
    /// How many threads share the work, at least 1. It does not change the result.
    pub threads: usize,
}

/// A network's gossip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedNetwork {
    /// The channels, in the order of the topology.
    pub channels: Vec<SignedChannel>,
    /// An announcement for every node that has a channel, in the order of the topology.
    pub nodes: Vec<NodeAnnouncement>,
    /// The id of every node, by its index in the topology.
    pub node_ids: Vec<NodeId>,
}

/// What there is to gossip about a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedChannel {
    /// The value of its funding output, in satoshi.
    pub capacity_sat: u64,
    /// Its announcement.
    pub announcement: ChannelAnnouncement,
    /// The terms of direction 0, which `node_id_1` sets, and of direction 1.
    pub updates: [Option<ChannelUpdate>; 2],
}

impl SignedNetwork {
    /// Returns how many signatures the messages hold: four in a channel's announcement, one in every other.
    #[must_use]
    pub fn signature_count(&self) -> usize {
        let updates = self.channels.iter().flat_map(|c| &c.updates).flatten();
        4 * self.channels.len() + updates.count() + self.nodes.len()
    }
}

/// Makes and signs the messages of a network.
///
/// `progress` is called now and then with the number of signatures made and to be made, from any of the
/// threads, so not always in ascending order; the last call has both equal. The result depends on `topology`
/// and `options` alone, and not on the number of threads.
///
/// Disabled directions get an update, too, with the disable flag and the capacity as the greatest amount.
///
/// Costs 30 to 50 µs of one core a signature.
///
/// ```
/// use examples::{network::{self, SignOptions}, synthetic};
/// use lnwire::{ChainHash, Timestamp};
///
/// let options = SignOptions {
///     chain_hash: ChainHash::REGTEST,
///     timestamp: Timestamp(1_790_000_000),
///     seed: 7,
///     threads: 2,
/// };
/// let network = network::sign(&synthetic::mainnet_like(10, 7), options, |done, total| {
///     assert!(done <= total);
/// });
/// assert_eq!(network.channels.len(), 10);
/// let announcement = network.channels[0].announcement.clone();
/// assert!(announcement.verify(secp256k1::SECP256K1).is_ok());
/// ```
///
/// # Panics
/// If the topology names a node that it does not have, or joins a node to itself.
#[must_use]
pub fn sign(
    topology: &Topology,
    options: SignOptions,
    progress: impl Fn(usize, usize) + Sync,
) -> SignedNetwork {
    let has_channel = nodes_with_channels(topology);
    let progress = Progress {
        done: AtomicUsize::new(0),
        total: signatures_needed(topology, &has_channel),
        report: progress,
    };
    let keys = parallel(topology.node_names.len(), options.threads, |i| {
        KeyPair::new(node_secret_key(options.seed, i))
    });
    let channels = parallel(topology.channels.len(), options.threads, |i| {
        let channel = sign_channel(i, &topology.channels[i], &keys, &options);
        progress.add(4 + channel.updates.iter().flatten().count());
        channel
    });
    let nodes = parallel(keys.len(), options.threads, |i| {
        has_channel[i].then(|| {
            let name = topology.node_names[i].as_deref();
            let node = sign_node(i, name, &keys[i], &options);
            progress.add(1);
            node
        })
    });
    SignedNetwork {
        channels,
        nodes: nodes.into_iter().flatten().collect(),
        node_ids: keys.iter().map(KeyPair::node_id).collect(),
    }
}

/// Returns the secret key of the node at `index`, for a program that plays it.
///
/// # Panics
/// Never in practice: one hash in 2^128 is no key.
#[must_use]
pub fn node_secret_key(seed: u64, index: usize) -> SecretKey {
    secret_key(b"node", seed, index as u64, 0)
}

fn nodes_with_channels(topology: &Topology) -> Vec<bool> {
    let mut has_channel = vec![false; topology.node_names.len()];
    for node in topology.channels.iter().flat_map(|c| c.nodes) {
        has_channel[node as usize] = true;
    }
    has_channel
}

fn signatures_needed(topology: &Topology, has_channel: &[bool]) -> usize {
    let policies = topology.channels.iter().flat_map(|c| c.policies);
    let nodes = has_channel.iter().filter(|has| **has).count();
    4 * topology.channels.len() + policies.flatten().count() + nodes
}

/// One end of a channel: who, with which funding key, on which terms.
struct End<'a> {
    node: &'a KeyPair,
    funding: KeyPair,
    policy: Option<Policy>,
}

fn sign_channel(
    index: usize,
    channel: &TopologyChannel,
    keys: &[KeyPair],
    options: &SignOptions,
) -> SignedChannel {
    let end = |side: usize| End {
        node: &keys[channel.nodes[side] as usize],
        funding: KeyPair::new(secret_key(
            b"funding",
            options.seed,
            index as u64,
            side as u8,
        )),
        policy: channel.policies[side],
    };
    let mut ends = [end(0), end(1)];
    ends.sort_by_key(|end| end.node.node_id());
    let [first, second] = &ends;
    assert_ne!(
        first.node.public, second.node.public,
        "channel {index} joins a node to itself"
    );

    let unsigned = channel_announcement::Contents {
        features: Features::EMPTY,
        chain_hash: options.chain_hash,
        short_channel_id: channel.short_channel_id,
        node_id_1: first.node.node_id(),
        node_id_2: second.node.node_id(),
        bitcoin_key_1: Point::from(first.funding.public),
        bitcoin_key_2: Point::from(second.funding.public),
    }
    .unsigned()
    .expect("an announcement without features is short");
    let digest = unsigned.digest();
    let announcement = unsigned.sign(&[
        first.node.sign(digest),
        second.node.sign(digest),
        first.funding.sign(digest),
        second.funding.sign(digest),
    ]);
    let update = |direction: u8| {
        let end = &ends[usize::from(direction)];
        end.policy.map(|policy| {
            let timestamp = some_time_before(options, 2 * index as u64 + u64::from(direction));
            sign_update(channel, direction, &policy, end.node, timestamp, options)
        })
    };
    SignedChannel {
        capacity_sat: channel.capacity_sat,
        announcement,
        updates: [update(0), update(1)],
    }
}

fn sign_update(
    channel: &TopologyChannel,
    direction: u8,
    policy: &Policy,
    node: &KeyPair,
    timestamp: Timestamp,
    options: &SignOptions,
) -> ChannelUpdate {
    let unsigned = channel_update::Contents {
        chain_hash: options.chain_hash,
        short_channel_id: channel.short_channel_id,
        timestamp,
        dont_forward: false,
        direction,
        disabled: policy.disabled,
        cltv_expiry_delta: policy.cltv_expiry_delta,
        htlc_minimum_msat: policy.htlc_minimum_msat,
        fee_base_msat: policy.fee_base_msat,
        fee_proportional_millionths: policy.fee_proportional_millionths,
        htlc_maximum_msat: if policy.disabled {
            Msat::from_sat(channel.capacity_sat)
        } else {
            policy.htlc_maximum_msat
        },
    }
    .unsigned()
    .expect("an update has a fixed length");
    let digest = unsigned.digest();
    unsigned.sign(&[node.sign(digest)])
}

fn sign_node(
    index: usize,
    name: Option<&str>,
    key: &KeyPair,
    options: &SignOptions,
) -> NodeAnnouncement {
    let traits = hash(b"traits", options.seed, index as u64, 0);
    let unsigned = node_announcement::Contents {
        features: features(traits[3]),
        timestamp: some_time_before(options, !(index as u64)),
        node_id: key.node_id(),
        rgb_color: Color([traits[0], traits[1], traits[2]]),
        alias: name.map_or_else(|| alias(&format!("node-{index}")), alias),
        addresses: addresses(index as u32, &traits),
    }
    .unsigned()
    .expect("features and addresses are short");
    let digest = unsigned.digest();
    unsigned.sign(&[key.sign(digest)])
}

/// Returns as much of `name` as fits: 32 bytes, cut between characters.
fn alias(name: &str) -> Alias {
    let end = (0..=name.len().min(32)).rfind(|end| name.is_char_boundary(*end));
    end.and_then(|end| Alias::new(&name[..end]))
        .expect("0 is a character boundary, and 32 bytes fit")
}

/// Returns the features of one of three common kinds of node, in about their proportions.
fn features(choice: u8) -> Features {
    let offered: &[Feature] = match choice {
        0..=191 => &[
            Feature::UPFRONT_SHUTDOWN_SCRIPT,
            Feature::GOSSIP_QUERIES,
            Feature::BASIC_MPP,
            Feature::SUPPORT_LARGE_CHANNEL,
            Feature::ANCHORS,
            Feature::SHUTDOWN_ANYSEGWIT,
            Feature::SCID_ALIAS,
        ],
        192..=234 => &[
            Feature::UPFRONT_SHUTDOWN_SCRIPT,
            Feature::GOSSIP_QUERIES,
            Feature::GOSSIP_QUERIES_EX,
            Feature::BASIC_MPP,
            Feature::SUPPORT_LARGE_CHANNEL,
            Feature::ANCHORS,
            Feature::ROUTE_BLINDING,
            Feature::SHUTDOWN_ANYSEGWIT,
            Feature::QUIESCE,
            Feature::ONION_MESSAGES,
            Feature::SCID_ALIAS,
            Feature::PAYMENT_METADATA,
        ],
        _ => &[
            Feature::GOSSIP_QUERIES,
            Feature::GOSSIP_QUERIES_EX,
            Feature::BASIC_MPP,
            Feature::SUPPORT_LARGE_CHANNEL,
            Feature::ANCHORS,
            Feature::ROUTE_BLINDING,
            Feature::SHUTDOWN_ANYSEGWIT,
            Feature::DUAL_FUND,
            Feature::QUIESCE,
            Feature::ATTRIBUTION_DATA,
            Feature::ONION_MESSAGES,
            Feature::PROVIDE_STORAGE,
            Feature::SCID_ALIAS,
            Feature::ZEROCONF,
            Feature::SIMPLE_CLOSE,
            Feature::SPLICE,
        ],
    };
    let assumed = Feature::ASSUMED.iter().map(|f| f.even_bit);
    Features::from_bits(assumed.chain(offered.iter().map(|f| f.odd_bit())))
}

/// Returns addresses where nobody is: onion services of no key, and the IP ranges that are set aside for
/// benchmarks (198.18.0.0/15, RFC 2544) and for documentation (2001:db8::/32, RFC 3849).
fn addresses(index: u32, traits: &[u8; 32]) -> Addresses {
    const PORT: u16 = 9735;
    let ipv4 = Address::Ipv4 {
        ip: (0xc612_0000 | (index & 0x1_ffff)).into(),
        port: PORT,
    };
    let ipv6 = Address::Ipv6 {
        ip: (0x2001_0db8_u128 << 96 | u128::from(index)).into(),
        port: PORT,
    };
    let mut onion = [0; 35];
    onion[..32].copy_from_slice(traits);
    onion[34] = 3;
    let tor = Address::TorV3 { onion, port: PORT };
    let addresses: &[Address] = match traits[4] {
        0..=139 => &[tor],
        140..=209 => &[ipv4],
        210..=244 => &[ipv4, tor],
        _ => &[ipv4, ipv6, tor],
    };
    let mut bytes = BytesMut::new();
    addresses.iter().for_each(|a| a.write(&mut bytes));
    Addresses::from_bytes(bytes.freeze())
}

/// Returns a moment up to a day before the latest one, so that timestamp filters have something to part.
fn some_time_before(options: &SignOptions, message: u64) -> Timestamp {
    let age = mix(mix(options.seed) ^ message) % (SECONDS_PER_DAY + 1);
    Timestamp(options.timestamp.as_secs().saturating_sub(age as u32))
}

const SECONDS_PER_DAY: u64 = 86_400;

struct KeyPair {
    secret: SecretKey,
    public: PublicKey,
    /// The public key's bytes: parsed once, written often.
    id: NodeId,
}

impl KeyPair {
    fn new(secret: SecretKey) -> Self {
        let public = secret.public_key(SECP256K1);
        Self {
            secret,
            public,
            id: NodeId::from(public),
        }
    }

    const fn node_id(&self) -> NodeId {
        self.id
    }

    fn sign(&self, digest: [u8; 32]) -> Signature {
        let digest = Digest::from_digest(digest);
        SECP256K1.sign_ecdsa(&digest, &self.secret).into()
    }
}

fn secret_key(label: &[u8], seed: u64, index: u64, side: u8) -> SecretKey {
    SecretKey::from_slice(&hash(label, seed, index, side))
        .expect("one hash in 2^128 is zero or above the curve's order")
}

fn hash(label: &[u8], seed: u64, index: u64, side: u8) -> [u8; 32] {
    Sha256::new()
        .chain_update(label)
        .chain_update(seed.to_be_bytes())
        .chain_update(index.to_be_bytes())
        .chain_update([side])
        .finalize()
        .into()
}

struct Progress<F> {
    done: AtomicUsize,
    total: usize,
    report: F,
}

impl<F: Fn(usize, usize)> Progress<F> {
    fn add(&self, signatures: usize) {
        let before = self.done.fetch_add(signatures, Ordering::Relaxed);
        let done = before + signatures;
        if before / REPORT_EVERY != done / REPORT_EVERY || done == self.total {
            (self.report)(done, self.total);
        }
    }
}

/// Signatures between two reports: some twenty times a second.
const REPORT_EVERY: usize = 1024;

/// Makes `count` values on up to `threads` threads, each of which makes as many neighbours.
pub(crate) fn parallel<T: Send>(
    count: usize,
    threads: usize,
    make: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let share = count.div_ceil(threads.max(1)).max(1);
    let make = &make;
    thread::scope(|scope| {
        let shares = (0..count).step_by(share).map(|start| {
            let indexes = start..count.min(start.saturating_add(share));
            scope.spawn(move || indexes.map(make).collect::<Vec<T>>())
        });
        let workers: Vec<_> = shares.collect();
        let mut made = Vec::with_capacity(count);
        for worker in workers {
            made.extend(worker.join().unwrap_or_else(|p| panic::resume_unwind(p)));
        }
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_cut_between_characters() {
        let cases = [
            ("", ""),
            ("alice", "alice"),
            (
                "12345678901234567890123456789012",
                "12345678901234567890123456789012",
            ),
            (
                "123456789012345678901234567890123",
                "12345678901234567890123456789012",
            ),
            (
                "1234567890123456789012345678901é",
                "1234567890123456789012345678901",
            ),
            (
                "1234567890123456789012345678🐙⚡",
                "1234567890123456789012345678🐙",
            ),
        ];
        for (name, expected) in cases {
            assert_eq!(alias(name), Alias::new(expected).unwrap(), "{name}");
        }
    }

    #[test]
    fn work_is_shared_in_order() {
        for threads in [0, 1, 2, 3, 7, 100] {
            assert_eq!(
                parallel(7, threads, |i| i * i),
                [0, 1, 4, 9, 16, 25, 36],
                "{threads}"
            );
            assert!(parallel(0, threads, |i| i).is_empty());
        }
    }
}
