//! Answers one peer's queries, a page at a time.
//!
//! Three kinds of work: a range query (one reply a page), a query for channels, and the backlog that a
//! `gossip_timestamp_filter` asks for. One page is under way at any time: after each the machine rests until
//! [`Input::Ready`] says that the connection has room again, so a slow peer holds a page and no more.

mod pages;

use alloc::{collections::VecDeque, vec::Vec};

use lnwire::{
    BlockHeight, ChainHash, Message, NodeId, ShortChannelId, Timestamp,
    bolt7::{
        ChannelAnnouncement, ChannelUpdate, GossipTimestampFilter, NodeAnnouncement,
        QueryChannelRange, QueryShortChannelIds, ReplyChannelRange, ReplyShortChannelIdsEnd,
        ShortChannelIds,
    },
    bytes::Bytes,
    tlv::UnknownRecords,
};

use crate::violation::Violation;
use pages::{Backlog, Channels, Range};

/// What an [`Answerer`] is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain that is served.
    pub chain_hash: ChainHash,
    /// Channels in a page of announcements and updates, at least 1. Default 64, about 50 kB on the wire.
    pub channels_per_page: usize,
}

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub const fn new(chain_hash: ChainHash) -> Self {
        Self {
            chain_hash,
            channels_per_page: 64,
        }
    }
}

/// Names a question, so that a late answer finds out that it is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

/// What an [`Answerer`] is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The peer asks which channels there are.
    QueryRange(QueryChannelRange),
    /// The peer asks for channels.
    QueryScids(QueryShortChannelIds),
    /// The peer says which gossip it wants. The last filter counts, and replaces an unfinished backlog.
    Filter(GossipTimestampFilter),
    /// The answer to [`Output::List`].
    Listed {
        /// The question.
        request: RequestId,
        /// Ascending, at most as many as asked for; fewer mean that there are no more.
        channels: Vec<ListedChannel>,
    },
    /// The answer to [`Output::Fetch`] or [`Output::Walk`].
    Fetched {
        /// The question.
        request: RequestId,
        /// What is known of the channels asked for, in the order asked; for a walk ascending, and fewer than
        /// asked for mean that there are no more.
        channels: Vec<StoredChannel>,
    },
    /// The answer to [`Output::WalkNodes`].
    FetchedNodes {
        /// The question.
        request: RequestId,
        /// Ascending by node id; fewer than asked for mean that there are no more.
        nodes: Vec<NodeAnnouncement>,
    },
    /// What was sent has left; there is room for another page.
    Ready,
}

/// A public channel, for a `reply_channel_range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedChannel {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// Of the updates of `node_id_1` and `node_id_2`; zero for none.
    pub timestamps: [Timestamp; 2],
    /// [`ChannelUpdate::checksum`] of the same updates; zero for none. Only looked at if asked for.
    pub checksums: [u32; 2],
}

/// A public channel with everything that is sent about it. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChannel {
    /// The channel's announcement.
    pub announcement: ChannelAnnouncement,
    /// The newest updates of `node_id_1` and `node_id_2`.
    pub updates: [Option<ChannelUpdate>; 2],
    /// The newest announcements of `node_id_1` and `node_id_2`. Left out of a walk.
    pub nodes: [Option<NodeAnnouncement>; 2],
}

/// What an [`Answerer`] wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// List public channels, ascending from `from` on, in blocks before `end`; answer with
    /// [`Input::Listed`].
    List {
        /// Names the question.
        request: RequestId,
        /// The first channel that may be listed.
        from: ShortChannelId,
        /// The block behind the last one.
        end: BlockHeight,
        /// The most channels to list.
        limit: usize,
        /// Whether checksums are wanted: they cost a pass over the updates.
        checksums: bool,
    },
    /// Fetch these channels; answer with [`Input::Fetched`].
    Fetch {
        /// Names the question.
        request: RequestId,
        /// The channels.
        channels: Vec<ShortChannelId>,
    },
    /// Fetch public channels, ascending from `from` on; answer with [`Input::Fetched`].
    Walk {
        /// Names the question.
        request: RequestId,
        /// The first channel that may be fetched.
        from: ShortChannelId,
        /// The most channels to fetch.
        limit: usize,
    },
    /// Fetch announcements of nodes with public channels, ascending by id; answer with
    /// [`Input::FetchedNodes`].
    WalkNodes {
        /// Names the question.
        request: RequestId,
        /// The last node that was fetched.
        after: Option<NodeId>,
        /// The most nodes to fetch.
        limit: usize,
    },
    /// Send this to the peer.
    Send(Message),
    /// Send this message, whole as it was once received, to the peer.
    Relay(Bytes),
    /// The peer broke the protocol.
    Violation(Violation),
}

/// Serves one peer.
///
/// Holds one query being answered, one that waits behind it, and a page of outputs: at most
/// [`Config::channels_per_page`] channels, each with an announcement, two updates and two nodes. A query for
/// channels takes 9 bytes for each of at most 8,190 ids, and an entry for each node already sent.
///
/// BOLT 7, [query messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#query-messages).
#[derive(Debug)]
pub struct Answerer {
    config: Config,
    work: Option<Work>,
    /// The query behind the one being answered.
    waiting: Option<Work>,
    /// The backlog that the last filter asks for, until it is begun.
    backlog: Option<Work>,
    filter: Option<GossipTimestampFilter>,
    rest: Rest,
    last_request: u64,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Work {
    Range(Range),
    Channels(Channels),
    Backlog(Backlog),
}

/// What keeps the machine from the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    Free,
    /// The embedder looks something up.
    Asked(RequestId),
    /// The connection has not sent the last page yet.
    Sending,
}

