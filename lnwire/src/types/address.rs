//! Where a node says it can be reached.
//!
//! BOLT 7, [the `node_announcement` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-node_announcement-message).

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use bytes::{BufMut, Bytes};

use super::onion::{self, Base32};
use crate::{error::DecodeError, reader::Reader};

/// One address descriptor.
///
/// The text form is that of every other program: `203.0.113.7:9735`, `[2001:db8::1]:9735`, `….onion:9735`,
/// `node.example.com:9735`. `Display` shows whatever was received; parsing takes what may be announced and used, so
/// no port 0, no Tor v2, no onion address whose checksum is wrong, no host name of other characters than those of
/// BOLT 7.
///
/// ```
/// use lnwire::Address;
/// let address: Address = "[2001:db8::1]:9735".parse()?;
/// assert!(matches!(address, Address::Ipv6 { port: 9735, .. }));
/// assert_eq!(address.to_string(), "[2001:db8::1]:9735");
/// # Ok::<(), lnwire::ParseAddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Address {
    /// Type 1.
    Ipv4 {
        /// The address.
        ip: Ipv4Addr,
        /// The TCP port.
        port: u16,
    },
    /// Type 2.
    Ipv6 {
        /// The address.
        ip: Ipv6Addr,
        /// The TCP port.
        port: u16,
    },
    /// Type 3: the 80-bit hash of a Tor v2 onion service, which Tor no longer serves.
    TorV2 {
        /// The first ten bytes of the hash of the service's key.
        #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
        onion: [u8; 10],
        /// The virtual port.
        port: u16,
    },
    /// Type 4: a Tor v3 onion service.
    TorV3 {
        /// Public key (32 bytes), checksum (2), version (1), as received; [`Address::tor_v3`] makes them.
        #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
        onion: [u8; 35],
        /// The virtual port.
        port: u16,
    },
    /// Type 5: a DNS name, to be resolved to IP addresses.
    Dns {
        /// The name.
        hostname: Hostname,
        /// The TCP port.
        port: u16,
    },
}

/// A DNS name of at most 255 bytes, as received: unchecked until somebody asks for the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Hostname(Bytes);

impl Hostname {
    /// Takes a name of ASCII letters, digits, hyphens and dots, 1 to 255 bytes; `None` for anything else.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let hostname = Self(Bytes::copy_from_slice(name.as_bytes()));
        hostname.as_str().is_some().then_some(hostname)
    }

    #[cfg(feature = "arbitrary")]
    pub(crate) const fn from_wire(name: Bytes) -> Self {
        Self(name)
    }

    /// Returns the name, or `None` if it is empty or has characters that no host name has.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if self.0.is_empty() || self.0.len() > 255 || !self.0.iter().all(allowed) {
            return None;
        }
        core::str::from_utf8(&self.0).ok()
    }

    /// Returns the bytes as they were received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hostname({})", self.0.escape_ascii())
    }
}

impl fmt::Display for Address {
    /// Shows what was received, right or wrong; characters that no host name has are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4 { ip, port } => write!(f, "{ip}:{port}"),
            Self::Ipv6 { ip, port } => write!(f, "[{ip}]:{port}"),
            Self::TorV2 { onion, port } => write!(f, "{}.onion:{port}", Base32(onion)),
            Self::TorV3 { onion, port } => write!(f, "{}.onion:{port}", Base32(onion)),
            Self::Dns { hostname, port } => write!(f, "{}:{port}", hostname.0.escape_ascii()),
        }
    }
}

