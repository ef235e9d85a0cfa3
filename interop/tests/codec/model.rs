//! What LDK should make of a message, told from its layout and the rows of the table alone.

use bitcoin::{Transaction, Witness, consensus};
use secp256k1::{PublicKey, ecdsa};

use super::{
    kinds::Kind,
    layout::{Field, Tail, Value, put_record, records, spans},
    rows::{TABLE, Why},
};

/// LDK's verdict as it should be.
#[derive(Default)]
pub(crate) struct Model {
    /// There is something that both must refuse.
    pub(crate) broken: bool,
    /// Why LDK refuses it, and ours does not.
    pub(crate) refusals: Vec<Why>,
    /// How LDK encodes it again.
    pub(crate) encoded: Vec<u8>,
    /// Why that is not what came.
    pub(crate) changes: Vec<Why>,
}

impl Model {
    pub(crate) fn new(kind: &Kind, payload: &[u8]) -> Self {
        let mut model = Self::default();
        let Some((spans, tail)) = spans(&kind.layout, payload) else {
            model.broken = true;
            return model;
        };
        for (field, span) in spans {
            model.field(field, &payload[span]);
        }
        model.tail(kind, &payload[tail..]);
        model
    }

    pub(crate) fn accepts(&self) -> bool {
        !self.broken && self.refusals.is_empty()
    }

    fn refuse_unless(&mut self, good: bool, why: Why) {
        if !good {
            self.refusals.push(why);
        }
    }

    /// Appends what LDK writes for a part of the message.
    fn encode(&mut self, came: &[u8], goes: &[u8], why: Why) {
        if came != goes {
            self.changes.push(why);
        }
        self.encoded.extend_from_slice(goes);
    }

    fn field(&mut self, field: Field, bytes: &[u8]) {
        let content = bytes.get(2..).unwrap_or_default();
        match field {
            Field::Raw(_) | Field::Blob => {}
            Field::Point => self.refuse_unless(is_point(bytes), Why::PointInvalid),
            Field::Signature => self.refuse_unless(is_signature(bytes), Why::SignatureInvalid),
            Field::Signatures => {
                let good = content.chunks(64).all(is_signature);
                self.refuse_unless(good, Why::SignatureInvalid);
            }
            Field::Flag => self.refuse_unless(bytes[0] < 2, Why::FlagUnknown),
            Field::MessageFlags => self.refuse_unless(bytes[0] & 1 == 1, Why::MustBeOneUnset),
            Field::Text => {
                self.refuse_unless(core::str::from_utf8(content).is_ok(), Why::TextNotUtf8);
            }
            Field::Prevtx => {
                let good = content.is_empty() || is_transaction(content);
                self.refuse_unless(good, Why::PrevtxUnreadable);
            }
            Field::Witnesses => self.refuse_unless(are_witnesses(content), Why::WitnessUnreadable),
            Field::Addresses => {
                self.refuse_unless(are_addresses(content), Why::AddressUnreadable);
            }
            Field::Packet => {
                let good = content.len() >= 66 && is_point(&content[1..34]);
                self.refuse_unless(good, Why::PacketUnreadable);
            }
            Field::ShortIds => match content {
                [] => self.refusals.push(Why::NoEncoding),
                [encoding, ids @ ..] => self.broken |= *encoding != 0 || ids.len() % 8 != 0,
            },
            Field::Padding => {
                let mut zeros = vec![0; bytes.len()];
                zeros[..2].copy_from_slice(&bytes[..2]);
                return self.encode(bytes, &zeros, Why::PaddingZeroed);
            }
            Field::Onion => {
                let mut onion = bytes.to_vec();
                if !is_point(&bytes[1..34]) {
                    onion[1..34].fill(0);
                }
                return self.encode(bytes, &onion, Why::OnionKeyZeroed);
            }
            Field::InitFeatures => {
                return self.encode(bytes, &merged(bytes), Why::InitFeaturesMerged);
            }
        }
        self.encoded.extend_from_slice(bytes);
    }

