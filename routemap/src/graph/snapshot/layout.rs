//! The bytes of a snapshot: a header, entries of a fixed size part by part, a checksum.
//!
//! All numbers are little endian. The checksum is the CRC-32C of everything before it.

use lnwire::{BlockHeight, ChainHash, Timestamp, bytes::BufMut};

use super::{SnapshotError, SnapshotPart};
use crate::{
    crc32c,
    graph::{channel::CHANNEL_WORDS, node::NODE_LEN},
};

const MAGIC: [u8; 8] = *b"routemap";
/// Goes up whenever a byte means something else.
const VERSION: u32 = 2;
const HEADER_LEN: usize = 8 + 4 + 32 + 8 + 4 + 8 + 8 + 4 * PARTS.len();
const CHECKSUM_LEN: usize = 4;

pub(super) const CHANNEL_LEN: usize = 8 * CHANNEL_WORDS;
pub(super) const DYING_LEN: usize = 8 + 4 + REASON_LEN;
pub(super) const ZOMBIE_LEN: usize = 8 + 8 + 8 + 2 * 33 + 2 + REASON_LEN;
pub(super) const REASON_LEN: usize = 1 + 8;
pub(super) const OUTPOINT_LEN: usize = 4 + 32 + 4;

/// The parts that have entries, in the order of the file, with the bytes of an entry.
const PARTS: [(SnapshotPart, usize); 10] = [
    (SnapshotPart::Nodes, NODE_LEN),
    (SnapshotPart::Channels, CHANNEL_LEN),
    (SnapshotPart::RestingNodes, 4),
    (SnapshotPart::RestingChannels, 4),
    (SnapshotPart::Dying, DYING_LEN),
    (SnapshotPart::Zombies, ZOMBIE_LEN),
    (SnapshotPart::Outpoints, OUTPOINT_LEN),
    (SnapshotPart::ChannelOffsets, 4 + 3 * 8),
    (SnapshotPart::NodeOffsets, 4 + 8),
    (SnapshotPart::OwnNodes, 33),
];

/// What stands before the parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) chain_hash: ChainHash,
    /// The embedder's time, in milliseconds, and the wall clock's when the snapshot was written.
    pub(super) saved_at: u64,
    pub(super) wall: Timestamp,
    /// The latest block's height plus one; 0 if there is none.
    pub(super) tip: u64,
    pub(super) changes: u64,
    /// Entries of each part.
    pub(super) counts: [u32; PARTS.len()],
}

impl Header {
    /// Returns the bytes of the whole snapshot; they always fit.
    pub(super) fn snapshot_len(&self) -> u64 {
        let parts = self.counts.iter().zip(PARTS);
        let parts = parts.map(|(count, (_, len))| u64::from(*count) * len as u64);
        (HEADER_LEN + CHECKSUM_LEN) as u64 + parts.sum::<u64>()
    }

    pub(super) fn encode(&self, out: &mut impl BufMut) {
        out.put_slice(&MAGIC);
        out.put_u32_le(VERSION);
        out.put_slice(&self.chain_hash.0);
        out.put_u64_le(self.saved_at);
        out.put_u32_le(self.wall.as_secs());
        out.put_u64_le(self.tip);
        out.put_u64_le(self.changes);
        for count in self.counts {
            out.put_u32_le(count);
        }
    }
}

/// A snapshot whose version, lengths and checksum are right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'a> {
    pub(super) header: Header,
    parts: &'a [u8],
}

impl<'a> Layout<'a> {
    pub(super) fn read(snapshot: &'a [u8]) -> Result<Self, SnapshotError> {
        let found = snapshot.len() as u64;
        let mut fields = Fields(snapshot);
        if fields.take() != Some(MAGIC) {
            return Err(SnapshotError::NotASnapshot);
        }
        let expected = (HEADER_LEN + CHECKSUM_LEN) as u64;
        let too_short = SnapshotError::Length { expected, found };
        let version = fields.u32().ok_or(too_short)?;
        if version != VERSION {
            return Err(SnapshotError::Version {
                expected: VERSION,
                found: version,
            });
        }
        let header = fields.header().ok_or(too_short)?;
        let expected = header.snapshot_len();
        if expected != found {
            return Err(SnapshotError::Length { expected, found });
        }
        let (all, checksum) = snapshot.split_last_chunk().ok_or(too_short)?;
        let expected = u32::from_le_bytes(*checksum);
        let found = crc32c::append(0, all);
        if expected != found {
            return Err(SnapshotError::Checksum { expected, found });
        }
        let parts = all.get(HEADER_LEN..).unwrap_or_default();
        Ok(Self { header, parts })
    }

    /// Returns the entries of a part.
    pub(super) fn entries(&self, part: SnapshotPart) -> impl ExactSizeIterator<Item = Fields<'a>> {
        let (bytes, entry_len) = self.part(part);
        bytes.chunks_exact(entry_len).map(Fields)
    }

    /// Returns the entries of a part as bytes.
    pub(super) fn bytes(&self, part: SnapshotPart) -> &'a [u8] {
        self.part(part).0
    }

    /// Returns the bytes of a part, and how many of them are an entry.
    fn part(&self, part: SnapshotPart) -> (&'a [u8], usize) {
        let mut begin = 0;
        for ((name, len), count) in PARTS.into_iter().zip(self.header.counts) {
            let end = begin + len * count as usize;
            if name == part {
                return (self.parts.get(begin..end).unwrap_or_default(), len);
            }
            begin = end;
        }
        (&[], 1)
    }
}

/// What an entry consists of, taken from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// Returns all bytes as words, if there are as many.
    #[inline]
    pub(super) fn words<const N: usize>(self) -> Option<[u64; N]> {
        let bytes = self.0.get(..8 * N)?;
        Some(core::array::from_fn(|word| {
            let bytes = bytes[8 * word..].first_chunk().copied();
            bytes.map_or(0, u64::from_le_bytes)
        }))
    }

    fn header(&mut self) -> Option<Header> {
        Some(Header {
            chain_hash: ChainHash(self.take()?),
            saved_at: self.u64()?,
            wall: Timestamp(self.u32()?),
            tip: self.u64()?,
            changes: self.u64()?,
            counts: {
                let mut counts = [0; PARTS.len()];
                for count in &mut counts {
                    *count = self.u32()?;
                }
                counts
            },
        })
    }
}

/// Returns a height, which may be missing, as a word.
pub(super) fn from_height(height: Option<BlockHeight>) -> u64 {
    height.map_or(0, |height| u64::from(height.0) + 1)
}

/// Returns the height, which may be missing, that a word stands for; `None` if it is too great.
pub(super) fn to_height(word: u64) -> Option<Option<BlockHeight>> {
    let height = word.checked_sub(1).map(u32::try_from).transpose().ok()?;
    Some(height.map(BlockHeight))
}
