//! What is asked for.

use alloc::vec::Vec;

use lnwire::Msat;

use super::private::{Hint, OwnChannel};
use crate::arena::NodeHandle;

/// Who pays whom how much, and within which limits.
///
/// ```
/// # fn ask(alice: routemap::NodeHandle, bob: routemap::NodeHandle) -> routemap::Query {
/// use routemap::{Msat, Query};
/// Query::new(alice, bob, Msat::from_sat(10_000))
///     .with_max_fee(Msat::from_sat(50))
///     .with_final_cltv_delta(40)
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The node that pays. It asks no fee for sending into its own channels, but their limits hold. `None` if the graph does
    /// not have it: then the payment begins in one of [`own_channels`](Self::own_channels).
    pub from: Option<NodeHandle>,
    /// The node that is paid. `None` if the graph does not have it: then the payment ends with one of [`hints`](Self::hints).
    pub to: Option<NodeHandle>,
    /// What `to` receives; more than 0.
    pub amount: Msat,
    /// Blocks that `to` asks for between the arrival of the payment and its expiry, with whatever the payer
    /// adds to hide how near the end of the path is.
    pub final_cltv_delta: u32,
    /// The most channels on the path.
    pub max_hops: u8,
    /// The most blocks until the first HTLC expires, `final_cltv_delta` included.
    pub max_total_cltv: u32,
    /// The most that all fees may come to; `None` for no limit.
    pub max_fee: Option<Msat>,
    /// What a block of delay is worth, in billionths of the amount delayed: the cost of a hop is its fee and
    /// `amount · cltv_expiry_delta · cltv_risk_billionths / 10^9`, both in msat.
    pub cltv_risk_billionths: u32,
    /// The payer's own channels, beside those that [`from`](Self::from) has in the graph: if that is `None` all of them, else those
    /// that gossip does not tell of. One that is in both counts twice in [`find_parts`](crate::find_parts). At most 65,535, the rest
    /// is left out; a search looks at each of them for each node that it settles.
    pub own_channels: Vec<OwnChannel>,
    /// Ways to the payee that gossip does not tell of, each with channels of its own: one that is in two counts twice in
    /// [`find_parts`](crate::find_parts). At most 65,535, the rest is left out.
    pub hints: Vec<Hint>,
}

impl Query {
    /// BOLT 11's default for `min_final_cltv_expiry_delta`.
    pub const FINAL_CLTV_DELTA: u32 = 18;

    /// As many hops as an onion of 1300 bytes took when its payloads had 65 bytes (BOLT 4); real paths have
    /// far fewer.
    pub const MAX_HOPS: u8 = 20;

    /// Two weeks of blocks, what other implementations use.
    pub const MAX_TOTAL_CLTV: u32 = 2016;

    /// 15 billionths a block are 0.08 % a year, what lnd uses.
    pub const CLTV_RISK_BILLIONTHS: u32 = 15;

    /// Asks for a path on which `to` receives `amount`, within the default limits and no limit on fees. Who is not in the graph is
    /// `None`.
    #[must_use]
    pub fn new(
        from: impl Into<Option<NodeHandle>>,
        to: impl Into<Option<NodeHandle>>,
        amount: Msat,
    ) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
            amount,
            final_cltv_delta: Self::FINAL_CLTV_DELTA,
            max_hops: Self::MAX_HOPS,
            max_total_cltv: Self::MAX_TOTAL_CLTV,
            max_fee: None,
            cltv_risk_billionths: Self::CLTV_RISK_BILLIONTHS,
            own_channels: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Sets [`final_cltv_delta`](Self::final_cltv_delta), in blocks.
    #[must_use]
    pub const fn with_final_cltv_delta(mut self, blocks: u32) -> Self {
        self.final_cltv_delta = blocks;
        self
    }

    /// Sets [`max_hops`](Self::max_hops), in channels.
    #[must_use]
    pub const fn with_max_hops(mut self, channels: u8) -> Self {
        self.max_hops = channels;
        self
    }

    /// Sets [`max_total_cltv`](Self::max_total_cltv), in blocks.
    #[must_use]
    pub const fn with_max_total_cltv(mut self, blocks: u32) -> Self {
        self.max_total_cltv = blocks;
        self
    }

    /// Sets [`max_fee`](Self::max_fee).
    #[must_use]
    pub const fn with_max_fee(mut self, fee: Msat) -> Self {
        self.max_fee = Some(fee);
        self
    }

    /// Sets [`cltv_risk_billionths`](Self::cltv_risk_billionths).
    #[must_use]
    pub const fn with_cltv_risk_billionths(mut self, billionths: u32) -> Self {
        self.cltv_risk_billionths = billionths;
        self
    }

    /// Sets [`own_channels`](Self::own_channels).
    #[must_use]
    pub fn with_own_channels(mut self, channels: impl Into<Vec<OwnChannel>>) -> Self {
        self.own_channels = channels.into();
        self
    }

    /// Sets [`hints`](Self::hints).
    #[must_use]
    pub fn with_hints(mut self, hints: impl Into<Vec<Hint>>) -> Self {
        self.hints = hints.into();
        self
    }
}
