//! The checksum of what is stored.

/// Returns the CRC-32C of earlier bytes, whose checksum is `earlier`, and these; 0 if there are no earlier ones.
#[cfg(feature = "std")]
pub(crate) fn append(earlier: u32, bytes: &[u8]) -> u32 {
    ::crc32c::crc32c_append(earlier, bytes)
}

/// As with the standard library, without its processor detection: by table.
#[cfg(not(feature = "std"))]
pub(crate) fn append(earlier: u32, bytes: &[u8]) -> u32 {
    const CRC32C: crc::Crc<u32, crc::Table<16>> =
        crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISCSI);
    // The algorithm reflects its start value and inverts its result.
    let start = (!earlier).reverse_bits();
    let mut digest = CRC32C.digest_with_initial(start);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_pieces_is_that_of_the_whole() {
        // 0xe3069283 is the check value of CRC-32C for these digits.
        assert_eq!(append(0, b"123456789"), 0xe306_9283);
        assert_eq!(append(append(0, b"1234"), b"56789"), 0xe306_9283);
    }
}
