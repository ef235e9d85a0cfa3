//! Both directions beside each other, over rotations, until a byte of one is changed.
//!
//! An input is a list of steps. The lowest bit of a step's first byte is the direction, the next two say what is done:
//! messages are sealed, so many and so long; what is under way arrives; or one byte of it is changed.

use alloc::collections::VecDeque;

use brontide::bytes::BytesMut;
use brontide::{DecryptError, Decryptor, Encryptor, HEADER_LEN, TAG_LEN};

use crate::brontide_deframer::{Script, transports};

/// Messages of one input at most, both ways together: two rotations of one of them.
const MESSAGES: usize = 1200;

/// Seals, alters and opens as `input` says.
///
/// # Panics
/// If a message does not arrive as it was sent, an altered frame opens, something of it is left in the buffer, or
/// the other direction suffers from it.
pub fn brontide_ciphertext(input: &[u8]) {
    let (alice, bob) = transports();
    let mut ways = [Way::new(alice.tx, bob.rx), Way::new(bob.tx, alice.rx)];
    let mut script = Script(input);
    let mut room = MESSAGES;
    while !script.0.is_empty() {
        let step = script.byte();
        let [to_bob, to_alice] = &mut ways;
        let way = if step & 1 == 0 { to_bob } else { to_alice };
        match step >> 1 & 3 {
            0 | 1 => {
                let count = room.min(usize::from(script.byte()) + 1);
                room -= count;
                way.seal(count, script.byte());
            }
            2 => way.arrive(),
            _ => way.alter(script.two_bytes().into(), script.byte()),
        }
    }
    ways.iter_mut().for_each(Way::arrive);
}

/// One direction.
struct Way {
    tx: Encryptor,
    rx: Decryptor,
    wire: BytesMut,
    /// What is in `wire`.
    sent: VecDeque<Vec<u8>>,
    is_over: bool,
}

impl Way {
    fn new(tx: Encryptor, rx: Decryptor) -> Self {
        Self {
            tx,
            rx,
            wire: BytesMut::new(),
            sent: VecDeque::new(),
            is_over: false,
        }
    }

    fn seal(&mut self, count: usize, len: u8) {
        if self.is_over {
            return;
        }
        // No zeros, so that what is wiped can be told from what was not there.
        let message = vec![len | 1; len.into()];
        let all = core::iter::repeat_n(&message[..], count);
        let sealed = self.tx.encrypt_all(all, &mut self.wire);
        sealed.expect("they are short");
        self.sent.extend(core::iter::repeat_n(message, count));
    }

    fn arrive(&mut self) {
        if self.is_over {
            return self.stays_over();
        }
        while let Some(expected) = self.sent.pop_front() {
            let message = self.rx.next(&mut self.wire).expect("as it was sealed");
            assert!(message.expect("all of it") == expected);
        }
        assert!(self.wire.is_empty());
    }

    fn alter(&mut self, at: usize, mask: u8) {
        if self.is_over || self.wire.is_empty() || mask == 0 {
            return;
        }
        let mut at = at % self.wire.len();
        self.wire[at] ^= mask;
        loop {
            let message = self.sent.pop_front().expect("`at` is in one of them");
            let frame = HEADER_LEN + message.len() + TAG_LEN;
            if at < frame {
                assert_eq!(self.rx.next(&mut self.wire), Err(DecryptError::BadTag));
                let text = if at < HEADER_LEN { 2 } else { message.len() };
                assert!(self.wire[..text].iter().all(|byte| *byte == 0));
                break;
            }
            let opened = self
                .rx
                .next(&mut self.wire)
                .expect("before what was altered");
            assert!(opened.expect("all of it") == message);
            at -= frame;
        }
        self.is_over = true;
        self.stays_over();
    }

    fn stays_over(&mut self) {
        let before = self.wire.clone();
        assert_eq!(self.rx.next(&mut self.wire), Err(DecryptError::Poisoned));
        assert!(self.wire == before);
    }
}
