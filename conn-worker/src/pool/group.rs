//! Where an address belongs: whoever has one address often has its neighbours too.

use core::net::IpAddr;

/// The network that an inbound connection comes from, as far as that says who may be behind it.
///
/// It is the embedder's to make: where all peers come through a proxy or Tor, their address says nothing, and the group
/// is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressGroup(Prefix);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Prefix {
    V4([u8; 3]),
    V6([u8; 6]),
}

impl AddressGroup {
    /// Returns the group of a peer's address: its /24 or /48. Those of this machine have none.
    ///
    /// ```
    /// use conn_worker::pool::AddressGroup;
    ///
    /// let group = |address: &str| AddressGroup::of_ip(address.parse().unwrap());
    /// assert_eq!(group("192.0.2.1"), group("192.0.2.200"));
    /// assert_ne!(group("192.0.2.1"), group("192.0.3.1"));
    /// assert_eq!(group("127.0.0.1"), None);
    /// ```
    #[must_use]
    pub const fn of_ip(ip: IpAddr) -> Option<Self> {
        match ip.to_canonical() {
            ip if ip.is_loopback() => None,
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                Some(Self(Prefix::V4([a, b, c])))
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, f, ..] = ip.octets();
                Some(Self(Prefix::V6([a, b, c, d, e, f])))
            }
        }
    }

    /// Returns the larger network around it, its /16 or /32: what one attacker may hold of.
    pub(super) const fn network(self) -> Network {
        match self.0 {
            Prefix::V4([a, b, _]) => Network([a, b, 0, 0], 4),
            Prefix::V6([a, b, c, d, ..]) => Network([a, b, c, d], 6),
        }
    }
}

/// A /16 of version 4 or a /32 of version 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network([u8; 4], u8);
