//! What channels need of those who use them.

use lnwire::{Features, bolt7::ChannelAnnouncement};

use super::{Component, Followed, Kind};
use crate::{Graph, arena::ChannelHandle};

/// The features that channels were announced with: hardly any has some, and only those take memory.
#[derive(Debug)]
pub struct ChannelFeatures {
    features: Component<ChannelHandle, Features>,
}

impl ChannelFeatures {
    /// Makes an empty table for a graph.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        Self {
            features: Component::new(graph, Kind::Sparse),
        }
    }

    /// Takes note of an announcement that the graph took. Returns whether the channel is there.
    pub fn apply(&mut self, graph: &Graph, announcement: &ChannelAnnouncement) -> bool {
        let Some(channel) = graph.channel_by_scid(announcement.short_channel_id()) else {
            return false;
        };
        if announcement.features() == Features::default() {
            self.features.remove(graph, channel);
            return true;
        }
        let features = announcement.detached().features();
        self.features.set(graph, channel, features)
    }

    /// Drops what belongs to channels that were removed; see [`Component::follow`].
    pub fn follow(&mut self, graph: &Graph) -> Followed {
        self.features.follow(graph)
    }

    /// Returns the features of a channel; `None` if it has none.
    #[must_use]
    pub fn get(&self, graph: &Graph, channel: ChannelHandle) -> Option<&Features> {
        self.features.get(graph, channel)
    }

    /// Returns the bytes of heap that the table holds, without what features hold themselves.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.features.heap_bytes()
    }
}
