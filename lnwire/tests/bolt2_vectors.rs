//! Vectors of our own making: every message of BOLT 2, and peer storage.

mod common;

use common::{bolt2::fields, bytes, vectors};
use lnwire::{DecodeError, Message};
use serde_json::Value;

/// A record of one field is that field here, so its value stands in the place of an object with one entry; a list
/// has the plural of its elements' name.
fn in_our_words(mut fields: Value) -> Value {
    let tlvs = fields.get_mut("tlvs").and_then(Value::as_object_mut);
    for (_, record) in tlvs.into_iter().flatten() {
        // Unknown records are a list.
        if let Some(entries) = record.as_object() {
            if entries.len() == 1 {
                *record = entries.values().next().unwrap().clone();
            }
        }
    }
    if let Some(list) = fields.as_object_mut().unwrap().remove("htlc_signature") {
        fields["htlc_signatures"] = list;
    }
    fields
}

#[test]
fn every_message() {
    let (mut accepted, mut unparsed, mut refused) = (0, 0, 0);
    for vector in vectors("derived/lnwire_bolt2_messages") {
        let frame = bytes(&vector["hex"]);
        let msg_type = u16::try_from(vector["type"].as_u64().unwrap()).unwrap();
        let kind = vector["kind"].as_str().unwrap();
        let what = format!("{} {kind}", vector["name"]);
        let decoded = Message::decode(frame.clone());
        if let Ok(message) = &decoded {
            let mut out = Vec::new();
            message.encode(&mut out).unwrap();
            assert_eq!(out, frame, "{what}");
            assert_eq!(message.encoded_len(), frame.len(), "{what}");
            assert_eq!(message.msg_type(), msg_type, "{what}");
        }
        let error = decoded.as_ref().err().map(|fault| {
            assert_eq!(fault.msg_type, msg_type);
            fault.error
        });
        match kind {
            "minimal" | "full" | "unknown_odd_extension" => {
                let expected = in_our_words(vector["fields"].clone());
                assert_eq!(fields(&decoded.unwrap()), expected, "{what}");
                accepted += 1;
            }
            "truncated_by_one" => {
                assert!(
                    matches!(error, Some(DecodeError::Truncated { .. })),
                    "{what}: {error:?}"
                );
                refused += 1;
            }
            // Nobody asks for the extension of these messages, so it is kept and not looked at.
            _ if vector["may_ignore_extension"] == true => {
                assert_eq!(error, None, "{what}");
                unparsed += 1;
            }
            "unknown_even_extension" => {
                let Some(DecodeError::TlvUnknownEven { tlv_type, .. }) = error else {
                    panic!("{what}: {error:?}");
                };
                assert_eq!(tlv_type, 10000);
                refused += 1;
            }
            "extension_type_without_length" => {
                let Some(DecodeError::Truncated {
                    needed, available, ..
                }) = error
                else {
                    panic!("{what}: {error:?}");
                };
                assert_eq!((needed, available), (1, 0));
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((accepted, unparsed, refused), (105, 30, 75));
}
