//! Asks one peer for everything it knows: the range query, then the channels that are missing here.
//!
//! The moves, each wait with its deadline:
//!
//! ```text
//! Idle --sync--> AwaitRange --last reply--> AwaitMissing --Missing--> AwaitEnd --last end--> Idle
//!                                                                        | first query unanswered
//!                                                                        v
//!                                                              AwaitDump --all there, quiet--> Idle
//! ```
//! Peers exist that answer range queries and never a `query_short_channel_ids`; from those the syncer asks
//! for a dump by `gossip_timestamp_filter` and takes what is missing from that. No message ends a dump, and
//! updates and nodes come behind the channels: it is over when all channels are there and it falls silent.
//!
//! Blocks that the replies leave out are asked for again before the list counts as one; a list that would be too long is
//! cut at a block's border, and the rest handed back.
//!
//! A query that was given up is still owed an answer, which may come at any later time: it is no violation,
//! and no second query of the kind goes out before (BOLT 7).

mod batch;
mod blocks;
mod config;
mod input;
mod output;
mod range;
mod wait;

use alloc::{collections::VecDeque, vec::Vec};

use lnwire::{
    BlockHeight, Instant, Message, ShortChannelId, Timestamp,
    bolt7::{GossipTimestampFilter, QueryChannelRange, ReplyChannelRange, ReplyShortChannelIdsEnd},
    bytes::Bytes,
    tlv::UnknownRecords,
};

use batch::Wants;
pub use blocks::Blocks;
pub use config::Config;
pub use input::{Input, Wanted};
pub use output::{Event, Failure, Outcome, Output};
pub use range::{Listed, MAX_GAP_QUERIES, MAX_REPLIES};
use range::{Next, Page, RangeReplies};
use wait::Wait;

use crate::violation::Violation;

/// Learns from one peer which channels there are, and asks for those that are missing.
///
/// At most one query of each kind is open at any time, as BOLT 7 demands, even when an earlier one was given
/// up. Every sync ends in exactly one [`Event::Finished`], at most [`Config::total_timeout`] after it began.
///
/// A range may list more than [`Config::max_listed`]: then its lower blocks are synced, and the outcome hands back the
/// others, to be asked for in another sync. Blocks that the replies do not speak for are asked for again, and handed back
/// if they stay out.
///
/// Holds at most [`Config::max_listed`] entries of 32 bytes, then 16 bytes for each channel of
/// [`Input::Missing`]. Each input adds at most one output, so draining after each keeps them few.
///
/// BOLT 7, [query messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#query-messages).
///
/// ```
/// use gossip_sync::{Syncer, syncer};
/// use lnwire::{BlockHeight, ChainHash, Instant};
///
/// let mut syncer = Syncer::new(syncer::Config::new(ChainHash::REGTEST));
/// syncer.sync(Instant::ZERO, BlockHeight(0), BlockHeight(1000));
/// assert!(matches!(syncer.poll_output(), Some(syncer::Output::Send(_))));
/// // Nothing comes back.
/// syncer.handle_timeout(syncer.poll_timeout().expect("an answer is waited for"));
/// let Some(syncer::Output::Event(syncer::Event::Finished(outcome))) = syncer.poll_output() else { panic!() };
/// assert_eq!(outcome, syncer::Outcome::Failed(syncer::Failure::TimedOut));
/// ```
#[derive(Debug)]
pub struct Syncer {
    config: Config,
    state: State,
    owed: Owed,
    outputs: VecDeque<Output>,
}

/// When the updates were made, and what is in them: what is known and has not changed need not be sent.
const QUERY_OPTIONS: u64 = QueryChannelRange::WANT_TIMESTAMPS | QueryChannelRange::WANT_CHECKSUMS;

/// Which answers the peer owes to queries that were given up.
#[derive(Clone, Copy, Debug)]
struct Owed {
    range: bool,
    scids: bool,
}

#[derive(Debug)]
enum State {
    Idle,
    /// A range query waits until the peer has answered the one before, which was given up.
    AwaitOwed {
        blocks: Blocks,
        wait: Wait,
    },
    /// A range query is out.
    AwaitRange {
        replies: RangeReplies,
        wait: Wait,
    },
    /// The embedder compares the list with what it knows.
    AwaitMissing {
        page: Page,
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

impl Syncer {
    /// Makes a syncer that does nothing until [`sync`](Self::sync).
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Idle,
            owed: Owed {
                range: false,
                scids: false,
            },
            outputs: VecDeque::new(),
        }
    }

    /// Asks for all channels funded in blocks from `first` up to, not including, `end`. A sync that is under
    /// way goes on instead, and the call does nothing.
    ///
    /// If the peer has not finished its answer to an earlier query, the new one waits for that, and fails
    /// with it: then another peer is the better choice, or a new connection and a new syncer.
    pub fn sync(&mut self, now: Instant, first: BlockHeight, end: BlockHeight) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        let blocks = Blocks::new(first, end);
        let Config {
            reply_timeout,
            total_timeout,
            ..
        } = self.config;
        let wait = Wait::new(now, reply_timeout, total_timeout);
        if self.owed.range {
            self.state = State::AwaitOwed { blocks, wait };
        } else {
            self.ask_range(blocks, wait);
        }
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

