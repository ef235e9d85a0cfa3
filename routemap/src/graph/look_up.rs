//! Many look-ups at once.

use lnwire::{NodeId, ShortChannelId};

use super::Graph;
use crate::arena::{ChannelHandle, NodeHandle};

/// How many items before its turn a line of the index is asked for, and then the record that it names.
const LINE: usize = 12;
const RECORD: usize = 6;

/// Hashes that are kept: a power of two.
const HASHES: usize = (LINE + 1).next_power_of_two();

impl Graph {
    /// Looks channels up, as [`channel_by_scid`](Self::channel_by_scid) does, and hands each item to `each` with the handle of
    /// its channel, in the order of the items. `id` says which channel an item is about.
    ///
    /// This is for long lists, such as those of a
    /// [`reply_channel_range`](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-query_channel_range-and-reply_channel_range-messages):
    /// with the feature `prefetch` memory that the next look-ups need is brought into the processor's cache meanwhile, which
    /// for a graph that is larger than that takes half of the time away.
    ///
    /// ```
    /// use routemap::{Graph, ShortChannelId};
    ///
    /// fn count_known(graph: &Graph, listed: &[ShortChannelId]) -> usize {
    ///     let mut known = 0;
    ///     graph.look_up_channels(listed, |id| *id, |_, handle| known += usize::from(handle.is_some()));
    ///     known
    /// }
    /// # let graph = Graph::new(routemap::Config::new(routemap::ChainHash::REGTEST, 1));
    /// # assert_eq!(count_known(&graph, &[ShortChannelId(1); 20]), 0);
    /// ```
    #[inline]
    pub fn look_up_channels<'i, I>(
        &self,
        items: &'i [I],
        id: impl Fn(&'i I) -> ShortChannelId,
        mut each: impl FnMut(&'i I, Option<ChannelHandle>),
    ) {
        let index = &self.by_short_channel_id;
        ahead(
            items,
            |item| {
                let hash = self.hasher.number(id(item).0);
                index.prefetch(hash);
                hash
            },
            |hash| {
                if let Some(channel) = index
                    .guess(hash)
                    .and_then(|h| self.channels.heads().slot(h))
                {
                    channel.prefetch();
                }
            },
            |item, hash| each(item, self.find_channel(hash, id(item))),
        );
    }

    /// Looks nodes up, as [`node_by_id`](Self::node_by_id) does; see [`look_up_channels`](Self::look_up_channels).
    #[inline]
    pub fn look_up_nodes<'i, I>(
        &self,
        items: &'i [I],
        id: impl Fn(&'i I) -> &'i NodeId,
        mut each: impl FnMut(&'i I, Option<NodeHandle>),
    ) {
        let index = &self.by_node_id;
        ahead(
            items,
            |item| {
                let hash = self.hasher.node_id(id(item));
                index.prefetch(hash);
                hash
            },
            |hash| {
                if let Some(node) = index.guess(hash).and_then(|h| self.nodes.slot(h)) {
                    node.prefetch();
                }
            },
            |item, hash| each(item, self.find_node(hash, id(item))),
        );
    }
}

/// Takes three steps for each item: the first long before the last, which is in the order of the items. Without a hint to the
/// processor the second is not worth it.
#[inline(always)]
fn ahead<'i, I>(
    items: &'i [I],
    first: impl Fn(&'i I) -> u32,
    second: impl Fn(u32),
    mut last: impl FnMut(&'i I, u32),
) {
    if !cfg!(feature = "prefetch") {
        items.iter().for_each(|item| last(item, first(item)));
        return;
    }
    let mut hashes = [0; HASHES];
    for step in 0..items.len() + LINE {
        if let Some(item) = items.get(step) {
            hashes[step % HASHES] = first(item);
        }
        // Past the last item, of one before: what it names is in the cache already.
        if let Some(number) = step.checked_sub(LINE - RECORD) {
            second(hashes[number % HASHES]);
        }
        if let Some(item) = step.checked_sub(LINE).and_then(|n| items.get(n)) {
            last(item, hashes[(step - LINE) % HASHES]);
        }
    }
}
