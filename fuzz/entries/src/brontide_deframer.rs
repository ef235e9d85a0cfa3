//! Frames, honest and not, in pieces of any size.
//!
//! An input is a script: how many messages are sent and how long each is, where one byte of what they became is
//! changed, how long the pieces are in which it arrives, and what an attacker writes behind it.

use brontide::bytes::BytesMut;
use brontide::secp256k1::SecretKey;
use brontide::{DecryptError, EphemeralKey, LocalSigner, Transport, initiator, responder};

/// Sends messages as `input` says, and receives them.
///
/// # Panics
/// If a message does not arrive as it was sent, something else arrives, or the receiver goes on after a fault.
pub fn brontide_deframer(input: &[u8]) {
    let mut script = Script(input);
    let (mut alice, mut bob) = transports();
    let mut wire = BytesMut::new();
    let mut sent = Vec::new();
    for n in 0..script.byte() % 4 {
        let message = vec![n; usize::from(script.two_bytes())];
        alice
            .tx
            .encrypt(&message, &mut wire)
            .expect("two bytes tell its length");
        sent.push(message);
    }
    let (at, mask) = (usize::from(script.two_bytes()), script.byte());
    let tampered = match wire.get_mut(at) {
        Some(byte) => {
            *byte ^= mask;
            mask != 0
        }
        None => false,
    };
    let count = usize::from(script.byte() % 16);
    let pieces: Vec<_> = (0..count).map(|_| usize::from(script.byte()) + 1).collect();
    wire.extend_from_slice(script.0);

    let (received, failed) = receive(&mut bob, &wire, &pieces);
    assert!(received.len() <= sent.len() && received == sent[..received.len()]);
    if tampered {
        assert!(received.len() < sent.len());
    } else {
        assert_eq!(received.len(), sent.len());
        // Nobody guesses a tag; of less than a header nothing can be said.
        assert_eq!(failed, script.0.len() >= brontide::HEADER_LEN);
    }
}

/// Feeds `wire` in pieces, round after round of these lengths, and returns the messages, and whether there was
/// a fault.
fn receive(bob: &mut Transport, wire: &[u8], pieces: &[usize]) -> (Vec<Vec<u8>>, bool) {
    let mut received = Vec::new();
    let mut buf = BytesMut::new();
    let mut rest = wire;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let len = pieces.next().map_or(rest.len(), |len| rest.len().min(*len));
        let (piece, behind) = rest.split_at(len);
        rest = behind;
        buf.extend_from_slice(piece);
        loop {
            match bob.rx.next(&mut buf) {
                Ok(Some(message)) => received.push(message.to_vec()),
                Ok(None) => break assert!(bob.rx.needed(&buf) > 0),
                Err(error) => {
                    assert_eq!(error, DecryptError::BadTag);
                    stays_poisoned(bob, &mut buf, rest);
                    return (received, true);
                }
            }
        }
    }
    (received, false)
}

fn stays_poisoned(bob: &mut Transport, buf: &mut BytesMut, rest: &[u8]) {
    buf.extend_from_slice(rest);
    let before = buf.clone();
    for _ in 0..3 {
        assert_eq!(bob.rx.next(buf), Err(DecryptError::Poisoned));
        assert_eq!(*buf, before);
        assert_eq!(bob.rx.needed(buf), 0);
    }
}

/// What is left of the input; zeros behind its end.
pub(crate) struct Script<'a>(pub(crate) &'a [u8]);

impl Script<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *byte
    }

    pub(crate) fn two_bytes(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }
}

/// Both sides behind a handshake, with the keys of the vectors in BOLT 8.
pub(crate) fn transports() -> (Transport, Transport) {
    let signer = |byte| LocalSigner::new(SecretKey::from_slice(&[byte; 32]).expect("a key"));
    let ephemeral = |byte| EphemeralKey::from_bytes([byte; 32]).expect("a key");
    let (alice, bob) = (signer(0x11), signer(0x21));
    let (one, waits) = initiator::start(alice.public_key(), bob.public_key(), ephemeral(0x12));
    let need = responder::AwaitActOne::new(bob.public_key())
        .read(&one)
        .expect("act one");
    let ecdh = bob.ecdh(&need.point());
    let (two, bob_waits) = need.finish(ecdh, ephemeral(0x22)).expect("act two");
    let need = waits.read(&two).expect("act two");
    let ecdh = alice.ecdh(&need.point());
    let (three, alice) = need.finish(ecdh);
    let (_, bob) = bob_waits.read(&three).expect("act three");
    (alice, bob)
}
