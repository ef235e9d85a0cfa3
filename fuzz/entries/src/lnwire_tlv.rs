//! TLV streams, and the numbers and values in them.

use lnwire::{
    BigSize, DecodeError, Point, Reader, SciddirOrPubkey,
    bytes::Bytes,
    field::{Field, TlvValue},
    tlv::{UnknownRecords, Writer, read_stream},
    truncated::{read_tu16, read_tu32, read_tu64, tu64_len, write_tu64},
};

use crate::lnwire_message::look_at_records;

/// Reads everything behind the first byte as a stream, whose bits say which of the types 0 to 7 are known, and as
/// each kind of value.
///
/// # Panics
/// If what is accepted encodes to something else.
pub fn lnwire_tlv(input: &[u8]) {
    let Some((known, rest)) = input.split_first() else {
        return;
    };
    let bytes = Bytes::copy_from_slice(rest);
    stream(*known, &bytes);
    big_size(&bytes);
    truncated(&bytes);
    value::<SciddirOrPubkey>(&bytes);
    value::<Point>(&bytes);
    field::<SciddirOrPubkey>(&bytes);
}

fn stream(known: u8, bytes: &Bytes) {
    let mut records = Vec::new();
    let mut reader = Reader::new(bytes);
    let unknown = read_stream("stream", &mut reader, |tlv_type, value| {
        let known = tlv_type < 8 && known >> tlv_type & 1 == 1;
        if known {
            records.push((tlv_type, value.rest()));
        }
        Ok(known)
    });
    let Ok(unknown) = unknown else {
        return;
    };
    assert!(reader.is_empty());
    look_at_records(&unknown);
    assert_eq!(unknown.is_empty(), unknown.iter().next().is_none());
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, &unknown);
    for (tlv_type, value) in &records {
        writer.record(*tlv_type, value.len(), |out| out.extend(value));
    }
    writer.finish();
    assert_eq!(out, bytes[..]);
    if records.is_empty() {
        assert_eq!(UnknownRecords::from_bytes(bytes), Ok(unknown));
    }
}

fn big_size(bytes: &Bytes) {
    let mut reader = Reader::new(bytes);
    if let Ok(number) = BigSize::read("number", &mut reader) {
        let mut out = Vec::new();
        number.write(&mut out);
        assert_eq!(out.len(), number.encoded_len());
        assert_eq!(out, bytes[..bytes.len() - reader.remaining()]);
    }
}

fn truncated(bytes: &Bytes) {
    let read = |read: fn(&mut Reader<'_>) -> Result<u64, DecodeError>| {
        let mut reader = Reader::new(bytes);
        let number = read(&mut reader).ok()?;
        assert!(reader.is_empty());
        let mut out = Vec::new();
        write_tu64(number, &mut out);
        assert_eq!(out, bytes[..]);
        assert_eq!(out.len(), tu64_len(number));
        Some(number)
    };
    let numbers = [
        read(|reader| read_tu64("number", reader)),
        read(|reader| read_tu32("number", reader).map(u64::from)),
        read(|reader| read_tu16("number", reader).map(u64::from)),
    ];
    // Who takes fewer bytes takes the same number.
    assert!(numbers.is_sorted_by(|a, b| b.is_none() || a == b));
}

fn value<T: TlvValue>(bytes: &Bytes) {
    let mut reader = Reader::new(bytes);
    if let Ok(value) = T::read_value("value", &mut reader) {
        let mut out = Vec::new();
        value.write_value(&mut out);
        assert_eq!(out.len(), value.value_len());
        assert_eq!(out, bytes[..bytes.len() - reader.remaining()]);
    }
}

fn field<T: Field>(bytes: &Bytes) {
    let mut reader = Reader::new(bytes);
    if let Ok(value) = T::read_field("field", &mut reader) {
        let mut out = Vec::new();
        value.write_field(&mut out);
        assert_eq!(out.len(), value.field_len());
        assert_eq!(out, bytes[..bytes.len() - reader.remaining()]);
    }
}
