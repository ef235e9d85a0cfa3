//! Fixed arrays of bytes that people read and write as hex.

use core::fmt;

/// Why a text is not the hex form of a fixed number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseHexError {
    /// The text has another length than twice the bytes.
    #[error("{expected} hex digits expected, {found} bytes of text found")]
    Length {
        /// Hex digits expected.
        expected: usize,
        /// Bytes of text found.
        found: usize,
    },
    /// A character is no hex digit.
    #[error("no hex digit at byte {at}")]
    Digit {
        /// Where, in bytes of the text.
        at: usize,
    },
}

pub(super) fn format(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

pub(super) fn parse<const N: usize>(text: &str) -> Result<[u8; N], ParseHexError> {
    let expected = N.saturating_mul(2);
    if text.len() != expected {
        return Err(ParseHexError::Length {
            expected,
            found: text.len(),
        });
    }
    let mut bytes = [0_u8; N];
    for (i, (byte, pair)) in bytes
        .iter_mut()
        .zip(text.as_bytes().chunks_exact(2))
        .enumerate()
    {
        for (j, &digit) in pair.iter().enumerate() {
            let value = char::from(digit)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok());
            let at = i.saturating_mul(2).saturating_add(j);
            *byte = (*byte << 4) | value.ok_or(ParseHexError::Digit { at })?;
        }
    }
    Ok(bytes)
}

/// Declares a newtype over `[u8; N]` with its bytes, its hex text both ways, and its place in a message.
macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Its length in bytes.
            pub const LEN: usize = $len;

            /// Returns the bytes.
            #[must_use]
            #[inline]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Takes one from the front of `reader`.
            ///
            /// # Errors
            /// [`DecodeError::Truncated`](crate::DecodeError::Truncated) when the message ends before.
            #[inline]
            pub fn read(
                field: &'static str,
                reader: &mut $crate::reader::Reader<'_>,
            ) -> Result<Self, $crate::error::DecodeError> {
                reader.array(field).map(Self)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::types::hex_bytes::format(&self.0, f)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::serde_form::put(&self.0, serializer)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::serde_form::take_array(deserializer).map(Self)
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::types::hex_bytes::ParseHexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::types::hex_bytes::parse(text).map(Self)
            }
        }
    };
}
pub(super) use hex_bytes;
