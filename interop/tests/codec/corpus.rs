//! Messages to compare the codecs by: generated, mostly mended so that LDK likes them, and then broken.

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute::LockTime,
    consensus, transaction::Version,
};
use secp256k1::{PublicKey, SECP256K1, SecretKey};

use super::{
    kinds::Kind,
    layout::{Field, Layout, Tail, Value, put_record, records, spans},
    random::Random,
};

/// The longest message without its type.
const MAX_PAYLOAD: usize = 65533;
/// Types of records that are defined for some message, or by LDK.
const TYPES: [u64; 9] = [0, 1, 2, 3, 4, 5, 7, 65537, 75537];
const LENGTHS: [usize; 7] = [0, 1, 8, 9, 32, 33, 64];

/// Makes messages of one seed.
pub(crate) struct Corpus {
    random: Random,
    points: Vec<[u8; 33]>,
}

impl Corpus {
    pub(crate) fn new(seed: u64) -> Self {
        let key = |n| SecretKey::from_slice(&[n; 32]).unwrap();
        let point = |n| PublicKey::from_secret_key(SECP256K1, &key(n)).serialize();
        Self {
            random: Random(seed),
            points: (1..=8).map(point).collect(),
        }
    }

    /// A message without its type.
    pub(crate) fn generate(&mut self, kind: &Kind) -> Vec<u8> {
        loop {
            // Enough for an onion; sometimes too little for anything but zeros.
            let len = self.random.below(3000);
            let seed = self.random.bytes(len);
            let Some(frame) = (kind.generate)(&seed) else {
                continue;
            };
            let payload = &frame[2..];
            if self.random.once_in(10) {
                return payload.to_vec();
            }
            return self.mended(&kind.layout, payload);
        }
    }

    /// The message with points on the curve and the like.
    fn mended(&mut self, layout: &Layout, payload: &[u8]) -> Vec<u8> {
        let (spans, tail) = spans(layout, payload).expect("ours writes what it reads");
        let mut out = Vec::with_capacity(payload.len());
        for (field, span) in spans {
            let mut bytes = payload[span].to_vec();
            match field {
                Field::Point => bytes = self.point().to_vec(),
                Field::Flag => bytes[0] &= 1,
                Field::Onion => {
                    bytes[1..34].copy_from_slice(&self.point());
                }
                Field::Packet => {
                    let mut onion = self.random.bytes(66);
                    onion[1..34].copy_from_slice(&self.point());
                    let len = self.random.below(200);
                    onion.extend(self.random.bytes(len));
                    bytes = prefixed(&onion);
                }
                Field::Text => bytes[2..].iter_mut().for_each(|byte| *byte &= 0x7f),
                Field::Prevtx => bytes = prefixed(&self.transaction()),
                Field::Witnesses => bytes = self.witnesses(),
                _ => {}
            }
            out.extend_from_slice(&bytes);
        }
        let Tail::Records(known) = layout.tail else {
            out.extend_from_slice(&payload[tail..]);
            return out;
        };
        let (records, whole) = records(&payload[tail..]);
        // What is no stream stays what it is in one message of four, and is cut off where it ends to be one in others.
        if !whole && self.random.once_in(4) {
            out.extend_from_slice(&payload[tail..]);
            return out;
        }
        for (tlv_type, mut value) in records {
            match known.iter().find(|(known, _)| *known == tlv_type) {
                Some((_, Value::Point)) => value = self.point().to_vec(),
                Some((_, Value::Address)) => value = self.address(),
                _ => {}
            }
            put_record(tlv_type, &value, &mut out);
        }
        out
    }

    fn point(&mut self) -> [u8; 33] {
        *self.random.choose(&self.points)
    }

    fn address(&mut self) -> Vec<u8> {
        let (descriptor, len) = *self.random.choose(&[(1, 6), (2, 18), (4, 37), (5, 0)]);
        let mut address = vec![descriptor];
        match descriptor {
            5 => address.extend_from_slice(b"\x0bexample.com\x26\x07"),
            _ => address.extend(self.random.bytes(len)),
        }
        address
    }

    fn witness(&mut self) -> Witness {
        let items: Vec<Vec<u8>> = (0..self.random.below(4))
            .map(|_| {
                let len = self.random.below(80);
                self.random.bytes(len)
            })
            .collect();
        Witness::from_slice(&items)
    }

    fn witnesses(&mut self) -> Vec<u8> {
        let count = self.random.below(4);
        let mut out = (count as u16).to_be_bytes().to_vec();
        for _ in 0..count {
            out.extend(prefixed(&consensus::serialize(&self.witness())));
        }
        out
    }

