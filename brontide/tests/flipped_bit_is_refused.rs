//! Any single bit of a frame or an act matters, and the first failure is final.

mod common;

use brontide::bytes::BytesMut;
use brontide::{ActOne, ActThree, ActTwo, DecryptError, initiator, responder};

#[test]
fn in_a_frame() {
    let bits = (18 + 5 + 16) * 8;
    for bit in 0..bits {
        let (mut alice, mut bob) = common::transports();
        let mut wire = BytesMut::new();
        alice.tx.encrypt(b"hello", &mut wire).unwrap();
        assert_eq!(wire.len() * 8, bits);
        wire[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            bob.rx.next(&mut wire),
            Err(DecryptError::BadTag),
            "bit {bit}"
        );

        // An unharmed frame comes too late.
        let mut wire = BytesMut::new();
        alice.tx.encrypt(b"again", &mut wire).unwrap();
        let before = wire.clone();
        assert_eq!(bob.rx.next(&mut wire), Err(DecryptError::Poisoned));
        assert_eq!(wire, before);
    }
}

#[test]
fn in_an_act() {
    let (alice, bob) = (common::signer([0x11; 32]), common::signer([0x21; 32]));
    let dial = || {
        initiator::start(
            alice.public_key(),
            bob.public_key(),
            common::ephemeral([0x12; 32]),
        )
    };
    let answer = |act: &ActOne| {
        let need = responder::AwaitActOne::new(bob.public_key()).read(act)?;
        let ecdh = bob.ecdh(&need.point());
        need.finish(ecdh, common::ephemeral([0x22; 32]))
    };
    let (one, waits) = dial();
    for bit in 0..one.len() * 8 {
        let mut one = one;
        one[bit / 8] ^= 1 << (bit % 8);
        assert!(answer(&one).is_err(), "act one, bit {bit}");
    }
    let (two, _) = answer(&one).unwrap();
    for bit in 0..two.len() * 8 {
        let mut two: ActTwo = two;
        two[bit / 8] ^= 1 << (bit % 8);
        assert!(dial().1.read(&two).is_err(), "act two, bit {bit}");
    }
    let need = waits.read(&two).unwrap();
    let ecdh = alice.ecdh(&need.point());
    let (three, _) = need.finish(ecdh);
    for bit in 0..three.len() * 8 {
        let mut three: ActThree = three;
        three[bit / 8] ^= 1 << (bit % 8);
        assert!(
            answer(&one).unwrap().1.read(&three).is_err(),
            "act three, bit {bit}"
        );
    }
}

#[test]
fn frames_out_of_order_or_for_the_other_side() {
    let (mut alice, mut bob) = common::transports();
    let (mut first, mut second) = (BytesMut::new(), BytesMut::new());
    alice.tx.encrypt(b"first", &mut first).unwrap();
    alice.tx.encrypt(b"second", &mut second).unwrap();
    assert_eq!(bob.rx.next(&mut second), Err(DecryptError::BadTag));
    // Sent back to where it came from.
    assert_eq!(alice.rx.next(&mut first), Err(DecryptError::BadTag));
}
