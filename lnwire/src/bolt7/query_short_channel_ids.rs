//! `query_short_channel_ids` (261) and `reply_short_channel_ids_end` (262): all about these channels.

use bytes::{BufMut, Bytes, BytesMut};

use super::scid_list::{PLAIN, ShortChannelIds};
use crate::{
    big_size::BigSize,
    codec::{WireMessage, open, sum},
    error::DecodeError,
    features::put_u16_prefixed,
    message_macro::message,
    reader::Reader,
    tlv::{self, UnknownRecords},
    types::{ChainHash, ShortChannelId},
};

/// Asks for the announcement, the updates and the nodes of channels.
///
/// BOLT 7, [the `query_short_channel_ids`/`reply_short_channel_ids_end` messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_short_channel_idsreply_short_channel_ids_end-messages).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueryShortChannelIds {
    /// The chain.
    pub chain_hash: ChainHash,
    /// The channels.
    pub short_channel_ids: ShortChannelIds,
    /// What is wanted of each channel; `None` for everything.
    pub query_flags: Option<QueryFlags>,
    /// Records of unknown odd types.
    pub unknown: UnknownRecords,
}

impl QueryShortChannelIds {
    /// Asks for everything about these channels.
    #[must_use]
    pub fn new(chain_hash: ChainHash, ids: impl IntoIterator<Item = ShortChannelId>) -> Self {
        Self {
            chain_hash,
            short_channel_ids: ShortChannelIds::new(ids),
            query_flags: None,
            unknown: UnknownRecords::NONE,
        }
    }

    /// Asks of each channel for what its flags say: there are as many flags as channels, or peers refuse the
    /// message. Peers must have the feature `gossip_queries_ex`.
    ///
    /// ```
    /// use lnwire::{ChainHash, ShortChannelId, WireMessage, bolt7::{QueryFlags, QueryShortChannelIds}};
    ///
    /// let both_updates = QueryFlags::CHANNEL_UPDATE_1 | QueryFlags::CHANNEL_UPDATE_2;
    /// let known: ShortChannelId = "539268x845x1".parse()?;
    /// let unknown: ShortChannelId = "600000x1x0".parse()?;
    /// let wanted = [(known, both_updates), (unknown, QueryFlags::EVERYTHING)];
    /// let query = QueryShortChannelIds::with_flags(ChainHash::MAINNET, wanted);
    /// assert!(query.wanted().eq(wanted));
    ///
    /// let mut frame = Vec::new();
    /// query.encode(&mut frame)?;
    /// assert_eq!(QueryShortChannelIds::decode(frame.into())?, query);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_flags<I>(chain_hash: ChainHash, wanted: I) -> Self
    where
        I: IntoIterator<Item = (ShortChannelId, u64)>,
        I::IntoIter: Clone,
    {
        let wanted = wanted.into_iter();
        Self {
            query_flags: Some(QueryFlags::new(wanted.clone().map(|(_, flags)| flags))),
            ..Self::new(chain_hash, wanted.map(|(id, _)| id))
        }
    }

    /// Returns each channel with the flags of what is wanted of it.
    pub fn wanted(&self) -> impl Iterator<Item = (ShortChannelId, u64)> + '_ {
        let mut flags = self.query_flags.as_ref().map(QueryFlags::iter);
        self.short_channel_ids.iter().map(move |id| {
            let flags = flags
                .as_mut()
                .map_or(Some(QueryFlags::EVERYTHING), Iterator::next);
            (id, flags.unwrap_or(0))
        })
    }
}

const STREAM: &str = "query_short_channel_ids_tlvs";
const QUERY_FLAGS: u64 = 1;

