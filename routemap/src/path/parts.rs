//! Payments in parts, for what no path carries at once.

use alloc::{collections::BTreeMap, vec::Vec};

use lnwire::Msat;

use super::{
    Candidate, Hop, NoRoute, Query, Route, Score, Scratch,
    search::{MOST_HOPS, find_path_by},
};
use crate::{Source, arena::ChannelHandle, graph::Direction};

/// Finds paths which together bring the amount of a query to the payee, at most `most_parts` (0 counts as 1), which take no more
/// of a channel than it holds. A path for all of it is preferred.
///
/// If there is none, half is tried, a quarter, and so on; of what a path is found for it takes as much as its channels carry,
/// and the rest is looked for again. Not every split that exists is found in that way, nor always the cheapest.
///
/// The limits of the query hold for each part, [`max_fee`](Query::max_fee) for all of them together. Of a channel with unknown
/// capacity no more is taken than its `htlc_maximum_msat`, and of one that the graph does not have no more than its
/// `htlc_maximum`. `score` hears of each way what other parts already
/// [send there](Candidate::beside). Only a payee that offers `basic_mpp` takes parts (BOLT 9): who pays looks before.
///
/// It searches for each part at most as often as `most_parts` can be halved, and three times more.
///
/// # Errors
/// [`NoRoute`], as [`find_path`](crate::find_path): why there was none for the part that could not be brought.
///
/// ```
/// # fn pay(graph: &routemap::Graph, alice: routemap::NodeHandle, bob: routemap::NodeHandle) -> Result<(), routemap::NoRoute> {
/// use routemap::{Candidate, Msat, Query, Scratch, find_parts};
/// let query = Query::new(alice, bob, Msat::from_sat(5_000_000)).with_max_fee(Msat::from_sat(500));
/// let no_score = |_: &Candidate<'_>| Some(Msat(0));
/// let parts = find_parts(graph, &mut Scratch::new(), &query, 16, &no_score)?;
/// let received: u64 = parts.iter().map(|part| part.received().as_msat()).sum();
/// assert_eq!(received, 5_000_000_000);
/// # Ok(())
/// # }
/// ```
pub fn find_parts<S: Source, C: Score>(
    graph: &S,
    scratch: &mut Scratch,
    query: &Query,
    most_parts: u8,
    score: &C,
) -> Result<Vec<Route>, NoRoute> {
    let mut split = Split {
        graph,
        scratch,
        score,
        rest: query.clone(),
        sent: BTreeMap::new(),
        parts: Vec::new(),
    };
    while split.rest.amount > Msat(0) || split.parts.is_empty() {
        let left = usize::from(most_parts).saturating_sub(split.parts.len());
        let part = split.next_part(left as u64)?;
        split.take(part);
    }
    Ok(split.parts)
}

struct Split<'a, S, C> {
    graph: &'a S,
    scratch: &'a mut Scratch,
    score: &'a C,
    /// What is still to be found, and what it may cost.
    rest: Query,
    /// What the parts send through channels.
    sent: Sent,
    parts: Vec<Route>,
}

type Sent = BTreeMap<(ChannelHandle, Direction), u64>;

