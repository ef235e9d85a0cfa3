//! What is held against peers, and against the networks that they come from.

use conn_worker::pool::{AddressGroup, Banned};
use gossip_sync::{
    Scores,
    scores::{self, Offence},
};
use lnwire::{Instant, NodeId};

use super::{core::Core, event::Event};

/// Who is to be kept out, and until when.
pub type Ban = (Banned, Instant);

/// The scores of peers by their keys; and, as a key costs nothing to change, by the groups of their addresses.
///
/// ```
/// use conn_worker::pool::{AddressGroup, Banned};
/// use examples::node::Offenders;
/// use gossip_sync::scores::{Config, Offence};
/// use lnwire::{Instant, NodeId};
///
/// let mut offenders = Offenders::new(Config::default());
/// let group = AddressGroup::of_ip("192.0.2.1".parse().unwrap());
/// // Ten keys, one offence of ten points each: no key is banned, their network is.
/// let bans = (0..10).flat_map(|i| {
///     offenders.record(Instant::ZERO, NodeId([i; 33]), group, Offence::UselessReply)
/// });
/// let banned: Vec<_> = bans.map(|(banned, _)| banned).collect();
/// assert_eq!(banned, [Banned::Group(group.unwrap())]);
/// ```
#[derive(Debug)]
pub struct Offenders {
    ban_for: std::time::Duration,
    nodes: Scores<NodeId>,
    groups: Scores<AddressGroup>,
}

impl Offenders {
    /// Holds nothing against anybody.
    #[must_use]
    pub const fn new(config: scores::Config) -> Self {
        Self {
            ban_for: config.ban_for,
            nodes: Scores::new(config),
            groups: Scores::new(config),
        }
    }

    /// Holds an offence against a peer and its group. Returns who is to be banned for it, and was not before.
    pub fn record(
        &mut self,
        now: Instant,
        peer: NodeId,
        group: Option<AddressGroup>,
        offence: Offence,
    ) -> Vec<Ban> {
        let until = now + self.ban_for;
        let mut bans = Vec::new();
        if !self.nodes.is_banned(now, peer) && self.nodes.record(now, peer, offence) {
            bans.push((Banned::Node(peer), until));
        }
        if let Some(group) = group {
            if !self.groups.is_banned(now, group) && self.groups.record(now, group, offence) {
                bans.push((Banned::Group(group), until));
            }
        }
        bans
    }
}

impl Core {
    /// Holds an offence against a peer, and has it kept out if that was one too many.
    pub(super) fn offence(&mut self, peer: NodeId, offence: Offence) {
        let group = self.peers.get(&peer).and_then(|p| p.group);
        for ban in self.offenders.record(self.now, peer, group, offence) {
            self.reporter.report(Event::Banned(ban.0));
            // The pool ends with the node.
            let _sent = self.bans.send(ban);
        }
    }
}
