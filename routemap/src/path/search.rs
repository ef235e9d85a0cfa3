//! Dijkstra's search, backwards from the payee, so that each node's fee is taken on the exact amount that it
//! forwards.
//!
//! One way is kept per node, the best by what the search minimises. A limit can cut that way off where a
//! dearer one would pass; if nothing is found for that reason, the search is run again for what the limit is
//! about.

use lnwire::Msat;

use super::{
    cost,
    private::Hint,
    query::Query,
    route::{NoRoute, PrivateHop, Route},
    score::{Candidate, Score, indifferent},
    scratch::{Label, Scratch},
};
use crate::{
    Source,
    arena::{Handle as _, NodeHandle},
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
/// where that allows. It is asked about each way through a channel of the graph that would carry the amount, in each of the
/// searches; not about [own channels](Query::own_channels) and [hints](Query::hints), which the embedder leaves out itself.
///
/// # Errors
/// As [`find_path`]; a path that the score does not allow counts as none.
pub fn find_path_by<S: Source, C: Score>(
    graph: &S,
    scratch: &mut Scratch,
    query: &Query,
    score: &C,
) -> Result<Route, NoRoute> {
    for node in [query.from, query.to].into_iter().flatten() {
        if !graph.has_node(node) {
            return Err(NoRoute::UnknownNode(node));
        }
    }
    if query.from.is_some() && query.from == query.to {
        return Err(NoRoute::SameNode);
    }
    if query.amount == Msat(0) {
        return Err(NoRoute::ZeroAmount);
    }
    if query.final_cltv_delta > query.max_total_cltv {
        return Err(NoRoute::BeyondLimits);
    }
    let outside = NodeHandle::from_index(graph.node_slots() as u32);
    let mut search = Search {
        graph,
        scratch,
        query,
        payer: query.from.unwrap_or(outside),
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

pub(super) struct Search<'a, S, C> {
    pub(super) graph: &'a S,
    pub(super) scratch: &'a mut Scratch,
    pub(super) query: &'a Query,
    /// If the graph does not have it, it is behind all that it has.
    pub(super) payer: NodeHandle,
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
        self.scratch.reset(self.graph.node_slots() + 1);
        let (query, arrival) = (self.query, self.arrival());
        if let Some(to) = query.to {
            self.scratch.offer(to, self.least.key(&arrival), arrival);
        }
        for (number, hint) in (1..=u16::MAX).zip(&query.hints) {
            // One that says that the payer itself is the payee is no way.
            let leads_on = !hint.channels.is_empty() || hint.entry != self.payer;
            if !leads_on || !self.graph.has_node(hint.entry) {
                continue;
            }
            if let Some(way) = self.back_through(hint, |_| ()) {
                let way = Label {
                    hint: number,
                    ..way
                };
                self.scratch.offer(hint.entry, self.least.key(&way), way);
            }
        }
        while let Some((node, label)) = self.scratch.settle() {
            if node == self.payer {
                return true;
            }
            if label.hops >= query.max_hops.into() {
                self.cut.by_hops = true;
                continue;
            }
            if !query.own_channels.is_empty() {
                self.begin_at(node, &label);
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

    /// Returns what the payee sees.
    fn arrival(&self) -> Label {
        Label {
            amount: self.query.amount.as_msat(),
            cltv_expiry: self.query.final_cltv_delta,
            ..Label::default()
        }
    }

    /// Goes back from the payee to the entry of a hint, and tells each channel on the way; `None` if it is cut off.
    pub(super) fn back_through(
        &mut self,
        hint: &Hint,
        mut tell: impl FnMut(PrivateHop),
    ) -> Option<Label> {
        let mut way = self.arrival();
        for (place, channel) in hint.channels.iter().enumerate().rev() {
            let (amount, cltv_expiry) = (Msat(way.amount), way.cltv_expiry);
            if !channel.carries(amount) {
                return None;
            }
            way.hops += 1;
            if way.hops > self.query.max_hops.into() {
                self.cut.by_hops = true;
                return None;
            }
            let (mut fee, mut blocks) = (Msat(0), 0);
            if place > 0 || hint.entry != self.payer {
                fee = channel.fee(amount)?;
                blocks = channel.cltv_expiry_delta;
                self.charge(&mut way, fee, blocks)?;
            }
            tell(PrivateHop {
                number: 0,
                short_channel_id: channel.short_channel_id,
                amount,
                fee,
                cltv_expiry_delta: blocks,
                cltv_expiry,
            });
        }
        Some(way)
    }

    /// Goes back to the payer, if it has own channels to a settled node.
    fn begin_at(&mut self, node: NodeHandle, label: &Label) {
        for (own, channel) in (1..=u16::MAX).zip(&self.query.own_channels) {
            if channel.peer == node && channel.carries(Msat(label.amount)) {
                let way = Label {
                    hops: label.hops + 1,
                    channel: None,
                    own,
                    ..*label
                };
                self.scratch.offer(self.payer, self.least.key(&way), way);
            }
        }
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
        if sender == self.payer {
            return Some(way);
        }
        let fees = adjacent.channel.fees_at(1 - adjacent.side);
        let fee = fees.of(Msat(label.amount))?;
        self.charge(&mut way, fee, fees.cltv_expiry_delta())?;
        Some(way)
    }

    /// Adds what the sender of an HTLC asks for; `None` if that cuts the way off.
    #[inline]
    fn charge(&mut self, way: &mut Label, fee: Msat, blocks: u16) -> Option<()> {
        let fee = fee.as_msat();
        let risk = cost::risk(Msat(way.amount), blocks, self.query.cltv_risk_billionths)?;
        way.amount = way.amount.checked_add(fee)?;
        way.cost = way.cost.checked_add(fee)?.checked_add(risk)?;
        way.cltv_expiry = way.cltv_expiry.checked_add(blocks.into())?;

        let fees = way.amount - self.query.amount.as_msat();
        if self.query.max_fee.is_some_and(|max| fees > max.as_msat()) {
            self.cut.by_fee = true;
            return None;
        }
        if way.cltv_expiry > self.query.max_total_cltv {
            self.cut.by_expiry = true;
            return None;
        }
        Some(())
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
