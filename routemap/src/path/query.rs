//! What is asked for.

use lnwire::Msat;

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
    /// The node that pays. It asks no fee for sending into its own channels, but their limits hold.
    pub from: NodeHandle,
    /// The node that is paid.
    pub to: NodeHandle,
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

    /// Asks for a path on which `to` receives `amount`, within the default limits and no limit on fees.
    #[must_use]
    pub const fn new(from: NodeHandle, to: NodeHandle, amount: Msat) -> Self {
        Self {
            from,
            to,
            amount,
            final_cltv_delta: Self::FINAL_CLTV_DELTA,
            max_hops: Self::MAX_HOPS,
            max_total_cltv: Self::MAX_TOTAL_CLTV,
            max_fee: None,
            cltv_risk_billionths: Self::CLTV_RISK_BILLIONTHS,
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
}
