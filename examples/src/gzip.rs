//! Unpacks a file that fits into memory, up to a limit.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

/// Why a file cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GzipError {
    /// The compressed stream is broken or ends too early.
    #[error("byte {at}: the gzip stream breaks off ({kind})")]
    Broken {
        /// How many bytes could be unpacked.
        at: usize,
        /// What is wrong.
        kind: io::ErrorKind,
    },
    /// There is more than the caller wants to hold.
    #[error("byte {limit}: more than {limit} bytes")]
    TooLarge {
        /// The greatest number of unpacked bytes.
        limit: usize,
    },
}

impl GzipError {
    /// Returns the offset in the unpacked stream.
    #[must_use]
    pub const fn at(&self) -> usize {
        match *self {
            Self::Broken { at, .. } | Self::TooLarge { limit: at } => at,
        }
    }
}

/// Returns the unpacked bytes of `file`; a file that does not begin like gzip is returned as it is.
///
/// Holds at most `limit` bytes and what a growing vector keeps in reserve.
///
/// # Errors
/// [`GzipError`] with the offset in the unpacked stream.
pub fn unpack(file: &[u8], limit: usize) -> Result<Vec<u8>, GzipError> {
    let mut unpacked = Vec::new();
    let one_more = limit.saturating_add(1) as u64;
    let read = if file.starts_with(&MAGIC) {
        MultiGzDecoder::new(file)
            .take(one_more)
            .read_to_end(&mut unpacked)
    } else {
        file.take(one_more).read_to_end(&mut unpacked)
    };
    read.map_err(|error| GzipError::Broken {
        at: unpacked.len(),
        kind: error.kind(),
    })?;
    if unpacked.len() > limit {
        return Err(GzipError::TooLarge { limit });
    }
    Ok(unpacked)
}

/// RFC 1952, section 2.3.1.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_gzip_and_leaves_the_rest_alone() {
        assert_eq!(unpack(&pack(b"lightning"), 9).unwrap(), b"lightning");
        assert_eq!(unpack(b"lightning", 9).unwrap(), b"lightning");
        assert_eq!(
            unpack(b"lightning", 8),
            Err(GzipError::TooLarge { limit: 8 })
        );
    }

    #[test]
    fn a_small_file_cannot_become_a_large_one() {
        let bomb = pack(&vec![0; 1 << 24]);
        assert!(bomb.len() < 1 << 15);
        assert_eq!(
            unpack(&bomb, 1000),
            Err(GzipError::TooLarge { limit: 1000 })
        );
    }

    #[test]
    fn a_cut_at_any_byte_is_an_error() {
        let packed = pack(b"lightning");
        for len in 2..packed.len() {
            assert!(unpack(&packed[..len], 100).unwrap_err().at() <= 9, "{len}");
        }
    }
}
