//! A change as plain words, which is how the ring keeps it.

use lnwire::{BlockHeight, NodeId, ShortChannelId, Timestamp};

use super::{Change, Reason, What};
use crate::{
    arena::{ChannelHandle, Handle, NodeHandle},
    graph::{Direction, Policy},
    instant,
    memory::Plain,
};

/// A change in 64 bytes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Record {
    at_millis: u64,
    /// A short channel id; or the timestamp of a node's announcement, plus 2^32 to tell it from none.
    id: u64,
    index: u32,
    generation: u32,
    /// Plus one; 0 if unknown.
    block: u32,
    kind: u8,
    /// Of a channel that goes; of terms whether there were any before.
    reason: u8,
    direction: u8,
    /// The first byte of a node's id.
    parity: u8,
    /// The rest of a node's id; terms; capacity, nodes and the channel spliced to.
    words: [u64; 4],
}

const _: () = assert!(size_of::<Record>() == 64);

impl Plain for Record {}

impl Record {
    // Whoever makes a change knows what kind it is: there, little is left of this.
    #[inline(always)]
    pub(super) fn new(change: &Change) -> Self {
        let mut record = Self {
            at_millis: instant::to_millis(change.at),
            block: change.block.map_or(0, |height| height.0.saturating_add(1)),
            ..Self::default()
        };
        record.set(&change.what);
        record
    }

    #[inline(always)]
    fn set(&mut self, what: &What) {
        match *what {
            What::ChannelAdded {
                channel,
                generation,
                short_channel_id,
            } => {
                self.name(0, channel, generation);
                self.id = short_channel_id.0;
            }
            What::CapacityChanged {
                channel,
                generation,
                replaced,
            } => {
                self.name(1, channel, generation);
                self.words[0] = replaced.unwrap_or(0);
            }
            What::PolicyChanged {
                channel,
                generation,
                direction,
                replaced,
            } => {
                self.name(2, channel, generation);
                self.direction = direction.bit();
                self.reason = replaced.is_some().into();
                self.words = replaced.unwrap_or_default().to_words();
            }
            What::ChannelDying {
                channel,
                generation,
                reason,
            } => {
                self.name(3, channel, generation);
                self.set_reason(reason);
            }
            What::ChannelAlive {
                channel,
                generation,
            } => self.name(4, channel, generation),
            What::ChannelFreed {
                channel,
                generation,
                short_channel_id,
                nodes: [one, two],
                capacity_sat,
                reason,
            } => {
                self.name(5, channel, generation);
                self.id = short_channel_id.0;
                self.words[0] = capacity_sat.unwrap_or(0);
                self.words[1] = (one.index() as u64) << 32 | two.index() as u64;
                self.set_reason(reason);
            }
            What::NodeAdded {
                node,
                generation,
                id,
            } => {
                self.name(6, node, generation);
                self.set_node_id(&id);
            }
            What::NodeAnnounced {
                node,
                generation,
                replaced,
            } => {
                self.name(7, node, generation);
                self.set_timestamp(replaced);
            }
            What::NodeFreed {
                node,
                generation,
                id,
                announced_at,
            } => {
                self.name(8, node, generation);
                self.set_node_id(&id);
                self.set_timestamp(announced_at);
            }
        }
    }

    pub(crate) fn change(&self) -> Change {
        let channel = ChannelHandle::from_index(self.index);
        let node = NodeHandle::from_index(self.index);
        let generation = self.generation;
        let some = |number: u64| Some(number).filter(|number| *number != 0);
        let what = match self.kind {
            0 => What::ChannelAdded {
                channel,
                generation,
                short_channel_id: ShortChannelId(self.id),
            },
            1 => What::CapacityChanged {
                channel,
                generation,
                replaced: some(self.words[0]),
            },
            2 => What::PolicyChanged {
                channel,
                generation,
                direction: Direction::from_bit(self.direction),
                replaced: (self.reason != 0).then(|| Policy::from_words(self.words)),
            },
            3 => What::ChannelDying {
                channel,
                generation,
                reason: self.reason(),
            },
            4 => What::ChannelAlive {
                channel,
                generation,
            },
            5 => What::ChannelFreed {
                channel,
                generation,
                short_channel_id: ShortChannelId(self.id),
                nodes: [self.words[1] >> 32, self.words[1]]
                    .map(|index| NodeHandle::from_index(index as u32)),
                capacity_sat: some(self.words[0]),
                reason: self.reason(),
            },
            6 => What::NodeAdded {
                node,
                generation,
                id: self.node_id(),
            },
            7 => What::NodeAnnounced {
                node,
                generation,
                replaced: self.timestamp(),
            },
            _ => What::NodeFreed {
                node,
                generation,
                id: self.node_id(),
                announced_at: self.timestamp(),
            },
        };
        Change {
            at: instant::from_millis(self.at_millis),
            block: self.block.checked_sub(1).map(BlockHeight),
            what,
        }
    }

