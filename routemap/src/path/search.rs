//! Dijkstra's search, backwards from the payee, so that each node's fee is taken on the exact amount that it
//! forwards.
//!
//! One way is kept per node, the best by what the search minimises. A limit can cut that way off where a
//! dearer one would pass; if nothing is found for that reason, the search is run again for what the limit is
//! about.

use alloc::vec::Vec;

use lnwire::Msat;

use super::{
    cost,
    query::Query,
    route::{Hop, NoRoute, Route},
    score::{Candidate, Score, indifferent},
    scratch::{Label, Scratch},
};
use crate::{
    Source,
    arena::NodeHandle,
    graph::{Adjacent, Direction},
};

/// Finds the cheapest path that the query allows, on the terms that the graph holds.
///
/// Cheapest by fees and [risk](Query::cltv_risk_billionths). If the limits on fees, expiry or hops cut the
/// search off before it found a path, it is repeated for the lowest fees, then for the shortest expiry, then
/// for the fewest hops; so a path is found whenever the best by one of these is within all limits.
///
/// Once `scratch` has grown to the graph, nothing is allocated but the route's list of hops. A search takes
/// time in the order of the graph's size, n log n at most, and four such searches at worst.
///
/// # Errors
/// [`NoRoute`] says why there is none. Amounts that would not fit into 64 bits count as no path.
///
/// ```
/// # fn pay(graph: &routemap::Graph, alice: routemap::NodeHandle, bob: routemap::NodeHandle) -> Result<(), routemap::NoRoute> {
/// use routemap::{Msat, Query, Scratch, find_path};
/// let mut scratch = Scratch::new();
/// let route = find_path(graph, &mut scratch, &Query::new(alice, bob, Msat(50_000)))?;
/// assert_eq!(route.hops.last().map(|hop| hop.amount), Some(Msat(50_000)));
/// # Ok(())
/// # }
/// ```
pub fn find_path<S: Source>(
    graph: &S,
    scratch: &mut Scratch,
    query: &Query,
) -> Result<Route, NoRoute> {
    find_path_by(graph, scratch, query, &indifferent)
}

/// Finds the cheapest path, as [`find_path`] does, to whose cost the embedder's [`Score`] is added, in msat, and which goes only
/// where that allows. It is asked about each way that would carry the amount, in each of the searches.
///
/// # Errors
/// As [`find_path`]; a path that the score does not allow counts as none.
pub fn find_path_by<S: Source, C: Score>(
    graph: &S,
    scratch: &mut Scratch,
    query: &Query,
    score: &C,
) -> Result<Route, NoRoute> {
    for node in [query.from, query.to] {
        if !graph.has_node(node) {
            return Err(NoRoute::UnknownNode(node));
        }
    }
    if query.from == query.to {
        return Err(NoRoute::SameNode);
    }
    if query.amount == Msat(0) {
        return Err(NoRoute::ZeroAmount);
    }
    if query.final_cltv_delta > query.max_total_cltv {
        return Err(NoRoute::BeyondLimits);
    }
    let mut search = Search {
        graph,
        scratch,
        query,
        score,
        least: Least::Cost,
        cut: Cut::default(),
    };
    if search.run() {
        return search.route().ok_or(NoRoute::NoPath);
    }
    let cut = search.cut;
    let retries = [
        (cut.by_fee, Least::Fee),
        (cut.by_expiry, Least::Expiry),
        (cut.by_hops, Least::Hops),
    ];
    for (_, least) in retries.into_iter().filter(|(was_cut, _)| *was_cut) {
        search.least = least;
        if search.run() {
            return search.route().ok_or(NoRoute::NoPath);
        }
    }
    Err(if retries.iter().any(|(was_cut, _)| *was_cut) {
        NoRoute::BeyondLimits
    } else {
        NoRoute::NoPath
    })
}

/// The most hops that a query can ask for.
pub(super) const MOST_HOPS: u64 = u8::MAX as u64;

struct Search<'a, S, C> {
    graph: &'a S,
    scratch: &'a mut Scratch,
    query: &'a Query,
    score: &'a C,
    least: Least,
    cut: Cut,
}

/// What the search minimises.
#[derive(Clone, Copy, Debug)]
enum Least {
    Cost,
    Fee,
    Expiry,
    Hops,
}

/// Which limits have cut ways off.
#[derive(Clone, Copy, Debug, Default)]
struct Cut {
    by_fee: bool,
    by_expiry: bool,
    by_hops: bool,
}

