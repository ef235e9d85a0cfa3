//! What the embedder knows of channels, which gossip does not say.

use lnwire::Msat;

use crate::{
    arena::ChannelHandle,
    graph::{ChannelRef, Direction},
};

/// A way through a channel that a search could take.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// The channel's handle.
    pub handle: ChannelHandle,
    /// The channel, which carries the amount by what gossip says.
    pub channel: ChannelRef<'a>,
    /// Which way the payment would go.
    pub direction: Direction,
    /// The amount of the HTLC.
    pub amount: Msat,
    /// What other parts of the same payment send the same way; see [`find_parts`](crate::find_parts).
    pub beside: Msat,
}

/// Says of each way through a channel that a search could take what is to be added to its cost: what payments that failed
/// have taught, the balances of one's own channels, which channels and nodes are out of the question.
///
/// A closure is one, too:
///
/// ```
/// # fn pay(
/// #     graph: &routemap::Graph, liquidity: &routemap::Liquidity, query: &routemap::Query, broken: routemap::ChannelHandle,
/// # ) -> Result<(), routemap::NoRoute> {
/// use routemap::{Candidate, Msat, Scratch, find_path_by};
/// // Not through a channel that has failed; and what fails is worth ten satoshi to avoid.
/// let score = |way: &Candidate<'_>| {
///     if way.handle == broken {
///         return None;
///     }
///     liquidity.failure_cost(graph, way, Msat(10_000))
/// };
/// let route = find_path_by(graph, &mut Scratch::new(), query, &score)?;
/// assert!(route.hops.iter().all(|hop| hop.channel != broken));
/// # Ok(())
/// # }
/// ```
pub trait Score {
    /// Returns what is added to the cost of the path, in msat; `None` if the payment must not go this way.
    fn cost(&self, way: &Candidate<'_>) -> Option<Msat>;
}

impl<F: Fn(&Candidate<'_>) -> Option<Msat>> Score for F {
    #[inline]
    fn cost(&self, way: &Candidate<'_>) -> Option<Msat> {
        self(way)
    }
}

/// Nothing is known but what gossip says.
#[inline]
pub(super) const fn indifferent(_way: &Candidate<'_>) -> Option<Msat> {
    Some(Msat(0))
}
