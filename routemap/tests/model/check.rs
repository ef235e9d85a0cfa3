//! That the graph, and all who follow it, are as the model says.

use alloc::collections::BTreeSet;

use lnwire::{Msat, Timestamp};
use routemap::{Direction, Graph, Missed};

use super::{HISTORY, Model, NODES, SCIDS, height, rules, scid};
use crate::common::{at, node_id};

impl Model {
    pub(crate) fn check(&self, graph: &Graph) {
        graph.check_invariants();
        assert_eq!(graph.channel_count(), self.channels.len());
        assert_eq!(graph.node_count(), self.node_handles.len());
        let policies = self.channels.values().flat_map(|c| c.policies);
        assert_eq!(graph.policy_count(), policies.flatten().count());
        assert_eq!(graph.channels().count(), self.channels.len());
        assert_eq!(graph.nodes().count(), self.node_handles.len());
        assert_eq!(graph.block_height(), self.tip.map(height));
        assert_eq!(graph.cursor().number(), self.changes.len() as u64);
        for number in 0..SCIDS {
            let handle = graph.channel_by_scid(scid(number));
            assert_eq!(handle, self.channels.get(&number).map(|c| c.handle));
        }
        self.check_freed(graph);
        self.check_channels(graph);
        self.check_nodes(graph);
        self.check_zombies(graph);
    }

    fn check_freed(&self, graph: &Graph) {
        for handle in self.channels_freed_at.keys() {
            assert_eq!(graph.channel(*handle), None);
            assert_eq!(graph.channel_generation(*handle), None);
            let generation = self.channel_generations[handle];
            assert!(graph.freed_channel(*handle, generation).is_some());
            assert!(graph.freed_channel(*handle, generation + 2).is_none());
            for table in &self.channel_tags {
                assert_eq!(table.get(graph, *handle), None);
            }
        }
        for handle in self.nodes_freed_at.keys() {
            assert_eq!(graph.node(*handle), None);
            assert_eq!(graph.channels_of(*handle).count(), 0);
            assert_eq!(self.tags_of_nodes.get(graph, *handle), None);
            let generation = self.node_generations[handle];
            assert!(graph.freed_node(*handle, generation).is_some());
        }
    }

    fn check_channels(&self, graph: &Graph) {
        for (number, known) in &self.channels {
            let channel = graph.channel(known.handle).unwrap();
            assert_eq!(channel.short_channel_id(), scid(*number));
            assert_eq!(channel.capacity_sat(), known.capacity);
            assert_eq!(channel.is_dying(), known.dying.is_some());
            assert_eq!(
                graph.dying_reason(known.handle),
                known.dying.map(|(_, reason)| reason)
            );
            assert_eq!(
                channel.age(at(self.now)).as_secs(),
                self.now - known.arrived
            );
            let generation = graph.channel_generation(known.handle).unwrap();
            assert_eq!(generation, self.channel_generations[&known.handle]);
            assert_eq!(
                channel.nodes(),
                known.nodes.map(|node| self.node_handles[&node])
            );
            for direction in Direction::BOTH {
                let policy = channel.policy(direction);
                let policy = policy.map(|p| (p.timestamp().0, p.fee_base_msat(), p.is_disabled()));
                assert_eq!(policy, known.policies[usize::from(direction.bit())]);
                // The terms allow any amount, so that only an unknown capacity does not contradict them.
                assert_eq!(
                    channel.carries(direction, Msat(1)),
                    rules::carries(self, known, direction)
                );
            }
            for table in &self.channel_tags {
                assert_eq!(table.get(graph, known.handle).copied(), known.tag);
            }
        }
    }

    fn check_nodes(&self, graph: &Graph) {
        for number in 0..NODES {
            let handle = graph.node_by_id(&node_id(number));
            assert_eq!(handle, self.node_handles.get(&number).copied());
            let Some(handle) = handle else { continue };
            let node = graph.node(handle).unwrap();
            assert_eq!(node.id(), node_id(number));
            let announced_at = self.announced_at.get(&number).copied().map(Timestamp);
            assert_eq!(node.announced_at(), announced_at);
            assert_eq!(
                graph.node_generation(handle),
                Some(self.node_generations[&handle])
            );
            let of: Vec<_> = graph.channels_of(handle).map(|(h, _)| h).collect();
            let theirs = self.channels.values().filter(|c| c.nodes.contains(&number));
            let expected: BTreeSet<_> = theirs.map(|c| c.handle).collect();
            assert_eq!(of.len(), expected.len());
            assert_eq!(of.into_iter().collect::<BTreeSet<_>>(), expected);
            let tag = self.tags_of_nodes.get(graph, handle);
            assert_eq!(tag, self.node_tags.get(&number));
        }
    }

    fn check_zombies(&self, graph: &Graph) {
        assert_eq!(graph.zombie_count(), self.zombies.len());
        for (number, known) in &self.zombies {
            let zombie = graph.zombie(scid(*number)).unwrap();
            assert_eq!(zombie.reason, known.reason);
            assert_eq!(zombie.since, at(known.since));
            assert_eq!(zombie.may_revive, known.may_revive);
            assert_eq!(zombie.node_ids, rules::zombie_ids(known.nodes));
        }
    }

    /// Side tables hold nothing but what is in the graph, when they have followed it.
    pub(super) fn follow(&mut self, graph: &Graph) {
        for table in &mut self.channel_tags {
            table.follow(graph);
            let tags = self
                .channels
                .values()
                .filter_map(|c| Some((c.handle, c.tag?)));
            let tags: BTreeSet<_> = tags.collect();
            assert_eq!(table.len(), tags.len());
            assert_eq!(
                table
                    .iter(graph)
                    .map(|(h, v)| (h, *v))
                    .collect::<BTreeSet<_>>(),
                tags
            );
        }
        self.tags_of_nodes.follow(graph);
        assert_eq!(self.tags_of_nodes.len(), self.node_tags.len());
    }

    /// A reader gets every change once and in order, or is told how many it missed.
    pub(super) fn read(&mut self, graph: &Graph) {
        let oldest = self.changes.len().saturating_sub(HISTORY as usize);
        let oldest = oldest.max(self.oldest_change);
        let from = self.cursor.number() as usize;
        if from < oldest {
            let count = (oldest - from) as u64;
            assert_eq!(graph.next_change(&mut self.cursor), Err(Missed { count }));
        }
        for (now, tip, what) in &self.changes[from.max(oldest)..] {
            let change = graph.next_change(&mut self.cursor).unwrap().unwrap();
            assert_eq!(change.what, *what);
            assert_eq!((change.at, change.block), (at(*now), tip.map(height)));
        }
        assert_eq!(graph.next_change(&mut self.cursor), Ok(None));
    }
}
