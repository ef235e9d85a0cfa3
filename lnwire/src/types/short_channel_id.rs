//! Where a channel's funding output stands in the chain.

use core::{fmt, str::FromStr};

use super::BlockHeight;

/// The place of a channel's funding output: block height, transaction index in the block, output index.
///
/// Packed as on the wire, 3, 3 and 2 bytes, so the order of the numbers is the order in the chain. The text
/// form is `539268x845x1`.
///
/// BOLT 7, [definition of `short_channel_id`](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#definition-of-short_channel_id).
///
/// ```
/// use lnwire::ShortChannelId;
/// let scid: ShortChannelId = "539268x845x1".parse()?;
/// assert_eq!((scid.block().0, scid.transaction_index(), scid.output_index()), (539268, 845, 1));
/// assert_eq!(scid.to_string(), "539268x845x1");
/// # Ok::<(), lnwire::ParseShortChannelIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ShortChannelId(pub u64);

/// Why a text is not `BLOCKxTRANSACTIONxOUTPUT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseShortChannelIdError {
    /// There are not three decimal numbers separated by `x`.
    #[error("three decimal numbers separated by x expected")]
    Format,
    /// A number does not fit: block and transaction index below 2^24, output index below 2^16.
    #[error("block, transaction or output index is too large")]
    Range,
}

impl ShortChannelId {
    /// Its length on the wire in bytes.
    pub const LEN: usize = 8;

    /// Packs the three numbers; `None` when block or transaction index do not fit into 24 bits.
    #[must_use]
    pub fn new(block: u32, transaction_index: u32, output_index: u16) -> Option<Self> {
        if block >> 24 != 0 || transaction_index >> 24 != 0 {
            return None;
        }
        Some(Self(
            u64::from(block) << 40 | u64::from(transaction_index) << 16 | u64::from(output_index),
        ))
    }

    /// Returns the height of the block that holds the funding transaction.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "24 bits are left")]
    pub const fn block(self) -> BlockHeight {
        BlockHeight((self.0 >> 40) as u32)
    }

    /// Returns the index of the funding transaction in its block.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "masked to 24 bits")]
    pub const fn transaction_index(self) -> u32 {
        (self.0 >> 16 & 0xff_ffff) as u32
    }

    /// Returns the index of the funding output in its transaction.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "masked to 16 bits")]
    pub const fn output_index(self) -> u16 {
        (self.0 & 0xffff) as u16
    }
}

impl fmt::Display for ShortChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}x{}x{}",
            self.block(),
            self.transaction_index(),
            self.output_index()
        )
    }
}

impl fmt::Debug for ShortChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShortChannelId({self})")
    }
}

impl FromStr for ShortChannelId {
    type Err = ParseShortChannelIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('x');
        let (Some(block), Some(transaction), Some(output), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ParseShortChannelIdError::Format);
        };
        let block = decimal(block)?;
        let transaction = decimal(transaction)?;
        let output =
            u16::try_from(decimal(output)?).map_err(|_| ParseShortChannelIdError::Range)?;
        Self::new(block, transaction, output).ok_or(ParseShortChannelIdError::Range)
    }
}

fn decimal(text: &str) -> Result<u32, ParseShortChannelIdError> {
    // `u32::from_str` would also take a sign.
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParseShortChannelIdError::Format);
    }
    text.parse().map_err(|_| ParseShortChannelIdError::Range)
}

/// As text in formats that people read, else as a number.
#[cfg(feature = "serde")]
mod serde_form {
    use super::ShortChannelId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    impl Serialize for ShortChannelId {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if serializer.is_human_readable() {
                serializer.collect_str(self)
            } else {
                serializer.serialize_u64(self.0)
            }
        }
    }

    struct Text;

    impl de::Visitor<'_> for Text {
        type Value = ShortChannelId;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("BLOCKxTRANSACTIONxOUTPUT")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<ShortChannelId, E> {
            text.parse().map_err(E::custom)
        }
    }

    impl<'de> Deserialize<'de> for ShortChannelId {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            if deserializer.is_human_readable() {
                deserializer.deserialize_str(Text)
            } else {
                u64::deserialize(deserializer).map(Self)
            }
        }
    }
}
