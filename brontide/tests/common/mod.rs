//! A handshake with the keys of BOLT 8's vectors, and the vectors' files.
#![allow(dead_code, reason = "each test file uses a part of this")]

use brontide::secp256k1::SecretKey;
use brontide::{EphemeralKey, LocalSigner, Transport, initiator, responder};
use serde_json::Value;

/// The transports of the initiator and of the responder.
pub(crate) fn transports() -> (Transport, Transport) {
    let (alice, bob) = (signer([0x11; 32]), signer([0x21; 32]));
    let (one, waits) =
        initiator::start(alice.public_key(), bob.public_key(), ephemeral([0x12; 32]));
    let need = responder::AwaitActOne::new(bob.public_key())
        .read(&one)
        .unwrap();
    let ecdh = bob.ecdh(&need.point());
    let (two, bob_waits) = need.finish(ecdh, ephemeral([0x22; 32])).unwrap();
    let need = waits.read(&two).unwrap();
    let ecdh = alice.ecdh(&need.point());
    let (three, alice_pipe) = need.finish(ecdh);
    let (peer, bob_pipe) = bob_waits.read(&three).unwrap();
    assert_eq!(peer, alice.public_key());
    (alice_pipe, bob_pipe)
}

pub(crate) fn signer(secret: [u8; 32]) -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&secret).unwrap())
}

pub(crate) fn ephemeral(secret: [u8; 32]) -> EphemeralKey {
    EphemeralKey::from_bytes(secret).unwrap()
}

pub(crate) fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// A reproducible byte string that is neither constant nor periodic in 256.
pub(crate) fn message(seed: usize, len: usize) -> Vec<u8> {
    (0..len)
        .map(|i| ((i * 31 + seed * 17) ^ (i >> 8)).to_le_bytes()[0])
        .collect()
}
