//! A cache of keys changes no verdict: not when it is full, not for keys that are none, not for wrong signers.
#![cfg(feature = "verify")]

use lnwire::bolt7::{NodeAnnouncement, node_announcement};
use lnwire::secp256k1::{Message as Digest, Secp256k1, SecretKey};
use lnwire::{
    Addresses, Alias, Color, Features, KeyCache, NodeId, Signature, SignatureError, Timestamp,
};

fn signed(as_node: NodeId, by: &SecretKey) -> NodeAnnouncement {
    let contents = node_announcement::Contents {
        features: Features::EMPTY,
        timestamp: Timestamp(1),
        node_id: as_node,
        rgb_color: Color::default(),
        alias: Alias::default(),
        addresses: Addresses::default(),
    };
    let unsigned = contents.unsigned().unwrap();
    let digest = Digest::from_digest(unsigned.digest());
    let signature: Signature = Secp256k1::new().sign_ecdsa(&digest, by).into();
    unsigned.sign(&[signature])
}

#[test]
fn verdicts_are_the_same_with_and_without() {
    let secp = Secp256k1::new();
    let keys: Vec<_> = (1..=40)
        .map(|n| SecretKey::from_slice(&[n; 32]).unwrap())
        .collect();
    let ids: Vec<NodeId> = keys.iter().map(|k| k.public_key(&secp).into()).collect();
    // Ten times as many keys as fit in, each twice, and each signed by another, too.
    let mut cache = KeyCache::new(4);
    assert_eq!(cache.capacity(), 4);
    for round in 0..2 {
        for (n, id) in ids.iter().enumerate() {
            for by in [n, n, (n + 1) % keys.len()] {
                let message = signed(*id, &keys[by]);
                let plain = message.clone().verify(&secp);
                assert_eq!(plain.is_ok(), by == n);
                assert_eq!(message.verify_with(&secp, &mut cache), plain, "{round}");
            }
        }
    }
    let none = NodeId([5; 33]);
    for _ in 0..2 {
        assert_eq!(
            signed(none, &keys[0]).verify_with(&secp, &mut cache),
            Err(SignatureError::InvalidKey { field: "node_id" })
        );
    }
}
