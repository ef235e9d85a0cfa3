//! What messages are made of: fields, which know their own length, and TLV values, which fill their record.

use bytes::{BufMut, Bytes};

use crate::{
    error::DecodeError,
    features::{Features, put_u16_prefixed},
    reader::Reader,
    time::Timestamp,
    types::{
        BlockHeight, ChainHash, ChannelId, FeeratePerKw, Msat, PaymentHash, PaymentPreimage,
        PerCommitmentSecret, Point, Sat, Sha256, ShortChannelId, Signature, Txid,
    },
};

/// A value with a place of its own in a message: it is as long as its bytes say.
///
/// It is read in two steps. First every field of a message is found, which is all that can fail; then the message
/// is made of what was found, each field copied once, from the frame to its place. In one step, half-made
/// messages would be carried along and copied again behind each question whether something failed.
pub trait Field: Sized {
    /// What the first step finds: where the bytes lie, or the value itself.
    type Found<'a>;

    /// Finds one at the front of `reader`; `field` is its name for the error.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes end before, or are none of these.
    fn find<'a>(
        field: &'static str,
        reader: &mut Reader<'a>,
    ) -> Result<Self::Found<'a>, DecodeError>;

    /// Makes the value of what was found in `frame`, which variable parts share.
    fn make(found: Self::Found<'_>, frame: &Bytes) -> Self;

    /// Takes one from the front of `reader`: both steps at once.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes end before, or are none of these.
    #[inline]
    fn read_field(field: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::find(field, reader).map(|found| Self::make(found, reader.frame()))
    }

    /// Returns how many bytes [`write_field`](Self::write_field) appends.
    fn field_len(&self) -> usize;

    /// Appends it.
    fn write_field<B: BufMut>(&self, out: &mut B);

    /// Hands it to serde: by default its bytes, which are hex in formats that people read.
    ///
    /// # Errors
    /// Those of the serializer.
    #[cfg(feature = "serde")]
    fn field_to_serde<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = alloc::vec::Vec::with_capacity(self.field_len());
        self.write_field(&mut bytes);
        crate::serde_form::put(&bytes, serializer)
    }

    /// Takes it from serde, as [`field_to_serde`](Self::field_to_serde) handed it over.
    ///
    /// # Errors
    /// Those of the deserializer, and bytes that are none of these.
    #[cfg(feature = "serde")]
    fn field_from_serde<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let bytes = crate::serde_form::take(deserializer)?.into();
        let mut reader = Reader::new(&bytes);
        let read = Self::read_field("field", &mut reader);
        read.and_then(|field| reader.finish("field").map(|()| field))
            .map_err(serde::de::Error::custom)
    }

    /// Makes one of random bytes: by default whatever the bytes say, or what zeros say if they say nothing.
    ///
    /// # Errors
    /// When not even zeros are one of these.
    #[cfg(feature = "arbitrary")]
    fn arbitrary_field(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
        crate::any::read_ahead(u, |reader| Self::read_field("field", reader))
    }
}

/// A value that fills a TLV record: the record says how long it is.
pub trait TlvValue: Sized {
    /// Reads the value from a record. What it leaves unread is an error of the stream.
    ///
    /// # Errors
    /// [`DecodeError`] when the record ends before, or the bytes are none of these.
    fn read_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Returns how many bytes [`write_value`](Self::write_value) appends.
    fn value_len(&self) -> usize;

    /// Appends it.
    fn write_value<B: BufMut>(&self, out: &mut B);

    /// Hands it to serde: by default its bytes, which are hex in formats that people read.
    ///
    /// # Errors
    /// Those of the serializer.
    #[cfg(feature = "serde")]
    fn value_to_serde<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = alloc::vec::Vec::with_capacity(self.value_len());
        self.write_value(&mut bytes);
        crate::serde_form::put(&bytes, serializer)
    }

    /// Takes it from serde, as [`value_to_serde`](Self::value_to_serde) handed it over.
    ///
    /// # Errors
    /// Those of the deserializer, and bytes that are none of these.
    #[cfg(feature = "serde")]
    fn value_from_serde<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let bytes = crate::serde_form::take(deserializer)?.into();
        let mut reader = Reader::new(&bytes);
        let read = Self::read_value("record", &mut reader);
        read.and_then(|value| reader.finish("record").map(|()| value))
            .map_err(serde::de::Error::custom)
    }

    /// Makes one of random bytes: by default whatever the bytes say.
    ///
    /// # Errors
    /// When they say nothing.
    #[cfg(feature = "arbitrary")]
    fn arbitrary_value(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
        crate::any::read_record(u, |record| Self::read_value("record", record))
    }
}

