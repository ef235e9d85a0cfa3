//! Each act, altered or made up, with keys of the input's choice.
//!
//! An input is: four bytes that make the keys, which act it is, whether bytes are changed or replaced, and then what
//! the act's bytes are changed by or replaced with.

use brontide::secp256k1::SecretKey;
use brontide::{Act, EphemeralKey, HandshakeError, LocalSigner, initiator, responder};

/// Runs a handshake up to the act that is altered.
///
/// # Panics
/// If an altered act is accepted, an honest one refused, or the error names another act.
pub fn brontide_acts(input: &[u8]) {
    let Some(([a, b, c, d, act, replaces], bytes)) = input.split_first_chunk() else {
        return;
    };
    let (alice, bob) = (signer(*a), signer(*b));
    let (act_one, waits) = initiator::start(alice.public_key(), bob.public_key(), ephemeral(*c));
    let alter = |act: &mut [u8]| {
        let before = act.to_vec();
        for (byte, change) in act.iter_mut().zip(bytes) {
            *byte = *change ^ if replaces % 2 == 0 { *byte } else { 0 };
        }
        before != act
    };

    let mut one = act_one;
    let altered = act % 3 == 0 && alter(&mut one);
    let read = responder::AwaitActOne::new(bob.public_key()).read(&one);
    // Its tag takes the node key, so it is only checked when act two is made.
    let finished = read.and_then(|need| {
        let ecdh = bob.ecdh(&need.point());
        need.finish(ecdh, ephemeral(*d))
    });
    let Some((mut two, bob_waits)) = judge(Act::One, altered, finished) else {
        return;
    };
    let altered = act % 3 == 1 && alter(&mut two);
    let Some(need) = judge(Act::Two, altered, waits.read(&two)) else {
        return;
    };
    let ecdh = alice.ecdh(&need.point());
    let (mut three, mut to_bob) = need.finish(ecdh);
    let altered = act % 3 == 2 && alter(&mut three);
    if let Some((peer, mut to_alice)) = judge(Act::Three, altered, bob_waits.read(&three)) {
        assert_eq!(peer, alice.public_key());
        let mut wire = brontide::bytes::BytesMut::new();
        to_bob
            .tx
            .encrypt(bytes, &mut wire)
            .expect("inputs are short");
        assert_eq!(
            to_alice.rx.next(&mut wire).expect("sealed").expect("whole"),
            bytes
        );
    }
}

fn judge<T>(act: Act, altered: bool, read: Result<T, HandshakeError>) -> Option<T> {
    match read {
        Ok(next) => {
            assert!(!altered, "an altered {act} is accepted");
            Some(next)
        }
        Err(
            HandshakeError::BadVersion { act: at, .. }
            | HandshakeError::BadPubkey { act: at }
            | HandshakeError::BadTag { act: at }
            | HandshakeError::BadCiphertext { act: at },
        ) => {
            assert!(altered && at == act, "{act} is refused");
            None
        }
        Err(other) => panic!("{other}"),
    }
}

fn signer(byte: u8) -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&secret(1, byte)).expect("not zero"))
}

fn ephemeral(byte: u8) -> EphemeralKey {
    EphemeralKey::from_bytes(secret(2, byte)).expect("not zero")
}

fn secret(kind: u8, byte: u8) -> [u8; 32] {
    let mut secret = [byte; 32];
    secret[0] = kind;
    secret
}
