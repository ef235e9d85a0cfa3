//! What the machines ask of a graph, answered by a [`routemap::Graph`].

use alloc::{collections::BTreeSet, vec::Vec};
use core::ops::RangeInclusive;

use lnwire::{Instant, NodeId, ShortChannelId, Timestamp, bolt7::QueryFlags};
use routemap::{ApplyError, ChannelHandle, Direction, Gossip, Graph, Policy, Reason};

use crate::{
    ingest::{
        FundingOutput, Gone, KnownChannel, KnownNode, KnownUpdate, Standing, Terms, VerifiedGossip,
        Zombie,
    },
    syncer::{Listed, Wanted},
};

/// Returns what the graph has of a channel, or had.
#[must_use]
pub fn standing(graph: &Graph, id: ShortChannelId) -> Standing {
    standing_of(graph, id, graph.channel_by_scid(id))
}

fn standing_of(graph: &Graph, id: ShortChannelId, handle: Option<ChannelHandle>) -> Standing {
    if let Some(channel) = handle.and_then(|handle| known(graph, handle)) {
        return Standing::Known(channel);
    }
    match graph.zombie(id) {
        None => Standing::Unknown,
        Some(zombie) if zombie.reason == Reason::Stale => Standing::Gone(Gone::Silent(Zombie {
            node_ids: zombie.node_ids,
            may_revive: zombie.may_revive,
        })),
        Some(_) => Standing::Gone(Gone::Closed),
    }
}

/// Returns what the graph has of a channel.
#[must_use]
pub fn known_channel(graph: &Graph, id: ShortChannelId) -> Option<KnownChannel> {
    known(graph, graph.channel_by_scid(id)?)
}

fn known(graph: &Graph, handle: ChannelHandle) -> Option<KnownChannel> {
    let channel = graph.channel(handle)?;
    let [one, two] = channel.nodes();
    let update = |direction| channel.policy(direction).map(known_update);
    Some(KnownChannel {
        node_ids: [graph.node(one)?.id(), graph.node(two)?.id()],
        updates: Direction::BOTH.map(update),
    })
}