/// For values that have a form of their own in serde: numbers and short channel ids. Others are shown by their bytes.
macro_rules! as_itself {
    ($to_serde:ident, $from_serde:ident) => {
        #[cfg(feature = "serde")]
        fn $to_serde<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde::Serialize::serialize(self, serializer)
        }

        #[cfg(feature = "serde")]
        fn $from_serde<'de, D: serde::Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Self, D::Error> {
            serde::Deserialize::deserialize(deserializer)
        }
    };
}

/// For fields that share a part of the frame: how it is found, and what is made of it.
macro_rules! found_slice {
    (|$field:ident, $reader:ident| $find:expr, $make:expr) => {
        type Found<'a> = &'a [u8];

        #[inline]
        fn find<'a>(
            $field: &'static str,
            $reader: &mut $crate::reader::Reader<'a>,
        ) -> Result<&'a [u8], $crate::error::DecodeError> {
            $find
        }

        #[inline]
        fn make(found: &[u8], frame: &bytes::Bytes) -> Self {
            let make = $make;
            make($crate::reader::share(frame, found))
        }
    };
}
pub(crate) use found_slice;

/// For fields that are small values: found is made.
macro_rules! found_value {
    (|$field:ident, $reader:ident| $find:expr) => {
        type Found<'a> = Self;

        #[inline]
        fn find<'a>(
            $field: &'static str,
            $reader: &mut $crate::reader::Reader<'a>,
        ) -> Result<Self, $crate::error::DecodeError> {
            $find
        }

        #[inline]
        fn make(found: Self, _frame: &bytes::Bytes) -> Self {
            found
        }
    };
}
pub(crate) use found_value;

/// Bytes behind a `u16` length. In a record they fill it, and have none.
impl Field for Bytes {
    found_slice!(
        |field, reader| reader.u16_prefixed_slice(field),
        core::convert::identity
    );

    #[inline]
    fn field_len(&self) -> usize {
        self.len().saturating_add(2)
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(self, out);
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

impl<const N: usize> Field for [u8; N] {
    type Found<'a> = &'a Self;

    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a Self, DecodeError> {
        reader.array_ref(field)
    }

    #[inline]
    fn make(found: &Self, _frame: &Bytes) -> Self {
        *found
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
            impl Field for $ty {
                type Found<'a> = &'a [u8; $len];

                #[inline]
                fn find<'a>(
                    field: &'static str,
                    reader: &mut Reader<'a>,
                ) -> Result<&'a [u8; $len], DecodeError> {
                    reader.array_ref(field)
                }

                #[inline]
                fn make(found: &[u8; $len], _frame: &Bytes) -> Self {
                    let read: fn([u8; $len]) -> Self = $read;
                    read(*found)
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

                $($form!(field_to_serde, field_from_serde);)?
            }

            impl TlvValue for $ty {
                #[inline]
                fn read_value(
                    field: &'static str,
                    record: &mut Reader<'_>,
                ) -> Result<Self, DecodeError> {
                    Self::read_field(field, record)
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

impl Field for Point {
    type Found<'a> = &'a [u8; Self::LEN];

    #[inline]
    fn find<'a>(
        field: &'static str,
        reader: &mut Reader<'a>,
    ) -> Result<&'a [u8; Self::LEN], DecodeError> {
        reader.array_ref(field)
    }

    #[inline]
    fn make(found: &[u8; Self::LEN], _frame: &Bytes) -> Self {
        Self(*found)
    }

    #[inline]
    fn field_len(&self) -> usize {
        Self::LEN
    }

    #[inline]
    fn write_field<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self.as_bytes());
    }
}

/// A point in a TLV record must look like a compressed one (BOLT 1).
impl TlvValue for Point {
    #[inline]
    fn read_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::read_compressed(field, record)
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

/// A record that says all by being there.
impl TlvValue for () {
    #[inline]
    fn read_value(_field: &'static str, _record: &mut Reader<'_>) -> Result<Self, DecodeError> {
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
    fn read_value(_field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(record.rest())
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

impl TlvValue for Features {
    #[inline]
    fn read_value(_field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::from_bytes(record.rest()))
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
