//! Who filled the graph with channels that nobody looked up.

use alloc::collections::BTreeMap;

use lnwire::NodeId;

/// How many such channels each peer has brought, since the start; they are not counted down when they go.
///
/// At most [`MAX`] peers: at the bound the one that brought least is forgotten.
#[derive(Debug, Default)]
pub(super) struct Sources {
    brought: BTreeMap<NodeId, u32>,
    heaviest: Option<(u32, NodeId)>,
}

const MAX: usize = 1024;

impl Sources {
    pub(super) fn add(&mut self, peer: NodeId) {
        if self.brought.len() >= MAX && !self.brought.contains_key(&peer) {
            let least = self.brought.iter().min_by_key(|(_, brought)| **brought);
            if let Some(least) = least.map(|(peer, _)| *peer) {
                self.brought.remove(&least);
            }
        }
        let brought = self.brought.entry(peer).or_default();
        *brought = brought.saturating_add(1);
        if self.heaviest.is_none_or(|(most, _)| *brought > most) {
            self.heaviest = Some((*brought, peer));
        }
    }

    pub(super) fn is_heaviest(&self, peer: NodeId) -> bool {
        self.heaviest.is_some_and(|(_, heaviest)| heaviest == peer)
    }
}
