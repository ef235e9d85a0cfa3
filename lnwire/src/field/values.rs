//! Fields and values of TLV records that are bytes, numbers, hashes, keys and feature bits.

use bytes::{BufMut, Bytes};

use super::{Field, Frame, FromFrame, TlvValue, as_itself, made_of_part, made_when_found};
use crate::{
    error::DecodeError,
    features::{Features, put_u16_len, put_u16_prefixed},
    reader::Reader,
    time::Timestamp,
    types::{
        BlockHeight, ChainHash, ChannelId, FeeratePerKw, Msat, PaymentHash, PaymentPreimage,
        PerCommitmentSecret, Point, Sat, Sha256, ShortChannelId, Signature, Txid,
    },
};

made_of_part!(Bytes, core::convert::identity);

/// Bytes behind a `u16` length. In a record they fill it, and have none.
impl Field for Bytes {
    const HEAD: usize = 2;

    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        reader.u16_prefixed_slice(field)
    }

    #[inline]
    fn field_len(&self) -> usize {
        self.len().saturating_add(2)
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(self, out);
    }

    #[inline]
    fn write_head<B: BufMut>(&self, out: &mut B) {
        put_u16_len(self, out);
    }

    #[inline]
    fn write_rest<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self);
    }

    #[cfg(feature = "serde")]
    fn field_to_serde<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::serde_form::put(self, serializer)
    }

    #[cfg(feature = "serde")]
    fn field_from_serde<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        crate::serde_form::take(deserializer).map(Self::from)
    }

    #[cfg(feature = "arbitrary")]
    fn arbitrary_field(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
        crate::any::blob(u, crate::any::MAX_BLOB)
    }
}

/// Appends bytes as eights. A message's head, which is put together of them and then appended, is held in registers so: put
/// together of larger pieces it lies in memory meanwhile, and the processor waits where it reads other pieces than it wrote.
#[inline(always)]
fn put_words<B: BufMut>(bytes: &[u8], out: &mut B) {
    let words = bytes.chunks_exact(8);
    let rest = words.remainder();
    for word in words {
        let word: [u8; 8] = word.try_into().unwrap_or_default();
        out.put_slice(&u64::from_ne_bytes(word).to_ne_bytes());
    }
    out.put_slice(rest);
}

impl<const N: usize> FromFrame for [u8; N] {
    type Found<'a> = &'a Self;
    type Kept = Self;

    #[inline]
    fn keep(found: &Self, _frame: &Bytes) -> Self {
        *found
    }

    #[inline]
    fn make<F: Frame>(kept: Self, _frame: &mut F) -> Self {
        kept
    }
}

impl<const N: usize> Field for [u8; N] {
    const LEN: Option<usize> = Some(N);

    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a Self, DecodeError> {
        reader.array_ref(field)
    }

    #[inline]
    fn field_len(&self) -> usize {
        N
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self);
    }
}

/// Fields of a fixed number of bytes, which are TLV values too.
macro_rules! fixed {
    ($($ty:ty: $len:literal, $read:expr, $write:expr $(, $form:ident)?;)*) => {
        $(
            impl FromFrame for $ty {
                type Found<'a> = &'a [u8; $len];
                type Kept = Self;

                #[inline]
                fn keep(found: &[u8; $len], _frame: &Bytes) -> Self {
                    let read: fn([u8; $len]) -> Self = $read;
                    read(*found)
                }

                #[inline]
                fn make<F: Frame>(kept: Self, _frame: &mut F) -> Self {
                    kept
                }
            }

            impl Field for $ty {
                const LEN: Option<usize> = Some($len);

                #[inline]
                fn find<'a>(
                    field: &'static str,
                    reader: &mut Reader<'a>,
                ) -> Result<&'a [u8; $len], DecodeError> {
                    reader.array_ref(field)
                }

                #[inline]
                fn field_len(&self) -> usize {
                    $len
                }

                #[inline]
                fn write_field<B: BufMut>(&self, out: &mut B) {
                    let write: fn(&Self) -> [u8; $len] = $write;
                    out.put_slice(&write(self));
                }

                #[inline]
                fn write_head<B: BufMut>(&self, out: &mut B) {
                    let write: fn(&Self) -> [u8; $len] = $write;
                    put_words(&write(self), out);
                }

                $($form!(field_to_serde, field_from_serde);)?
            }

            impl TlvValue for $ty {
                const LEN: Option<usize> = Some($len);

                #[inline]
                fn find_value<'a>(
                    field: &'static str,
                    record: &mut Reader<'a>,
                ) -> Result<&'a [u8; $len], DecodeError> {
                    record.array_ref(field)
                }

                #[inline]
                fn value_len(&self) -> usize {
                    $len
                }

                #[inline]
                fn write_value<B: BufMut>(&self, out: &mut B) {
                    self.write_field(out);
                }

                $($form!(value_to_serde, value_from_serde);)?
            }
        )*
    };
}

