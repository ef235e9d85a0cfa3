//! Queries and the backlog, each cut into pages.

use alloc::{
    collections::{BTreeSet, VecDeque},
    vec::Vec,
};

use lnwire::{
    BlockHeight, ChainHash, Message, NodeId, ShortChannelId, Timestamp,
    bolt7::{
        Checksums, GossipTimestampFilter, NodeAnnouncement, QueryChannelRange, QueryFlags,
        QueryShortChannelIds, ReplyChannelRange, ReplyShortChannelIdsEnd, ShortChannelIds,
        Timestamps,
    },
    bytes::Bytes,
    tlv::UnknownRecords,
};

use super::{ListedChannel, Output, RequestId, StoredChannel};

/// A query, to be answered page by page.
#[expect(
    clippy::large_enum_variant,
    reason = "messages are values: decoding one allocates nothing"
)]
#[derive(Debug)]
pub(super) enum Query {
    Range(Range),
    Channels(Channels),
    /// For another chain: the whole answer.
    Foreign(Message),
}

/// What a query or a backlog does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Look this up for the next page.
    Ask(Output),
    /// Send this, and all is answered.
    End(Message),
}

impl Query {
    pub(super) fn step(&mut self, chain_hash: ChainHash, request: RequestId, limit: usize) -> Step {
        match self {
            Self::Range(range) => match range.question(request) {
                Some(question) => Step::Ask(question),
                None => Step::End(range.reply(chain_hash, &[]).into()),
            },
            Self::Channels(channels) => match channels.question(request, limit) {
                Some(question) => Step::Ask(question),
                None => Step::End(scids_end(chain_hash, 1)),
            },
            Self::Foreign(answer) => Step::End(answer.clone()),
        }
    }
}

/// Makes the end of an answer to a query for channels.
pub(super) fn scids_end(chain_hash: ChainHash, full_information: u8) -> Message {
    let end = ReplyShortChannelIdsEnd {
        chain_hash,
        full_information,
        extra: Bytes::new(),
    };
    end.into()
}

/// A range query. Replies are ascending and contiguous and within 32 bits: some peers refuse any other.
#[derive(Debug)]
pub(super) struct Range {
    /// The next channel that may be listed; `None` when there can be none.
    cursor: Option<ShortChannelId>,
    /// The block at which the next reply begins.
    next_block: u32,
    /// The block behind the range.
    end_block: u32,
    timestamps: bool,
    checksums: bool,
}

impl Range {
    pub(super) fn new(query: &QueryChannelRange) -> Self {
        let first = query.first_blocknum.0;
        let end = query.end_blocknum().max(u64::from(first) + 1);
        Self {
            cursor: first_in(first),
            next_block: first,
            end_block: u32::try_from(end).unwrap_or(u32::MAX),
            timestamps: query.wants(QueryChannelRange::WANT_TIMESTAMPS),
            checksums: query.wants(QueryChannelRange::WANT_CHECKSUMS),
        }
    }

    /// As many as fit into a message, and as the most used nodes send themselves.
    const fn limit(&self) -> usize {
        match (self.timestamps, self.checksums) {
            (false, false) => 8000,
            (true, false) | (false, true) => 4000,
            (true, true) => ShortChannelIds::MAX_IN_REPLY,
        }
    }

    /// Asks for the next page; `None` when no channel can be so high up.
    fn question(&self, request: RequestId) -> Option<Output> {
        Some(Output::List {
            request,
            from: self.cursor?,
            end: BlockHeight(self.end_block),
            limit: self.limit(),
            checksums: self.checksums,
        })
    }

