//! What only the inside can see: the vectors' keys, nonces, and what is left after failures.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use bytes::{BufMut, BytesMut};
use secp256k1::{PublicKey, SecretKey};
use serde_json::Value;

use crate::aead::{Aead, TAG_LEN};
use crate::{
    Decryptor, EphemeralKey, LocalSigner, MAX_MESSAGE_LEN, SharedSecret, TooLong, Transport,
    initiator, responder,
};

/// The handshake of the vectors: both transports, initiator first.
fn vector_transports() -> (Transport, Transport) {
    let (alice, bob) = (signer(0x11), signer(0x21));
    let (one, waits) = initiator::start(alice.public_key(), bob.public_key(), ephemeral(0x12));
    let need = responder::AwaitActOne::new(bob.public_key())
        .read(&one)
        .unwrap();
    let ecdh = bob.ecdh(&need.point());
    let (two, bob_waits) = need.finish(ecdh, ephemeral(0x22)).unwrap();
    let need = waits.read(&two).unwrap();
    let ecdh = alice.ecdh(&need.point());
    let (three, alice_pipe) = need.finish(ecdh);
    let (peer, bob_pipe) = bob_waits.read(&three).unwrap();
    assert_eq!(peer, alice.public_key());
    (alice_pipe, bob_pipe)
}

fn signer(byte: u8) -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&[byte; 32]).unwrap())
}

fn ephemeral(byte: u8) -> EphemeralKey {
    EphemeralKey::from_bytes([byte; 32]).unwrap()
}

fn vector(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn hex32(value: &Value) -> [u8; 32] {
    hex::decode(value.as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap()
}

fn rx_secrets(rx: &Decryptor) -> ([u8; 32], [u8; 32]) {
    rx.cipher().expect("not poisoned").secrets()
}

#[test]
fn handshake_ends_in_the_vectors_keys() {
    let file = vector(include_str!("../tests/vectors/message_encryption.json"));
    let (ck, sk, rk) = (hex32(&file["ck"]), hex32(&file["sk"]), hex32(&file["rk"]));
    let (alice, bob) = vector_transports();
    assert_eq!(alice.tx.cipher().secrets(), (ck, sk));
    assert_eq!(rx_secrets(&alice.rx), (ck, rk));
    assert_eq!(bob.tx.cipher().secrets(), (ck, rk));
    assert_eq!(rx_secrets(&bob.rx), (ck, sk));

    // Both handshake files give the same keys, each from its own side.
    for (json, pipe) in [
        (include_str!("../tests/vectors/initiator.json"), &alice),
        (include_str!("../tests/vectors/responder.json"), &bob),
    ] {
        let file = vector(json);
        let last = &file["vectors"][0]["io"].as_array().unwrap().last().unwrap()["final"];
        assert_eq!(pipe.tx.cipher().secrets().1, hex32(&last["sk"]));
        assert_eq!(rx_secrets(&pipe.rx).1, hex32(&last["rk"]));
    }
}

#[test]
fn rotation_yields_the_vectors_keys() {
    let file = vector(include_str!("../tests/vectors/message_encryption.json"));
    let message = hex::decode(file["message"].as_str().unwrap()).unwrap();
    let (mut alice, mut bob) = vector_transports();
    let mut sent = 0;
    for rotation in file["rotations"].as_array().unwrap() {
        let mut wire = BytesMut::new();
        while sent <= rotation["after_index"].as_u64().unwrap() {
            alice.tx.encrypt(&message, &mut wire).unwrap();
            assert_eq!(bob.rx.next(&mut wire).unwrap().unwrap(), message);
            sent += 1;
        }
        let expected = (hex32(&rotation["ck"]), hex32(&rotation["sk"]));
        assert_eq!(alice.tx.cipher().secrets(), expected);
        assert_eq!(alice.tx.cipher().nonce(), 0);
        assert_eq!(rx_secrets(&bob.rx), expected);
    }
}

#[test]
fn a_message_takes_two_nonces_and_a_refused_one_none() {
    let (mut alice, _) = vector_transports();
    let mut wire = BytesMut::new();
    alice.tx.encrypt(b"hello", &mut wire).unwrap();
    assert_eq!(alice.tx.cipher().nonce(), 2);
    let before = (wire.clone(), alice.tx.cipher().secrets());

    let too_long = vec![0; MAX_MESSAGE_LEN + 1];
    assert_eq!(
        alice.tx.encrypt(&too_long, &mut wire),
        Err(TooLong { len: 65_536 })
    );
    let refused = alice
        .tx
        .encrypt_with(&mut wire, |out| out.put_slice(&too_long));
    assert_eq!(refused, Err(TooLong { len: 65_536 }));
    assert_eq!(alice.tx.cipher().nonce(), 2);
    assert_eq!((wire, alice.tx.cipher().secrets()), before);
}

#[test]
fn a_panicking_writer_leaves_buffer_and_nonce() {
    let (mut alice, _) = vector_transports();
    let mut wire = BytesMut::from(&b"before"[..]);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _ = alice.tx.encrypt_with(&mut wire, |out| {
            out.put_slice(b"half a mess");
            panic!("the writer's own");
        });
    }));
    assert!(caught.is_err());
    assert_eq!(&wire[..], b"before");
    assert_eq!(alice.tx.cipher().nonce(), 0);
}

