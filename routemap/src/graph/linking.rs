//! The lists of all nodes made again, from channels that say where they are in them.

use alloc::{vec, vec::Vec};

use super::{ChannelRef, adjacency::Nodes, channels::Channels, lists::Lists};
use crate::arena::{ChannelHandle, Handle, NodeHandle};

/// Makes the lists of nodes which have channels, and no list yet. Returns whether each channel's nodes are there, in
/// the order of their ids, and each place in a list is that of one channel.
///
/// Nothing is allocated that is not in proportion to what the arenas hold.
pub(super) fn link_all(nodes: &mut Nodes, lists: &mut Lists, channels: &Channels) -> bool {
    let Some(mut places) = Places::of(nodes, channels.heads().len()) else {
        return false;
    };
    if !channels
        .iter()
        .all(|(handle, channel)| places.claim(nodes, handle, channel))
    {
        return false;
    }
    // Each channel has claimed two places of its own, and there are no more.
    for (index, end) in places.ends.iter().enumerate() {
        if end.len > 0 {
            let list = lists.of(places.words_of(end));
            nodes.write(NodeHandle::from_index(index as u32), |node| {
                node.set_list(list);
            });
        }
    }
    true
}

/// All places in all lists, those of a node in a row.
struct Places {
    /// By the index of the node's slot.
    ends: Vec<End>,
    words: Vec<u32>,
}

/// What a channel has to know of a node. Three times as many of these fit into a cache as of the records.
struct End {
    /// The first bytes of its id, which order nodes nearly as well as all of it.
    key: u64,
    /// Its first place.
    first: u32,
    /// How many places it has: none if the slot is free.
    len: u32,
}

/// Of a place that no channel has claimed: no slot has this index.
const NOBODY: u32 = u32::MAX;

impl Places {
    /// Returns the places, which are nobody's; `None` if there are not two for each channel.
    fn of(nodes: &Nodes, channels: u32) -> Option<Self> {
        let mut all = 0_u64;
        let ends = nodes.all_slots().map(|node| {
            let (key, len) = (node.prefix(), node.channel_count());
            let first = all as u32;
            all += u64::from(len);
            End { key, first, len }
        });
        let ends = ends.collect();
        let count = usize::try_from(all).ok()?;
        (all == 2 * u64::from(channels) && u32::try_from(all).is_ok()).then(|| Self {
            ends,
            words: vec![NOBODY; count],
        })
    }

    /// Claims the places of a channel; returns whether there are such, of two nodes in their order, and nobody's.
    #[inline]
    fn claim(&mut self, nodes: &Nodes, handle: ChannelHandle, channel: ChannelRef<'_>) -> bool {
        let handles = channel.nodes();
        let [Some(one), Some(two)] = handles.map(|node| self.ends.get(node.index())) else {
            return false;
        };
        let [at, and_at] = channel.positions();
        let are_ordered = one.key < two.key || one.key == two.key && are_ordered(nodes, handles);
        if !are_ordered || at >= one.len || and_at >= two.len {
            return false;
        }
        [one.first + at, two.first + and_at].into_iter().all(|at| {
            let place = self.words.get_mut(at as usize);
            place.is_some_and(|place| {
                let owner = core::mem::replace(place, handle.index() as u32);
                owner == NOBODY
            })
        })
    }

    fn words_of(&self, end: &End) -> &[u32] {
        let first = end.first as usize;
        let words = self.words.get(first..first + end.len as usize);
        words.unwrap_or_default()
    }
}

/// Returns whether the first of two nodes has the lesser id.
#[cold]
fn are_ordered(nodes: &Nodes, handles: [NodeHandle; 2]) -> bool {
    match handles.map(|node| nodes.get(node)) {
        [Some(one), Some(two)] => one.is_before(two),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use lnwire::{Instant, NodeId, ShortChannelId};

    use super::*;
    use crate::{
        graph::{Node, edge::Edge, head::Head, lists::List},
        memory::Memory,
    };

    /// Two nodes which have so many channels, and two channels between them at these positions. Returns whether they can be
    /// linked, and what the lists are then.
    fn link(
        ids: [[u8; 33]; 2],
        counts: [u32; 2],
        positions: [[u32; 2]; 2],
    ) -> Option<[Vec<u32>; 2]> {
        let memory = Memory::default;
        let mut nodes = Nodes::new(memory(), 10, Duration::ZERO);
        let ends = [0, 1].map(|side| {
            let mut node = Node::new(NodeId(ids[side]));
            node.set_list(List {
                len: counts[side],
                ..List::default()
            });
            nodes.insert(Instant::ZERO, node).unwrap().0
        });
        let mut channels = Channels::new(memory(), 10, Duration::ZERO);
        for (n, positions) in positions.into_iter().enumerate() {
            let id = ShortChannelId(n as u64);
            let head = Head::new(Instant::ZERO, id, positions, None);
            channels
                .insert(Instant::ZERO, head, Edge::new(ends))
                .unwrap();
        }
        let mut lists = Lists::new(memory());
        link_all(&mut nodes, &mut lists, &channels)
            .then(|| ends.map(|node| lists.words(nodes.at(node).list()).to_vec()))
    }

    #[test]
    fn places_are_of_one_channel_each_and_nodes_in_their_order() {
        let id = |at: usize| {
            let mut id = [2; 33];
            id[at] = 3;
            id
        };
        let both = [[0, 1], [1, 0]];
        let right = Some([alloc::vec![0, 1], alloc::vec![1, 0]]);
        // The ids differ in what is compared first, and behind that.
        for ids in [[[2; 33], id(1)], [[2; 33], id(32)], [id(8), id(7)]] {
            assert_eq!(link(ids, [2, 2], both), right);
            assert_eq!(link([ids[1], ids[0]], [2, 2], both), None, "{ids:?}");
        }
        let ids = [[2; 33], id(9)];
        for counts in [[0, 0], [2, 1], [3, 2], [1, 3], [u32::MAX, u32::MAX]] {
            assert_eq!(link(ids, counts, both), None, "{counts:?}");
        }
        for positions in [[[0, 1], [0, 0]], [[1, 1], [0, 1]], [[0, 1], [1, 2]]] {
            assert_eq!(link(ids, [2, 2], positions), None, "{positions:?}");
        }
    }
}
