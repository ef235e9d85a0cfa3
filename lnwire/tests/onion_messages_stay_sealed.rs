//! `onion_message`: the packet's bytes are handed on as they are, whatever they are.

mod common;

use common::{bytes, vectors};
use lnwire::bytes::Bytes;
use lnwire::{
    Advice, DecodeError, Message, Point, WireMessage,
    bolt4::{OnionMessage, OnionMessagePacket},
};

#[test]
fn onion_messages_of_bolt_4() {
    for vector in vectors("bolt04/onion_message_wire") {
        let frame = bytes(&vector["message"]);
        let Ok(Message::OnionMessage(message)) = Message::decode(frame.clone()) else {
            panic!("{}", vector["alias"]);
        };
        let packet = &message.onion_message_packet;
        assert_eq!(packet.0.len(), OnionMessagePacket::SMALL);
        assert_eq!(packet.version(), Some(0));
        assert!(matches!(packet.public_key(), Some(Point([2 | 3, ..]))));
        assert_eq!(packet.payloads().unwrap().len(), 1300);
        assert_eq!(packet.hmac().unwrap(), packet.0[1366 - 32..]);
        assert!(message.extra.is_empty());
        let again = OnionMessagePacket::new(
            0,
            packet.public_key().unwrap(),
            &packet.payloads().unwrap(),
            &packet.hmac().unwrap(),
        );
        assert_eq!(&again, packet);
        let mut out = Vec::new();
        message.encode(&mut out).unwrap();
        assert_eq!(out, frame);
    }
}

fn message(packet: usize, extra: &'static [u8]) -> OnionMessage {
    OnionMessage {
        path_key: Point([7; 33]),
        onion_message_packet: OnionMessagePacket(vec![1; packet].into()),
        extra: Bytes::from_static(extra),
    }
}

#[test]
fn packets_too_short_for_their_parts() {
    for len in 0..70 {
        let packet = message(len, &[]).onion_message_packet;
        let expected = len >= 66;
        assert_eq!(packet.version().is_some(), expected);
        assert_eq!(packet.public_key().is_some(), expected);
        assert_eq!(packet.hmac().is_some(), expected);
        assert_eq!(packet.payloads().map(|p| p.len()), len.checked_sub(66));
    }
}

#[test]
fn bytes_behind_are_kept_and_lengths_are_heeded() {
    let whole = message(80, &[1, 2, 3]);
    let mut out = Vec::new();
    whole.encode(&mut out).unwrap();
    assert_eq!(OnionMessage::decode(out.clone().into()), Ok(whole));
    let fault = Message::decode(Bytes::copy_from_slice(&out[..37 + 79])).unwrap_err();
    let (field, needed, available) = ("onion_message_packet", 80, 79);
    let error = DecodeError::Truncated {
        field,
        needed,
        available,
    };
    assert_eq!((fault.error, fault.advice()), (error, Advice::Disconnect));

    let longest = message(65535 - 37, &[]);
    longest.encode(&mut Vec::new()).unwrap();
    assert!(message(65535 - 36, &[]).encode(&mut Vec::new()).is_err());
    message(OnionMessagePacket::LARGE, &[])
        .encode(&mut Vec::new())
        .unwrap();
}
