//! Vectors of feature bits.

use lnwire::{
    Feature, Features,
    bytes::Bytes,
    features::{Context, dialect::Dialect},
};

use crate::lnwire_message::look_at_features;

/// Takes two vectors and a bit from `input`: a byte says how long the first vector is, two have the bit.
///
/// # Panics
/// If a change or a comparison of vectors does not do to their bits what it says.
pub fn lnwire_features(input: &[u8]) {
    let [len, high, low, rest @ ..] = input else {
        return;
    };
    let bit = u32::from(u16::from_be_bytes([*high, *low]));
    // Longer vectors take longer, and that is all.
    let rest = &rest[..rest.len().min(512)];
    let (first, second) = rest.split_at(rest.len().min((*len).into()));
    let ours = Features::from_bytes(Bytes::copy_from_slice(first));
    let theirs = Features::from_bytes(Bytes::copy_from_slice(second));
    look_at(&ours);
    changes(&ours, bit);
    both(&ours, &theirs);
}

fn bits(features: &Features) -> Vec<u32> {
    features.iter().collect()
}

fn look_at(features: &Features) {
    look_at_features(features);
    let _ = format!("{features:?}");
    let minimal = features.minimal();
    assert!(minimal.is_minimal());
    assert_eq!(minimal == *features, features.is_minimal());
    assert_eq!(Features::from_bits(bits(features)), minimal);
    assert_eq!(minimal.padded_to(features.as_bytes().len()), *features);
    if let Some(bit) = features.required_unknown() {
        assert!(bit % 2 == 0 && features.is_set(bit));
    }
    for context in [
        Context::Init,
        Context::NodeAnnouncement,
        Context::ChannelAnnouncement,
        Context::Invoice,
        Context::BlindedPath,
        Context::ChannelType,
    ] {
        let fine = features.check_for(context).is_ok();
        assert!(!fine || features.not_allowed_in(context).next().is_none());
    }
    let whole = features.with_dependencies();
    assert_eq!(whole.missing_dependency(), None);
    assert!(features.iter().all(|bit| whole.is_set(bit)));
    for dialect in Dialect::recognised(features) {
        let _ = dialect.missing_dependency(features);
        assert!(dialect.is_set_in(features));
    }
}

fn changes(features: &Features, bit: u32) {
    let others = |features: &Features| -> Vec<u32> {
        let bits = features.iter();
        bits.filter(|other| other | 1 != bit | 1).collect()
    };
    let feature = Feature {
        even_bit: bit & !1,
        name: "",
    };
    let with = features.with_bit(bit);
    let without = features.without_bit(bit);
    assert!(with.is_set(bit) && !without.is_set(bit));
    assert_eq!(with.is_set(bit ^ 1), features.is_set(bit ^ 1));
    assert_eq!(without.is_set(bit ^ 1), features.is_set(bit ^ 1));
    let offered = features.with_offered(feature);
    assert!(offered.supports(feature) && !offered.requires(feature));
    let required = features.with_required(feature);
    assert!(required.requires(feature) && !required.is_set(feature.odd_bit()));
    let none = features.without(feature);
    assert!(!none.supports(feature));
    for changed in [with, without, offered, required, none] {
        assert!(changed.is_minimal());
        assert_eq!(others(&changed), others(features));
    }
}

fn both(ours: &Features, theirs: &Features) {
    let mut all: Vec<_> = ours.iter().chain(theirs.iter()).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(bits(&ours.union(theirs)), all);

    let negotiated = ours.negotiate(theirs);
    for feature in Feature::ALL {
        let listed = negotiated.iter().any(|bit| bit == feature.even_bit);
        assert_eq!(listed, negotiated.contains(*feature));
    }
    match theirs.requires_unknown(ours) {
        Some(bit) => assert!(theirs.is_set(bit) && !ours.is_set(bit) && !ours.is_set(bit | 1)),
        None => {
            let mut demanded = theirs.iter().filter(|bit| bit % 2 == 0);
            assert!(demanded.all(|bit| ours.is_set(bit) || ours.is_set(bit | 1)));
        }
    }
}
