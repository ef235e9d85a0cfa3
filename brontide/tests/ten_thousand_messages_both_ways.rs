//! Both directions over twenty rotations each, at a pace of their own.

mod common;

use brontide::bytes::{BufMut, BytesMut};
use brontide::{Decryptor, Encryptor};

#[test]
fn ten_thousand_messages_both_ways() {
    let (mut alice, mut bob) = common::transports();
    let (mut to_bob, mut to_alice) = (BytesMut::new(), BytesMut::new());
    let (mut a, mut b) = (0, 0);
    while a < 10_000 || b < 10_000 {
        // Bursts of different sizes, so that one side's key is ahead now and then.
        burst(&mut alice.tx, &mut bob.rx, &mut to_bob, &mut a, 7);
        burst(
            &mut bob.tx,
            &mut alice.rx,
            &mut to_alice,
            &mut b,
            if a % 3 == 0 { 1 } else { 13 },
        );
    }
}

fn burst(
    tx: &mut Encryptor,
    rx: &mut Decryptor,
    wire: &mut BytesMut,
    sent: &mut usize,
    count: usize,
) {
    let indices = *sent..10_000.min(*sent + count);
    for index in indices.clone() {
        let message = common::message(index, index % 200);
        if index % 2 == 0 {
            tx.encrypt(&message, wire).unwrap();
        } else {
            tx.encrypt_with(wire, |out| out.put_slice(&message))
                .unwrap();
        }
    }
    for index in indices.clone() {
        assert_eq!(
            rx.next(wire).unwrap().unwrap(),
            common::message(index, index % 200)
        );
    }
    assert!(rx.next(wire).unwrap().is_none() && wire.is_empty());
    *sent = indices.end;
}
