//! Asks one peer for everything it knows: the range query, then the channels that are missing here.
//!
//! The moves, each wait with its deadline:
//!
//! ```text
//! Idle --sync--> AwaitRange --last reply--> AwaitMissing --Missing--> AwaitEnd --last end--> Idle
//!                                                                        | first query unanswered
//!                                                                        v
//!                                                                     AwaitDump --all there--> Idle
//! ```
//! Peers exist that answer range queries and never a `query_short_channel_ids`; from those the syncer asks
//! for a dump by `gossip_timestamp_filter` and takes what is missing from that.

mod batch;
mod range;

use alloc::{collections::VecDeque, vec::Vec};
use core::time::Duration;

use lnwire::{
    BlockHeight, ChainHash, Instant, Message, ShortChannelId, Timestamp,
    bolt7::{GossipTimestampFilter, QueryChannelRange, ReplyChannelRange, ReplyShortChannelIdsEnd},
    bytes::Bytes,
    tlv::UnknownRecords,
};

use batch::Wants;
use range::RangeReplies;
pub use range::{Listed, MAX_REPLIES};

use crate::violation::Violation;

/// What a [`Syncer`] is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain to ask about.
    pub chain_hash: ChainHash,
    /// Channels asked for in one query, 1 to 8000. Default 500, which every peer that answers takes.
    pub channels_per_query: usize,
    /// Ids accepted in all replies to one range query; each takes 16 bytes meanwhile. Default a million.
    pub max_listed: usize,
    /// The longest wait for the next range reply, and for the embedder's [`Input::Missing`]. Default 60 s.
    pub reply_timeout: Duration,
    /// The longest silence of gossip while a `query_short_channel_ids` is open. Default 20 s.
    pub gossip_timeout: Duration,
    /// The longest time from the first query to the last answer. Default 30 minutes.
    pub total_timeout: Duration,
}

impl Config {
    /// The defaults for a chain.
    #[must_use]
    pub const fn new(chain_hash: ChainHash) -> Self {
        Self {
            chain_hash,
            channels_per_query: 500,
            max_listed: 1_000_000,
            reply_timeout: Duration::from_secs(60),
            gossip_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(30 * 60),
        }
    }
}

/// What a [`Syncer`] is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The peer answered the range query, or a part of it.
    RangeReply(ReplyChannelRange),
    /// The peer ended its answer to a query for channels.
    ScidsEnd(ReplyShortChannelIdsEnd),
    /// The peer sent gossip; the channel, if it was an announcement of one.
    Gossip(Option<ShortChannelId>),
    /// The answer to [`Output::FindMissing`]: what to ask for, in any order.
    Missing(Vec<Wanted>),
}

/// A channel to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// What of it: a sum of the constants of [`QueryFlags`](lnwire::bolt7::QueryFlags).
    pub flags: u8,
}

/// What a [`Syncer`] wants done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this to the peer.
    Send(Message),
    /// Compare these channels, ascending and each once, with what is known here, and answer with
    /// [`Input::Missing`].
    FindMissing(Vec<Listed>),
    /// Something happened.
    Event(Event),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The sync that [`Syncer::sync`] began has ended, exactly once.
    Finished(Outcome),
    /// The peer broke the protocol.
    Violation(Violation),
}

/// How a sync ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Every channel that the peer listed and that was missing here was asked for and answered.
    Complete {
        /// Channels that the peer listed.
        listed: usize,
        /// Channels asked for.
        asked: usize,
        /// Channels that it listed, was asked for, and did not send: closed meanwhile, or withheld.
        withheld: Vec<ShortChannelId>,
    },
    /// Some channels never came.
    Partial {
        /// Why.
        reason: Failure,
        /// The channels that are left to ask of another peer.
        missing: Vec<ShortChannelId>,
    },
    /// Not even the list of channels arrived.
    Failed(Failure),
}

