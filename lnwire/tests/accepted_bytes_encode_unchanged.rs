//! Decoding and encoding are inverse to one another, whatever comes in.

mod common;

use common::strategies::{Damage, damage, message};
use lnwire::bytes::Bytes;
use lnwire::{DecodeError, Message};
use proptest::{collection::vec, prelude::*};

fn encode(message: &Message) -> Vec<u8> {
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    out
}

/// Nothing may panic, and what is accepted comes out as it went in.
fn check(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(message) = Message::decode(Bytes::copy_from_slice(bytes)) else {
        return Ok(false);
    };
    prop_assert_eq!(&encode(&message), bytes);
    prop_assert_eq!(message.encoded_len(), bytes.len());
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_message_survives_encoding(message in message()) {
        let bytes = encode(&message);
        prop_assert_eq!(message.encoded_len(), bytes.len());
        prop_assert_eq!(&bytes[..2], &message.msg_type().to_be_bytes());
        prop_assert_eq!(Message::decode(bytes.into()), Ok(message));
    }

    #[test]
    fn damaged_bytes(message in message(), damages in vec(damage(), 1..4)) {
        let mut bytes = encode(&message);
        damages.iter().for_each(|damage: &Damage| damage.apply(&mut bytes));
        check(&bytes)?;
    }

    #[test]
    fn arbitrary_bytes(msg_type in prop_oneof![1..42_u16, 64..82_u16, 127..137_u16, 256..267_u16, any::<u16>()],
                       payload in vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..600)) {
        check(&[&msg_type.to_be_bytes()[..], &payload].concat())?;
        check(&payload)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A message ends where its last field ends, except before its optional parts.
    #[test]
    fn every_prefix(message in message()) {
        let bytes = encode(&message);
        for end in 0..bytes.len() {
            if !check(&bytes[..end])? {
                let fault = Message::decode(Bytes::copy_from_slice(&bytes[..end])).unwrap_err();
                prop_assert!(matches!(fault.error, DecodeError::Truncated { .. }), "{}", fault);
            }
        }
    }
}
