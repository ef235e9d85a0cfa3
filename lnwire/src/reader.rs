//! A checked cursor over a received message: the only place that slices input.

use bytes::Bytes;

use crate::error::DecodeError;

/// Reads fields from the front of a message, each call naming its field for the error.
///
/// Variable parts come out as [`Bytes`] which share the message's buffer; nothing is copied.
///
/// ```
/// use lnwire::{Reader, bytes::Bytes};
///
/// let frame = Bytes::from_static(&[0, 2, 7, 8, 9]);
/// let mut reader = Reader::new(&frame);
/// assert_eq!(reader.u16_prefixed("data")?, [7, 8][..]);
/// assert!(reader.finish("data").is_err(), "one byte is left");
/// # Ok::<(), lnwire::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// The buffer that `rest` lies in, to share slices of.
    frame: &'a Bytes,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `frame`.
    #[must_use]
    #[inline]
    pub fn new(frame: &'a Bytes) -> Self {
        Self { frame, rest: frame }
    }

    /// Returns how many bytes are left.
    #[must_use]
    #[inline]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Returns whether nothing is left.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns the bytes that are left, without taking them.
    #[must_use]
    #[inline]
    pub const fn peek(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes `len` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer are left.
    #[inline]
    pub const fn slice(
        &mut self,
        field: &'static str,
        len: usize,
    ) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(len) {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(truncated(field, len, self.rest.len())),
        }
    }

    /// Takes `len` bytes as a slice that shares the message's buffer.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer are left.
    #[inline]
    pub fn bytes(&mut self, field: &'static str, len: usize) -> Result<Bytes, DecodeError> {
        match self.slice(field, len) {
            Ok(slice) => Ok(share(self.frame, slice)),
            Err(error) => Err(error),
        }
    }

    /// Takes all that is left as a slice that shares the message's buffer.
    #[inline]
    pub fn rest(&mut self) -> Bytes {
        let rest = self.rest_slice();
        share(self.frame, rest)
    }

    /// Takes all that is left, which stays where it is.
    #[inline]
    pub(crate) fn rest_slice(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Returns the message that is read.
    #[must_use]
    #[inline]
    pub const fn frame(&self) -> &'a Bytes {
        self.frame
    }

    /// Takes `len` bytes as a reader of their own.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer are left.
    #[inline]
    pub const fn sub(&mut self, field: &'static str, len: usize) -> Result<Self, DecodeError> {
        match self.slice(field, len) {
            Ok(rest) => Ok(Self {
                frame: self.frame,
                rest,
            }),
            Err(error) => Err(error),
        }
    }

    /// Takes a fixed number of bytes, which stay where they are.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer are left.
    #[inline]
    pub const fn array_ref<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(truncated(field, N, self.rest.len())),
        }
    }

    /// Takes a fixed number of bytes by value.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer are left.
    #[inline]
    pub const fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        match self.array_ref(field) {
            Ok(array) => Ok(*array),
            Err(error) => Err(error),
        }
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when none is left.
    #[inline]
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_be_bytes)
    }

    /// Takes a big-endian `u16`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer than 2 bytes are left.
    #[inline]
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Takes a big-endian `u32`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer than 4 bytes are left.
    #[inline]
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Takes a big-endian `u64`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer than 8 bytes are left.
    #[inline]
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// Takes a `u16` length and that many bytes, which stay where they are.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when the message ends before.
    #[inline]
    pub fn u16_prefixed_slice(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = self.u16(field)?;
        self.slice(field, usize::from(len))
    }

    /// Takes a `u16` length and that many bytes as a slice that shares the message's buffer.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when the message ends before.
    #[inline]
    pub fn u16_prefixed(&mut self, field: &'static str) -> Result<Bytes, DecodeError> {
        match self.u16_prefixed_slice(field) {
            Ok(slice) => Ok(share(self.frame, slice)),
            Err(error) => Err(error),
        }
    }

    /// Demands that everything has been read.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`] when bytes are left.
    #[inline]
    pub const fn finish(&self, field: &'static str) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes {
                field,
                extra: self.rest.len(),
            })
        }
    }
}

/// Apart, so that the compiler knows which way a message usually goes: it would take what lies behind many questions for rare.
#[cold]
#[inline]
const fn truncated(field: &'static str, needed: usize, available: usize) -> DecodeError {
    DecodeError::Truncated {
        field,
        needed,
        available,
    }
}

/// Shares a part of a frame. Most variable parts are empty: these are made on the spot, without a call.
#[inline]
pub(crate) fn share(frame: &Bytes, part: &[u8]) -> Bytes {
    if part.is_empty() {
        return Bytes::new();
    }
    frame.slice_ref(part)
}