    /// A transaction, or the nothing that a shared input has in its place.
    fn transaction(&mut self) -> Vec<u8> {
        if self.random.once_in(8) {
            return Vec::new();
        }
        let input = (0..=self.random.below(2)).map(|_| TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: self.witness(),
        });
        let input = input.collect();
        let output = vec![TxOut {
            value: Amount::from_sat(self.random.next() >> 20),
            script_pubkey: ScriptBuf::from_bytes(self.random.bytes(22)),
        }];
        consensus::serialize(&Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input,
            output,
        })
    }

    /// The message with something done to it.
    pub(crate) fn mutated(&mut self, layout: &Layout, payload: &[u8]) -> Vec<u8> {
        let mut out = payload.to_vec();
        let spans = spans(layout, payload);
        match (self.random.below(8), spans) {
            (0, _) => {
                for _ in 0..=self.random.below(3) {
                    flip(&mut self.random, &mut out);
                }
            }
            (1, _) => out.truncate(self.random.below(payload.len() + 1)),
            (2, _) => {
                let len = self.random.below(40);
                out.extend(self.random.bytes(len));
            }
            (3 | 4, Some((spans, _))) => {
                let special: Vec<_> = spans
                    .into_iter()
                    .filter(|(field, _)| !matches!(field, Field::Raw(_)))
                    .collect();
                if special.is_empty() {
                    flip(&mut self.random, &mut out);
                } else {
                    let (field, span) = self.random.choose(&special).clone();
                    let spoilt = self.spoilt(field, &payload[span.clone()]);
                    out.splice(span, spoilt);
                }
            }
            (_, Some((_, tail))) => {
                let stream = self.mutated_stream(&payload[tail..]);
                out.splice(tail.., stream);
            }
            (_, None) => flip(&mut self.random, &mut out),
        }
        out.truncate(MAX_PAYLOAD);
        out
    }

    /// A field with something wrong in it.
    fn spoilt(&mut self, field: Field, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        match field {
            Field::Point => flip(&mut self.random, &mut out),
            Field::Onion => flip(&mut self.random, &mut out[1..34]),
            Field::Signature => {
                let half = 32 * self.random.below(2);
                out[half..half + 32].fill(0xff);
            }
            Field::Flag | Field::MessageFlags => out[0] = self.random.byte(),
            _ => match self.random.below(4) {
                // The length alone.
                0 => {
                    let by = *self.random.choose(&[1, 0xffff, 8, 0x100]);
                    let len = u16::from_be_bytes([out[0], out[1]]).wrapping_add(by);
                    out[..2].copy_from_slice(&len.to_be_bytes());
                }
                1 => out = vec![0, 0],
                _ if out.len() > 2 => flip(&mut self.random, &mut out[2..]),
                _ => flip(&mut self.random, &mut out),
            },
        }
        out
    }

    fn mutated_stream(&mut self, stream: &[u8]) -> Vec<u8> {
        let (mut records, _) = records(stream);
        let at = self.random.below(records.len().max(1));
        let mut out = Vec::new();
        match self.random.below(8) {
            0 if records.len() > 1 => {
                let next = (at + 1) % records.len();
                records.swap(at, next);
            }
            1 if !records.is_empty() => records.insert(at, records[at].clone()),
            2 if !records.is_empty() => {
                if self.random.once_in(2) {
                    records[at].1.fill(0xff);
                } else {
                    let len = self.random.below(70);
                    records[at].1 = self.random.bytes(len);
                }
            }
            3 if !records.is_empty() => {
                // A type or length in more bytes than it needs.
                put_record(records[at].0, &records[at].1, &mut out);
                let place = usize::from(out[0] < 0xfd && self.random.once_in(2));
                let small = out[place];
                if small < 0xfd {
                    out.splice(place..=place, [0xfd, 0, small]);
                }
                records.remove(at);
            }
            4 if !records.is_empty() && !stream.is_empty() => {
                // One byte of the stream, often a type or a length.
                let mut stream = stream.to_vec();
                let at = self.random.below(stream.len().min(8));
                stream[at] = self.random.byte();
                return stream;
            }
            _ => {
                let tlv_type = match self.random.below(3) {
                    0 => 2 * (self.random.next() >> 40) + 1,
                    _ => *self.random.choose(&TYPES),
                };
                let len = match self.random.below(4) {
                    0 => self.random.below(60),
                    _ => *self.random.choose(&LENGTHS),
                };
                records.retain(|(other, _)| *other != tlv_type);
                records.push((tlv_type, self.random.bytes(len)));
                if !self.random.once_in(8) {
                    records.sort();
                }
            }
        }
        for (tlv_type, value) in records {
            put_record(tlv_type, &value, &mut out);
        }
        out
    }
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

fn flip(random: &mut Random, bytes: &mut [u8]) {
    if !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
}
