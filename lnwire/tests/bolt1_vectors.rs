//! The vectors of BOLT 1: `bigsize`, TLV streams, extensions of messages.

mod common;

use common::{
    bytes,
    strategies::{damage, unknown},
    vectors,
};
use lnwire::bytes::{BufMut, Bytes};
use lnwire::{
    BigSize, DecodeError, Message, Point, Reader, ShortChannelId,
    tlv::{UnknownRecords, Writer, read_stream, record_len},
    truncated::{read_tu32, read_tu64, tu64_len, write_tu64},
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;

#[test]
fn bigsize_is_read() {
    for vector in vectors("bolt01/bigsize_decode") {
        let bytes = bytes(&vector["bytes"]);
        let mut reader = Reader::new(&bytes);
        let found = BigSize::read("x", &mut reader);
        match vector["exp_error"].as_str() {
            None => {
                assert_eq!(found, Ok(BigSize(vector["value"].as_u64().unwrap())));
                assert!(reader.is_empty());
            }
            Some("decoded bigsize is not canonical") => {
                assert_eq!(found, Err(DecodeError::NotMinimal { field: "x" }));
            }
            Some("EOF" | "unexpected EOF") => {
                assert!(
                    matches!(found, Err(DecodeError::Truncated { field: "x", needed, available }) if needed > available)
                );
            }
            Some(other) => panic!("{other}"),
        }
    }
}

#[test]
fn bigsize_is_written() {
    for vector in vectors("bolt01/bigsize_encode") {
        let number = BigSize(vector["value"].as_u64().unwrap());
        let mut out = Vec::new();
        number.write(&mut out);
        assert_eq!(out, bytes(&vector["bytes"]));
        assert_eq!(out.len(), number.encoded_len());
    }
}

/// The first namespace of the vectors.
#[derive(Debug, Default, PartialEq)]
struct N1 {
    tlv1: Option<u64>,
    tlv2: Option<ShortChannelId>,
    tlv3: Option<(Point, u64, u64)>,
    tlv4: Option<u16>,
    unknown: UnknownRecords,
}

impl N1 {
    fn read(stream: &Bytes) -> Result<Self, DecodeError> {
        let mut n1 = Self::default();
        n1.unknown = read_stream("n1", &mut Reader::new(stream), |tlv_type, value| {
            match tlv_type {
                1 => n1.tlv1 = Some(read_tu64("amount_msat", value)?),
                2 => n1.tlv2 = Some(ShortChannelId(value.u64("scid")?)),
                3 => {
                    n1.tlv3 = Some((
                        Point::read_compressed("node_id", value)?,
                        value.u64("amount_msat_1")?,
                        value.u64("amount_msat_2")?,
                    ));
                }
                254 => n1.tlv4 = Some(value.u16("cltv_delta")?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(n1)
    }

    fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut tlvs = Writer::new(&mut out, &self.unknown);
        if let Some(n) = self.tlv1 {
            tlvs.record(1, tu64_len(n), |out| write_tu64(n, out));
        }
        if let Some(ShortChannelId(n)) = self.tlv2 {
            tlvs.record(2, 8, |out| out.put_u64(n));
        }
        if let Some((point, n, m)) = &self.tlv3 {
            tlvs.record(3, 49, |out| {
                out.put_slice(point.as_bytes());
                out.put_u64(*n);
                out.put_u64(*m);
            });
        }
        if let Some(n) = self.tlv4 {
            tlvs.record(254, 2, |out| out.put_u16(n));
        }
        tlvs.finish();
        out
    }

    fn len(&self) -> usize {
        self.tlv1.map_or(0, |n| record_len(1, tu64_len(n)))
            + self.tlv2.map_or(0, |_| record_len(2, 8))
            + self.tlv3.map_or(0, |_| record_len(3, 49))
            + self.tlv4.map_or(0, |_| record_len(254, 2))
            + self.unknown.encoded_len()
    }

    fn values(&self) -> serde_json::Value {
        if let Some(n) = self.tlv1 {
            json!({ "amount_msat": n })
        } else if let Some(scid) = self.tlv2 {
            json!({ "scid": scid.to_string() })
        } else if let Some((point, n, m)) = &self.tlv3 {
            json!({ "node_id": point.to_string(), "amount_msat_1": n, "amount_msat_2": m })
        } else if let Some(n) = self.tlv4 {
            json!({ "cltv_delta": n })
        } else {
            json!(null)
        }
    }
}

/// The second namespace.
#[derive(Debug, Default, PartialEq)]
struct N2 {
    tlv1: Option<u64>,
    tlv2: Option<u32>,
    unknown: UnknownRecords,
}

impl N2 {
    fn read(stream: &Bytes) -> Result<Self, DecodeError> {
        let mut n2 = Self::default();
        n2.unknown = read_stream("n2", &mut Reader::new(stream), |tlv_type, value| {
            match tlv_type {
                0 => n2.tlv1 = Some(read_tu64("amount_msat", value)?),
                11 => n2.tlv2 = Some(read_tu32("cltv_expiry", value)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(n2)
    }

    fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut tlvs = Writer::new(&mut out, &self.unknown);
        if let Some(n) = self.tlv1 {
            tlvs.record(0, tu64_len(n), |out| write_tu64(n, out));
        }
        if let Some(n) = self.tlv2 {
            tlvs.record(11, tu64_len(n.into()), |out| write_tu64(n.into(), out));
        }
        tlvs.finish();
        out
    }
}

/// Whether the error is the one that the vectors describe.
fn is(error: DecodeError, reason: &str) -> bool {
    let any_of = |parts: &[&str]| parts.iter().any(|part| reason.contains(part));
    match error {
        DecodeError::Truncated { .. } => any_of(&["truncated", "missing", "less than encoding"]),
        DecodeError::NotMinimal { .. } => any_of(&["not minimal"]),
        DecodeError::TrailingBytes { .. } => any_of(&["greater than encoding"]),
        DecodeError::TlvUnknownEven { .. } => any_of(&["unknown even"]),
        DecodeError::TlvOrder { .. } => any_of(&["invalid ordering", "duplicate"]),
        DecodeError::PointPrefix { field, prefix } => {
            any_of(&["not a valid point"]) && (field, prefix) == ("node_id", 4)
        }
        _ => false,
    }
}

#[test]
fn tlv_streams_are_read_and_written() {
    let (mut valid, mut invalid) = (0, 0);
    for vector in vectors("bolt01/tlv") {
        let stream = bytes(&vector["stream"]);
        let namespaces = vector["namespaces"].as_array().unwrap();
        let is_valid = vector["valid"].as_bool().unwrap();
        for namespace in namespaces {
            if is_valid {
                valid += 1;
                if namespace == "n1" {
                    let n1 = N1::read(&stream).unwrap();
                    assert_eq!(n1.write(), stream);
                    assert_eq!(n1.len(), stream.len());
                    assert_eq!(n1.values(), vector["values"]);
                } else {
                    assert_eq!(N2::read(&stream).unwrap().write(), stream);
                }
            } else {
                invalid += 1;
                let error = if namespace == "n1" {
                    N1::read(&stream).unwrap_err()
                } else {
                    N2::read(&stream).unwrap_err()
                };
                let reason = vector["reason"].as_str().unwrap();
                assert!(is(error, reason), "{error:?} for {reason}: {vector}");
            }
        }
    }
    assert_eq!((valid, invalid), (26, 51));
}

/// "Appending any invalid stream to a valid one must fail; appending a higher-numbered valid stream to a
/// lower-numbered valid one must succeed."
#[test]
fn tlv_streams_are_joined() {
    let all: Vec<_> = vectors("bolt01/tlv")
        .iter()
        .filter(|v| v["namespaces"].as_array().unwrap().contains(&json!("n1")))
        .map(|v| (bytes(&v["stream"]), v["valid"].as_bool().unwrap()))
        .collect();
    let number = |stream: &Bytes| BigSize::read("type", &mut Reader::new(stream)).ok();
    let mut joined = 0;
    for (first, _) in all
        .iter()
        .filter(|(first, valid)| *valid && !first.is_empty())
    {
        for (second, valid) in all.iter().filter(|(second, _)| !second.is_empty()) {
            let both = Bytes::from([&first[..], &second[..]].concat());
            if !valid {
                N1::read(&both).unwrap_err();
            } else if number(first) < number(second) {
                assert_eq!(N1::read(&both).unwrap().write(), both);
                joined += 1;
            } else {
                assert!(matches!(N1::read(&both), Err(DecodeError::TlvOrder { .. })));
            }
        }
    }
    assert!(joined > 50, "{joined}");
}

/// Unknown records before, between and behind known ones stay in their places.
#[test]
fn unknown_records_keep_their_places() {
    let stream = [
        "0100",                     // known
        "0501aa",                   // unknown, first run
        "07020bbb",                 // unknown
        "fd00fe020226",             // known
        "fd00ff00",                 // unknown, second run
        "ff0000000100000001fd00fd", // unknown, of 253 bytes
    ]
    .concat();
    let mut stream = hex::decode(stream).unwrap();
    stream.extend([0xcc; 0xfd]);
    let stream = Bytes::from(stream);
    let n1 = N1::read(&stream).unwrap();
    assert_eq!((n1.tlv1, n1.tlv4), (Some(0), Some(550)));
    let unknown: Vec<_> = n1.unknown.iter().map(|(t, v)| (t, v.len())).collect();
    assert_eq!(unknown, [(5, 1), (7, 2), (255, 0), (0x1_0000_0001, 0xfd)]);
    assert_eq!(n1.write(), stream);
    assert_eq!(n1.len(), stream.len());
}

#[test]
fn own_records_are_checked() {
    let records = |hex: &str| UnknownRecords::from_bytes(&hex::decode(hex).unwrap().into());
    assert_eq!(records("0501aafd010300").unwrap().iter().count(), 2);
    assert!(records("").unwrap().is_empty());
    assert!(matches!(
        records("0600"),
        Err(DecodeError::TlvUnknownEven { tlv_type: 6, .. })
    ));
    assert!(matches!(
        records("07000500"),
        Err(DecodeError::TlvOrder {
            previous: 7,
            found: 5,
            ..
        })
    ));
    assert!(matches!(
        records("0501"),
        Err(DecodeError::Truncated { .. })
    ));
    assert!(matches!(
        records("fd000500"),
        Err(DecodeError::NotMinimal { .. })
    ));
}

#[test]
fn extensions_of_init_are_read() {
    let mut errors = Vec::new();
    for vector in vectors("bolt01/message_extension") {
        let frame = bytes(&vector["message"]);
        let decoded = Message::decode(frame.clone());
        assert_eq!(decoded.is_ok(), vector["valid"].as_bool().unwrap());
        match decoded {
            Ok(message) => {
                let mut out = Vec::new();
                message.encode(&mut out).unwrap();
                assert_eq!(out, frame);
            }
            Err(fault) => {
                assert_eq!(fault.msg_type, 16);
                assert_eq!(fault.advice(), lnwire::Advice::Disconnect);
                errors.push(fault.error);
            }
        }
    }
    let stream = "init_tlvs";
    assert_eq!(
        errors,
        [
            DecodeError::Truncated {
                field: stream,
                needed: 1,
                available: 0
            },
            DecodeError::TlvUnknownEven {
                stream,
                tlv_type: 0xca
            },
            DecodeError::TlvOrder {
                stream,
                previous: 0xc9,
                found: 0xc9
            },
        ]
    );
}

fn n1() -> impl Strategy<Value = N1> {
    let point = (2..=3_u8, vec(any::<u8>(), 32));
    let point =
        point.prop_map(|(prefix, x)| Point([&[prefix][..], &x].concat().try_into().unwrap()));
    (
        option::of(any::<u64>()),
        option::of(any::<u64>().prop_map(ShortChannelId)),
        option::of((point, any::<u64>(), any::<u64>())),
        option::of(any::<u16>()),
        unknown(),
    )
        .prop_map(|(tlv1, tlv2, tlv3, tlv4, unknown)| N1 {
            tlv1,
            tlv2,
            tlv3,
            tlv4,
            unknown,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Unknown records lie before and behind `tlv4`.
    #[test]
    fn accepted_streams_are_written_unchanged(n1 in n1(), damages in vec(damage(), 0..3)) {
        let mut stream = n1.write();
        prop_assert_eq!(n1.len(), stream.len());
        if damages.is_empty() {
            prop_assert_eq!(N1::read(&stream.clone().into()), Ok(n1));
        }
        damages.iter().for_each(|damage| damage.apply(&mut stream));
        if let Ok(read) = N1::read(&stream.clone().into()) {
            prop_assert_eq!(read.len(), stream.len());
            prop_assert_eq!(read.write(), stream);
        }
    }
}
