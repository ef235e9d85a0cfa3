//! `attribution_data`: which hop held an HTLC for how long, and who says so.

use core::{fmt, time::Duration};

use bytes::{BufMut, Bytes};

use crate::{
    error::DecodeError,
    field::{TlvValue, made_of_part},
    reader::Reader,
};

/// The hold times of up to 20 hops, and the truncated HMACs which let the payment's sender check them: 920 bytes.
///
/// All but the last hop's part is encrypted for the payment's sender. It shares the message's bytes.
///
/// BOLT 4, [initialization of `attribution_data`](https://github.com/lightning/bolts/blob/master/04-onion-routing.md#initialization-of-attribution_data).
///
/// ```
/// use core::time::Duration;
/// use lnwire::bolt2::AttributionData;
/// let mut bytes = vec![0; AttributionData::LEN];
/// bytes[3] = 3;
/// let data = AttributionData::new(bytes.into())?;
/// assert_eq!(data.htlc_hold_times().next(), Some(3));
/// assert_eq!(AttributionData::hold_time(3), Duration::from_millis(300));
/// assert_eq!(data.truncated_hmacs().count(), AttributionData::HMACS);
/// # Ok::<(), lnwire::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AttributionData {
    /// Invariant: `LEN` bytes long.
    bytes: Bytes,
}

impl AttributionData {
    /// Hops that there is room for.
    pub const HOPS: usize = 20;
    /// HMACs that it has: 20 of the first hop, 19 of the second …, 1 of the last.
    pub const HMACS: usize = 210;
    /// Its length in bytes.
    pub const LEN: usize = HOLD_TIMES_LEN + Self::HMACS * 4;

    /// Takes the bytes of an `attribution_data` record.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] and [`DecodeError::TrailingBytes`] when they are not [`LEN`](Self::LEN).
    pub fn new(bytes: Bytes) -> Result<Self, DecodeError> {
        let field = "attribution_data";
        let mut reader = Reader::new(&bytes);
        reader.slice(field, Self::LEN)?;
        reader.finish(field)?;
        Ok(Self { bytes })
    }

    /// Returns the whole record.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns how long each hop held the HTLC, in units of 100 milliseconds, the message's sender first.
    pub fn htlc_hold_times(&self) -> impl Iterator<Item = u32> + '_ {
        let (hold_times, _) = self.parts();
        hold_times.map(u32::from_be_bytes)
    }

    /// Returns the HMACs, each cut to its first 4 bytes: first those of the message's sender, from the one for the
    /// longest rest of the path on, then those of the hop behind it, and so on.
    pub fn truncated_hmacs(&self) -> impl Iterator<Item = [u8; 4]> + '_ {
        let (_, hmacs) = self.parts();
        hmacs
    }

    /// Returns the time that a hold time stands for.
    #[must_use]
    pub fn hold_time(units: u32) -> Duration {
        Duration::from_millis(u64::from(units).saturating_mul(100))
    }

    fn parts(
        &self,
    ) -> (
        impl Iterator<Item = [u8; 4]> + '_,
        impl Iterator<Item = [u8; 4]> + '_,
    ) {
        let (hold_times, hmacs) = self
            .bytes
            .split_at_checked(HOLD_TIMES_LEN)
            .unwrap_or_default();
        (words(hold_times), words(hmacs))
    }
}

const HOLD_TIMES_LEN: usize = AttributionData::HOPS * 4;

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> + '_ {
    bytes
        .chunks_exact(4)
        .filter_map(|word| word.try_into().ok())
}

impl fmt::Debug for AttributionData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttributionData").finish_non_exhaustive()
    }
}

made_of_part!(AttributionData, |bytes| Self { bytes });

impl TlvValue for AttributionData {
    #[inline]
    fn find_value<'a>(
        field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<&'a [u8], DecodeError> {
        record.slice(field, Self::LEN)
    }

    #[inline]
    fn value_len(&self) -> usize {
        Self::LEN
    }

    #[inline]
    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.bytes);
    }
}
