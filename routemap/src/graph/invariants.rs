//! Checks that the graph holds together, for tests.

use super::{ChannelRef, Direction, Graph, Node};
use crate::arena::{ChannelHandle, Handle as _};

impl Graph {
    /// Looks whether everything that the graph relies on is so. Takes a while: for tests, the embedder's too.
    ///
    /// # Panics
    /// If something is not so, which is a defect of this crate.
    pub fn check_invariants(&self) {
        self.check_nodes();
        self.check_channels();
        self.check_indexes();
        assert!(self.blocks.is_consistent() && self.zombies.is_consistent());
        assert!(self.zombies.len() <= self.config.max_zombies as usize);
        let [outpoints, indexed] = self.funding.counts();
        assert_eq!(outpoints, indexed);
    }

    fn check_nodes(&self) {
        let mut lists = 0;
        for (handle, node) in self.nodes() {
            let indexes = self.channel_indexes(handle);
            assert!(!indexes.is_empty(), "a node without channel");
            assert_eq!(indexes.len(), node.channel_count() as usize);
            lists += indexes.len();
            for index in indexes {
                let channel = self.channels.get(ChannelHandle::from_index(*index));
                let channel = channel.expect("a list names a channel that is there");
                let side = channel.side_of(handle);
                assert_eq!(channel.node_at(side), handle);
            }
        }
        assert_eq!(lists, 2 * self.channel_count(), "each is in two lists");
        let (slots, resting) = self.nodes.slots_in_use();
        assert_eq!(slots as usize, resting + self.node_count());
    }

    fn check_channels(&self) {
        let (mut policies, mut dying) = (0, 0);
        for (_, channel) in self.channels() {
            let [one, two] = channel.nodes().map(|node| self.nodes.get(node));
            let ids = one.zip(two).map(|(one, two)| (one.id(), two.id()));
            assert!(ids.is_some_and(|(one, two)| one < two));
            assert!(channel.generation() % 2 == 1);
            let id = channel.short_channel_id();
            assert_eq!(channel.is_dying(), self.blocks.reason(id).is_some());
            assert!(self.zombies.get(id).is_none(), "a zombie that lives");
            dying += usize::from(channel.is_dying());
            let of = Direction::BOTH.map(|direction| channel.policy(direction));
            policies += of.into_iter().flatten().count();
        }
        assert_eq!(policies, self.policy_count());
        assert_eq!(policies, self.policies().count());
        assert_eq!(dying, self.blocks.len());
        let (slots, resting) = self.channels.heads().slots_in_use();
        assert_eq!(slots as usize, resting + self.channel_count());
        self.channels.check();
    }

    fn check_indexes(&self) {
        let mut count = 0;
        for handle in self.by_short_channel_id.iter() {
            let channel = self.channels.get(handle);
            let id = channel.map(ChannelRef::short_channel_id);
            let found = id.and_then(|id| self.channel_by_scid(id));
            assert_eq!(found, Some(handle));
            count += 1;
        }
        assert_eq!(count, self.channel_count());
        let mut count = 0;
        for handle in self.by_node_id.iter() {
            let id = self.nodes.get(handle).map(Node::id);
            assert_eq!(id.and_then(|id| self.node_by_id(&id)), Some(handle));
            count += 1;
        }
        assert_eq!(count, self.node_count());
    }
}
