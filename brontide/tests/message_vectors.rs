//! BOLT 8, Appendix A, Message Encryption Tests, and vectors derived from its text: sizes, corruption, and the
//! rotation of both directions.

mod common;

use brontide::bytes::{Bytes, BytesMut};
use brontide::{DecryptError, Decryptor, Encryptor, MAX_FRAME_LEN, Transport};
use common::{bytes, transports, vectors};
use sha2::{Digest, Sha256};

/// Sends one message, and checks that it arrives; returns the frame.
fn send(tx: &mut Encryptor, rx: &mut Decryptor, message: &[u8]) -> Bytes {
    let mut wire = BytesMut::new();
    tx.encrypt(message, &mut wire).unwrap();
    let frame = wire.clone().freeze();
    assert_eq!(rx.next(&mut wire).unwrap().unwrap(), message);
    assert!(wire.is_empty());
    frame
}

#[test]
fn message_encryption_with_rotations() {
    let file = vectors("message_encryption");
    let (mut alice, mut bob) = transports();
    let message = bytes(&file["message"]);
    let mut index = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let expected_index = vector["index"].as_u64().unwrap();
        while index < expected_index {
            send(&mut alice.tx, &mut bob.rx, &message);
            index += 1;
        }
        let frame = send(&mut alice.tx, &mut bob.rx, &message);
        assert_eq!(frame, bytes(&vector["wire"]), "message {index}");
        index += 1;
    }
    assert_eq!(index, 1002);
}

#[test]
fn both_directions_rotate_alone() {
    let file = vectors("brontide_duplex_rotation");
    let (mut alice, mut bob) = transports();
    let mut vectors = file["vectors"].as_array().unwrap().iter().peekable();
    for index in 0_u64..=1600 {
        let (ping, pong) = (format!("ping{index}"), format!("pong{index}"));
        let from_alice = send(&mut alice.tx, &mut bob.rx, ping.as_bytes());
        let from_bob = send(&mut bob.tx, &mut alice.rx, pong.as_bytes());
        if let Some(vector) = vectors.next_if(|vector| vector["index"] == index) {
            assert_eq!(ping.as_bytes(), bytes(&vector["initiator_message"]));
            assert_eq!(pong.as_bytes(), bytes(&vector["responder_message"]));
            assert_eq!(
                from_alice,
                bytes(&vector["initiator_wire"]),
                "message {index}"
            );
            assert_eq!(
                from_bob,
                bytes(&vector["responder_wire"]),
                "message {index}"
            );
        }
    }
    assert!(vectors.next().is_none());
}

#[test]
fn sizes_from_empty_to_the_largest() {
    let file = vectors("brontide_sizes");
    let (mut alice, mut bob) = transports();
    for vector in file["vectors"].as_array().unwrap() {
        let len = vector["message_len"].as_u64().unwrap();
        // The largest is written as "(ab)*65535": that byte, so many times.
        let message = match len {
            65_535 => vec![0xab; 65_535],
            _ => bytes(&vector["message"]),
        };
        assert_eq!(
            Sha256::digest(&message)[..],
            bytes(&vector["message_sha256"])
        );
        let frame = send(&mut alice.tx, &mut bob.rx, &message);
        assert_eq!(
            u64::try_from(frame.len()).unwrap(),
            vector["wire_len"].as_u64().unwrap()
        );
        assert_eq!(
            Sha256::digest(&frame)[..],
            bytes(&vector["wire_sha256"]),
            "{len} bytes"
        );
        if len < 65_535 {
            assert_eq!(frame, bytes(&vector["wire"]));
        } else {
            assert_eq!(frame.len(), MAX_FRAME_LEN);
        }
    }
}

#[test]
fn corrupted_frames_end_the_connection() {
    let file = vectors("brontide_corrupt");
    for vector in file["vectors"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        let (_, Transport { mut rx, .. }) = transports();
        let mut buf = BytesMut::from(&bytes(&vector["wire"])[..]);
        if vector["first_ok"] == true {
            assert_eq!(rx.next(&mut buf).unwrap().unwrap(), &b"hello"[..], "{name}");
        }
        if name == "truncated body then EOF" {
            // Not an error by itself: one byte is missing, and the connection says that none will come.
            assert_eq!(rx.next(&mut buf), Ok(None));
            assert_eq!(rx.needed(&buf), 1);
            continue;
        }
        assert_eq!(rx.next(&mut buf), Err(DecryptError::BadTag), "{name}");
        let left = buf.clone();
        assert_eq!(rx.next(&mut buf), Err(DecryptError::Poisoned), "{name}");
        assert_eq!(buf, left, "{name}");
        assert_eq!(rx.needed(&buf), 0);
    }
}
