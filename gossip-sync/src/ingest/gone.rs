//! Channels that are not in the graph any more, and what may bring them back.

use alloc::collections::BTreeMap;

use lnwire::{NodeId, ShortChannelId, Timestamp};

use super::{Config, KnownChannel};

/// Why a channel is not in the graph any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gone {
    /// Its funding output is spent. Nothing brings it back.
    Closed,
    /// It was silent for too long: a zombie. A fresh update, signed by one of the nodes that may, brings it
    /// back.
    Silent(Zombie),
    /// Both directions were disabled. As [`Silent`](Self::Silent), by an update that enables one.
    Disabled(Zombie),
}

/// Who may revive a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zombie {
    /// The channel's nodes, the lesser id first.
    pub node_ids: [NodeId; 2],
    /// Which of them.
    pub may_revive: [bool; 2],
}

impl Gone {
    /// Returns the mark of a channel that is removed because updates are older than `oldest`, or missing: the
    /// nodes whose updates are may revive it.
    #[must_use]
    pub fn silent(channel: &KnownChannel, oldest: Timestamp) -> Self {
        let is_silent = |at: Option<Timestamp>| at.is_none_or(|at| at < oldest);
        Self::Silent(Zombie {
            node_ids: channel.node_ids,
            may_revive: channel.timestamps().map(is_silent),
        })
    }
}

/// A bounded memory of them.
#[derive(Debug)]
pub(super) struct Memory {
    channels: BTreeMap<ShortChannelId, Entry>,
    /// By age.
    order: BTreeMap<u64, ShortChannelId>,
    last: u64,
}

#[derive(Debug)]
struct Entry {
    gone: Gone,
    since: Timestamp,
    order: u64,
}

impl Memory {
    pub(super) const fn new() -> Self {
        Self {
            channels: BTreeMap::new(),
            order: BTreeMap::new(),
            last: 0,
        }
    }

    pub(super) fn insert(
        &mut self,
        config: &Config,
        id: ShortChannelId,
        gone: Gone,
        since: Timestamp,
    ) {
        self.remove(id);
        self.last += 1;
        let order = self.last;
        self.channels.insert(id, Entry { gone, since, order });
        self.order.insert(order, id);
        while self.channels.len() > config.max_gone {
            let Some((_, oldest)) = self.order.pop_first() else {
                return;
            };
            self.channels.remove(&oldest);
        }
    }

    pub(super) fn remove(&mut self, id: ShortChannelId) {
        if let Some(entry) = self.channels.remove(&id) {
            self.order.remove(&entry.order);
        }
    }

    /// Returns the mark of a channel unless it has expired at `time`.
    pub(super) fn get(&self, config: &Config, id: ShortChannelId, time: Timestamp) -> Option<Gone> {
        let entry = self.channels.get(&id)?;
        let age = u64::from(time.as_secs().saturating_sub(entry.since.as_secs()));
        (entry.gone == Gone::Closed || age < config.gone_for.as_secs()).then_some(entry.gone)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ShortChannelId, Gone, Timestamp)> {
        self.order.values().filter_map(|id| {
            let entry = self.channels.get(id)?;
            Some((*id, entry.gone, entry.since))
        })
    }

    pub(super) fn len(&self) -> usize {
        self.channels.len()
    }
}
