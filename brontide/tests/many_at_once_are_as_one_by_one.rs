//! Many messages sealed in one call are the bytes that as many calls make, and all of them or none.

mod common;

use brontide::bytes::BytesMut;
use brontide::{MAX_MESSAGE_LEN, TooLong};

#[test]
fn many_at_once_are_as_one_by_one() {
    let (mut alice, mut bob) = common::transports();
    let (mut twin, _) = common::transports();
    let mut index = 0;
    // Two rotations are among them, both in the middle of a call; so is a call with nothing to seal.
    for count in [1, 0, 7, 600, 450, 2] {
        let messages: Vec<_> = (index..index + count)
            .map(|n| common::message(n, n % 500))
            .collect();
        index += count;
        let mut wire = BytesMut::from(&b"in front"[..]);
        let mut expected = wire.clone();
        let all = messages.iter().map(|message| &message[..]);
        alice.tx.encrypt_all(all, &mut wire).unwrap();
        for message in &messages {
            twin.tx.encrypt(message, &mut expected).unwrap();
        }
        assert!(wire == expected);
        let mut wire = wire.split_off(8);
        for message in &messages {
            assert_eq!(bob.rx.next(&mut wire).unwrap().unwrap(), message[..]);
        }
        assert!(wire.is_empty());
    }
}

#[test]
fn one_too_long_and_none_is_sealed() {
    let (mut alice, _) = common::transports();
    let (mut twin, _) = common::transports();
    let too_long = vec![1; MAX_MESSAGE_LEN + 1];
    let mut wire = BytesMut::from(&b"in front"[..]);
    let capacity = wire.capacity();
    for messages in [
        [&b"short"[..], &too_long, b"short"],
        [b"short", b"short", &too_long],
        [&too_long, &too_long, &[]],
    ] {
        let refused = alice.tx.encrypt_all(messages, &mut wire);
        assert_eq!(refused, Err(TooLong { len: 65_536 }));
        assert_eq!((&wire[..], wire.capacity()), (&b"in front"[..], capacity));
    }
    // The nonce is where it was: the next frame is the first.
    let (mut first, mut expected) = (BytesMut::new(), BytesMut::new());
    alice.tx.encrypt_all([&too_long[1..]], &mut first).unwrap();
    twin.tx.encrypt(&too_long[1..], &mut expected).unwrap();
    assert!(first == expected);
}