#[test]
#[should_panic(expected = "must only append")]
fn a_writer_that_removes_bytes_is_refused() {
    let (mut alice, _) = vector_transports();
    let mut wire = BytesMut::from(&b"before"[..]);
    let _ = alice.tx.encrypt_with(&mut wire, BytesMut::clear);
}

#[test]
fn failure_drops_the_key_and_wipes_the_frame() {
    let (mut alice, mut bob) = vector_transports();
    let mut wire = BytesMut::new();
    alice.tx.encrypt(b"secret", &mut wire).unwrap();
    let last = wire.len() - 1;
    wire[last] ^= 1;
    assert!(bob.rx.next(&mut wire).is_err());
    assert!(bob.rx.cipher().is_none());
    // The header was opened and split off; of the body only the tag is left, which is no secret.
    assert_eq!(wire[..6], [0; 6]);
    assert_eq!(wire.len(), 6 + TAG_LEN);
}

#[test]
fn aead_nonce_counts_in_little_endian_behind_four_zeros() {
    use chacha20poly1305::aead::AeadInPlace;
    use chacha20poly1305::{ChaCha20Poly1305, KeyInit};

    let key = [7; 32];
    let nonce = [0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1];
    let (mut ours, mut theirs) = (*b"text", *b"text");
    let tag = Aead::new(&key).seal(0x0102_0304_0506_0708, b"ad", &mut ours);
    let expected = ChaCha20Poly1305::new(&key.into())
        .encrypt_in_place_detached(&nonce.into(), b"ad", &mut theirs)
        .unwrap();
    assert_eq!((ours, tag), (theirs, expected.into()));
}

#[test]
fn debug_shows_no_secret() {
    let (alice, bob) = (signer(0x11), signer(0x21));
    let mut shown = Vec::<String>::new();
    shown.push(format!(
        "{alice:?} {:?} {:?}",
        ephemeral(0x12),
        SharedSecret::from_bytes([0x33; 32])
    ));
    let (one, waits) = initiator::start(alice.public_key(), bob.public_key(), ephemeral(0x12));
    let await_one = responder::AwaitActOne::new(bob.public_key());
    shown.push(format!("{waits:?} {await_one:?}"));
    let need = await_one.read(&one).unwrap();
    shown.push(format!("{need:?}"));
    let ecdh = bob.ecdh(&need.point());
    let (two, await_three) = need.finish(ecdh, ephemeral(0x22)).unwrap();
    let need = waits.read(&two).unwrap();
    shown.push(format!("{need:?} {await_three:?}"));
    let (transport, _) = vector_transports();
    shown.push(format!("{transport:?} {:?}", Aead::new(&[0x44; 32])));

    let (ck, sk) = transport.tx.cipher().secrets();
    let secrets = [
        [0x11; 32], [0x12; 32], [0x22; 32], [0x33; 32], [0x44; 32], ck, sk,
    ];
    for text in shown {
        for secret in &secrets {
            assert!(!text.contains(&hex::encode(&secret[..4])), "{text}");
            assert!(
                !text.contains(&format!("{}, {}, {}", secret[0], secret[1], secret[2])),
                "{text}"
            );
        }
    }
}

/// Freed memory cannot be read without unsafe code; that there is something to run on drop can be shown.
#[test]
fn holders_of_secrets_run_something_on_drop() {
    assert!(core::mem::needs_drop::<Aead>());
    assert!(core::mem::needs_drop::<EphemeralKey>());
    assert!(core::mem::needs_drop::<LocalSigner>());
    assert!(core::mem::needs_drop::<SharedSecret>());
}

#[test]
fn public_key_does_not_depend_on_the_context() {
    let secp = secp256k1::Secp256k1::signing_only();
    for byte in 1..=32 {
        let own = ephemeral(byte).public_key();
        assert_eq!(
            own,
            EphemeralKey::with_context(&secp, [byte; 32])
                .unwrap()
                .public_key()
        );
        assert_eq!(
            own,
            PublicKey::from_secret_key(&secp, &SecretKey::from_slice(&[byte; 32]).unwrap())
        );
    }
}