impl<S: Source, C: Score> Search<'_, S, C> {
    /// Searches until the payer is reached; false if it cannot be.
    fn run(&mut self) -> bool {
        self.scratch.reset(self.graph.node_slots());
        let arrival = Label {
            amount: self.query.amount.as_msat(),
            cltv_expiry: self.query.final_cltv_delta,
            ..Label::default()
        };
        self.scratch.offer(self.query.to, 0, arrival);
        while let Some((node, label)) = self.scratch.settle() {
            if node == self.query.from {
                return true;
            }
            if label.hops >= self.query.max_hops.into() {
                self.cut.by_hops = true;
                continue;
            }
            let graph = self.graph;
            graph.show_channels_of(node, |handle, channel, side| {
                let adjacent = Adjacent {
                    handle,
                    channel,
                    side,
                };
                self.step(&label, &adjacent);
            });
        }
        false
    }

    /// Goes one channel back from a settled node.
    #[inline]
    fn step(&mut self, label: &Label, adjacent: &Adjacent<'_>) {
        let side = 1 - adjacent.side;
        let channel = adjacent.channel;
        if !channel.is_open(side) {
            return;
        }
        let sender = channel.node_at(side);
        // The limits last: they lie elsewhere, and half of the ways are settled.
        if self.scratch.is_settled(sender) || !channel.lets_through(side, Msat(label.amount)) {
            return;
        }
        let Some(way) = self.way(label, adjacent, sender) else {
            return;
        };
        self.scratch.offer(sender, self.least.key(&way), way);
    }

    /// Returns the way from `sender` through a channel and on; `None` if it is cut off.
    #[inline]
    fn way(&mut self, label: &Label, adjacent: &Adjacent<'_>, sender: NodeHandle) -> Option<Label> {
        let score = self.score.cost(&Candidate {
            handle: adjacent.handle,
            channel: adjacent.channel,
            direction: Direction::from_side(1 - adjacent.side),
            amount: Msat(label.amount),
            beside: Msat(0),
        })?;
        let mut way = Label {
            hops: label.hops + 1,
            channel: Some(adjacent.handle),
            cost: label.cost.checked_add(score.as_msat())?,
            ..*label
        };
        if sender == self.query.from {
            return Some(way);
        }
        let amount = Msat(label.amount);
        let fees = adjacent.channel.fees_at(1 - adjacent.side);
        let fee = fees.of(amount)?.as_msat();
        let blocks = fees.cltv_expiry_delta();
        let risk = cost::risk(amount, blocks, self.query.cltv_risk_billionths)?;
        way.amount = label.amount.checked_add(fee)?;
        way.cost = way.cost.checked_add(fee)?.checked_add(risk)?;
        way.cltv_expiry = label.cltv_expiry.checked_add(blocks.into())?;

        let fees = way.amount - self.query.amount.as_msat();
        if self.query.max_fee.is_some_and(|max| fees > max.as_msat()) {
            self.cut.by_fee = true;
            return None;
        }
        if way.cltv_expiry > self.query.max_total_cltv {
            self.cut.by_expiry = true;
            return None;
        }
        Some(way)
    }

    /// Follows the labels from the payer to the payee; `None` if the channels are not what they were, as may be
    /// in memory that another process writes.
    fn route(&self) -> Option<Route> {
        let mut from = self.query.from;
        let mut label = *self.scratch.label(from);
        let cost = label.cost;
        let mut hops = Vec::with_capacity(label.hops as usize);
        while let Some(handle) = label.channel {
            let channel = self.graph.shown_channel(handle)?;
            let channel = channel.by_ref();
            let side = channel.side_of(from);
            let to = channel.node_at(1 - side);
            let next = *self.scratch.settled(to)?;
            if next.hops >= label.hops {
                return None;
            }
            hops.push(Hop {
                channel: handle,
                short_channel_id: channel.short_channel_id(),
                from,
                to,
                direction: Direction::from_side(side),
                amount: Msat(next.amount),
                fee: Msat(label.amount.checked_sub(next.amount)?),
                cltv_expiry_delta: match from == self.query.from {
                    true => 0,
                    false => channel.fees_at(side).cltv_expiry_delta(),
                },
                cltv_expiry: next.cltv_expiry,
            });
            from = to;
            label = next;
        }
        Some(Route { hops, cost })
    }
}

impl Least {
    /// Returns what is to be least, and among equals the cost, as one number that never falls along a path.
    #[inline]
    fn key(self, way: &Label) -> u64 {
        match self {
            Self::Cost => way.cost,
            Self::Fee => way.amount,
            Self::Expiry => u64::from(way.cltv_expiry) << 32 | way.cost.min(u32::MAX.into()),
            // A query has 255 hops at most.
            Self::Hops => u64::from(way.hops) << 56 | way.cost.min((1 << 56) - 1),
        }
    }
}
