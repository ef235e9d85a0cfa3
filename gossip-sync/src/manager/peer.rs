//! A peer of a sync manager.

use alloc::{
    collections::{BTreeSet, VecDeque},
    vec::Vec,
};

use lnwire::{BlockHeight, Instant, NodeId, ShortChannelId, Timestamp};

use super::{
    PeerInfo, TaskId,
    score::Score,
    shards::{Taken, Voice},
};
use crate::{
    Syncer,
    syncer::{self, Blocks},
};

/// The most tasks of a peer that wait to be confirmed.
const MAX_UNCONFIRMED: usize = 2;

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) info: PeerInfo,
    pub(super) syncer: Syncer,
    pub(super) task: Option<Task>,
    /// What it listed, to be confirmed, the oldest first.
    pub(super) unconfirmed: VecDeque<Unconfirmed>,
    pub(super) filter: Filter,
    /// From when on new gossip is wanted of it, less the margin.
    pub(super) since: Timestamp,
    pub(super) score: Score,
    /// The first blocks of the shards that it listed in this round.
    pub(super) listed: BTreeSet<BlockHeight>,
    /// It does not serve our chain.
    pub(super) is_useless: bool,
    /// Its last task failed.
    pub(super) is_failing: bool,
    /// It answers no queries for channels, and was asked for a dump: one answers for all that is missing.
    pub(super) dumps: bool,
    pub(super) is_complete: bool,
    /// When it is looked after, as the deadlines have it.
    pub(super) deadline: Option<Instant>,
}

/// What a peer is being asked for.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) taken: Taken,
    /// When somebody else is to be asked, too, unless it answers before.
    pub(super) hedge_at: Option<Instant>,
    /// Whether it is one of those of which there are only so many at once.
    pub(super) counts: bool,
    /// What it listed.
    pub(super) listed: Vec<ShortChannelId>,
}

/// What a peer was asked for, while the embedder looks how much of it is true.
#[derive(Debug)]
pub(super) struct Unconfirmed {
    pub(super) id: TaskId,
    pub(super) taken: Taken,
    pub(super) listed: usize,
    /// All that was asked for came.
    pub(super) is_whole: bool,
    /// Nothing of it was asked for: it is known, or too old to be wanted.
    pub(super) is_unwanted: bool,
    /// The upper blocks, if they are to be listed apart.
    pub(super) rest: Option<Blocks>,
    pub(super) deadline: Instant,
}

/// What the peer was last asked to send of new gossip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// It was never asked, and so sends nothing.
    Never,
    Everything,
    Nothing,
}

impl Peer {
    pub(super) fn new(
        info: PeerInfo,
        config: syncer::Config,
        since: Timestamp,
        score: Score,
    ) -> Self {
        Self {
            info,
            syncer: Syncer::new(config),
            task: None,
            unconfirmed: VecDeque::new(),
            filter: Filter::Never,
            since,
            score,
            listed: BTreeSet::new(),
            is_useless: false,
            is_failing: false,
            dumps: false,
            is_complete: false,
            deadline: None,
        }
    }

    pub(super) fn voice(&self, id: NodeId) -> Voice {
        self.info.group.map_or(Voice::Alone(id), Voice::Group)
    }

    /// Returns whether a task can be given to it. What a dump brings has to be looked at before the next list is compared
    /// with what is known: it will not be sent twice.
    pub(super) fn is_free(&self, now: Instant) -> bool {
        let most = if self.dumps { 1 } else { MAX_UNCONFIRMED };
        self.task.is_none() && self.unconfirmed.len() < most && self.is_fit(now)
    }

    /// Returns whether it can be relied upon, as far as is known.
    pub(super) fn is_fit(&self, now: Instant) -> bool {
        !self.is_useless && !self.score.rests(now)
    }

    /// Returns whether it counts for the quorum.
    pub(super) const fn is_witness(&self) -> bool {
        !self.is_useless && !self.is_failing
    }

    /// Returns when to look after it.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let confirm = self.unconfirmed.iter().map(|u| u.deadline).min();
        let rest = self.score.rests(now).then_some(self.score.rests_until);
        let syncer = self.syncer.poll_timeout();
        let hedge = self.task.as_ref().and_then(|task| task.hedge_at);
        [syncer, confirm, rest, hedge].into_iter().flatten().min()
    }

    pub(super) fn held_bytes(&self) -> usize {
        let listed = self.task.as_ref().map_or(0, |t| t.listed.len());
        self.syncer.held_bytes() + listed * size_of::<ShortChannelId>()
    }
}