/// Why a text is no address that could be announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAddressError {
    /// There is no port from 1 to 65535 behind the last colon.
    #[error("port from 1 to 65535 expected behind a colon")]
    Port,
    /// What stands in brackets is no IPv6 address, or an IPv6 address does not stand in brackets.
    #[error("IPv6 address in brackets expected")]
    Ipv6,
    /// A Tor v2 onion service, which nobody serves any more.
    #[error("Tor v2 onion address")]
    TorV2,
    /// A name under `onion` that is not 56 characters of base32.
    #[error("56 characters of base32 expected before .onion")]
    Onion,
    /// An onion address whose checksum or version is wrong.
    #[error("checksum or version of the onion address is wrong")]
    OnionChecksum,
    /// No IPv4 address, and no host name: letters, digits, hyphens and dots, at most 255 of them, of which the last
    /// label is not a number.
    #[error("IPv4 address or host name expected")]
    Host,
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(ParseAddressError::Port)?;
        let port = parse_port(port).ok_or(ParseAddressError::Port)?;
        if let Some(inner) = host.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(ParseAddressError::Ipv6)?;
            let ip = inner.parse().map_err(|_| ParseAddressError::Ipv6)?;
            return Ok(Self::Ipv6 { ip, port });
        }
        if host.contains(':') {
            return Err(ParseAddressError::Ipv6);
        }
        if let Ok(ip) = host.parse() {
            return Ok(Self::Ipv4 { ip, port });
        }
        let (name, top) = host.rsplit_once('.').unwrap_or(("", host));
        if top.eq_ignore_ascii_case("onion") {
            if name.len() == 16 && onion::decode::<10>(name).is_some() {
                return Err(ParseAddressError::TorV2);
            }
            let onion = onion::decode(name).ok_or(ParseAddressError::Onion)?;
            if !onion::is_valid(&onion) {
                return Err(ParseAddressError::OnionChecksum);
            }
            return Ok(Self::TorV3 { onion, port });
        }
        // "1.2.3.256" is a misspelt address and no name.
        if top.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ParseAddressError::Host);
        }
        let hostname = Hostname::new(host).ok_or(ParseAddressError::Host)?;
        Ok(Self::Dns { hostname, port })
    }
}

/// Reads a port: digits only, no sign.
fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

/// Why an address list ends before its bytes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The list ends inside a descriptor: BOLT 7 wants the sender warned.
    #[error(transparent)]
    Truncated(#[from] DecodeError),
    /// A descriptor type that is not known here has an unknown length, so nothing behind it can be read.
    #[error("unknown address type {descriptor}")]
    UnknownType {
        /// The descriptor's type.
        descriptor: u8,
    },
}

impl Address {
    /// Makes the address of a Tor v3 onion service from its public key: adds checksum and version.
    ///
    /// Tor, [encoding onion addresses](https://spec.torproject.org/rend-spec/encoding-onion-addresses.html).
    #[must_use]
    pub fn tor_v3(public_key: &[u8; 32], port: u16) -> Self {
        let onion = onion::from_public_key(public_key);
        Self::TorV3 { onion, port }
    }

    /// Takes one descriptor from the front of `reader`.
    ///
    /// # Errors
    /// [`AddressError::UnknownType`], with the reader left before the type byte, or
    /// [`AddressError::Truncated`].
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, AddressError> {
        const FIELD: &str = "addresses";
        let start = reader.clone();
        Ok(match reader.u8(FIELD)? {
            1 => Self::Ipv4 {
                ip: Ipv4Addr::from(reader.array::<4>(FIELD)?),
                port: reader.u16(FIELD)?,
            },
            2 => Self::Ipv6 {
                ip: Ipv6Addr::from(reader.array::<16>(FIELD)?),
                port: reader.u16(FIELD)?,
            },
            3 => Self::TorV2 {
                onion: reader.array(FIELD)?,
                port: reader.u16(FIELD)?,
            },
            4 => Self::TorV3 {
                onion: reader.array(FIELD)?,
                port: reader.u16(FIELD)?,
            },
            5 => {
                let len = usize::from(reader.u8(FIELD)?);
                Self::Dns {
                    hostname: Hostname(reader.bytes(FIELD, len)?),
                    port: reader.u16(FIELD)?,
                }
            }
            descriptor => {
                *reader = start;
                return Err(AddressError::UnknownType { descriptor });
            }
        })
    }

    /// Appends the descriptor with its type byte.
    pub fn write(&self, out: &mut impl BufMut) {
        out.put_u8(self.descriptor());
        let port = match self {
            Self::Ipv4 { ip, port } => {
                out.put_slice(&ip.octets());
                port
            }
            Self::Ipv6 { ip, port } => {
                out.put_slice(&ip.octets());
                port
            }
            Self::TorV2 { onion, port } => {
                out.put_slice(onion);
                port
            }
            Self::TorV3 { onion, port } => {
                out.put_slice(onion);
                port
            }
            Self::Dns { hostname, port } => {
                // A `Hostname` has at most 255 bytes.
                out.put_u8(u8::try_from(hostname.0.len()).unwrap_or(u8::MAX));
                out.put_slice(&hostname.0);
                port
            }
        };
        out.put_u16(*port);
    }

