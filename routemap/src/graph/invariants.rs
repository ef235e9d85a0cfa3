//! Checks that the graph holds together, for tests.

use alloc::vec::Vec;

use super::{Direction, Graph};
use crate::arena::{ChannelHandle, Handle, NodeHandle, Record};

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
            for (position, index) in indexes.iter().enumerate() {
                let channel = self.channels.get(ChannelHandle::from_index(*index));
                let channel = channel.expect("a list names a channel that is there");
                let side = channel.side_of(handle);
                assert_eq!(channel.node_at(side), handle);
                assert_eq!(channel.positions[side] as usize, position);
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
        assert_eq!(dying, self.blocks.len());
        let (slots, resting) = self.channels.slots_in_use();
        assert_eq!(slots as usize, resting + self.channel_count());
    }

    fn check_indexes(&self) {
        let by_scid: Option<Vec<_>> = self
            .by_short_channel_id
            .iter()
            .map(|(hash, handle): (u32, ChannelHandle)| {
                let id = self.channels.get(handle)?.short_channel_id();
                (self.hasher.number(id.0) == hash).then_some(id)
            })
            .collect();
        let by_scid = by_scid.expect("the index names channels that are there, by their hash");
        assert_eq!(by_scid.len(), self.channel_count());
        assert!(by_scid.iter().all(|id| self.channel_by_scid(*id).is_some()));
        let by_id: Option<Vec<_>> = self
            .by_node_id
            .iter()
            .map(|(hash, handle): (u32, NodeHandle)| {
                let id = self.nodes.get(handle)?.id();
                (self.hasher.node_id(&id) == hash).then_some(id)
            })
            .collect();
        let by_id = by_id.expect("the index names nodes that are there, by their hash");
        assert_eq!(by_id.len(), self.node_count());
        assert!(by_id.iter().all(|id| self.node_by_id(id).is_some()));
    }
}
