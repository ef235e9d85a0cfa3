//! Values and messages made of random bytes.

use alloc::vec::Vec;

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use bytes::Bytes;

use crate::{
    big_size::BigSize,
    bolt1::ChainHashes,
    bolt7::{
        ChannelAnnouncement, ChannelUpdate, Checksums, NodeAnnouncement, QueryChannelRange,
        QueryFlags, QueryShortChannelIds, ReplyChannelRange, ShortChannelIds, Timestamps,
        channel_announcement, channel_update, node_announcement,
    },
    codec::WireMessage,
    error::DecodeError,
    features::Features,
    message::Unknown,
    reader::Reader,
    time::Timestamp,
    tlv::UnknownRecords,
    types::{
        Address, Addresses, Alias, BlockHeight, ChainHash, ChannelId, Color, Hostname, Msat,
        NodeId, Point, ShortChannelId, Signature,
    },
};

/// The longest text, padding or list of bytes that is made: a message has room for many.
pub(crate) const MAX_BLOB: usize = 300;
/// The greatest number of elements of a list.
const MAX_LIST: usize = 20;

/// Takes bytes, fewer than `max` when there are no more.
pub(crate) fn blob(u: &mut Unstructured<'_>, max: usize) -> Result<Bytes> {
    let len = u.int_in_range(0..=max)?.min(u.len());
    u.bytes(len).map(Bytes::copy_from_slice)
}

/// What lies behind the fields of a message: mostly nothing.
pub(crate) fn extra(u: &mut Unstructured<'_>) -> Result<Bytes> {
    if u.ratio(3_u8, 4_u8)? {
        return Ok(Bytes::new());
    }
    blob(u, 50)
}

pub(crate) fn array<const N: usize>(u: &mut Unstructured<'_>) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    // Pads with zeros.
    u.fill_buffer(&mut bytes)?;
    Ok(bytes)
}

fn list<'a, T: Arbitrary<'a>>(u: &mut Unstructured<'a>) -> Result<Vec<T>> {
    let len = u.int_in_range(0..=MAX_LIST)?;
    (0..len).map(|_| u.arbitrary()).collect()
}