    fn tail(&mut self, kind: &Kind, tail: &[u8]) {
        let known = match kind.layout.tail {
            Tail::Kept => return self.encoded.extend_from_slice(tail),
            Tail::Dropped => return self.encode(tail, &[], Why::ExtensionDropped),
            Tail::Records(known) => known,
        };
        let (records, whole) = records(tail);
        let ordered = records.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let mut good = whole && ordered;
        let mut kept = Vec::with_capacity(tail.len());
        for (tlv_type, value) in &records {
            let Some((_, content)) = known.iter().find(|(known, _)| known == tlv_type) else {
                if *tlv_type == 2 && value.is_empty() && matches!(kind.msg_type, 72 | 73) {
                    self.refusals.push(Why::RbfConfirmedInputs);
                } else {
                    good &= tlv_type % 2 == 1;
                }
                continue;
            };
            match content {
                Value::Any => {}
                Value::Len(len) => good &= value.len() == *len,
                Value::Chains => good &= value.len() % 32 == 0,
                Value::Point if value.len() == 33 => {
                    self.refuse_unless(is_point(value), Why::PointInvalid);
                }
                Value::Signature if value.len() == 64 => {
                    self.refuse_unless(is_signature(value), Why::SignatureInvalid);
                }
                Value::Point | Value::Signature => good = false,
                Value::Address => {
                    let address = address_len(value) == Ok(Some(value.len()));
                    self.refuse_unless(address, Why::RemoteAddrUnreadable);
                }
                Value::OwnLen(len) => {
                    self.refuse_unless(value.len() == *len, Why::OwnRecordInvalid);
                }
                // No path is made here, so the only list of them is the empty one, which LDK does not write.
                Value::OwnPaths => {
                    self.refuse_unless(value.is_empty(), Why::OwnRecordInvalid);
                    continue;
                }
            }
            put_record(*tlv_type, value, &mut kept);
        }
        if !good && keeps_extension(kind.msg_type) {
            self.refusals.push(Why::ExtensionInvalid);
        } else if !good {
            self.broken = true;
        }
        self.encode(tail, &kept, Why::RecordsDropped);
    }
}

/// Whether ours keeps what lies behind the fields without reading it, and LDK reads it.
fn keeps_extension(msg_type: u16) -> bool {
    let mut rows = TABLE.iter();
    rows.any(|row| row.why == Why::ExtensionInvalid && row.types.contains(&msg_type))
}

fn is_point(bytes: &[u8]) -> bool {
    PublicKey::from_slice(bytes).is_ok()
}

fn is_signature(bytes: &[u8]) -> bool {
    ecdsa::Signature::from_compact(bytes).is_ok()
}

fn is_transaction(bytes: &[u8]) -> bool {
    consensus::deserialize::<Transaction>(bytes).is_ok()
}

fn are_witnesses(mut bytes: &[u8]) -> bool {
    while let Some((len, rest)) = bytes.split_first_chunk::<2>() {
        let (witness, rest) = rest.split_at(u16::from_be_bytes(*len).into());
        if consensus::deserialize::<Witness>(witness).is_err() {
            return false;
        }
        bytes = rest;
    }
    true
}

/// How long the address descriptor at the start is, `None` for one of an unknown type, an error for none.
fn address_len(bytes: &[u8]) -> Result<Option<usize>, ()> {
    let len = match bytes.first().ok_or(())? {
        1 => 7,
        2 => 19,
        3 => 13,
        4 => 38,
        5 => {
            let len = 2 + usize::from(*bytes.get(1).ok_or(())?);
            let name = bytes.get(2..len).ok_or(())?;
            let may_be = |c: &u8| c.is_ascii_alphanumeric() || b"._-".contains(c);
            if !name.iter().all(may_be) {
                return Err(());
            }
            len + 2
        }
        _ => return Ok(None),
    };
    if len > bytes.len() {
        return Err(());
    }
    Ok(Some(len))
}

/// Addresses of known types up to the end, or to the first of an unknown type.
fn are_addresses(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match address_len(bytes) {
            Ok(Some(len)) => bytes = &bytes[len..],
            Ok(None) => return true,
            Err(()) => return false,
        }
    }
    true
}

/// Both feature fields of an `init` as LDK writes them: the first has the bits up to 13 of the second, the second has
/// all bits of both.
fn merged(fields: &[u8]) -> Vec<u8> {
    let (len, rest) = fields.split_first_chunk::<2>().unwrap();
    let (global, rest) = rest.split_at(u16::from_be_bytes(*len).into());
    let features = &rest[2..];
    let mut all = vec![0; global.len().max(features.len())];
    for field in [global, features] {
        let bytes = all.iter_mut().rev().zip(field.iter().rev());
        bytes.for_each(|(all, byte)| *all |= byte);
    }
    let mut low = all[all.len().saturating_sub(2)..].to_vec();
    if low.len() == 2 {
        low[0] &= 0b0011_1111;
    }
    let mut merged = Vec::new();
    for field in [low, all] {
        merged.extend_from_slice(&(field.len() as u16).to_be_bytes());
        merged.extend_from_slice(&field);
    }
    merged
}
