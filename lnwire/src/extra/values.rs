//! What the records of proposals contain.

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::{
    big_size::BigSize,
    error::DecodeError,
    field::{Field, TlvValue, made_of_part, made_when_found},
    reader::Reader,
    types::{Address, Alias, Color, NodeId, Point, Txid},
};

/// Declares a newtype over `[u8; N]` that fills a record.
macro_rules! array_value {
    ($($(#[$doc:meta])* $name:ident, $len:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub [u8; $len]);

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(concat!(stringify!($name), "("))?;
                    self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                    f.write_str(")")
                }
            }

            made_when_found!($name);

            impl TlvValue for $name {
                fn find_value(
                    field: &'static str,
                    record: &mut Reader<'_>,
                ) -> Result<Self, DecodeError> {
                    record.array(field).map(Self)
                }

                fn value_len(&self) -> usize {
                    $len
                }

                fn write_value<B: BufMut>(&self, out: &mut B) {
                    out.put_slice(&self.0);
                }
            }
        )*
    };
}

array_value! {
    /// A Schnorr signature as in [BIP 340](https://github.com/bitcoin/bips/blob/master/bip-0340.mediawiki): 64
    /// bytes, not checked.
    SchnorrSignature, 64;
    /// A MuSig2 partial signature as in
    /// [BIP 327](https://github.com/bitcoin/bips/blob/master/bip-0327.mediawiki): 32 bytes, not checked.
    PartialSignature, 32;
    /// A MuSig2 public nonce as in
    /// [BIP 327](https://github.com/bitcoin/bips/blob/master/bip-0327.mediawiki): 66 bytes, two points, not
    /// checked.
    PublicNonce, 66;
    /// The root of a taproot script tree: 32 bytes.
    MerkleRootHash, 32;
}

/// An output of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outpoint {
    /// The transaction.
    pub txid: Txid,
    /// The output's index in the transaction.
    pub index: u16,
}

made_when_found!(Outpoint);

impl TlvValue for Outpoint {
    fn find_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            txid: Txid(record.array(field)?),
            index: record.u16(field)?,
        })
    }

    fn value_len(&self) -> usize {
        34
    }

    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.txid.0);
        out.put_u16(self.index);
    }
}

/// A node's self-chosen name: at most 32 bytes, which should be UTF-8. Hostile text: show it as an [`Alias`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Utf8Alias(Bytes);

impl Utf8Alias {
    /// Takes a name; `None` when it is longer than 32 bytes.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        (name.len() <= Self::MAX_LEN).then(|| Self(Bytes::copy_from_slice(name.as_bytes())))
    }

    /// The greatest length in bytes.
    pub const MAX_LEN: usize = 32;

    /// Returns the bytes as received.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Returns the name as `node_announcement` has it, padded with zeros, which can be shown.
    #[must_use]
    pub fn alias(&self) -> Alias {
        let mut alias = Alias::default();
        alias
            .0
            .iter_mut()
            .zip(&self.0)
            .for_each(|(to, from)| *to = *from);
        alias
    }
}

impl fmt::Debug for Utf8Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Utf8Alias({})", self.alias())
    }
}

made_of_part!(Utf8Alias, Self);

impl TlvValue for Utf8Alias {
    fn find_value<'a>(
        field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<&'a [u8], DecodeError> {
        match record.remaining().saturating_sub(Self::MAX_LEN) {
            0 => Ok(record.rest_slice()),
            extra => Err(DecodeError::TrailingBytes { field, extra }),
        }
    }

    fn value_len(&self) -> usize {
        self.0.len()
    }

    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.0);
    }
}

/// Declares a list of addresses of one kind, each with its port.
macro_rules! addresses {
    ($($(#[$doc:meta])* $name:ident: $ip:ty, $len:literal, $read:expr, $bytes:expr, $address:ident { $host:ident };)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name(Bytes);

            impl $name {
                /// Makes the list of these addresses and ports.
                #[must_use]
                pub fn new(addresses: impl IntoIterator<Item = ($ip, u16)>) -> Self {
                    let mut bytes = BytesMut::new();
                    let octets: fn($ip) -> [u8; $len] = $bytes;
                    for (host, port) in addresses {
                        bytes.put_slice(&octets(host));
                        bytes.put_u16(port);
                    }
                    Self(bytes.freeze())
                }

                /// Returns the addresses in their order.
                pub fn iter(&self) -> impl Iterator<Item = Address> + '_ {
                    let read: fn([u8; $len]) -> $ip = $read;
                    self.0.chunks_exact($len + 2).filter_map(move |chunk| {
                        let (host, mut port) = chunk.split_first_chunk::<$len>()?;
                        Some(Address::$address {
                            $host: read(*host),
                            port: port.get_u16(),
                        })
                    })
                }
            }

            made_of_part!($name, Self);

            impl TlvValue for $name {
                fn find_value<'a>(
                    field: &'static str,
                    record: &mut Reader<'a>,
                ) -> Result<&'a [u8], DecodeError> {
                    const ELEMENT: usize = $len + 2;
                    let (len, element) = (record.remaining(), ELEMENT);
                    if len % ELEMENT != 0 {
                        return Err(DecodeError::Ragged { field, len, element });
                    }
                    Ok(record.rest_slice())
                }

                fn value_len(&self) -> usize {
                    self.0.len()
                }

                fn write_value<B: BufMut>(&self, out: &mut B) {
                    out.put_slice(&self.0);
                }
            }
        )*
    };
}

addresses! {
    /// IPv4 addresses with their TCP ports.
    Ipv4Addrs: Ipv4Addr, 4, Ipv4Addr::from, |ip| ip.octets(), Ipv4 { ip };
    /// IPv6 addresses with their TCP ports.
    Ipv6Addrs: Ipv6Addr, 16, Ipv6Addr::from, |ip| ip.octets(), Ipv6 { ip };
    /// Tor v3 onion services (public key, checksum, version: 35 bytes) with their virtual ports.
    TorV3Addrs: [u8; 35], 35, |onion| onion, |onion| onion, TorV3 { onion };
}

/// Types of the crate that only these records hold.
macro_rules! field_value {
    ($($ty:ty, $len:literal, $read:expr, $write:expr;)*) => {
        $(
            made_when_found!($ty);

            impl TlvValue for $ty {
                fn find_value(
                    field: &'static str,
                    record: &mut Reader<'_>,
                ) -> Result<Self, DecodeError> {
                    record.array::<$len>(field).map($read)
                }

                fn value_len(&self) -> usize {
                    $len
                }

                fn write_value<B: BufMut>(&self, out: &mut B) {
                    let write: fn(&Self) -> [u8; $len] = $write;
                    out.put_slice(&write(self));
                }
            }
        )*
    };
}

field_value! {
    Color, 3, Self, |color| color.0;
}

made_when_found!(NodeId);

/// Like a [`Point`] in a record, it must look like a compressed key.
impl TlvValue for NodeId {
    fn find_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Point::read_compressed(field, record).map(|point| Self(point.0))
    }

    fn value_len(&self) -> usize {
        Self::LEN
    }

    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(self.as_bytes());
    }
}

impl TlvValue for BigSize {
    fn find_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::read(field, record)
    }

    fn value_len(&self) -> usize {
        self.field_len()
    }

    fn write_value<B: BufMut>(&self, out: &mut B) {
        self.write_field(out);
    }
}