/// Why a sync did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The peer fell silent.
    #[error("no answer in time")]
    TimedOut,
    /// The peer does not serve our chain.
    #[error("peer does not serve the chain")]
    ChainNotServed,
    /// The peer says that it lacks information.
    #[error("peer does not keep full information")]
    NotFullInformation,
    /// The peer listed more channels than [`Config::max_listed`], or in too many replies.
    #[error("peer listed too much")]
    TooMuch,
    /// The embedder did not answer [`Output::FindMissing`].
    #[error("missing channels were not looked up in time")]
    NotLookedUp,
    /// [`Syncer::stop`] was called.
    #[error("stopped")]
    Stopped,
}

/// Learns from one peer which channels there are, and asks for those that are missing.
///
/// At most one query of each kind is open at any time, as BOLT 7 demands. Holds at most
/// [`Config::max_listed`] entries of 16 bytes, one outstanding query, and a handful of outputs.
///
/// BOLT 7, [query messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#query-messages).
#[derive(Debug)]
pub struct Syncer {
    config: Config,
    state: State,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// A range query is out.
    AwaitRange {
        replies: RangeReplies,
        wait: Wait,
    },
    /// The embedder compares the list with what it knows.
    AwaitMissing {
        listed: usize,
        wait: Wait,
    },
    /// A query for channels is out.
    AwaitEnd {
        wants: Wants,
        wait: Wait,
    },
    /// The peer does not answer such queries; what is missing is to come out of its dump.
    AwaitDump {
        wants: Wants,
        wait: Wait,
    },
}

/// The two deadlines of a state: the next sign of progress, and the end of it all.
#[derive(Clone, Copy, Debug)]
struct Wait {
    progress: Instant,
    total: Instant,
}

impl Wait {
    fn deadline(self) -> Instant {
        self.progress.min(self.total)
    }

    fn extend(self, now: Instant, timeout: Duration) -> Self {
        Self {
            progress: now + timeout,
            ..self
        }
    }
}

