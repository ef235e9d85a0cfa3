//! The codec agrees with LDK's on a hundred thousand messages, generated and broken: both take a message or both refuse
//! it, and what both take they encode to the same bytes.
//!
//! Where they differ, a row of the table in `codec/rows.rs` says why. `codec/model.rs` tells LDK's verdict on every
//! message from those rows, down to the bytes that it encodes: a difference that no row foretells fails the test. The
//! environment variable `CODEC_SEED` sets another seed.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::collections::BTreeMap;

use bitcoin::hex::DisplayHex;
use lnwire::{DecodeError, Message, MessageError, bytes::Bytes};

mod codec;

use codec::{
    corpus::Corpus,
    kinds::{KINDS, Kind, Verdict},
    model::Model,
    rows::{self, Right, TABLE, Why},
};

const MESSAGES: usize = 100_000;
/// One as it is generated, the others broken.
const VARIANTS: usize = 5;
const SEED: u64 = 0x4c44_4b20_302e_3237;

/// What came out for one type.
#[derive(Default)]
struct Tally {
    messages: usize,
    both_accept: usize,
    both_refuse: usize,
    rows: BTreeMap<Why, usize>,
}

#[test]
fn codec_agrees_with_ldk() {
    let seed = std::env::var("CODEC_SEED").map_or(SEED, |seed| {
        seed.parse().expect("CODEC_SEED is a decimal number")
    });
    let mut corpus = Corpus::new(seed);
    let mut tallies: Vec<Tally> = KINDS.iter().map(|_| Tally::default()).collect();
    let mut total = 0;
    while total < MESSAGES {
        for (kind, tally) in KINDS.iter().zip(&mut tallies) {
            let generated = corpus.generate(kind);
            for variant in 0..VARIANTS {
                let payload = match variant {
                    0 => generated.clone(),
                    _ => corpus.mutated(&kind.layout, &generated),
                };
                compare(kind, &payload, seed, tally);
                total += 1;
            }
        }
    }
    report(seed, total, &tallies);
    for row in TABLE {
        for (kind, tally) in KINDS.iter().zip(&tallies) {
            let used = tally.rows.contains_key(&row.why) || !row.types.contains(&kind.msg_type);
            assert!(
                used,
                "{:?} explains nothing in {}, seed {seed}",
                row.why, kind.name
            );
        }
        let known = |msg_type: &u16| KINDS.iter().any(|kind| kind.msg_type == *msg_type);
        assert!(row.types.iter().all(known), "{:?}", row.why);
    }
}

fn compare(kind: &Kind, payload: &[u8], seed: u64, tally: &mut Tally) {
    let (ours, ldk) = (ours(kind, payload), (kind.ldk)(payload));
    let model = Model::new(kind, payload);
    let unexplained = |what: &str| -> ! {
        panic!(
            "{what}: {} ({}), seed {seed}\nmessage {}\nours {}\nLDK  {}\nforetold for LDK: broken {}, refusals {:?}, \
             changes {:?}, {}",
            kind.name,
            kind.msg_type,
            payload.as_hex(),
            shown(&ours),
            shown(&ldk),
            model.broken,
            model.refusals,
            model.changes,
            model.encoded.as_hex(),
        )
    };
    tally.messages += 1;
    if model.accepts() != ldk.is_ok() {
        unexplained("LDK decides otherwise than the table says");
    }
    let (expected, whys) = match (&ours, &ldk) {
        (Err(_), Err(_)) => {
            tally.both_refuse += 1;
            return;
        }
        (Ok(_), Err(_)) if model.broken => unexplained("ours takes what is broken"),
        (Ok(_), Err(_)) => (rows::Kind::LdkRefuses, vec![model.refusals[0]]),
        (Err(MessageError { error, .. }), Ok(_)) => match refused_by_ours(kind.msg_type, error) {
            Some(why) => (rows::Kind::OursRefuses, vec![why]),
            None => unexplained("ours alone refuses"),
        },
        (Ok(_), Ok(_)) => {
            tally.both_accept += 1;
            (rows::Kind::LdkEncodesOtherwise, model.changes.clone())
        }
    };
    if ours.as_ref().is_ok_and(|bytes| bytes != payload) {
        unexplained("ours encodes other bytes than came");
    }
    if ldk.as_ref().is_ok_and(|bytes| *bytes != model.encoded) {
        unexplained("LDK encodes other bytes than the table says");
    }
    for why in whys {
        let row = TABLE.iter().find(|row| row.why == why);
        if !row.is_some_and(|row| row.kind == expected && row.types.contains(&kind.msg_type)) {
            unexplained(&format!("{why:?} is not of this type"));
        }
        *tally.rows.entry(why).or_default() += 1;
    }
}

