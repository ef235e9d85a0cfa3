//! The lists of all nodes made again, from channels that say which nodes they have.

use alloc::{vec, vec::Vec};

use super::{ChannelRef, adjacency::Nodes, channels::Channels, lists::Lists};
use crate::arena::{ChannelHandle, Handle, NodeHandle};

/// Makes the lists of nodes which have channels, and no list yet, in the order of the channels' slots: so a walk along a list
/// goes through memory one way. Returns whether each channel's nodes are there, in the order of their ids, and each node has
/// as many channels as it says.
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
    // Each channel has claimed two places, and there are no more.
    let mut first = 0;
    for (index, end) in places.ends.iter().enumerate() {
        let words = places.words.get(first as usize..end.end as usize);
        first = end.end;
        if let Some(words @ [_, ..]) = words {
            let list = lists.of(words);
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

/// What a channel has to know of a node. Four times as many of these fit into a cache as of the records.
struct End {
    /// The first bytes of its id, which order nodes nearly as well as all of it.
    key: u64,
    /// Its first place that no channel has claimed.
    free: u32,
    /// Where its places end: where they begin if the slot is free.
    end: u32,
}

impl Places {
    /// Returns the places, which no channel has claimed; `None` if there are not two for each channel.
    fn of(nodes: &Nodes, channels: u32) -> Option<Self> {
        let mut all = 0_u64;
        let ends = nodes.all_slots().map(|node| {
            let free = all as u32;
            all += u64::from(node.channel_count());
            End {
                key: node.prefix(),
                free,
                end: all as u32,
            }
        });
        let ends = ends.collect();
        let count = usize::try_from(all).ok()?;
        (all == 2 * u64::from(channels) && u32::try_from(all).is_ok()).then(|| Self {
            ends,
            words: vec![0; count],
        })
    }

    /// Claims places for a channel; returns whether there are such, of two nodes in their order.
    #[inline]
    fn claim(&mut self, nodes: &Nodes, handle: ChannelHandle, channel: ChannelRef<'_>) -> bool {
        let handles = channel.nodes();
        let [Some(one), Some(two)] = handles.map(|node| self.ends.get(node.index())) else {
            return false;
        };
        let are_ordered = one.key < two.key || one.key == two.key && are_ordered(nodes, handles);
        are_ordered
            && handles.into_iter().all(|node| {
                let end = &mut self.ends[node.index()];
                let is_free = end.free < end.end;
                if is_free {
                    self.words[end.free as usize] = handle.index() as u32;
                    end.free += 1;
                }
                is_free
            })
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

    /// Two nodes which say that they have so many channels, and two channels between them. Returns whether they can be linked,
    /// and what the lists are then.
    fn link(ids: [[u8; 33]; 2], counts: [u32; 2]) -> Option<[Vec<u32>; 2]> {
        let memory = Memory::default;
        let mut nodes = Nodes::new(memory(), 10, Duration::ZERO);
        let ends = [0, 1].map(|side| {
            let mut node = Node::new(NodeId(ids[side]));
            node.set_list(List {
                len: counts[side],
                ..List::default()
            });
            nodes.insert(Instant::ZERO, node).unwrap()
        });
        let mut channels = Channels::new(memory(), 10, Duration::ZERO);
        for n in 0..2 {
            let head = Head::new(ShortChannelId(n), None);
            channels
                .insert(Instant::ZERO, head, Edge::new(ends))
                .unwrap();
        }
        let mut lists = Lists::new(memory());
        link_all(&mut nodes, &mut lists, &channels)
            .then(|| ends.map(|node| nodes.at(node).inline_list().unwrap().to_vec()))
    }

    #[test]
    fn nodes_have_as_many_channels_as_they_say_and_their_order() {
        let id = |at: usize| {
            let mut id = [2; 33];
            id[at] = 3;
            id
        };
        let right = Some([0, 1].map(|_| alloc::vec![0, 1]));
        // The ids differ in what is compared first, and behind that.
        for ids in [[[2; 33], id(1)], [[2; 33], id(32)], [id(8), id(7)]] {
            assert_eq!(link(ids, [2, 2]), right);
            assert_eq!(link([ids[1], ids[0]], [2, 2]), None, "{ids:?}");
        }
        let ids = [[2; 33], id(9)];
        for counts in [[0, 0], [2, 1], [3, 2], [1, 3], [u32::MAX, u32::MAX]] {
            assert_eq!(link(ids, counts), None, "{counts:?}");
        }
    }
}
