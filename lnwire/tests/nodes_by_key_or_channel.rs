//! `sciddir_or_pubkey`: the first byte says which of the two it is.

mod common;

use common::{bytes, vectors};
use lnwire::bytes::Bytes;
use lnwire::{
    DecodeError, Point, Reader, SciddirOrPubkey, ShortChannelId,
    field::{Field, TlvValue},
};
use proptest::{collection::vec, prelude::*};

#[test]
fn vectors_of_the_text() {
    for vector in vectors("derived/sciddir_or_pubkey") {
        let bytes = bytes(&vector["bytes"]);
        let mut reader = Reader::new(&bytes);
        let node = SciddirOrPubkey::read_field("node", &mut reader);
        match vector["why"].as_str() {
            None => {
                let node = node.unwrap();
                assert!(reader.is_empty());
                let mut out = Vec::new();
                node.write_field(&mut out);
                assert_eq!(out, bytes);
                assert_eq!(node.encoded_len(), bytes.len());
                let expected = match vector["kind"].as_str().unwrap() {
                    "scid" => SciddirOrPubkey::Sciddir {
                        node_2: vector["direction"] == 1,
                        short_channel_id: vector["scid"].as_str().unwrap().parse().unwrap(),
                    },
                    _ => SciddirOrPubkey::Pubkey(Point(bytes[..].try_into().unwrap())),
                };
                assert_eq!(node, expected);
            }
            Some("prefix 4") => assert_eq!(
                node,
                Err(DecodeError::PointPrefix {
                    field: "node",
                    prefix: 4
                })
            ),
            // The curve is looked at when the key is asked for.
            Some(why) if why.contains("curve") || why.contains(">= p") => {
                let Ok(SciddirOrPubkey::Pubkey(point)) = node else {
                    panic!("{why}");
                };
                #[cfg(feature = "verify")]
                assert!(point.public_key().is_err());
                let _ = point;
            }
            Some(_) => assert!(matches!(node, Err(DecodeError::Truncated { .. }))),
        }
    }
}

proptest! {
    #[test]
    fn any_node_survives(channel in any::<bool>(), node_2: bool, scid: u64, key in vec(any::<u8>(), 32)) {
        let node = if channel {
            SciddirOrPubkey::Sciddir { node_2, short_channel_id: ShortChannelId(scid) }
        } else {
            let key = [&[2 + u8::from(node_2)][..], &key].concat();
            SciddirOrPubkey::Pubkey(Point(key.try_into().unwrap()))
        };
        let mut out = Vec::new();
        node.write_value(&mut out);
        prop_assert_eq!(node.value_len(), out.len());
        prop_assert_eq!(SciddirOrPubkey::read_value("node", &mut Reader::new(&out.into())), Ok(node));
    }

    #[test]
    fn any_bytes(bytes in vec(prop_oneof![0..6_u8, any::<u8>()], 0..40)) {
        let bytes = Bytes::from(bytes);
        if let Ok(node) = SciddirOrPubkey::read_field("node", &mut Reader::new(&bytes)) {
            let mut out = Vec::new();
            node.write_field(&mut out);
            prop_assert_eq!(&out[..], &bytes[..node.field_len()]);
        }
    }
}
