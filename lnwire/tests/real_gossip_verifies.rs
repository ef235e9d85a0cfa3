//! Gossip that real nodes signed: it decodes, encodes byte for byte, and only the very bytes verify.
#![cfg(feature = "verify")]

mod common;

use std::collections::HashMap;

use common::{GOSSIP, gossip};
use lnwire::bytes::Bytes;
use lnwire::secp256k1::{All, Secp256k1};
use lnwire::{ChainHash, DecodeError, Message, NodeId, ShortChannelId, SignatureError};

type Nodes = HashMap<ShortChannelId, [NodeId; 2]>;

fn nodes(messages: &[Bytes]) -> Nodes {
    let announcements =
        messages
            .iter()
            .filter_map(|bytes| match Message::decode(bytes.clone()).unwrap() {
                Message::ChannelAnnouncement(m) => {
                    Some((m.short_channel_id(), [m.node_id_1(), m.node_id_2()]))
                }
                _ => None,
            });
    announcements.collect()
}

/// Decodes and verifies; an update with the key of the node that its direction bit names.
fn verify(
    secp: &Secp256k1<All>,
    nodes: &Nodes,
    bytes: Bytes,
) -> Result<(), Option<SignatureError>> {
    match Message::decode(bytes).map_err(|_| None)? {
        Message::ChannelAnnouncement(m) => m.verify(secp).map(drop)?,
        Message::NodeAnnouncement(m) => m.verify(secp).map(drop)?,
        Message::ChannelUpdate(m) => {
            let pair = nodes.get(&m.short_channel_id()).ok_or(None)?;
            let signer = pair[usize::from(m.direction())];
            assert_eq!(m.verify(secp, signer)?.signer(), signer);
        }
        _ => return Err(None),
    }
    Ok(())
}

#[test]
fn every_message_verifies() {
    let secp = Secp256k1::new();
    let mut count = 0;
    for file in GOSSIP {
        let messages = gossip(file);
        let nodes = nodes(&messages);
        for bytes in messages {
            let message = Message::decode(bytes.clone()).unwrap();
            let mut out = Vec::new();
            message.encode(&mut out).unwrap();
            assert_eq!(out, bytes);
            assert_eq!(verify(&secp, &nodes, bytes), Ok(()));
            if let Message::ChannelAnnouncement(m) = message {
                assert_eq!(m.chain_hash(), ChainHash::REGTEST);
                assert!(m.node_id_1() < m.node_id_2());
                assert_eq!(m.detached(), m);
            }
            count += 1;
        }
    }
    assert_eq!(count, 12 + 45);
}

#[test]
fn a_flipped_bit_does_not_verify() {
    let secp = Secp256k1::new();
    let messages = gossip("small");
    let nodes = nodes(&messages);
    for bytes in messages {
        for at in 0..bytes.len() {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 1 << (at % 8);
            assert!(verify(&secp, &nodes, flipped.into()).is_err(), "byte {at}");
        }
        // A byte more is signed too.
        let longer = [&bytes[..], &[0]].concat();
        assert!(matches!(
            verify(&secp, &nodes, longer.into()),
            Err(Some(SignatureError::InvalidSignature { .. }))
        ));
    }
}

#[test]
fn another_signer_does_not_verify() {
    let secp = Secp256k1::new();
    for file in GOSSIP {
        let messages = gossip(file);
        let nodes = nodes(&messages);
        for bytes in messages {
            let Ok(Message::ChannelUpdate(update)) = Message::decode(bytes) else {
                continue;
            };
            let pair = nodes[&update.short_channel_id()];
            let other = pair[1 - usize::from(update.direction())];
            let field = "signature";
            assert_eq!(
                update.clone().verify(&secp, other),
                Err(SignatureError::InvalidSignature { field })
            );
            let field = "node_id";
            assert_eq!(
                update.verify(&secp, NodeId([5; 33])),
                Err(SignatureError::InvalidKey { field })
            );
        }
    }
}

/// Each of the four signatures is looked at, and each key; the error names the field.
#[test]
fn the_field_at_fault_is_named() {
    let secp = Secp256k1::new();
    let messages = gossip("small");
    let find = |msg_type: u8| messages.iter().find(|m| m[1] == msg_type).unwrap().to_vec();
    let verify = |bytes: Vec<u8>| verify(&secp, &nodes(&messages), bytes.into());

    let channel = find(0);
    let signatures = [
        "node_signature_1",
        "node_signature_2",
        "bitcoin_signature_1",
        "bitcoin_signature_2",
    ];
    for (i, field) in signatures.into_iter().enumerate() {
        // Zero and all ones are no signatures whatever they sign; a swapped one is over something else.
        for value in [0, 0xff] {
            let mut bytes = channel.clone();
            bytes[2 + 64 * i..][..64].fill(value);
            assert_eq!(
                verify(bytes),
                Err(Some(SignatureError::InvalidSignature { field }))
            );
        }
        let mut bytes = channel.clone();
        bytes.copy_within(
            2 + 64 * ((i + 1) % 4)..2 + 64 * ((i + 1) % 4 + 1),
            2 + 64 * i,
        );
        assert_eq!(
            verify(bytes),
            Err(Some(SignatureError::InvalidSignature { field }))
        );
    }
    // Keys are signed, so a bad first key is found before any signature is.
    let mut bytes = channel.clone();
    bytes[260 + 40] = 4;
    let field = "node_id_1";
    assert_eq!(
        verify(bytes),
        Err(Some(SignatureError::InvalidKey { field }))
    );

    let mut bytes = find(1);
    let features_len = usize::from(u16::from_be_bytes([bytes[66], bytes[67]]));
    bytes[68 + features_len + 4] = 4;
    let field = "node_id";
    assert_eq!(
        verify(bytes),
        Err(Some(SignatureError::InvalidKey { field }))
    );
}

#[test]
fn a_signature_of_the_other_half_does_not_verify() {
    // If (r, s) is a signature, so is (r, n - s) in mathematics; only the lesser one counts.
    let n =
        hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
    let secp = Secp256k1::new();
    let messages = gossip("small");
    let nodes = nodes(&messages);
    for bytes in messages {
        let mut malleated = bytes.to_vec();
        let mut borrow = 0;
        for (at, n) in (34..66).rev().zip(n.iter().rev()) {
            let difference = i16::from(*n) - i16::from(malleated[at]) - borrow;
            borrow = i16::from(difference < 0);
            malleated[at] = u8::try_from(difference + 256 * borrow).unwrap();
        }
        assert!(matches!(
            verify(&secp, &nodes, malleated.into()),
            Err(Some(SignatureError::InvalidSignature { .. }))
        ));
    }
}

#[test]
fn a_message_cut_short_names_the_field() {
    let messages = gossip("small");
    let update = messages.iter().find(|m| m[1] == 2).unwrap();
    assert_eq!(
        Message::decode(update.slice(..137)).unwrap_err().error,
        DecodeError::Truncated {
            field: "signature to htlc_maximum_msat",
            needed: 136,
            available: 135
        }
    );
}