    /// Makes the reply of one page and moves on.
    pub(super) fn reply(
        &mut self,
        chain_hash: ChainHash,
        channels: &[ListedChannel],
    ) -> ReplyChannelRange {
        let page = channels.get(..self.limit()).unwrap_or(channels);
        let cut = self.cut(page);
        let first = core::mem::replace(&mut self.next_block, cut.next_block);
        // A channel without any update is of no use to the peer, and not to be sent (BOLT 7).
        let page: Vec<_> = cut
            .page
            .iter()
            .filter(|c| c.timestamps.iter().any(|t| *t != Timestamp(0)))
            .collect();
        ReplyChannelRange {
            chain_hash,
            first_blocknum: BlockHeight(first),
            number_of_blocks: cut.covered_end.saturating_sub(first),
            sync_complete: u8::from(cut.complete),
            short_channel_ids: ShortChannelIds::new(page.iter().map(|c| c.short_channel_id)),
            timestamps: self
                .timestamps
                .then(|| Timestamps::new(page.iter().map(|c| c.timestamps))),
            checksums: self
                .checksums
                .then(|| Checksums::new(page.iter().map(|c| c.checksums))),
            unknown: UnknownRecords::default(),
        }
    }

    /// Cuts a page at a block's border and moves the cursor behind it.
    fn cut<'a>(&mut self, page: &'a [ListedChannel]) -> Cut<'a> {
        let everything = Cut {
            page,
            covered_end: self.end_block,
            next_block: self.end_block,
            complete: true,
        };
        let Some(last) = page.last().filter(|_| page.len() >= self.limit()) else {
            return everything;
        };
        let last_block = last.short_channel_id.block().0;
        let whole = page.partition_point(|c| c.short_channel_id.block().0 < last_block);
        if whole > 0 {
            self.cursor = first_in(last_block);
            return Cut {
                page: page.get(..whole).unwrap_or(page),
                covered_end: last_block,
                next_block: last_block,
                complete: false,
            };
        }
        // One block fills the page: it goes on in the next reply, which begins at the same block.
        self.cursor = next(last.short_channel_id);
        match self.cursor {
            None => everything,
            Some(_) => Cut {
                page,
                covered_end: last_block.saturating_add(1),
                next_block: last_block,
                complete: false,
            },
        }
    }
}

/// What of a page goes into one reply, and which blocks that reply covers.
struct Cut<'a> {
    page: &'a [ListedChannel],
    covered_end: u32,
    next_block: u32,
    complete: bool,
}

/// A query for channels.
#[derive(Debug)]
pub(super) struct Channels {
    /// Ascending, each once.
    wanted: Vec<(ShortChannelId, u8)>,
    /// How many of them have been asked of the embedder.
    asked: usize,
    nodes_sent: BTreeSet<NodeId>,
}

impl Channels {
    pub(super) fn new(query: &QueryShortChannelIds) -> Self {
        let mut flags = query.query_flags.as_ref().map(QueryFlags::iter);
        let mut next_flags = || match &mut flags {
            Some(flags) => flags.next().unwrap_or(0) & QueryFlags::EVERYTHING,
            None => QueryFlags::EVERYTHING,
        };
        let mut wanted: Vec<_> = query
            .short_channel_ids
            .iter()
            .map(|id| (id, next_flags() as u8))
            .collect();
        wanted.sort_unstable();
        // An id may come twice with different flags: all of them are meant.
        wanted.dedup_by(|(id, flags), (kept, all)| {
            let same = id == kept;
            if same {
                *all |= *flags;
            }
            same
        });
        Self {
            wanted,
            asked: 0,
            nodes_sent: BTreeSet::new(),
        }
    }

    /// Asks for the next page; `None` when all pages were.
    fn question(&mut self, request: RequestId, limit: usize) -> Option<Output> {
        let rest = self.wanted.get(self.asked..).unwrap_or_default();
        let page = rest.get(..limit).unwrap_or(rest);
        self.asked += page.len();
        (!page.is_empty()).then(|| Output::Fetch {
            request,
            channels: page.iter().map(|(id, _)| *id).collect(),
        })
    }

    /// Returns how many bytes the lists take.
    pub(super) fn held_bytes(&self) -> usize {
        self.wanted.len() * size_of::<(ShortChannelId, u8)>()
            + self.nodes_sent.len() * size_of::<NodeId>()
    }

