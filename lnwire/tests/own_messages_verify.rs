//! Messages that are made here, signed, and checked again.
#![cfg(feature = "verify")]

use lnwire::secp256k1::{All, Message as Digest, Secp256k1, SecretKey};
use lnwire::{
    Address, Addresses, Alias, ChainHash, Color, Feature, Features, Hostname, Msat, ShortChannelId,
    Signature, Timestamp, WireMessage,
    bolt7::{channel_announcement, channel_update, node_announcement},
};

fn key(byte: u8) -> SecretKey {
    SecretKey::from_slice(&[byte; 32]).unwrap()
}

fn sign(secp: &Secp256k1<All>, digest: [u8; 32], key: &SecretKey) -> Signature {
    secp.sign_ecdsa(&Digest::from_digest(digest), key).into()
}

#[test]
fn channel_announcement_verifies() {
    let secp = Secp256k1::new();
    let keys = [key(1), key(2), key(3), key(4)];
    let [one, two, three, four] = keys.map(|key| key.public_key(&secp));
    let contents = channel_announcement::Contents {
        features: Features::EMPTY,
        chain_hash: ChainHash::SIGNET,
        short_channel_id: ShortChannelId::new(1, 2, 3).unwrap(),
        node_id_1: one.into(),
        node_id_2: two.into(),
        bitcoin_key_1: three.into(),
        bitcoin_key_2: four.into(),
    };
    let unsigned = contents.unsigned().unwrap();
    let digest = unsigned.digest();
    let message = unsigned.sign(&keys.map(|key| sign(&secp, digest, &key)));
    assert_eq!(message.short_channel_id().to_string(), "1x2x3");
    assert_eq!(message.node_id_2().public_key(), Ok(two));
    assert_eq!(message.bitcoin_key_2().public_key(), Ok(four));
    message.verify(&secp).unwrap();
}

#[test]
fn node_announcement_verifies() {
    let secp = Secp256k1::new();
    let mut addresses = Vec::new();
    let ip = core::net::Ipv4Addr::new(192, 0, 2, 1);
    let hostname = Hostname::new("example.com").unwrap();
    Address::Ipv4 { ip, port: 9735 }.write(&mut addresses);
    Address::Dns {
        hostname,
        port: 9735,
    }
    .write(&mut addresses);
    let contents = node_announcement::Contents {
        features: Features::offering(&[Feature::GOSSIP_QUERIES]),
        timestamp: Timestamp(1_790_000_000),
        node_id: key(1).public_key(&secp).into(),
        rgb_color: Color([1, 2, 3]),
        alias: Alias::new("satoshi").unwrap(),
        addresses: Addresses::from_bytes(addresses.into()),
    };
    let unsigned = contents.unsigned().unwrap();
    let digest = unsigned.digest();
    let message = unsigned.sign(&[sign(&secp, digest, &key(1))]);
    let verified = message.verify(&secp).unwrap();
    assert_eq!(verified.alias().to_string(), "satoshi");
    assert_eq!(verified.addresses().usable().count(), 2);
    assert_eq!(verified.features(), contents.features);
    assert_eq!(verified.timestamp(), contents.timestamp);
    assert_eq!(verified.rgb_color(), contents.rgb_color);
}

#[test]
fn channel_update_verifies() {
    let secp = Secp256k1::new();
    let contents = channel_update::Contents {
        chain_hash: ChainHash::SIGNET,
        short_channel_id: ShortChannelId::new(1, 2, 3).unwrap(),
        timestamp: Timestamp(1_790_000_000),
        dont_forward: false,
        direction: 1,
        disabled: true,
        cltv_expiry_delta: 144,
        htlc_minimum_msat: Msat(1),
        fee_base_msat: 1000,
        fee_proportional_millionths: 1,
        htlc_maximum_msat: Msat::from_sat(100_000),
    };
    let unsigned = contents.unsigned().unwrap();
    let digest = unsigned.digest();
    let message = unsigned.sign(&[sign(&secp, digest, &key(1))]);
    assert_eq!(message.encoded_len(), 138);
    let signer = key(1).public_key(&secp).into();
    let verified = message.verify(&secp, signer).unwrap();
    // Receivers exist that refuse an update without the bit that must be one.
    assert_eq!((verified.message_flags(), verified.channel_flags()), (1, 3));
    assert!(verified.is_disabled() && !verified.dont_forward());
    assert_eq!(verified.htlc_maximum_msat(), Msat(100_000_000));

    let private = channel_update::Contents {
        dont_forward: true,
        disabled: false,
        ..contents
    };
    let message = private.unsigned().unwrap().sign(&[Signature([0; 64])]);
    assert_eq!((message.message_flags(), message.channel_flags()), (3, 1));
    assert!(message.dont_forward() && !message.is_disabled());
    assert_eq!(message.direction(), 1);
    assert!(message.verify(&secp, signer).is_err());
}
