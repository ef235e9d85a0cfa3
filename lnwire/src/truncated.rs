//! `tu16`, `tu32`, `tu64`: integers without leading zero bytes that end a TLV record.

use bytes::BufMut;

use crate::{error::DecodeError, reader::Reader};

/// Reads a `tu16` that fills the rest of `reader`.
///
/// # Errors
/// [`DecodeError::NotMinimal`] for a leading zero byte, [`DecodeError::TrailingBytes`] for more than two.
pub fn read_tu16(field: &'static str, reader: &mut Reader<'_>) -> Result<u16, DecodeError> {
    read::<2>(field, reader).map(u16::from_be_bytes)
}

/// Reads a `tu32` that fills the rest of `reader`.
///
/// # Errors
/// [`DecodeError::NotMinimal`] for a leading zero byte, [`DecodeError::TrailingBytes`] for more than four.
pub fn read_tu32(field: &'static str, reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    read::<4>(field, reader).map(u32::from_be_bytes)
}

/// Reads a `tu64` that fills the rest of `reader`.
///
/// # Errors
/// [`DecodeError::NotMinimal`] for a leading zero byte, [`DecodeError::TrailingBytes`] for more than eight.
pub fn read_tu64(field: &'static str, reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    read::<8>(field, reader).map(u64::from_be_bytes)
}

/// Appends `value` without its leading zero bytes; also fits `tu16` and `tu32`, whose values are smaller.
pub fn write_tu64(value: u64, out: &mut impl BufMut) {
    let bytes = value.to_be_bytes();
    let (_, significant) = bytes.split_at(bytes.len().saturating_sub(tu64_len(value)));
    out.put_slice(significant);
}

/// Returns how many bytes [`write_tu64`] appends: 0 to 8.
#[must_use]
pub const fn tu64_len(value: u64) -> usize {
    match value.leading_zeros() {
        0..=7 => 8,
        8..=15 => 7,
        16..=23 => 6,
        24..=31 => 5,
        32..=39 => 4,
        40..=47 => 3,
        48..=55 => 2,
        56..=63 => 1,
        _ => 0,
    }
}

fn read<const N: usize>(
    field: &'static str,
    reader: &mut Reader<'_>,
) -> Result<[u8; N], DecodeError> {
    let bytes = reader.slice(field, reader.remaining())?;
    if bytes.first() == Some(&0) {
        return Err(DecodeError::NotMinimal { field });
    }
    let mut padded = [0; N];
    match N
        .checked_sub(bytes.len())
        .and_then(|at| padded.get_mut(at..))
    {
        Some(tail) => tail.copy_from_slice(bytes),
        None => {
            return Err(DecodeError::TrailingBytes {
                field,
                extra: bytes.len().saturating_sub(N),
            });
        }
    }
    Ok(padded)
}
