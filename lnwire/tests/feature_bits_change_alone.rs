//! Feature vectors: the table, setting and clearing bits, what a peer may ask, what two peers have in common.

mod common;

use common::{bytes, vectors};
use lnwire::bytes::Bytes;
use lnwire::{
    Context, Feature, Features,
    features::{Contexts, FeatureFault, dialect, dialect::Dialect},
};
use proptest::{collection::vec, prelude::*};

/// The rows of the table: even bit, odd bit, name, assumed, contexts, dependencies, status.
fn table() -> Vec<[&'static str; 7]> {
    let rows = include_str!("vectors/derived/features.csv").lines().skip(1);
    rows.map(|row| row.split(',').collect::<Vec<_>>().try_into().unwrap())
        .collect()
}

#[test]
fn the_table_is_that_of_bolt_9() {
    let rows: Vec<_> = table()
        .into_iter()
        .filter(|row| row[6] == "bolt9")
        .collect();
    assert_eq!(rows.len(), Feature::ALL.len());
    for ([even, odd, name, assumed, contexts, dependencies, _], feature) in
        rows.into_iter().zip(Feature::ALL)
    {
        assert_eq!(feature.name, name);
        assert_eq!(feature.even_bit.to_string(), even, "{name}");
        assert_eq!(feature.odd_bit().to_string(), odd, "{name}");
        assert_eq!(feature.is_assumed(), assumed == "yes", "{name}");
        let letters = feature.contexts().map(|all| all.to_string());
        assert_eq!(letters.unwrap_or_default(), letters_of(contexts), "{name}");
        let needed: Vec<_> = feature.dependencies().map(|needed| needed.name).collect();
        assert_eq!(needed.join(" "), dependencies, "{name}");
    }
    let unlisted = Feature {
        even_bit: 6,
        name: "other",
    };
    assert_eq!(unlisted.contexts(), None);
}

/// The letters of contexts in our order.
fn letters_of(contexts: &str) -> String {
    "INC9BT"
        .chars()
        .filter(|letter| contexts.contains(*letter))
        .collect()
}

#[test]
fn dialects_are_apart() {
    let rows: Vec<_> = table()
        .into_iter()
        .filter(|row| row[6] != "bolt9")
        .collect();
    // One row more: the taproot overlay has two, since it is no pair.
    assert_eq!(rows.len(), dialect::ALL.len() + 1);
    for [even, odd, name, _, contexts, dependencies, _] in &rows {
        let candidates = || {
            dialect::ALL.iter().filter(|entry| {
                entry.optional_bit.to_string() == *odd
                    || entry.required_bit.map(|bit| bit.to_string()).as_deref() == Some(even)
            })
        };
        assert_eq!(
            candidates().count(),
            if *even == "30" { 2 } else { 1 },
            "{name}"
        );
        assert!(
            candidates().any(|entry| {
                let needed: Vec<_> = entry
                    .dependencies
                    .iter()
                    .map(|needed| needed.name)
                    .collect();
                entry.contexts.to_string() == letters_of(contexts)
                    && needed.join(" ") == *dependencies
            }),
            "{name}"
        );
    }
    assert!(dialect::ALL.is_sorted_by_key(|entry| entry.optional_bit));
    for entry in dialect::ALL {
        assert_eq!(entry.optional_bit % 2, 1, "{}", entry.name);
        for known in Feature::ALL {
            assert!(!entry.is_set_in(&Features::from_bits([known.even_bit, known.odd_bit()])));
        }
    }
}

