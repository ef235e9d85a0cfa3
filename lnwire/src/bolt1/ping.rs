//! `ping` (18) and `pong` (19): signs of life.

use bytes::{BufMut, Bytes};

use crate::{
    codec::{WireMessage, open, sum},
    error::DecodeError,
    features::put_u16_prefixed,
};

/// The longest pong that can be asked for, in bytes; a ping that asks for more wants no answer (BOLT 1).
pub const MAX_PONG_BYTES: u16 = 65531;

/// Asks for a pong of a given length.
///
/// BOLT 1, [the `ping` and `pong` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-ping-and-pong-messages).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ping {
    /// Length of the answer's `ignored` field in bytes; above [`MAX_PONG_BYTES`] no answer is due.
    pub num_pong_bytes: u16,
    /// Padding, of no meaning.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
    pub ignored: Bytes,
    /// Bytes behind the fields, kept.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
    pub extra: Bytes,
}

impl Ping {
    /// Returns the length of the pong that is due in bytes, or `None` if none is.
    #[must_use]
    pub const fn pong_len(&self) -> Option<u16> {
        if self.num_pong_bytes <= MAX_PONG_BYTES {
            Some(self.num_pong_bytes)
        } else {
            None
        }
    }
}

impl WireMessage for Ping {
    const TYPE: u16 = 18;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        Ok(Self {
            num_pong_bytes: reader.u16("num_pong_bytes")?,
            ignored: reader.u16_prefixed("ignored")?,
            extra: reader.rest(),
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        sum(&[2, 2, 2, self.ignored.len(), self.extra.len()])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(Self::TYPE);
        out.put_u16(self.num_pong_bytes);
        put_u16_prefixed(&self.ignored, out);
        out.put_slice(&self.extra);
    }
}

/// Answers a ping.
///
/// BOLT 1, [the `ping` and `pong` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-ping-and-pong-messages).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pong {
    /// As many bytes as the ping asked for, of no meaning.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
    pub ignored: Bytes,
    /// Bytes behind the fields, kept.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
    pub extra: Bytes,
}

impl WireMessage for Pong {
    const TYPE: u16 = 19;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        Ok(Self {
            ignored: reader.u16_prefixed("ignored")?,
            extra: reader.rest(),
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        sum(&[2, 2, self.ignored.len(), self.extra.len()])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(Self::TYPE);
        put_u16_prefixed(&self.ignored, out);
        out.put_slice(&self.extra);
    }
}