    /// Returns how many bytes the lists of channels take.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        match &self.state {
            State::Idle | State::AwaitOwed { .. } | State::AwaitMissing { .. } => 0,
            State::AwaitRange { replies, .. } => replies.held_bytes(),
            State::AwaitEnd { wants, .. } | State::AwaitDump { wants, .. } => wants.held_bytes(),
        }
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
            State::AwaitEnd { wants, wait } if !wait.is_over(now) && wants.is_unanswered() => {
                self.owed.scids = true;
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
            State::AwaitOwed { wait, .. }
            | State::AwaitRange { wait, .. }
            | State::AwaitMissing { wait, .. }
            | State::AwaitEnd { wait, .. }
            | State::AwaitDump { wait, .. } => Some(wait.deadline()),
        }
    }

    fn range_reply(&mut self, now: Instant, reply: &ReplyChannelRange) {
        let Config { reply_timeout, .. } = self.config;
        let State::AwaitRange { replies, wait } = &mut self.state else {
            return self.owed_reply(now, reply.sync_complete != 0);
        };
        let wait_on = wait.answered(now, reply_timeout, reply_timeout);
        match replies.add(reply) {
            Ok(Next::Reply) => *wait = wait_on,
            Ok(Next::AskAgain(gap)) => {
                *wait = wait_on;
                self.send_range_query(gap);
            }
            Ok(Next::List) => {
                let (listed, page) = replies.take_page();
                self.state = State::AwaitMissing {
                    page,
                    wait: wait_on,
                };
                self.outputs.push_back(Output::FindMissing(listed));
            }
            Err(failure) => {
                self.fail(failure);
                // A peer says once that it does not serve a chain, whatever it puts into `sync_complete`.
                self.owed.range = failure != Failure::ChainNotServed && reply.sync_complete == 0;
            }
        }
    }

    /// Takes a range reply that the present state did not ask for.
    fn owed_reply(&mut self, now: Instant, complete: bool) {
        if !self.owed.range {
            return self.violation(Violation::UnexpectedRangeReply);
        }
        self.owed.range = !complete;
        let Config { reply_timeout, .. } = self.config;
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AwaitOwed { blocks, wait } => {
                let wait = wait.answered(now, reply_timeout, reply_timeout);
                if complete {
                    self.ask_range(blocks, wait);
                } else {
                    self.state = State::AwaitOwed { blocks, wait };
                }
            }
            state => self.state = state,
        }
    }

    fn ask_range(&mut self, blocks: Blocks, wait: Wait) {
        let Config {
            chain_hash,
            max_listed,
            ..
        } = self.config;
        let replies = RangeReplies::new(chain_hash, blocks, max_listed);
        self.state = State::AwaitRange { replies, wait };
        self.send_range_query(blocks);
    }

    fn send_range_query(&mut self, blocks: Blocks) {
        let query = QueryChannelRange {
            chain_hash: self.config.chain_hash,
            first_blocknum: blocks.first,
            number_of_blocks: blocks.count(),
            query_option: Some(QUERY_OPTIONS),
            unknown: UnknownRecords::default(),
        };
        self.send(query.into());
    }

    fn missing(&mut self, now: Instant, wanted: Vec<Wanted>) {
        // A late answer to a question of a sync that has ended finds another state, or none.
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AwaitMissing { page, wait } => {
                self.ask_next(now, Wants::new(page, wanted), wait);
            }
            state => self.state = state,
        }
    }

    fn ask_next(&mut self, now: Instant, mut wants: Wants, wait: Wait) {
        let Config {
            chain_hash,
            channels_per_query,
            ..
        } = self.config;
        if wants.all_asked() {
            self.state = State::Idle;
            return self.finish(wants.into_answered());
        }
        // A peer that still owes the end of an earlier query must not be sent another.
        if self.owed.scids {
            return self.ask_for_dump(now, wants, wait);
        }
        let query = wants.next_query(chain_hash, channels_per_query);
        self.state = State::AwaitEnd {
            wants,
            wait: self.answered(now, wait),
        };
        self.send(query.into());
    }

    fn answered(&self, now: Instant, wait: Wait) -> Wait {
        wait.answered(now, self.config.gossip_timeout, self.config.reply_timeout)
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
            state => {
                self.state = state;
                if self.owed.scids && end.chain_hash == chain_hash {
                    self.owed.scids = false;
                } else {
                    self.violation(Violation::UnexpectedScidsEnd);
                }
            }
        }
    }

    fn gossip(&mut self, now: Instant, announced: Option<ShortChannelId>) {
        let Config {
            gossip_timeout,
            dump_silence,
            reply_timeout,
            ..
        } = self.config;
        match &mut self.state {
            State::AwaitEnd { wants, wait } => {
                let is_answer = announced.is_some_and(|channel| wants.arrived(channel));
                *wait = if is_answer {
                    wait.answered(now, gossip_timeout, reply_timeout)
                } else {
                    wait.progressed(now, gossip_timeout)
                };
            }
            State::AwaitDump { wants, wait } => {
                if let Some(channel) = announced {
                    wants.arrived(channel);
                }
                let silence = if wants.all_arrived() {
                    dump_silence
                } else {
                    gossip_timeout
                };
                // A dump holds everything, so any channel shows that it goes on.
                *wait = if announced.is_some() {
                    wait.answered(now, silence, reply_timeout)
                } else {
                    wait.progressed(now, silence)
                };
            }
            _ => {}
        }
    }

    fn ask_for_dump(&mut self, now: Instant, mut wants: Wants, wait: Wait) {
        wants.ask_for_all();
        self.state = State::AwaitDump {
            wants,
            wait: self.answered(now, wait),
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
            State::AwaitOwed { .. } | State::AwaitMissing { .. } => Outcome::Failed(reason),
            State::AwaitRange { .. } => {
                self.owed.range = true;
                Outcome::Failed(reason)
            }
            State::AwaitEnd { wants, .. } => {
                self.owed.scids = reason != Failure::NotFullInformation;
                wants.into_partial(reason)
            }
            // What remained was to wait for the silence behind it.
            State::AwaitDump { wants, .. } if wants.all_arrived() => wants.into_answered(),
            State::AwaitDump { wants, .. } => wants.into_partial(reason),
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