impl Syncer {
    /// Makes a syncer that does nothing until [`sync`](Self::sync).
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Idle,
            outputs: VecDeque::new(),
        }
    }

    /// Asks for all channels funded in blocks from `first` up to, not including, `end`. A sync that is under
    /// way goes on instead, and the call does nothing.
    pub fn sync(&mut self, now: Instant, first: BlockHeight, end: BlockHeight) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        let query = QueryChannelRange {
            chain_hash: self.config.chain_hash,
            first_blocknum: first,
            number_of_blocks: end.0.saturating_sub(first.0).max(1),
            query_option: Some(QueryChannelRange::WANT_TIMESTAMPS),
            unknown: UnknownRecords::default(),
        };
        self.state = State::AwaitRange {
            replies: RangeReplies::new(&query, self.config.max_listed),
            wait: Wait {
                progress: now + self.config.reply_timeout,
                total: now + self.config.total_timeout,
            },
        };
        self.send(query.into());
    }

    /// Ends a sync that is under way: it is reported as finished, with what is missing.
    pub fn stop(&mut self) {
        self.fail(Failure::Stopped);
    }

    /// Returns whether no sync is under way.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::RangeReply(reply) => self.range_reply(now, &reply),
            Input::ScidsEnd(end) => self.scids_end(now, &end),
            Input::Gossip(announced) => self.gossip(now, announced),
            Input::Missing(wanted) => self.missing(now, wanted),
        }
    }

    /// Takes note that time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return;
        }
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {}
            State::AwaitMissing { .. } => self.finish(Outcome::Failed(Failure::NotLookedUp)),
            State::AwaitEnd { wants, wait } if now < wait.total && wants.nothing_arrived() => {
                self.ask_for_dump(now, wants, wait);
            }
            state => {
                self.state = state;
                self.fail(Failure::TimedOut);
            }
        }
    }

    /// Returns what to do next; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Idle => None,
            State::AwaitRange { wait, .. }
            | State::AwaitMissing { wait, .. }
            | State::AwaitEnd { wait, .. }
            | State::AwaitDump { wait, .. } => Some(wait.deadline()),
        }
    }

    fn range_reply(&mut self, now: Instant, reply: &ReplyChannelRange) {
        let State::AwaitRange { replies, wait } = &mut self.state else {
            return self.violation(Violation::UnexpectedRangeReply);
        };
        match replies.add(reply) {
            Ok(false) => *wait = wait.extend(now, self.config.reply_timeout),
            Ok(true) => {
                let listed = replies.take_sorted();
                self.state = State::AwaitMissing {
                    listed: listed.len(),
                    wait: wait.extend(now, self.config.reply_timeout),
                };
                self.outputs.push_back(Output::FindMissing(listed));
            }
            Err(failure) => self.fail(failure),
        }
    }

    fn missing(&mut self, now: Instant, wanted: Vec<Wanted>) {
        // A late answer to a question of a sync that has ended finds another state, or none.
        let State::AwaitMissing { listed, wait } = self.state else {
            return;
        };
        let wants = Wants::new(listed, wanted);
        self.ask_next(now, wants, wait);
    }

    fn ask_next(&mut self, now: Instant, mut wants: Wants, wait: Wait) {
        let query = wants.next_query(self.config.chain_hash, self.config.channels_per_query);
        match query {
            Some(query) => {
                self.state = State::AwaitEnd {
                    wants,
                    wait: wait.extend(now, self.config.gossip_timeout),
                };
                self.send(query.into());
            }
            None => {
                self.state = State::Idle;
                self.finish(wants.into_complete());
            }
        }
    }

    fn scids_end(&mut self, now: Instant, end: &ReplyShortChannelIdsEnd) {
        let chain_hash = self.config.chain_hash;
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AwaitEnd { mut wants, wait } if end.chain_hash == chain_hash => {
                if end.full_information == 0 && !wants.all_arrived() {
                    self.state = State::AwaitEnd { wants, wait };
                    return self.fail(Failure::NotFullInformation);
                }
                wants.end_query();
                self.ask_next(now, wants, wait);
            }
            // A peer that answers after we gave up on it: harmless, the dump goes on.
            state @ State::AwaitDump { .. } => self.state = state,
            state => {
                self.state = state;
                self.violation(Violation::UnexpectedScidsEnd);
            }
        }
    }

    fn gossip(&mut self, now: Instant, announced: Option<ShortChannelId>) {
        match &mut self.state {
            State::AwaitEnd { wants, wait } => {
                wants.arrived(announced);
                *wait = wait.extend(now, self.config.gossip_timeout);
            }
            State::AwaitDump { wants, wait } => {
                wants.arrived(announced);
                *wait = wait.extend(now, self.config.gossip_timeout);
                if wants.all_arrived() {
                    let State::AwaitDump { wants, .. } =
                        core::mem::replace(&mut self.state, State::Idle)
                    else {
                        return;
                    };
                    self.finish(wants.into_complete());
                }
            }
            _ => {}
        }
    }

    fn ask_for_dump(&mut self, now: Instant, mut wants: Wants, wait: Wait) {
        wants.ask_for_all();
        self.state = State::AwaitDump {
            wants,
            wait: wait.extend(now, self.config.gossip_timeout),
        };
        let filter = GossipTimestampFilter {
            chain_hash: self.config.chain_hash,
            first_timestamp: Timestamp(0),
            timestamp_range: u32::MAX,
            extra: Bytes::new(),
        };
        self.send(filter.into());
    }

    fn fail(&mut self, reason: Failure) {
        let outcome = match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => return,
            State::AwaitRange { .. } | State::AwaitMissing { .. } => Outcome::Failed(reason),
            State::AwaitEnd { wants, .. } | State::AwaitDump { wants, .. } => Outcome::Partial {
                reason,
                missing: wants.into_missing(),
            },
        };
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: Outcome) {
        self.outputs
            .push_back(Output::Event(Event::Finished(outcome)));
    }

    fn violation(&mut self, violation: Violation) {
        self.outputs
            .push_back(Output::Event(Event::Violation(violation)));
    }

    fn send(&mut self, message: Message) {
        self.outputs.push_back(Output::Send(message));
    }
}
