//! What the records of an answer say.

use core::net::IpAddr;

use super::query::{Query, labels_under, node_id_of_label};
use crate::types::{Address, NodeId};

/// An SRV record, as a resolver hands it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SrvRecord<'a> {
    /// Lower ones come first (RFC 2782).
    pub priority: u16,
    /// The share among those of one priority (RFC 2782).
    pub weight: u16,
    /// The TCP port.
    pub port: u16,
    /// The virtual host name, with or without the last dot.
    pub target: &'a str,
}

/// A node that a seed names, yet without an address: ask for A and AAAA records of its `host`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidate<'a> {
    /// The node, which the handshake will have to prove.
    pub node_id: NodeId,
    /// Its virtual host name, as in the record.
    pub host: &'a str,
    /// The TCP port.
    pub port: u16,
    /// Lower ones come first (RFC 2782).
    pub priority: u16,
    /// The share among those of one priority (RFC 2782).
    pub weight: u16,
}

/// Returns the node that a virtual host name under a seed's root stands for.
///
/// BOLT 10, [reply construction](https://github.com/lightning/bolts/blob/master/10-dns-bootstrap.md#reply-construction).
#[must_use]
pub fn node_id_of_host(host: &str, root: &str) -> Option<NodeId> {
    let mut labels = labels_under(host, root)?;
    let node_id = node_id_of_label(labels.next()?)?;
    labels.next().is_none().then_some(node_id)
}

impl Query {
    /// Returns the nodes that SRV records name, in their order.
    ///
    /// No condition can be relied on, so this looks again: records without a port or without a node under `root` are
    /// passed over, other nodes than the one asked for too, and a random choice ends after as many as were asked for.
    /// Nothing is left of an answer that fits nowhere; BOLT 10 allows empty ones.
    pub fn candidates<'a>(
        &self,
        root: &'a str,
        records: impl IntoIterator<Item = SrvRecord<'a>>,
    ) -> impl Iterator<Item = Candidate<'a>> {
        let wanted = self.node_id;
        records
            .into_iter()
            .filter_map(move |record| {
                let node_id = node_id_of_host(record.target, root)?;
                let candidate = Candidate {
                    node_id,
                    host: record.target,
                    port: record.port,
                    priority: record.priority,
                    weight: record.weight,
                };
                let asked_for = wanted.is_none_or(|wanted| wanted == node_id);
                (asked_for && record.port != 0).then_some(candidate)
            })
            .take(self.limit())
    }

    /// Returns the addresses that A and AAAA records give: of a [`Candidate`]'s host at its port, or those that
    /// answer this query itself at [`DEFAULT_PORT`](super::DEFAULT_PORT).
    ///
    /// In the latter case the addresses belong to [`node_id`](Self::node_id). Without one nobody knows whose they are,
    /// and without knowing that nobody can dial. Kinds of addresses that were not asked for, the unspecified address
    /// and more than were asked for are passed over.
    pub fn addresses(
        &self,
        port: u16,
        ips: impl IntoIterator<Item = IpAddr>,
    ) -> impl Iterator<Item = Address> {
        let types = self.effective_address_types();
        ips.into_iter()
            .filter(|ip| !ip.is_unspecified())
            .map(move |ip| match ip {
                IpAddr::V4(ip) => Address::Ipv4 { ip, port },
                IpAddr::V6(ip) => Address::Ipv6 { ip, port },
            })
            .filter(move |address| types.contains(address) && address.is_usable())
            .take(self.limit())
    }

    /// Returns how many records to look at: of one node all, of a random choice as many as were asked for.
    fn limit(&self) -> usize {
        match self.node_id {
            Some(_) => usize::MAX,
            None => usize::try_from(self.effective_count()).unwrap_or(usize::MAX),
        }
    }
}