impl Answerer {
    /// Makes an answerer for a peer that has not asked anything.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            work: None,
            waiting: None,
            backlog: None,
            filter: None,
            rest: Rest::Free,
            last_request: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Returns which gossip the peer wants to be sent from now on; `None` before it said so.
    #[must_use]
    pub const fn filter(&self) -> Option<&GossipTimestampFilter> {
        self.filter.as_ref()
    }

    /// Returns whether nothing is being answered.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.work.is_none() && self.waiting.is_none() && self.backlog.is_none()
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, input: Input) {
        match input {
            Input::QueryRange(query) => self.query_range(&query),
            Input::QueryScids(query) => self.query_scids(&query),
            Input::Filter(filter) => self.set_filter(filter),
            Input::Listed { request, channels } if self.rest == Rest::Asked(request) => {
                self.listed(&channels);
            }
            Input::Fetched { request, channels } if self.rest == Rest::Asked(request) => {
                self.fetched(&channels);
            }
            Input::FetchedNodes { request, nodes } if self.rest == Rest::Asked(request) => {
                self.fetched_nodes(&nodes);
            }
            Input::Ready if self.rest == Rest::Sending => self.rest = Rest::Free,
            // A late answer, or room that nobody waits for.
            _ => {}
        }
        self.advance();
    }

    /// Returns what to do next; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn query_range(&mut self, query: &QueryChannelRange) {
        if query.chain_hash == self.config.chain_hash {
            return self.enqueue(Work::Range(Range::new(query)));
        }
        self.send(ReplyChannelRange {
            chain_hash: query.chain_hash,
            first_blocknum: query.first_blocknum,
            number_of_blocks: query.number_of_blocks,
            sync_complete: 1,
            short_channel_ids: ShortChannelIds::new([]),
            timestamps: None,
            checksums: None,
            unknown: UnknownRecords::default(),
        });
    }

    fn query_scids(&mut self, query: &QueryShortChannelIds) {
        if query.chain_hash == self.config.chain_hash {
            return self.enqueue(Work::Channels(Channels::new(query)));
        }
        self.send(ReplyShortChannelIdsEnd {
            chain_hash: query.chain_hash,
            full_information: 0,
            extra: Bytes::new(),
        });
    }

    fn set_filter(&mut self, filter: GossipTimestampFilter) {
        if filter.chain_hash != self.config.chain_hash {
            return;
        }
        if matches!(self.work, Some(Work::Backlog(_))) {
            self.work = None;
            // The answer that is on its way belongs to the old backlog.
            if matches!(self.rest, Rest::Asked(_)) {
                self.rest = Rest::Free;
            }
        }
        self.backlog =
            (filter.timestamp_range != 0).then(|| Work::Backlog(Backlog::new(filter.clone())));
        self.filter = Some(filter);
    }

    fn enqueue(&mut self, work: Work) {
        if self.waiting.is_some() {
            self.outputs
                .push_back(Output::Violation(Violation::TooManyQueries));
        } else {
            self.waiting = Some(work);
        }
    }

    /// Asks the embedder for the next page, if nothing stands in the way.
    fn advance(&mut self) {
        if self.rest != Rest::Free {
            return;
        }
        // Queries go before a backlog that has not begun: the peer waits for their end.
        if self.work.is_none() {
            self.work = self.waiting.take().or_else(|| self.backlog.take());
        }
        let Some(work) = &mut self.work else {
            return;
        };
        self.last_request += 1;
        let request = RequestId(self.last_request);
        let limit = self.config.channels_per_page.max(1);
        let question = match work {
            Work::Range(range) => range.question(request),
            Work::Channels(channels) => channels.question(request, limit),
            Work::Backlog(backlog) => backlog.question(request, limit),
        };
        match question {
            Some(question) => {
                self.rest = Rest::Asked(request);
                self.outputs.push_back(question);
            }
            // A query for channels that has come to its end.
            None => {
                self.work = None;
                self.rest = Rest::Sending;
                self.send(ReplyShortChannelIdsEnd {
                    chain_hash: self.config.chain_hash,
                    full_information: 1,
                    extra: Bytes::new(),
                });
            }
        }
    }

    fn listed(&mut self, channels: &[ListedChannel]) {
        let Some(Work::Range(range)) = &mut self.work else {
            return;
        };
        let reply = range.reply(self.config.chain_hash, channels);
        if reply.sync_complete != 0 {
            self.work = None;
        }
        self.rest = Rest::Sending;
        self.send(reply);
    }

    fn fetched(&mut self, channels: &[StoredChannel]) {
        let limit = self.config.channels_per_page.max(1);
        let before = self.outputs.len();
        match &mut self.work {
            Some(Work::Channels(work)) => work.answer(channels, &mut self.outputs),
            Some(Work::Backlog(work)) => work.answer(channels, limit, &mut self.outputs),
            _ => return,
        }
        self.rest_after_page(before);
    }

    fn fetched_nodes(&mut self, nodes: &[NodeAnnouncement]) {
        let Some(Work::Backlog(work)) = &mut self.work else {
            return;
        };
        let before = self.outputs.len();
        work.answer_nodes(nodes, &mut self.outputs);
        if nodes.len() < self.config.channels_per_page.max(1) {
            self.work = None;
        }
        self.rest_after_page(before);
    }

    /// Rests until the page has left; a page that came out empty needs no rest.
    fn rest_after_page(&mut self, outputs_before: usize) {
        self.rest = if self.outputs.len() > outputs_before {
            Rest::Sending
        } else {
            Rest::Free
        };
    }

    fn send(&mut self, message: impl Into<Message>) {
        self.outputs.push_back(Output::Send(message.into()));
    }
}
