//! Answers one peer's queries, a page at a time.
//!
//! Three kinds of work: a range query (one reply a page), a query for channels, and the backlog that a
//! `gossip_timestamp_filter` asks for. One page is under way at any time: after each the machine rests until
//! [`Input::Ready`] says that the connection has room again, so a slow peer holds a page and no more. A query
//! is answered ahead of what is left of a backlog, which may be the whole graph.

mod input;
mod pages;

use alloc::{collections::VecDeque, vec::Vec};

use lnwire::{
    BlockHeight, ChainHash, Message, NodeId, ShortChannelId,
    bolt7::{
        GossipTimestampFilter, NodeAnnouncement, QueryChannelRange, QueryShortChannelIds,
        ReplyChannelRange, ShortChannelIds,
    },
    bytes::Bytes,
    tlv::UnknownRecords,
};

pub use input::{Input, ListedChannel, StoredChannel};

use crate::violation::Violation;
use pages::{Backlog, Channels, Query, Range, Step, scids_end};

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

/// What an [`Answerer`] wants done, in this order.
#[expect(
    clippy::large_enum_variant,
    reason = "messages are values: decoding one allocates nothing"
)]
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
    /// Fetch public channels, ascending from `from` on; answer with [`Input::Fetched`]. Those of which
    /// [`Answerer::filter`] passes no update may be left out, which saves a walk through all channels when
    /// only news are wanted.
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
/// Holds two queries, the one being answered and one that waits behind it, and a page of outputs: at most
/// five messages for each of [`Config::channels_per_page`] channels, which share the bytes of the store, or
/// one message of its own. A query for channels takes 16 bytes for each of at most 8,186 ids, and 33 for each
/// node already sent, of which there are at most twice as many. Each message of the peer adds at most one
/// output, so draining after each input keeps them few.
///
/// BOLT 7, [query messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#query-messages).
///
/// ```
/// use gossip_sync::{Answerer, answerer};
/// use lnwire::{ChainHash, Message, bolt7::{QueryShortChannelIds, ShortChannelIds}, tlv::UnknownRecords};
///
/// let mut answerer = Answerer::new(answerer::Config::new(ChainHash::REGTEST));
/// answerer.handle_input(answerer::Input::QueryScids(QueryShortChannelIds {
///     chain_hash: ChainHash::REGTEST,
///     short_channel_ids: ShortChannelIds::new([]),
///     query_flags: None,
///     unknown: UnknownRecords::default(),
/// }));
/// let Some(answerer::Output::Send(Message::ReplyShortChannelIdsEnd(end))) = answerer.poll_output() else { panic!() };
/// assert_eq!(end.full_information, 1);
/// ```
#[derive(Debug)]
pub struct Answerer {
    config: Config,
    query: Option<Query>,
    /// The query behind the one being answered.
    waiting: Option<Query>,
    /// What the last filter asks for.
    backlog: Option<Backlog>,
    filter: Option<GossipTimestampFilter>,
    rest: Rest,
    last_request: u64,
    outputs: VecDeque<Output>,
}

/// What keeps the machine from the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    Free,
    /// The embedder looks something up.
    Asked(RequestId, Asker),
    /// The connection has not sent the last page yet.
    Sending,
}

/// What the answer to a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    Query,
    Backlog,
    /// A backlog that another filter has replaced.
    Nobody,
}

