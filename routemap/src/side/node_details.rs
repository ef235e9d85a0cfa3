//! What nodes announce about themselves.

use lnwire::{Addresses, Alias, Color, Features, bolt7::NodeAnnouncement};

use super::{Component, Followed, Kind};
use crate::{Graph, arena::NodeHandle};

/// Features, aliases, colours and addresses of nodes, for those who want them: about 100 bytes a node, and what
/// features and addresses take themselves.
///
/// They are copied out of the announcements, whose frames they would keep in memory otherwise.
#[derive(Debug)]
pub struct NodeDetails {
    features: Component<NodeHandle, Features>,
    aliases: Component<NodeHandle, Alias>,
    colors: Component<NodeHandle, Color>,
    addresses: Component<NodeHandle, Addresses>,
}

impl NodeDetails {
    /// Makes empty tables for a graph.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        Self {
            features: Component::new(graph, Kind::Paged),
            aliases: Component::new(graph, Kind::Paged),
            colors: Component::new(graph, Kind::Paged),
            addresses: Component::new(graph, Kind::Paged),
        }
    }

    /// Takes note of an announcement that the graph took. Returns whether the node is there.
    pub fn apply(&mut self, graph: &Graph, announcement: &NodeAnnouncement) -> bool {
        let Some(node) = graph.node_by_id(&announcement.node_id()) else {
            return false;
        };
        let announcement = announcement.detached();
        self.features.set(graph, node, announcement.features());
        self.aliases.set(graph, node, announcement.alias());
        self.colors.set(graph, node, announcement.rgb_color());
        self.addresses.set(graph, node, announcement.addresses())
    }

    /// Drops what belongs to nodes that were removed; see [`Component::follow`].
    pub fn follow(&mut self, graph: &Graph) -> Followed {
        self.features.follow(graph);
        self.aliases.follow(graph);
        self.colors.follow(graph);
        self.addresses.follow(graph)
    }

    /// Returns what the node can do.
    #[must_use]
    pub fn features(&self, graph: &Graph, node: NodeHandle) -> Option<&Features> {
        self.features.get(graph, node)
    }

    /// Returns what the node calls itself: its own claim, to be escaped when shown.
    #[must_use]
    pub fn alias(&self, graph: &Graph, node: NodeHandle) -> Option<&Alias> {
        self.aliases.get(graph, node)
    }

    /// Returns the colour that the node likes.
    #[must_use]
    pub fn color(&self, graph: &Graph, node: NodeHandle) -> Option<&Color> {
        self.colors.get(graph, node)
    }

    /// Returns where the node says that it listens.
    #[must_use]
    pub fn addresses(&self, graph: &Graph, node: NodeHandle) -> Option<&Addresses> {
        self.addresses.get(graph, node)
    }

    /// Returns the bytes of heap that the tables hold, without what features and addresses hold themselves.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.features.heap_bytes()
            + self.aliases.heap_bytes()
            + self.colors.heap_bytes()
            + self.addresses.heap_bytes()
    }
}
