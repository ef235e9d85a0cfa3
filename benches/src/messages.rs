//! Messages for the codecs: bytes that every implementation accepts, with points of the curve and signatures.

use lnwire::{
    BlockHeight, ChainHash, ShortChannelId, Timestamp, WireMessage,
    bolt7::{ReplyChannelRange, ShortChannelIds, Timestamps},
    bytes::{BufMut as _, Bytes, BytesMut},
};
use secp256k1::{Message, SECP256K1, SecretKey};

/// Makes a message of type `msg_type` whose fields are as `layout` says, a word for each:
///
/// - `p`: a point, each another one;
/// - `s`: a signature, each another one;
/// - a number: as many bytes, of any value but zero;
/// - `z` and a number: as many zeros;
/// - `=` and hex: these bytes.
///
/// # Panics
/// For other words.
#[must_use]
pub fn frame(msg_type: u16, layout: &str) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u16(msg_type);
    for (n, word) in (1..).zip(layout.split_whitespace()) {
        let key = SecretKey::from_slice(&[n; 32]).expect("not zero");
        match word.split_at(1) {
            ("p", "") => frame.put_slice(&key.public_key(SECP256K1).serialize()),
            ("s", "") => {
                let message = Message::from_digest([n; 32]);
                let signature = SECP256K1.sign_ecdsa(&message, &key);
                frame.put_slice(&signature.serialize_compact());
            }
            ("z", len) => frame.put_bytes(0, len.parse().expect("a number of bytes")),
            ("=", hex) => {
                let digits = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
                frame.extend(digits.map(|two| u8::from_str_radix(two, 16).expect("hex")));
            }
            _ => frame.put_bytes(n, word.parse().expect("a number of bytes")),
        }
    }
    frame.freeze()
}

/// Makes a `reply_channel_range` with that many channels, and with their updates' timestamps if these are wanted.
#[must_use]
pub fn reply_channel_range(channels: usize, timestamps: bool) -> Bytes {
    let ids = || (0..channels as u64).map(|n| ShortChannelId(800_000 << 40 | n << 16 | 1));
    let pairs = ids().map(|ShortChannelId(n)| [Timestamp(n as u32), Timestamp(1_700_000_000)]);
    bytes(&ReplyChannelRange {
        chain_hash: ChainHash::MAINNET,
        first_blocknum: BlockHeight(800_000),
        number_of_blocks: 1000,
        sync_complete: 1,
        short_channel_ids: ShortChannelIds::new(ids()),
        timestamps: timestamps.then(|| Timestamps::new(pairs)),
        checksums: None,
        unknown: Default::default(),
    })
}

/// Encodes a message.
///
/// # Panics
/// If it is too long.
#[must_use]
pub fn bytes(message: &impl WireMessage) -> Bytes {
    let mut frame = BytesMut::new();
    message.encode(&mut frame).expect("it is short enough");
    frame.freeze()
}
