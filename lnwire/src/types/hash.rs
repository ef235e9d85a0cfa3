//! Hashes, by what they are of.

use super::hex_bytes::hex_bytes;

hex_bytes! {
    /// What a payment is known by on its way: the SHA-256 of its [`PaymentPreimage`](crate::PaymentPreimage).
    PaymentHash, 32
}

hex_bytes! {
    /// A SHA-256 of what the field that holds it says.
    Sha256, 32
}
