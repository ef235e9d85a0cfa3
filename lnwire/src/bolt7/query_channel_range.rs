//! `query_channel_range` (263) and `reply_channel_range` (264): which channels are there?

use bytes::{BufMut, Bytes, BytesMut};

use super::scid_list::{PLAIN, ShortChannelIds};
use crate::{
    big_size::BigSize,
    codec::{WireMessage, open, sum},
    error::DecodeError,
    features::put_u16_prefixed,
    message_macro::write_fields,
    reader::Reader,
    time::Timestamp,
    tlv::{self, UnknownRecords},
    types::{BlockHeight, ChainHash},
};

/// Asks for the short channel ids of a range of blocks.
///
/// BOLT 7, [the `query_channel_range` and `reply_channel_range` messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_channel_range-and-reply_channel_range-messages).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueryChannelRange {
    /// The chain.
    pub chain_hash: ChainHash,
    /// The first block of the range.
    pub first_blocknum: BlockHeight,
    /// Blocks in the range, at least 1 in an honest query.
    pub number_of_blocks: u32,
    /// What else is asked for: [`WANT_TIMESTAMPS`](Self::WANT_TIMESTAMPS) and
    /// [`WANT_CHECKSUMS`](Self::WANT_CHECKSUMS).
    pub query_option: Option<u64>,
    /// Records of unknown odd types.
    pub unknown: UnknownRecords,
}

const QUERY_STREAM: &str = "query_channel_range_tlvs";
const QUERY_OPTION: u64 = 1;

impl QueryChannelRange {
    /// Asks for the timestamps of both updates of each channel.
    pub const WANT_TIMESTAMPS: u64 = 1;
    /// Asks for the checksums of both updates of each channel.
    pub const WANT_CHECKSUMS: u64 = 2;

    /// Returns the block behind the last one asked for. In 64 bits, because the sum may pass 2^32.
    #[must_use]
    pub fn end_blocknum(&self) -> u64 {
        u64::from(self.first_blocknum.0).saturating_add(u64::from(self.number_of_blocks))
    }

    /// Returns whether `option` is asked for.
    #[must_use]
    pub fn wants(&self, option: u64) -> bool {
        self.query_option
            .is_some_and(|options| options & option != 0)
    }

    /// Decodes one that ends with a stream. No part of its caller, which needs few registers without.
    #[inline(never)]
    fn with_stream(frame: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(frame, Self::TYPE)?;
        let chain_hash = ChainHash(reader.array("chain_hash")?);
        let first_blocknum = BlockHeight(reader.u32("first_blocknum")?);
        let number_of_blocks = reader.u32("number_of_blocks")?;
        let mut query_option = None;
        let unknown = tlv::read_stream(QUERY_STREAM, &mut reader, |tlv_type, value| {
            if tlv_type == QUERY_OPTION {
                query_option = Some(BigSize::read("query_option", value)?.0);
            }
            Ok(tlv_type == QUERY_OPTION)
        })?;
        Ok(Self {
            chain_hash,
            first_blocknum,
            number_of_blocks,
            query_option,
            unknown,
        })
    }
}