#[test]
fn the_traps_of_the_dialects() {
    let none = |entry: Dialect| entry.pair().is_none() && entry.clashes().next().is_none();
    assert!(none(dialect::INITIAL_ROUTING_SYNC) && none(dialect::SUPPORTS_LSPS));
    assert!(none(dialect::TAPROOT_OVERLAY));
    assert_eq!(dialect::KEYSEND.pair().unwrap().even_bit, 54);
    assert!(dialect::TAPROOT_DRAFT.clashes().eq([&dialect::AMP]));
    // Bit 2 demands nothing that ever was, and is unknown.
    let features = Features::from_bits([2]);
    assert!(!dialect::INITIAL_ROUTING_SYNC.is_set_in(&features));
    assert_eq!(features.required_unknown(), Some(2));
    // 2024 is the even bit beside 2025, and not what lnd demands by.
    let overlay = |bit| dialect::TAPROOT_OVERLAY.is_required_by(&Features::from_bits([bit]));
    assert!(overlay(2026) && !overlay(2024) && !overlay(2025));
    let lonely = Features::from_bits([2025]);
    let needed = dialect::TAPROOT_OVERLAY
        .missing_dependency(&lonely)
        .unwrap();
    assert_eq!(needed.even_bit, 180);
    assert_eq!(dialect::KEYSEND.missing_dependency(&lonely), None);
}

#[test]
fn vectors_of_init() {
    for vector in vectors("derived/features") {
        let theirs = || Features::from_bytes(bytes(&vector["theirs"]));
        let accept = vector["accept"] == true;
        match vector["op"].as_str().unwrap() {
            "init_accept" => {
                let known: Vec<u32> = serde_json::from_value(vector["known_even"].clone()).unwrap();
                let refused = theirs().requires_unknown(&Features::from_bits(known));
                assert_eq!(refused.is_none(), accept, "{}", vector["name"]);
            }
            // The sender sets every dependency, assumed or not.
            "init_dependencies" => {
                let checked = theirs().check_for(Context::Init);
                assert_eq!(checked.is_ok(), accept, "{}: {checked:?}", vector["name"]);
                let repaired = theirs().with_dependencies();
                assert_eq!(repaired.check_for(Context::Init), Ok(()));
                assert_eq!(repaired == theirs(), accept);
            }
            "encode" => {
                let bits: Vec<u32> = serde_json::from_value(vector["bits"].clone()).unwrap();
                let one_by_one = bits
                    .iter()
                    .fold(Features::EMPTY, |all, bit| all.with_bit(*bit));
                assert_eq!(one_by_one, Features::from_bytes(bytes(&vector["bytes"])));
            }
            "decode" => {
                let vector = Features::from_bytes(bytes(&vector["bytes"]));
                assert!(!vector.is_minimal());
                assert_eq!(
                    vector.minimal(),
                    Features::from_bits(vector.iter().collect::<Vec<_>>())
                );
            }
            _ => {}
        }
    }
}

#[test]
fn what_a_sender_must_not_do() {
    let fault =
        |bits: &[u32], context| Features::from_bits(bits.iter().copied()).check_for(context);
    assert_eq!(fault(&[0, 6, 8, 12, 14, 44], Context::Init), Ok(()));
    assert_eq!(fault(&[12, 22, 1000, 1003], Context::ChannelType), Ok(()));
    let even_bit = 1000;
    assert_eq!(
        fault(&[6, 1000, 1001], Context::Init),
        Err(FeatureFault::BothBits { even_bit })
    );
    let (feature, context) = ("option_payment_metadata", Context::Init);
    assert_eq!(
        fault(&[49], context),
        Err(FeatureFault::NotAllowed { feature, context })
    );
    assert_eq!(fault(&[49], Context::Invoice), Ok(()));
    let padded = Features::from_bits([49]).padded_to(9);
    assert_eq!(padded.as_bytes().len(), 9);
    assert_eq!(
        padded.check_for(Context::Invoice),
        Err(FeatureFault::NotMinimal)
    );
    let shown = Features::from_bits([1, 17, 23, 49]);
    let not_allowed = shown.not_allowed_in(Context::ChannelAnnouncement);
    assert!(not_allowed.eq([
        Feature::BASIC_MPP,
        Feature::ANCHORS,
        Feature::PAYMENT_METADATA
    ]));
    let all = Contexts::new(&[Context::BlindedPath, Context::Init]);
    assert_eq!(format!("{all} {all:?}"), "IB Contexts(IB)");
    assert!(all.iter().eq([Context::Init, Context::BlindedPath]));
}

