//! What holds for every implementation, and that they agree.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Aead, BadTag, KEY_LEN, NONCE_LEN, TAG_LEN, nonce_bytes, pure};

/// The one in use seals, the pure one opens, and the other way round; where there is no assembly, both are pure.
fn agree(key: [u8; KEY_LEN], nonce: u64, associated: &[u8], text: &[u8]) {
    let (ours, pure) = (Aead::new(&key), pure::Cipher::new(&key));
    let mut sealed = text.to_vec();
    let tag = ours.seal(nonce, associated, &mut sealed);
    sealed.extend(tag);
    let mut same = text.to_vec();
    let tag = pure.seal(nonce_bytes(nonce), associated, &mut same);
    same.extend(tag);
    assert_eq!(sealed, same);
    assert_eq!(
        ours.open(nonce, associated, &mut same).expect("its own"),
        text
    );
    pure.open(nonce_bytes(nonce), associated, &mut sealed)
        .expect("the other's");
    assert_eq!(sealed[..text.len()], *text);
}

#[test]
fn they_agree_where_the_pure_one_changes_its_way() {
    let text: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let lengths = [0, 1, 2, 15, 16, 17, 138, 430, 65_535];
    let around = (pure::LONG - 2)..(pure::LONG + 2);
    for len in lengths.into_iter().chain(around) {
        agree([7; 32], 0x0102_0304_0506_0708, &[9; 32], &text[..len]);
        agree([7; 32], 1, &[], &text[..len]);
    }
}

#[test]
fn rfc_8439() {
    // The RFC's nonce is not one of ours (it does not begin with zeros), so only the pure one is asked.
    let mut key = [0; KEY_LEN];
    (0x80..).zip(&mut key).for_each(|(n, byte)| *byte = n);
    let mut nonce = [0; NONCE_LEN];
    nonce[0] = 7;
    (0x40..)
        .zip(&mut nonce[4..])
        .for_each(|(n, byte)| *byte = n);
    let associated = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
    let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    let tag = pure::Cipher::new(&key).seal(nonce, &associated, &mut text);
    assert_eq!(hex::encode(tag), "1ae10b594f09e26a7e902ecbd0600691");
    assert_eq!(hex::encode(&text[..16]), "d31a8d34648e60db7b86afbc53ef7ec2");
}

#[test]
fn a_text_shorter_than_its_tag_is_refused() {
    let (ours, pure) = (Aead::new(&[1; 32]), pure::Cipher::new(&[1; 32]));
    for len in 0..=TAG_LEN {
        let mut zeros = vec![0; len];
        assert!(matches!(ours.open(0, &[], &mut zeros), Err(BadTag)));
        let opened = pure.open([0; NONCE_LEN], &[], &mut zeros);
        assert!(matches!(opened, Err(BadTag)));
    }
    let mut sealed = ours.seal(0, b"ad", &mut []);
    assert!(ours.open(0, b"ad", &mut sealed).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn they_agree(
        key: [u8; 32],
        nonce: u64,
        associated in prop::collection::vec(any::<u8>(), 0..70),
        len in prop_oneof![4 => 0..2000_usize, 1 => 0..=65_535_usize],
        seed: u8,
    ) {
        let text: Vec<u8> = (seed..=u8::MAX).cycle().take(len).collect();
        agree(key, nonce, &associated, &text);
    }

    /// A changed bit, nonce or associated byte is refused by both, and nothing of the text is left.
    #[test]
    fn they_refuse_alike(
        key: [u8; 32],
        nonce in 0..u64::MAX,
        text in prop::collection::vec(1..=u8::MAX, 1..1500),
        bit: prop::sample::Index,
    ) {
        let (ours, pure) = (Aead::new(&key), pure::Cipher::new(&key));
        let mut sealed = text.clone();
        let tag = ours.seal(nonce, b"h", &mut sealed);
        sealed.extend(tag);
        let bit = bit.index(8 * sealed.len());
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        for (nonce, associated, sealed) in [
            (nonce, &b"h"[..], &changed),
            (nonce + 1, b"h", &sealed),
            (nonce, b"i", &sealed),
        ] {
            prop_assert!(pure.open(nonce_bytes(nonce), associated, &mut sealed.clone()).is_err());
            let mut buffer = sealed.clone();
            prop_assert!(ours.open(nonce, associated, &mut buffer).is_err());
            prop_assert!(buffer[..text.len()].iter().all(|byte| *byte == 0));
        }
    }
}
