//! A message of 65,536 bytes is refused, and the next one goes out as if it had never been tried.

mod common;

use brontide::bytes::{BufMut, BytesMut};
use brontide::{MAX_FRAME_LEN, MAX_MESSAGE_LEN, TooLong};

#[test]
fn too_long_leaves_everything_as_it_was() {
    let (mut alice, mut bob) = common::transports();
    let (mut twin, _) = common::transports();
    let (mut wire, mut expected) = (BytesMut::new(), BytesMut::new());
    alice.tx.encrypt(b"before", &mut wire).unwrap();
    twin.tx.encrypt(b"before", &mut expected).unwrap();

    let too_long = vec![1; MAX_MESSAGE_LEN + 1];
    let capacity = wire.capacity();
    assert_eq!(
        alice.tx.encrypt(&too_long, &mut wire),
        Err(TooLong { len: 65_536 })
    );
    assert_eq!(wire.capacity(), capacity);
    let refused = alice
        .tx
        .encrypt_with(&mut wire, |out| out.put_slice(&too_long));
    assert_eq!(refused, Err(TooLong { len: 65_536 }));
    assert_eq!(wire, expected);

    // The largest that fits.
    alice.tx.encrypt(&too_long[1..], &mut wire).unwrap();
    twin.tx.encrypt(&too_long[1..], &mut expected).unwrap();
    assert_eq!(wire, expected);
    assert_eq!(wire.len(), 18 + 6 + 16 + MAX_FRAME_LEN);
    assert_eq!(bob.rx.next(&mut wire).unwrap().unwrap(), &b"before"[..]);
    assert_eq!(bob.rx.next(&mut wire).unwrap().unwrap(), too_long[1..]);
}
