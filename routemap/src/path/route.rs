//! What is found, or why nothing is.

use alloc::vec::Vec;

use lnwire::{Msat, ShortChannelId};

use crate::{
    arena::{ChannelHandle, NodeHandle},
    graph::Direction,
};

/// A path with its amounts and expiries, ready to be put into an onion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The payer's own channel that it goes through first, if it begins in one of [those](crate::Query::own_channels).
    pub own: Option<PrivateHop>,
    /// The graph's channels in the order in which the payment goes through them; never empty unless it goes through others.
    pub hops: Vec<Hop>,
    /// The channels of the [hint](crate::Query::hints) that it ends with, if it does.
    pub hinted: Vec<PrivateHop>,
    /// What the search minimised: fees, risk and [score](crate::Score) of the whole path, in msat.
    pub cost: u64,
}

/// One channel of a [`Route`] and the HTLC that goes through it.
///
/// The onion's payload for the node at [`to`](Self::to) says in `amt_to_forward` and `outgoing_cltv_value`
/// what the *next* hop says here in `amount` and `cltv_expiry`; that for the last node says what the last hop
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The channel.
    pub channel: ChannelHandle,
    /// The channel's place in the chain.
    pub short_channel_id: ShortChannelId,
    /// The node that sends.
    pub from: NodeHandle,
    /// The node that receives.
    pub to: NodeHandle,
    /// Which way the payment goes through the channel.
    pub direction: Direction,
    /// The amount of the HTLC in this channel.
    pub amount: Msat,
    /// What `from` earns: the HTLC before this one had so much more. Zero on the first hop of all.
    pub fee: Msat,
    /// Blocks between the expiry of the HTLC before this one and of this one. Zero on the first hop of all.
    pub cltv_expiry_delta: u16,
    /// When the HTLC in this channel expires, in blocks above the present height.
    pub cltv_expiry: u32,
}

/// One channel of a [`Route`] which the graph does not have, and the HTLC that goes through it.
///
/// What its fields mean in the onion is as for a [`Hop`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrivateHop {
    /// Of which [own channel](crate::Query::own_channels), or [hint](crate::Query::hints), by its index in the query.
    pub number: usize,
    /// The channel's place in the chain, or its alias.
    pub short_channel_id: ShortChannelId,
    /// The amount of the HTLC in this channel.
    pub amount: Msat,
    /// What its sender earns. Zero on the first hop of all.
    pub fee: Msat,
    /// Blocks between the expiry of the HTLC before this one and of this one. Zero on the first hop of all.
    pub cltv_expiry_delta: u16,
    /// When the HTLC in this channel expires, in blocks above the present height.
    pub cltv_expiry: u32,
}

impl Route {
    /// Returns the number of channels on the path; never 0.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        usize::from(self.own.is_some()) + self.hops.len() + self.hinted.len()
    }

    /// Returns what the payer sends: the amount received and all fees.
    #[must_use]
    pub fn total_amount(&self) -> Msat {
        self.amounts().next().unwrap_or(Msat(0))
    }

    /// Returns what the payee receives.
    #[must_use]
    pub fn received(&self) -> Msat {
        self.amounts().next_back().unwrap_or(Msat(0))
    }

    /// Returns the amount of each HTLC, in the order of the path.
    pub fn amounts(&self) -> impl DoubleEndedIterator<Item = Msat> {
        self.htlcs().map(|(amount, _)| amount)
    }

    /// Returns amount and expiry of each HTLC, in the order of the path.
    fn htlcs(&self) -> impl DoubleEndedIterator<Item = (Msat, u32)> {
        let private = |hop: &PrivateHop| (hop.amount, hop.cltv_expiry);
        let hops = self.hops.iter().map(|hop| (hop.amount, hop.cltv_expiry));
        let (own, hinted) = (self.own.iter(), self.hinted.iter());
        own.map(private).chain(hops).chain(hinted.map(private))
    }

    /// Returns what all nodes between earn.
    #[must_use]
    pub fn total_fee(&self) -> Msat {
        Msat(self.total_amount().0.saturating_sub(self.received().0))
    }

    /// Returns the number of blocks until the first HTLC expires.
    #[must_use]
    pub fn total_cltv(&self) -> u32 {
        self.htlcs().next().map_or(0, |(_, expiry)| expiry)
    }
}

/// Why there is no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRoute {
    /// The handle names no node of the graph.
    #[error("node {0} is not in the graph")]
    UnknownNode(NodeHandle),
    /// Payer and payee are the same node.
    #[error("payer and payee are the same node")]
    SameNode,
    /// There is nothing to pay.
    #[error("nothing to pay")]
    ZeroAmount,
    /// Paths that the query's limits on hops, expiry or fees allow were not found; some were given up because
    /// of these limits.
    #[error("no path within the limits on hops, expiry and fees")]
    BeyondLimits,
    /// No chain of channels that would carry the amount connects the two.
    #[error("no path")]
    NoPath,
}