impl WireMessage for QueryShortChannelIds {
    const TYPE: u16 = 261;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        let chain_hash = ChainHash::read("chain_hash", &mut reader)?;
        let short_channel_ids =
            ShortChannelIds::from_bytes(reader.u16_prefixed("encoded_short_ids")?)?;
        let mut query_flags = None;
        let unknown = tlv::read_stream(STREAM, &mut reader, |tlv_type, value| {
            if tlv_type == QUERY_FLAGS {
                let flags = QueryFlags::read(value, short_channel_ids.len())?;
                query_flags = Some(flags);
            }
            Ok(tlv_type == QUERY_FLAGS)
        })?;
        Ok(Self {
            chain_hash,
            short_channel_ids,
            query_flags,
            unknown,
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        let flags = self.query_flags.as_ref();
        sum(&[
            2,
            32,
            2,
            self.short_channel_ids.as_bytes().len(),
            flags.map_or(0, |f| tlv::record_len(QUERY_FLAGS, f.encoded.len())),
            self.unknown.encoded_len(),
        ])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(Self::TYPE);
        out.put_slice(self.chain_hash.as_bytes());
        put_u16_prefixed(self.short_channel_ids.as_bytes(), out);
        let mut tlvs = tlv::Writer::new(out, &self.unknown);
        if let Some(QueryFlags { encoded }) = &self.query_flags {
            tlvs.record(QUERY_FLAGS, encoded.len(), |out| out.put_slice(encoded));
        }
        tlvs.finish();
    }
}

/// What is wanted of each channel of a [`QueryShortChannelIds`], in the same order: a sum of the constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryFlags {
    /// Invariant: the encoding byte 0 and minimal `bigsize` numbers.
    encoded: Bytes,
}

impl QueryFlags {
    /// The `channel_announcement`.
    pub const CHANNEL_ANNOUNCEMENT: u64 = 1;
    /// The `channel_update` of `node_id_1`.
    pub const CHANNEL_UPDATE_1: u64 = 2;
    /// The `channel_update` of `node_id_2`.
    pub const CHANNEL_UPDATE_2: u64 = 4;
    /// The `node_announcement` of `node_id_1`.
    pub const NODE_ANNOUNCEMENT_1: u64 = 8;
    /// The `node_announcement` of `node_id_2`.
    pub const NODE_ANNOUNCEMENT_2: u64 = 16;
    /// All of these, which is what a query without flags asks for.
    pub const EVERYTHING: u64 = 31;

    /// Makes the list of `flags`, in the order of the short channel ids.
    #[must_use]
    pub fn new(flags: impl IntoIterator<Item = u64>) -> Self {
        let mut encoded = BytesMut::new();
        encoded.put_u8(PLAIN);
        flags
            .into_iter()
            .for_each(|f| BigSize(f).write(&mut encoded));
        Self {
            encoded: encoded.freeze(),
        }
    }

    fn read(reader: &mut Reader<'_>, expected: usize) -> Result<Self, DecodeError> {
        const FIELD: &str = "query_flags";
        let mut ahead = reader.clone();
        let encoding = ahead.u8(FIELD)?;
        if encoding != PLAIN {
            return Err(DecodeError::UnsupportedEncoding {
                field: FIELD,
                encoding,
            });
        }
        let mut found: usize = 0;
        while !ahead.is_empty() {
            BigSize::read(FIELD, &mut ahead)?;
            found = found.saturating_add(1);
        }
        if found != expected {
            return Err(DecodeError::CountMismatch {
                field: FIELD,
                expected,
                found,
            });
        }
        Ok(Self {
            encoded: reader.rest(),
        })
    }

    /// Returns the flags in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let mut reader = Reader::new(&self.encoded);
        let _encoding = reader.u8("query_flags");
        core::iter::from_fn(move || {
            BigSize::read("query_flags", &mut reader)
                .ok()
                .map(|BigSize(flags)| flags)
        })
    }
}

message! {
    /// Ends the answer to a [`QueryShortChannelIds`].
    ///
    /// BOLT 7, [the `query_short_channel_ids`/`reply_short_channel_ids_end` messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_short_channel_idsreply_short_channel_ids_end-messages).
    ReplyShortChannelIdsEnd = 262 {
        /// The chain of the query.
        chain_hash: ChainHash,
        /// 0 if the sender does not keep up-to-date information on that chain, else 1; kept as received.
        full_information: u8,
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_list!(QueryFlags, u64);
