//! How messages are laid out: just enough to find the parts that the two codecs treat differently.

use core::ops::Range;

use lnwire::{BigSize, Reader, bytes::Bytes};

/// A field of a message, in the order of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// So many bytes of which any will do.
    Raw(usize),
    Point,
    Signature,
    /// A byte which is a flag.
    Flag,
    /// The `message_flags` of a `channel_update`.
    MessageFlags,
    /// A length of two bytes and any bytes.
    Blob,
    /// A length of two bytes and a text for people.
    Text,
    /// A length of two bytes and bytes that mean nothing.
    Padding,
    /// Both feature fields of an `init`.
    InitFeatures,
    /// The onion of an HTLC.
    Onion,
    /// A length of two bytes and the onion of a message.
    Packet,
    /// A count of two bytes and signatures.
    Signatures,
    /// A length of two bytes and a transaction.
    Prevtx,
    /// A count of two bytes and witnesses, each behind its length.
    Witnesses,
    /// A length of two bytes and address descriptors.
    Addresses,
    /// A length of two bytes, an encoding and short channel ids.
    ShortIds,
}

/// What a TLV record holds that LDK knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Any bytes.
    Any,
    /// So many bytes of which any will do.
    Len(usize),
    Point,
    Signature,
    /// Chain hashes.
    Chains,
    /// One address descriptor.
    Address,
    /// A record from LDK's own range, of so many bytes.
    OwnLen(usize),
    /// A list of blinded paths, from LDK's own range.
    OwnPaths,
}

/// What LDK does with the bytes behind the fields.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tail {
    /// Never looks at them, and leaves them out when it encodes the message again.
    Dropped,
    /// Keeps them as they are.
    Kept,
    /// Reads a TLV stream with these records.
    Records(&'static [(u64, Value)]),
}

/// A message's layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) fields: &'static [Field],
    pub(crate) tail: Tail,
}

fn prefix(bytes: &[u8]) -> Option<usize> {
    let len = bytes.first_chunk::<2>()?;
    Some(usize::from(u16::from_be_bytes(*len)))
}

impl Field {
    /// How long the field at the start of `bytes` is, if all of it is there.
    fn len(self, bytes: &[u8]) -> Option<usize> {
        let len = match self {
            Self::Raw(len) => len,
            Self::Point => 33,
            Self::Signature => 64,
            Self::Flag | Self::MessageFlags => 1,
            Self::Onion => 1366,
            Self::Blob
            | Self::Text
            | Self::Padding
            | Self::Packet
            | Self::Prevtx
            | Self::Addresses
            | Self::ShortIds => 2 + prefix(bytes)?,
            Self::InitFeatures => {
                let first = 2 + prefix(bytes)?;
                first + 2 + prefix(bytes.get(first..)?)?
            }
            Self::Signatures => 2 + prefix(bytes)? * 64,
            Self::Witnesses => {
                let mut len = 2;
                for _ in 0..prefix(bytes)? {
                    len += 2 + prefix(bytes.get(len..)?)?;
                }
                len
            }
        };
        (len <= bytes.len()).then_some(len)
    }
}

/// The fields of a message and where they lie.
pub(crate) type Spans = Vec<(Field, Range<usize>)>;

/// Where each field lies, and where the bytes behind them begin; `None` if the message ends before.
pub(crate) fn spans(layout: &Layout, payload: &[u8]) -> Option<(Spans, usize)> {
    let mut at = 0;
    let mut spans = Vec::with_capacity(layout.fields.len());
    for field in layout.fields {
        let end = at + field.len(&payload[at..])?;
        spans.push((*field, at..end));
        at = end;
    }
    Some((spans, at))
}

/// The records of a TLV stream, and whether they are all of it: minimal numbers, nothing cut short. Their order is
/// not looked at.
pub(crate) fn records(stream: &[u8]) -> (Vec<(u64, Vec<u8>)>, bool) {
    let stream = Bytes::copy_from_slice(stream);
    let mut reader = Reader::new(&stream);
    let mut records = Vec::new();
    while !reader.is_empty() {
        let record = BigSize::read("type", &mut reader).and_then(|BigSize(tlv_type)| {
            let BigSize(len) = BigSize::read("length", &mut reader)?;
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            Ok((tlv_type, reader.slice("value", len)?.to_vec()))
        });
        let Ok(record) = record else {
            return (records, false);
        };
        records.push(record);
    }
    (records, true)
}

/// Appends a record.
pub(crate) fn put_record(tlv_type: u64, value: &[u8], out: &mut Vec<u8>) {
    BigSize(tlv_type).write(out);
    BigSize::from(value.len()).write(out);
    out.extend_from_slice(value);
}
