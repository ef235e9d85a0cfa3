//! `encoded_short_ids`: a list of short channel ids.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{error::DecodeError, types::ShortChannelId};

/// Short channel ids behind one encoding byte, as received: order and repetitions included.
///
/// ```
/// use lnwire::{ShortChannelId, bolt7::ShortChannelIds, bytes::Bytes};
///
/// let id: ShortChannelId = "539268x845x1".parse()?;
/// let ids = ShortChannelIds::new([id]);
/// assert_eq!(ids.as_bytes()[..], [0, 8, 58, 132, 0, 3, 77, 0, 1]);
/// assert!(ids.iter().eq([id]));
/// // Nobody compresses any more.
/// assert!(ShortChannelIds::from_bytes(Bytes::from_static(&[1, 0x78, 0x9c])).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// BOLT 7 wants them ascending; deployed nodes send them otherwise, so whoever needs an order sorts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShortChannelIds {
    /// Invariant: empty, or the encoding byte 0 and whole ids.
    encoded: Bytes,
}

/// The only encoding in use: a plain array.
pub(super) const PLAIN: u8 = 0;

impl ShortChannelIds {
    /// Ids that fit into a `reply_channel_range` with timestamps and checksums, and some hundred bytes to spare.
    pub const MAX_IN_REPLY: usize = 2700;

    /// Makes the list of `ids`, in their order.
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = ShortChannelId>) -> Self {
        let mut encoded = BytesMut::new();
        encoded.put_u8(PLAIN);
        ids.into_iter().for_each(|id| encoded.put_u64(id.0));
        Self {
            encoded: encoded.freeze(),
        }
    }

    /// Checks the bytes of an `encoded_short_ids` field. No byte at all is taken as an empty list.
    ///
    /// # Errors
    /// [`DecodeError::UnsupportedEncoding`] and [`DecodeError::Ragged`].
    pub fn from_bytes(encoded: Bytes) -> Result<Self, DecodeError> {
        const FIELD: &str = "encoded_short_ids";
        match encoded.split_first() {
            Some((&PLAIN, ids)) if ids.len() % ShortChannelId::LEN != 0 => {
                Err(DecodeError::Ragged {
                    field: FIELD,
                    len: ids.len(),
                    element: ShortChannelId::LEN,
                })
            }
            Some((&encoding, _)) if encoding != PLAIN => Err(DecodeError::UnsupportedEncoding {
                field: FIELD,
                encoding,
            }),
            _ => Ok(Self { encoded }),
        }
    }

    /// Returns the bytes of the field, with the encoding byte.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.encoded
    }

    /// Returns the ids in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ShortChannelId> + '_ {
        let ids = self.encoded.get(1..).unwrap_or_default();
        ids.chunks_exact(ShortChannelId::LEN)
            .map(|id| ShortChannelId(id.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))))
    }

    /// Returns how many ids there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for ShortChannelIds {
    /// The empty list, with its encoding byte: there are nodes that refuse a field of no byte at all.
    fn default() -> Self {
        Self {
            encoded: Bytes::from_static(&[PLAIN]),
        }
    }
}

/// A list of ids; none at all for a field of no byte, which the empty list is not.
#[cfg(feature = "serde")]
mod serde_form {
    use super::{Bytes, ShortChannelId, ShortChannelIds};
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    impl Serialize for ShortChannelIds {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let ids: Option<Vec<ShortChannelId>> =
                (!self.encoded.is_empty()).then(|| self.iter().collect());
            ids.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for ShortChannelIds {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let ids = Option::<Vec<ShortChannelId>>::deserialize(deserializer)?;
            let encoded = Bytes::new();
            Ok(ids.map_or(Self { encoded }, Self::new))
        }
    }
}
