//! Node ids as bech32, which fit a DNS label where hex would not.

use core::{
    fmt::{self, Write},
    str::FromStr,
};

use bech32::{
    Bech32, Hrp,
    primitives::{
        decode::CheckedHrpstring,
        iter::{ByteIterExt, Fe32IterExt},
    },
};

use crate::types::NodeId;

/// A node id whose text form is bech32: `ln1…`, 62 characters.
///
/// The checksum is that of [BIP 173](https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki); there is no
/// witness version. Text in upper case is accepted, mixed case is not. The key is not checked to lie on the curve.
///
/// BOLT 10, [query semantics](https://github.com/lightning/bolts/blob/master/10-dns-bootstrap.md#query-semantics).
///
/// ```
/// use lnwire::bolt10::Bech32NodeId;
/// let text = "ln1qwktpe6jxltmpphyl578eax6fcjc2m807qalr76a5gfmx7k9qqfjwy4mctz";
/// let Bech32NodeId(node_id) = text.parse()?;
/// assert_eq!(node_id.to_string(), "03acb0e75237d7b086e4fd3c7cf4da4e25856ceff03bf1fb5da213b37ac5001327");
/// assert_eq!(Bech32NodeId(node_id).to_string(), text);
/// # Ok::<(), lnwire::bolt10::ParseBech32NodeIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bech32NodeId(pub NodeId);

/// The human-readable part of a node id.
const PREFIX: &str = "ln";

impl Bech32NodeId {
    /// The length of the text: prefix, separator, 53 groups of five bits, checksum.
    pub const TEXT_LEN: usize = 62;
}

impl fmt::Display for Bech32NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hrp = Hrp::parse_unchecked(PREFIX);
        let bytes = self.0.as_bytes().iter().copied();
        let mut chars = bytes.bytes_to_fes().with_checksum::<Bech32>(&hrp).chars();
        chars.try_for_each(|c| f.write_char(c))
    }
}

/// Why a text is no node id in bech32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseBech32NodeIdError {
    /// Characters, case or checksum are wrong.
    #[error("no bech32, or a wrong checksum")]
    Bech32,
    /// The part before the separator is not `ln`.
    #[error("bech32 of something else than a node")]
    Prefix,
    /// It holds another number of bytes than a key has, or bits behind them that are not zero.
    #[error("bech32 of something else than 33 bytes")]
    Length,
}

impl FromStr for Bech32NodeId {
    type Err = ParseBech32NodeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let checked =
            CheckedHrpstring::new::<Bech32>(text).map_err(|_| ParseBech32NodeIdError::Bech32)?;
        if !checked.hrp().as_str().eq_ignore_ascii_case(PREFIX) {
            return Err(ParseBech32NodeIdError::Prefix);
        }
        // The length of the text says the number of groups, the padding that the last bit is zero.
        if text.len() != Self::TEXT_LEN || checked.validate_segwit_padding().is_err() {
            return Err(ParseBech32NodeIdError::Length);
        }
        let mut bytes = [0; NodeId::LEN];
        bytes
            .iter_mut()
            .zip(checked.byte_iter())
            .for_each(|(to, from)| *to = from);
        Ok(Self(NodeId(bytes)))
    }
}
