//! Which transaction a message speaks of.

use core::{fmt, str::FromStr};

use super::hex_bytes::{ParseHexError, format, parse};

/// The id of a Bitcoin transaction: the double SHA-256 of its part without witnesses.
///
/// Holds the bytes as on the wire, which is the order in which a hash function gives them. The text form is the
/// other way round, as block explorers and Bitcoin Core have it.
///
/// ```
/// use lnwire::Txid;
/// let mut bytes = [0; 32];
/// bytes[0] = 0xab;
/// let txid = Txid(bytes);
/// assert!(txid.to_string().ends_with("00ab"));
/// assert_eq!(txid.to_string().parse(), Ok(txid));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Txid(pub [u8; 32]);

impl Txid {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// Returns the bytes in the order of the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn reversed(mut self) -> Self {
        self.0.reverse();
        self
    }
}

impl fmt::Display for Txid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        format(&self.reversed().0, f)
    }
}

impl fmt::Debug for Txid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Txid({self})")
    }
}

impl FromStr for Txid {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(|bytes| Self(bytes).reversed())
    }
}
