//! However the network cuts the stream, the same messages come out; and whatever it sends, nothing panics.

mod common;

use brontide::bytes::BytesMut;
use brontide::{DecryptError, Decryptor, initiator, responder};
use proptest::prelude::*;

/// Drives a decryptor with pieces of any content and size. It ends at the first error, as a connection does.
///
/// Everything a fuzzer could ask for is checked on the way: the buffer never grows, a failure is final, and
/// `needed` tells the truth.
fn drive<'a>(
    rx: &mut Decryptor,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Vec<u8>>, Option<DecryptError>) {
    let (mut buf, mut messages) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            let (before, needed) = (buf.len(), rx.needed(&buf));
            match rx.next(&mut buf) {
                Ok(Some(message)) => {
                    assert!(needed == 0 && buf.len() + message.len() + 16 <= before);
                    messages.push(message.to_vec());
                }
                Ok(None) => {
                    assert!(buf.len() <= before && rx.needed(&buf) > 0);
                    break;
                }
                Err(error) => {
                    assert_eq!(rx.next(&mut buf), Err(DecryptError::Poisoned));
                    return (messages, Some(error));
                }
            }
        }
    }
    (messages, None)
}

/// Cuts `stream` at `cuts`, each taken modulo what is left.
fn cut<'a>(mut stream: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts {
        let (piece, rest) = stream.split_at(cut % (stream.len() + 1));
        pieces.push(piece);
        stream = rest;
    }
    pieces.push(stream);
    pieces
}

#[test]
fn single_bytes() {
    let (mut alice, mut bob) = common::transports();
    let sent: Vec<_> = (0..5).map(|i| common::message(i, i * 40)).collect();
    let mut stream = BytesMut::new();
    for message in &sent {
        alice.tx.encrypt(message, &mut stream).unwrap();
    }
    assert_eq!(drive(&mut bob.rx, stream.chunks(1)), (sent, None));
}

#[test]
fn needed_leads_from_frame_to_frame() {
    let (mut alice, mut bob) = common::transports();
    let mut stream = BytesMut::new();
    alice.tx.encrypt(&[7; 300], &mut stream).unwrap();
    let mut buf = BytesMut::new();
    assert_eq!(bob.rx.needed(&buf), 18);
    buf.extend_from_slice(&stream.split_to(18));
    assert_eq!(bob.rx.needed(&buf), 0);
    assert_eq!(bob.rx.next(&mut buf), Ok(None));
    assert_eq!(bob.rx.needed(&buf), 316);
    buf.extend_from_slice(&stream.split_to(316));
    assert_eq!(bob.rx.needed(&buf), 0);
    assert_eq!(bob.rx.next(&mut buf).unwrap().unwrap(), [7; 300][..]);
    assert_eq!(bob.rx.needed(&buf), 18);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split(lens in prop::collection::vec(prop_oneof![0..64_usize, 0..2_000_usize], 1..12),
                 cuts in prop::collection::vec(0..600_usize, 0..40)) {
        let (mut alice, mut bob) = common::transports();
        let sent: Vec<_> = lens.iter().enumerate().map(|(i, len)| common::message(i, *len)).collect();
        let mut stream = BytesMut::new();
        for message in &sent {
            alice.tx.encrypt(message, &mut stream).unwrap();
        }
        prop_assert_eq!(drive(&mut bob.rx, cut(&stream, &cuts)), (sent, None));
    }

    #[test]
    fn arbitrary_bytes_never_open(stream in prop::collection::vec(any::<u8>(), 0..300),
                                  cuts in prop::collection::vec(0..60_usize, 0..8)) {
        let (_, mut bob) = common::transports();
        let expected = (stream.len() >= 18).then_some(DecryptError::BadTag);
        prop_assert_eq!(drive(&mut bob.rx, cut(&stream, &cuts)), (vec![], expected));
    }

    /// Good frames, then something else in one of them: all before it arrive, none after.
    #[test]
    fn altered_streams_end_where_they_were_altered(at in any::<prop::sample::Index>(),
                                                   change in 1..=255_u8,
                                                   cuts in prop::collection::vec(0..200_usize, 0..20)) {
        let (mut alice, mut bob) = common::transports();
        let sent: Vec<_> = (0..8).map(|i| common::message(i, 100)).collect();
        let mut stream = BytesMut::new();
        for message in &sent {
            alice.tx.encrypt(message, &mut stream).unwrap();
        }
        let at = at.index(stream.len());
        stream[at] ^= change;
        let whole = at / 134;
        let expected = (sent[..whole].to_vec(), Some(DecryptError::BadTag));
        prop_assert_eq!(drive(&mut bob.rx, cut(&stream, &cuts)), expected);
    }

    #[test]
    fn arbitrary_acts_are_refused(mut one in prop::array::uniform32(any::<u8>()), valid_key in any::<bool>(),
                                  rest in prop::array::uniform32(any::<u8>())) {
        one[0] &= 3;
        let mut act = [0; 66];
        act[..32].copy_from_slice(&one);
        act[32..64].copy_from_slice(&rest);
        let (alice, bob) = (common::signer([0x11; 32]), common::signer([0x21; 32]));
        if valid_key {
            act[0] = 0;
            act[1..34].copy_from_slice(&alice.public_key().serialize());
        }
        let mut short = [0; 50];
        short.copy_from_slice(&act[..50]);
        let (act_one, waits) =
            initiator::start(alice.public_key(), bob.public_key(), common::ephemeral([0x12; 32]));
        prop_assert!(waits.read(&short).is_err());
        if let Ok(need) = responder::AwaitActOne::new(bob.public_key()).read(&short) {
            let ecdh = bob.ecdh(&need.point());
            prop_assert!(need.finish(ecdh, common::ephemeral([0x22; 32])).is_err());
        }
        let need = responder::AwaitActOne::new(bob.public_key()).read(&act_one).unwrap();
        let ecdh = bob.ecdh(&need.point());
        let (_, waits) = need.finish(ecdh, common::ephemeral([0x22; 32])).unwrap();
        prop_assert!(waits.read(&act).is_err());
    }
}
