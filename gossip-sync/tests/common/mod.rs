//! Messages to test with, and a graph in a map that answers an answerer's questions.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

use core::time::Duration;
use std::collections::BTreeMap;

use gossip_sync::answerer::{self, Answerer, ListedChannel, Output, StoredChannel};
use gossip_sync::syncer::{self, Syncer};
use lnwire::bolt7::{
    ChannelUpdate, GossipTimestampFilter, NodeAnnouncement, QueryChannelRange, QueryFlags,
    QueryShortChannelIds, ReplyChannelRange, ReplyShortChannelIdsEnd, ShortChannelIds, Timestamps,
    channel_announcement, channel_update, node_announcement,
};
use lnwire::bytes::Bytes;
use lnwire::tlv::UnknownRecords;
use lnwire::{
    Addresses, Alias, BlockHeight, ChainHash, Color, Features, Instant, Message, Msat, NodeId,
    Point, ShortChannelId, Signature, Timestamp,
};

pub(crate) mod desk;
pub(crate) mod hub;
pub(crate) mod signed;

pub(crate) const CHAIN: ChainHash = ChainHash::REGTEST;
pub(crate) const FOREIGN: ChainHash = ChainHash::MAINNET;

pub(crate) const fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

pub(crate) fn scid(block: u32, transaction: u32) -> ShortChannelId {
    ShortChannelId::new(block, transaction, 0).unwrap()
}

/// A node's id that need not be a point of the curve.
pub(crate) fn node(n: u16) -> NodeId {
    let mut id = [0; 33];
    id[0] = 2;
    id[31..].copy_from_slice(&n.to_be_bytes());
    NodeId(id)
}

const NO_SIGNATURE: Signature = Signature([0; 64]);

pub(crate) fn announcement(
    id: ShortChannelId,
    nodes: [NodeId; 2],
) -> channel_announcement::Contents {
    channel_announcement::Contents {
        features: Features::default(),
        chain_hash: CHAIN,
        short_channel_id: id,
        node_id_1: nodes[0],
        node_id_2: nodes[1],
        bitcoin_key_1: Point(nodes[0].0),
        bitcoin_key_2: Point(nodes[1].0),
    }
}

pub(crate) const fn update(
    id: ShortChannelId,
    direction: u8,
    timestamp: u32,
) -> channel_update::Contents {
    channel_update::Contents {
        chain_hash: CHAIN,
        short_channel_id: id,
        timestamp: Timestamp(timestamp),
        dont_forward: false,
        direction,
        disabled: false,
        cltv_expiry_delta: 40,
        htlc_minimum_msat: Msat(1),
        fee_base_msat: 1000,
        fee_proportional_millionths: 10,
        htlc_maximum_msat: Msat(1_000_000),
    }
}

pub(crate) fn about(node_id: NodeId, timestamp: u32) -> node_announcement::Contents {
    node_announcement::Contents {
        features: Features::default(),
        timestamp: Timestamp(timestamp),
        node_id,
        rgb_color: Color::default(),
        alias: Alias::default(),
        addresses: Addresses::default(),
    }
}

/// A channel between two nodes; timestamps of zero leave an update or a node out.
pub(crate) fn channel(
    id: ShortChannelId,
    updates: [u32; 2],
    nodes: [u16; 2],
    seen: u32,
) -> StoredChannel {
    let ids = nodes.map(node);
    let update = |direction: u8| {
        let timestamp = updates[usize::from(direction)];
        let contents = update(id, direction, timestamp).unsigned().unwrap();
        (timestamp > 0).then(|| contents.sign(&[NO_SIGNATURE]))
    };
    let about = |id| (seen > 0).then(|| unsigned_node(id, seen));
    StoredChannel {
        announcement: announcement(id, ids)
            .unsigned()
            .unwrap()
            .sign(&[NO_SIGNATURE; 4]),
        updates: [update(0), update(1)],
        nodes: ids.map(about),
    }
}

pub(crate) fn unsigned_node(id: NodeId, timestamp: u32) -> NodeAnnouncement {
    about(id, timestamp)
        .unsigned()
        .unwrap()
        .sign(&[NO_SIGNATURE])
}

/// A graph in a map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store(pub(crate) BTreeMap<ShortChannelId, StoredChannel>);

impl Store {
    /// `count` channels with both updates, ten to a block, among 50 nodes.
    pub(crate) fn of(count: u32) -> Self {
        let channels = (0..count).map(|n| {
            let nodes = [(n % 50) as u16, (n % 50 + 1 + n % 7) as u16];
            channel(scid(100 + n / 10, n % 10), [1000 + n, 2000 + n], nodes, 500)
        });
        Self::from_iter(channels)
    }

    /// Answers a question; `None` for anything else.
    pub(crate) fn answer(&self, output: &Output) -> Option<answerer::Input> {
        Some(match output {
            Output::List {
                request,
                from,
                end,
                limit,
                checksums,
            } => answerer::Input::Listed {
                request: *request,
                channels: self
                    .0
                    .range(from..)
                    .take_while(|(id, _)| id.block() < *end)
                    .take(*limit)
                    .map(|(_, channel)| listed(channel, *checksums))
                    .collect(),
            },
            Output::Fetch { request, channels } => answerer::Input::Fetched {
                request: *request,
                channels: channels
                    .iter()
                    .filter_map(|id| self.0.get(id))
                    .cloned()
                    .collect(),
            },
            Output::Walk {
                request,
                from,
                limit,
            } => answerer::Input::Fetched {
                request: *request,
                channels: self
                    .0
                    .range(from..)
                    .take(*limit)
                    .map(|(_, c)| c.clone())
                    .collect(),
            },
            Output::WalkNodes {
                request,
                after,
                limit,
            } => answerer::Input::FetchedNodes {
                request: *request,
                nodes: self
                    .nodes()
                    .into_iter()
                    .filter(|(id, _)| after.is_none_or(|after| *id > after))
                    .take(*limit)
                    .map(|(_, node)| node)
                    .collect(),
            },
            Output::Send(_) | Output::Relay(_) | Output::Violation(_) => return None,
        })
    }

