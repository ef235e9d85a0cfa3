//! Each half works on a thread of its own, and rotates its key there.

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use brontide::bytes::BytesMut;
use brontide::{Decryptor, Encryptor};

/// Each way; the key rotates after 500.
const MESSAGES: usize = 1600;

#[test]
fn halves_on_two_threads() {
    let (alice, bob) = common::transports();
    thread::scope(|scope| {
        for (tx, rx) in [(alice.tx, bob.rx), (bob.tx, alice.rx)] {
            let (to, from) = channel();
            scope.spawn(move || seal(tx, &to));
            scope.spawn(move || open(rx, from));
        }
    });
}

fn seal(mut tx: Encryptor, to: &Sender<BytesMut>) {
    for index in 0..MESSAGES {
        let mut frame = BytesMut::new();
        tx.encrypt(&common::message(index, index % 300), &mut frame)
            .unwrap();
        to.send(frame).unwrap();
    }
}

fn open(mut rx: Decryptor, from: Receiver<BytesMut>) {
    let mut wire = BytesMut::new();
    let mut opened = 0;
    for bytes in from {
        wire.extend_from_slice(&bytes);
        while let Some(message) = rx.next(&mut wire).unwrap() {
            assert_eq!(message, common::message(opened, opened % 300));
            opened += 1;
        }
    }
    assert_eq!((opened, wire.len()), (MESSAGES, 0));
}