impl WireMessage for QueryChannelRange {
    const TYPE: u16 = 263;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        let chain_hash = reader.array_ref("chain_hash")?;
        let first_blocknum = BlockHeight(reader.u32("first_blocknum")?);
        let number_of_blocks = reader.u32("number_of_blocks")?;
        if !reader.is_empty() {
            return Self::with_stream(&frame);
        }
        Ok(Self {
            chain_hash: ChainHash(*chain_hash),
            first_blocknum,
            number_of_blocks,
            query_option: None,
            unknown: UnknownRecords::NONE,
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        let option = self.query_option.map(|o| BigSize(o).encoded_len());
        sum(&[
            2,
            32,
            4,
            4,
            option.map_or(0, |len| tlv::record_len(QUERY_OPTION, len)),
            self.unknown.encoded_len(),
        ])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        write_fields!(
            self, out,
            chain_hash: ChainHash, first_blocknum: BlockHeight, number_of_blocks: u32,
        );
        let mut tlvs = tlv::Writer::new(out, &self.unknown);
        if let Some(options) = self.query_option.map(BigSize) {
            tlvs.record(QUERY_OPTION, options.encoded_len(), |out| {
                options.write(out)
            });
        }
        tlvs.finish();
    }
}

/// Lists channels of a part of the range that was asked for.
///
/// ```
/// use lnwire::{
///     BlockHeight, ChainHash, ShortChannelId, Timestamp, WireMessage,
///     bolt7::{ReplyChannelRange, ShortChannelIds, Timestamps},
///     tlv::UnknownRecords,
/// };
///
/// let id: ShortChannelId = "539268x845x1".parse()?;
/// let reply = ReplyChannelRange {
///     chain_hash: ChainHash::MAINNET,
///     first_blocknum: BlockHeight(539_000),
///     number_of_blocks: 1_000,
///     sync_complete: 1,
///     short_channel_ids: ShortChannelIds::new([id]),
///     timestamps: Some(Timestamps::new([[Timestamp(1_790_000_000), Timestamp(0)]])),
///     checksums: None,
///     unknown: UnknownRecords::NONE,
/// };
/// let mut frame = Vec::new();
/// reply.encode(&mut frame)?;
/// let read = ReplyChannelRange::decode(frame.into())?;
/// let timestamps = read.timestamps.iter().flat_map(Timestamps::iter);
/// for (id, [of_node_1, of_node_2]) in read.short_channel_ids.iter().zip(timestamps) {
///     assert_eq!((id.to_string().as_str(), of_node_1.0, of_node_2.0), ("539268x845x1", 1_790_000_000, 0));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// BOLT 7, [the `query_channel_range` and `reply_channel_range` messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_channel_range-and-reply_channel_range-messages).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplyChannelRange {
    /// The chain of the query.
    pub chain_hash: ChainHash,
    /// The first block that this reply covers.
    pub first_blocknum: BlockHeight,
    /// Blocks that this reply covers.
    pub number_of_blocks: u32,
    /// 1 if this is the last reply, else 0; kept as received.
    pub sync_complete: u8,
    /// The channels.
    pub short_channel_ids: ShortChannelIds,
    /// When the updates of each channel were made, if asked for.
    pub timestamps: Option<Timestamps>,
    /// The checksums of the updates of each channel, if asked for.
    pub checksums: Option<Checksums>,
    /// Records of unknown odd types.
    pub unknown: UnknownRecords,
}

const REPLY_STREAM: &str = "reply_channel_range_tlvs";
const TIMESTAMPS: u64 = 1;
const CHECKSUMS: u64 = 3;

