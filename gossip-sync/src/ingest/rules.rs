//! What a look can tell, the cheapest look first.

use lnwire::{
    AddressError, NodeId, ShortChannelId, Timestamp,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};

use super::{
    DropReason, Funding, Gone, Ingest, KnownChannel, KnownNode, KnownUpdate, Standing, Terms,
    Zombie, parked::Place,
};

/// What becomes of an update whose channel is not in the graph.
pub(super) enum Homeless {
    /// Announcements of its channel are being checked.
    Waits,
    /// No announcement has come.
    Early,
    /// It may show that its channel lives.
    Revives(Zombie),
}

impl Ingest {
    /// Looks at a channel's announcement.
    pub(super) fn look_at_channel(
        &self,
        peer: NodeId,
        hash: u64,
        message: &ChannelAnnouncement,
        channel: Standing,
    ) -> Result<(), DropReason> {
        let id = message.short_channel_id();
        let node_ids = [message.node_id_1(), message.node_id_2()];
        if message.chain_hash() != self.config.chain_hash {
            Err(DropReason::ForeignChain)
        } else if matches!(channel, Standing::Known(_)) || self.held.contains(hash) {
            Err(DropReason::Known)
        } else if node_ids.iter().any(|id| Some(*id) == self.config.own_node) {
            Err(DropReason::Own)
        } else if node_ids[0] >= node_ids[1] {
            Err(DropReason::NodeOrder)
        } else if self.is_far_above_tip(id) {
            Err(DropReason::FarAboveTip)
        } else if let Standing::Gone(gone) = channel {
            Err(match gone {
                Gone::Closed => DropReason::Closed,
                Gone::Silent(_) | Gone::Disabled(_) => DropReason::Zombie,
            })
        } else if self.is_full_for(peer) {
            Err(DropReason::GraphFull)
        } else {
            self.seen.get(hash).map_or(Ok(()), Err)
        }
    }

    /// Looks at an update whose channel is in the graph.
    pub(super) fn look_at_update(
        &self,
        hash: u64,
        message: &ChannelUpdate,
        channel: &KnownChannel,
    ) -> Result<(), DropReason> {
        self.look_at_terms(message)?;
        let direction = message.direction();
        let side = usize::from(direction);
        let stored = channel.updates[side].map(|update| update.timestamp);
        if Some(message.timestamp()) <= stored
            || self.held.contains(hash)
            || self
                .delayed(message.short_channel_id(), direction)
                .is_some_and(|delayed| message.timestamp() <= delayed)
        {
            Err(DropReason::Known)
        } else if Some(channel.node_ids[side]) == self.config.own_node {
            Err(DropReason::Own)
        } else {
            self.seen.get(hash).map_or(Ok(()), Err)
        }
    }

    /// Looks at an update whose channel is not in the graph.
    pub(super) fn look_at_homeless(
        &self,
        hash: u64,
        message: &ChannelUpdate,
        channel: Standing,
    ) -> Result<Homeless, DropReason> {
        self.look_at_terms(message)?;
        let id = message.short_channel_id();
        if self.held.contains(hash) {
            Err(DropReason::Known)
        } else if self.is_far_above_tip(id) {
            Err(DropReason::FarAboveTip)
        } else if let Some(reason) = self.seen.get(hash) {
            Err(reason)
        } else if self.channels.contains_key(&id) {
            Ok(Homeless::Waits)
        } else {
            let may_revive = |zombie: &Zombie| zombie.may_revive[usize::from(message.direction())];
            let Standing::Gone(gone) = channel else {
                return Ok(Homeless::Early);
            };
            match gone {
                Gone::Closed => Err(DropReason::Closed),
                Gone::Disabled(_) if message.is_disabled() => Err(DropReason::Zombie),
                Gone::Silent(zombie) | Gone::Disabled(zombie) if may_revive(&zombie) => {
                    Ok(Homeless::Revives(zombie))
                }
                Gone::Silent(_) | Gone::Disabled(_) => Err(DropReason::Zombie),
            }
        }
    }

