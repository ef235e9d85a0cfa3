//! Channels that gossip does not tell of: at the payer, and at the payee.

use alloc::vec::Vec;

use lnwire::{Msat, ShortChannelId};

use super::cost;
use crate::arena::NodeHandle;

/// One of the payer's own channels, which gossip need not know: the payment can begin there.
///
/// It has no terms, as nobody asks himself a fee.
///
/// ```
/// # fn ask(lsp: routemap::NodeHandle, bob: routemap::NodeHandle) -> routemap::Query {
/// use routemap::{Msat, OwnChannel, Query, ShortChannelId};
/// // A wallet that nobody knows of, with one channel.
/// let alias = ShortChannelId(0x0102_0300_0004_0005);
/// let channel = OwnChannel::new(lsp, alias, Msat::from_sat(70_000));
/// Query::new(None, bob, Msat::from_sat(10_000)).with_own_channels([channel])
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnChannel {
    /// The node at its other end. A channel whose peer the graph does not have is left out.
    pub peer: NodeHandle,
    /// By what the payer knows it again: its place in the chain, or its alias.
    pub short_channel_id: ShortChannelId,
    /// The least amount that can be sent.
    pub htlc_minimum: Msat,
    /// The most that can be sent now, in all parts of the payment together.
    pub htlc_maximum: Msat,
}

/// The terms of a channel that gossip does not tell of, as the payee knows them.
///
/// BOLT 11, [the `r` field](https://github.com/lightning/bolts/blob/master/11-payment-encoding.md#tagged-fields).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrivateChannel {
    /// Its place in the chain, or its alias: what the onion says.
    pub short_channel_id: ShortChannelId,
    /// The part of the fee that does not depend on the amount, in msat.
    pub fee_base_msat: u32,
    /// The part of the fee that does, in millionths of the amount.
    pub fee_proportional_millionths: u32,
    /// Blocks that its sender adds to the expiry.
    pub cltv_expiry_delta: u16,
    /// The least amount that goes through it: 0 unless the embedder knows better.
    pub htlc_minimum: Msat,
    /// The most that goes through it, in all parts of the payment together: 2^64 − 1 unless the embedder knows better.
    pub htlc_maximum: Msat,
}

/// A way to the payee that gossip does not tell of: a node of the graph, and the channels from there on, one behind the other.
///
/// BOLT 11, [the `r` field](https://github.com/lightning/bolts/blob/master/11-payment-encoding.md#tagged-fields): its first
/// `pubkey` is the entry.
///
/// ```
/// # fn ask(graph: &routemap::Graph, alice: routemap::NodeHandle, pubkey: routemap::NodeId) -> Option<routemap::Query> {
/// use routemap::{Hint, Msat, PrivateChannel, Query, ShortChannelId};
/// // Of an invoice's `r` field: 1 msat and 20 millionths, 3 blocks.
/// let channel = PrivateChannel::new(ShortChannelId(0x0102_0300_0004_0005), 1, 20, 3);
/// let hint = Hint::new(graph.node_by_id(&pubkey)?, [channel]);
/// let query = Query::new(alice, None, Msat::from_sat(10_000)).with_hints([hint]);
/// # Some(query)
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// The node where it begins. A hint whose entry the graph does not have is left out.
    pub entry: NodeHandle,
    /// The channels in the order in which the payment goes through them, the last of which is the payee's.
    pub channels: Vec<PrivateChannel>,
}

impl OwnChannel {
    /// Names a channel to `peer`, through which so much can be sent.
    #[must_use]
    pub const fn new(
        peer: NodeHandle,
        short_channel_id: ShortChannelId,
        htlc_maximum: Msat,
    ) -> Self {
        Self {
            peer,
            short_channel_id,
            htlc_minimum: Msat(0),
            htlc_maximum,
        }
    }

    /// Sets [`htlc_minimum`](Self::htlc_minimum).
    #[must_use]
    pub const fn with_htlc_minimum(mut self, least: Msat) -> Self {
        self.htlc_minimum = least;
        self
    }

    pub(super) fn carries(&self, amount: Msat) -> bool {
        (self.htlc_minimum..=self.htlc_maximum).contains(&amount)
    }
}

impl PrivateChannel {
    /// Takes the terms of an `r` field, which knows no limits.
    #[must_use]
    pub const fn new(
        short_channel_id: ShortChannelId,
        fee_base_msat: u32,
        fee_proportional_millionths: u32,
        cltv_expiry_delta: u16,
    ) -> Self {
        Self {
            short_channel_id,
            fee_base_msat,
            fee_proportional_millionths,
            cltv_expiry_delta,
            htlc_minimum: Msat(0),
            htlc_maximum: Msat(u64::MAX),
        }
    }

    /// Sets [`htlc_minimum`](Self::htlc_minimum).
    #[must_use]
    pub const fn with_htlc_minimum(mut self, least: Msat) -> Self {
        self.htlc_minimum = least;
        self
    }

    /// Sets [`htlc_maximum`](Self::htlc_maximum).
    #[must_use]
    pub const fn with_htlc_maximum(mut self, most: Msat) -> Self {
        self.htlc_maximum = most;
        self
    }

    pub(super) fn carries(&self, amount: Msat) -> bool {
        (self.htlc_minimum..=self.htlc_maximum).contains(&amount)
    }

    /// Returns what its sender earns; `None` past 2^64 − 1 msat.
    pub(super) fn fee(&self, amount: Msat) -> Option<Msat> {
        cost::fee(amount, self.fee_base_msat, self.fee_proportional_millionths)
    }
}

impl Hint {
    /// Names a way from `entry` to the payee; without channels `entry` is the payee.
    #[must_use]
    pub fn new(entry: NodeHandle, channels: impl Into<Vec<PrivateChannel>>) -> Self {
        Self {
            entry,
            channels: channels.into(),
        }
    }
}
