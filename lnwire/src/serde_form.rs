//! How values look to serde: bytes are hex in formats that people read and bytes in others, a message is an object of
//! its fields.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeStruct,
};

use crate::codec::WireMessage;

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hands bytes over.
pub(crate) fn put<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.collect_str(&Hex(bytes))
    } else {
        serializer.serialize_bytes(bytes)
    }
}

/// Takes bytes.
pub(crate) fn take<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(BytesVisitor)
    } else {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

/// Takes a fixed number of bytes.
pub(crate) fn take_array<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let bytes = take(deserializer)?;
    let len = bytes.len();
    let wrong = |_| D::Error::custom(format_args!("{N} bytes expected, {len} found"));
    bytes.try_into().map_err(wrong)
}

/// Reads hex in either case.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |d: u8| {
        char::from(d)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    bytes.collect()
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hex, or bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        unhex(text).ok_or_else(|| E::custom("no hex, or an odd number of digits"))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.into())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

/// For `#[serde(with = …)]` on `Bytes` and arrays of bytes.
pub(crate) mod hex {
    use super::{Bytes, Deserializer, Serializer, Vec};
    use serde::de::Error;

    pub(crate) trait FromVec: Sized {
        fn from_vec(bytes: Vec<u8>) -> Option<Self>;
    }

    impl FromVec for Bytes {
        fn from_vec(bytes: Vec<u8>) -> Option<Self> {
            Some(bytes.into())
        }
    }

    impl<const N: usize> FromVec for [u8; N] {
        fn from_vec(bytes: Vec<u8>) -> Option<Self> {
            bytes.try_into().ok()
        }
    }

    pub(crate) fn serialize<S: Serializer>(
        bytes: &impl AsRef<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::put(bytes.as_ref(), serializer)
    }

    pub(crate) fn deserialize<'de, T: FromVec, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::from_vec(super::take(deserializer)?)
            .ok_or_else(|| D::Error::custom("wrong number of bytes"))
    }
}

/// A record of a message that the macro declares.
pub(crate) mod record {
    use super::{Deserializer, Serialize, Serializer};
    use crate::field::TlvValue;
    use serde::Deserialize;

    struct Put<'a, T>(&'a T);

    impl<T: TlvValue> Serialize for Put<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.value_to_serde(serializer)
        }
    }

    struct Take<T>(T);

    impl<'de, T: TlvValue> Deserialize<'de> for Take<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            T::value_from_serde(deserializer).map(Self)
        }
    }

    pub(crate) fn serialize<T: TlvValue, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Put).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: TlvValue, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let value = Option::<Take<T>>::deserialize(deserializer)?;
        Ok(value.map(|Take(value)| value))
    }
}

/// A field of a message that the macro declares.
pub(crate) mod field {
    use super::{Deserializer, Serializer};
    use crate::field::Field;

    pub(crate) fn serialize<T: Field, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.field_to_serde(serializer)
    }

    pub(crate) fn deserialize<'de, T: Field, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::field_from_serde(deserializer)
    }
}

/// Implements serde for a type that is kept as bytes: how to get at them, and how to make one of `Vec<u8>`.
macro_rules! as_bytes {
    ($ty:ty, |$this:ident| $bytes:expr, |$from:ident| $make:expr) => {
        #[cfg(feature = "serde")]
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $this = self;
                $crate::serde_form::put($bytes, serializer)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $from = $crate::serde_form::take(deserializer)?;
                $make.map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use as_bytes;

/// Implements serde for a list that is kept as bytes: it is a sequence of its items.
macro_rules! as_list {
    ($ty:ty, $item:ty) => {
        #[cfg(feature = "serde")]
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // Some formats have to be told the length.
                let items: alloc::vec::Vec<$item> = self.iter().collect();
                serializer.collect_seq(items)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let items =
                    <alloc::vec::Vec<$item> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::new(items))
            }
        }
    };
}
pub(crate) use as_list;

/// Implements serde for a message that is its bytes: in formats that people read an object of what its methods return,
/// and `raw`, which alone is read back; in others the bytes.
macro_rules! as_raw {
    ($ty:ident { $($method:ident),* $(,)? }) => {
        #[cfg(feature = "serde")]
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[allow(unused_imports, reason = "a message without fields to show")]
                use serde::ser::SerializeStruct as _;
                if !serializer.is_human_readable() {
                    return $crate::serde_form::put_raw(self, serializer);
                }
                let fields = 1_usize $(.saturating_add({ let _ = stringify!($method); 1 }))*;
                #[allow(unused_mut, reason = "a message without fields to show")]
                let mut object = serializer.serialize_struct(stringify!($ty), fields)?;
                $(object.serialize_field(stringify!($method), &self.$method())?;)*
                $crate::serde_form::put_raw_field(self, object)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let frame = $crate::serde_form::take_raw(deserializer)?;
                <Self as $crate::WireMessage>::decode(frame).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use as_raw;

struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        put(self.0, serializer)
    }
}

fn raw(message: &impl WireMessage) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.encoded_len());
    message.write(&mut bytes);
    bytes
}

/// Hands a message over as bytes.
pub(crate) fn put_raw<S: Serializer>(
    message: &impl WireMessage,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    put(&raw(message), serializer)
}

/// Ends the object of a message with its bytes.
pub(crate) fn put_raw_field<O: SerializeStruct>(
    message: &impl WireMessage,
    mut object: O,
) -> Result<O::Ok, O::Error> {
    object.serialize_field("raw", &Raw(&raw(message)))?;
    object.end()
}

/// Takes the bytes of a message.
pub(crate) fn take_raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    #[derive(serde::Deserialize)]
    struct Object {
        #[serde(with = "hex")]
        raw: Bytes,
    }
    if deserializer.is_human_readable() {
        <Object as serde::Deserialize>::deserialize(deserializer).map(|object| object.raw)
    } else {
        take(deserializer).map(Bytes::from)
    }
}
