//! TLV streams: order, parity, and the records nobody here knows, which survive byte for byte.
//!
//! BOLT 1, [type-length-value format](https://github.com/lightning/bolts/blob/master/01-messaging.md#type-length-value-format).

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    big_size::BigSize,
    error::DecodeError,
    field::{Frame as _, Part},
    reader::Reader,
};

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
    mut known: impl FnMut(u64, &mut Reader<'a>) -> Result<bool, DecodeError>,
) -> Result<UnknownRecords, DecodeError> {
    let mut unknown = FoundUnknown::default();
    let mut records = Records::new(stream, reader.clone());
    reader.rest_slice();
    while let Some(mut record) = records.next_record()? {
        if known(record.tlv_type, &mut record.value)? {
            record.value.finish(stream)?;
        } else {
            refuse_even(stream, record.tlv_type)?;
            unknown.add(&record);
        }
    }
    Ok(unknown.gather(reader.frame()))
}

/// The records of a stream, one after the other.
pub(crate) struct Records<'a> {
    stream: &'static str,
    rest: Reader<'a>,
    previous: Option<u64>,
}

/// A record of a stream.
pub(crate) struct Record<'a> {
    pub(crate) tlv_type: u64,
    pub(crate) value: Reader<'a>,
    /// With type and length.
    whole: &'a [u8],
    /// Bytes of the stream from this record on.
    ahead: usize,
}

impl<'a> Records<'a> {
    /// Starts at the first of the records which fill the rest of `reader`.
    #[inline]
    pub(crate) const fn new(stream: &'static str, reader: Reader<'a>) -> Self {
        Self {
            stream,
            rest: reader,
            previous: None,
        }
    }

    /// Takes the next record, if there is one.
    #[inline(always)]
    pub(crate) fn next_record(&mut self) -> Result<Option<Record<'a>>, DecodeError> {
        let Self {
            stream,
            rest,
            previous,
        } = self;
        let from = rest.peek();
        let (tlv_type, len) = match *from {
            [] => return Ok(None),
            // Nearly always a byte each.
            [tlv_type @ ..=0xfc, len @ ..=0xfc, ..] => {
                rest.slice(stream, 2)?;
                (u64::from(tlv_type), usize::from(len))
            }
            _ => {
                let head;
                (head, *rest) = long_head(stream, rest.clone(), *previous)?;
                head
            }
        };
        in_order(stream, previous, tlv_type)?;
        let value = rest.sub(stream, len)?;
        let len = from.len().saturating_sub(rest.remaining());
        let whole = from.get(..len).unwrap_or_default();
        Ok(Some(Record {
            tlv_type,
            value,
            whole,
            ahead: from.len(),
        }))
    }
}

/// Takes type and length of a record. The reader is given back, so that the caller's need not be in memory.
#[cold]
#[inline(never)]
fn long_head<'a>(
    stream: &'static str,
    mut rest: Reader<'a>,
    mut previous: Option<u64>,
) -> Result<((u64, usize), Reader<'a>), DecodeError> {
    let BigSize(tlv_type) = BigSize::read(stream, &mut rest)?;
    in_order(stream, &mut previous, tlv_type)?;
    let BigSize(len) = BigSize::read(stream, &mut rest)?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    Ok(((tlv_type, len), rest))
}

/// Types ascend.
#[inline]
pub(crate) fn in_order(
    stream: &'static str,
    previous: &mut Option<u64>,
    found: u64,
) -> Result<(), DecodeError> {
    match previous.replace(found) {
        Some(previous) if found <= previous => Err(DecodeError::TlvOrder {
            stream,
            previous,
            found,
        }),
        _ => Ok(()),
    }
}

