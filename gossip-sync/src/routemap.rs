//! What the machines ask of a graph, answered by a [`routemap::Graph`].

use alloc::vec::Vec;

use lnwire::{Instant, NodeId, ShortChannelId, Timestamp, bolt7::QueryFlags};
use routemap::{ApplyError, Direction, Graph, Policy};

use crate::{
    ingest::{FundingOutput, KnownChannel, KnownNode, KnownUpdate, Terms, VerifiedGossip},
    syncer::{Listed, Wanted},
};

/// Returns what the graph has of a channel.
#[must_use]
pub fn known_channel(graph: &Graph, id: ShortChannelId) -> Option<KnownChannel> {
    let channel = graph.channel(graph.channel_by_scid(id)?)?;
    let [one, two] = channel.nodes();
    let update = |direction| channel.policy(direction).map(known_update);
    Some(KnownChannel {
        node_ids: [graph.node(one)?.id(), graph.node(two)?.id()],
        updates: Direction::BOTH.map(update),
    })
}

const fn known_update(policy: &Policy) -> KnownUpdate {
    KnownUpdate {
        timestamp: policy.timestamp(),
        terms: Some(Terms {
            disabled: policy.is_disabled(),
            cltv_expiry_delta: policy.cltv_expiry_delta(),
            htlc_minimum_msat: policy.htlc_minimum_msat(),
            htlc_maximum_msat: policy.htlc_maximum_msat(),
            fee_base_msat: policy.fee_base_msat(),
            fee_proportional_millionths: policy.fee_proportional_millionths(),
        }),
    }
}

/// Returns what the graph has of a node.
#[must_use]
pub fn known_node(graph: &Graph, id: &NodeId) -> Option<KnownNode> {
    let node = graph.node(graph.node_by_id(id)?)?;
    Some(KnownNode {
        timestamp: node.announced_at(),
    })
}

/// Answers [`FindMissing`](crate::syncer::Output::FindMissing): everything about channels that the graph does
/// not have, and of the others the updates that are older here than the peer's.
///
/// Channels whose updates are all older than `oldest` are left out: they would be dropped on arrival.
#[must_use]
pub fn missing(graph: &Graph, listed: &[Listed], oldest: Timestamp) -> Vec<Wanted> {
    let fresh = |listed: &&Listed| {
        let stale = |timestamps: [Timestamp; 2]| timestamps.iter().all(|t| *t < oldest);
        !listed.timestamps.is_some_and(stale)
    };
    listed
        .iter()
        .filter(fresh)
        .filter_map(|listed| {
            let flags = match known_channel(graph, listed.short_channel_id) {
                None => QueryFlags::EVERYTHING,
                Some(known) => newer(&known, listed, oldest),
            };
            (flags != 0).then_some(Wanted {
                short_channel_id: listed.short_channel_id,
                flags: flags as u8,
            })
        })
        .collect()
}

/// Returns the flags of the updates that the peer has newer.
fn newer(known: &KnownChannel, listed: &Listed, oldest: Timestamp) -> u64 {
    let sides = [QueryFlags::CHANNEL_UPDATE_1, QueryFlags::CHANNEL_UPDATE_2];
    let theirs = listed.timestamps.unwrap_or_default();
    sides
        .iter()
        .zip(theirs)
        .zip(known.timestamps())
        .filter(|((_, theirs), ours)| *theirs >= oldest && Some(*theirs) > *ours && theirs.0 != 0)
        .map(|((flag, _), _)| flag)
        .sum()
}

/// Applies a message that [`Ingest`](crate::Ingest) accepted; `funding` is a channel's, if the chain was asked.
///
/// # Errors
/// [`ApplyError`]: the graph is as before, and says why it does not take the message.
pub fn apply(
    graph: &mut Graph,
    now: Instant,
    message: &VerifiedGossip,
    funding: Option<&FundingOutput>,
) -> Result<(), ApplyError> {
    let capacity_sat = funding.map(|funding| funding.value_sat);
    match message {
        VerifiedGossip::Channel(channel) => {
            graph.apply_channel(now, channel, capacity_sat).map(|_| ())
        }
        VerifiedGossip::Update(update) => graph.apply_update(now, update).map(|_| ()),
        VerifiedGossip::Node(node) => graph.apply_node(now, node).map(|_| ()),
    }
}