impl<S: Source, C: Score> Split<'_, S, C> {
    /// Finds a path for the rest, or for as great a part of it as halving finds; of which so many are `left`.
    fn next_part(&mut self, left: u64) -> Result<Route, NoRoute> {
        let all = self.rest.amount.as_msat();
        let mut amount = all;
        loop {
            let error = match self.search(amount) {
                Ok(part) if amount == all => return Ok(part),
                Ok(part) => return Ok(self.widened(part)),
                Err(error @ (NoRoute::NoPath | NoRoute::BeyondLimits)) => error,
                Err(error) => return Err(error),
            };
            // Of smaller parts than the last of these there would be too many.
            let smaller = amount.div_ceil(2).max(all.div_ceil(left.max(1)));
            if smaller == amount {
                return Err(error);
            }
            amount = smaller;
        }
    }

    /// Returns a part that takes as much as the channels of this one carry, if there is one.
    fn widened(&mut self, part: Route) -> Route {
        let received = part.received().as_msat();
        let hops = part.hops.iter().map(|hop| (self.most(hop), hop.amount));
        let room = |(most, amount): (Msat, Msat)| room(most, amount, received);
        let of_hops = hops.map(room).min();
        let private = private(&mut self.rest, &part);
        let of_private = private.map(|(most, amount)| room((*most, amount))).min();
        let least = of_hops.into_iter().chain(of_private).min();
        let wider = received.saturating_add(least.unwrap_or(0));
        let wider = wider.min(self.rest.amount.as_msat());
        if wider == received {
            return part;
        }
        self.search(wider).unwrap_or(part)
    }

    /// Returns the most that a hop can carry beside the other parts.
    fn most(&self, hop: &Hop) -> Msat {
        let Some(channel) = self.graph.shown_channel(hop.channel) else {
            return Msat(0);
        };
        let channel = channel.by_ref();
        let Some(policy) = channel.policy(hop.direction) else {
            return Msat(0);
        };
        let sent = sent(&self.sent, hop.channel, hop.direction);
        let left = holds(channel, hop.direction).saturating_sub(sent);
        Msat(left.min(policy.htlc_maximum_msat().as_msat()))
    }

    fn search(&mut self, amount: u64) -> Result<Route, NoRoute> {
        let all = core::mem::replace(&mut self.rest.amount, Msat(amount));
        let (sent, score) = (&self.sent, self.score);
        let within = |way: &Candidate<'_>| {
            let beside = self::sent(sent, way.handle, way.direction);
            let all = beside.checked_add(way.amount.as_msat())?;
            if all > holds(way.channel, way.direction) {
                return None;
            }
            score.cost(&Candidate {
                beside: Msat(beside),
                ..*way
            })
        };
        let found = find_path_by(self.graph, self.scratch, &self.rest, &within);
        self.rest.amount = all;
        found
    }

    fn take(&mut self, part: Route) {
        for hop in &part.hops {
            let sent = self.sent.entry((hop.channel, hop.direction)).or_default();
            *sent = sent.saturating_add(hop.amount.as_msat());
        }
        let less = |all: Msat, part: Msat| Msat(all.as_msat().saturating_sub(part.as_msat()));
        for (maximum, amount) in private(&mut self.rest, &part) {
            *maximum = less(*maximum, amount);
        }
        self.rest.amount = less(self.rest.amount, part.received());
        self.rest.max_fee = self.rest.max_fee.map(|max| less(max, part.total_fee()));
        self.parts.push(part);
    }
}

/// Returns how much more could be received if a channel through which `amount` goes carried the `most`.
fn room(most: Msat, amount: Msat, received: u64) -> u64 {
    let amount = amount.as_msat();
    let more = most.as_msat().saturating_sub(amount);
    // With what is received, fees grow; no more than in proportion, but for a msat where one is rounded up.
    let in_proportion = u128::from(more) * u128::from(received) / u128::from(amount.max(1));
    let fees_round = if amount == received { 0 } else { MOST_HOPS };
    u64::try_from(in_proportion)
        .unwrap_or(more)
        .saturating_sub(fees_round)
}

/// Returns of each channel of a part that the graph does not have what it can carry at most, and what it does.
fn private<'q>(
    query: &'q mut Query,
    part: &'q Route,
) -> impl Iterator<Item = (&'q mut Msat, Msat)> {
    let own = part.own.and_then(|hop| {
        let channel = query.own_channels.get_mut(hop.number)?;
        Some((&mut channel.htlc_maximum, hop.amount))
    });
    let hint = part.hinted.first().map_or(0, |hop| hop.number);
    let channels = query.hints.get_mut(hint).into_iter();
    let channels = channels.flat_map(|hint| &mut hint.channels);
    let hinted = channels.zip(&part.hinted);
    let hinted = hinted.map(|(channel, hop)| (&mut channel.htlc_maximum, hop.amount));
    own.into_iter().chain(hinted)
}

fn sent(sent: &Sent, channel: ChannelHandle, direction: Direction) -> u64 {
    sent.get(&(channel, direction)).copied().unwrap_or(0)
}

/// Returns what a channel can hold at most in a direction, in msat.
fn holds(channel: crate::ChannelRef<'_>, direction: Direction) -> u64 {
    let capacity = channel
        .capacity_sat()
        .map(|sat| Msat::from_sat(sat).as_msat());
    let maximum = || {
        channel
            .policy(direction)
            .map_or(0, |p| p.htlc_maximum_msat().as_msat())
    };
    capacity.unwrap_or_else(maximum)
}
