//! TLV streams: order, parity, and the records nobody here knows, which survive byte for byte.
//!
//! BOLT 1, [type-length-value format](https://github.com/lightning/bolts/blob/master/01-messaging.md#type-length-value-format).

use core::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{big_size::BigSize, error::DecodeError, reader::Reader};

/// Reads the TLV stream which fills the rest of `reader`.
///
/// `known` is shown every record and answers whether it is one of the stream's own; what it leaves unread of
/// a known record is an error. Records it does not know are returned if odd, and refused if even.
///
/// # Errors
/// [`DecodeError::TlvOrder`], [`DecodeError::TlvUnknownEven`], [`DecodeError::NotMinimal`] and
/// [`DecodeError::Truncated`] as BOLT 1 lists them, and whatever `known` returns.
#[inline]
pub fn read_stream<'a>(
    stream: &'static str,
    reader: &mut Reader<'a>,
    known: impl FnMut(u64, &mut Reader<'a>) -> Result<bool, DecodeError>,
) -> Result<UnknownRecords, DecodeError> {
    let whole = reader.clone();
    let mut unknown = FoundUnknown::default();
    find_unknown(stream, reader, &mut unknown, known)?;
    Ok(unknown.gather(&whole))
}

/// As [`read_stream`]; the unknown records are found, but not yet gathered.
#[inline]
pub(crate) fn find_unknown<'a>(
    stream: &'static str,
    reader: &mut Reader<'a>,
    unknown: &mut FoundUnknown,
    mut known: impl FnMut(u64, &mut Reader<'a>) -> Result<bool, DecodeError>,
) -> Result<(), DecodeError> {
    let whole = reader.clone();
    let mut previous: Option<u64> = None;
    while !reader.is_empty() {
        let start = whole.remaining().saturating_sub(reader.remaining());
        let BigSize(tlv_type) = BigSize::read(stream, reader)?;
        if let Some(previous) = previous.replace(tlv_type) {
            if tlv_type <= previous {
                return Err(DecodeError::TlvOrder {
                    stream,
                    previous,
                    found: tlv_type,
                });
            }
        }
        let BigSize(len) = BigSize::read(stream, reader)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let mut value = reader.sub(stream, len)?;
        if known(tlv_type, &mut value)? {
            value.finish(stream)?;
        } else if tlv_type % 2 == 0 {
            return Err(DecodeError::TlvUnknownEven { stream, tlv_type });
        } else {
            let end = whole.remaining().saturating_sub(reader.remaining());
            unknown.add(whole.peek(), start..end);
        }
    }
    Ok(())
}

/// The odd records of a stream that this crate does not know, in order and as they were received.
///
/// ```
/// use lnwire::{bytes::Bytes, tlv::UnknownRecords};
///
/// // A record of type 65537 with one byte, for a message of one's own.
/// let records = UnknownRecords::from_bytes(&Bytes::from_static(&[0xfe, 0, 1, 0, 1, 1, 7]))?;
/// assert!(records.iter().eq([(65537, Bytes::from_static(&[7]))]));
/// // Even types must be understood, so they are refused.
/// assert!(UnknownRecords::from_bytes(&Bytes::from_static(&[2, 0])).is_err());
/// # Ok::<(), lnwire::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnknownRecords(Bytes);

impl UnknownRecords {
    /// No record.
    pub const NONE: Self = Self(Bytes::new());

    /// Checks the bytes of records to be sent along, such as an application's own: all of odd types, ascending.
    /// They must not have the type of a record that the message itself knows.
    ///
    /// # Errors
    /// As for [`read_stream`].
    pub fn from_bytes(records: &Bytes) -> Result<Self, DecodeError> {
        read_stream("unknown records", &mut Reader::new(records), |_, _| {
            Ok(false)
        })
    }

    /// Returns type and value of each record, in ascending order of type.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Bytes)> + '_ {
        let mut reader = Reader::new(&self.0);
        core::iter::from_fn(move || {
            let BigSize(tlv_type) = BigSize::read("record", &mut reader).ok()?;
            let BigSize(len) = BigSize::read("record", &mut reader).ok()?;
            let value = reader.bytes("record", usize::try_from(len).ok()?).ok()?;
            Some((tlv_type, value))
        })
    }

    /// Returns whether there is none.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the length of all records in bytes, with types and lengths.
    #[must_use]
    #[inline]
    pub const fn encoded_len(&self) -> usize {
        self.0.len()
    }
}

/// Writes a TLV stream: the known records that the caller hands in ascending order, and between them the
/// unknown ones.
#[derive(Debug)]
pub struct Writer<'a, B> {
    out: &'a mut B,
    unknown: Reader<'a>,
}