fixed! {
    u8: 1, Self::from_be_bytes, |n| n.to_be_bytes(), as_itself;
    u16: 2, Self::from_be_bytes, |n| n.to_be_bytes(), as_itself;
    u32: 4, Self::from_be_bytes, |n| n.to_be_bytes(), as_itself;
    u64: 8, Self::from_be_bytes, |n| n.to_be_bytes(), as_itself;
    i64: 8, Self::from_be_bytes, |n| n.to_be_bytes(), as_itself;
    Msat: 8, |b| Self(u64::from_be_bytes(b)), |n| n.0.to_be_bytes(), as_itself;
    ShortChannelId: 8, |b| Self(u64::from_be_bytes(b)), |n| n.0.to_be_bytes(), as_itself;
    ChainHash: 32, Self, |n| n.0;
    ChannelId: 32, Self, |n| n.0;
    Signature: 64, Self, |n| n.0;
    Sat: 8, |b| Self(u64::from_be_bytes(b)), |n| n.0.to_be_bytes();
    FeeratePerKw: 4, |b| Self(u32::from_be_bytes(b)), |n| n.0.to_be_bytes();
    BlockHeight: 4, |b| Self(u32::from_be_bytes(b)), |n| n.0.to_be_bytes();
    Timestamp: 4, |b| Self(u32::from_be_bytes(b)), |n| n.0.to_be_bytes(), as_itself;
    Txid: 32, Self, |n| n.0;
    PaymentHash: 32, Self, |n| n.0;
    Sha256: 32, Self, |n| n.0;
    PaymentPreimage: 32, Self, |n| n.0;
    PerCommitmentSecret: 32, Self, |n| n.0;
}

impl FromFrame for Point {
    type Found<'a> = &'a [u8; Self::LEN];
    type Kept = Self;

    #[inline]
    fn keep(found: &[u8; Self::LEN], _frame: &Bytes) -> Self {
        Self(*found)
    }

    #[inline]
    fn make<F: Frame>(kept: Self, _frame: &mut F) -> Self {
        kept
    }
}

impl Field for Point {
    const LEN: Option<usize> = Some(Self::LEN);

    #[inline]
    fn find<'a>(
        field: &'static str,
        reader: &mut Reader<'a>,
    ) -> Result<&'a [u8; Self::LEN], DecodeError> {
        reader.array_ref(field)
    }

    #[inline]
    fn field_len(&self) -> usize {
        Self::LEN
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self.as_bytes());
    }

    #[inline]
    fn write_head<B: BufMut>(&self, out: &mut B) {
        put_words(self.as_bytes(), out);
    }
}

/// A point in a TLV record must look like a compressed one (BOLT 1).
impl TlvValue for Point {
    const LEN: Option<usize> = Some(Self::LEN);

    #[inline]
    fn find_value<'a>(
        field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<&'a [u8; Self::LEN], DecodeError> {
        Self::compressed(field, record)
    }

    #[inline]
    fn value_len(&self) -> usize {
        Self::LEN
    }

    #[inline]
    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self.as_bytes());
    }

    #[cfg(feature = "arbitrary")]
    fn arbitrary_value(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
        let Self([prefix, x @ ..]) = u.arbitrary()?;
        let mut point = [2 | prefix & 1; Self::LEN];
        point
            .iter_mut()
            .skip(1)
            .zip(x)
            .for_each(|(to, from)| *to = from);
        Ok(Self(point))
    }
}

made_when_found!(());

/// A record that says all by being there.
impl TlvValue for () {
    #[inline]
    fn find_value(_field: &'static str, _record: &mut Reader<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    #[inline]
    fn value_len(&self) -> usize {
        0
    }

    #[inline]
    fn write_value<B: BufMut>(&self, _out: &mut B) {}
}

impl TlvValue for Bytes {
    #[inline]
    fn find_value<'a>(
        _field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<&'a [u8], DecodeError> {
        Ok(record.rest_slice())
    }

    #[inline]
    fn value_len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self);
    }
}

/// Bits behind a `u16` length. In a record they fill it, and have none.
impl Field for Features {
    const HEAD: usize = 2;

    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        reader.u16_prefixed_slice(field)
    }

    #[inline]
    fn field_len(&self) -> usize {
        self.as_bytes().len().saturating_add(2)
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(self.as_bytes(), out);
    }

    #[inline]
    fn write_head<B: BufMut>(&self, out: &mut B) {
        put_u16_len(self.as_bytes(), out);
    }

    #[inline]
    fn write_rest<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self.as_bytes());
    }

    as_itself!(field_to_serde, field_from_serde, arbitrary_field);
}

impl TlvValue for Features {
    #[inline]
    fn find_value<'a>(
        _field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<&'a [u8], DecodeError> {
        Ok(record.rest_slice())
    }

    #[inline]
    fn value_len(&self) -> usize {
        self.as_bytes().len()
    }

    #[inline]
    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self.as_bytes());
    }
}