    fn nodes(&self) -> BTreeMap<NodeId, NodeAnnouncement> {
        let nodes = self.0.values().flat_map(|c| c.nodes.iter().flatten());
        nodes.map(|node| (node.node_id(), node.clone())).collect()
    }

    /// Answers questions until there are none, and always has room: what goes to the peer.
    pub(crate) fn run(&self, answerer: &mut Answerer) -> Vec<Output> {
        let mut sent = self.page(answerer);
        while answerer.awaits_ready() {
            answerer.handle_input(answerer::Input::Ready);
            sent.extend(self.page(answerer));
        }
        sent
    }

    /// Answers questions until the answerer rests.
    pub(crate) fn page(&self, answerer: &mut Answerer) -> Vec<Output> {
        let mut sent = Vec::new();
        while let Some(output) = answerer.poll_output() {
            match self.answer(&output) {
                Some(answer) => answerer.handle_input(answer),
                None => sent.push(output),
            }
        }
        sent
    }
}

impl FromIterator<StoredChannel> for Store {
    fn from_iter<T: IntoIterator<Item = StoredChannel>>(channels: T) -> Self {
        let keyed = channels
            .into_iter()
            .map(|c| (c.announcement.short_channel_id(), c));
        Self(keyed.collect())
    }
}

fn listed(channel: &StoredChannel, checksums: bool) -> ListedChannel {
    let time =
        |u: &Option<ChannelUpdate>| u.as_ref().map_or(Timestamp(0), ChannelUpdate::timestamp);
    let sum = |u: &Option<ChannelUpdate>| {
        u.as_ref()
            .filter(|_| checksums)
            .map_or(0, ChannelUpdate::checksum)
    };
    let [one, two] = &channel.updates;
    ListedChannel {
        short_channel_id: channel.announcement.short_channel_id(),
        timestamps: [time(one), time(two)],
        checksums: [sum(one), sum(two)],
    }
}

/// The channel of a `channel_announcement`.
pub(crate) fn announced(frame: &Bytes) -> Option<ShortChannelId> {
    match Message::decode(frame.clone()).unwrap() {
        Message::ChannelAnnouncement(message) => Some(message.short_channel_id()),
        _ => None,
    }
}

pub(crate) fn range_query(first: u32, number_of_blocks: u32, options: u64) -> QueryChannelRange {
    QueryChannelRange {
        chain_hash: CHAIN,
        first_blocknum: BlockHeight(first),
        number_of_blocks,
        query_option: (options != 0).then_some(options),
        unknown: UnknownRecords::default(),
    }
}

pub(crate) fn scids_query(ids: &[ShortChannelId], flags: Option<&[u64]>) -> QueryShortChannelIds {
    QueryShortChannelIds {
        chain_hash: CHAIN,
        short_channel_ids: ShortChannelIds::new(ids.iter().copied()),
        query_flags: flags.map(|flags| QueryFlags::new(flags.iter().copied())),
        unknown: UnknownRecords::default(),
    }
}

pub(crate) const fn filter(first: u32, range: u32) -> GossipTimestampFilter {
    GossipTimestampFilter {
        chain_hash: CHAIN,
        first_timestamp: Timestamp(first),
        timestamp_range: range,
        extra: Bytes::new(),
    }
}

pub(crate) fn range_reply(
    first: u32,
    number: u32,
    complete: u8,
    ids: &[ShortChannelId],
) -> ReplyChannelRange {
    ReplyChannelRange {
        chain_hash: CHAIN,
        first_blocknum: BlockHeight(first),
        number_of_blocks: number,
        sync_complete: complete,
        short_channel_ids: ShortChannelIds::new(ids.iter().copied()),
        timestamps: Some(Timestamps::new(ids.iter().map(|_| [Timestamp(7); 2]))),
        checksums: None,
        unknown: UnknownRecords::default(),
    }
}

pub(crate) const fn scids_end(full_information: u8) -> ReplyShortChannelIdsEnd {
    ReplyShortChannelIdsEnd {
        chain_hash: CHAIN,
        full_information,
        extra: Bytes::new(),
    }
}

pub(crate) fn everything_of(id: ShortChannelId) -> syncer::Wanted {
    syncer::Wanted {
        short_channel_id: id,
        flags: QueryFlags::EVERYTHING as u8,
    }
}

/// All outputs of a syncer.
pub(crate) fn drain(syncer: &mut Syncer) -> Vec<syncer::Output> {
    core::iter::from_fn(|| syncer.poll_output()).collect()
}

/// How the sync ended: the only output.
pub(crate) fn outcome(syncer: &mut Syncer) -> syncer::Outcome {
    match <[_; 1]>::try_from(drain(syncer)) {
        Ok([syncer::Output::Event(syncer::Event::Finished(outcome))]) => outcome,
        other => panic!("not one outcome: {other:?}"),
    }
}
