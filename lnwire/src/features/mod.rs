//! Feature bits: the table of BOLT 9, what others use beside it, and vectors kept as the bytes that were received.
//!
//! BOLT 9, [assigned feature flags](https://github.com/lightning/bolts/blob/master/09-features.md).

mod context;
pub mod dialect;
mod known;
mod small_bytes;
mod vector;

use bytes::BufMut;

pub use context::{Context, Contexts};
pub use known::Feature;
pub use vector::{FeatureFault, Features, Negotiated};

/// Appends a `u16` length and the bytes.
#[inline]
pub(crate) fn put_u16_prefixed(bytes: &[u8], out: &mut impl BufMut) {
    put_u16_len(bytes, out);
    out.put_slice(bytes);
}

/// Appends the length of these bytes as a `u16`.
#[inline]
pub(crate) fn put_u16_len(bytes: &[u8], out: &mut impl BufMut) {
    // `WireMessage::encode` has refused messages in which a length would not fit.
    out.put_u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
}