/// Reads a field from the bytes ahead, then from zeros if they are none: as many as it wants, and no length of a list
/// runs past the end of zeros.
pub(crate) fn read_ahead<T>(
    u: &mut Unstructured<'_>,
    read: impl Fn(&mut Reader<'_>) -> core::result::Result<T, DecodeError>,
) -> Result<T> {
    let ahead = u.len().min(2048);
    let mut bytes = u.peek_bytes(ahead).unwrap_or_default().to_vec();
    let len = bytes.len().saturating_add(2048);
    bytes.resize(len, 0);
    let bytes = Bytes::from(bytes);
    let mut reader = Reader::new(&bytes);
    if let Ok(value) = read(&mut reader) {
        let taken = len.saturating_sub(reader.remaining());
        u.bytes(taken.min(ahead))?;
        return Ok(value);
    }
    let zeros = Bytes::from_static(&[0; 2048]);
    read(&mut Reader::new(&zeros)).map_err(|_| Error::IncorrectFormat)
}

/// Reads the value of a record from some bytes, all of them or so many as it wants.
pub(crate) fn read_record<T>(
    u: &mut Unstructured<'_>,
    read: impl Fn(&mut Reader<'_>) -> core::result::Result<T, DecodeError>,
) -> Result<T> {
    let bytes = blob(u, 80)?;
    let mut reader = Reader::new(&bytes);
    if let Ok(value) = read(&mut reader) {
        if reader.is_empty() {
            return Ok(value);
        }
    }
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().saturating_add(256), 0);
    read(&mut Reader::new(&padded.into())).map_err(|_| Error::IncorrectFormat)
}

/// Reads a message from its type and random bytes; most of those are no message of a type with a long layout.
#[allow(dead_code, reason = "for messages that do not go through `message!`")]
pub(crate) fn decoded<T: WireMessage>(u: &mut Unstructured<'_>) -> Result<T> {
    let mut frame = T::TYPE.to_be_bytes().to_vec();
    frame.extend_from_slice(&blob(u, 2000)?);
    T::decode(frame.into()).map_err(|_| Error::IncorrectFormat)
}

/// Declares how values are made.
macro_rules! arbitrary {
    ($($ty:ty: |$u:ident| $make:expr;)*) => {
        $(impl<'a> Arbitrary<'a> for $ty {
            fn arbitrary($u: &mut Unstructured<'a>) -> Result<Self> {
                Ok($make)
            }
        })*
    };
}

arbitrary! {
    ChainHash: |u| Self(array(u)?);
    ChannelId: |u| Self(array(u)?);
    NodeId: |u| Self(array(u)?);
    Point: |u| Self(array(u)?);
    Signature: |u| Self(array(u)?);
    Alias: |u| Self(array(u)?);
    Color: |u| Self(array(u)?);
    Msat: |u| Self(u.arbitrary()?);
    BlockHeight: |u| Self(u.arbitrary()?);
    Timestamp: |u| Self(u.arbitrary()?);
    ShortChannelId: |u| Self(u.arbitrary()?);
    BigSize: |u| Self(u.arbitrary()?);
    Features: |u| Self::from_bytes(blob(u, 40)?);
    Addresses: |u| addresses(u)?;
    Address: |u| address(u)?;
    Hostname: |u| hostname(u)?;
    UnknownRecords: |u| unknown_records(u)?;
    ChainHashes: |u| Self::new(&list::<ChainHash>(u)?);
    ShortChannelIds: |u| Self::new(list(u)?);
    QueryFlags: |u| Self::new(list::<u64>(u)?);
    Timestamps: |u| Self::new(list::<[Timestamp; 2]>(u)?);
    Checksums: |u| Self::new(list::<[u32; 2]>(u)?);
    channel_announcement::Contents: |u| Self {
        features: u.arbitrary()?,
        chain_hash: u.arbitrary()?,
        short_channel_id: u.arbitrary()?,
        node_id_1: u.arbitrary()?,
        node_id_2: u.arbitrary()?,
        bitcoin_key_1: u.arbitrary()?,
        bitcoin_key_2: u.arbitrary()?,
    };
    node_announcement::Contents: |u| Self {
        features: u.arbitrary()?,
        timestamp: u.arbitrary()?,
        node_id: u.arbitrary()?,
        rgb_color: u.arbitrary()?,
        alias: u.arbitrary()?,
        addresses: u.arbitrary()?,
    };
    channel_update::Contents: |u| Self {
        chain_hash: u.arbitrary()?,
        short_channel_id: u.arbitrary()?,
        timestamp: u.arbitrary()?,
        dont_forward: u.arbitrary()?,
        direction: u.int_in_range(0..=1)?,
        disabled: u.arbitrary()?,
        cltv_expiry_delta: u.arbitrary()?,
        htlc_minimum_msat: u.arbitrary()?,
        fee_base_msat: u.arbitrary()?,
        fee_proportional_millionths: u.arbitrary()?,
        htlc_maximum_msat: u.arbitrary()?,
    };
    ChannelAnnouncement: |u| {
        let contents: channel_announcement::Contents = u.arbitrary()?;
        let unsigned = contents.unsigned().map_err(|_| Error::IncorrectFormat)?;
        with_tail(&unsigned.sign(&u.arbitrary()?), u)?
    };
    NodeAnnouncement: |u| {
        let contents: node_announcement::Contents = u.arbitrary()?;
        let unsigned = contents.unsigned().map_err(|_| Error::IncorrectFormat)?;
        with_tail(&unsigned.sign(&u.arbitrary()?), u)?
    };
    ChannelUpdate: |u| {
        let contents: channel_update::Contents = u.arbitrary()?;
        let unsigned = contents.unsigned().map_err(|_| Error::IncorrectFormat)?;
        with_tail(&unsigned.sign(&u.arbitrary()?), u)?
    };
    QueryShortChannelIds: |u| {
        let ids: Vec<(ShortChannelId, u64)> = list(u)?;
        let flags: bool = u.arbitrary()?;
        Self {
            chain_hash: u.arbitrary()?,
            short_channel_ids: ShortChannelIds::new(ids.iter().map(|(id, _)| *id)),
            query_flags: flags.then(|| QueryFlags::new(ids.iter().map(|(_, flags)| *flags))),
            unknown: u.arbitrary()?,
        }
    };
    QueryChannelRange: |u| Self {
        chain_hash: u.arbitrary()?,
        first_blocknum: u.arbitrary()?,
        number_of_blocks: u.arbitrary()?,
        query_option: u.arbitrary()?,
        unknown: u.arbitrary()?,
    };
    ReplyChannelRange: |u| {
        let ids: Vec<(ShortChannelId, [Timestamp; 2], [u32; 2])> = list(u)?;
        let [timestamps, checksums]: [bool; 2] = u.arbitrary()?;
        Self {
            chain_hash: u.arbitrary()?,
            first_blocknum: u.arbitrary()?,
            number_of_blocks: u.arbitrary()?,
            sync_complete: u.arbitrary()?,
            short_channel_ids: ShortChannelIds::new(ids.iter().map(|(id, ..)| *id)),
            timestamps: timestamps.then(|| Timestamps::new(ids.iter().map(|(_, pair, _)| *pair))),
            checksums: checksums.then(|| Checksums::new(ids.iter().map(|(.., pair)| *pair))),
            unknown: u.arbitrary()?,
        }
    };
    Unknown: |u| {
        let msg_type: u16 = u.arbitrary()?;
        let mut frame = msg_type.to_be_bytes().to_vec();
        frame.extend_from_slice(&blob(u, MAX_BLOB)?);
        Self::new(frame.into()).map_err(|_| Error::IncorrectFormat)?
    };
}

/// Lets bytes follow that belong to no field, signed like all others.
fn with_tail<T: WireMessage>(message: &T, u: &mut Unstructured<'_>) -> Result<T> {
    let mut frame = Vec::with_capacity(message.encoded_len());
    message.write(&mut frame);
    frame.extend_from_slice(&extra(u)?);
    T::decode(frame.into()).map_err(|_| Error::IncorrectFormat)
}

fn address(u: &mut Unstructured<'_>) -> Result<Address> {
    let port = u.arbitrary()?;
    Ok(match u.int_in_range(1..=5_u8)? {
        1 => Address::Ipv4 {
            ip: u.arbitrary()?,
            port,
        },
        2 => Address::Ipv6 {
            ip: u.arbitrary()?,
            port,
        },
        3 => Address::TorV2 {
            onion: array(u)?,
            port,
        },
        4 if u.arbitrary()? => Address::tor_v3(&array(u)?, port),
        4 => Address::TorV3 {
            onion: array(u)?,
            port,
        },
        _ => Address::Dns {
            hostname: u.arbitrary()?,
            port,
        },
    })
}

/// A name, or what a peer may send for one.
fn hostname(u: &mut Unstructured<'_>) -> Result<Hostname> {
    const CHARS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-.";
    if u.ratio(1_u8, 4_u8)? {
        return Ok(Hostname::from_wire(blob(u, 255)?));
    }
    let len = u.int_in_range(1..=40_usize)?;
    let name: Result<Vec<u8>> = (0..len).map(|_| u.choose(CHARS).copied()).collect();
    Ok(Hostname::from_wire(name?.into()))
}

/// A list of descriptors, or any bytes.
fn addresses(u: &mut Unstructured<'_>) -> Result<Addresses> {
    if u.ratio(1_u8, 4_u8)? {
        return blob(u, 100).map(Addresses::from_bytes);
    }
    let mut bytes = Vec::new();
    for _ in 0..u.int_in_range(0..=5_u8)? {
        address(u)?.write(&mut bytes);
    }
    Ok(Addresses::from_bytes(bytes.into()))
}

/// Records of odd types that no message here knows.
fn unknown_records(u: &mut Unstructured<'_>) -> Result<UnknownRecords> {
    let mut bytes = Vec::new();
    let mut tlv_type = 70_001_u64;
    for _ in 0..u.int_in_range(0..=3_u8)? {
        tlv_type = tlv_type.saturating_add(u64::from(u.arbitrary::<u32>()?).saturating_mul(2));
        let value = blob(u, MAX_BLOB)?;
        BigSize(tlv_type).write(&mut bytes);
        BigSize::from(value.len()).write(&mut bytes);
        bytes.extend_from_slice(&value);
        tlv_type = tlv_type.saturating_add(2);
    }
    UnknownRecords::from_bytes(&bytes.into()).map_err(|_| Error::IncorrectFormat)
}
