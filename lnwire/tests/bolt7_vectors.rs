//! The vectors of BOLT 7: queries, short channel ids, checksums.

mod common;

use common::{bytes, vectors};
use lnwire::{
    Advice, DecodeError, Message, ShortChannelId,
    bolt7::{QueryChannelRange, QueryShortChannelIds, ReplyChannelRange, ShortChannelIds},
};
use serde_json::{Value, json};

#[test]
fn queries_are_read_and_written() {
    let mut refused = 0;
    for vector in vectors("bolt07/extended_queries") {
        let frame = bytes(&vector["hex"]);
        let decoded = Message::decode(frame.clone());
        if vector["expect"] == "reject_encoding" {
            let fault = decoded.unwrap_err();
            assert_eq!(fault.advice(), Advice::Warn);
            assert!(
                matches!(
                    fault.error,
                    DecodeError::UnsupportedEncoding { encoding: 1, .. }
                ),
                "{fault}"
            );
            refused += 1;
            continue;
        }
        let message = decoded.unwrap();
        let mut out = Vec::new();
        message.encode(&mut out).unwrap();
        assert_eq!(out, frame);
        match message {
            Message::QueryChannelRange(query) => check_range(&query, &vector["msg"]),
            Message::ReplyChannelRange(reply) => check_reply(&reply, &vector["msg"]),
            Message::QueryShortChannelIds(query) => check_ids(&query, &vector["msg"]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 5);
}

fn check_range(query: &QueryChannelRange, fields: &Value) {
    assert_eq!(fields["type"], "QueryChannelRange");
    assert_eq!(fields["chainHash"], query.chain_hash.to_string());
    assert_eq!(fields["firstBlockNum"], query.first_blocknum.0);
    assert_eq!(fields["numberOfBlocks"], query.number_of_blocks);
    let wants_both = query.wants(QueryChannelRange::WANT_TIMESTAMPS)
        && query.wants(QueryChannelRange::WANT_CHECKSUMS);
    assert_eq!(query.query_option.is_some(), wants_both);
    let records = fields["tlvStream"]["records"].as_array().unwrap();
    assert_eq!(!records.is_empty(), wants_both);
}

fn check_reply(reply: &ReplyChannelRange, fields: &Value) {
    assert_eq!(fields["type"], "ReplyChannelRange");
    assert_eq!(fields["chainHash"], reply.chain_hash.to_string());
    assert_eq!(fields["firstBlockNum"], reply.first_blocknum.0);
    assert_eq!(fields["numberOfBlocks"], reply.number_of_blocks);
    assert_eq!(fields["complete"], reply.sync_complete);
    assert_eq!(
        fields["shortChannelIds"]["array"],
        ids(&reply.short_channel_ids)
    );
    let timestamps = reply.timestamps.as_ref().map(|timestamps| {
        let pairs = timestamps.iter();
        let pairs = pairs.map(|[a, b]| json!({ "timestamp1": a.0, "timestamp2": b.0 }));
        pairs.collect::<Value>()
    });
    assert_eq!(fields["timestamps"]["timestamps"], json!(timestamps));
    let checksums = reply.checksums.as_ref().map(|checksums| {
        let pairs = checksums.iter();
        let pairs = pairs.map(|[a, b]| json!({ "checksum1": a, "checksum2": b }));
        pairs.collect::<Value>()
    });
    assert_eq!(fields["checksums"]["checksums"], json!(checksums));
}

fn check_ids(query: &QueryShortChannelIds, fields: &Value) {
    assert_eq!(fields["type"], "QueryShortChannelIds");
    assert_eq!(fields["chainHash"], query.chain_hash.to_string());
    assert_eq!(
        fields["shortChannelIds"]["array"],
        ids(&query.short_channel_ids)
    );
    assert_eq!(query.query_flags, None);
}

fn ids(ids: &ShortChannelIds) -> Value {
    ids.iter().map(|id| id.to_string()).collect()
}

#[test]
fn short_channel_ids_have_a_text_form() {
    for vector in vectors("bolt07/short_channel_id") {
        let text = vector["text"].as_str().unwrap();
        let number = u64::from_str_radix(vector["hex"].as_str().unwrap(), 16).unwrap();
        assert_eq!(text.parse(), Ok(ShortChannelId(number)));
        assert_eq!(ShortChannelId(number).to_string(), text);
    }
}