const fn known_update(policy: Policy) -> KnownUpdate {
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

/// Returns how many of these channels the graph has: the answer to [`Confirm`](crate::manager::Output::Confirm).
#[must_use]
pub fn count_known(graph: &Graph, channels: &[ShortChannelId]) -> usize {
    let mut known = 0;
    graph.look_up_channels(
        channels,
        |id| *id,
        |_, handle| known += usize::from(handle.is_some()),
    );
    known
}

/// Answers [`FindMissing`](crate::syncer::Output::FindMissing): everything about channels that the graph does
/// not have, and of the others the updates that are older here than the peer's. Of a channel that was removed because it was
/// silent only updates that may revive it are wanted, of one that is closed nothing. Nodes that have not announced themselves
/// are asked for with one of their channels: no list says that a peer kept their announcement back. Nor does a list say that
/// there is a newer one, so those of which `again` says so are asked for although they have: see [`is_in_turn`].
///
/// Updates that were not made in `fresh`, which reaches from two weeks ago to two weeks ahead, are left out, and channels
/// that have no other: they would be dropped on arrival, or wait for the future. The peer's word changes nothing here but
/// what is asked for.
#[must_use]
pub fn missing(
    graph: &Graph,
    listed: &[Listed],
    fresh: &RangeInclusive<Timestamp>,
    again: impl Fn(&NodeId) -> bool,
) -> Vec<Wanted> {
    let is_fresh = |listed: &Listed| {
        let sides = listed.timestamps;
        sides.is_none_or(|sides| sides.iter().any(|t| fresh.contains(t)))
    };
    let mut asked = BTreeSet::new();
    let mut flags =
        |listed: &Listed, handle| match standing_of(graph, listed.short_channel_id, handle) {
            Standing::Unknown => QueryFlags::EVERYTHING,
            Standing::Known(known) => {
                let nodes = nodes(graph, known.node_ids, &again, &mut asked);
                newer(known.timestamps(), listed, fresh) | nodes
            }
            Standing::Gone(Gone::Silent(zombie) | Gone::Disabled(zombie)) => {
                let never = Some(Timestamp(u32::MAX));
                let ours = zombie.may_revive.map(|may| if may { None } else { never });
                newer(ours, listed, fresh)
            }
            Standing::Gone(Gone::Closed) => 0,
        };
    let mut wanted = Vec::new();
    graph.look_up_channels(
        listed,
        |listed| listed.short_channel_id,
        |listed, handle| {
            if is_fresh(listed) {
                let flags = flags(listed, handle) as u8;
                wanted.extend((flags != 0).then_some(Wanted {
                    short_channel_id: listed.short_channel_id,
                    flags,
                }));
            }
        },
    );
    wanted
}

/// Returns the flags of the nodes that have not announced themselves or are asked for again, each once.
fn nodes(
    graph: &Graph,
    nodes: [NodeId; 2],
    again: impl Fn(&NodeId) -> bool,
    asked: &mut BTreeSet<NodeId>,
) -> u64 {
    let sides = [
        QueryFlags::NODE_ANNOUNCEMENT_1,
        QueryFlags::NODE_ANNOUNCEMENT_2,
    ];
    let is_unannounced = |id| known_node(graph, id).is_some_and(|node| node.timestamp.is_none());
    let is_wanted = |id| again(id) || is_unannounced(id);
    let wanted = sides.iter().zip(&nodes);
    let wanted = wanted.filter(|(_, id)| is_wanted(id) && asked.insert(**id));
    wanted.map(|(flag, _)| flag).sum()
}

/// Hours in which all nodes are asked for once more, an equal part in each.
const TURNS: u64 = 24;

/// Returns whether a node is asked for [again](missing) in this hour: about one of 24, and each every day.
///
/// A new announcement that no active peer passed on is learnt so: those who become active later send what was made a little
/// before, and no list tells of nodes. In the first hour after the epoch of the clock nobody is: what a node that has just
/// started asks for is what it does not have.
///
/// BOLT 7, [`query_short_channel_ids`](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_short_channel_ids-reply_short_channel_ids_end-messages).
#[must_use]
pub fn is_in_turn(id: &NodeId, now: Instant) -> bool {
    let hour = now.since_epoch().as_secs() / (60 * 60);
    let [.., last] = id.0;
    hour > 0 && u64::from(last) % TURNS == hour % TURNS
}

/// Returns the flags of the updates that the peer has newer.
fn newer(ours: [Option<Timestamp>; 2], listed: &Listed, fresh: &RangeInclusive<Timestamp>) -> u64 {
    let sides = [QueryFlags::CHANNEL_UPDATE_1, QueryFlags::CHANNEL_UPDATE_2];
    let theirs = listed.timestamps.unwrap_or_default();
    sides
        .iter()
        .zip(theirs)
        .zip(ours)
        .filter(|((_, theirs), ours)| {
            fresh.contains(theirs) && Some(*theirs) > *ours && theirs.0 != 0
        })
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

/// Applies messages that [`Ingest`](crate::Ingest) once accepted, as after a start from one's own database, and tells `done`
/// what came of each.
///
/// The same as [`apply`] for each in its order, but much faster for a large graph if `routemap` has its feature `prefetch`:
/// see [`Graph::for_each_ahead`]. Nothing is known of funding outputs; [`Graph::set_capacity`] tells the graph later.
pub fn apply_all<'m>(
    graph: &mut Graph,
    now: Instant,
    messages: &'m [VerifiedGossip],
    mut done: impl FnMut(&'m VerifiedGossip, Result<(), ApplyError>),
) {
    graph.for_each_ahead(messages, view, |graph, message| {
        done(message, apply(graph, now, message, None));
    });
}

fn view(message: &VerifiedGossip) -> Gossip<'_> {
    match message {
        VerifiedGossip::Channel(channel) => Gossip::Channel(channel),
        VerifiedGossip::Update(update) => Gossip::Update(update),
        VerifiedGossip::Node(node) => Gossip::Node(node),
    }
}
