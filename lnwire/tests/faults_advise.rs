//! A message that does not decode names its type and its fault, and says what to do about the sender.

use lnwire::{
    Address, Advice, DecodeError, Message, MessageError, Reader, WireMessage,
    bolt1::{Init, Ping},
};

#[test]
fn broken_gossip_costs_no_connection() {
    for msg_type in [256_u16, 257, 258, 259, 261, 262, 263, 264, 265] {
        let fault = Message::decode(msg_type.to_be_bytes().to_vec().into()).unwrap_err();
        assert_eq!((fault.msg_type, fault.advice()), (msg_type, Advice::Warn));
    }
    for msg_type in [1_u16, 16, 17, 18, 19] {
        let fault = Message::decode(msg_type.to_be_bytes().to_vec().into()).unwrap_err();
        assert_eq!(
            (fault.msg_type, fault.advice()),
            (msg_type, Advice::Disconnect)
        );
    }
}

#[test]
fn too_short_for_a_type() {
    for available in 0..2 {
        let fault = Message::decode(vec![1; available].into()).unwrap_err();
        let (field, needed) = ("type", 2);
        let error = DecodeError::Truncated {
            field,
            needed,
            available,
        };
        assert_eq!(fault, MessageError { msg_type: 0, error });
        assert_eq!(fault.advice(), Advice::Disconnect);
    }
}

#[test]
fn the_text_names_the_field() {
    let fault = Message::decode(vec![0, 18, 0, 0, 0, 9, 1].into()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "message type 18: ignored: 9 bytes needed, 1 left"
    );
    let error = Ping::decode(vec![0, 19, 0, 0].into()).unwrap_err();
    assert_eq!(
        error,
        DecodeError::WrongType {
            expected: 18,
            found: 19
        }
    );
}

#[test]
fn unknown_types_are_no_fault() {
    for (msg_type, required, custom) in [
        (100_u16, true, false),
        (21, false, false),
        (32768, true, true),
        (40001, false, true),
    ] {
        let frame = [&msg_type.to_be_bytes()[..], b"payload"].concat();
        let Ok(Message::Unknown(unknown)) = Message::decode(frame.clone().into()) else {
            panic!("{msg_type}");
        };
        assert_eq!(unknown.msg_type(), msg_type);
        assert_eq!(
            (unknown.is_required(), unknown.is_custom()),
            (required, custom)
        );
        assert_eq!(unknown.as_bytes(), &frame);
    }
}

/// A claim of the peer, worth nothing if it is not one whole address.
#[test]
fn remote_address_of_init() {
    let remote = |address: &'static [u8]| {
        let init = Init {
            remote_addr: Some(address.into()),
            ..Init::default()
        };
        init.remote_address().map(|address| address.to_string())
    };
    let ipv4 = [1, 192, 0, 2, 1, 38, 7];
    assert_eq!(
        remote(&[1, 192, 0, 2, 1, 38, 7]).as_deref(),
        Some("192.0.2.1:9735")
    );
    assert_eq!(remote(&[1, 192, 0, 2, 1, 38, 7, 0]), None);
    assert_eq!(remote(&[1, 192, 0, 2, 1, 38]), None);
    assert_eq!(remote(&[9, 1]), None);
    assert_eq!(remote(&[]), None);
    assert_eq!(Init::default().remote_address(), None);
    let bytes = ipv4.to_vec().into();
    let mut reader = Reader::new(&bytes);
    let address = Address::read(&mut reader).unwrap();
    assert_eq!((address.encoded_len(), reader.remaining()), (7, 0));
    // Nothing is left to read, as often as one asks.
    assert!(reader.rest().is_empty() && reader.rest().is_empty() && reader.is_empty());
}