    fn look_at_terms(&self, message: &ChannelUpdate) -> Result<(), DropReason> {
        if message.chain_hash() != self.config.chain_hash {
            Err(DropReason::ForeignChain)
        } else if message.dont_forward() {
            Err(DropReason::DontForward)
        } else if message.timestamp() == Timestamp(0) {
            Err(DropReason::NoTimestamp)
        } else if self.is_stale(message.timestamp()) {
            Err(DropReason::Stale)
        } else if self.is_future(message.timestamp()) {
            Err(DropReason::Future)
        } else {
            Ok(())
        }
    }

    /// Looks at a node's announcement. Returns whether it may be passed on.
    pub(super) fn look_at_node(
        &self,
        hash: u64,
        message: &NodeAnnouncement,
        node: Option<KnownNode>,
    ) -> Result<(), DropReason> {
        if message.timestamp() == Timestamp(0) {
            Err(DropReason::NoTimestamp)
        } else if self.is_future(message.timestamp()) {
            Err(DropReason::Future)
        } else if node.is_some_and(|n| Some(message.timestamp()) <= n.timestamp)
            || self.held.contains(hash)
        {
            Err(DropReason::Known)
        } else if Some(message.node_id()) == self.config.own_node {
            Err(DropReason::Own)
        } else if message
            .addresses()
            .iter()
            .any(|address| matches!(address, Err(AddressError::Truncated(_))))
        {
            Err(DropReason::Addresses)
        } else {
            self.seen.get(hash).map_or(Ok(()), Err)
        }
    }

    /// Returns whether the graph has no room for channels of this peer.
    fn is_full_for(&self, peer: NodeId) -> bool {
        let Self {
            config, sources, ..
        } = self;
        let nearly_full = config.max_channels - config.max_channels / 4;
        self.channel_count >= config.max_channels
            || (self.channel_count >= nearly_full
                && config.funding == Funding::AssumeValid
                && sources.is_heaviest(peer))
    }

    fn is_far_above_tip(&self, id: ShortChannelId) -> bool {
        let far =
            |tip: u32| id.block().0 >= tip.saturating_add(self.config.max_blocks_ahead.max(1));
        self.tip.is_some_and(|tip| far(tip.0))
    }

    /// Returns the height at which a channel has enough confirmations, if the tip is below it.
    pub(super) fn confirmed_at(&self, id: ShortChannelId) -> Option<u32> {
        let more = self.config.confirmations.saturating_sub(1);
        let height = id.block().0.saturating_add(more);
        self.tip.is_some_and(|tip| tip.0 < height).then_some(height)
    }

    /// Returns the timestamp of the update that waits for the rate limit.
    pub(super) fn delayed(&self, id: ShortChannelId, direction: u8) -> Option<Timestamp> {
        match &self.parked.at(Place::Side(id, direction))?.message {
            super::parked::Message::Delayed(update) => Some(update.timestamp()),
            _ => None,
        }
    }

    fn is_stale(&self, timestamp: Timestamp) -> bool {
        let now = u64::from(self.wall_clock.as_secs());
        u64::from(timestamp.as_secs()).saturating_add(self.config.max_age.as_secs()) < now
    }

    fn is_future(&self, timestamp: Timestamp) -> bool {
        let now = u64::from(self.wall_clock.as_secs());
        u64::from(timestamp.as_secs()) > now.saturating_add(self.config.max_age.as_secs())
    }
}

/// Returns whether an update says what the stored one says, later.
pub(super) fn is_keep_alive(message: &ChannelUpdate, stored: &KnownUpdate) -> bool {
    // What lies behind the fields is not compared: it may be what has changed.
    message.as_bytes().len() == ChannelUpdate::MIN_LEN && stored.terms == Some(Terms::from(message))
}