#[test]
fn offered_and_negotiated() {
    let ours = Features::from_bits([5, 10, 17, 1000, 1003]);
    let theirs = Features::from_bits([4, 17, 35, 1002]);
    let both = ours.negotiate(&theirs);
    // 10 and 1000 because we demand them; 35 is theirs alone.
    assert!(both.iter().eq([4, 10, 16, 1000, 1002]));
    assert!(both.contains(Feature::UPFRONT_SHUTDOWN_SCRIPT));
    assert!(both.contains(Feature::GOSSIP_QUERIES_EX));
    assert!(!both.contains(Feature::QUIESCE));
    let both = theirs.negotiate(&ours);
    assert!(both.iter().eq([4, 16, 1002]));
    assert!(!both.contains(Feature::GOSSIP_QUERIES_EX));
}

#[test]
fn features_by_name() {
    let ours = Features::EMPTY.with_offered(Feature::ANCHORS);
    assert!(ours.iter().eq([23]));
    assert!(ours.with_required(Feature::ANCHORS).iter().eq([22]));
    let required = ours.with_bit(1).with_required(Feature::ANCHORS);
    assert!(required.with_offered(Feature::ANCHORS).iter().eq([1, 23]));
    assert_eq!(
        Features::from_bits([22, 23]).without(Feature::ANCHORS),
        Features::EMPTY
    );
}

/// A whole message of odd bits: each is skipped by its byte, none is compared with a table.
#[test]
fn the_longest_vector_asks_for_nothing() {
    let features = Features::from_bytes(vec![0xaa; 65527].into());
    assert_eq!(features.requires_unknown(&Features::EMPTY), None);
    assert_eq!(features.required_unknown(), None);
    assert_eq!(features.negotiate(&features).iter().count(), 65527 * 4);
    let longer = features.with_bit(524_247);
    assert_eq!(longer.as_bytes().len(), 65531);
    assert!(longer.without_bit(524_247) == features);
}

proptest! {
    #[test]
    fn one_bit_changes_and_no_other(bytes in vec(any::<u8>(), 0..12), bit in 0..140_u32) {
        let before = Features::from_bytes(Bytes::from(bytes));
        let (with, without) = (before.with_bit(bit), before.without_bit(bit));
        prop_assert!(with.is_set(bit) && !without.is_set(bit));
        for other in (0..150).filter(|other| *other != bit) {
            prop_assert_eq!(with.is_set(other), before.is_set(other));
            prop_assert_eq!(without.is_set(other), before.is_set(other));
        }
        prop_assert!(with.is_minimal() && without.is_minimal());
        prop_assert_eq!(&with.without_bit(bit), &without);
        prop_assert_eq!(without.with_bit(bit), with);
    }

    #[test]
    fn negotiation_goes_pair_by_pair(
        ours in vec(any::<u8>(), 0..12), theirs in vec(any::<u8>(), 0..12)
    ) {
        let (ours, theirs) = (Features::from_bytes(ours.into()), Features::from_bytes(theirs.into()));
        let both = ours.negotiate(&theirs);
        let expected: Vec<_> = (0..100)
            .step_by(2)
            .map(|even_bit| Feature { even_bit, name: "" })
            .filter(|pair| {
                ours.requires(*pair) || (ours.supports(*pair) && theirs.supports(*pair))
            })
            .map(|pair| pair.even_bit)
            .collect();
        prop_assert!(both.iter().eq(expected.iter().copied()));
        for even_bit in (0..100).step_by(2) {
            let found = both.contains(Feature { even_bit, name: "" });
            prop_assert_eq!(found, expected.contains(&even_bit));
        }
    }
}
