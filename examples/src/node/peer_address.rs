//! `PUBKEY@HOST:PORT`, the way nodes are named to people.

use std::{fmt, str::FromStr};

use brontide::secp256k1::PublicKey;

/// A node and where to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// The node's key.
    pub key: PublicKey,
    /// A host name or IP address; IPv6 without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// Why a text is not `PUBKEY@HOST:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParsePeerAddressError {
    /// There is no `@` or no port.
    #[error("expected PUBKEY@HOST:PORT")]
    Format,
    /// What stands before the `@` is no public key.
    #[error("not a public key of 66 hex digits")]
    Key,
    /// What stands behind the last colon is no port, from 1 to 65535.
    #[error("not a port from 1 to 65535")]
    Port,
}

impl FromStr for PeerAddress {
    type Err = ParsePeerAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, address) = text.split_once('@').ok_or(Self::Err::Format)?;
        let (host, port) = address.rsplit_once(':').ok_or(Self::Err::Format)?;
        let host = host.strip_prefix('[').unwrap_or(host);
        let host = host.strip_suffix(']').unwrap_or(host);
        if host.is_empty() {
            return Err(Self::Err::Format);
        }
        let port = port.parse().map_err(|_| Self::Err::Port)?;
        if port == 0 {
            return Err(Self::Err::Port);
        }
        Ok(Self {
            // 66 digits: the uncompressed form is a key too, and no node id.
            key: Some(key)
                .filter(|key| key.len() == 66)
                .and_then(|key| key.parse().ok())
                .ok_or(Self::Err::Key)?,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "{}@[{}]:{}", self.key, self.host, self.port)
        } else {
            write!(f, "{}@{}:{}", self.key, self.host, self.port)
        }
    }
}
