//! What forwarding costs: in fees, and in risk.

use lnwire::Msat;

/// Returns `base + amount · proportional / 1 000 000` in msat, rounded down; `None` past 2^64 − 1.
///
/// BOLT 7, [HTLC fees](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#htlc-fees).
#[inline]
pub(crate) fn fee(amount: Msat, base_msat: u32, proportional_millionths: u32) -> Option<Msat> {
    let proportional = scaled::<1_000_000>(amount.as_msat(), proportional_millionths.into())?;
    proportional.checked_add(base_msat.into()).map(Msat)
}

/// Returns what it is worth, in msat, not to have `amount` bound for `blocks` more:
/// `amount · blocks · billionths / 1 000 000 000`, rounded down; `None` past 2^64 − 1.
#[inline]
pub(crate) fn risk(amount: Msat, blocks: u16, billionths: u32) -> Option<u64> {
    // 16 and 32 bits: the product fits into 48.
    let factor = u64::from(blocks) * u64::from(billionths);
    scaled::<1_000_000_000>(amount.as_msat(), factor)
}

/// Returns `value · factor / DIVISOR`, rounded down.
#[inline]
fn scaled<const DIVISOR: u64>(value: u64, factor: u64) -> Option<u64> {
    // Amounts that people pay fit the short division, which is many times faster than the long one.
    match value.checked_mul(factor) {
        Some(product) => Some(product / DIVISOR),
        None => (u128::from(value) * u128::from(factor) / u128::from(DIVISOR))
            .try_into()
            .ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_rounded_down() {
        assert_eq!(fee(Msat(4_999_999), 200, 2000), Some(Msat(10_199)));
        assert_eq!(fee(Msat(999_999), 0, 1), Some(Msat(0)));
        assert_eq!(fee(Msat(0), 7, u32::MAX), Some(Msat(7)));
    }

    #[test]
    fn large_amounts_neither_panic_nor_wrap() {
        assert_eq!(
            fee(Msat(u64::MAX), 0, 1_000_000),
            Some(Msat(u64::MAX)),
            "the product needs 84 bits, the quotient 64"
        );
        assert_eq!(fee(Msat(u64::MAX), 1, 1_000_000), None);
        assert_eq!(fee(Msat(u64::MAX), 0, u32::MAX), None);
        assert_eq!(risk(Msat(u64::MAX), u16::MAX, u32::MAX), None);
        assert_eq!(risk(Msat(1_000_000_000), 144, 15), Some(2160));
    }
}