impl Answerer {
    /// Makes an answerer for a peer that has not asked anything.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            query: None,
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
        self.query.is_none() && self.waiting.is_none() && self.backlog.is_none()
    }

    /// Returns how many bytes are held: the lists of queries, and messages that wait to be polled.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let lists = [&self.query, &self.waiting].into_iter().flatten();
        let outputs = self.outputs.iter().map(|output| match output {
            Output::Send(message) => message.encoded_len(),
            Output::Relay(frame) => frame.len(),
            Output::Fetch { channels, .. } => channels.len() * size_of::<ShortChannelId>(),
            _ => 0,
        });
        let lists = lists.map(|query| match query {
            Query::Channels(channels) => channels.held_bytes(),
            Query::Range(_) | Query::Foreign(_) => 0,
        });
        outputs.chain(lists).sum()
    }

    /// Returns whether the machine rests until [`Input::Ready`]: after every page, also one of which nothing was
    /// sent. Otherwise a filter that passes nothing, which costs a peer 44 bytes, would walk the whole graph at
    /// once.
    #[must_use]
    pub const fn awaits_ready(&self) -> bool {
        matches!(self.rest, Rest::Sending)
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, input: Input) {
        match input {
            Input::QueryRange(query) => self.query_range(&query),
            Input::QueryScids(query) => self.query_scids(&query),
            Input::Filter(filter) => self.set_filter(filter),
            Input::Listed { request, channels } => {
                if let Some(Asker::Query) = self.asker_of(request) {
                    self.listed(&channels);
                }
            }
            Input::Fetched { request, channels } => match self.asker_of(request) {
                Some(Asker::Query) => self.fetched(&channels),
                Some(Asker::Backlog) => self.walked(&channels),
                Some(Asker::Nobody) => self.rest = Rest::Free,
                None => {}
            },
            Input::FetchedNodes { request, nodes } => match self.asker_of(request) {
                Some(Asker::Backlog) => self.walked_nodes(&nodes),
                Some(Asker::Nobody) => self.rest = Rest::Free,
                Some(Asker::Query) | None => {}
            },
            Input::Ready => {
                if self.rest == Rest::Sending {
                    self.rest = Rest::Free;
                }
            }
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
            return self.enqueue(Query::Range(Range::new(query)));
        }
        let reply = ReplyChannelRange {
            chain_hash: query.chain_hash,
            first_blocknum: query.first_blocknum,
            number_of_blocks: query.number_of_blocks,
            sync_complete: 1,
            short_channel_ids: ShortChannelIds::new([]),
            timestamps: None,
            checksums: None,
            unknown: UnknownRecords::default(),
        };
        self.enqueue(Query::Foreign(reply.into()));
    }

    fn query_scids(&mut self, query: &QueryShortChannelIds) {
        self.enqueue(if query.chain_hash == self.config.chain_hash {
            Query::Channels(Channels::new(query))
        } else {
            Query::Foreign(scids_end(query.chain_hash, 0))
        });
    }

    fn set_filter(&mut self, filter: GossipTimestampFilter) {
        if filter.chain_hash != self.config.chain_hash {
            return;
        }
        if let Rest::Asked(_, asker @ Asker::Backlog) = &mut self.rest {
            *asker = Asker::Nobody;
        }
        self.backlog = (filter.timestamp_range != 0).then(|| Backlog::new(filter.clone()));
        self.filter = Some(filter);
    }

    /// Puts a query behind the one being answered. Those for other chains too: answered out of turn, they
    /// would pile up before a connection that does not drain.
    fn enqueue(&mut self, query: Query) {
        if self.waiting.is_some() {
            self.outputs
                .push_back(Output::Violation(Violation::TooManyQueries));
        } else if self.query.is_some() {
            self.waiting = Some(query);
        } else {
            self.query = Some(query);
        }
    }

    /// Returns what asked this question; `None` if it is not the open one.
    fn asker_of(&self, request: RequestId) -> Option<Asker> {
        match self.rest {
            Rest::Asked(open, asker) if open == request => Some(asker),
            _ => None,
        }
    }

    /// Begins the next page, if nothing stands in the way. Queries go first: the peer waits for their end.
    fn advance(&mut self) {
        if self.rest != Rest::Free {
            return;
        }
        self.last_request += 1;
        let request = RequestId(self.last_request);
        let limit = self.config.channels_per_page.max(1);
        let step = match (&mut self.query, &self.backlog) {
            (Some(query), _) => query.step(self.config.chain_hash, request, limit),
            (None, Some(backlog)) => Step::Ask(backlog.question(request, limit)),
            (None, None) => return,
        };
        match step {
            Step::Ask(question) => {
                let asker = match self.query {
                    Some(_) => Asker::Query,
                    None => Asker::Backlog,
                };
                self.rest = Rest::Asked(request, asker);
                self.outputs.push_back(question);
            }
            Step::End(answer) => {
                self.end_query();
                self.rest = Rest::Sending;
                self.outputs.push_back(Output::Send(answer));
            }
        }
    }

    fn listed(&mut self, channels: &[ListedChannel]) {
        let Some(Query::Range(range)) = &mut self.query else {
            return;
        };
        let reply = range.reply(self.config.chain_hash, channels);
        if reply.sync_complete != 0 {
            self.end_query();
        }
        self.rest = Rest::Sending;
        self.outputs.push_back(Output::Send(reply.into()));
    }

    fn fetched(&mut self, channels: &[StoredChannel]) {
        let Some(Query::Channels(query)) = &mut self.query else {
            return;
        };
        query.answer(channels, &mut self.outputs);
        self.rest = Rest::Sending;
    }

    fn walked(&mut self, channels: &[StoredChannel]) {
        let limit = self.config.channels_per_page.max(1);
        if let Some(backlog) = &mut self.backlog {
            backlog.answer(channels, limit, &mut self.outputs);
        }
        self.rest = Rest::Sending;
    }

    fn walked_nodes(&mut self, nodes: &[NodeAnnouncement]) {
        let limit = self.config.channels_per_page.max(1);
        if let Some(backlog) = &mut self.backlog {
            backlog.answer_nodes(nodes, &mut self.outputs);
        }
        if nodes.len() < limit {
            self.backlog = None;
        }
        self.rest = Rest::Sending;
    }

    fn end_query(&mut self) {
        self.query = self.waiting.take();
    }
}
