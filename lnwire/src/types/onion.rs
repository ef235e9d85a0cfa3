//! Names of onion services: base32 of a public key, a checksum and a version.
//!
//! Tor, [encoding onion addresses](https://spec.torproject.org/rend-spec/encoding-onion-addresses.html).

use core::fmt::{self, Write};

use bech32::primitives::{
    gf32::Fe32,
    iter::{ByteIterExt, Fe32IterExt},
};
use sha3::{Digest, Sha3_256};

/// The version byte, and with it the only layout that is checked here.
const VERSION: u8 = 3;

/// RFC 4648 base32 in lower case. Only for multiples of five bytes, which need no padding.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Bytes that are shown as base32.
pub(super) struct Base32<'a>(pub(super) &'a [u8]);

impl fmt::Display for Base32<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The groups of five bits are those of bech32, the letters for them are not.
        self.0.iter().copied().bytes_to_fes().try_for_each(|fe| {
            let letter = ALPHABET.get(usize::from(fe.to_u8()));
            f.write_char(letter.copied().map_or('?', char::from))
        })
    }
}

/// Reads `N` bytes of base32 in either case, `N` a multiple of five; `None` for anything else.
pub(super) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N.saturating_mul(8).div_ceil(5) {
        return None;
    }
    let value = |letter: u8| match letter {
        b'a'..=b'z' => letter.checked_sub(b'a'),
        b'A'..=b'Z' => letter.checked_sub(b'A'),
        b'2'..=b'7' => letter.checked_sub(b'2' - 26),
        _ => None,
    };
    if text.bytes().any(|letter| value(letter).is_none()) {
        return None;
    }
    let groups = text
        .bytes()
        .filter_map(|letter| Fe32::try_from(value(letter)?).ok());
    let mut bytes = [0; N];
    bytes
        .iter_mut()
        .zip(groups.fes_to_bytes())
        .for_each(|(to, from)| *to = from);
    Some(bytes)
}

/// Returns the 35 bytes behind the name of the service with this key.
pub(super) fn from_public_key(public_key: &[u8; 32]) -> [u8; 35] {
    let digest = Sha3_256::new()
        .chain_update(b".onion checksum")
        .chain_update(public_key)
        .chain_update([VERSION])
        .finalize();
    let checksum = digest.iter().copied().take(2);
    let mut onion = [0; 35];
    let parts = public_key.iter().copied().chain(checksum).chain([VERSION]);
    onion
        .iter_mut()
        .zip(parts)
        .for_each(|(to, from)| *to = from);
    onion
}

/// Returns whether checksum and version are right.
pub(super) fn is_valid(onion: &[u8; 35]) -> bool {
    onion
        .first_chunk()
        .is_some_and(|public_key| from_public_key(public_key) == *onion)
}
