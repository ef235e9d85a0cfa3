//! Messages that are known before they are applied.
//!
//! To apply a message, a processor reads a line of an index, then the record that it names, then one that this names; in a
//! large graph it waits for memory each time. The messages after it could be worked at meanwhile, but are too far away
//! for it to see. So what a message will read is asked for some messages before its turn, one step at a time: each when
//! what it depends on has come.

use lnwire::{
    ShortChannelId,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{Direction, Graph};
use crate::{
    arena::{ChannelHandle, NodeHandle},
    prefetch::prefetch_at,
};

/// A message that can be applied to a graph.
///
/// BOLT 7, [P2P node and channel discovery](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md).
#[derive(Clone, Copy, Debug)]
pub enum Gossip<'m> {
    /// Of a channel.
    Channel(&'m ChannelAnnouncement),
    /// Of the terms of a direction of one.
    Update(&'m ChannelUpdate),
    /// Of a node.
    Node(&'m NodeAnnouncement),
}

/// What a message will touch, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
enum Hint {
    /// Nothing that would not come by itself.
    #[default]
    Nothing,
    /// An update of the channel with this hash.
    Update(u32, Direction),
    /// The node that sets the terms of a channel.
    Sender(ChannelHandle, Direction),
    /// Nodes with these hashes; both the same if it is one.
    Nodes([u32; 2]),
    /// The lists of these nodes, as far as they are there.
    Lists([Option<NodeHandle>; 2]),
}

/// How many messages before its turn each step for a message is taken.
const MESSAGE: usize = 40;
const BYTES: usize = 24;
const INDEX: usize = 12;
const RECORD: usize = 8;
const SENDER: usize = 4;

/// Hints that are kept: a power of two.
const HINTS: usize = (INDEX + 1).next_power_of_two();

impl Graph {
    /// Hands on messages in their order to `each`, who applies them, or does with them what it wants; meanwhile memory that
    /// the next ones need is brought into the processor's cache. `view` says what a message is.
    ///
    /// This is for many messages at once, as after a start from one's own database: how much faster depends on how much
    /// larger the graph is than the cache. It changes nothing else, and without the feature `prefetch` is the same as
    /// calling `each` in a loop. Whatever `each` does to the graph, handles that were read too early are found out.
    ///
    /// ```
    /// use routemap::{ApplyError, Gossip, Graph, Instant, Verified};
    /// use lnwire::bolt7::ChannelUpdate;
    ///
    /// fn apply_all(graph: &mut Graph, now: Instant, updates: &[Verified<ChannelUpdate>]) -> usize {
    ///     let mut applied = 0;
    ///     graph.for_each_ahead(updates, |update| Gossip::Update(update), |graph, update| {
    ///         applied += usize::from(graph.apply_update(now, update).is_ok());
    ///     });
    ///     applied
    /// }
    /// # let mut graph = Graph::new(routemap::Config::new(routemap::ChainHash::REGTEST, 1));
    /// # assert_eq!(apply_all(&mut graph, Instant::ZERO, &[]), 0);
    /// ```
    #[inline]
    pub fn for_each_ahead<'m, M>(
        &mut self,
        messages: &'m [M],
        view: impl Fn(&'m M) -> Gossip<'m>,
        mut each: impl FnMut(&mut Self, &'m M),
    ) {
        if !cfg!(feature = "prefetch") {
            messages.iter().for_each(|message| each(self, message));
            return;
        }
        let mut hints = [Hint::default(); HINTS];
        for step in 0..messages.len() + INDEX {
            prefetch_at(messages, step + MESSAGE - INDEX);
            if let Some(message) = messages.get(step + BYTES - INDEX) {
                prefetch_message(view(message));
            }
            hints[step % HINTS] = match messages.get(step) {
                Some(message) => self.prefetch_index(view(message)),
                None => Hint::Nothing,
            };
            if let Some(number) = step.checked_sub(INDEX - RECORD) {
                let hint = &mut hints[number % HINTS];
                *hint = self.prefetch_record(*hint);
            }
            if let Some(number) = step.checked_sub(INDEX - SENDER) {
                self.prefetch_rest(hints[number % HINTS]);
            }
            if let Some(message) = step.checked_sub(INDEX).and_then(|n| messages.get(n)) {
                self.expected = match hints[(step - INDEX) % HINTS] {
                    Hint::Sender(channel, _) => Some(channel),
                    _ => None,
                };
                each(self, message);
            }
        }
        self.expected = None;
    }

    /// Returns the channel that an update is about. It may have been looked up ahead, and then it is the one as long as it is
    /// there and has this place in the chain.
    #[inline(always)]
    pub(super) fn channel_of_update(&self, id: ShortChannelId) -> Option<ChannelHandle> {
        let is_it = |handle: &ChannelHandle| {
            let channel = self.channels.heads().get(*handle);
            channel.is_some_and(|channel| channel.short_channel_id() == id)
        };
        self.expected.filter(is_it).or_else(|| {
            let hash = self.hasher.number(id.0);
            self.find_channel(hash, id)
        })
    }

    /// Asks for the lines of the indexes that a message will be looked up in.
    #[inline(always)]
    fn prefetch_index(&self, message: Gossip<'_>) -> Hint {
        match message {
            Gossip::Update(update) => {
                let hash = self.hasher.number(update.short_channel_id().0);
                self.by_short_channel_id.prefetch(hash);
                Hint::Update(hash, Direction::from_bit(update.direction()))
            }
            Gossip::Channel(channel) => {
                let hash = self.hasher.number(channel.short_channel_id().0);
                self.by_short_channel_id.prefetch(hash);
                let (one, two) = (channel.node_id_1(), channel.node_id_2());
                let hashes = [self.hasher.node_id(&one), self.hasher.node_id(&two)];
                for hash in hashes {
                    self.by_node_id.prefetch(hash);
                }
                Hint::Nodes(hashes)
            }
            Gossip::Node(node) => {
                let hash = self.hasher.node_id(&node.node_id());
                self.by_node_id.prefetch(hash);
                Hint::Nodes([hash; 2])
            }
        }
    }

    /// Asks for the records that the indexes name, and returns what is to be asked for then.
    #[inline(always)]
    fn prefetch_record(&self, hint: Hint) -> Hint {
        match hint {
            Hint::Update(hash, direction) => {
                let Some(handle) = self.by_short_channel_id.guess(hash) else {
                    return Hint::Nothing;
                };
                let Some(channel) = self.channels.slot(handle) else {
                    return Hint::Nothing;
                };
                channel.head.prefetch();
                channel.edge.prefetch();
                channel.tail.prefetch(direction);
                Hint::Sender(handle, direction)
            }
            // Not by `map`, which may be a call.
            Hint::Nodes([one, two]) => {
                Hint::Lists([self.prefetch_node(one), self.prefetch_node(two)])
            }
            other => other,
        }
    }

    /// Asks for the node that has this hash, perhaps.
    #[inline(always)]
    fn prefetch_node(&self, hash: u32) -> Option<NodeHandle> {
        let handle = self.by_node_id.guess(hash)?;
        self.nodes.slot(handle)?.prefetch();
        Some(handle)
    }

    /// Asks for what these records name.
    #[inline(always)]
    fn prefetch_rest(&self, hint: Hint) {
        match hint {
            Hint::Sender(channel, direction) => {
                let channel = self.channels.slot(channel);
                let sender = channel.and_then(|c| self.nodes.slot(c.from_node(direction)));
                if let Some(sender) = sender {
                    sender.prefetch();
                }
            }
            Hint::Lists(nodes) => {
                for node in nodes.into_iter().flatten() {
                    if let Some(node) = self.nodes.slot(node) {
                        self.lists.prefetch_end(node.list());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Asks for the fields of a message, which lie behind its signatures.
#[inline(always)]
fn prefetch_message(message: Gossip<'_>) {
    let (bytes, fields) = match message {
        Gossip::Channel(channel) => (channel.as_bytes(), 258),
        Gossip::Update(update) => (update.as_bytes(), 66),
        Gossip::Node(node) => (node.as_bytes(), 66),
    };
    // Of each as many lines: how many they are of this one, a processor would guess wrong.
    for line in 0..3 {
        prefetch_at(bytes, fields + 64 * line);
    }
}