    /// Returns how many bytes [`write`](Self::write) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Ipv4 { .. } => 7,
            Self::Ipv6 { .. } => 19,
            Self::TorV2 { .. } => 13,
            Self::TorV3 { .. } => 38,
            Self::Dns { hostname, .. } => hostname.0.len().saturating_add(4),
        }
    }

    /// Returns the descriptor's type number.
    #[must_use]
    pub const fn descriptor(&self) -> u8 {
        match self {
            Self::Ipv4 { .. } => 1,
            Self::Ipv6 { .. } => 2,
            Self::TorV2 { .. } => 3,
            Self::TorV3 { .. } => 4,
            Self::Dns { .. } => 5,
        }
    }

    /// Returns whether BOLT 7 lets a receiver use it: no port 0 where a port is dialled, and no Tor v2.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        match self {
            Self::Ipv4 { port, .. } | Self::Ipv6 { port, .. } | Self::Dns { port, .. } => {
                *port != 0
            }
            Self::TorV3 { .. } => true,
            Self::TorV2 { .. } => false,
        }
    }
}

/// The address list of a `node_announcement`, kept as received and read on demand.
///
/// Padding descriptors (type 0), unusable ones and unknown ones stay in the bytes: they are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Addresses(Bytes);

impl Addresses {
    /// Wraps the bytes of a list.
    #[must_use]
    pub const fn from_bytes(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Returns the bytes as they were received.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Returns the descriptors in order, skipping padding; an error is the last item.
    pub fn iter(&self) -> impl Iterator<Item = Result<Address, AddressError>> + '_ {
        let mut reader = Reader::new(&self.0);
        let mut failed = false;
        core::iter::from_fn(move || {
            while reader.peek().first() == Some(&0) {
                let _padding = reader.u8("addresses");
            }
            if failed || reader.is_empty() {
                return None;
            }
            let next = Address::read(&mut reader);
            failed = next.is_err();
            Some(next)
        })
    }

    /// Returns the addresses that a receiver may use: known, whole, with a port, and of several DNS names the
    /// first, if it is a name at all.
    pub fn usable(&self) -> impl Iterator<Item = Address> + '_ {
        let mut dns = false;
        self.iter().map_while(Result::ok).filter(move |address| {
            if let Address::Dns { hostname, .. } = address {
                if core::mem::replace(&mut dns, true) || hostname.as_str().is_none() {
                    return false;
                }
            }
            address.is_usable()
        })
    }

    /// Returns how many descriptors are DNS names; more than one bars the message from relay (BOLT 7).
    #[must_use]
    pub fn dns_names(&self) -> usize {
        self.iter()
            .filter(|a| matches!(a, Ok(Address::Dns { .. })))
            .count()
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(Addresses, |this| &this.0, |bytes| Ok::<_, &str>(Self(
    bytes.into()
)));

/// A name as it is; anything else as the hex of its bytes behind `hex:`, which no name begins with.
#[cfg(feature = "serde")]
mod serde_form {
    use super::{Bytes, Hostname};
    use alloc::string::String;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    struct Escaped<'a>(&'a [u8]);

    impl core::fmt::Display for Escaped<'_> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("hex:")?;
            self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        }
    }

    impl Serialize for Hostname {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.as_str() {
                Some(name) => serializer.serialize_str(name),
                None => serializer.collect_str(&Escaped(&self.0)),
            }
        }
    }

    impl<'de> Deserialize<'de> for Hostname {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let bytes = match text.strip_prefix("hex:") {
                Some(hex) => crate::serde_form::unhex(hex).filter(|bytes| bytes.len() <= 255),
                None => return Self::new(&text).ok_or_else(|| de::Error::custom("no host name")),
            };
            bytes
                .map(|bytes| Self(Bytes::from(bytes)))
                .ok_or_else(|| de::Error::custom("no hex of at most 255 bytes"))
        }
    }
}
