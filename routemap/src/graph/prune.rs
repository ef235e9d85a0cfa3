//! Takes out channels that nobody has updated for two weeks.

use alloc::vec::Vec;

use lnwire::{Instant, NodeId, Timestamp};

use super::{ChannelRef, Direction, Graph, Removed};
use crate::{arena::ChannelHandle, change::Reason};

impl Graph {
    /// Removes stale channels, and forgets [zombies](Self::zombie) that are old. Returns what went, so that nobody
    /// has to look for it. To be called every hour or so; looks at all channels.
    ///
    /// A side is stale when its update is older than [`stale_after`](crate::Config::stale_after) by `wall`,
    /// or when it has none and either the other side is stale or the announcement came so long ago. A channel
    /// is stale when both its sides are, or either if [strict](crate::Config::strict_pruning). Those of
    /// [own nodes](Self::add_own_node) never are.
    ///
    /// Those of its nodes whose side was stale may [revive](Self::revive) it.
    ///
    /// BOLT 7, [recommendation on pruning stale entries](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#recommendation-on-pruning-stale-entries).
    ///
    /// ```
    /// use routemap::{Graph, Instant, Timestamp};
    ///
    /// fn every_hour(graph: &mut Graph, now: Instant, wall: Timestamp) {
    ///     for removed in graph.prune(now, wall) {
    ///         println!("{} went: {:?}", removed.channel.by_ref().short_channel_id(), removed.reason);
    ///         for (_, node) in removed.nodes.iter().flatten() {
    ///             println!("it was the last channel of {}", node.id());
    ///         }
    ///     }
    /// }
    /// # use routemap::{ChainHash, Config};
    /// # let config = Config::new(ChainHash::REGTEST, 1);
    /// # every_hour(&mut Graph::new(config), Instant::ZERO, Timestamp(1_700_000_000));
    /// ```
    pub fn prune(&mut self, now: Instant, wall: Timestamp) -> Vec<Removed> {
        self.set_wall_clock(wall);
        self.zombies.expire(now, &self.config);
        let stale: Vec<_> = self
            .channels()
            .filter_map(|(handle, channel)| {
                let may_revive = self.may_revive(now, wall, channel)?;
                Some((handle, may_revive))
            })
            .collect();
        let removed = stale
            .into_iter()
            .filter_map(|(handle, may_revive)| self.remove(now, handle, Reason::Stale, may_revive));
        removed.collect()
    }

    /// Takes note of a node whose channels are never pruned: one of the embedder's own.
    pub fn add_own_node(&mut self, id: NodeId) {
        self.own_nodes.insert(id);
    }

    /// Says when a channel was first heard of, if that was before it was applied: `age` before `now`. For
    /// graphs that are read from a store. Returns whether `handle` names a channel.
    pub fn set_age(
        &mut self,
        now: Instant,
        handle: ChannelHandle,
        age: core::time::Duration,
    ) -> bool {
        let is_there = self.channels.get(handle).is_some();
        if is_there {
            self.channels.set_age(handle, now, age);
        }
        is_there
    }

    /// Returns the oldest timestamp that is not stale.
    pub(super) fn oldest(&self, wall: Timestamp) -> Timestamp {
        let seconds = self.config.stale_after.as_secs();
        Timestamp(
            wall.0
                .saturating_sub(seconds.try_into().unwrap_or(u32::MAX)),
        )
    }

    /// Returns which sides may revive a channel that is to be pruned, `None` if it is not.
    fn may_revive(
        &self,
        now: Instant,
        wall: Timestamp,
        channel: ChannelRef<'_>,
    ) -> Option<[bool; 2]> {
        let policies = Direction::BOTH.map(|direction| channel.policy(direction));
        let oldest = self.oldest(wall);
        let updated_long_ago =
            policies.map(|policy| policy.map(|policy| policy.timestamp() < oldest));
        let came_long_ago = channel.age(now) > self.config.stale_after;
        let stale = [0, 1].map(|side| match updated_long_ago {
            both if both[side].is_some() => both[side] == Some(true),
            both => came_long_ago || both[1 - side] == Some(true),
        });
        let is_stale = match self.config.strict_pruning {
            true => stale[0] || stale[1],
            false => stale[0] && stale[1],
        };
        if (is_stale || self.is_disabled(channel)) && !self.is_own(channel) {
            return Some(if is_stale { stale } else { [true; 2] });
        }
        None
    }

    /// Returns whether pruning takes a channel for closed because both sides disabled it.
    fn is_disabled(&self, channel: ChannelRef<'_>) -> bool {
        let is_disabled = |direction| channel.policy(direction).is_some_and(|p| p.is_disabled());
        self.config.prune_disabled && Direction::BOTH.into_iter().all(is_disabled)
    }

    fn is_own(&self, channel: ChannelRef<'_>) -> bool {
        let is_own = |node| self.own_nodes.contains(&self.nodes.at(node).id());
        !self.own_nodes.is_empty() && channel.nodes().into_iter().any(is_own)
    }
}