impl WireMessage for ReplyChannelRange {
    const TYPE: u16 = 264;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        let chain_hash = ChainHash::read("chain_hash", &mut reader)?;
        let first_blocknum = BlockHeight(reader.u32("first_blocknum")?);
        let number_of_blocks = reader.u32("number_of_blocks")?;
        let sync_complete = reader.u8("sync_complete")?;
        let short_channel_ids =
            ShortChannelIds::from_bytes(reader.u16_prefixed("encoded_short_ids")?)?;
        let mut timestamps = None;
        let mut checksums = None;
        let unknown = tlv::read_stream(REPLY_STREAM, &mut reader, |tlv_type, value| {
            match tlv_type {
                TIMESTAMPS => {
                    timestamps = Some(Timestamps::read(value, short_channel_ids.len())?);
                }
                CHECKSUMS => {
                    checksums = Some(Checksums::read(value, short_channel_ids.len())?);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            chain_hash,
            first_blocknum,
            number_of_blocks,
            sync_complete,
            short_channel_ids,
            timestamps,
            checksums,
            unknown,
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        let timestamps = self.timestamps.as_ref().map(|t| t.encoded.len());
        let checksums = self.checksums.as_ref().map(|c| c.encoded.len());
        sum(&[
            2,
            32,
            4,
            4,
            1,
            2,
            self.short_channel_ids.as_bytes().len(),
            timestamps.map_or(0, |len| tlv::record_len(TIMESTAMPS, len)),
            checksums.map_or(0, |len| tlv::record_len(CHECKSUMS, len)),
            self.unknown.encoded_len(),
        ])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        write_fields!(
            self, out,
            chain_hash: ChainHash, first_blocknum: BlockHeight, number_of_blocks: u32, sync_complete: u8,
        );
        put_u16_prefixed(self.short_channel_ids.as_bytes(), out);
        let mut tlvs = tlv::Writer::new(out, &self.unknown);
        if let Some(Timestamps { encoded }) = &self.timestamps {
            tlvs.record(TIMESTAMPS, encoded.len(), |out| out.put_slice(encoded));
        }
        if let Some(Checksums { encoded }) = &self.checksums {
            tlvs.record(CHECKSUMS, encoded.len(), |out| out.put_slice(encoded));
        }
        tlvs.finish();
    }
}

/// For each channel of a reply the timestamps of the updates of `node_id_1` and `node_id_2`; 0 for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamps {
    /// Invariant: the encoding byte 0 and pairs of `u32`.
    encoded: Bytes,
}

impl Timestamps {
    /// Makes the list of `pairs`, in the order of the short channel ids.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = [Timestamp; 2]>) -> Self {
        let mut encoded = BytesMut::new();
        encoded.put_u8(PLAIN);
        put_pairs(
            &mut encoded,
            pairs.into_iter().map(|p| p.map(|t| t.as_secs())),
        );
        Self {
            encoded: encoded.freeze(),
        }
    }

    fn read(reader: &mut Reader<'_>, expected: usize) -> Result<Self, DecodeError> {
        const FIELD: &str = "timestamps_tlv";
        let mut ahead = reader.clone();
        let encoding = ahead.u8(FIELD)?;
        if encoding != PLAIN {
            return Err(DecodeError::UnsupportedEncoding {
                field: FIELD,
                encoding,
            });
        }
        check_pairs(FIELD, ahead.peek(), expected)?;
        Ok(Self {
            encoded: reader.rest(),
        })
    }

    /// Returns the pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = [Timestamp; 2]> + '_ {
        pairs(self.encoded.get(1..).unwrap_or_default()).map(|pair| pair.map(Timestamp))
    }
}

/// For each channel of a reply the checksums of the updates of `node_id_1` and `node_id_2`; 0 for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksums {
    /// Invariant: pairs of `u32`.
    encoded: Bytes,
}

impl Checksums {
    /// Makes the list of `pairs`, in the order of the short channel ids.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = [u32; 2]>) -> Self {
        let mut encoded = BytesMut::new();
        put_pairs(&mut encoded, pairs.into_iter());
        Self {
            encoded: encoded.freeze(),
        }
    }

    fn read(reader: &mut Reader<'_>, expected: usize) -> Result<Self, DecodeError> {
        check_pairs("checksums_tlv", reader.peek(), expected)?;
        Ok(Self {
            encoded: reader.rest(),
        })
    }

    /// Returns the pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        pairs(&self.encoded)
    }
}

const PAIR_LEN: usize = 8;

fn put_pairs(out: &mut BytesMut, pairs: impl Iterator<Item = [u32; 2]>) {
    pairs.flatten().for_each(|n| out.put_u32(n));
}

fn check_pairs(field: &'static str, bytes: &[u8], expected: usize) -> Result<(), DecodeError> {
    if bytes.len() % PAIR_LEN != 0 {
        return Err(DecodeError::Ragged {
            field,
            len: bytes.len(),
            element: PAIR_LEN,
        });
    }
    let found = bytes.chunks_exact(PAIR_LEN).len();
    if found != expected {
        return Err(DecodeError::CountMismatch {
            field,
            expected,
            found,
        });
    }
    Ok(())
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u32; 2]> + '_ {
    bytes.chunks_exact(PAIR_LEN).map(|chunk| {
        let both = chunk
            .iter()
            .fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        #[expect(clippy::as_conversions, reason = "the two halves of a u64")]
        [(both >> 32) as u32, (both & 0xffff_ffff) as u32]
    })
}

#[cfg(feature = "serde")]
crate::serde_form::as_list!(Timestamps, [Timestamp; 2]);
#[cfg(feature = "serde")]
crate::serde_form::as_list!(Checksums, [u32; 2]);