    /// Sends what the flags ask for: a channel's announcement, its updates, and each node once.
    pub(super) fn answer(&mut self, channels: &[StoredChannel], out: &mut VecDeque<Output>) {
        for channel in channels.iter().filter(|c| has_update(c)) {
            let id = channel.announcement.short_channel_id();
            let Ok(at) = self.wanted.binary_search_by_key(&id, |(id, _)| *id) else {
                continue;
            };
            let flags = self
                .wanted
                .get(at)
                .map_or(0, |(_, flags)| u64::from(*flags));
            let asks = |flag: u64| flags & flag != 0;
            if asks(QueryFlags::CHANNEL_ANNOUNCEMENT) {
                relay(out, channel.announcement.as_bytes());
            }
            let update_flags = [QueryFlags::CHANNEL_UPDATE_1, QueryFlags::CHANNEL_UPDATE_2];
            for (update, flag) in channel.updates.iter().zip(update_flags) {
                if let Some(update) = update.as_ref().filter(|_| asks(flag)) {
                    relay(out, update.as_bytes());
                }
            }
            let node_flags = [
                QueryFlags::NODE_ANNOUNCEMENT_1,
                QueryFlags::NODE_ANNOUNCEMENT_2,
            ];
            for (node, flag) in channel.nodes.iter().zip(node_flags) {
                if let Some(node) = node.as_ref().filter(|_| asks(flag)) {
                    if self.nodes_sent.insert(node.node_id()) {
                        relay(out, node.as_bytes());
                    }
                }
            }
        }
    }
}

/// The stored gossip that a filter asks for: all channels, then all nodes.
#[derive(Debug)]
pub(super) struct Backlog {
    filter: GossipTimestampFilter,
    at: BacklogAt,
}

#[derive(Debug)]
enum BacklogAt {
    /// The next channel.
    Channel(ShortChannelId),
    /// The last node.
    Node(Option<NodeId>),
}

impl Backlog {
    pub(super) const fn new(filter: GossipTimestampFilter) -> Self {
        Self {
            filter,
            at: BacklogAt::Channel(ShortChannelId(0)),
        }
    }

    pub(super) const fn question(&self, request: RequestId, limit: usize) -> Output {
        match self.at {
            BacklogAt::Channel(from) => Output::Walk {
                request,
                from,
                limit,
            },
            BacklogAt::Node(after) => Output::WalkNodes {
                request,
                after,
                limit,
            },
        }
    }

    /// Sends the updates that the filter passes, each channel's behind its announcement.
    pub(super) fn answer(
        &mut self,
        channels: &[StoredChannel],
        limit: usize,
        out: &mut VecDeque<Output>,
    ) {
        for channel in channels {
            let passes = |t: Timestamp| self.filter.contains(t);
            let mut updates = channel
                .updates
                .iter()
                .flatten()
                .filter(|u| passes(u.timestamp()))
                .peekable();
            // A channel's announcement has no time of its own: it goes with its updates.
            if updates.peek().is_some() {
                relay(out, channel.announcement.as_bytes());
            }
            updates.for_each(|update| relay(out, update.as_bytes()));
        }
        let last = channels.last().filter(|_| channels.len() >= limit);
        self.at = match last.and_then(|c| next(c.announcement.short_channel_id())) {
            Some(from) => BacklogAt::Channel(from),
            None => BacklogAt::Node(None),
        };
    }

    /// Sends the node announcements that the filter passes.
    pub(super) fn answer_nodes(&mut self, nodes: &[NodeAnnouncement], out: &mut VecDeque<Output>) {
        for node in nodes {
            if self.filter.contains(node.timestamp()) {
                relay(out, node.as_bytes());
            }
        }
        if let Some(last) = nodes.last() {
            self.at = BacklogAt::Node(Some(last.node_id()));
        }
    }
}

/// Returns the first id that a channel of this block can have. Ids have room for 24 bits of height, so of the
/// blocks above there are none.
fn first_in(block: u32) -> Option<ShortChannelId> {
    ShortChannelId::new(block, 0, 0)
}

fn next(id: ShortChannelId) -> Option<ShortChannelId> {
    id.0.checked_add(1).map(ShortChannelId)
}

fn has_update(channel: &StoredChannel) -> bool {
    channel.updates.iter().any(Option::is_some)
}

fn relay(out: &mut VecDeque<Output>, frame: &Bytes) {
    out.push_back(Output::Relay(frame.clone()));
}