    #[inline]
    fn name(&mut self, kind: u8, handle: impl Handle, generation: u32) {
        self.kind = kind;
        self.index = handle.index() as u32;
        self.generation = generation;
    }

    fn set_reason(&mut self, reason: Reason) {
        (self.reason, self.words[2]) = reason.to_code();
    }

    fn reason(&self) -> Reason {
        Reason::from_code(self.reason, self.words[2]).unwrap_or(Reason::Removed)
    }

    fn set_node_id(&mut self, id: &NodeId) {
        self.parity = id.0[0];
        for (word, bytes) in self.words.iter_mut().zip(id.0[1..].chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        }
    }

    fn node_id(&self) -> NodeId {
        let mut id = [self.parity; 33];
        for (word, bytes) in self.words.iter().zip(id[1..].chunks_exact_mut(8)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        NodeId(id)
    }

    fn set_timestamp(&mut self, timestamp: Option<Timestamp>) {
        self.id = timestamp.map_or(0, |t| 1 << 32 | u64::from(t.0));
    }

    fn timestamp(&self) -> Option<Timestamp> {
        (self.id != 0).then_some(Timestamp(self.id as u32))
    }
}

#[cfg(test)]
mod tests {
    use lnwire::Instant;

    use super::*;

    #[test]
    fn every_change_comes_back_as_it_was() {
        let channel = ChannelHandle::from_index(70_000);
        let node = NodeHandle::from_index(u32::MAX - 1);
        let nodes = [NodeHandle::from_index(0), node];
        let (generation, short_channel_id) = (7, ShortChannelId(0x0a0b_0c00_0001_0002));
        let mut bytes = [3; 33];
        bytes[1..].iter_mut().zip(1..).for_each(|(b, i)| *b = i);
        let id = NodeId(bytes);
        let policy = Policy::from_words([1 << 40, u64::MAX, 5 << 32 | 6, 9 << 32 | 3 << 16 | 40]);
        let mut all = alloc::vec![
            What::ChannelAdded {
                channel,
                generation,
                short_channel_id
            },
            What::ChannelAlive {
                channel,
                generation
            },
            What::NodeAdded {
                node,
                generation,
                id
            },
        ];
        for replaced in [None, Some(5)] {
            all.push(What::CapacityChanged {
                channel,
                generation,
                replaced,
            });
        }
        for (direction, replaced) in Direction::BOTH.into_iter().zip([None, Some(policy)]) {
            all.push(What::PolicyChanged {
                channel,
                generation,
                direction,
                replaced,
            });
        }
        for replaced in [None, Some(Timestamp(0)), Some(Timestamp(u32::MAX))] {
            all.push(What::NodeAnnounced {
                node,
                generation,
                replaced,
            });
            all.push(What::NodeFreed {
                node,
                generation,
                id,
                announced_at: replaced,
            });
        }
        for reason in [
            Reason::Removed,
            Reason::Closed,
            Reason::Spliced(ShortChannelId(9)),
            Reason::ReorganisedOut,
            Reason::Stale,
            Reason::Conflict,
            Reason::BadFunding,
        ] {
            all.push(What::ChannelDying {
                channel,
                generation,
                reason,
            });
            all.push(What::ChannelFreed {
                channel,
                generation,
                short_channel_id,
                nodes,
                capacity_sat: Some(8),
                reason,
            });
        }
        for what in all {
            for block in [None, Some(BlockHeight(0)), Some(BlockHeight(900_000))] {
                let at = Instant::from_epoch(core::time::Duration::from_millis(1234));
                let change = Change { at, block, what };
                assert_eq!(Record::new(&change).change(), change);
            }
        }
    }
}
