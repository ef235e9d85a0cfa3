//! What messages are made of: fields, which know their own length, and TLV values, which fill their record.

mod frame;
mod values;

use bytes::{BufMut, Bytes};

use crate::{error::DecodeError, reader::Reader};

pub(crate) use frame::Owned;
pub use frame::{Frame, Part};

/// A value that is made of the bytes of a frame, in steps.
///
/// First everything in a message is found, which is all that can fail: if each value was made at once, half-made messages
/// would be carried along and copied again behind each question whether something failed. Then each is kept, and then the
/// message is made of them, for which the frame itself may be taken.
pub trait FromFrame: Sized {
    /// What the first step finds: where the bytes lie, or the value itself.
    type Found<'a>;

    /// What is kept of it without the frame: the value itself, or where its bytes lie.
    type Kept;

    /// Returns how many parts of the frame [`make`](Self::make) will share.
    #[inline]
    fn parts(_found: &Self::Found<'_>) -> usize {
        0
    }

    /// Keeps what was found in `frame`.
    fn keep(found: Self::Found<'_>, frame: &Bytes) -> Self::Kept;

    /// Makes the value of what was kept. Variable parts share the frame.
    fn make<F: Frame>(kept: Self::Kept, frame: &mut F) -> Self;
}

/// A value with a place of its own in a message: it is as long as its bytes say.
pub trait Field: FromFrame {
    /// How many bytes it takes, if these are always as many.
    const LEN: Option<usize> = None;

    /// How many bytes it begins with, whatever it holds: all of them if [`LEN`](Self::LEN) says how many; those of the length in
    /// front of bytes. A type of the second kind writes its head and its rest by methods of its own.
    const HEAD: usize = match Self::LEN {
        Some(len) => len,
        None => 0,
    };

    /// Finds one at the front of `reader`; `field` is its name for the error.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes end before, or are none of these.
    fn find<'a>(
        field: &'static str,
        reader: &mut Reader<'a>,
    ) -> Result<Self::Found<'a>, DecodeError>;

    /// Takes one from the front of `reader`: all steps at once.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes end before, or are none of these.
    #[inline]
    fn read_field(field: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let frame = reader.frame();
        let kept = Self::keep(Self::find(field, reader)?, frame);
        Ok(Self::make(kept, &mut { frame }))
    }

    /// Returns how many bytes [`write_field`](Self::write_field) appends.
    fn field_len(&self) -> usize;

    /// Appends it.
    fn write_field<B: BufMut>(&self, out: &mut B);

    /// Appends its first [`HEAD`](Self::HEAD) bytes.
    #[inline]
    fn write_head<B: BufMut>(&self, out: &mut B) {
        if Self::HEAD > 0 {
            self.write_field(out);
        }
    }

    /// Appends what is behind these.
    #[inline]
    fn write_rest<B: BufMut>(&self, out: &mut B) {
        if Self::HEAD == 0 {
            self.write_field(out);
        }
    }

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
pub trait TlvValue: FromFrame {
    /// How many bytes it takes, if these are always as many.
    const LEN: Option<usize> = None;

    /// Finds the value in a record. What it leaves unread is an error of the stream.
    ///
    /// # Errors
    /// [`DecodeError`] when the record ends before, or the bytes are none of these.
    fn find_value<'a>(
        field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<Self::Found<'a>, DecodeError>;

    /// Reads the value from a record: all steps at once.
    ///
    /// # Errors
    /// As for [`find_value`](Self::find_value).
    #[inline]
    fn read_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let frame = record.frame();
        let kept = Self::keep(Self::find_value(field, record)?, frame);
        Ok(Self::make(kept, &mut { frame }))
    }

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

/// For values that have a form of their own in serde, such as numbers, and are made of random bytes in a way of their own.
/// Others are shown by their bytes.
macro_rules! as_itself {
    ($to_serde:ident, $from_serde:ident, $arbitrary:ident) => {
        $crate::field::as_itself!($to_serde, $from_serde);

        #[cfg(feature = "arbitrary")]
        fn $arbitrary(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
            // By reborrowing: the value keeps nothing of the bytes.
            arbitrary::Arbitrary::arbitrary(u)
        }
    };
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

pub(crate) use as_itself;

/// For values that share a part of the frame: what is made of it.
macro_rules! made_of_part {
    ($ty:ty, $make:expr) => {
        impl $crate::field::FromFrame for $ty {
            type Found<'a> = &'a [u8];
            type Kept = $crate::field::Part;

            #[inline]
            fn parts(found: &&[u8]) -> usize {
                usize::from(!found.is_empty())
            }

            #[inline]
            fn keep(found: &[u8], frame: &bytes::Bytes) -> Self::Kept {
                $crate::field::Part::of(found, frame)
            }

            #[inline]
            fn make<F: $crate::field::Frame>(kept: Self::Kept, frame: &mut F) -> Self {
                let make = $make;
                make(frame.share(kept))
            }
        }
    };
}
pub(crate) use made_of_part;

/// For values that are small: found is made.
macro_rules! made_when_found {
    ($ty:ty) => {
        impl $crate::field::FromFrame for $ty {
            type Found<'a> = Self;
            type Kept = Self;

            #[inline]
            fn keep(found: Self, _frame: &bytes::Bytes) -> Self {
                found
            }

            #[inline]
            fn make<F: $crate::field::Frame>(kept: Self, _frame: &mut F) -> Self {
                kept
            }
        }
    };
}
pub(crate) use made_when_found;
