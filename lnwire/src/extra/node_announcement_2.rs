//! `node_announcement_2` (269): what a node says about itself.

use bytes::Bytes;

use super::{
    Ipv4Addrs, Ipv6Addrs, SchnorrSignature, SignedTlv, TorV3Addrs, Utf8Alias, pure_tlv::pure_tlv,
};
use crate::{
    features::Features,
    types::{BlockHeight, Color, NodeId},
};

pure_tlv! {
    /// A node's features, name, colour and addresses, signed by its key.
    ///
    /// It *is* the received message, so that relaying it cannot change what was signed.
    ///
    /// Proposal [1059](https://github.com/lightning/bolts/pull/1059).
    NodeAnnouncement2 = 269, "node_announcement_2" {
        /// The node's features.
        0 => features: Features,
        /// The node's colour.
        1 => color: Color,
        /// Takes the place of a timestamp: an announcement with a greater height replaces this one.
        2 => block_height: BlockHeight,
        /// The node's name, hostile text.
        3 => alias: Utf8Alias,
        /// The node.
        4 => node_id: NodeId,
        /// Its IPv4 addresses.
        5 => ipv4_addrs: Ipv4Addrs,
        /// Its IPv6 addresses.
        7 => ipv6_addrs: Ipv6Addrs,
        /// Its Tor v3 onion services.
        9 => tor_v3_addrs: TorV3Addrs,
        /// Its host names, as received: the proposal has a list of lengths, names and ports, lnd one name and
        /// one port without a length.
        11 => dns_hostnames: Bytes,
        /// The signature by the key of `node_id` over the signed ranges.
        160 => signature: SchnorrSignature,
    }
}

impl SignedTlv for NodeAnnouncement2 {}
