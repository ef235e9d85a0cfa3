//! What payments taught about the balance of channels.

use lnwire::Msat;

use super::{Component, Followed, Kind};
use crate::{
    Candidate, Graph,
    arena::ChannelHandle,
    graph::{ChannelRef, Direction},
};

/// What is known of the balance of channels, for those who score routes: 20 bytes for each channel that a
/// payment has tried, and for those near it.
#[derive(Debug)]
pub struct Liquidity {
    bounds: Component<ChannelHandle, Bounds>,
}

/// What the node on side 1 can send at least and at most; the other can send the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// It can send as much.
    pub least: Msat,
    /// It cannot send more.
    pub most: Msat,
}

impl Liquidity {
    /// Makes an empty table for a graph.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        Self {
            bounds: Component::new(graph, Kind::Paged),
        }
    }

    /// Takes note that a payment of `amount` went through, or would have: it was the next channel that failed.
    ///
    /// Returns whether the channel is there and its capacity known, without which nothing can be learnt.
    pub fn could_send(
        &mut self,
        graph: &Graph,
        channel: ChannelHandle,
        direction: Direction,
        amount: Msat,
    ) -> bool {
        self.learn(graph, channel, direction, |bounds| {
            bounds.least = bounds.least.max(amount);
            bounds.most = bounds.most.max(bounds.least);
        })
    }

    /// Takes note that a payment of `amount` did not go through. See [`could_send`](Self::could_send).
    pub fn could_not_send(
        &mut self,
        graph: &Graph,
        channel: ChannelHandle,
        direction: Direction,
        amount: Msat,
    ) -> bool {
        self.learn(graph, channel, direction, |bounds| {
            bounds.most = bounds.most.min(Msat(amount.as_msat().saturating_sub(1)));
            bounds.least = bounds.least.min(bounds.most);
        })
    }

    /// Returns what can be sent in a direction at least and at most; `None` if there is no such channel, or
    /// neither its capacity is known nor anything about its balance.
    #[must_use]
    pub fn bounds(
        &self,
        graph: &Graph,
        channel: ChannelHandle,
        direction: Direction,
    ) -> Option<Bounds> {
        let record = graph.channel(channel)?;
        let capacity = capacity(record)?;
        let known = self.bounds.get(graph, channel).copied();
        Some(seen_from(
            known.unwrap_or(Bounds {
                least: Msat(0),
                most: capacity,
            }),
            direction,
            capacity,
        ))
    }

    /// Returns how likely it is that `amount` can be sent, in millionths, if all balances within the bounds
    /// are equally likely. See [`bounds`](Self::bounds).
    #[must_use]
    pub fn success_millionths(
        &self,
        graph: &Graph,
        channel: ChannelHandle,
        direction: Direction,
        amount: Msat,
    ) -> Option<u32> {
        let Bounds { least, most } = self.bounds(graph, channel, direction)?;
        let (amount, least, most) = (amount.as_msat(), least.as_msat(), most.as_msat());
        if amount <= least {
            return Some(MILLION);
        }
        // Balances from `least` to `most`, of which those from `amount` on suffice.
        let suffice = u128::from(most.saturating_add(1).saturating_sub(amount));
        let all = u128::from(most - least) + 1;
        Some((suffice * u128::from(MILLION) / all) as u32)
    }

    /// Returns what it costs on average that payments fail on this way before one passes, at `attempt` for each that fails;
    /// `None` if none can pass. What other parts send [beside](Candidate::beside) it needs room, too. Nothing where nothing is
    /// known.
    #[must_use]
    pub fn failure_cost(&self, graph: &Graph, way: &Candidate<'_>, attempt: Msat) -> Option<Msat> {
        let amount = Msat(way.amount.as_msat().checked_add(way.beside.as_msat())?);
        let chance = self.success_millionths(graph, way.handle, way.direction, amount);
        let chance = u128::from(chance.unwrap_or(MILLION));
        // Of a chance of a quarter, three fail for one that passes.
        let fail = u128::from(MILLION).checked_sub(chance)?;
        let cost = (u128::from(attempt.as_msat()) * fail).checked_div(chance)?;
        u64::try_from(cost).ok().map(Msat)
    }

    /// Drops what belongs to channels that were removed; see [`Component::follow`].
    pub fn follow(&mut self, graph: &Graph) -> Followed {
        self.bounds.follow(graph)
    }

    /// Returns the bytes of heap that the table holds.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.bounds.heap_bytes()
    }

    fn learn(
        &mut self,
        graph: &Graph,
        channel: ChannelHandle,
        direction: Direction,
        change: impl FnOnce(&mut Bounds),
    ) -> bool {
        let Some(capacity) = graph.channel(channel).and_then(capacity) else {
            return false;
        };
        let Some(mut bounds) = self.bounds(graph, channel, direction) else {
            return false;
        };
        change(&mut bounds);
        bounds.least = bounds.least.min(capacity);
        bounds.most = bounds.most.min(capacity);
        self.bounds
            .set(graph, channel, seen_from(bounds, direction, capacity))
    }
}

const MILLION: u32 = 1_000_000;

fn capacity(channel: ChannelRef<'_>) -> Option<Msat> {
    channel.capacity_sat().map(Msat::from_sat)
}

/// Turns the bounds of one side into those of the other, if the direction is from there; the same back.
fn seen_from(bounds: Bounds, direction: Direction, capacity: Msat) -> Bounds {
    let rest = |part: Msat| Msat(capacity.as_msat().saturating_sub(part.as_msat()));
    match direction {
        Direction::OneToTwo => bounds,
        Direction::TwoToOne => Bounds {
            least: rest(bounds.most),
            most: rest(bounds.least),
        },
    }
}