/// A record that is not known may be passed over if its type is odd.
#[inline]
pub(crate) const fn refuse_even(stream: &'static str, tlv_type: u64) -> Result<(), DecodeError> {
    if tlv_type % 2 == 0 {
        return Err(DecodeError::TlvUnknownEven { stream, tlv_type });
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
pub struct UnknownRecords(
    /// Invariant: `Some` is not empty. Nearly always there is none, and `None` is dropped without a call.
    Option<Bytes>,
);

static NOTHING: Bytes = Bytes::new();

impl UnknownRecords {
    /// No record.
    pub const NONE: Self = Self(None);

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

    /// Takes those of other types than `known` from the stream at the end of `frame`, which was read and is `len` bytes long.
    #[cold]
    #[inline(never)]
    pub(crate) fn all_but(known: &[u64], frame: &Bytes, len: usize) -> Self {
        let mut unknown = FoundUnknown::default();
        let mut reader = Reader::new(frame);
        let _fields = reader.slice("fields", frame.len().saturating_sub(len));
        let mut records = Records::new("records", reader);
        while let Ok(Some(record)) = records.next_record() {
            if !known.contains(&record.tlv_type) {
                unknown.add(&record);
            }
        }
        unknown.gather(frame)
    }

    /// Returns type and value of each record, in ascending order of type.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Bytes)> + '_ {
        let mut reader = Reader::new(self.bytes());
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
        self.0.is_none()
    }

    /// Returns the length of all records in bytes, with types and lengths.
    #[must_use]
    #[inline]
    pub const fn encoded_len(&self) -> usize {
        match &self.0 {
            Some(records) => records.len(),
            None => 0,
        }
    }

    #[inline]
    fn bytes(&self) -> &Bytes {
        self.0.as_ref().unwrap_or(&NOTHING)
    }
}

/// Writes a TLV stream: the known records that the caller hands in ascending order, and between them the
/// unknown ones.
#[derive(Debug)]
pub struct Writer<'a, B> {
    out: &'a mut B,
    /// Those that are left.
    unknown: Option<Reader<'a>>,
}

impl<'a, B: BufMut> Writer<'a, B> {
    /// Starts a stream that will contain `unknown`.
    #[inline]
    pub fn new(out: &'a mut B, unknown: &'a UnknownRecords) -> Self {
        Self {
            out,
            unknown: unknown.0.as_ref().map(Reader::new),
        }
    }

    /// Appends a record of `len` bytes, which `value` writes. Types must ascend from call to call.
    #[inline]
    pub fn record(&mut self, tlv_type: u64, len: usize, value: impl FnOnce(&mut B)) {
        self.unknown_below(tlv_type);
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
        self.unknown_below(tlv_type);
        self.out.put_slice(record);
    }

    /// Appends the unknown records that are left.
    #[inline]
    pub fn finish(self) {
        if let Some(unknown) = self.unknown {
            self.out.put_slice(unknown.peek());
        }
    }

    #[inline]
    fn unknown_below(&mut self, tlv_type: u64) {
        if let Some(unknown) = self.unknown.take() {
            self.unknown = Some(put_below(self.out, unknown, tlv_type));
        }
    }
}

/// Appends the records before `tlv_type` and returns the others.
#[cold]
fn put_below<'a, B: BufMut>(out: &mut B, mut unknown: Reader<'a>, tlv_type: u64) -> Reader<'a> {
    loop {
        let mut ahead = unknown.clone();
        let Ok(BigSize(next)) = BigSize::read("record", &mut ahead) else {
            return unknown;
        };
        let Ok(BigSize(len)) = BigSize::read("record", &mut ahead) else {
            return unknown;
        };
        let skipped = ahead.slice("record", usize::try_from(len).unwrap_or(usize::MAX));
        if next >= tlv_type || skipped.is_err() {
            return unknown;
        }
        let record_len = unknown.remaining().saturating_sub(ahead.remaining());
        if let Ok(record) = unknown.slice("record", record_len) {
            out.put_slice(record);
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

/// Unknown records that were found: one run of neighbours is a part of the frame, several are copied together.
#[derive(Default)]
struct FoundUnknown {
    run: Part,
    spilled: Option<BytesMut>,
}

impl FoundUnknown {
    fn add(&mut self, record: &Record<'_>) {
        let frame = record.value.frame();
        let found = Part::of(record.whole, frame);
        if self.run.is_empty() {
            self.run = found;
        } else if let (None, Some(longer)) = (&self.spilled, self.run.joined(found)) {
            self.run = longer;
        } else {
            let spilled = self.spilled.get_or_insert_with(|| {
                let run = self.run.bytes(frame);
                // What is behind this record may be unknown to the last byte; the known ones before it are not.
                let mut copy = BytesMut::with_capacity(run.len().saturating_add(record.ahead));
                copy.put_slice(run);
                copy
            });
            spilled.put_slice(record.whole);
        }
    }

    /// Makes them of the frame that they were found in.
    fn gather(self, mut frame: &Bytes) -> UnknownRecords {
        match self.spilled {
            Some(copy) => UnknownRecords(Some(copy.freeze())),
            None if self.run.is_empty() => UnknownRecords::NONE,
            None => UnknownRecords(Some(frame.share(self.run))),
        }
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(UnknownRecords, |this| this.bytes(), |bytes| {
    Self::from_bytes(&bytes.into())
});