/// Our verdict on a message without its type.
fn ours(kind: &Kind, payload: &[u8]) -> Verdict<MessageError> {
    let mut frame = kind.msg_type.to_be_bytes().to_vec();
    frame.extend_from_slice(payload);
    let message = Message::decode(Bytes::from(frame))?;
    assert_eq!(message.msg_type(), kind.msg_type);
    let mut out = Vec::with_capacity(message.encoded_len());
    message.write(&mut out);
    Ok(out.split_off(2))
}

/// The row for what ours alone refuses.
fn refused_by_ours(msg_type: u16, error: &DecodeError) -> Option<Why> {
    let field = match error {
        DecodeError::Truncated { field, .. }
        | DecodeError::TrailingBytes { field, .. }
        | DecodeError::NotMinimal { field, .. }
        | DecodeError::Ragged { field, .. }
        | DecodeError::CountMismatch { field, .. }
        | DecodeError::UnsupportedEncoding { field, .. } => *field,
        DecodeError::TlvOrder { stream, .. } | DecodeError::TlvUnknownEven { stream, .. } => stream,
        _ => return None,
    };
    match (msg_type, field, error) {
        (261 | 264, "query_flags" | "timestamps_tlv" | "checksums_tlv", _) => {
            Some(Why::QueryRecordInvalid)
        }
        (261, "query_short_channel_ids_tlvs", _) | (264, "reply_channel_range_tlvs", _) => {
            Some(Why::QueryStreamInvalid)
        }
        (263, "query_option", _)
        | (263, "query_channel_range_tlvs", DecodeError::TrailingBytes { .. }) => {
            Some(Why::QueryOptionInvalid)
        }
        _ => None,
    }
}

fn shown<E: core::fmt::Debug>(verdict: &Verdict<E>) -> String {
    match verdict {
        Ok(bytes) => format!("accepts, encodes {}", bytes.as_hex()),
        Err(error) => format!("refuses: {error:?}"),
    }
}

#[expect(clippy::print_stdout, reason = "figures for people, with --nocapture")]
fn report(seed: u64, total: usize, tallies: &[Tally]) {
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    println!(
        "{total} messages of {} types, seed {seed}: both accept {}, both refuse {}",
        KINDS.len(),
        sum(|tally| tally.both_accept),
        sum(|tally| tally.both_refuse),
    );
    for (kind, tally) in KINDS.iter().zip(tallies) {
        let name = format!("{} {}", kind.msg_type, kind.name);
        println!(
            "{name:<28} {:>5} messages, both accept {:>5}, both refuse {:>5}, {:?}",
            tally.messages, tally.both_accept, tally.both_refuse, tally.rows
        );
    }
    for row in TABLE {
        let of_row = |tally: &Tally| tally.rows.get(&row.why).copied();
        let count: usize = tallies.iter().filter_map(of_row).sum();
        let right = match row.right {
            Right::Both => "both may",
            Right::Ours => "ours is right",
        };
        println!(
            "{count:>6} {:?}, {:?}: {}. {}: {right}",
            row.kind, row.why, row.what, row.bolt
        );
    }
}