impl<'a, B: BufMut> Writer<'a, B> {
    /// Starts a stream that will contain `unknown`.
    #[inline]
    pub fn new(out: &'a mut B, unknown: &'a UnknownRecords) -> Self {
        Self {
            out,
            unknown: Reader::new(&unknown.0),
        }
    }

    /// Appends a record of `len` bytes, which `value` writes. Types must ascend from call to call.
    #[inline]
    pub fn record(&mut self, tlv_type: u64, len: usize, value: impl FnOnce(&mut B)) {
        if !self.unknown.is_empty() {
            self.unknown_below(tlv_type);
        }
        match (u8::try_from(tlv_type), u8::try_from(len)) {
            // Asks for room once.
            (Ok(tlv_type @ ..=0xfc), Ok(len @ ..=0xfc)) => self.out.put_slice(&[tlv_type, len]),
            _ => {
                BigSize(tlv_type).write(self.out);
                BigSize::from(len).write(self.out);
            }
        }
        value(self.out);
    }

    /// Appends a whole record, with its type and its length, which are a byte each. Types must ascend from call to call.
    #[inline]
    pub(crate) fn short_record(&mut self, tlv_type: u64, record: &[u8]) {
        if !self.unknown.is_empty() {
            self.unknown_below(tlv_type);
        }
        self.out.put_slice(record);
    }

    /// Appends the unknown records that are left.
    #[inline]
    pub fn finish(self) {
        if !self.unknown.is_empty() {
            self.out.put_slice(self.unknown.peek());
        }
    }

    #[cold]
    fn unknown_below(&mut self, tlv_type: u64) {
        loop {
            let mut ahead = self.unknown.clone();
            let Ok(BigSize(next)) = BigSize::read("record", &mut ahead) else {
                return;
            };
            let Ok(BigSize(len)) = BigSize::read("record", &mut ahead) else {
                return;
            };
            let skipped = ahead.slice("record", usize::try_from(len).unwrap_or(usize::MAX));
            if next >= tlv_type || skipped.is_err() {
                return;
            }
            let record_len = self.unknown.remaining().saturating_sub(ahead.remaining());
            if let Ok(record) = self.unknown.slice("record", record_len) {
                self.out.put_slice(record);
            }
        }
    }
}

/// Returns the length of a record in bytes with its type and length, for a value of `len` bytes.
#[must_use]
#[inline]
pub fn record_len(tlv_type: u64, len: usize) -> usize {
    BigSize(tlv_type)
        .encoded_len()
        .saturating_add(BigSize::from(len).encoded_len())
        .saturating_add(len)
}

/// Returns the length of a record in bytes with its type and length, if these are a byte each and the value is always `len`
/// bytes long; otherwise 0.
pub(crate) const fn short_record_len(tlv_type: u64, len: Option<usize>) -> usize {
    match len {
        Some(len @ 0..=0xfc) if tlv_type <= 0xfc => len.saturating_add(2),
        _ => 0,
    }
}

/// Unknown records that were found: one run of neighbours is a slice of the message, several are copied together.
#[derive(Default)]
pub(crate) struct FoundUnknown {
    run: Range<usize>,
    spilled: Option<BytesMut>,
}

impl FoundUnknown {
    fn add(&mut self, stream: &[u8], record: Range<usize>) {
        if self.spilled.is_none() && (self.run.is_empty() || self.run.end == record.start) {
            self.run.start = if self.run.is_empty() {
                record.start
            } else {
                self.run.start
            };
            self.run.end = record.end;
            return;
        }
        let run = stream.get(self.run.clone()).unwrap_or_default();
        let spilled = self.spilled.get_or_insert_with(|| {
            // What is behind this record may be unknown to the last byte; the known ones before it are not.
            let ahead = stream.len().saturating_sub(record.start);
            let mut copy = BytesMut::with_capacity(run.len().saturating_add(ahead));
            copy.put_slice(run);
            copy
        });
        spilled.put_slice(stream.get(record).unwrap_or_default());
    }

    /// Returns whether there is none, which is the rule.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.run.is_empty() && self.spilled.is_none()
    }

    /// Makes them of the stream that `whole` is about to read.
    #[inline]
    pub(crate) fn gather(self, whole: &Reader<'_>) -> UnknownRecords {
        UnknownRecords(match self.spilled {
            Some(copy) => copy.freeze(),
            None if self.run.is_empty() => Bytes::new(),
            None => {
                let mut reader = whole.clone();
                let _before = reader.slice("record", self.run.start);
                reader.bytes("record", self.run.len()).unwrap_or_default()
            }
        })
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(UnknownRecords, |this| &this.0, |bytes| Self::from_bytes(
    &bytes.into()
));
